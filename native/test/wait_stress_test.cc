// No wake-up is lost, however often and by however many.
#include <thread>

#include "memory/cell.h"
#include "support.h"
#include "waiting/wait.h"

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

// The shortest poll, so that nearly every wait sleeps.
void spin_little(const ipc_wait_set& set) {
  for (int i = 0; i < 40; ++i) spin_budget_of(set).miss();
}

// Whether a wait was ended by its slice only: it took that long and nobody had raised this one's signal. (One that was
// woken and got its processor late has taken as long, and lost nothing.)
class LostWake {
 public:
  explicit LostWake(const Segment& segment) : signal_(segment.self().signal), raised_(load_acquire(signal_)) {}
  [[nodiscard]] bool happened() const {
    return monotonic_now() - began_ >= kSlice - 5 * kMillisecond && load_acquire(signal_) == raised_;
  }

 private:
  std::uint32_t& signal_;
  std::uint32_t raised_;
  Nanoseconds began_ = monotonic_now();
};

}  // namespace

TEST_CASE("two who wake each other in turn never wait for a slice to end") {
  const Name name("ping-pong");
  const auto a = create_cell(name);
  constexpr std::uint64_t kRounds = UNDER_TSAN ? 3'000 : 15'000;
  std::atomic<int> lost{0};
  // Each writes its own word and waits for the other's; the two wait on different sets.
  const auto play = [&](Cell& cell, int me) {
    ipc_wait_set& mine = me == 0 ? set_of(cell) : *reinterpret_cast<ipc_wait_set*>(&word(cell, 4));
    ipc_wait_set& others = me == 1 ? set_of(cell) : *reinterpret_cast<ipc_wait_set*>(&word(cell, 4));
    for (std::uint64_t round = 1; round <= kRounds; ++round) {
      if (me == 0) {
        store_release(word(cell, 0), round);
        wake(cell.segment(), others, 1);
      }
      spin_little(mine);
      const LostWake wait(cell.segment());
      while (!wait_slice(cell.segment(), mine, kSlice, [&] { return load_acquire(word(cell, 1 - me)) >= round; })) {
      }
      if (wait.happened()) lost++;
      if (me == 1) {
        store_release(word(cell, 1), round);
        wake(cell.segment(), others, 1);
      }
    }
  };
  std::thread other([&] {
    const auto b = open_cell(name);
    if (b != nullptr) play(*b, 1);
  });
  play(*a, 0);
  other.join();
  CHECK(load_acquire(word(*a, 1)) == kRounds);
  CHECK(lost.load() <= 1);  // a waker may lose its processor between publishing and waking
}

TEST_CASE("as many tokens are taken as were given, by many from many") {
  const Name name("tokens");
  const auto cell = create_cell(name);
  constexpr int kWaiters = 5, kWakers = 3;
  constexpr std::uint64_t kEach = UNDER_TSAN ? 3'000 : 10'000;
  constexpr std::uint64_t kTotal = kEach * kWakers;
  std::atomic<std::uint64_t> taken{0};
  std::atomic<int> lost{0};
  std::vector<std::thread> threads;
  for (int w = 0; w < kWaiters; ++w) {
    threads.emplace_back([&] {
      const auto mine = open_cell(name);
      if (mine == nullptr) return;
      std::uint64_t& tokens = word(*mine, 0);
      while (taken.load() < kTotal) {
        std::uint64_t seen = load_relaxed(tokens);
        if (seen > 0) {
          if (atomic(tokens).compare_exchange_strong(seen, seen - 1)) taken++;
          continue;
        }
        spin_little(set_of(*mine));
        const LostWake wait(mine->segment());
        const bool ready = wait_slice(mine->segment(), set_of(*mine), kSlice, [&] { return load_acquire(tokens) > 0; });
        if (ready && wait.happened()) lost++;
      }
    });
  }
  for (int w = 0; w < kWakers; ++w) {
    threads.emplace_back([&, w] {
      const auto mine = open_cell(name);
      if (mine == nullptr) return;
      Random random(static_cast<std::uint64_t>(w));
      for (std::uint64_t given = 0; given < kEach; ++given) {
        atomic(word(*mine, 0)).fetch_add(1, std::memory_order_release);
        wake(mine->segment(), set_of(*mine), 1);
        for (std::uint64_t pause = random.below(2000); pause > 0; --pause) cpu_relax();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(taken == kTotal);
  CHECK(load_acquire(word(*cell, 0)) == 0);
  CHECK(lost.load() <= 3);
}
