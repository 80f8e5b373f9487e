/* PriorityQueue: a slab of blocks, and a heap over it. */
#ifndef INTERPROC_LAYOUT_PRIORITY_QUEUE_H
#define INTERPROC_LAYOUT_PRIORITY_QUEUE_H

#include "layout/waiting.h"

/* First bytes of an item's first block; the payload follows. Written before the item is published, never after. */
struct ipc_priority_item {
  uint64_t priority; /* a double's bits, all of them inverted where the sign is set, else only the sign: ordered as
                        unsigned */
  uint64_t sequence; /* one more with each put */
  uint32_t length;   /* payload bytes */
  uint32_t reserved;
};
IPC_AT(ipc_priority_item, sequence, 8);
IPC_AT(ipc_priority_item, length, 16);
IPC_ASSERT(sizeof(struct ipc_priority_item) == 24);

/* Of the heap: what is queued in `block` and the blocks that follow it. */
struct ipc_heap_node {
  uint64_t priority;
  uint64_t sequence;
  uint32_t block;
  uint32_t reserved;
};
IPC_AT(ipc_heap_node, block, 16);
IPC_ASSERT(sizeof(struct ipc_heap_node) == 24);

/*
 * The slab grows by whole chunks. Block i is block i % 1024 of chunk i / 1024, and so is its link; the heap's node i as
 * well. A link: bits 0..30 the next block + 1, or 0; bit 31 an item begins in this block and is queued. That bit alone
 * says so.
 */
#define IPC_BLOCK 64u
#define IPC_CHUNK_BLOCKS 1024u
#define IPC_LINK_QUEUED (UINT32_C(1) << 31)
struct ipc_chunk {
  uint8_t blocks[IPC_CHUNK_BLOCKS][IPC_BLOCK];
  struct ipc_heap_node heap[IPC_CHUNK_BLOCKS];
  uint32_t links[IPC_CHUNK_BLOCKS];
};
IPC_AT(ipc_chunk, heap, 65536);
IPC_AT(ipc_chunk, links, 65536 + 24576);
IPC_ASSERT(sizeof(struct ipc_chunk) == 94208);

struct ipc_slab {
  uint64_t offset; /* of the first chunk in the file; 64 KiB aligned */
  uint32_t chunks; /* only grows */
  /* Derived from the links of queued items. */
  uint32_t free;  /* first block + 1 of the list of free ones, or 0 */
  uint32_t fresh; /* this block and those behind it are free as well, and in no list */
  uint32_t used;  /* blocks of queued items */
  uint8_t reserved[40];
};
IPC_AT(ipc_slab, chunks, 8);
IPC_AT(ipc_slab, free, 12);
IPC_AT(ipc_slab, fresh, 16);
IPC_AT(ipc_slab, used, 20);
IPC_ASSERT(sizeof(struct ipc_slab) == 64);

/* Written under the lock only, but for `state`, `turn` and the wait sets. */
struct ipc_priority_queue {
  uint64_t capacity;  /* bytes: payloads, and IPC_ITEM_COST for each item */
  uint64_t max_items; /* 0: bounded by bytes only */
  uint64_t max_bytes; /* largest message; 0: no bound of its own */
  uint8_t reserved0[104];
  struct ipc_slab slab;
  uint32_t dirty;         /* not 0: what is derived may be wrong, and is to be made again from the links */
  uint32_t count;         /* derived: queued items, which is the heap's length */
  uint64_t bytes;         /* derived: what they cost together */
  uint64_t next_sequence; /* derived, but never goes back */
  uint8_t reserved1[40];
  uint32_t state; /* ipc_channel_state bits; set once, never cleared */
  uint32_t turn;  /* owned-lock word of a producer that has waited long for room, else 0 */
  uint8_t reserved2[120];
  struct ipc_wait_set not_empty;
  struct ipc_wait_set not_full;
  struct ipc_owned_lock lock;
};
IPC_AT(ipc_priority_queue, slab, 128);
IPC_AT(ipc_priority_queue, dirty, 192);
IPC_AT(ipc_priority_queue, count, 196);
IPC_AT(ipc_priority_queue, bytes, 200);
IPC_AT(ipc_priority_queue, next_sequence, 208);
IPC_AT(ipc_priority_queue, state, 256);
IPC_AT(ipc_priority_queue, turn, 260);
IPC_AT(ipc_priority_queue, not_empty, 384);
IPC_AT(ipc_priority_queue, not_full, 448);
IPC_AT(ipc_priority_queue, lock, 512);
IPC_ASSERT(sizeof(struct ipc_priority_queue) == 640);
#define IPC_ITEM_COST 16u

#endif
