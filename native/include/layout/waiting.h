/* Who waits, and the lock that survives the death of its owner. */
#ifndef INTERPROC_LAYOUT_WAITING_H
#define INTERPROC_LAYOUT_WAITING_H

#include "layout/offsets.h"

/* Who waits for one condition: a bit for each participant. `next` spreads the wakes over them. */
struct ipc_wait_set {
  uint64_t bits[4];
  uint32_t next;
  uint8_t reserved[28];
};
IPC_AT(ipc_wait_set, next, 32);
IPC_ASSERT(sizeof(struct ipc_wait_set) == 64);

/*
 * Owned lock. word: 0 is free, else (slot + 1) << 22 | generation's low 22 bits. `depth` belongs to the owner (RLock).
 */
struct ipc_owned_lock {
  uint32_t word;
  uint32_t depth;
  uint64_t acquired_at; /* CLOCK_REALTIME nanoseconds of a lock that people hold, else 0; for people */
  uint8_t reserved[48];
  struct ipc_wait_set waiters;
};
IPC_AT(ipc_owned_lock, word, 0);
IPC_AT(ipc_owned_lock, depth, 4);
IPC_AT(ipc_owned_lock, acquired_at, 8);
IPC_AT(ipc_owned_lock, waiters, 64);
IPC_ASSERT(sizeof(struct ipc_owned_lock) == 128);
#define IPC_LOCK_GENERATION_BITS 22u

#endif
