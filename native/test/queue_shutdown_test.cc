// An end that everybody sees, and no message lost on the way to it.
#include <csignal>
#include <cstdlib>
#include <thread>

#include "queue_support.h"

using namespace test;

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

TEST_CASE("a consumer that had seen more sees the end all the same when another has taken it") {
  const Name name("seen");
  const auto a = create(name), b = open(name);
  for (const char* each : {"one", "two", "three"}) REQUIRE_OK(a->put(text(each), false));
  CHECK(get_text(*a) == "one");
  CHECK(get_text(*b) == "two");
  SUBCASE("by taking") { CHECK(get_text(*b) == "three"); }
  SUBCASE("by dropping") { REQUIRE_OK(b->shut_down(true)); }
  REQUIRE_OK(b->shut_down(false));
  CHECK(get_text(*a) == "(shut down)");
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
    for (std::uint64_t pause = random.below(200'000); pause > 0; pause -= std::min<std::uint64_t>(pause, 100))
      cpu_relax();
    CHECK_OK(main->shut_down(false));
    for (std::thread& thread : threads) thread.join();
    REQUIRE(wrong == 0);
    REQUIRE(put == got);
    REQUIRE(get_text(*main) == "(shut down)");
  }
}

TEST_CASE("a put that waited for its lock while the queue was shut down puts nothing") {
  const Name name("waited");
  constexpr int kRounds = UNDER_TSAN ? 40 : 200;
  for (int round = 0; round < kRounds; ++round) {
    const std::string each = name.also(round);
    const auto main = create(each), getter = open(each);
    OwnedLock lock(main->segment(), main->segment().body<ipc_queue>().put_lock);
    REQUIRE(lock.try_acquire(false) == Acquired::kYes);
    std::atomic<int> put{0}, tries{0};
    std::thread producer([&] {
      std::unique_ptr<Queue> queue;
      if (!Queue::open(each, queue).ok()) return;
      for (;;) {
        const Status s = queue->put(text("x"), false);
        tries++;
        if (s.ok()) put++;
        if (s.code != Code::kBusy) return;
      }
    });
    CHECK(eventually([&] { return tries > 0; }));
    CHECK_OK(getter->shut_down(false));
    CHECK_OK(lock.release());
    producer.join();
    CHECK(put == 0);
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

TEST_CASE("who was killed in the middle of a put keeps nobody from the end of a queue that is shut down") {
  for (const char* point : {"ring.publish", "queue.put.unlock"}) {
    CAPTURE(point);
    const Name name("put-killed-shutdown");
    Shared<Gate> made;
    Child producer([&] {
      ::setenv("INTERPROC_CRASH", point, 1);
      std::unique_ptr<Queue> queue;
      NEED(made->await() && Queue::open(name, queue).ok());
      static_cast<void>(queue->put(text("last"), false));
      return 0;
    });
    std::unique_ptr<Queue> queue;
    REQUIRE_OK(Queue::create(name, {4096, 0, 0}, {}, queue));
    made->open();
    REQUIRE(producer.wait() == -SIGKILL);
    REQUIRE_OK(queue->shut_down(false));
    Bytes into(64);
    std::uint64_t length = 0;
    // Published or not, as it was killed.
    if (std::string_view(point) == "queue.put.unlock") CHECK_OK(queue->get(into, length));
    CHECK(queue->get(into, length).code == Code::kShutDown);
    CHECK(queue->ready(Queue::kNotEmpty, 0, Look::kShared));
  }
}
