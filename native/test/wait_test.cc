// No wake-up goes to the wrong one, and no sleep is without end.
#include "waiting/wait.h"

#include <array>
#include <bit>
#include <csignal>
#include <functional>
#include <thread>
#include <utility>

#include <unistd.h>

#include "memory/cell.h"
#include "support.h"
#include "sync/mutex.h"
#include "system/crash_point.h"

using namespace test;

namespace {

std::unique_ptr<Cell> create_cell(std::string_view name) {
  std::unique_ptr<Cell> cell;
  REQUIRE_OK(Cell::create(name, 1024, {}, cell));
  return cell;
}
std::unique_ptr<Cell> open_cell(std::string_view name) {
  std::unique_ptr<Cell> cell;
  return Cell::open(name, cell).ok() ? std::move(cell) : nullptr;
}

ipc_wait_set& set_of(const Cell& cell) { return cell.segment().body<ipc_cell>().lock.waiters; }
std::uint64_t& word(const Cell& cell, int which) {
  return reinterpret_cast<std::uint64_t*>(cell.data().data())[which * 16];
}

int announced(const Cell& cell) {
  int count = 0;
  for (const std::uint64_t& bits : set_of(cell).bits) count += std::popcount(load_acquire(bits));
  return count;
}

// Threads that wait on `set` until they are woken: each counts itself.
struct Sleepers {
  Sleepers(std::string_view name, const Cell& watcher, int count) {
    const int before = announced(watcher);
    for (int i = 0; i < count; ++i) {
      cells.push_back(open_cell(name));
      threads.emplace_back([this, cell = cells.back().get()] {
        const std::uint32_t signal = load_acquire(cell->segment().self().signal);
        const auto woken_up = [&] { return load_acquire(cell->segment().self().signal) != signal; };
        while (!woken_up() && !stop) wait_slice(cell->segment(), set_of(*cell), kSlice, woken_up);
        if (woken_up()) woken++;
      });
    }
    REQUIRE(eventually([&] { return announced(watcher) == before + count; }));
  }
  ~Sleepers() {
    stop = true;
    for (std::thread& thread : threads) thread.join();
  }
  std::vector<std::unique_ptr<Cell>> cells;
  std::vector<std::thread> threads;
  std::atomic<int> woken{0};
  std::atomic<bool> stop{false};
};

// What happens while a waker has cleared a bit and has not asked yet whether the sleeper lives.
std::function<void()> meanwhile;
void happen(const char* point) {
  if (std::string_view(point) == "wake.picked" && meanwhile) std::exchange(meanwhile, nullptr)();
}

}  // namespace

TEST_CASE("a wake for one wakes one, each time another, and a wake for all wakes all") {
  const Name name("one");
  const auto cell = create_cell(name);
  wake(cell->segment(), set_of(*cell), kEveryone);  // nobody is there: nothing happens
  Sleepers sleepers(name, *cell, 4);
  wake(cell->segment(), set_of(*cell), 1);
  CHECK(eventually([&] { return sleepers.woken == 1; }));
  CHECK(announced(*cell) == 3);
  wake(cell->segment(), set_of(*cell), 1);
  CHECK(eventually([&] { return sleepers.woken == 2; }));
  sleep_ms(5);
  CHECK(sleepers.woken == 2);
  wake(cell->segment(), set_of(*cell), kEveryone);
  CHECK(eventually([&] { return sleepers.woken == 4; }));
  CHECK(announced(*cell) == 0);
}

TEST_CASE("every slot of the table can be woken, wherever the search begins") {
  const Name name("slots");
  std::vector<std::unique_ptr<Cell>> all;
  all.push_back(create_cell(name));
  while (all.size() < IPC_PARTICIPANTS) all.push_back(open_cell(name));
  ipc_wait_set& set = set_of(*all[0]);
  for (const std::uint32_t next : {0u, 1u, 63u, 64u, 130u, 255u, 256u, 0xffffffffu}) {
    for (const std::size_t slot :
         {std::size_t{0}, std::size_t{63}, std::size_t{64}, std::size_t{200}, std::size_t{255}}) {
      store_relaxed(set.next, next);
      const std::uint32_t before = load_relaxed(all[slot]->segment().self().signal);
      announce(all[slot]->segment(), set);
      wake(all[0]->segment(), set, 1);
      CHECK(load_relaxed(all[slot]->segment().self().signal) == before + 1);
      CHECK(announced(*all[0]) == 0);
    }
  }
}

