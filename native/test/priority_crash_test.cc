// A process that uses a priority queue is killed at every crash point of its parts, in several passages. Whoever comes
// next finds everything that was put, but what the dead one was taking, whole and in order, and no block is lost.
#include <array>
#include <csignal>

#include "crash_support.h"
#include "priority_support.h"

using namespace test;

namespace {

constexpr std::uint64_t kMost = 400;

struct Stage {
  Gate ready;
  std::atomic<std::uint64_t> put{0};                 // how many puts returned
  std::array<std::atomic<std::uint8_t>, kMost> got;  // gets that returned
};

double priority_of(std::uint64_t number) { return static_cast<double>(number * 7 % 5) - 2; }
// The first of a round finds the queue empty, and makes it grow.
std::size_t size_of(std::uint64_t number) {
  return number % 10 == 0 ? 60'000 + number * 1000 : 16 + number * 977 % 3000;
}

int work(std::string_view name, Stage& stage) {
  NEED(stage.ready.await());
  std::unique_ptr<PriorityQueue> queue;
  NEED(PriorityQueue::open(name, queue).ok());
  Bytes into(1 << 20);
  const auto put = [&] {
    const std::uint64_t number = stage.put;
    NEED(queue->put(with_priority(message(1, number, size_of(number)), priority_of(number)), false).ok());
    stage.put = number + 1;
  };
  const auto get = [&] {
    std::uint64_t length = 0;
    NEED(queue->get(into, length).ok());
    const Sent sent = read_message(std::span(into).first(length));
    NEED(sent.intact);
    stage.got[sent.number]++;
  };
  while (stage.put < kMost) {
    put();
    get();
    for (int i = 0; i < 9; ++i) put();
    // As one leaves it who died in the middle of a change.
    queue->shared().dirty = 1;
    for (int i = 0; i < 9; ++i) get();
  }
  return 0;
}

Census run(const std::string& point, int passage) {
  const Name name("priority-crash");
  Shared<Stage> stage;
  Victim victim(point, passage, [&] { return work(name, *stage); });
  std::unique_ptr<PriorityQueue> queue;
  REQUIRE_OK(PriorityQueue::create(name, {65536, 0, 0}, {}, queue));
  stage->ready.open();
  REQUIRE(victim.wait() == (point.empty() ? 0 : -SIGKILL));
  if (point.empty()) return victim.census();
  check_rules(name);

  Bytes into(1 << 20);
  std::uint64_t length = 0, lost = 0;
  // In order, whatever the dead one left.
  double last = -10;
  std::uint64_t last_number = 0;
  for (bool first = true;; first = false) {
    const Status s = get_wait(*queue, into, length, 0);
    if (first) went_on(victim);
    if (first) check_rules(name);
    if (s.code == Code::kEmpty) break;
    REQUIRE_OK(s);
    const Sent sent = read_message(std::span(into).first(length));
    REQUIRE(sent.intact);
    REQUIRE(sent.number <= stage->put);
    CHECK(stage->got[sent.number]++ == 0);
    const double priority = priority_of(sent.number);
    const bool in_order = priority > last || (priority == last && sent.number > last_number);
    CHECK(in_order);
    last = priority;
    last_number = sent.number;
  }
  for (std::uint64_t number = 0; number < stage->put; ++number) {
    if (stage->got[number] == 0) ++lost;
  }
  CHECK(lost <= 1);
  CHECK(queue->shared().dirty == 0);
  CHECK(queue->shared().slab.used == 0);
  CHECK(queue->shared().bytes == 0);
  // Every block is free: all of them together hold one item, and the slab does not grow for it.
  const std::uint32_t chunks = queue->shared().slab.chunks;
  const std::uint64_t all = std::uint64_t{chunks} * sizeof(ipc_chunk::blocks) - sizeof(ipc_priority_item);
  Bytes back(all);
  REQUIRE_OK(queue->put(with_priority(message(2, 1, all), 0), false));
  REQUIRE_OK(queue->get(back, length));
  CHECK(read_message(back).intact);
  CHECK(queue->shared().slab.chunks == chunks);
  CHECK(queue->shared().lock.word == 0);
  check_rules(name);
  return victim.census();
}

const Register registered("priority queue", &run);

}  // namespace

TEST_CASE("whoever is killed at whatever point of a priority queue, nothing is lost, halved, out of order or leaked") {
  kill_everywhere(&run);
}
