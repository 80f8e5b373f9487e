/* Value and Array, Lock and RLock: typed memory with a lock, and a lock alone. */
#ifndef INTERPROC_LAYOUT_VALUES_H
#define INTERPROC_LAYOUT_VALUES_H

#include "layout/waiting.h"

/* Typed memory with a lock: Value, Array. */
struct ipc_cell {
  uint64_t data_offset;
  uint64_t data_bytes;
  uint8_t reserved[112];
  struct ipc_owned_lock lock;
};
IPC_AT(ipc_cell, data_bytes, 8);
IPC_AT(ipc_cell, lock, 128);
IPC_ASSERT(sizeof(struct ipc_cell) == 256);

struct ipc_lock {
  struct ipc_owned_lock lock;
};
IPC_ASSERT(sizeof(struct ipc_lock) == 128);

#endif
