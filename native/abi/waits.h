// How calls with a timeout wait: an attempt, then a sleep of a slice at the most, and again.
#pragma once

#include <algorithm>
#include <limits>

#include "registry.h"
#include "waiting/wait.h"

namespace interproc::abi {

// How long a call stays with another process's critical section although its own time is up.
inline constexpr Nanoseconds kPatience = 100 * kMillisecond;

class Deadline {
 public:
  explicit Deadline(std::int64_t timeout) : began_(monotonic_now()), timeout_(timeout) {}
  [[nodiscard]] bool for_ever() const { return timeout_ < 0; }
  [[nodiscard]] Nanoseconds remaining() const {
    if (for_ever()) return std::numeric_limits<Nanoseconds>::max();
    const Nanoseconds spent = monotonic_now() - began_;
    return spent >= timeout_ ? 0 : timeout_ - spent;
  }
  // What is left for one who met a critical section.
  [[nodiscard]] Nanoseconds patience() const {
    return for_ever() ? kSlice
           : timeout_ > std::numeric_limits<Nanoseconds>::max() - kPatience
               ? kSlice
               : timeout_ + kPatience - (monotonic_now() - began_);
  }

 private:
  Nanoseconds began_;
  Nanoseconds timeout_;
};

inline bool interrupted() {
  const volatile int* flag = interrupt_flag();
  // Set by a signal handler, or by another thread.
  return flag != nullptr && __atomic_load_n(flag, __ATOMIC_RELAXED) != 0;
}

// Sleeps until the condition may hold, for `limit` at most. IP_OK: try again. IP_TIMEOUT where there was nothing left
// to sleep; IP_INTERRUPTED, IP_CLOSED.
ip_status sleep_slice(const Use& use, Condition condition, std::uint64_t need, Nanoseconds limit);

}  // namespace interproc::abi
