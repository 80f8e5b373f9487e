// Facts about the process and the machine that never change once read.
#pragma once

#include <cstdint>

namespace interproc {

// In clock ticks since boot, from /proc/self/stat; 0 where that cannot be read.
std::uint64_t process_start_time();

// CPUs this process may run on. With one, whoever polls keeps the other side from running.
int usable_cpus();

}  // namespace interproc
