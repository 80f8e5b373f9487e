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

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define IPC_ASSERT(condition) static_assert(condition, #condition)
#else
#define IPC_ASSERT(condition) _Static_assert(condition, #condition)
#endif
#define IPC_AT(type, field, offset) IPC_ASSERT(offsetof(struct type, field) == (offset))

/* "interprc" read as a little-endian word. */
#define IPC_MAGIC UINT64_C(0x6372707265746e69)
#define IPC_LAYOUT_VERSION 1u
#define IPC_BYTE_ORDER 0x01020304u

/* Features that an attacher must know to attach at all. Version 1 defines none. */
#define IPC_KNOWN_REQUIRED_FEATURES 0u

enum ipc_kind {
  IPC_KIND_QUEUE = 1,
  IPC_KIND_PIPE = 2,
  IPC_KIND_CELL = 3, /* Value, Array */
  IPC_KIND_LOCK = 4, /* Lock, RLock */
  IPC_KIND_PRIORITY_QUEUE = 5,
  IPC_KIND_SEMAPHORE = 6, /* what goes with a POSIX named semaphore */
  IPC_KIND_EVENT = 7,
  IPC_KIND_CONDITION = 8,
  IPC_KIND_BARRIER = 9
};

enum ipc_header_flag { IPC_FLAG_PERSIST = 1 };

/*
 * Locks are advisory open-file-description locks on single bytes far beyond any file's end. The kernel drops them when
 * the owner dies, by whatever cause. ADMIN serialises attach, detach and unlink. SLOT + i says "participant i lives".
 */
#define IPC_LOCK_ADMIN (INT64_C(1) << 40)
#define IPC_LOCK_SLOT (IPC_LOCK_ADMIN + 4096)

#define IPC_PARTICIPANTS 256u
#define IPC_NAME_MAX 200u
#define IPC_META_MAX 65536u

struct ipc_header {
  uint64_t magic;
  uint32_t layout_version;
  uint32_t kind;
  uint32_t required_features;
  uint32_t optional_features;
  uint32_t byte_order;
  uint32_t header_size;
  uint64_t total_size; /* bytes that are always there; extents lie behind */
  uint32_t participant_count;
  uint32_t participant_stride;
  uint64_t participants_offset;
  uint64_t body_offset;
  uint64_t meta_offset; /* UTF-8 JSON that the creator's language binding wrote; never parsed by the core */
  uint32_t meta_size;
  uint32_t flags;
  uint32_t codec;
  uint32_t mode;
  uint64_t creation_id; /* random; tells a re-created name from the one before */
  uint8_t reserved[160];
};
IPC_AT(ipc_header, magic, 0);
IPC_AT(ipc_header, layout_version, 8);
IPC_AT(ipc_header, kind, 12);
IPC_AT(ipc_header, required_features, 16);
IPC_AT(ipc_header, optional_features, 20);
IPC_AT(ipc_header, byte_order, 24);
IPC_AT(ipc_header, header_size, 28);
IPC_AT(ipc_header, total_size, 32);
IPC_AT(ipc_header, participant_count, 40);
IPC_AT(ipc_header, participant_stride, 44);
IPC_AT(ipc_header, participants_offset, 48);
IPC_AT(ipc_header, body_offset, 56);
IPC_AT(ipc_header, meta_offset, 64);
IPC_AT(ipc_header, meta_size, 72);
IPC_AT(ipc_header, flags, 76);
IPC_AT(ipc_header, codec, 80);
IPC_AT(ipc_header, mode, 84);
IPC_AT(ipc_header, creation_id, 88);
IPC_ASSERT(sizeof(struct ipc_header) == 256);

#define IPC_PARTICIPANTS_OFFSET 256u

/* How a participant sleeps, so that a waker knows which system call reaches it. Both may be set. */
enum ipc_sleep_mode { IPC_SLEEP_FUTEX = 1, IPC_SLEEP_DOORBELL = 2 };

struct ipc_participant {
  uint32_t generation;  /* raised by each claim of the slot, under ADMIN */
  uint32_t signal;      /* futex word: wakers add one */
  uint32_t sleep_mode;  /* ipc_sleep_mode bits, written by the owner only */
  uint32_t pid;         /* for people to read; no decision rests on it */
  uint64_t start_time;  /* of the process, in clock ticks since boot; for people */
  uint64_t doorbell;    /* number in the name of the owner's FIFO, 0 for none */
  uint64_t attached_at; /* CLOCK_REALTIME nanoseconds; for people */
  uint8_t reserved[24];
};
IPC_AT(ipc_participant, generation, 0);
IPC_AT(ipc_participant, signal, 4);
IPC_AT(ipc_participant, sleep_mode, 8);
IPC_AT(ipc_participant, pid, 12);
IPC_AT(ipc_participant, start_time, 16);
IPC_AT(ipc_participant, doorbell, 24);
IPC_AT(ipc_participant, attached_at, 32);
IPC_ASSERT(sizeof(struct ipc_participant) == 64);

#define IPC_BODY_OFFSET (IPC_PARTICIPANTS_OFFSET + IPC_PARTICIPANTS * 64u)

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

/*
 * A position in a ring: bits 0..35 count units of 8 bytes, bits 36..63 count records, both free-running. One store of
 * this word publishes bytes and count together, so that no death can part them.
 */
#define IPC_POSITION_BITS 36u
#define IPC_COUNT_BITS 28u
#define IPC_UNIT 8u

/* A record is this header, the payload, and padding up to 8 bytes. It never wraps. */
/* EXTENT: an encoded message that lies in a run of pages. LOAN: bare bytes that do, with metadata beside them. */
enum ipc_record_type { IPC_RECORD_DATA = 1, IPC_RECORD_SKIP = 2, IPC_RECORD_EXTENT = 3, IPC_RECORD_LOAN = 4 };
struct ipc_record {
  uint32_t length; /* payload bytes; for SKIP the bytes to pass over behind the header */
  uint32_t type;
};
IPC_ASSERT(sizeof(struct ipc_record) == 8);

/* Payload of an EXTENT record: where the message lies. In a LOAN record MessagePack of up to IPC_LOAN_META_MAX bytes
 * follows it: what the sender says of the bytes. */
struct ipc_extent_ref {
  uint32_t page;
  uint32_t pages;
  uint64_t length;
};
IPC_ASSERT(sizeof(struct ipc_extent_ref) == 16);
#define IPC_LOAN_META_MAX 1000u

/*
 * One run of pages in an extents region; only the entry of a run's first page counts. state: bits 0..1 ipc_run_state,
 * 2..9 slot, 10..25 generation's low 16 bits, 26..61 low 36 bits: ring position of the record that refers to the run.
 */
/* WRITING: lent to a writer. READING: lent to a reader. Both for as long as they like, and only while they live. */
enum ipc_run_state { IPC_RUN_FREE = 0, IPC_RUN_WRITING = 1, IPC_RUN_QUEUED = 2, IPC_RUN_READING = 3 };
struct ipc_run {
  uint64_t state;
  uint32_t pages;
  uint32_t reserved;
};
IPC_AT(ipc_run, pages, 8);
IPC_ASSERT(sizeof(struct ipc_run) == 16);
#define IPC_EXTENT_PAGE 65536u
#define IPC_EXTENT_MAX_PAGES 65536u

enum ipc_channel_state { IPC_CHANNEL_SHUTDOWN = 1, IPC_CHANNEL_IMMEDIATE = 2 };

/* One direction of messages: a ring, its extents, and who waits for either end of it. */
struct ipc_channel {
  uint64_t ring_offset;
  uint64_t ring_bytes; /* a power of two; 0 where this direction is not used */
  uint64_t extents_offset;
  uint64_t table_offset;
  uint64_t max_items; /* 0: bounded by bytes only */
  uint64_t max_bytes; /* largest message; 0: no bound of its own */
  uint8_t reserved0[80];
  uint64_t tail; /* producer's */
  uint8_t reserved1[120];
  uint64_t head; /* consumer's */
  uint8_t reserved2[120];
  uint32_t state;        /* ipc_channel_state bits; set once, never cleared */
  uint32_t extent_pages; /* pages that the table covers; producer's */
  uint32_t turn;         /* owned-lock word of a producer that has waited long for room, else 0 */
  uint8_t reserved3[52];
  struct ipc_wait_set not_empty;
  struct ipc_wait_set not_full;
  uint8_t reserved4[64];
};
IPC_AT(ipc_channel, ring_bytes, 8);
IPC_AT(ipc_channel, extents_offset, 16);
IPC_AT(ipc_channel, table_offset, 24);
IPC_AT(ipc_channel, max_items, 32);
IPC_AT(ipc_channel, max_bytes, 40);
IPC_AT(ipc_channel, tail, 128);
IPC_AT(ipc_channel, head, 256);
IPC_AT(ipc_channel, state, 384);
IPC_AT(ipc_channel, extent_pages, 388);
IPC_AT(ipc_channel, turn, 392);
IPC_AT(ipc_channel, not_empty, 448);
IPC_AT(ipc_channel, not_full, 512);
IPC_ASSERT(sizeof(struct ipc_channel) == 640);

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

/*
 * An end of a pipe. word: bits 0..7 ipc_end_state, 8..23 slot, 32..63 generation of the slot. SENT: handed over by the
 * slot named, and not yet taken by a receiver.
 */
enum ipc_end_state { IPC_END_FREE = 0, IPC_END_OWNED = 1, IPC_END_SENT = 2, IPC_END_CLOSED = 3 };
struct ipc_end {
  uint64_t word;
  uint8_t reserved[120];
};
IPC_ASSERT(sizeof(struct ipc_end) == 128);

/* Two ends. channel[i] carries what end i sends. */
struct ipc_pipe {
  struct ipc_end end[2];
  struct ipc_channel channel[2];
};
IPC_AT(ipc_pipe, channel, 256);
IPC_ASSERT(sizeof(struct ipc_pipe) == 256 + 2 * 640);

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
 * control: bits 0..1 ipc_barrier_state, 2..17 how many have arrived, 18..63 the round.
 * actor: bits 0..8 slot + 1 of who runs the action, bit 9 that it has begun, 18..63 the round.
 * passed[round % 64]: bits 0..15 indices given out, 18..63 the round: one that was passed. broken[round % 64]: the
 * round, at bit 18 as well: one that was broken and is over. Apart, so that no broken round, which needs but one party,
 * takes the place of a round that was passed, which needs them all.
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
