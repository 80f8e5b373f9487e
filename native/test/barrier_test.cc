// Barrier: all of them or none, and none of the dead.
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <utility>

#include "support.h"
#include "sync/barrier.h"
#include "system/crash_point.h"
#include "system/process_info.h"

using namespace test;

namespace {

using Arrival = Barrier::Arrival;
using Outcome = Barrier::Outcome;

std::unique_ptr<Barrier> create(std::string_view name, std::uint32_t parties) {
  std::unique_ptr<Barrier> barrier;
  REQUIRE_OK(Barrier::create(name, parties, {}, barrier));
  return barrier;
}
std::unique_ptr<Barrier> open(std::string_view name) {
  std::unique_ptr<Barrier> barrier;
  REQUIRE_OK(Barrier::open(name, barrier));
  return barrier;
}
std::uint64_t arrive(Barrier& barrier, bool action = false) {
  std::uint64_t round = 0;
  REQUIRE(barrier.arrive(action, round) == Arrival::kArrived);
  return round;
}

// A process that arrives, and is killed there or at a crash point.
class Party {
 public:
  Party(const Name& name, const char* crash, bool action, const std::function<void(Barrier&)>& first = {})
      : child_([this, &name, crash, action, first] {
          NEED(ready_->await());
          std::unique_ptr<Barrier> barrier;
          NEED(Barrier::open(name, barrier).ok());
          if (crash != nullptr) ::setenv("INTERPROC_CRASH", crash, 1);
          if (first) first(*barrier);
          std::uint64_t round = 0;
          static_cast<void>(barrier->arrive(action, round));
          waits_->open();
          sleep_ms(60'000);
          return 0;
        }) {}
  void go() {
    ready_->open();
    REQUIRE(waits_->await());
  }
  int run_to_crash() {
    ready_->open();
    return child_.wait();
  }
  void kill() { child_.kill(); }

 private:
  Shared<Gate> ready_, waits_;
  Child child_;
};

// What happens at the first point of the barrier that is passed from now on.
std::function<void()> meanwhile;
void happen(const char* point) {
  if (meanwhile && std::string_view(point).starts_with("barrier.")) std::exchange(meanwhile, nullptr)();
}

}  // namespace

TEST_CASE("a round is over when its last party arrives, and gives each index once") {
  const Name name("barrier");
  const auto a = create(name, 3), b = open(name);
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t first = arrive(*a);
    CHECK(arrive(*a) == first);
    CHECK(a->look(first) == Outcome::kWaiting);
    CHECK(b->waiting() == 2);
    CHECK(arrive(*b) == first);
    CHECK(a->waiting() == 0);
    CHECK(a->look(first) == Outcome::kPassed);
    CHECK(b->look(first) == Outcome::kPassed);
    CHECK(a->take_index(first) + a->take_index(first) + b->take_index(first) == 3);
  }
}

TEST_CASE("a wait that is taken back is not counted, and its place is given anew") {
  const Name name("barrier-back");
  const auto a = create(name, 2), b = open(name);
  const std::uint64_t round = arrive(*a);
  CHECK(a->withdraw_wait(round, false));
  CHECK(b->waiting() == 0);
  CHECK(arrive(*b) == round);
  CHECK(b->look(round) == Outcome::kWaiting);
  CHECK(arrive(*a) == round);
  CHECK_FALSE(a->withdraw_wait(round, false));
  CHECK(a->take_index(round) + b->take_index(round) == 1);
}

TEST_CASE("who has not arrived takes nobody's wait back") {
  const Name name("nothing-back");
  const auto a = create(name, 3), b = open(name);
  CHECK_FALSE(b->withdraw_wait(1, false));
  CHECK(a->waiting() == 0);
  const std::uint64_t round = arrive(*a);
  CHECK_FALSE(b->withdraw_wait(round, false));
  CHECK(a->waiting() == 1);
  CHECK(a->withdraw_wait(round, false));
  CHECK_FALSE(a->withdraw_wait(round, false));
  CHECK(a->waiting() == 0);
}

