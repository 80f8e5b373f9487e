/* What every segment begins with: header, participants, and the locks beyond the end of its file. */
#ifndef INTERPROC_LAYOUT_SEGMENT_H
#define INTERPROC_LAYOUT_SEGMENT_H

#include "layout/offsets.h"

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

#endif
