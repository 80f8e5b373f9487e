#include "system/crash_point.h"

#ifdef INTERPROC_CRASH_POINTS

#include <csignal>
#include <cstdlib>
#include <cstring>

#include <atomic>

#include <unistd.h>

namespace interproc {
namespace {

std::atomic<CrashPointWatcher> watching{nullptr};

}  // namespace

void watch_crash_points(CrashPointWatcher watcher) { watching.store(watcher, std::memory_order_release); }

void reach_crash_point(const char* name) {
  if (const CrashPointWatcher watcher = watching.load(std::memory_order_acquire); watcher != nullptr) watcher(name);
  // Asked each time: a test arms a forked child, whose parent has passed here unarmed.
  const char* const armed = std::getenv("INTERPROC_CRASH");
  static std::atomic<int> passages{0};
  if (armed == nullptr) return;
  const char* colon = std::strchr(armed, ':');
  const std::size_t length = colon != nullptr ? static_cast<std::size_t>(colon - armed) : std::strlen(armed);
  if (std::strlen(name) != length || std::strncmp(name, armed, length) != 0) return;
  const int wanted = colon != nullptr ? std::atoi(colon + 1) : 1;
  if (++passages == wanted) ::kill(::getpid(), SIGKILL);
}

}  // namespace interproc

#endif