TEST_CASE("a round that was broken is so for all of its parties, also after a reset, and for nobody later") {
  const Name name("barrier-broken");
  const auto a = create(name, 2), b = open(name);
  const std::uint64_t round = arrive(*a);
  b->abort();
  CHECK(b->broken());
  std::uint64_t none = 0;
  CHECK(b->arrive(false, none) == Arrival::kBroken);
  CHECK(a->look(round) == Outcome::kBroken);
  b->reset();
  CHECK_FALSE(b->broken());
  CHECK(a->look(round) == Outcome::kBroken);
  const std::uint64_t next = arrive(*a);
  CHECK(arrive(*b) == next);
  CHECK(a->look(next) == Outcome::kPassed);
  CHECK(a->look(round) == Outcome::kBroken);
  const std::uint64_t third = arrive(*b);
  a->reset();
  CHECK(b->look(third) == Outcome::kBroken);
  a->reset();
  CHECK_FALSE(a->broken());
  a->break_round(third);
  CHECK_FALSE(a->broken());
}

TEST_CASE("who sleeps while a barrier is broken and reset again and again still learns that its round was broken") {
  const Name name("barrier-late");
  const auto a = create(name, 2), b = open(name);
  for (int rounds : {1, 63, 64, 65, 500}) {
    CAPTURE(rounds);
    const std::uint64_t round = arrive(*a);
    for (int n = 0; n < rounds; ++n) {
      b->abort();
      b->reset();
    }
    CHECK(a->look(round) == Outcome::kBroken);
    const std::uint64_t next = arrive(*a);
    CHECK(arrive(*b) == next);
    CHECK(a->look(next) == Outcome::kPassed);
  }
}

TEST_CASE("the action is for one party that has it, once, and holds the others until it is done") {
  const Name name("barrier-action");
  const auto a = create(name, 3), b = open(name), c = open(name);
  const std::uint64_t round = arrive(*a, true);
  arrive(*b, true);
  arrive(*c);
  CHECK(c->look(round) == Outcome::kWaiting);
  const Outcome first = a->look(round), second = b->look(round);
  CHECK((first == Outcome::kAct) != (second == Outcome::kAct));
  Barrier& actor = first == Outcome::kAct ? *a : *b;
  CHECK(actor.look(round) == Outcome::kWaiting);
  std::uint64_t later = 0;
  CHECK(c->arrive(false, later) == Arrival::kLater);
  CHECK_FALSE(c->ready(Barrier::kEnter, round, Look::kKernel));
  actor.acted(round);
  CHECK(c->ready(Barrier::kEnter, round, Look::kShared));
  for (Barrier* one : {a.get(), b.get(), c.get()}) CHECK(one->look(round) == Outcome::kPassed);
  SUBCASE("who leaves while it runs breaks the round") {
    const std::uint64_t next = arrive(*a, true);
    arrive(*b);
    arrive(*c);
    REQUIRE(a->look(next) == Outcome::kAct);
    CHECK_FALSE(b->withdraw_wait(next, false));
    a->acted(next);
    CHECK(a->look(next) == Outcome::kBroken);
  }
}

TEST_CASE("a party that died is never counted: who comes last finds it, and so does who waits") {
  const Name name("barrier-dead");
  Party doomed(name, nullptr, false);
  const auto a = create(name, 3), b = open(name);
  doomed.go();
  const std::uint64_t round = arrive(*a);
  CHECK_FALSE(a->ready(Barrier::kOver, round, Look::kKernel));
  doomed.kill();
  SUBCASE("the last one") {
    std::uint64_t none = 0;
    CHECK(b->arrive(false, none) == Arrival::kBroken);
  }
  SUBCASE("one who waits") { CHECK(a->ready(Barrier::kOver, round, Look::kKernel)); }
  SUBCASE("one who asks") { CHECK(b->broken()); }
  SUBCASE("the next owner of its slot") { CHECK(open(name)->parties() == 3); }
  CHECK(a->look(round) == Outcome::kBroken);
  a->reset();
  CHECK_FALSE(b->broken());
}

