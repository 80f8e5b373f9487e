// The lock that serialises attach, detach, unlink and sweep of one segment.
#pragma once

#include <ctime>

#include "layout.h"
#include "system/clock.h"
#include "system/file_lock.h"

namespace interproc {

class AdminLock {
 public:
  explicit AdminLock(int fd) : fd_(fd) {}
  AdminLock(const AdminLock&) = delete;
  AdminLock& operator=(const AdminLock&) = delete;
  ~AdminLock() {
    if (held_) unlock_byte(fd_, IPC_LOCK_ADMIN);
  }

  // Its critical sections are a few system calls long. A holder that was stopped (SIGSTOP) must not freeze us for ever,
  // so after two seconds the answer is kAdminBusy.
  Status take() {
    constexpr Nanoseconds kPatience = 2'000 * kMillisecond;
    const Nanoseconds deadline = monotonic_now() + kPatience;
    long pause = 20 * kMicrosecond;
    for (;;) {
      const Status s = try_lock_byte(fd_, IPC_LOCK_ADMIN);
      held_ = s.ok();
      if (s.code != Code::kBusy) return s;
      if (monotonic_now() > deadline) return {Code::kAdminBusy};
      const timespec wait{0, pause};
      ::nanosleep(&wait, nullptr);
      if (pause < kMillisecond) pause *= 2;
    }
  }
  // Once, without waiting.
  Status try_take() {
    const Status s = try_lock_byte(fd_, IPC_LOCK_ADMIN);
    held_ = s.ok();
    return s;
  }

 private:
  int fd_;
  bool held_ = false;
};

}  // namespace interproc
