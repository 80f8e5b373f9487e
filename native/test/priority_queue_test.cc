// Order, bounds and room of a priority queue, in one process.
#include <algorithm>
#include <limits>
#include <tuple>

#include "priority_support.h"

using namespace test;

namespace {

std::unique_ptr<PriorityQueue> make(const Name& name, const PriorityQueuePlan& plan = {4096, 0, 0}) {
  std::unique_ptr<PriorityQueue> queue;
  REQUIRE_OK(PriorityQueue::create(name, plan, {}, queue));
  return queue;
}

std::string take(PriorityQueue& queue) {
  Bytes into(1 << 16);
  std::uint64_t length = 0;
  const Status s = queue.get(into, length);
  return s.ok() ? text_of(std::span(into).first(length)) : "code " + std::to_string(static_cast<int>(s.code));
}

}  // namespace

TEST_CASE("keys are ordered as the numbers that they stand for") {
  const double infinity = std::numeric_limits<double>::infinity();
  const double numbers[] = {-infinity, -1e300, -2, -1.5, -1, -5e-324, 0, 5e-324, 0.1, 1, 1.5, 2, 1e300, infinity};
  for (std::size_t i = 1; i < std::size(numbers); ++i)
    CHECK(PriorityQueue::key_of(numbers[i - 1]) < PriorityQueue::key_of(numbers[i]));
  CHECK(PriorityQueue::key_of(-0.0) == PriorityQueue::key_of(0.0));
}

TEST_CASE("the lowest priority leaves first, and of equals the one that came first") {
  const Name name("order");
  const auto queue = make(name);
  int number = 0;
  for (const double priority : {1.0, -0.5, 0.0, 1.0, -0.0, -1e9, 0.25})
    REQUIRE_OK(queue->put(with_priority(text(std::to_string(number++)), priority), false));
  std::string order;
  for (int i = 0; i < 7; ++i) order += take(*queue);
  CHECK(order == "5124603");
  CHECK(take(*queue) == "code 1");
}