TEST_CASE("a party that leaves while it waits breaks the round") {
  const Name name("barrier-leaves");
  const auto a = create(name, 3);
  auto b = open(name);
  const std::uint64_t round = arrive(*a);
  arrive(*b);
  b->leave(Leaving::kOrderly);
  b.reset();
  CHECK(a->look(round) == Outcome::kBroken);
}

TEST_CASE("a party that sleeps through many broken rounds still gets an index of its own in the round that it passed") {
  const Name name("barrier-asleep");
  const auto a = create(name, 3), b = open(name), c = open(name);
  const std::uint64_t round = arrive(*a);
  arrive(*b);
  arrive(*c);
  CHECK(b->take_index(round) == 0);
  for (int broken = 0; broken < 200; ++broken) {
    arrive(*b);
    b->reset();
  }
  CHECK(a->look(round) == Outcome::kPassed);
  CHECK(a->take_index(round) == 1);
  CHECK(c->take_index(round) == 2);
}

TEST_CASE("a party killed at any point breaks the round or lets it pass, and strands nobody") {
  struct Case {
    const char* point;
    bool action;
    bool passes;
  };
  for (const Case& one : {Case{"barrier.noted", false, false}, Case{"barrier.passed", false, true},
                          Case{"barrier.acting", true, false}}) {
    CAPTURE(one.point);
    const Name name("barrier-crash");
    Party doomed(name, one.point, one.action);
    const auto a = create(name, 2);
    const std::uint64_t round = arrive(*a);
    CHECK(doomed.run_to_crash() == -SIGKILL);
    CHECK(eventually([&] { return a->wait_for(Barrier::kOver, round, kSlice); }));
    CHECK(a->look(round) == (one.passes ? Outcome::kPassed : Outcome::kBroken));
  }
}

TEST_CASE("a process killed in abort() leaves a barrier that is broken, and can be reset") {
  const Name name("barrier-abort-crash");
  Party doomed(name, "barrier.broken", false, [](Barrier& barrier) { barrier.abort(); });
  const auto a = create(name, 2);
  const std::uint64_t round = arrive(*a);
  CHECK(doomed.run_to_crash() == -SIGKILL);
  CHECK(eventually([&] { return a->wait_for(Barrier::kOver, round, kSlice); }));
  CHECK(a->look(round) == Outcome::kBroken);
  CHECK(a->broken());
  a->reset();
  CHECK(a->look(round) == Outcome::kBroken);
  CHECK_FALSE(a->broken());
  arrive(*a);
}

TEST_CASE("a process killed in reset() leaves a barrier that whoever comes next finds whole") {
  for (const char* point : {"barrier.resetting", "barrier.told", "barrier.marked", "barrier.reset"}) {
    CAPTURE(point);
    const Name name("barrier-reset-crash");
    Party doomed(name, point, false, [](Barrier& barrier) { barrier.reset(); });
    const auto a = create(name, 2), b = open(name);
    const std::uint64_t round = arrive(*a);
    CHECK(doomed.run_to_crash() == -SIGKILL);
    CHECK(eventually([&] { return a->wait_for(Barrier::kOver, round, kSlice); }));
    CHECK(a->look(round) == Outcome::kBroken);
    CHECK_FALSE(a->broken());
    CHECK(a->waiting() == 0);
    const std::uint64_t next = arrive(*b);
    CHECK(next == round + 1);
    CHECK(a->look(round) == Outcome::kBroken);
    CHECK(arrive(*a) == next);
    CHECK(b->look(next) == Outcome::kPassed);
  }
}

