#include "system/process_info.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace interproc {
namespace {

std::uint64_t read_start_time() {
  std::FILE* file = std::fopen("/proc/self/stat", "re");
  if (file == nullptr) return 0;
  char line[1024] = {};
  const std::size_t got = std::fread(line, 1, sizeof line - 1, file);
  std::fclose(file);
  line[got] = '\0';
  // The command name (field 2) may hold spaces and brackets, so count the fields from its last bracket.
  const char* at = std::strrchr(line, ')');
  for (int field = 2; at != nullptr && field < 22; ++field) {
    at = std::strchr(at + 1, ' ');
  }
  unsigned long long ticks = 0;
  if (at != nullptr && std::sscanf(at, "%llu", &ticks) != 1) ticks = 0;
  return ticks;
}

}  // namespace

std::uint64_t process_start_time() {
  static const std::uint64_t ticks = read_start_time();
  return ticks;
}

int usable_cpus() {
  static const int count = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  }();
  return count;
}

Nanoseconds poll_most() {
  static const Nanoseconds most = [] {
    if (usable_cpus() < 2) return Nanoseconds{0};
    const char* text = std::getenv("INTERPROC_POLL");
    const std::string_view given = text == nullptr ? std::string_view() : text;
    Nanoseconds microseconds = 0;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), microseconds);
    const bool understood = error == std::errc() && end == given.data() + given.size() && microseconds >= 0;
    return understood ? std::min(microseconds, kPollMost / kMicrosecond) * kMicrosecond : kPollMost;
  }();
  return most;
}

}  // namespace interproc