TEST_CASE("a dead waiter is passed over and the wake goes to a living one") {
  const Name name("dead");
  Shared<Gate> made, asleep;
  Child child([&] {
    NEED(made->await());
    const auto cell = open_cell(name);
    NEED(cell != nullptr);
    announce(cell->segment(), set_of(*cell));
    asleep->open();
    ::pause();
    return 0;
  });
  const auto cell = create_cell(name);
  made->open();
  REQUIRE(asleep->await());
  Sleepers sleepers(name, *cell, 1);
  child.kill();
  REQUIRE(announced(*cell) == 2);
  store_relaxed(set_of(*cell).next, 0u);  // the dead one comes first
  wake(cell->segment(), set_of(*cell), 1);
  CHECK(eventually([&] { return sleepers.woken == 1; }));
  CHECK(announced(*cell) == 0);
}

TEST_CASE("who takes over a dead waiter's slot does not take its wakes") {
  const Name name("heir");
  const auto cell = create_cell(name);
  auto late = open_cell(name);
  const std::uint32_t slot = late->segment().me().slot;
  announce(late->segment(), set_of(*cell));
  late->segment().detach();  // as a death would have it: without taking the announcement back
  late = open_cell(name);
  REQUIRE(late->segment().me().slot == slot);
  CHECK(announced(*cell) == 0);
}

TEST_CASE("a wake that was meant for a dead waiter goes on, though its slot has a new owner when the waker asks") {
  const Name name("heir-race");
  const auto cell = create_cell(name);
  auto dead = open_cell(name);
  const auto other = open_cell(name);
  std::unique_ptr<Cell> heir;
  const std::uint32_t slot = dead->segment().me().slot;
  announce(dead->segment(), set_of(*cell));
  announce(other->segment(), set_of(*cell));
  const std::uint32_t before = load_relaxed(other->segment().self().signal);
  dead->segment().detach();  // as a death would have it
  store_relaxed(set_of(*cell).next, slot);
  meanwhile = [&] { heir = open_cell(name); };
  watch_crash_points(&happen);
  wake(cell->segment(), set_of(*cell), 1);
  watch_crash_points(nullptr);
  REQUIRE(heir != nullptr);
  REQUIRE(heir->segment().me().slot == slot);
  CHECK(load_relaxed(other->segment().self().signal) == before + 1);
  CHECK(announced(*cell) == 0);
}

TEST_CASE("a thread that blocks leaves the announcement of its event loop where it is") {
  const Name name("shared-bit");
  const auto cell = create_cell(name);
  // The loop has announced itself; then its thread blocks for the same thing, and is not woken.
  announce(cell->segment(), set_of(*cell));
  CHECK_FALSE(wait_slice(cell->segment(), set_of(*cell), kMillisecond, [] { return false; }));
  CHECK(announced(*cell) == 1);
  // A wake that comes while it blocks is for both: the loop's doorbell was rung, and it announces itself anew.
  bool woken = false;
  CHECK(wait_slice(cell->segment(), set_of(*cell), kSlice, [&] {
    if ((load_relaxed(cell->segment().self().sleep_mode) & IPC_SLEEP_FUTEX) == 0) return false;  // it polls
    if (!woken) wake(cell->segment(), set_of(*cell), 1);
    return std::exchange(woken, true);
  }));
  CHECK(announced(*cell) == 0);
  // Without a loop nothing stays.
  CHECK_FALSE(wait_slice(cell->segment(), set_of(*cell), kMillisecond, [] { return false; }));
  CHECK(announced(*cell) == 0);
}

TEST_CASE("who finds the condition true without sleeping hands on a wake that picked it meanwhile") {
  const Name name("hand-on");
  const auto cell = create_cell(name);
  const auto second = open_cell(name);
  std::thread([&] {
    const auto mine = open_cell(name);
    if (mine == nullptr) return;
    const std::uint32_t before = load_relaxed(second->segment().self().signal);
    bool was_announced = false;
    const bool ready = wait_slice(mine->segment(), set_of(*mine), kSlice, [&] {
      if (announced(*cell) == 0) return false;
      // Between the announcement and this look another one is announced, and something else wakes the first.
      if (!was_announced) {
        was_announced = true;
        store_relaxed(set_of(*cell).next, mine->segment().me().slot);
        wake(cell->segment(), set_of(*cell), 1);
        announce(second->segment(), set_of(*cell));
      }
      return true;
    });
    CHECK(ready);
    CHECK(was_announced);
    CHECK(load_relaxed(second->segment().self().signal) == before + 1);
    CHECK(announced(*cell) == 0);
  }).join();
}