TEST_CASE("who is freed by reset() may come again at once, however far that has got") {
  for (const bool aborts : {false, true}) {
    const Name name("barrier-again");
    const auto a = create(name, 2), b = open(name);
    const std::uint64_t round = arrive(*a);
    std::uint64_t next = 0;
    meanwhile = [&] {
      CHECK(a->look(round) == Outcome::kBroken);
      if (aborts) {
        a->abort();
        CHECK(a->broken());
        a->reset();
      }
      next = arrive(*a);
    };
    watch_crash_points(&happen);
    b->reset();
    watch_crash_points(nullptr);
    CHECK(next > round);
    CHECK(b->waiting() == 1);
    CHECK(arrive(*b) == next);
    CHECK(a->look(next) == Outcome::kPassed);
  }
}

TEST_CASE("processes that meet round after round, with parties that give up and break it, agree on every round") {
  constexpr std::uint32_t kParties = 3;
  constexpr std::uint64_t kRounds = 20'000;
  const Name name("barrier-stress");
  Shared<Gate> ready;
  // Of each round: how many passed, the sum of their indices, how many saw it broken.
  struct Tally {
    std::atomic<std::uint32_t> passed{0}, indices{0}, broken{0};
  };
  struct Rounds {
    Tally of[kRounds + 1000];
    Gate ended;
    std::atomic<bool> enough{false};  // as many as a busy machine had time for
  };
  Shared<Rounds> rounds;
  const auto body = [&](std::uint64_t seed) {
    return [&, seed] {
      NEED(ready->await());
      std::unique_ptr<Barrier> barrier;
      NEED(Barrier::open(name, barrier).ok());
      Random random(seed);
      for (;;) {
        std::uint64_t round = 0;
        if (rounds->enough) {
          barrier->abort();
          rounds->ended.add();
          return 0;
        }
        if (barrier->arrive(false, round) != Arrival::kArrived) {
          barrier->reset();
          continue;
        }
        if (round >= kRounds) rounds->enough = true;
        const std::uint64_t fate = random.below(200);
        if (fate == 0 && barrier->withdraw_wait(round, false)) continue;
        if (fate == 1) barrier->break_round(round);
        if (fate == 2) barrier->reset();
        Outcome outcome;
        while ((outcome = barrier->look(round)) == Outcome::kWaiting) {
          if (rounds->enough) barrier->break_round(round);  // who would come has gone
          barrier->wait_for(Barrier::kOver, round, kSlice);
        }
        if (outcome == Outcome::kPassed) {
          rounds->of[round].passed.fetch_add(1);
          rounds->of[round].indices.fetch_add(1u << (8 * barrier->take_index(round)));
        } else {
          rounds->of[round].broken.fetch_add(1);
        }
      }
    };
  };
  Child one(body(1)), two(body(2)), three(body(3));
  const auto keeper = create(name, kParties);
  ready->open();
  static_cast<void>(rounds->ended.await(3, 20));
  rounds->enough = true;
  CHECK(one.wait() == 0);
  CHECK(two.wait() == 0);
  CHECK(three.wait() == 0);
  std::uint64_t passed = 0, mixed = 0, wrong = 0;
  for (std::uint64_t round = 1; round < kRounds; ++round) {
    const Tally& tally = rounds->of[round];
    if (tally.passed.load() == 0) continue;
    ++passed;
    if (tally.broken.load() != 0) ++mixed;
    if (tally.passed.load() != kParties || tally.indices.load() != 0x010101) ++wrong;
  }
  CHECK(passed > 100);
  CHECK(mixed == 0);
  CHECK(wrong == 0);
}

TEST_CASE("a barrier of more parties than processors is not polled for: who has not arrived may need this one") {
  const Name few("few"), many("many");
  CHECK(create(few, 1)->polling(Barrier::kOver) == Polling::kClose);
  CHECK(create(many, static_cast<std::uint32_t>(usable_cpus()) + 1)->polling(Barrier::kOver) == Polling::kNone);
}
