// Condition: every notification is taken by one wait, whoever leaves or dies.
#include <csignal>
#include <cstdlib>

#include "support.h"
#include "sync/condition.h"

using namespace test;

namespace {

using Variable = ConditionVariable;

std::unique_ptr<Variable> create(std::string_view name) {
  std::unique_ptr<Variable> condition;
  REQUIRE_OK(Variable::create(name, {}, condition));
  return condition;
}
std::unique_ptr<Variable> open(std::string_view name) {
  std::unique_ptr<Variable> condition;
  REQUIRE_OK(Variable::open(name, condition));
  return condition;
}

// A process that has begun a wait; it never goes on.
class Waiter {
 public:
  explicit Waiter(const Name& name, const char* crash = nullptr)
      : child_([this, &name, crash] {
          if (crash != nullptr) ::setenv("INTERPROC_CRASH", crash, 1);
          NEED(ready_->await());
          std::unique_ptr<Variable> condition;
          NEED(Variable::open(name, condition).ok());
          NEED(condition->enter().ok());
          waits_->open();
          sleep_ms(60'000);
          return 0;
        }) {}
  void go() {
    ready_->open();
    REQUIRE(waits_->await());
  }
  void kill() { child_.kill(); }
  int run_to_crash() {
    ready_->open();
    return child_.wait();
  }

 private:
  Shared<Gate> ready_, waits_;
  Child child_;
};

}  // namespace

TEST_CASE("a notification is for one wait that has begun, and each participant has its turn") {
  const Name name("condition");
  const auto a = create(name), b = open(name), c = open(name);
  CHECK(a->notify(5) == 0);
  CHECK_FALSE(a->take());
  for (int waits = 0; waits < 2; ++waits) {
    CHECK_OK(a->enter());
    CHECK_OK(b->enter());
  }
  CHECK(c->waiting() == 4);
  CHECK(c->notify(2) == 2);
  CHECK(a->take());
  CHECK(b->take());
  CHECK_FALSE(a->take());
  CHECK_FALSE(b->ready(Variable::kNotified, 0, Look::kKernel));
  CHECK(c->notify(100) == 2);
  CHECK(b->ready(Variable::kNotified, 0, Look::kShared));
  CHECK(a->take());
  CHECK(b->take());
  CHECK(c->waiting() == 0);
}

TEST_CASE("a notification wakes the participant that it is for, and nobody else") {
  const Name name("condition-wake");
  const auto a = create(name), b = open(name), c = open(name);
  for (Variable* one : {a.get(), b.get()}) {
    CHECK_OK(one->enter());
    announce(one->segment(), *one->waiters(Variable::kNotified));
  }
  const auto signal = [](const Variable& one) { return load_relaxed(one.segment().self().signal); };
  const std::uint32_t before = signal(*a) + signal(*b);
  CHECK(c->notify(1) == 1);
  CHECK(signal(*a) + signal(*b) == before + 1);
}

TEST_CASE("who leaves without a notification takes none, and who leaves with one has it") {
  const Name name("condition-leave");
  const auto a = create(name), b = open(name);
  CHECK_OK(a->enter());
  CHECK_OK(a->enter());
  CHECK(b->notify(1) == 1);
  CHECK_FALSE(a->leave_wait());  // the other one is notified
  CHECK(a->leave_wait());        // this one was
  CHECK_FALSE(a->take());
  CHECK_FALSE(a->leave_wait());
  CHECK(b->notify(1) == 0);
}

TEST_CASE("what a participant leaves behind untaken goes to another") {
  const Name name("condition-rest");
  const auto a = create(name), c = open(name);
  auto b = open(name);
  CHECK_OK(a->enter());
  CHECK_OK(b->enter());
  CHECK_OK(b->enter());
  CHECK(c->notify(2) == 2);
  const bool had = a->take();
  CHECK_OK(a->enter());
  b->leave(Leaving::kOrderly);
  b.reset();
  CHECK(a->take());
  if (!had) CHECK(a->take());
  CHECK(c->notify(9) <= 1);
}

TEST_CASE("nothing is spent on the dead: who waited is passed by, who was notified is inherited from") {
  const Name name("condition-dead");
  Waiter first(name), second(name);
  const auto a = create(name), b = open(name);
  first.go();
  second.go();
  first.kill();
  CHECK_OK(a->enter());
  CHECK(b->waiting() == 2);
  CHECK(b->notify(1) == 1);
  CHECK(b->notify(1) == 1);
  CHECK(b->notify(1) == 0);
  CHECK(a->take());
  CHECK_OK(a->enter());
  CHECK_FALSE(a->ready(Variable::kNotified, 0, Look::kKernel));  // the second one lives
  second.kill();
  CHECK_FALSE(a->ready(Variable::kNotified, 0, Look::kShared));
  CHECK(a->ready(Variable::kNotified, 0, Look::kKernel));
  CHECK(a->take());
  CHECK_OK(a->enter());
  CHECK_FALSE(a->ready(Variable::kNotified, 0, Look::kKernel));
}

TEST_CASE("the next owner of a dead waiter's slot passes its notifications on") {
  const Name name("condition-slot");
  Waiter doomed(name);
  const auto a = create(name), b = open(name);
  doomed.go();
  CHECK(a->notify(1) == 1);
  CHECK_OK(a->enter());
  doomed.kill();
  const auto next = open(name);
  CHECK(a->take());
  CHECK_FALSE(next->take());
  CHECK(b->waiting() == 0);
}

TEST_CASE("killed while entering, nobody is notified in vain; killed while notifying, the notification is there") {
  const Name name("condition-crash");
  SUBCASE("entering") {
    Waiter doomed(name, "condition.entered");
    const auto a = create(name);
    CHECK(doomed.run_to_crash() == -SIGKILL);
    CHECK(a->waiting() == 0);
    CHECK(a->notify(3) == 0);
  }
  SUBCASE("notifying") {
    Shared<Gate> ready;
    Child notifier([&] {
      ::setenv("INTERPROC_CRASH", "condition.notified", 1);
      NEED(ready->await());
      std::unique_ptr<Variable> condition;
      NEED(Variable::open(name, condition).ok());
      condition->notify(1);
      return 0;
    });
    const auto a = create(name);
    CHECK_OK(a->enter());
    ready->open();
    CHECK(eventually([&] { return a->wait_for(Variable::kNotified, 0, kSlice); }));
    CHECK(notifier.wait() == -SIGKILL);
    CHECK(a->take());
  }
}

TEST_CASE("no notification is lost or doubled while waits come, go and give up") {
  constexpr int kNotifications = 20'000;
  const Name name("condition-stress");
  Shared<Gate> ready;
  Shared<std::atomic<std::uint64_t>> taken;
  Shared<std::atomic<bool>> over;
  const auto body = [&](std::uint64_t seed) {
    return [&, seed] {
      NEED(ready->await());
      std::unique_ptr<Variable> condition;
      NEED(Variable::open(name, condition).ok());
      Random random(seed);
      while (!over->load()) {
        NEED(condition->enter().ok());
        bool got = false;
        for (std::uint64_t looks = random.below(50); looks > 0 && !got; --looks) got = condition->take();
        if (!got) got = condition->leave_wait();
        if (got) taken->fetch_add(1);
      }
      return 0;
    };
  };
  Child one(body(1)), two(body(2)), three(body(3));
  const auto notifier = create(name);
  ready->open();
  std::uint64_t given = 0;
  REQUIRE(eventually(
      [&] {
        given += notifier->notify(1);
        return given >= kNotifications;
      },
      120));
  over->store(true);
  CHECK(one.wait() == 0);
  CHECK(two.wait() == 0);
  CHECK(three.wait() == 0);
  CHECK(taken->load() == given);
}
