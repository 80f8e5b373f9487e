// Event: a flag that is never missed, and whose setter waits for nobody.
#include <csignal>
#include <cstdlib>

#include "support.h"
#include "sync/event.h"

using namespace test;

namespace {

std::unique_ptr<Event> create(std::string_view name) {
  std::unique_ptr<Event> event;
  REQUIRE_OK(Event::create(name, {}, event));
  return event;
}
std::unique_ptr<Event> open(std::string_view name) {
  std::unique_ptr<Event> event;
  REQUIRE_OK(Event::open(name, event));
  return event;
}

}  // namespace

TEST_CASE("an event that was set and cleared again has passed for who began before, and not for who begins after") {
  const Name name("event");
  const auto a = create(name), b = open(name);
  const std::uint64_t before = b->begin();
  CHECK_FALSE(b->passed(before));
  a->set();
  CHECK(b->passed(before));
  CHECK(b->is_set());
  CHECK(b->ready(Event::kSet, 0, Look::kShared));
  a->set();
  CHECK(b->begin() == before + 1);
  a->clear();
  CHECK(b->passed(before));
  CHECK_FALSE(b->passed(b->begin()));
  CHECK_FALSE(b->ready(Event::kSet, 0, Look::kShared));
  CHECK(b->waiters(2) == nullptr);
}

TEST_CASE("setting an event wakes each who waits once") {
  const Name name("event-wake");
  const auto setter = create(name), a = open(name), b = open(name), idle = open(name);
  for (const Event* one : {a.get(), b.get()}) announce(one->segment(), *a->waiters(Event::kPassed));
  const auto signals = [&] {
    return std::vector<std::uint32_t>{load_relaxed(a->segment().self().signal),
                                      load_relaxed(b->segment().self().signal),
                                      load_relaxed(idle->segment().self().signal)};
  };
  const auto before = signals();
  setter->set();
  CHECK(signals() == std::vector<std::uint32_t>{before[0] + 1, before[1] + 1, before[2]});
  setter->set();
  CHECK(signals() == std::vector<std::uint32_t>{before[0] + 1, before[1] + 1, before[2]});
}

TEST_CASE("no set is missed by a process that sleeps, however soon it is cleared") {
  constexpr std::uint64_t kRounds = 3000;
  const Name name("event-rounds");
  Shared<Gate> ready;
  Shared<std::atomic<std::uint64_t>> seen;
  Child waiter([&] {
    NEED(ready->await());
    std::unique_ptr<Event> event;
    NEED(Event::open(name, event).ok());
    std::uint64_t since = event->begin();
    seen->store(1);
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      while (!event->passed(since)) event->wait_for(Event::kPassed, since, kSlice);
      since = event->begin();
      seen->fetch_add(1);
    }
    return 0;
  });
  const auto event = create(name);
  ready->open();
  for (std::uint64_t round = 1; round <= kRounds; ++round) {
    REQUIRE(eventually([&] { return seen->load() >= round; }));
    if (round % 16 == 0) sleep_ms(0.2);
    event->set();
    event->clear();
  }
  CHECK(waiter.wait() == 0);
}

TEST_CASE("an event whose setter died before it woke anybody is seen at the end of a slice") {
  const Name name("event-crash");
  Shared<Gate> ready;
  Child setter([&] {
    ::setenv("INTERPROC_CRASH", "event.set", 1);
    NEED(ready->await());
    std::unique_ptr<Event> event;
    NEED(Event::open(name, event).ok());
    event->set();
    return 0;
  });
  const auto event = create(name);
  const std::uint64_t since = event->begin();
  ready->open();
  CHECK(eventually([&] { return event->wait_for(Event::kPassed, since, kSlice); }));
  CHECK(setter.wait() == -SIGKILL);
  CHECK(event->is_set());
}
