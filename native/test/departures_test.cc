// Who watches a file is rung when somebody who had it open is gone, however that came about.
#include "waiting/departures.h"

#include <poll.h>
#include <unistd.h>

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
