/*
 * The bytes that processes share, version 1.
 *
 * C99, fixed widths, no pointers and no types of any libc: glibc, musl, Python's ctypes and C read the same bytes.
 * Little-endian. Every offset that another program may rely on is asserted below; docs/layout.md explains each word.
 *
 *   0                +-----------------------+
 *                    | ipc_header            |  immutable once the name exists
 *   256              +-----------------------+
 *                    | ipc_participant[256]  |  one 64-byte slot for each attached thread or process
 *   256 + 16384      +-----------------------+
 *                    | body                  |  what the header's kind says: ipc_queue, ipc_pipe, ipc_barrier, …
 *                    +-----------------------+
 *                    | rings, data           |
 *   total_size       +-----------------------+
 *                    | extents               |  a hole in the file until a large message needs it
 *                    +-----------------------+
 *
 * Words that different sides write stand 128 bytes apart (two cache lines: the prefetcher fetches pairs). That distance
 * is part of the layout; it is never taken from the compiler.
 */
#ifndef INTERPROC_LAYOUT_H
#define INTERPROC_LAYOUT_H

#include "layout/channel.h"
#include "layout/pipe.h"
#include "layout/priority_queue.h"
#include "layout/queue.h"
#include "layout/segment.h"
#include "layout/sync.h"
#include "layout/values.h"
#include "layout/waiting.h"

#endif
