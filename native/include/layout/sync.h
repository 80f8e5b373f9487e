/* Semaphore, Event, Condition, Barrier. */
#ifndef INTERPROC_LAYOUT_SYNC_H
#define INTERPROC_LAYOUT_SYNC_H

#include "layout/segment.h"
#include "layout/waiting.h"

/*
 * What goes with the POSIX named semaphore "/<name>", which lies in a file of its own so that any program can use it.
 * UNNAMED: the file has no name yet. NAMED: it has, and goes with this segment. FOREIGN: another program's; never
 * removed.
 */
enum ipc_semaphore_state { IPC_SEMAPHORE_UNNAMED = 0, IPC_SEMAPHORE_NAMED = 1, IPC_SEMAPHORE_FOREIGN = 2 };
struct ipc_semaphore {
  uint64_t device; /* st_dev and st_ino of the semaphore's file */
  uint64_t inode;
  uint32_t initial; /* its first value: the bound of a BoundedSemaphore */
  uint32_t state;   /* ipc_semaphore_state; the creator's */
  uint8_t reserved[40];
  struct ipc_wait_set waiters;     /* event loops only: who blocks sleeps on the semaphore itself */
  struct ipc_owned_lock post_lock; /* around a bounded release: look, then post */
};
IPC_AT(ipc_semaphore, inode, 8);
IPC_AT(ipc_semaphore, initial, 16);
IPC_AT(ipc_semaphore, state, 20);
IPC_AT(ipc_semaphore, waiters, 64);
IPC_AT(ipc_semaphore, post_lock, 128);
IPC_ASSERT(sizeof(struct ipc_semaphore) == 256);

/* word: bit 0 says whether it is set, the bits above count how often it was set. */
struct ipc_event {
  uint64_t word;
  uint8_t reserved[56];
  struct ipc_wait_set waiters;
};
IPC_AT(ipc_event, waiters, 64);
IPC_ASSERT(sizeof(struct ipc_event) == 128);

/*
 * waits[slot]: bits 0..15 waits that nobody has notified yet, 16..31 notifications that were not taken yet, 32..63 the
 * generation of the slot's owner.
 */
struct ipc_condition {
  struct ipc_owned_lock lock; /* the condition's own; not used where it was given one */
  struct ipc_wait_set waiters;
  uint32_t next; /* slot behind the one notified last */
  uint8_t reserved[60];
  uint64_t waits[IPC_PARTICIPANTS];
};
IPC_AT(ipc_condition, waiters, 128);
IPC_AT(ipc_condition, next, 192);
IPC_AT(ipc_condition, waits, 256);
IPC_ASSERT(sizeof(struct ipc_condition) == 256 + IPC_PARTICIPANTS * 8);

/* A party's waits. arrived: bits 0..15 how many, 16..31 how many of them can run the action, 32..63 round's low 32
 * bits. */
struct ipc_barrier_party {
  uint32_t generation;
  uint32_t broken; /* low bits of the last round that was broken while this party waited, and is over */
  uint64_t arrived;
};
IPC_AT(ipc_barrier_party, broken, 4);
IPC_AT(ipc_barrier_party, arrived, 8);
IPC_ASSERT(sizeof(struct ipc_barrier_party) == 16);

/*
 * control: bits 0..1 ipc_barrier_state, 2..17 how many have arrived, 18..63 the round. Broken with 0xffff arrived is
 * being reset: broken for who waits; who comes takes it to the next round first. Otherwise a broken one has 0xfffe at
 * most. actor: bits 0..8 slot + 1 of who runs the action, bit 9 that it has begun, 18..63 the round. passed[round %
 * 64]: bits 0..15 indices given out, 18..63 the round: one that was passed. broken[round % 64]: the round, at bit 18 as
 * well: one that was broken and is over. Apart, so that no broken round, which needs but one party, takes the place of
 * a round that was passed, which needs them all.
 */
enum ipc_barrier_state { IPC_BARRIER_FILLING = 0, IPC_BARRIER_ACTING = 1, IPC_BARRIER_BROKEN = 2 };
#define IPC_BARRIER_ROUNDS 64u
#define IPC_BARRIER_ROUND_SHIFT 18u
struct ipc_barrier {
  uint32_t parties;
  uint8_t reserved0[124];
  uint64_t control;
  uint64_t actor;
  uint8_t reserved1[48];
  struct ipc_wait_set waiters;
  uint64_t passed[IPC_BARRIER_ROUNDS];
  uint64_t broken[IPC_BARRIER_ROUNDS];
  struct ipc_barrier_party party[IPC_PARTICIPANTS];
};
IPC_AT(ipc_barrier, control, 128);
IPC_AT(ipc_barrier, actor, 136);
IPC_AT(ipc_barrier, waiters, 192);
IPC_AT(ipc_barrier, passed, 256);
IPC_AT(ipc_barrier, broken, 768);
IPC_AT(ipc_barrier, party, 1280);
IPC_ASSERT(sizeof(struct ipc_barrier) == 1280 + IPC_PARTICIPANTS * 16);

#endif
