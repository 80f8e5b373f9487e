/* One direction of messages: ring, records, extents. */
#ifndef INTERPROC_LAYOUT_CHANNEL_H
#define INTERPROC_LAYOUT_CHANNEL_H

#include "layout/offsets.h"
#include "layout/waiting.h"

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

#endif
