/* Pipe: two ends, a channel each way. */
#ifndef INTERPROC_LAYOUT_PIPE_H
#define INTERPROC_LAYOUT_PIPE_H

#include "layout/channel.h"

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

#endif
