/* Queue, SimpleQueue, JoinableQueue. */
#ifndef INTERPROC_LAYOUT_QUEUE_H
#define INTERPROC_LAYOUT_QUEUE_H

#include "layout/channel.h"
#include "layout/segment.h"

/*
 * What a participant has taken from a joinable queue and not yet finished. under_way: 0, or the head's units before the
 * advance that is under way (bits 0..35) and what `count` is to be after it (bits 36..63).
 */
struct ipc_taken {
  uint64_t under_way;
  uint32_t count;
  uint32_t generation; /* of the slot's owner whose count this is */
};
IPC_AT(ipc_taken, count, 8);
IPC_AT(ipc_taken, generation, 12);
IPC_ASSERT(sizeof(struct ipc_taken) == 16);

/* Written under the queue's get lock only. */
struct ipc_tally {
  uint32_t enabled;  /* whether the queue is joinable; the creator's */
  uint32_t finished; /* one more with each finished item, and with a shutdown that drops the rest: join() looks again */
  uint64_t lost;     /* taken by former owners of slots that others have by now, and never finished */
  uint8_t reserved1[48];
  struct ipc_wait_set joined;
  struct ipc_taken taken[IPC_PARTICIPANTS];
};
IPC_AT(ipc_tally, finished, 4);
IPC_AT(ipc_tally, lost, 8);
IPC_AT(ipc_tally, joined, 64);
IPC_AT(ipc_tally, taken, 128);
IPC_ASSERT(sizeof(struct ipc_tally) == 128 + IPC_PARTICIPANTS * 16);

/* Many to many: a channel with a lock for each side. */
struct ipc_queue {
  struct ipc_channel channel;
  struct ipc_owned_lock put_lock;
  struct ipc_owned_lock get_lock;
  struct ipc_tally tally;
};
IPC_AT(ipc_queue, put_lock, 640);
IPC_AT(ipc_queue, get_lock, 768);
IPC_AT(ipc_queue, tally, 896);
IPC_ASSERT(sizeof(struct ipc_queue) == 896 + 128 + IPC_PARTICIPANTS * 16);

#endif
