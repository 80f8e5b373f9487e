// Who watches a file is rung when somebody who had it open is gone, however that came about.
#include "waiting/departures.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "segment/object.h"
#include "support.h"
#include "waiting/doorbell.h"

using namespace test;

namespace {

constexpr int kPatience = 20'000;  // milliseconds: for what is about to come
constexpr int kMoment = 100;       // for what must not come

std::unique_ptr<Segment> make(const Name& name) {
  std::unique_ptr<Segment> segment;
  const SegmentPlan plan = plan_for<ipc_lock>(IPC_KIND_LOCK, {});
  REQUIRE_OK(Segment::create(
      name, plan, [](std::byte*) {}, segment));
  return segment;
}

std::unique_ptr<Segment> open(const Name& name) {
  std::unique_ptr<Segment> segment;
  REQUIRE_OK(Segment::open(name, IPC_KIND_LOCK, segment));
  return segment;
}

// A loop's doorbell, whose descriptor this test reads.
struct Loop {
  Loop() {
    REQUIRE_OK(bell.create());
    ear = bell.fd();
  }
  // What was rung within the time; 0 for nothing.
  [[nodiscard]] int rung(int milliseconds) const {
    pollfd ready{ear, POLLIN, 0};
    char byte = 0;
    return ::poll(&ready, 1, milliseconds) > 0 && ::read(ear, &byte, 1) == 1 ? byte : 0;
  }
  bool watch(const Segment& segment) { return watch_departures(&segment, segment.fd(), bell.number()); }

  Doorbell bell;
  int ear = -1;
};

// How many files the kernel watches for this process.
int watched_files() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream about(entry.path());
    for (std::string line; std::getline(about, line);) count += line.rfind("inotify wd:", 0) == 0 ? 1 : 0;
  }
  return count;
}

std::atomic<int> handled{0};
static_assert(std::atomic<int>::is_always_lock_free);
void handle(int) { handled++; }

}  // namespace

