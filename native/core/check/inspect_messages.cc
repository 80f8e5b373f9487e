// Queues and pipes, but for what their channels have in common.
#include "check/inspection.h"
#include "messages/ring.h"
#include "system/atomic.h"

namespace interproc {
namespace {

void inspect_tally(const Inspection& inspection, const ipc_queue& queue) {
  const ipc_tally& tally = queue.tally;
  inspection.wait_set("join", tally.joined);
  const std::uint32_t enabled = load_relaxed(tally.enabled);
  if (enabled > 1) inspection.report("whether the queue is joinable is %u", enabled);
  if (!inspection.quiet()) return;
  // Nobody living holds the lock, so who left a change half done is dead, and holds it still: the taker settles it.
  const bool settled = load_acquire(queue.get_lock.word) == 0;
  std::uint64_t unfinished = load_relaxed(tally.lost);
  for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
    const ipc_taken& entry = tally.taken[slot];
    inspection.generation("an account", slot, load_relaxed(entry.generation));
    const std::uint64_t under_way = load_relaxed(entry.under_way);
    const std::uint32_t count = load_relaxed(entry.count);
    unfinished += count;
    if (under_way != 0 && settled)
      inspection.report("participant %u was taking when it died, and the lock was released without settling that",
                        slot);
    if (under_way != 0 && under_way >> IPC_POSITION_BITS < count)
      inspection.report("participant %u was taking, and would have fewer items than it had", slot);
    if (enabled == 0 && (under_way != 0 || count != 0))
      inspection.report("participant %u has an account in a queue that keeps none", slot);
  }
  if (enabled == 0 && unfinished != 0) inspection.report("a queue that keeps no accounts has lost items");
}

void inspect_end(const Inspection& inspection, const ipc_end& end, const char* what) {
  const std::uint64_t word = load_acquire(end.word);
  const std::uint64_t state = word & 0xff;
  const auto slot = static_cast<std::uint32_t>(word >> 8 & 0xffff);
  if (state > IPC_END_CLOSED)
    inspection.report("%s is in a state that is none (%u)", what, static_cast<unsigned>(state));
  if (state == IPC_END_FREE) return;
  if (slot >= IPC_PARTICIPANTS) return inspection.report("%s belongs to participant %u", what, slot);
  inspection.generation(what, slot, static_cast<std::uint32_t>(word >> 32));
}

}  // namespace

void inspect_queue(const Inspection& inspection) {
  const auto& queue = inspection.view().body<ipc_queue>();
  inspection.inner_lock("the put lock", queue.put_lock);
  inspection.inner_lock("the get lock", queue.get_lock);
  if (load_relaxed(queue.channel.ring_bytes) == 0) inspection.report("the queue has no ring");
  inspect_channel(inspection, "the queue", queue.channel);
  inspect_tally(inspection, queue);
}

void inspect_pipe(const Inspection& inspection) {
  const auto& pipe = inspection.view().body<ipc_pipe>();
  inspect_end(inspection, pipe.end[0], "end 0");
  inspect_end(inspection, pipe.end[1], "end 1");
  if (load_relaxed(pipe.channel[1].ring_bytes) == 0) inspection.report("the pipe has no ring");
  inspect_channel(inspection, "the way from end 0", pipe.channel[0]);
  inspect_channel(inspection, "the way from end 1", pipe.channel[1]);
}

}  // namespace interproc
