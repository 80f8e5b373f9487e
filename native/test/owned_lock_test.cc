// The one mutual exclusion: exact under contention, taken over from the dead, never from the stopped.
#include <array>
#include <csignal>
#include <cstring>
#include <thread>

#include <unistd.h>

#include "memory/cell.h"
#include "support.h"
#include "sync/owned_lock.h"

using namespace test;

namespace {

struct Counters {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

std::unique_ptr<Cell> open_cell(std::string_view name) {
  std::unique_ptr<Cell> cell;
  if (!Cell::open(name, cell).ok()) return nullptr;
  return cell;
}

std::unique_ptr<Cell> create_cell(std::string_view name) {
  std::unique_ptr<Cell> cell;
  REQUIRE_OK(Cell::create(name, sizeof(Counters), {}, cell));
  return cell;
}

Counters& counters(const Cell& cell) { return *reinterpret_cast<Counters*>(cell.data().data()); }
OwnedLock lock_of(const Cell& cell) { return {cell.segment(), cell.segment().body<ipc_cell>().lock}; }

Acquired acquire(Cell& cell) {
  for (;;) {
    const Acquired got = lock_of(cell).acquire_briefly();
    if (got != Acquired::kNo) return got;
    cell.wait_for(Cell::kFree, 0, kSlice);
  }
}

// Plain increments of two words: any overlap of two holders loses one or is a race.
void count(Cell& cell, int times) {
  for (int i = 0; i < times; ++i) {
    acquire(cell);
    counters(cell).first++;
    counters(cell).second++;
    if (!lock_of(cell).release().ok()) counters(cell).second += 1000;
  }
}

}  // namespace

TEST_CASE("threads that count under the lock lose nothing") {
  const Name name("threads");
  const std::unique_ptr<Cell> cell = create_cell(name);
  constexpr int kThreads = 4, kTimes = UNDER_TSAN ? 4'000 : 20'000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      const std::unique_ptr<Cell> mine = open_cell(name);
      if (mine != nullptr) count(*mine, kTimes);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(counters(*cell).first == kThreads * kTimes);
  CHECK(counters(*cell).second == kThreads * kTimes);
  CHECK_FALSE(lock_of(*cell).locked());
}

TEST_CASE("processes that count under the lock lose nothing") {
  const Name name("processes");
  Shared<Gate> start;
  constexpr int kProcesses = 4, kTimes = 20'000;
  std::vector<std::unique_ptr<Child>> children;
  for (int p = 0; p < kProcesses; ++p) {
    children.push_back(std::make_unique<Child>([&] {
      NEED(start->await());
      const std::unique_ptr<Cell> mine = open_cell(name);
      NEED(mine != nullptr);
      count(*mine, kTimes);
      return 0;
    }));
  }
  const std::unique_ptr<Cell> cell = create_cell(name);
  start->open();
  for (auto& child : children) CHECK(child->wait() == 0);
  CHECK(counters(*cell).first == kProcesses * kTimes);
  CHECK(counters(*cell).second == kProcesses * kTimes);
}

TEST_CASE("of all who wait for a lock whose holder is killed, one is told that it recovered it") {
  const Name name("killed");
  struct Stage {
    Gate held, waiting;
    std::atomic<int> recovered{0}, plain{0};
  };
  Shared<Stage> stage;
  Child holder([&] {
    std::unique_ptr<Cell> cell;
    NEED(Cell::create(name, sizeof(Counters), {}, cell).ok());
    NEED(acquire(*cell) == Acquired::kYes);
    stage->held.open();
    ::pause();
    return 0;
  });
  std::vector<std::unique_ptr<Child>> waiters;
  for (int w = 0; w < 5; ++w) {
    waiters.push_back(std::make_unique<Child>([&] {
      NEED(stage->held.await());
      const std::unique_ptr<Cell> cell = open_cell(name);
      NEED(cell != nullptr);
      NEED(lock_of(*cell).try_acquire(true) == Acquired::kNo);
      stage->waiting.add();
      (acquire(*cell) == Acquired::kRecovered ? stage->recovered : stage->plain)++;
      NEED(lock_of(*cell).release().ok());
      return 0;
    }));
  }
  REQUIRE(stage->waiting.await(5));
  holder.kill();
  for (auto& waiter : waiters) CHECK(waiter->wait() == 0);
  CHECK(stage->recovered == 1);
  CHECK(stage->plain == 4);
}

TEST_CASE("a stopped holder is not dead") {
  const Name name("stopped");
  Shared<Gate> held, go_on;
  Child holder([&] {
    std::unique_ptr<Cell> cell;
    NEED(Cell::create(name, sizeof(Counters), {}, cell).ok());
    NEED(acquire(*cell) == Acquired::kYes);
    held->open();
    NEED(go_on->await());
    NEED(lock_of(*cell).mine());
    NEED(lock_of(*cell).release().ok());
    ::pause();
    return 0;
  });
  REQUIRE(held->await());
  const std::unique_ptr<Cell> cell = open_cell(name);
  REQUIRE(cell != nullptr);
  holder.signal(SIGSTOP);
  for (int look = 0; look < 5; ++look) {
    CHECK_FALSE(cell->wait_for(Cell::kFree, 0, kSlice));
    CHECK(lock_of(*cell).acquire_briefly() == Acquired::kNo);
  }
  CHECK(lock_of(*cell).locked());
  go_on->open();
  holder.signal(SIGCONT);
  CHECK(acquire(*cell) == Acquired::kYes);
  CHECK_OK(lock_of(*cell).release());
  holder.kill();
}

TEST_CASE("a stranger's release is refused and changes nothing") {
  const Name name("stranger");
  const std::unique_ptr<Cell> a = create_cell(name);
  const std::unique_ptr<Cell> b = open_cell(name);
  CHECK(lock_of(*b).release().code == Code::kNotOwned);
  REQUIRE(lock_of(*a).try_acquire(false) == Acquired::kYes);
  CHECK(lock_of(*a).try_acquire(false) == Acquired::kMine);
  CHECK(lock_of(*b).release().code == Code::kNotOwned);
  CHECK(lock_of(*a).mine());
  CHECK_FALSE(lock_of(*b).obtainable(true));
  CHECK_OK(lock_of(*a).release());
  CHECK(lock_of(*b).obtainable(false));
  CHECK(lock_of(*a).release().code == Code::kNotOwned);
}

TEST_CASE("the next owner of a slot neither owns nor keeps alive what the last one held") {
  const Name name("reuse");
  const std::unique_ptr<Cell> a = create_cell(name);
  std::unique_ptr<Cell> b = open_cell(name);
  REQUIRE(lock_of(*b).try_acquire(false) == Acquired::kYes);
  const std::uint32_t slot = b->segment().me().slot;
  b->segment().detach();
  b = open_cell(name);
  REQUIRE(b->segment().me().slot == slot);
  CHECK_FALSE(lock_of(*b).mine());
  CHECK(lock_of(*b).release().code == Code::kNotOwned);
  CHECK(lock_of(*a).obtainable(true));
  CHECK_FALSE(lock_of(*a).obtainable(false));
  CHECK(lock_of(*a).try_acquire(false) == Acquired::kNo);
  CHECK(lock_of(*a).try_acquire(true) == Acquired::kRecovered);
  CHECK(lock_of(*b).try_acquire(true) == Acquired::kNo);
}

TEST_CASE("one who has detached takes no lock from the living") {
  const Name name("detached");
  const std::unique_ptr<Cell> a = create_cell(name);
  const std::unique_ptr<Cell> b = open_cell(name);
  REQUIRE(lock_of(*a).try_acquire(false) == Acquired::kYes);
  b->segment().detach();
  CHECK(lock_of(*b).try_acquire(true) == Acquired::kNo);
  CHECK(lock_of(*a).mine());
}

TEST_CASE("the first and the last slot can own a lock") {
  const Name name("corners");
  std::vector<std::unique_ptr<Cell>> all;
  all.push_back(create_cell(name));
  while (all.size() < IPC_PARTICIPANTS) all.push_back(open_cell(name));
  for (const std::size_t slot : {std::size_t{0}, std::size_t{1}, std::size_t{254}, std::size_t{255}}) {
    const std::unique_ptr<Cell>& other = all[slot == 0 ? 1 : 0];
    REQUIRE(lock_of(*all[slot]).try_acquire(false) == Acquired::kYes);
    CHECK(lock_of(*other).try_acquire(true) == Acquired::kNo);
    CHECK_OK(lock_of(*all[slot]).release());
  }
}

TEST_CASE("whenever a holder is killed at a random moment, the next one is told if the work was half done") {
  const Name name("random-kill");
  constexpr int kRounds = 25;
  Shared<Gate> turn, working;
  std::vector<std::unique_ptr<Child>> children;
  for (int c = 0; c < kRounds; ++c) {
    children.push_back(std::make_unique<Child>([&, c] {
      NEED(turn->await(c + 1, 90));
      const std::unique_ptr<Cell> cell = open_cell(name);
      NEED(cell != nullptr);
      working->add();
      for (;;) {
        if (acquire(*cell) == Acquired::kRecovered) counters(*cell).second = counters(*cell).first;
        NEED(counters(*cell).first == counters(*cell).second);
        counters(*cell).first++;
        for (int i = 0; i < 50; ++i) cpu_relax();
        counters(*cell).second++;
        NEED(lock_of(*cell).release().ok());
      }
      return 0;
    }));
  }
  const std::unique_ptr<Cell> cell = create_cell(name);
  Random random(5);
  int recovered = 0;
  for (int round = 0; round < kRounds; ++round) {
    turn->open(round + 1);
    REQUIRE(working->await(round + 1));
    sleep_ms(static_cast<double>(random.below(3000)) / 1000);
    children[static_cast<std::size_t>(round)]->signal(SIGKILL);
    CHECK(children[static_cast<std::size_t>(round)]->wait() == -SIGKILL);
    const Acquired got = acquire(*cell);
    if (got == Acquired::kRecovered) {
      recovered++;
      counters(*cell).second = counters(*cell).first;
    }
    CHECK(counters(*cell).first == counters(*cell).second);
    CHECK_OK(lock_of(*cell).release());
  }
  CHECK(recovered > 0);
}
