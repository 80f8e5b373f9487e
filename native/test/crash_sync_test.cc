// A process that uses every kind of lock and signal is killed at every point of it. It is all its parties at once, by
// several attachments, so that each step is passed in a known order; the survivor looks at what is left, and goes on.
#include <csignal>

#include "crash_support.h"
#include "memory/cell.h"
#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/event.h"
#include "sync/mutex.h"
#include "sync/named_semaphore.h"

using namespace test;

namespace {

struct Names {
  explicit Names(const Name& base)
      : lock(base.also(1)),
        event(base.also(2)),
        condition(base.also(3)),
        barrier(base.also(4)),
        semaphore(base.also(5)) {}
  std::string lock, event, condition, barrier, semaphore;
};

std::uint64_t arrive(Barrier& barrier, bool action) {
  std::uint64_t round = 0;
  NEED(barrier.arrive(action, round) == Barrier::Arrival::kArrived);
  return round;
}

void use_lock(Mutex& mutex) {
  NEED(mutex.lock().try_acquire(true, true) == Acquired::kYes);
  NEED(mutex.lock().try_acquire(true, true) == Acquired::kYes);
  NEED(mutex.lock().release().ok());
  NEED(mutex.lock().release().ok());
}

void use_event(Event& event, Event& waiter) {
  event.clear();
  announce(waiter.segment(), *waiter.waiters(Event::kSet));
  event.set();
  waiter.wait_for(Event::kSet, 0, 0);
}

void use_condition(const Names& names, ConditionVariable& condition) {
  std::unique_ptr<ConditionVariable> waiter, heir;
  NEED(ConditionVariable::open(names.condition, waiter).ok());
  NEED(ConditionVariable::open(names.condition, heir).ok());
  NEED(condition.lock().try_acquire(false, true) == Acquired::kYes);
  NEED(waiter->enter().ok());
  announce(waiter->segment(), *waiter->waiters(ConditionVariable::kNotified));
  NEED(condition.notify(1) == 1);
  NEED(waiter->take());
  NEED(waiter->enter().ok());
  static_cast<void>(waiter->leave_wait());
  // A notification that its receiver leaves with, and one that it dies with.
  NEED(waiter->enter().ok());
  NEED(condition.notify(1) == 1);
  NEED(heir->enter().ok());
  waiter->leave(Leaving::kOrderly);
  NEED(heir->take());
  NEED(waiter->enter().ok());
  NEED(condition.notify(1) == 1);
  waiter.reset();
  NEED(heir->enter().ok());
  NEED(heir->ready(ConditionVariable::kNotified, 0, Look::kKernel));
  NEED(heir->take());
  NEED(condition.lock().release().ok());
}

void use_barrier(Barrier& one, Barrier& two) {
  const std::uint64_t first = arrive(one, false);
  NEED(one.withdraw_wait(first, false));
  arrive(one, false);
  announce(one.segment(), *one.waiters(Barrier::kOver));
  NEED(arrive(two, false) == first);
  NEED(one.look(first) == Barrier::Outcome::kPassed);
  static_cast<void>(one.take_index(first));
  static_cast<void>(two.take_index(first));
  const std::uint64_t second = arrive(one, true);
  NEED(arrive(two, false) == second);
  NEED(one.look(second) == Barrier::Outcome::kAct);
  one.acted(second);
  NEED(two.look(second) == Barrier::Outcome::kPassed);
  const std::uint64_t third = arrive(one, false);
  two.abort();
  NEED(one.look(third) == Barrier::Outcome::kBroken);
  two.reset();
  const std::uint64_t fourth = arrive(one, false);
  two.reset();
  NEED(one.look(fourth) == Barrier::Outcome::kBroken);
}

void use_semaphore(Semaphore& semaphore) {
  NEED(semaphore.try_acquire());
  NEED(semaphore.release(1, true).ok());
  NEED(semaphore.wait_for(Semaphore::kPermit, 0, kMillisecond));
  // Blocked, and posted by another program meanwhile.
  NEED(semaphore.try_acquire());
  NEED(semaphore.release(1, false).ok());
}

int work(const Names& names, Gate& ready) {
  NEED(ready.await());
  std::unique_ptr<Mutex> mutex;
  std::unique_ptr<Event> event, waiter;
  std::unique_ptr<ConditionVariable> condition;
  std::unique_ptr<Barrier> one, two;
  std::unique_ptr<Semaphore> semaphore;
  for (int round = 0; round < 4; ++round) {
    NEED(Mutex::open(names.lock, mutex).ok());
    use_lock(*mutex);
    NEED(Event::open(names.event, event).ok());
    NEED(Event::open(names.event, waiter).ok());
    use_event(*event, *waiter);
    NEED(ConditionVariable::open(names.condition, condition).ok());
    use_condition(names, *condition);
    NEED(Barrier::open(names.barrier, one).ok());
    NEED(Barrier::open(names.barrier, two).ok());
    use_barrier(*one, *two);
    NEED(Semaphore::open(names.semaphore, semaphore).ok());
    use_semaphore(*semaphore);
  }
  return 0;
}

// The survivor does with each object what it is there for.
void survive(const Names& names, Mutex& mutex, Event& event, ConditionVariable& condition, Barrier& barrier,
             Semaphore& semaphore, const Victim& victim) {
  std::unique_ptr<ConditionVariable> waiter;
  std::unique_ptr<Barrier> other;
  const Acquired locked = mutex.lock().try_acquire(true, true);
  CHECK((locked == Acquired::kYes || locked == Acquired::kRecovered));
  CHECK(mutex.lock().depth() == 1);
  CHECK_OK(mutex.lock().release());
  event.set();
  CHECK(event.is_set());
  CHECK_OK(ConditionVariable::open(names.condition, waiter));
  const Acquired held = condition.lock().try_acquire(false, true);
  CHECK((held == Acquired::kYes || held == Acquired::kRecovered));
  CHECK(condition.waiting() == 0);
  CHECK_OK(waiter->enter());
  CHECK(condition.notify(1) == 1);
  CHECK(waiter->take());
  CHECK_OK(condition.lock().release());
  CHECK_OK(Barrier::open(names.barrier, other));
  // A round with a dead party in it is broken, not waited for.
  if (barrier.broken() || barrier.waiting() != 0) barrier.reset();
  std::uint64_t round = 0, same = 0;
  CHECK(barrier.arrive(false, round) == Barrier::Arrival::kArrived);
  CHECK(other->arrive(false, same) == Barrier::Arrival::kArrived);
  CHECK(round == same);
  CHECK(barrier.look(round) == Barrier::Outcome::kPassed);
  CHECK(barrier.take_index(round) + other->take_index(round) == 1);
  // A permit that the dead one had stays taken, and no more than that one.
  const std::uint32_t permits = semaphore.value();
  CHECK(permits >= 1);
  CHECK(permits <= 2);
  CHECK(semaphore.try_acquire());
  CHECK_OK(semaphore.release(1, true));
  went_on(victim);
}

Census run(const std::string& point, int passage) {
  const Name name("crash-sync");
  const Names names(name);
  Shared<Gate> ready;
  Victim victim(point, passage, [&] { return work(names, *ready); });
  {
    std::unique_ptr<Mutex> mutex;
    std::unique_ptr<Event> event;
    std::unique_ptr<ConditionVariable> condition;
    std::unique_ptr<Barrier> barrier;
    std::unique_ptr<Semaphore> semaphore;
    REQUIRE_OK(Mutex::create(names.lock, {}, mutex));
    REQUIRE_OK(Event::create(names.event, {}, event));
    REQUIRE_OK(ConditionVariable::create(names.condition, {}, condition));
    REQUIRE_OK(Barrier::create(names.barrier, 2, {}, barrier));
    REQUIRE_OK(Semaphore::create(names.semaphore, 2, {}, semaphore));
    ready->open();
    REQUIRE(victim.wait() == (point.empty() ? 0 : -SIGKILL));
    const auto all = {names.lock, names.event, names.condition, names.barrier, names.semaphore};
    for (const std::string& one : all) check_rules(one);
    if (!point.empty()) survive(names, *mutex, *event, *condition, *barrier, *semaphore, victim);
    for (const std::string& one : all) check_rules(one);
  }
  sweep();
  return victim.census();
}

const Register registered("locks and signals", &run);

}  // namespace

TEST_CASE("whoever is killed at whatever point of a lock, event, condition, barrier or semaphore strands nobody") {
  kill_everywhere(&run);
}