TEST_CASE("departures: a killed participant rings, and is dead soon after") {
  const Name name("gone");
  struct State {
    Gate made, attached;
    Participant who;
  };
  const Shared<State> state;
  Child child([&] {
    NEED(state->made.await());
    std::unique_ptr<Segment> mine;
    NEED(Segment::open(name, IPC_KIND_LOCK, mine).ok());
    state->who = mine->me();
    state->attached.open();
    sleep_ms(60'000);
    return 0;
  });
  const auto segment = make(name);
  state->made.open();
  REQUIRE(state->attached.await());
  Loop loop;
  REQUIRE(loop.watch(*segment));
  CHECK(segment->alive(state->who));
  CHECK(loop.rung(kMoment) == 0);
  child.kill();
  CHECK(loop.rung(kPatience) == kDepartureByte);
  // The kernel tells a moment before it drops the locks.
  CHECK(eventually([&] { return !segment->alive(state->who); }));
  unwatch_departures(segment.get());
}

TEST_CASE("departures: an orderly detachment rings, an attachment does not") {
  const Name name("detached");
  const auto segment = make(name);
  Loop loop;
  REQUIRE(loop.watch(*segment));
  auto other = open(name);
  CHECK(loop.rung(kMoment) == 0);
  other.reset();
  CHECK(loop.rung(kPatience) == kDepartureByte);
  unwatch_departures(segment.get());
}

TEST_CASE("departures: all loops that watch a file are rung, and those that have stopped are not") {
  const Name name("several");
  const auto segment = make(name);
  const auto again = open(name);
  Loop one, two;
  REQUIRE(one.watch(*segment));
  REQUIRE(two.watch(*again));
  REQUIRE(two.watch(*again));  // changes nothing
  open(name).reset();
  CHECK(one.rung(kPatience) == kDepartureByte);
  CHECK(two.rung(kPatience) == kDepartureByte);
  unwatch_departures(segment.get());
  unwatch_departures(segment.get());
  open(name).reset();
  CHECK(two.rung(kPatience) == kDepartureByte);
  CHECK(one.rung(kMoment) == 0);
  unwatch_departures(again.get());
  open(name).reset();
  CHECK(two.rung(kMoment) == 0);
}

TEST_CASE("departures: a watch that the kernel ends with a name rings, and can be begun again") {
  const Name name("renamed");
  const auto segment = make(name);
  auto other = open(name);
  Loop loop;
  REQUIRE(loop.watch(*segment));
  REQUIRE_OK(segment->unlink_name());
  // The last one that came by the name goes, and with it what the kernel keeps of the name.
  other.reset();
  CHECK(loop.rung(kPatience) == kDepartureByte);
  while (loop.rung(kMoment) != 0) {
  }
  REQUIRE(loop.watch(*segment));
  std::unique_ptr<Segment> last;
  REQUIRE_OK(segment->attach_again(last));
  last.reset();
  CHECK(loop.rung(kPatience) == kDepartureByte);
  unwatch_departures(segment.get());
}

TEST_CASE("departures: a participant that becomes another program rings") {
  const Name name("replaced");
  const Shared<Gate> made, attached, watching;
  Child child([&] {
    NEED(made->await());
    std::unique_ptr<Segment> mine;
    NEED(Segment::open(name, IPC_KIND_LOCK, mine).ok());
    attached->open();
    NEED(watching->await());
    ::execl("/bin/sleep", "sleep", "60", nullptr);
    return 1;
  });
  const auto segment = make(name);
  made->open();
  REQUIRE(attached->await());
  Loop loop;
  REQUIRE(loop.watch(*segment));
  watching->open();
  CHECK(loop.rung(kPatience) == kDepartureByte);
  CHECK(::kill(child.pid(), 0) == 0);
  child.kill();
  unwatch_departures(segment.get());
}

TEST_CASE("departures: who watches one file hears nothing of another, and nothing stays in the kernel") {
  const int before = watched_files();
  const Name first_name("here"), second_name("there");
  const auto first = make(first_name);
  const auto again = open(first_name);
  const auto second = make(second_name);
  Loop one, two;
  REQUIRE(one.watch(*first));
  REQUIRE(one.watch(*again));
  REQUIRE(two.watch(*second));
  CHECK(watched_files() == before + 2);
  open(second_name).reset();
  CHECK(two.rung(kPatience) == kDepartureByte);
  CHECK(one.rung(kMoment) == 0);
  unwatch_departures(again.get());
  CHECK(watched_files() == before + 2);
  unwatch_departures(first.get());
  unwatch_departures(second.get());
  CHECK(watched_files() == before);
}

TEST_CASE("departures: who asks for another doorbell is rung there, and only there") {
  const Name name("moved");
  const auto segment = make(name);
  Loop before, after;
  REQUIRE(before.watch(*segment));
  REQUIRE(after.watch(*segment));
  open(name).reset();
  CHECK(after.rung(kPatience) == kDepartureByte);
  CHECK(before.rung(kMoment) == 0);
  unwatch_departures(segment.get());
}

TEST_CASE("departures: the thread that tells takes no signal of the process") {
  const Name name("signal");
  const auto segment = make(name);
  Loop loop;
  REQUIRE(loop.watch(*segment));
  struct sigaction ours {};
  ours.sa_handler = handle;
  struct sigaction theirs {};
  REQUIRE(::sigaction(SIGUSR2, &ours, &theirs) == 0);
  sigset_t only, old;
  sigemptyset(&only);
  sigaddset(&only, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &only, &old);
  REQUIRE(::kill(::getpid(), SIGUSR2) == 0);
  sleep_ms(kMoment);
  CHECK(handled == 0);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  CHECK(eventually([] { return handled == 1; }));
  ::sigaction(SIGUSR2, &theirs, nullptr);
  unwatch_departures(segment.get());
}
