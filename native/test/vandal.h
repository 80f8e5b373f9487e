// Somebody who changes shared words at random, and what is looked at while he does.
#pragma once

#include <set>
#include <thread>

#include "support.h"

namespace test {

constexpr double kSeconds = 1.2;

// Values that break arithmetic more often than chance does.
inline std::uint64_t nasty(Random& random, std::uint64_t old) {
  switch (random.below(10)) {
    case 0:
      return 0;
    case 1:
      return UINT64_MAX;
    case 2:
      return old + 1;
    case 3:
      return old - 1;
    case 4:
      return old ^ std::uint64_t{1} << random.below(64);
    case 5:
      return old + (std::uint64_t{1} << 36);
    case 6:
      return 0xfffffff8fffffff8;
    case 7:
      return random.below(64) * 8;
    case 8:
      return std::uint64_t{1} << 63 | random.below(4);
    default:
      return random.next();
  }
}

// Changes words between two addresses, as any process with the file open could.
class Vandal {
 public:
  Vandal(std::byte* base, std::uint64_t bytes, std::uint64_t seed) : base_(base), words_(bytes / 8), random_(seed) {}
  void strike() {
    auto& word = *reinterpret_cast<std::uint64_t*>(base_ + random_.below(words_) * 8);
    const std::uint64_t old = load_relaxed(word);
    store_relaxed(word, nasty(random_, old));
  }

 private:
  std::byte* base_;
  std::uint64_t words_;
  Random random_;
};

// Strikes from beside while `work` runs, or, where the race detector would rightly call that a race, between its steps.
template <class Work>
void under_attack(Vandal vandal, Work work) {
  const Nanoseconds end = monotonic_now() + static_cast<Nanoseconds>(kSeconds * 1e9);
#if UNDER_TSAN
  while (monotonic_now() < end) {
    vandal.strike();
    work();
  }
#else
  std::atomic<bool> stop{false};
  std::thread attacker([&] {
    while (!stop) {
      vandal.strike();
      for (int i = 0; i < 300; ++i) cpu_relax();
    }
  });
  while (monotonic_now() < end) work();
  stop = true;
  attacker.join();
#endif
}

// No single call may take long, whatever it meets.
class Stopwatch {
 public:
  template <class Call>
  void operator()(Call call) {
    const Nanoseconds before = monotonic_now();
    codes.insert(call().code);
    longest = std::max(longest, monotonic_now() - before);
  }
  Nanoseconds longest = 0;
  std::set<Code> codes;
};

struct Restored {
  explicit Restored(ipc_channel& channel) : at(channel), good(channel) {}
  void operator()() const {
    store_relaxed(at.head, std::uint64_t{0});
    store_relaxed(at.tail, std::uint64_t{0});
    store_relaxed(at.state, good.state);
    store_relaxed(at.turn, good.turn);
  }
  ipc_channel& at;
  ipc_channel good;
};

}  // namespace test
