// Many to many, first in, first out; turns for those who have waited; an end that everybody sees.
#include <deque>
#include <thread>

#include "support.h"

using namespace test;

namespace {

std::unique_ptr<Queue> create(std::string_view name, std::uint64_t capacity = 65536, std::uint64_t max_items = 0) {
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {capacity, max_items, 0}, {}, queue));
  return queue;
}
std::unique_ptr<Queue> open(std::string_view name) {
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::open(name, queue));
  return queue;
}

std::string get_text(Queue& queue) {
  Bytes into(1 << 20);
  std::uint64_t length = 0;
  const Status s = queue.get(into, length);
  if (s.code == Code::kEmpty) return "(empty)";
  if (s.code == Code::kShutDown) return "(shut down)";
  return s.ok() ? text_of(std::span(into).first(length)) : "(error)";
}

std::uint64_t count(const Queue& queue) {
  std::uint64_t records = 0;
  CHECK_OK(queue.count(records));
  return records;
}

void fill_up(Queue& queue, std::size_t size) {
  while (queue.put(Bytes(size), false).ok()) {
  }
}

void empty_out(Queue& queue) {
  while (get_text(queue) != "(empty)") {
  }
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

TEST_CASE("after a shutdown nothing comes in, what is queued comes out, and then everybody sees the end") {
  const Name name("down");
  const auto a = create(name), b = open(name);
  REQUIRE_OK(a->put(text("left"), false));
  REQUIRE_OK(b->shut_down(false));
  CHECK(a->is_shut_down());
  CHECK(a->put(text("late"), false).code == Code::kShutDown);
  CHECK(a->ready(Queue::kNotFull, 1 << 30, Look::kShared));
  CHECK(count(*a) == 1);
  CHECK(get_text(*a) == "left");
  CHECK(get_text(*a) == "(shut down)");
  CHECK(get_text(*b) == "(shut down)");
  CHECK(b->ready(Queue::kNotEmpty, 0, Look::kShared));
  CHECK_OK(a->shut_down(false));
  const auto late = open(name);
  CHECK(get_text(*late) == "(shut down)");
}

TEST_CASE("an immediate shutdown drops what is queued") {
  const Name name("immediate");
  const auto a = create(name), b = open(name);
  REQUIRE_OK(a->put(text("dropped"), false));
  REQUIRE_OK(a->put(Bytes(200'000), false));
  REQUIRE_OK(b->shut_down(true));
  CHECK(get_text(*a) == "(shut down)");
  CHECK(count(*a) == 0);
  CHECK(a->put({}, false).code == Code::kShutDown);
}

TEST_CASE("a message whose put returned before the end arrives, whenever the shutdown comes") {
  const Name name("race");
  constexpr int kRounds = UNDER_TSAN ? 60 : 300;
  for (int round = 0; round < kRounds; ++round) {
    const std::string each = name.also(round);
    const auto main = create(each, 4096);
    std::atomic<std::uint64_t> put{0}, got{0};
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int p = 0; p < 2; ++p) {
      threads.emplace_back([&] {
        std::unique_ptr<Queue> queue;
        if (!Queue::open(each, queue).ok()) return;
        for (;;) {
          const Status s = put_wait(*queue, Bytes(24));
          if (s.code == Code::kShutDown) return;
          (s.ok() ? put.fetch_add(1) : static_cast<std::uint64_t>(wrong.fetch_add(1)));
        }
      });
    }
    for (int c = 0; c < 2; ++c) {
      threads.emplace_back([&] {
        std::unique_ptr<Queue> queue;
        if (!Queue::open(each, queue).ok()) return;
        Bytes into(64);
        std::uint64_t length = 0;
        for (;;) {
          const Status s = get_wait(*queue, into, length);
          if (s.code == Code::kShutDown) return;
          (s.ok() ? got.fetch_add(1) : static_cast<std::uint64_t>(wrong.fetch_add(1)));
        }
      });
    }
    Random random(static_cast<std::uint64_t>(round));
    for (std::uint64_t pause = random.below(200'000); pause > 0; pause -= std::min<std::uint64_t>(pause, 100)) cpu_relax();
    CHECK_OK(main->shut_down(false));
    for (std::thread& thread : threads) thread.join();
    REQUIRE(wrong == 0);
    REQUIRE(put == got);
    REQUIRE(get_text(*main) == "(shut down)");
  }
}

TEST_CASE("a getter that could not tell the end while a putter was at work is woken when it can") {
  const Name name("tell");
  const auto a = create(name), b = open(name), c = open(name);
  OwnedLock putter(a->segment(), a->segment().body<ipc_queue>().put_lock);
  REQUIRE(putter.try_acquire(false) == Acquired::kYes);
  REQUIRE_OK(b->shut_down(false));
  CHECK(get_text(*c) == "(empty)");
  CHECK_FALSE(c->ready(Queue::kNotEmpty, 0, Look::kShared));
  announce(c->segment(), *c->waiters(Queue::kNotEmpty));
  const std::uint32_t before = load_relaxed(c->segment().self().signal);
  CHECK(a->put(text("x"), false).code == Code::kShutDown);  // the putter ends, whatever became of its message
  CHECK(load_relaxed(c->segment().self().signal) == before + 1);
  CHECK(get_text(*c) == "(shut down)");
}

TEST_CASE("room that a large message waits for is not taken by small ones") {
  const Name name("turn");
  const auto large = create(name, 4096), small = open(name);
  fill_up(*small, 100);
  CHECK(large->put(Bytes(1000), true).code == Code::kFull);
  for (int i = 0; i < 3; ++i) {
    CHECK(get_text(*small).size() == 100);
    CHECK(small->put(Bytes(100), false).code == Code::kFull);
    CHECK_FALSE(small->ready(Queue::kNotFull, 100, Look::kShared));
  }
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
  fill_up(*a, 100);
  CHECK(a->put(Bytes(200), true).code == Code::kFull);
  CHECK(b->put(Bytes(200), true).code == Code::kFull);
  empty_out(*a);
  CHECK(b->put(Bytes(200), true).code == Code::kFull);  // the first has the turn
  CHECK_OK(a->put(Bytes(200), true));
  CHECK_OK(b->put(Bytes(200), true));
}

TEST_CASE("who insists is deferred to each time, also long after the first") {
  const Name name("again");
  const auto large = create(name, 4096), small = open(name);
  for (int round = 0; round < 3; ++round) {
    fill_up(*small, 100);
    CHECK(large->put(Bytes(1000), true).code == Code::kFull);
    CHECK(get_text(*small) != "(empty)");
    CHECK(small->put(Bytes(50), false).code == Code::kFull);
    empty_out(*small);
    CHECK_OK(large->put(Bytes(1000), true));
    CHECK_OK(small->put(Bytes(50), false));
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
  CHECK(small->put(Bytes(50), false).code == Code::kFull);
  SUBCASE("stopped") { sleep_ms(150); }
  SUBCASE("dead") { large.reset(); }
  SUBCASE("gave up") { large->stop_insisting(); }
  SUBCASE("left") { large->leave(Leaving::kOrderly); }
  CHECK_OK(small->put(Bytes(50), false));
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
  for (int i = 0; i < 5; ++i) CHECK_OK(put_wait(*queue, Bytes(1000), 5, true));
  stop = true;
  for (std::thread& thread : threads) thread.join();
}
