// Queues of every kind. An attempt is the core's; here are the waits between attempts.
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "messages/priority_queue.h"
#include "messages/queue.h"
#include "opening.h"
#include "queue_calls.h"

using namespace interproc;
using namespace interproc::abi;

namespace {

constexpr std::uint64_t kDefaultCapacity = 1 << 20;
constexpr const char* kQueueKinds[] = {"queue", "joinable-queue", "simple-queue", "priority-queue"};

// Both classes number their conditions alike.
static_assert(static_cast<int>(Queue::kNotEmpty) == IP_WHEN_NOT_EMPTY &&
              static_cast<int>(PriorityQueue::kNotEmpty) == IP_WHEN_NOT_EMPTY);
static_assert(static_cast<int>(Queue::kPutLock) == IP_WHEN_PUT_FREE &&
              static_cast<int>(PriorityQueue::kPutLock) == IP_WHEN_PUT_FREE);
static_assert(static_cast<int>(Queue::kGetLock) == IP_WHEN_GET_FREE &&
              static_cast<int>(PriorityQueue::kGetLock) == IP_WHEN_GET_FREE);
static_assert(static_cast<int>(Queue::kJoined) == IP_WHEN_JOINED);

ip_limits limits_of(SharedObject& object) {
  if (object.segment().header().kind == IPC_KIND_PRIORITY_QUEUE) {
    const auto& queue = static_cast<PriorityQueue&>(object);
    return {queue.capacity(), queue.max_items(), queue.max_bytes()};
  }
  const Channel& channel = static_cast<Queue&>(object).channel();
  return {channel.capacity(), channel.max_items(), channel.max_bytes()};
}

Check same_limits(const ip_limits& given) {
  return [given](const Record& record, SharedObject& object) -> ip_status {
    const ip_limits has = limits_of(object);
    if (given.capacity != 0 && ring_bytes_for(given.capacity) != has.capacity)
      return refuse_options(record.name, "capacity");
    if (given.max_items != 0 && given.max_items != has.max_items) return refuse_options(record.name, "max_items");
    if (given.max_bytes != 0 && given.max_bytes != has.max_bytes) return refuse_options(record.name, "max_bytes");
    return IP_OK;
  };
}

template <class AnyQueue>
ip_status put_bytes(const Use& use, AnyQueue& queue, std::span<const std::byte> message, std::int64_t timeout,
                    std::uint32_t flags) {
  const ip_status status = until_done(use, timeout, flags, IP_WHEN_NOT_FULL, IP_WHEN_PUT_FREE, message.size(),
                                      [&](bool insist) { return queue.put(message, insist); });
  if (status != IP_OK && (flags & (IP_KEEP_TURN | IP_ATTEMPT)) == 0 && !use.closed()) queue.stop_insisting();
  return status;
}

// The message and its priority behind it, in memory that the thread keeps.
std::span<const std::byte> with_priority(const void* bytes, std::size_t length, double priority) {
  static thread_local std::vector<std::byte> buffer;
  if (buffer.size() < length + sizeof priority) buffer.resize(length + sizeof priority);
  if (length > 0) std::memcpy(buffer.data(), bytes, length);
  std::memcpy(buffer.data() + length, &priority, sizeof priority);
  return std::span(buffer).first(length + sizeof priority);
}

std::span<const std::byte> span_of(const void* bytes, std::size_t length) {
  return {static_cast<const std::byte*>(bytes), length};
}
std::span<std::byte> span_of(void* bytes, std::size_t length) { return {static_cast<std::byte*>(bytes), length}; }

}  // namespace

ip_status ip_queue(uint32_t how, const ip_options* options, const ip_limits* limits, uint32_t queue_kind,
                   ip_object* out) {
  if (queue_kind > IP_PRIORITY_QUEUE) return fail(IP_INVALID, "`queue_kind` is none of ip_queue_kind");
  const char* kind = kQueueKinds[queue_kind];
  Creation creation;
  const std::string meta = std::string("{\"kind\":") + quoted(kind) + "}";
  if (const ip_status status = read_options(how, options, meta, creation); status != IP_OK) return status;
  const ip_limits given = limits != nullptr ? *limits : ip_limits{};
  if (given.capacity > kLargestRing) return fail(IP_INVALID, "a capacity is at most 1 GiB");
  if (given.max_bytes > kLargestMessage) return fail(IP_INVALID, "max_bytes is at most 4 GiB - 1");
  const std::uint64_t capacity = given.capacity != 0 ? given.capacity : kDefaultCapacity;
  const Check check = how == IP_OPEN_OR_CREATE ? same_limits(given) : Check{};
  if (queue_kind == IP_PRIORITY_QUEUE) {
    const Creator<PriorityQueue> create = [&](const Creation& plan, std::unique_ptr<PriorityQueue>& made) {
      return PriorityQueue::create(plan.name, {capacity, given.max_items, given.max_bytes}, plan.core, made);
    };
    return make_object<PriorityQueue>(how, creation, IPC_KIND_PRIORITY_QUEUE, kind, create, check, out);
  }
  const Creator<Queue> create = [&](const Creation& plan, std::unique_ptr<Queue>& made) {
    return Queue::create(plan.name, {capacity, given.max_items, given.max_bytes}, plan.core, made,
                         queue_kind == IP_JOINABLE_QUEUE);
  };
  return make_object<Queue>(how, creation, IPC_KIND_QUEUE, kind, create, check, out);
}

