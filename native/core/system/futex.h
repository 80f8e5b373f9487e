// The one blocking system call: sleep while a shared word keeps its value.
#pragma once

#include <cerrno>
#include <cstdint>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "system/clock.h"

namespace interproc {

// Sleeps until woken, until the word differs, or for `timeout` at most. Returning early (a signal, a stale value) is
// allowed: every caller looks at its condition again. Not FUTEX_PRIVATE: the word is shared between processes.
inline void futex_wait(std::uint32_t& word, std::uint32_t expected, Nanoseconds timeout) {
  timespec limit{};
  limit.tv_sec = static_cast<std::time_t>(timeout / 1'000'000'000);
  limit.tv_nsec = static_cast<long>(timeout % 1'000'000'000);
  ::syscall(SYS_futex, &word, FUTEX_WAIT, expected, &limit, nullptr, 0);
}

// Returns how many sleepers were woken.
inline int futex_wake(std::uint32_t& word, int most) {
  const long woken = ::syscall(SYS_futex, &word, FUTEX_WAKE, most, nullptr, nullptr, 0);
  return woken > 0 ? static_cast<int>(woken) : 0;
}

}  // namespace interproc
