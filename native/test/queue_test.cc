// Many to many, first in, first out; turns for those who have waited; an end that everybody sees.
#include <functional>
#include <thread>

#include "queue_support.h"

using namespace test;

namespace {

void fill_up(Queue& queue, std::size_t size) {
  while (queue.put(Bytes(size), false).ok()) {
  }
}

void empty_out(Queue& queue) {
  while (get_text(queue) != "(empty)") {
  }
}

// Others defer for a tenth of a second. Whether they do can be told only by an attempt that was quick: on a machine
// that is busy with something else it is made again.
void in_good_time(const std::function<bool()>& scenario) {
  CHECK(eventually([&] {
    const Nanoseconds before = monotonic_now();
    const bool held = scenario();
    const bool quick = monotonic_now() - before < 80 * kMillisecond;
    if (quick) CHECK(held);
    return quick;
  }));
}

}  // namespace

TEST_CASE("what several put, several get, in the order of the puts") {
  const Name name("fifo");
  const auto a = create(name), b = open(name), c = open(name);
  for (int i = 0; i < 3000; ++i) {
    REQUIRE_OK((i % 2 == 0 ? a : b)->put(text(std::to_string(i)), false));
    if (i % 3 != 2) continue;
    CHECK(count(*c) == 3);
    for (int back = 2; back >= 0; --back) CHECK(get_text(back == 1 ? *b : *c) == std::to_string(i - back));
    CHECK(get_text(*a) == "(empty)");
    CHECK(count(*a) == 0);
  }
}

TEST_CASE("a queue for so many messages is full at so many") {
  const Name name("maxsize");
  const auto a = create(name, 65536, 2), b = open(name);
  CHECK_OK(a->put(text("1"), false));
  CHECK_OK(b->put(text("2"), false));
  CHECK(a->put(text("3"), false).code == Code::kFull);
  CHECK(b->put({}, false).code == Code::kFull);
  CHECK(count(*a) == 2);
  CHECK_FALSE(a->ready(Queue::kNotFull, 1, Look::kShared));
  CHECK(get_text(*a) == "1");
  CHECK(b->ready(Queue::kNotFull, 1, Look::kShared));
  CHECK_OK(b->put(text("3"), false));
  CHECK(a->put({}, false).code == Code::kFull);
}

TEST_CASE("batches go in and out as far as they fit") {
  const Name name("batches");
  const auto a = create(name, 65536, 5), b = open(name);
  const std::vector<std::uint32_t> lengths(8, 2);
  std::uint32_t pushed = 0, got = 0;
  REQUIRE_OK(a->put_many(text("aabbccddeeffgghh"), lengths, false, pushed));
  CHECK(pushed == 5);
  Bytes into(6);
  std::vector<std::uint32_t> out(8);
  std::uint64_t needed = 0;
  REQUIRE_OK(b->get_many(into, out, got, needed));
  CHECK(got == 3);
  CHECK(text_of(into) == "aabbcc");
  CHECK(get_text(*b) == "dd");
  CHECK(get_text(*b) == "ee");
}

TEST_CASE("room that a large message waits for is not taken by small ones") {
  const Name name("turn");
  const auto large = create(name, 4096), small = open(name);
  in_good_time([&] {
    large->stop_insisting();
    fill_up(*small, 100);
    bool held = large->put(Bytes(1000), true).code == Code::kFull;
    for (int i = 0; i < 3; ++i) {
      held = held && get_text(*small).size() == 100;
      held = held && small->put(Bytes(100), false).code == Code::kFull;
      held = held && !small->ready(Queue::kNotFull, 100, Look::kShared);
    }
    return held;
  });
  while (!large->ready(Queue::kNotFull, 1000, Look::kShared)) CHECK(get_text(*small).size() == 100);
  announce(small->segment(), *small->waiters(Queue::kNotFull));
  const std::uint32_t before = load_relaxed(small->segment().self().signal);
  CHECK_OK(large->put(Bytes(1000), true));
  CHECK(load_relaxed(small->segment().self().signal) == before + 1);  // told that the turn is over
  CHECK(get_text(*small).size() == 100);
  CHECK_OK(small->put(Bytes(50), false));
}

TEST_CASE("two who insist take turns instead of taking the turn from each other") {
  const Name name("two-turns");
  const auto a = create(name, 4096), b = open(name);
  in_good_time([&] {
    empty_out(*a);
    fill_up(*a, 100);
    bool held = a->put(Bytes(200), true).code == Code::kFull;
    held = held && b->put(Bytes(200), true).code == Code::kFull;
    empty_out(*a);
    held = held && b->put(Bytes(200), true).code == Code::kFull;  // the first has the turn
    held = a->put(Bytes(200), true).ok() && held;
    return b->put(Bytes(200), true).ok() && held;
  });
}