ip_status ip_queue_limits(ip_object number, ip_limits* out) {
  Use use(number);
  return with_queue(use, [&](auto& queue) -> ip_status {
    if (out == nullptr) return fail(IP_INVALID, "there is nowhere to put the limits");
    *out = limits_of(queue);
    return IP_OK;
  });
}

ip_status ip_queue_put(ip_object number, const void* bytes, size_t length, int64_t timeout, uint32_t flags) {
  Use use(number);
  if (auto* queue = use.as<Queue>(IPC_KIND_QUEUE))
    return put_bytes(use, *queue, span_of(bytes, length), timeout, flags);
  if (auto* queue = use.as<PriorityQueue>(IPC_KIND_PRIORITY_QUEUE))
    return put_bytes(use, *queue, with_priority(bytes, length, 0), timeout, flags);
  return use.status() != IP_OK ? use.status() : fail(IP_INVALID, "the object is no queue");
}

ip_status ip_queue_put_priority(ip_object number, const void* bytes, size_t length, double priority, int64_t timeout,
                                uint32_t flags) {
  Use use(number);
  if (use.status() != IP_OK) return use.status();
  auto* queue = use.as<PriorityQueue>(IPC_KIND_PRIORITY_QUEUE);
  if (queue == nullptr) return fail(IP_INVALID, "the object is no priority queue");
  if (!std::isfinite(priority)) return fail(IP_INVALID, "a priority is a finite number");
  return put_bytes(use, *queue, with_priority(bytes, length, priority), timeout, flags);
}

ip_status ip_queue_put_many(ip_object number, const void* bytes, const uint32_t* lengths, uint32_t count,
                            int64_t timeout, uint32_t flags, uint32_t* done) {
  Use use(number);
  *done = 0;
  if (use.status() != IP_OK) return use.status();
  auto* queue = use.as<Queue>(IPC_KIND_QUEUE);
  if (queue == nullptr) return fail(IP_INVALID, "the object is no queue of this kind");
  std::uint64_t total = 0;
  for (std::uint32_t index = 0; index < count; ++index) total += lengths[index];
  auto rest = span_of(bytes, total);
  const Deadline deadline(timeout);
  while (*done < count) {
    std::uint32_t pushed = 0;
    const std::int64_t left = deadline.for_ever() ? -1 : deadline.remaining();
    const ip_status status =
        until_done(use, left, flags, IP_WHEN_NOT_FULL, IP_WHEN_PUT_FREE, lengths[*done], [&](bool insist) {
          return queue->put_many(rest, {lengths + *done, count - *done}, insist, pushed);
        });
    if (status != IP_OK) {
      if ((flags & (IP_KEEP_TURN | IP_ATTEMPT)) == 0 && !use.closed()) queue->stop_insisting();
      return status;
    }
    std::uint64_t put = 0;
    for (std::uint32_t index = *done; index < *done + pushed; ++index) put += lengths[index];
    rest = rest.subspan(put);
    *done += pushed;
  }
  return IP_OK;
}

void ip_queue_give_up(ip_object number) {
  Use use(number);
  static_cast<void>(with_queue(use, [](auto& queue) -> ip_status {
    queue.stop_insisting();
    return IP_OK;
  }));
  if (use.status() != IP_OK) return;
  const std::lock_guard guard(use.record().mutex);
  if (use.record().lender) use.record().lender->stop_insisting();
}

ip_status ip_queue_get(ip_object number, void* buffer, size_t capacity, size_t* length, int64_t timeout,
                       uint32_t flags) {
  Use use(number);
  return with_queue(use, [&](auto& queue) {
    return until_done(use, timeout, flags, IP_WHEN_NOT_EMPTY, IP_WHEN_GET_FREE, 0, [&](bool) {
      std::uint64_t found = 0;
      const Status s = queue.get(span_of(buffer, capacity), found);
      if (s.ok() || s.code == Code::kSmallBuffer || s.code == Code::kLoan) *length = found;
      return s;
    });
  });
}

