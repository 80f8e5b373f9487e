// A wake for room that one producer has asked for reaches that one, whoever is woken first.
#include <array>
#include <bit>
#include <thread>

#include "messages/queue.h"
#include "priority_support.h"
#include "support.h"

using namespace test;

namespace {

std::unique_ptr<Queue> open_queue(std::string_view name) {
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::open(name, queue));
  return queue;
}

Status put(Queue& queue, std::size_t bytes, bool insist = false) { return queue.put(Bytes(bytes), insist); }
Status put(PriorityQueue& queue, std::size_t bytes, bool insist = false) {
  return queue.put(with_priority(Bytes(bytes), 0), insist);
}

void take_one(auto& queue) {
  std::array<std::byte, 4096> into;
  std::uint64_t length = 0;
  REQUIRE_OK(queue.get(into, length));
}

int announced(SharedObject& object) {
  int count = 0;
  for (const std::uint64_t& bits : object.waiters(Queue::kNotFull)->bits) count += std::popcount(load_acquire(bits));
  return count;
}

// What a call wakes of `sleeper`, which is made to look asleep first.
template <class Call>
std::uint32_t woken(SharedObject& sleeper, Call call) {
  const std::uint32_t& signal = sleeper.segment().self().signal;
  ipc_wait_set& set = *sleeper.waiters(Queue::kNotFull);
  announce(sleeper.segment(), set);
  const std::uint32_t before = load_relaxed(signal);
  call();
  withdraw(sleeper.segment(), set);
  return load_relaxed(signal) - before;
}

}  // namespace

TEST_CASE(
    "a wake for room goes on to the producer that insists on it, from one who was woken and from one who gives up") {
  const Name name("turn"), sorted("turn-priority");
  const auto check = [](auto& filler, auto& insisting, SharedObject& other) {
    while (put(filler, 100).ok()) {
    }
    const auto in_vain = [&] { other.woken_in_vain(Queue::kNotFull); };
    CHECK(woken(insisting, in_vain) == 0);
    // Others defer for a tenth of a second: on a machine that is busy with something else it is tried again.
    const auto after_insisting = [&](auto call) {
      return eventually([&] {
        insisting.stop_insisting();
        return put(insisting, 100, true).code == Code::kFull && woken(insisting, call) == 1;
      });
    };
    CHECK(after_insisting(in_vain));
    CHECK(after_insisting([&] { other.pass_wake(Queue::kNotFull, 100); }));
    CHECK(woken(insisting, [&] { other.woken_in_vain(Queue::kNotEmpty); }) == 0);
    CHECK(woken(insisting, [&] { insisting.woken_in_vain(Queue::kNotFull); }) == 0);
  };
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {4096, 0, 0}, {}, queue));
  check(*queue, *open_queue(name), *open_queue(name));
  std::unique_ptr<PriorityQueue> priority, a, b;
  REQUIRE_OK(PriorityQueue::create(sorted, {4096, 0, 0}, {}, priority));
  REQUIRE_OK(PriorityQueue::open(sorted, a));
  REQUIRE_OK(PriorityQueue::open(sorted, b));
  check(*priority, *a, *b);
}

TEST_CASE("a blocked producer that insists on the next room gets it at once, though another one is woken for it") {
  Nanoseconds late = 0;
  for (int round = 0; round < 10; ++round) {
    const Name name("first");
    std::unique_ptr<Queue> queue;
    REQUIRE_OK(Queue::create(name, {4096, 0, 0}, {}, queue));
    while (put(*queue, 900).ok()) {
    }
    std::array<std::atomic<Nanoseconds>, 2> done{};
    std::array<std::thread, 2> threads;
    // The first one's slot is the first to be woken.
    for (std::size_t one = 0; one < 2; ++one) {
      threads[one] = std::thread([mine = open_queue(name), &at = done[one], insist = one == 1] {
        for (;;) {
          const Status s = put(*mine, 600, insist);
          if (s.ok()) break;
          mine->wait_for(s.code == Code::kFull ? Queue::kNotFull : Queue::kPutLock, 600, kSlice);
        }
        at = monotonic_now();
      });
      CHECK(eventually([&] { return announced(*queue) == static_cast<int>(one) + 1; }));
    }
    const Nanoseconds start = monotonic_now();
    take_one(*queue);
    CHECK(eventually([&] { return done[1] != 0; }));
    late += done[1] - start;
    take_one(*queue);
    for (std::thread& thread : threads) thread.join();
  }
  // Left to the end of its slice it took nearly all of one each time.
  CHECK(late < 10 * kSlice / 2);
}
