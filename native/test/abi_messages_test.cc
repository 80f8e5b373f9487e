// Queues and pipes through the C interface.
#include <array>
#include <thread>

#include "abi_support.h"

using namespace test;

TEST_CASE("C: a queue gives what was put, in order, and says what does not fit") {
  const AbiName name("abi-queue");
  const ip_options options = name.options();
  Object queue;
  REQUIRE(ip_queue(IP_CREATE, &options, nullptr, IP_QUEUE, queue.out()) == IP_OK);
  CHECK(put(queue, "one") == IP_OK);
  CHECK(put(queue, "") == IP_OK);
  CHECK(put(queue, "three") == IP_OK);
  std::uint64_t size = 0;
  CHECK(ip_queue_size(queue, &size) == IP_OK);
  CHECK(size == 3);
  char small[2];
  std::size_t length = 0;
  CHECK(ip_queue_get(queue, small, sizeof small, &length, 0, 0) == IP_SMALL_BUFFER);
  CHECK(length == 3);
  CHECK(got(queue) == "one");
  CHECK(got(queue).empty());
  CHECK(got(queue) == "three");
  CHECK(ip_queue_get(queue, small, sizeof small, &length, 0, 0) == IP_EMPTY);
  CHECK(ip_queue_get(queue, small, sizeof small, &length, 20'000'000, 0) == IP_EMPTY);
}

TEST_CASE("C: many messages go in and out at once") {
  const AbiName name("abi-many");
  const ip_options options = name.options();
  Object queue;
  REQUIRE(ip_queue(IP_CREATE, &options, nullptr, IP_QUEUE, queue.out()) == IP_OK);
  const std::array<std::uint32_t, 3> lengths{1, 0, 3};
  std::uint32_t done = 0;
  CHECK(ip_queue_put_many(queue, "abcd", lengths.data(), 3, 0, 0, &done) == IP_OK);
  CHECK(done == 3);
  std::array<std::uint32_t, 8> found{};
  char buffer[64];
  std::uint32_t count = 0;
  std::size_t needed = 0;
  CHECK(ip_queue_get_many(queue, buffer, sizeof buffer, found.data(), 8, &count, &needed, 0, 0) == IP_OK);
  CHECK(count == 3);
  CHECK(std::string(buffer, 4) == "abcd");
  CHECK(found[0] == 1);
  CHECK(found[1] == 0);
  CHECK(found[2] == 3);
}

TEST_CASE("C: a put that waits for room is woken by a get, and one that runs out says so") {
  const AbiName name("abi-room");
  const ip_options options = name.options();
  const ip_limits limits{4096, 1, 0};
  Object queue;
  REQUIRE(ip_queue(IP_CREATE, &options, &limits, IP_QUEUE, queue.out()) == IP_OK);
  REQUIRE(put(queue, "first") == IP_OK);
  CHECK(ip_queue_room(queue) == IP_FULL);
  CHECK(put(queue, "no room", 0) == IP_FULL);
  CHECK(put(queue, "no room", 10'000'000) == IP_FULL);
  ip_status waited = -1;
  std::thread producer([&] { waited = put(queue, "second"); });
  sleep_ms(20);
  CHECK(got(queue) == "first");
  producer.join();
  CHECK(waited == IP_OK);
  CHECK(got(queue) == "second");
}

TEST_CASE("C: a get that was woken, met a lock that was held, and runs out of time wakes the next") {
  const AbiName name("abi-give-up");
  const ip_options options = name.options();
  const ip_limits limits{4096, 0, 0};
  Object queue;
  REQUIRE(ip_queue(IP_CREATE, &options, &limits, IP_QUEUE, queue.out()) == IP_OK);
  std::unique_ptr<Queue> producer, next;
  REQUIRE_OK(Queue::open(name.text(), producer));
  REQUIRE_OK(Queue::open(name.text(), next));
  ipc_queue& body = producer->segment().body<ipc_queue>();
  std::string outcome;
  std::thread consumer([&] { outcome = got(queue, 300'000'000); });
  const auto waits = [&] {
    std::uint64_t any = 0;
    for (const std::uint64_t& bits : body.channel.not_empty.bits) any |= load_acquire(bits);
    return any != 0;
  };
  REQUIRE(eventually(waits));
  // The consumer is woken for an item and cannot get at it. Another one waits, whom nobody has woken.
  OwnedLock lock(producer->segment(), body.get_lock);
  REQUIRE(lock.try_acquire(false) == Acquired::kYes);
  REQUIRE_OK(producer->put(text("item"), false));
  announce(next->segment(), body.channel.not_empty);
  const std::uint32_t before = load_acquire(next->segment().self().signal);
  consumer.join();
  CHECK(outcome != "item");
  CHECK(load_acquire(next->segment().self().signal) == before + 1);
  REQUIRE_OK(lock.release());
  CHECK(got(queue) == "item");
}

