#include "sync/condition.h"

#include <algorithm>

#include "system/atomic.h"

namespace interproc {
namespace {

constexpr std::uint64_t kOneWaiting = 1;
constexpr std::uint64_t kOneNotified = std::uint64_t{1} << 16;
constexpr std::uint32_t kMostWaits = 0xffff;

std::uint32_t waiting_in(std::uint64_t word) { return static_cast<std::uint32_t>(word & 0xffff); }
std::uint32_t notified_in(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 16 & 0xffff); }
std::uint32_t generation_in(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); }

// Changes a word by what `next` makes of it; `next` gives the same word where it wants no change. What the word was.
template <class Next>
std::uint64_t change(std::uint64_t& word, Next next) {
  std::uint64_t seen = load_acquire(word);
  for (;;) {
    const std::uint64_t wanted = next(seen);
    if (wanted == seen) return seen;
    if (atomic(word).compare_exchange_weak(seen, wanted, std::memory_order_acq_rel, std::memory_order_acquire))
      return seen;
  }
}

}  // namespace

Status ConditionVariable::create(std::string_view name, const CreateOptions& options,
                                 std::unique_ptr<ConditionVariable>& out) {
  const auto fill = [](std::byte* base) {
    reinterpret_cast<ipc_condition*>(base + IPC_BODY_OFFSET)->waits[kCreator.slot] = std::uint64_t{kCreator.generation}
                                                                                     << 32;
  };
  std::unique_ptr<Segment> segment;
  const SegmentPlan plan = plan_for<ipc_condition>(IPC_KIND_CONDITION, options);
  if (Status s = Segment::create(name, plan, fill, segment); !s.ok()) return s;
  out.reset(new ConditionVariable(std::move(segment)));
  return {};
}

Status ConditionVariable::open(std::string_view name, std::unique_ptr<ConditionVariable>& out) {
  std::unique_ptr<Segment> segment;
  if (Status s = Segment::open(name, IPC_KIND_CONDITION, segment); !s.ok()) return s;
  return adopt(std::move(segment), out);
}

Status ConditionVariable::adopt(std::unique_ptr<Segment> segment, std::unique_ptr<ConditionVariable>& out) {
  if (segment->header().total_size < IPC_BODY_OFFSET + sizeof(ipc_condition)) return {Code::kTruncated};
  out.reset(new ConditionVariable(std::move(segment)));
  out->forget_predecessor(out->shared().lock.waiters);
  out->forget_predecessor(out->shared().waiters);
  const std::uint64_t fresh = std::uint64_t{out->segment_->me().generation} << 32;
  const std::uint64_t left = atomic(out->mine()).exchange(fresh, std::memory_order_acq_rel);
  INTERPROC_CRASH_POINT("condition.attached");
  out->pass_on(left);
  return {};
}

Status ConditionVariable::enter() {
  const std::uint64_t before =
      change(mine(), [](std::uint64_t word) { return waiting_in(word) == kMostWaits ? word : word + kOneWaiting; });
  INTERPROC_CRASH_POINT("condition.entered");
  return waiting_in(before) == kMostWaits ? Status{Code::kParticipantsFull} : Status{};
}

bool ConditionVariable::take() {
  const std::uint64_t before =
      change(mine(), [](std::uint64_t word) { return notified_in(word) == 0 ? word : word - kOneNotified; });
  INTERPROC_CRASH_POINT("condition.taken");
  return notified_in(before) > 0;
}

bool ConditionVariable::leave_wait() {
  const std::uint64_t before = change(mine(), [](std::uint64_t word) {
    if (waiting_in(word) > 0) return word - kOneWaiting;
    return notified_in(word) > 0 ? word - kOneNotified : word;
  });
  INTERPROC_CRASH_POINT("condition.left");
  return waiting_in(before) == 0 && notified_in(before) > 0;
}

bool ConditionVariable::alive(std::uint32_t slot, std::uint64_t word) const {
  return segment_->alive({slot, generation_in(word)});
}

