// What calls on queues have in common: attempts, and the waits between them.
#pragma once

#include <algorithm>

#include "messages/priority_queue.h"
#include "messages/queue.h"
#include "waits.h"

namespace interproc::abi {

// After so many failed attempts a put asks the others to leave the next room to it.
inline constexpr int kModestAttempts = 3;

// Runs `use` with the queue of either class.
template <class Body>
ip_status with_queue(Use& use, Body body) {
  if (use.status() != IP_OK) return use.status();
  if (auto* queue = use.as<Queue>(IPC_KIND_QUEUE)) return body(*queue);
  if (auto* queue = use.as<PriorityQueue>(IPC_KIND_PRIORITY_QUEUE)) return body(*queue);
  return fail(IP_INVALID, "the object is no queue");
}

// Tries until it is done, or time is up. `attempt` is told whether to insist; what it cannot do now is kFull, kEmpty or
// kBusy. `data` and `lock` are what to wait for then.
template <class Attempt>
ip_status until_done(const Use& use, std::int64_t timeout, std::uint32_t flags, Condition data, Condition lock,
                     std::uint64_t need, Attempt attempt) {
  if ((flags & IP_ATTEMPT) != 0) {
    const Status s = attempt((flags & IP_INSIST) != 0);
    return s.ok() ? ip_status{IP_OK} : fail(s, use.record().name);
  }
  Status s = attempt(false);
  if (s.ok()) return IP_OK;
  const Deadline deadline(timeout);
  for (int attempts = 1;; ++attempts) {
    const bool busy = s.code == Code::kBusy;
    if (!busy && s.code != Code::kFull && s.code != Code::kEmpty) return fail(s, use.record().name);
    // Another process inside its critical section is no reason to say "empty".
    const Nanoseconds left = busy ? deadline.patience() : deadline.remaining();
    const ip_status slept =
        sleep_slice(use, busy ? lock : data, busy ? 0 : need, std::min(left, busy ? kMillisecond : kSlice));
    if (slept != IP_OK) {
      // It may have been woken for what it leaves: the attempt that followed met a lock that was held for a moment.
      if (!use.closed()) use.object().pass_wake(data, need);
      return slept == IP_TIMEOUT ? fail(s, use.record().name) : slept;
    }
    s = attempt(attempts >= kModestAttempts);
    if (s.ok()) return IP_OK;
  }
}

}  // namespace interproc::abi