TEST_CASE("a sleep ends with its slice, and with its limit if that is sooner") {
  const Name name("slices");
  const auto cell = create_cell(name);
  const auto lasts = [&](Nanoseconds limit) {
    const Nanoseconds before = monotonic_now();
    CHECK_FALSE(wait_slice(cell->segment(), set_of(*cell), limit, [] { return false; }));
    return monotonic_now() - before;
  };
  CHECK(lasts(3600'000 * kMillisecond) < 2'000 * kMillisecond);
  CHECK(lasts(kSlice) >= kSlice);
  const Nanoseconds brief = lasts(5 * kMillisecond);
  CHECK(brief >= 5 * kMillisecond);
  CHECK(brief < 1'000 * kMillisecond);
  CHECK(lasts(0) < 20 * kMillisecond);
  CHECK(lasts(-5) < 20 * kMillisecond);
  CHECK(announced(*cell) == 0);
  CHECK(load_relaxed(cell->segment().self().sleep_mode) == 0);
}

TEST_CASE("a waiter whose waker died before it could wake looks again by itself") {
  const Name name("no-waker");
  const auto cell = create_cell(name);
  std::thread silent([&] {
    sleep_ms(10);
    store_release(word(*cell, 0), std::uint64_t{1});  // published, and nobody woken
  });
  const Nanoseconds before = monotonic_now();
  while (!wait_slice(cell->segment(), set_of(*cell), 1'000 * kMillisecond,
                     [&] { return load_acquire(word(*cell, 0)) == 1; })) {
  }
  CHECK(monotonic_now() - before < 1'000 * kMillisecond);
  silent.join();
}

TEST_CASE("a lock's waiter is woken when a dead holder's slot is seen, within a few slices") {
  const Name name("holder");
  Shared<Gate> held;
  Child holder([&] {
    std::unique_ptr<Mutex> mutex;
    NEED(Mutex::create(name, {}, mutex).ok());
    NEED(mutex->lock().try_acquire(false, false) == Acquired::kYes);
    held->open();
    ::pause();
    return 0;
  });
  REQUIRE(held->await());
  std::unique_ptr<Mutex> mutex;
  REQUIRE_OK(Mutex::open(name, mutex));
  CHECK_FALSE(mutex->wait_for(Mutex::kFree, 0, kSlice));
  holder.kill();
  const Nanoseconds before = monotonic_now();
  while (!mutex->wait_for(Mutex::kFree, 0, kSlice)) {
  }
  CHECK(monotonic_now() - before < 1'000 * kMillisecond);
  CHECK(mutex->lock().try_acquire(false, true) == Acquired::kRecovered);
}

TEST_CASE("a wait of many slices comes back for a wake, though nothing is ready, and for an interruption") {
  const Name name("patient");
  std::unique_ptr<Mutex> holder;
  REQUIRE_OK(Mutex::create(name, {}, holder));
  REQUIRE(holder->lock().try_acquire(false, false) == Acquired::kYes);
  constexpr Nanoseconds kLong = 20'000 * kMillisecond;
  const auto waits = [&](Nanoseconds limit, auto interrupted) {
    std::unique_ptr<Mutex> mutex;
    REQUIRE_OK(Mutex::open(name, mutex));
    const Nanoseconds before = monotonic_now();
    CHECK_FALSE(mutex->wait_slices(Mutex::kFree, 0, limit, interrupted));
    return monotonic_now() - before;
  };
  int looks = 0;
  const Nanoseconds whole = waits(3 * kSlice, [&] { return ++looks == 100; });
  CHECK(whole >= 3 * kSlice);
  CHECK(whole < kLong / 2);
  CHECK(looks >= 1);
  CHECK(looks <= 3);
  looks = 0;
  CHECK(waits(kLong, [&] { return ++looks == 2; }) < kLong / 2);
  CHECK(looks == 2);

  std::thread waiter([&] { CHECK(waits(kLong, [] { return false; }) < kLong / 2); });
  ipc_wait_set& set = *holder->waiters(Mutex::kFree);
  const auto asleep = [&] {
    return std::any_of(std::begin(set.bits), std::end(set.bits), [](const auto& bits) { return load_acquire(bits); });
  };
  CHECK(eventually(asleep));
  wake(holder->segment(), set, 1);
  waiter.join();
}

TEST_CASE("what a thread learns of one object's waits says nothing of another's") {
  if (poll_most() == 0) return;
  const ipc_wait_set sets[2] = {};
  const Nanoseconds before = spin_budget_of(sets[1]).now();
  CHECK(before > SpinBudget::kGlance);
  for (int i = 0; i < 40; ++i) spin_budget_of(sets[0]).miss();
  CHECK(spin_budget_of(sets[0]).now() == SpinBudget::kGlance);
  CHECK(spin_budget_of(sets[1]).now() == before);
  std::thread([&] { CHECK(spin_budget_of(sets[0]).now() == before); }).join();
}
