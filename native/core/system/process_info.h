// Facts about the process and the machine that never change once read.
#pragma once

#include <cstdint>

#include "system/clock.h"

namespace interproc {

// In clock ticks since boot, from /proc/self/stat; 0 where that cannot be read.
std::uint64_t process_start_time();

// CPUs this process may run on. With one, whoever polls keeps the other side from running.
int usable_cpus();

// The longest that anybody polls before it sleeps: what INTERPROC_POLL allows, in microseconds, and never more than
// this. 0 is not at all, as with one CPU.
inline constexpr Nanoseconds kPollMost = 5 * kMillisecond;
Nanoseconds poll_most();

}  // namespace interproc