TEST_CASE("the turn of one whose large message can never go ends with that message") {
  const Name name("turn-ends");
  std::unique_ptr<Queue> large;
  REQUIRE_OK(Queue::create(name, {4096, 0, 50'000}, {}, large));
  fill_up(*large, 100);
  CHECK(large->put(Bytes(1000), true).code == Code::kFull);
  CHECK(load_relaxed(large->channel().shared().turn) != 0);
  CHECK(large->put(Bytes(60'000), true).code == Code::kTooLarge);
  CHECK(load_relaxed(large->channel().shared().turn) == 0);
}

TEST_CASE("who insists is deferred to each time, also long after the first") {
  const Name name("again");
  const auto large = create(name, 4096), small = open(name);
  for (int round = 0; round < 3; ++round) {
    in_good_time([&] {
      fill_up(*small, 100);
      bool held = large->put(Bytes(1000), true).code == Code::kFull;
      held = held && get_text(*small) != "(empty)";
      held = held && small->put(Bytes(50), false).code == Code::kFull;
      empty_out(*small);
      held = large->put(Bytes(1000), true).ok() && held;
      return small->put(Bytes(50), false).ok() && held;
    });
    sleep_ms(120);
  }
}

TEST_CASE("nobody defers for long to one who insisted and was stopped, or died, or gave up") {
  const Name name("lapse");
  auto large = create(name, 4096);
  const auto small = open(name);
  fill_up(*small, 100);
  CHECK(large->put(Bytes(1000), true).code == Code::kFull);
  empty_out(*small);
  static_cast<void>(small->put(Bytes(50), false));
  SUBCASE("stopped") { sleep_ms(150); }
  SUBCASE("dead") { large.reset(); }
  SUBCASE("gave up") { large->stop_insisting(); }
  SUBCASE("left") { large->leave(Leaving::kOrderly); }
  CHECK_OK(small->put(Bytes(50), false));
}

TEST_CASE("a put wakes a getter, a get wakes a putter, and each wakes who waits for its lock") {
  const Name name("wakes");
  const auto a = create(name), b = open(name);
  std::uint32_t pushed = 0;
  std::uint64_t length = 0;
  Bytes into(100);
  std::vector<std::uint32_t> lengths(2, 3);
  const auto wakes = [&](Condition condition, const std::function<Status()>& call) {
    ipc_wait_set& set = *b->waiters(condition);
    announce(b->segment(), set);
    const std::uint32_t before = load_relaxed(b->segment().self().signal);
    CHECK_OK(call());
    const bool woken = load_relaxed(b->segment().self().signal) == before + 1;
    withdraw(b->segment(), set);
    return woken;
  };
  for (const Condition condition : {Queue::kNotEmpty, Queue::kPutLock}) {
    CHECK(wakes(condition, [&] { return a->put(text("one"), false); }));
    CHECK(wakes(condition, [&] { return a->put_many(text("twosix"), lengths, false, pushed); }));
    CHECK_FALSE(wakes(condition, [&] { return a->get(into, length); }));
  }
  for (const Condition condition : {Queue::kNotFull, Queue::kGetLock}) {
    CHECK(wakes(condition, [&] { return a->get(into, length); }));
    CHECK(wakes(condition, [&] { return a->get_many(into, lengths, pushed, length); }));
    CHECK_FALSE(wakes(condition, [&] { return a->put(text("one"), false); }));
  }
  for (Condition condition = 0; condition < 4; ++condition) {
    CHECK(wakes(condition, [&] { return a->shut_down(false); }));
  }
}

TEST_CASE("a large message gets in against a flood of small ones") {
  const Name name("flood");
  const auto queue = create(name, 4096);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int p = 0; p < 2; ++p) {
    threads.emplace_back([&] {
      std::unique_ptr<Queue> mine;
      if (!Queue::open(name, mine).ok()) return;
      while (!stop) static_cast<void>(put_wait(*mine, Bytes(16), 0.2));
    });
  }
  threads.emplace_back([&] {
    std::unique_ptr<Queue> mine;
    if (!Queue::open(name, mine).ok()) return;
    Bytes into(4096);
    std::uint64_t length = 0;
    while (!stop) {
      static_cast<void>(get_wait(*mine, into, length, 0.2));
      if (length < 500) sleep_ms(0.05);
    }
  });
  for (int i = 0; i < 5; ++i) CHECK_OK(put_wait(*queue, Bytes(1000), 30, true));
  stop = true;
  for (std::thread& thread : threads) thread.join();
}
