#include "sync/event.h"

#include "system/atomic.h"

namespace interproc {
namespace {

constexpr std::uint64_t kSetBit = 1;

}  // namespace

Status Event::create(std::string_view name, const CreateOptions& options, std::unique_ptr<Event>& out) {
  const SegmentPlan plan = plan_for<ipc_event>(IPC_KIND_EVENT, options);
  std::unique_ptr<Segment> segment;
  if (Status s = Segment::create(
          name, plan, [](std::byte*) {}, segment);
      !s.ok())
    return s;
  out.reset(new Event(std::move(segment)));
  return {};
}

Status Event::open(std::string_view name, std::unique_ptr<Event>& out) {
  std::unique_ptr<Segment> segment;
  if (Status s = Segment::open(name, IPC_KIND_EVENT, segment); !s.ok()) return s;
  return adopt(std::move(segment), out);
}

Status Event::adopt(std::unique_ptr<Segment> segment, std::unique_ptr<Event>& out) {
  if (segment->header().total_size < IPC_BODY_OFFSET + sizeof(ipc_event)) return {Code::kTruncated};
  out.reset(new Event(std::move(segment)));
  out->forget_predecessor(out->shared().waiters);
  return {};
}

void Event::set() {
  std::uint64_t seen = load_relaxed(shared().word);
  // Release: who sees the event set sees what was written before.
  while ((seen & kSetBit) == 0 &&
         !atomic(shared().word)
              .compare_exchange_weak(seen, seen + 2 + kSetBit, std::memory_order_release, std::memory_order_relaxed)) {
  }
  INTERPROC_CRASH_POINT("event.set");
  // Even where it was set already: whoever set it may have died before it woke anybody.
  wake(*segment_, shared().waiters, kEveryone);
}

void Event::clear() {
  // Acquire: who clears it has seen what was written before the set.
  atomic(shared().word).fetch_and(~kSetBit, std::memory_order_acq_rel);
  INTERPROC_CRASH_POINT("event.cleared");
}

bool Event::is_set() const { return (load_acquire(shared().word) & kSetBit) != 0; }

std::uint64_t Event::begin() const { return load_acquire(shared().word) >> 1; }

bool Event::passed(std::uint64_t since) const {
  const std::uint64_t seen = load_acquire(shared().word);
  return (seen & kSetBit) != 0 || seen >> 1 != since;
}

bool Event::ready(Condition condition, std::uint64_t need, Look) { return condition == kSet ? is_set() : passed(need); }

ipc_wait_set* Event::waiters(Condition condition) { return condition <= kSet ? &shared().waiters : nullptr; }

}  // namespace interproc
