// What the tests of queues share.
#pragma once

#include "support.h"

namespace test {

inline std::unique_ptr<Queue> create(std::string_view name, std::uint64_t capacity = 65536,
                                     std::uint64_t max_items = 0) {
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {capacity, max_items, 0}, {}, queue));
  return queue;
}
inline std::unique_ptr<Queue> open(std::string_view name) {
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::open(name, queue));
  return queue;
}

inline std::string get_text(Queue& queue) {
  static Bytes into(1 << 20);
  std::uint64_t length = 0;
  const Status s = queue.get(into, length);
  if (s.code == Code::kEmpty) return "(empty)";
  if (s.code == Code::kShutDown) return "(shut down)";
  return s.ok() ? text_of(std::span(into).first(length)) : "(error)";
}

inline std::uint64_t count(const Queue& queue) {
  std::uint64_t records = 0;
  CHECK_OK(queue.count(records));
  return records;
}

}  // namespace test
