// What the tests of priority queues share.
#pragma once

#include <cstring>

#include "messages/priority_queue.h"
#include "support.h"

namespace test {

// As it goes in: the payload, then its priority.
inline Bytes with_priority(Bytes payload, double priority) {
  const std::size_t length = payload.size();
  payload.resize(length + sizeof priority);
  std::memcpy(payload.data() + length, &priority, sizeof priority);
  return payload;
}

inline Status put_wait(PriorityQueue& queue, std::span<const std::byte> message, double seconds = 30,
                       bool insist = false) {
  const Nanoseconds deadline = monotonic_now() + static_cast<Nanoseconds>(seconds * 1e9);
  for (;;) {
    const Status s = queue.put(message, insist);
    if ((s.code != Code::kFull && s.code != Code::kBusy) || monotonic_now() > deadline) return s;
    queue.wait_for(s.code == Code::kFull ? PriorityQueue::kNotFull : PriorityQueue::kPutLock, message.size(), kSlice);
  }
}

inline Status get_wait(PriorityQueue& queue, std::span<std::byte> into, std::uint64_t& length, double seconds = 30) {
  const Nanoseconds deadline = monotonic_now() + static_cast<Nanoseconds>(seconds * 1e9);
  for (;;) {
    const Status s = queue.get(into, length);
    if ((s.code != Code::kEmpty && s.code != Code::kBusy) || monotonic_now() > deadline) return s;
    queue.wait_for(s.code == Code::kEmpty ? PriorityQueue::kNotEmpty : PriorityQueue::kGetLock, 0, kSlice);
  }
}

inline ipc_chunk* chunks_of(const PriorityQueue& queue) {
  return reinterpret_cast<ipc_chunk*>(queue.segment().base() + load_relaxed(queue.shared().slab.offset));
}

}  // namespace test