TEST_CASE("C: threads share one queue, and nothing is lost or doubled") {
  const AbiName name("abi-threads");
  const ip_options options = name.options();
  const ip_limits limits{4096, 0, 0};
  Object queue;
  REQUIRE(ip_queue(IP_CREATE, &options, &limits, IP_QUEUE, queue.out()) == IP_OK);
  constexpr int kThreads = 4;
  constexpr int kEach = UNDER_TSAN ? 200 : 2000;
  std::atomic<std::uint64_t> sum{0};
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint64_t number = 0; number < kEach; ++number) {
        const std::uint64_t value = number * kThreads + static_cast<std::uint64_t>(thread);
        if (ip_queue_put(queue, &value, sizeof value, kForEver, 0) != IP_OK) ++failures;
      }
    });
    threads.emplace_back([&] {
      for (int number = 0; number < kEach; ++number) {
        std::uint64_t value = 0;
        std::size_t length = 0;
        if (ip_queue_get(queue, &value, sizeof value, &length, kForEver, 0) != IP_OK) ++failures;
        sum += value;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  constexpr std::uint64_t kAll = std::uint64_t{kThreads} * kEach;
  CHECK(failures == 0);
  CHECK(sum == kAll * (kAll - 1) / 2);
}

TEST_CASE("C: a priority queue gives the lowest first") {
  const AbiName name("abi-priority");
  const ip_options options = name.options();
  Object queue;
  REQUIRE(ip_queue(IP_CREATE, &options, nullptr, IP_PRIORITY_QUEUE, queue.out()) == IP_OK);
  CHECK(ip_queue_put_priority(queue, "late", 4, 2.5, 0, 0) == IP_OK);
  CHECK(ip_queue_put_priority(queue, "soon", 4, -1, 0, 0) == IP_OK);
  CHECK(put(queue, "middle") == IP_OK);
  CHECK(ip_queue_put_priority(queue, "never", 5, 0.0 / 0.0, 0, 0) == IP_INVALID);
  CHECK(got(queue) == "soon");
  CHECK(got(queue) == "middle");
  CHECK(got(queue) == "late");
  CHECK(std::string_view(ip_kind(queue)) == "priority-queue");
}

TEST_CASE("C: a joinable queue is joined when all is done") {
  const AbiName name("abi-join");
  const ip_options options = name.options();
  Object queue;
  REQUIRE(ip_queue(IP_CREATE, &options, nullptr, IP_JOINABLE_QUEUE, queue.out()) == IP_OK);
  std::uint64_t lost = 7;
  CHECK(ip_queue_join(queue, 0, &lost) == IP_OK);
  CHECK(lost == 0);
  REQUIRE(put(queue, "work") == IP_OK);
  CHECK(ip_queue_join(queue, 0, nullptr) == IP_TIMEOUT);
  CHECK(ip_queue_join_once(queue, nullptr) == IP_WAIT_AGAIN);
  CHECK(got(queue) == "work");
  CHECK(ip_queue_join(queue, 10'000'000, nullptr) == IP_TIMEOUT);
  std::thread joiner([&] { CHECK(ip_queue_join(queue, kForEver, nullptr) == IP_OK); });
  sleep_ms(10);
  CHECK(ip_queue_task_done(queue) == IP_OK);
  joiner.join();
  CHECK(ip_queue_task_done(queue) == IP_TASK_DONE);
}

TEST_CASE("C: shutting down wakes who waits and lets the rest be taken") {
  const AbiName name("abi-shutdown");
  const ip_options options = name.options();
  Object queue;
  REQUIRE(ip_queue(IP_CREATE, &options, nullptr, IP_QUEUE, queue.out()) == IP_OK);
  ip_status ended = -1;
  std::thread consumer([&] {
    char buffer[8];
    std::size_t length = 0;
    ended = ip_queue_get(queue, buffer, sizeof buffer, &length, kForEver, 0);
  });
  sleep_ms(10);
  CHECK(ip_queue_shut_down(queue, 0) == IP_OK);
  consumer.join();
  CHECK(ended == IP_SHUT_DOWN);
  CHECK(put(queue, "late") == IP_SHUT_DOWN);
}

TEST_CASE("C: a pipe's ends talk, and the end of one is the end of file of the other") {
  const AbiName name("abi-pipe");
  const ip_options options = name.options();
  ip_object ends[2];
  REQUIRE(ip_pipe(&options, nullptr, 1, ends) == IP_OK);
  std::thread echo([&] {
    char buffer[16];
    std::size_t length = 0;
    while (ip_pipe_receive(ends[1], buffer, sizeof buffer, &length, kForEver) == IP_OK)
      CHECK(ip_pipe_send(ends[1], buffer, length, kForEver) == IP_OK);
  });
  char buffer[16];
  std::size_t length = 0;
  for (int turn = 0; turn < 100; ++turn) {
    REQUIRE(ip_pipe_send(ends[0], "hello", 5, kForEver) == IP_OK);
    std::size_t next = 0;
    REQUIRE(ip_pipe_next_length(ends[0], &next, kForEver) == IP_OK);
    CHECK(next == 5);
    CHECK(ip_pipe_receive(ends[0], buffer, 2, &length, 0) == IP_SMALL_BUFFER);
    CHECK(length == 5);
    REQUIRE(ip_pipe_receive(ends[0], buffer, sizeof buffer, &length, kForEver) == IP_OK);
  }
  CHECK(ip_pipe_receive(ends[0], buffer, sizeof buffer, &length, 0) == IP_TIMEOUT);
  CHECK(ip_close(ends[0]) == IP_OK);
  echo.join();
  CHECK(ip_pipe_send(ends[1], "?", 1, 0) == IP_BROKEN_PIPE);
  CHECK(ip_close(ends[1]) == IP_OK);
}

TEST_CASE("C: an end that is sent away belongs to the process that claims it") {
  const AbiName name("abi-away");
  const ip_options options = name.options();
  Shared<Gate> gate;
  Child child([&] {
    NEED(gate->await());
    ip_object end = 0;
    NEED(ip_pipe_claim(name.text().c_str(), 1, &end) == IP_OK);
    ip_object again = 0;
    NEED(ip_pipe_claim(name.text().c_str(), 1, &again) == IP_END_TAKEN);
    NEED(ip_pipe_send(end, "mine", 4, kForEver) == IP_OK);
    return 0;
  });
  ip_object ends[2];
  REQUIRE(ip_pipe(&options, nullptr, 0, ends) == IP_OK);
  CHECK(ip_pipe_send(ends[0], "?", 1, 0) == IP_NOT_WRITABLE);
  REQUIRE(ip_pipe_send_away(ends[1]) == IP_OK);
  CHECK(ip_pipe_arrived(ends[1]) == 0);
  gate->open();
  char buffer[8];
  std::size_t length = 0;
  REQUIRE(ip_pipe_receive(ends[0], buffer, sizeof buffer, &length, 30 * kSecond) == IP_OK);
  CHECK(std::string(buffer, length) == "mine");
  CHECK(ip_pipe_arrived(ends[1]) == 1);
  CHECK(child.wait() == 0);
  CHECK(ip_pipe_receive(ends[0], buffer, sizeof buffer, &length, 30 * kSecond) == IP_END_OF_FILE);
  CHECK(ip_close(ends[1]) == IP_OK);
  CHECK(ip_close(ends[0]) == IP_OK);
}