ip_status ip_queue_get_many(ip_object number, void* buffer, size_t capacity, uint32_t* lengths, uint32_t most,
                            uint32_t* count, size_t* needed, int64_t timeout, uint32_t flags) {
  Use use(number);
  *count = 0;
  if (most == 0) return fail(IP_INVALID, "at least one message is to be taken");
  return with_queue(use, [&](auto& queue) {
    return until_done(use, timeout, flags, IP_WHEN_NOT_EMPTY, IP_WHEN_GET_FREE, 0, [&](bool) {
      std::uint64_t found = 0;
      const Status s = queue.get_many(span_of(buffer, capacity), {lengths, most}, *count, found);
      if (s.code == Code::kSmallBuffer) *needed = found;
      return s;
    });
  });
}

ip_status ip_queue_size(ip_object number, uint64_t* messages) {
  Use use(number);
  if (auto* queue = use.as<Queue>(IPC_KIND_QUEUE)) {
    const Status s = queue->count(*messages);
    return s.ok() ? ip_status{IP_OK} : fail(s, use.record().name);
  }
  return with_queue(use, [&](auto& queue) -> ip_status {
    if constexpr (std::is_same_v<decltype(queue), PriorityQueue&>) *messages = queue.count();
    return IP_OK;
  });
}

ip_status ip_queue_room(ip_object number) {
  Use use(number);
  return with_queue(use, [&](auto& queue) -> ip_status {
    if (queue.is_shut_down()) return outcome(IP_SHUT_DOWN);
    bool room;
    if constexpr (std::is_same_v<decltype(queue), PriorityQueue&>) {
      room = queue.has_room(PriorityQueue::kPriorityBytes);
    } else {
      room = queue.channel().has_room(0);
    }
    return outcome(room ? IP_OK : IP_FULL);
  });
}

ip_status ip_queue_shut_down(ip_object number, int immediate) {
  Use use(number);
  return with_queue(use, [&](auto& queue) -> ip_status {
    if constexpr (std::is_same_v<decltype(queue), PriorityQueue&>) {
      queue.shut_down(immediate != 0);
    } else if (const Status s = queue.shut_down(immediate != 0); !s.ok()) {
      return fail(s, use.record().name);
    }
    return IP_OK;
  });
}

// ---- Joinable queues

namespace {

Queue* joinable(Use& use) {
  auto* queue = use.as<Queue>(IPC_KIND_QUEUE);
  return queue != nullptr && queue->joinable() ? queue : nullptr;
}

ip_status not_joinable(const Use& use) {
  return use.status() != IP_OK ? use.status() : fail(IP_INVALID, "the object is no joinable queue");
}

ip_status joined(std::uint64_t found, std::uint64_t* lost) {
  if (lost != nullptr) *lost = found;
  return found == 0 ? ip_status{IP_OK} : fail(IP_TASKS_LOST, ip_strerror(IP_TASKS_LOST));
}

}  // namespace

ip_status ip_queue_task_done(ip_object number) {
  Use use(number);
  Queue* queue = joinable(use);
  if (queue == nullptr) return not_joinable(use);
  const ip_status status =
      until_done(use, 0, 0, IP_WHEN_GET_FREE, IP_WHEN_GET_FREE, 0, [&](bool) { return queue->finish_one(); });
  return status == IP_NOT_OWNED ? fail(IP_TASK_DONE, ip_strerror(IP_TASK_DONE)) : status;
}

ip_status ip_queue_join(ip_object number, int64_t timeout, uint64_t* lost) {
  Use use(number);
  Queue* queue = joinable(use);
  if (queue == nullptr) return not_joinable(use);
  std::uint64_t found = 0;
  const ip_status status =
      until_done(use, timeout, 0, IP_WHEN_JOINED, IP_WHEN_GET_FREE, 0, [&](bool) { return queue->join(found); });
  if (status == IP_EMPTY) return fail(IP_TIMEOUT, "items are still unfinished");
  return status == IP_OK ? joined(found, lost) : status;
}

ip_status ip_queue_join_once(ip_object number, uint64_t* lost) {
  Use use(number);
  Queue* queue = joinable(use);
  if (queue == nullptr) return not_joinable(use);
  std::uint64_t found = 0;
  const Status s = queue->join(found);
  if (s.code == Code::kEmpty) return outcome(IP_WAIT_AGAIN);
  return s.ok() ? joined(found, lost) : fail(s, use.record().name);
}
