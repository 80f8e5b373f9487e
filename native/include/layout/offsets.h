/* Offsets and sizes are stated beside each struct, and checked by the compiler in C and in C++. */
#ifndef INTERPROC_LAYOUT_OFFSETS_H
#define INTERPROC_LAYOUT_OFFSETS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define IPC_ASSERT(condition) static_assert(condition, #condition)
#else
#define IPC_ASSERT(condition) _Static_assert(condition, #condition)
#endif
#define IPC_AT(type, field, offset) IPC_ASSERT(offsetof(struct type, field) == (offset))

#endif
