// Monotonic time in nanoseconds. A stepped wall clock changes no wait.
#pragma once

#include <ctime>

#include <cstdint>

namespace interproc {

using Nanoseconds = std::int64_t;

inline constexpr Nanoseconds kMicrosecond = 1'000;
inline constexpr Nanoseconds kMillisecond = 1'000'000;

inline Nanoseconds read_clock(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return static_cast<Nanoseconds>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}
inline Nanoseconds monotonic_now() { return read_clock(CLOCK_MONOTONIC); }
// A few milliseconds stale and several times cheaper: for rate limits, never for deadlines.
inline Nanoseconds monotonic_coarse() { return read_clock(CLOCK_MONOTONIC_COARSE); }

}  // namespace interproc
