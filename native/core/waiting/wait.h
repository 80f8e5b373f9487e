// Waiting and waking. The whole protocol, in one place:
//
//   waiter                                   waker
//   1. try, and poll for a bounded moment    1. publish (a release store the condition depends on)
//   2. say how it sleeps (sleep_mode)        2. FULL FENCE
//   3. announce: set its bit in the set      3. look for announced bits
//   4. FULL FENCE                            4. clear one bit; raise that participant's signal
//   5. try again                             5. wake it by the means its sleep_mode names
//   6. sleep while signal keeps the value read before 3
//
// Waiter's fence 4 pairs with waker's fence 2: of "waker publishes, then looks for bits" and "waiter sets its bit, then
// looks at the condition" at least one sees the other, so a wake-up is never lost. Who clears a bit owes its owner a
// wake; who dies between clearing and waking delays the waiter by one slice, because every sleep is bounded. A waiter
// that was picked and leaves for another reason passes the wake on, and so does one that leaves what came to another
// (SharedObject::woken_in_vain). A picked participant that is dead is skipped.
#pragma once

#include <algorithm>
#include <cstdint>

#include "layout.h"
#include "segment/segment.h"
#include "system/atomic.h"
#include "system/clock.h"
#include "system/crash_point.h"
#include "system/futex.h"
#include "system/process_info.h"

namespace interproc {

// Longest uninterrupted sleep: after it, the sleeper looks at its condition and at those that it depends on.
inline constexpr Nanoseconds kSlice = 50 * kMillisecond;

// False where this participant was announced already: by the event loop of the same thread, which sleeps by its
// doorbell.
bool announce(const Segment& segment, ipc_wait_set& set);

// Takes the announcement back. False where a waker had already cleared it: that wake is now this waiter's.
bool withdraw(const Segment& segment, ipc_wait_set& set);

// Whether this participant's bit is set.
bool announced(const Segment& segment, const ipc_wait_set& set);

// Call after the store that made the condition true. Cheap while nobody waits: a fence and four loads.
void wake(const Segment& segment, ipc_wait_set& set, std::uint32_t most);
inline constexpr std::uint32_t kEveryone = UINT32_MAX;
// The same without the fence, for a second set after one fence.
void wake_fenced(const Segment& segment, ipc_wait_set& set, std::uint32_t most);
// Wakes this one if it waits. For who has published something for it alone.
void wake_slot(const Segment& segment, ipc_wait_set& set, std::uint32_t slot);

// How long a thread polls before it sleeps. Polling pays while the other side runs on another CPU; where the two share
// one, or the answer takes long, it only keeps the other side from running. So a poll that found nothing halves the
// next one, down to a glance, and one that did doubles it. Short sleeps alone do not say that polling would have done
// as well: after some of them it is tried once, and after a failed trial half as often. (lib/waiting/poll-budget.ts
// does the same for an event loop.)
class SpinBudget {
 public:
  static constexpr Nanoseconds kSpinMost = 60 * kMicrosecond;
  static constexpr Nanoseconds kGlance = 2 * kMicrosecond;
  // A scheduler that put the woken beside its waker moves it to an idle CPU at a tick, not sooner.
  static constexpr Nanoseconds kTrial = kPollMost;

  [[nodiscard]] Nanoseconds now() const { return std::min(budget_, poll_most()); }
  void hit() {
    budget_ = std::min(kSpinMost, budget_ * 2);
    patience_ = kPatience;
    short_sleeps_ = 0;
  }
  void miss() { budget_ = budget_ > kSpinMost ? kGlance : std::max(kGlance, budget_ / 2); }
  // Woken by what was waited for.
  void slept(Nanoseconds duration) {
    if (duration >= kSpinMost || ++short_sleeps_ < patience_) return;
    short_sleeps_ = 0;
    patience_ = std::min(kPatienceMost, patience_ * 2);
    budget_ = kTrial;
  }

 private:
  static constexpr int kPatience = 16;
  static constexpr int kPatienceMost = 1024;

  Nanoseconds budget_ = kSpinMost / 2;
  int patience_ = kPatience;
  int short_sleeps_ = 0;
};

// What this thread has learnt of one condition of one object. Few are waited for at a time: of many, some begin anew.
SpinBudget& spin_budget_of(const ipc_wait_set& set);

// How a thread polls.
enum class Polling : std::uint8_t {
  kClose,   // look after look: what is waited for is written once
  kSparse,  // with gaps: it is written all the time
  kNone,    // once: whoever is waited for may need this very processor
};

template <class Ready>
bool spin_until(Nanoseconds budget, Ready ready) {
  if (budget <= 0) return ready();
  const Nanoseconds end = monotonic_now() + budget;
  do {
    for (int look = 0; look < 16; ++look) {
      if (ready()) return true;
      cpu_relax();
    }
  } while (monotonic_now() < end);
  return false;
}

// The same for a lock. Each look takes the lock's cache line from the holder, who has to fetch it back for its next
// store, and a lock that is free for a moment between two short critical sections is better left to who had it last. So
// there is a gap between looks, short beside the waking of a sleeper; in it only the clock is read.
template <class Ready>
bool spin_sparsely_until(Nanoseconds budget, Ready ready) {
  constexpr Nanoseconds kGap = 1 * kMicrosecond;
  const Nanoseconds begin = monotonic_now();
  for (Nanoseconds now = begin; !ready();) {
    if (now - begin >= budget) return false;
    const Nanoseconds next = now + kGap;
    do {
      cpu_relax();
      now = monotonic_now();
    } while (now < next);
  }
  return true;
}

// Blocks until `ready()` or for `limit` (a slice at most). Returns whether it was ready at the last look. A wake that
// came for nothing is passed on only by callers that give up: whoever tries again after this has used it.
template <class Ready>
bool wait_slice(const Segment& segment, ipc_wait_set& set, Nanoseconds limit, Ready ready,
                Polling polling = Polling::kClose) {
  SpinBudget& spin = spin_budget_of(set);
  const Nanoseconds slice = std::min(limit, kSlice);
  const Nanoseconds budget = polling == Polling::kNone ? 0 : std::min(spin.now(), slice);
  if (polling == Polling::kSparse ? spin_sparsely_until(budget, ready) : spin_until(budget, ready)) {
    spin.hit();
    return true;
  }
  spin.miss();
  if (slice <= 0) return ready();
  ipc_participant& self = segment.self();
  const std::uint32_t before = load_relaxed(self.signal);
  // Relaxed: announce() orders it before the bit, and a waker reads it after the bit.
  atomic(self.sleep_mode).fetch_or(IPC_SLEEP_FUTEX, std::memory_order_relaxed);
  const bool own = announce(segment, set);
  INTERPROC_CRASH_POINT("wait.announced");
  const Nanoseconds asleep = monotonic_now();
  bool is_ready = ready();
  const bool slept = !is_ready;
  if (slept) {
    futex_wait(self.signal, before, slice);
    is_ready = ready();
  }
  INTERPROC_CRASH_POINT("wait.woken");
  // An announcement of this thread's event loop stays: who picks it rings the doorbell. Who has picked it since has
  // rung.
  const bool picked = own ? !withdraw(segment, set) : !announced(segment, set);
  // What this one found without sleeping may be older than its announcement. A wake that picked it since then was for
  // something else, and somebody else's.
  if (picked && !slept) wake(segment, set, 1);
  atomic(self.sleep_mode).fetch_and(~std::uint32_t{IPC_SLEEP_FUTEX}, std::memory_order_relaxed);
  if (is_ready) spin.slept(monotonic_now() - asleep);
  return is_ready;
}

}  // namespace interproc