TEST_CASE("puts and gets in any mixture give what a sorted list gives") {
  const Name name("model");
  const auto queue = make(name, {1 << 20, 0, 0});
  using Key = std::tuple<double, std::uint64_t>;
  std::vector<std::pair<Key, std::uint64_t>> model;
  Random random(1);
  Bytes into(1 << 16);
  std::uint64_t sequence = 0, bytes = 0;
  for (int step = 0; step < 60'000; ++step) {
    // Long rises and falls, so that the free list is used in every state.
    const bool rising = step / 3000 % 2 == 0;
    if (random.below(10) < (rising ? 7u : 3u)) {
      const double priority = static_cast<double>(random.below(50)) / 4 - 5;
      const std::size_t size = random.below(20) == 0 ? random.between(64, 6000) : random.between(16, 110);
      const Status s = queue->put(with_priority(message(1, sequence, size), priority), false);
      if (s.code == Code::kFull) continue;
      REQUIRE_OK(s);
      model.push_back({{priority, sequence}, size});
      bytes += size + 16;
      ++sequence;
    } else {
      std::uint64_t length = 0;
      const Status s = queue->get(into, length);
      if (model.empty()) {
        REQUIRE(s.code == Code::kEmpty);
        continue;
      }
      REQUIRE_OK(s);
      const auto least = std::min_element(model.begin(), model.end());
      const Sent sent = read_message(std::span(into).first(length));
      REQUIRE(sent.intact);
      REQUIRE(sent.number == std::get<1>(least->first));
      REQUIRE(length == least->second);
      bytes -= length + 16;
      model.erase(least);
    }
    REQUIRE(queue->count() == model.size());
    REQUIRE(queue->shared().bytes == bytes);
    // At any time what is derived can be made again, and nothing changes.
    if (step % 1000 == 0) queue->shared().dirty = 1;
  }
  CHECK(sequence > 20'000);
}

TEST_CASE("a put finds room for as many items and bytes as was said, and in an empty queue for anything") {
  const Name name("bounds");
  const auto queue = make(name, {4096, 0, 1'000'000});
  const Bytes large = with_priority(Bytes(1'000'000), 0);
  REQUIRE_OK(queue->put(large, false));
  CHECK(queue->put(with_priority({}, 0), false).code == Code::kFull);
  CHECK(queue->put(with_priority(Bytes(1'000'001), 0), false).code == Code::kTooLarge);
  CHECK(take(*queue) == "code 10");  // larger than the buffer: it stays
  Bytes into(1'000'000);
  std::uint64_t length = 0;
  REQUIRE_OK(queue->get(into, length));
  CHECK(length == 1'000'000);
  for (int i = 0; i < 4096 / 16; ++i) REQUIRE_OK(queue->put(with_priority({}, i), false));
  CHECK(queue->put(with_priority({}, 0), false).code == Code::kFull);
  CHECK(!queue->ready(PriorityQueue::kNotFull, 8, Look::kKernel));
  CHECK(take(*queue).empty());
  CHECK(queue->has_room(8));
  CHECK(!queue->has_room(9));

  const Name other("items");
  const auto two = make(other, {4096, 2, 0});
  REQUIRE_OK(two->put(with_priority(text("a"), 0), false));
  REQUIRE_OK(two->put(with_priority(text("b"), 0), false));
  CHECK(two->put(with_priority({}, 0), false).code == Code::kFull);
}

TEST_CASE("memory that was taken once serves again") {
  const Name name("again");
  const auto queue = make(name);
  Bytes into(1 << 20);
  std::uint64_t length = 0;
  for (int round = 0; round < 50; ++round) {
    REQUIRE_OK(queue->put(with_priority(message(1, static_cast<std::uint64_t>(round), 300'000), 0), false));
    REQUIRE_OK(queue->get(into, length));
    REQUIRE(read_message(std::span(into).first(length)).intact);
  }
  CHECK(queue->shared().slab.chunks <= 6);
  CHECK(queue->shared().slab.used == 0);
}

TEST_CASE("many go in and come out in one call, as many as there is room for") {
  const Name name("many");
  const auto queue = make(name);
  Bytes all;
  std::vector<std::uint32_t> lengths;
  for (int i = 0; i < 100; ++i) {
    const Bytes one = with_priority(Bytes(100, static_cast<std::byte>(i)), -i);
    all.insert(all.end(), one.begin(), one.end());
    lengths.push_back(static_cast<std::uint32_t>(one.size()));
  }
  std::uint32_t pushed = 0, count = 0;
  REQUIRE_OK(queue->put_many(all, lengths, false, pushed));
  CHECK(pushed == 4096 / 116);
  Bytes into(1050);
  std::vector<std::uint32_t> got(100);
  std::uint64_t needed = 0;
  REQUIRE_OK(queue->get_many(into, got, count, needed));
  CHECK(count == 10);  // the eleventh does not fit, and stays
  for (std::uint32_t i = 0; i < count; ++i) CHECK(into[i * 100] == static_cast<std::byte>(pushed - 1 - i));
  CHECK(queue->count() == pushed - 10);
}

TEST_CASE("after a shutdown puts fail at once and gets when all is taken, or at once if it was immediate") {
  const Name name("down");
  const auto queue = make(name);
  REQUIRE_OK(queue->put(with_priority(text("a"), 1), false));
  REQUIRE_OK(queue->put(with_priority(text("b"), 0), false));
  queue->shut_down(false);
  CHECK(queue->put(with_priority(text("c"), 0), false).code == Code::kShutDown);
  CHECK(take(*queue) == "b");
  queue->shut_down(true);
  CHECK(take(*queue) == "code 4");
  CHECK(queue->count() == 0);
}

TEST_CASE("a second participant sees chunks that the first has added") {
  const Name name("grown");
  const auto a = make(name);
  std::unique_ptr<PriorityQueue> b;
  REQUIRE_OK(PriorityQueue::open(name, b));
  REQUIRE_OK(a->put(with_priority(message(1, 1, 500'000), 0), false));
  Bytes into(500'000);
  std::uint64_t length = 0;
  REQUIRE_OK(b->get(into, length));
  CHECK(read_message(into).intact);
}

TEST_CASE("every operation wakes those whom it concerns") {
  const Name name("wakes");
  const auto queue = make(name);
  std::unique_ptr<PriorityQueue> one, two;
  REQUIRE_OK(PriorityQueue::open(name, one));
  REQUIRE_OK(PriorityQueue::open(name, two));
  Bytes into(100);
  std::uint64_t length = 0;
  const auto sleep = [](PriorityQueue& sleeper, Condition condition) {
    announce(sleeper.segment(), *sleeper.waiters(condition));
  };
  // Who finds its bit cleared was picked.
  const auto woken = [](PriorityQueue& sleeper, Condition condition) {
    return !withdraw(sleeper.segment(), *sleeper.waiters(condition));
  };
  sleep(*one, PriorityQueue::kNotEmpty);
  sleep(*two, PriorityQueue::kNotEmpty);
  REQUIRE_OK(queue->put(with_priority(text("a"), 0), false));
  CHECK(woken(*one, PriorityQueue::kNotEmpty) != woken(*two, PriorityQueue::kNotEmpty));

  sleep(*one, PriorityQueue::kNotFull);
  sleep(*two, PriorityQueue::kGetLock);
  REQUIRE_OK(queue->get(into, length));
  CHECK(woken(*one, PriorityQueue::kNotFull));
  CHECK(woken(*two, PriorityQueue::kGetLock));

  // Where the last one died before its wakes.
  for (PriorityQueue* sleeper : {one.get(), two.get()}) {
    sleep(*sleeper, PriorityQueue::kNotEmpty);
    sleep(*sleeper, PriorityQueue::kNotFull);
  }
  queue->shared().dirty = 1;
  REQUIRE_OK(queue->put(with_priority(text("a"), 0), false));
  for (PriorityQueue* sleeper : {one.get(), two.get()}) {
    CHECK(woken(*sleeper, PriorityQueue::kNotEmpty));
    CHECK(woken(*sleeper, PriorityQueue::kNotFull));
  }

  for (PriorityQueue* sleeper : {one.get(), two.get()}) {
    for (Condition condition : {PriorityQueue::kNotEmpty, PriorityQueue::kNotFull, PriorityQueue::kPutLock})
      sleep(*sleeper, condition);
  }
  queue->shut_down(false);
  for (PriorityQueue* sleeper : {one.get(), two.get()}) {
    for (Condition condition : {PriorityQueue::kNotEmpty, PriorityQueue::kNotFull, PriorityQueue::kPutLock})
      CHECK(woken(*sleeper, condition));
  }
}