// As many of the slot's waits as are wanted, in one swap. How many it were.
std::uint32_t ConditionVariable::notify_some(std::uint32_t slot, std::uint32_t most) {
  std::uint64_t& word = shared().waits[slot];
  const std::uint64_t seen = load_acquire(word);
  if (waiting_in(seen) == 0 || !alive(slot, seen)) return 0;
  const auto moved_in = [&](std::uint64_t now) {
    const bool same = generation_in(now) == generation_in(seen);
    return same ? std::min({most, waiting_in(now), kMostWaits - notified_in(now)}) : 0;
  };
  const std::uint64_t before =
      change(word, [&](std::uint64_t now) { return now + moved_in(now) * (kOneNotified - kOneWaiting); });
  const std::uint32_t moved = moved_in(before);
  if (moved == 0) return 0;
  INTERPROC_CRASH_POINT("condition.notified");
  wake_slot(*segment_, shared().waiters, slot);
  return moved;
}

std::uint32_t ConditionVariable::notify(std::uint32_t most) {
  // One of each participant in turn, beginning behind the one notified last. Where all who wait now are to be notified,
  // all of each: a participant that never stops announcing waits must not keep its notifier for ever.
  const bool all = most > 1 && most >= waiting();
  const std::uint32_t first = load_relaxed(shared().next) % IPC_PARTICIPANTS;
  std::uint32_t notified = 0;
  for (bool any = true; any && notified < most;) {
    any = false;
    for (std::uint32_t step = 0; step < IPC_PARTICIPANTS && notified < most; ++step) {
      const std::uint32_t slot = (first + step) % IPC_PARTICIPANTS;
      const std::uint32_t moved = notify_some(slot, all ? most - notified : 1);
      if (moved == 0) continue;
      store_relaxed(shared().next, slot + 1);
      any = !all;
      notified += moved;
    }
  }
  return notified;
}

std::uint32_t ConditionVariable::waiting() const {
  std::uint32_t count = 0;
  for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
    const std::uint64_t word = load_acquire(shared().waits[slot]);
    if (waiting_in(word) > 0 && alive(slot, word)) count += waiting_in(word);
  }
  return count;
}

// Takes over a notification that a dead participant was given and did not take. Killed in between, it is gone with
// both.
bool ConditionVariable::inherit() {
  if (waiting_in(load_acquire(mine())) == 0) return false;
  for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
    std::uint64_t& word = shared().waits[slot];
    std::uint64_t seen = load_acquire(word);
    if (notified_in(seen) == 0 || alive(slot, seen)) continue;
    if (!atomic(word).compare_exchange_strong(seen, seen - kOneNotified, std::memory_order_acq_rel,
                                              std::memory_order_relaxed))
      continue;
    INTERPROC_CRASH_POINT("condition.inheriting");
    if (notify_some(segment_->me().slot, 1) > 0) return true;
    pass_on(kOneNotified);
    return false;
  }
  return false;
}

// Gives the notifications in a word that is nobody's any more to whoever waits.
void ConditionVariable::pass_on(std::uint64_t word) {
  if (notified_in(word) > 0) notify(notified_in(word));
}

bool ConditionVariable::ready(Condition condition, std::uint64_t, Look look) {
  if (condition == kFree) return lock().obtainable(look == Look::kKernel);
  if (notified_in(load_acquire(mine())) > 0) return true;
  return look == Look::kKernel && inherit();
}

ipc_wait_set* ConditionVariable::waiters(Condition condition) {
  if (condition == kFree) return &shared().lock.waiters;
  return condition == kNotified ? &shared().waiters : nullptr;
}

void ConditionVariable::leave(Leaving how) {
  const std::uint64_t fresh = std::uint64_t{segment_->me().generation} << 32;
  const std::uint64_t left = atomic(mine()).exchange(fresh, std::memory_order_acq_rel);
  INTERPROC_CRASH_POINT("condition.leaving");
  pass_on(left);
  if (how == Leaving::kOrderly) lock().abandon();
}

}  // namespace interproc
