// What calls on an end of a pipe have in common: attempts, and the waits between them.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>

#include "messages/pipe.h"
#include "waits.h"

namespace interproc::abi {

struct Found {
  std::shared_ptr<Record> record;
  std::uint32_t end = 0;
  ip_status status = IP_OK;
};

inline Found find_end(ip_object number) {
  Found found;
  found.record = record_of(number, found.status, &found.end);
  if (!found.record) return found;
  const std::lock_guard guard(found.record->mutex);
  if (!found.record->pipe) found.status = fail(IP_INVALID, "the object is no end of a pipe");
  return found;
}

// One attempt, under the mutex that keeps this process's threads out of each other's way.
template <class Body>
Status attempt(const Found& found, Body body) {
  const std::lock_guard guard(found.record->mutex);
  return found.record->pipe ? body(*found.record->pipe) : Status{Code::kClosed};
}

// Tries until it is done, or time is up: kEmpty and kFull wait.
template <class Body>
ip_status until_done(ip_object number, const Found& found, std::int64_t timeout, Condition condition,
                     std::uint64_t need, Body body) {
  Status s = attempt(found, body);
  if (s.ok()) return IP_OK;
  if (timeout == 0 && (s.code == Code::kFull || s.code == Code::kEmpty)) {
    // Who asks once asks the kernel too: the other end may be dead.
    static_cast<void>(attempt(found, [&](Pipe& pipe) {
      static_cast<void>(pipe.ready(condition, need, Look::kKernel));
      return Status{};
    }));
    s = attempt(found, body);
    if (s.ok()) return IP_OK;
  }
  const Deadline deadline(timeout);
  while (s.code == Code::kFull || s.code == Code::kEmpty) {
    const Nanoseconds left = deadline.remaining();
    if (left <= 0) return fail(IP_TIMEOUT, ip_strerror(IP_TIMEOUT));
    const Use sleeper(number);
    if (sleeper.status() != IP_OK) return sleeper.status();
    if (const ip_status slept = sleep_slice(sleeper, condition, need, std::min(left, kSlice)); slept != IP_OK)
      return slept;
    s = attempt(found, body);
  }
  return s.ok() ? ip_status{IP_OK} : fail(s, found.record->name);
}

inline bool readable(const Found& found) {
  return attempt(found, [&](Pipe& pipe) { return Status{pipe.can_read(found.end) ? Code::kOk : Code::kClosed}; }).ok();
}
inline bool writable(const Found& found) {
  return attempt(found, [&](Pipe& pipe) { return Status{pipe.can_write(found.end) ? Code::kOk : Code::kClosed}; }).ok();
}

}  // namespace interproc::abi
