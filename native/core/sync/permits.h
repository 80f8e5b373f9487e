// The permits in a POSIX semaphore, taken and given by our own hands where the C library's are not safe.
//
// A semaphore's file can be written by every process of its user, and glibc believes what stands there: the word behind
// the count is or-ed into the futex call's operation, and an operation that the kernel does not know ends the process
// ("The futex facility returned an unexpected error code"), on a wait as on a post. So here the same protocol is
// followed without that word. It is glibc's since 2.21, on 64-bit machines, and cannot change there: processes with
// different versions of the library share semaphores.
//
//   u64: bits 0-31 permits, 32-63 how many wait; who waits sleeps on the futex of the permits, shared between processes
//   take   permits - 1                                    acquire
//   wait   waiters + 1 | sleep while there are no permits | permits - 1 and waiters - 1 at once, or waiters - 1
//   give   permits + 1 (release); where anybody waits, wake one
//
// musl keeps the word as a flag whose every value is harmless: the library's functions serve there, and on 32 bits.
#pragma once

#include <limits.h>
#include <semaphore.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <ctime>

#include "system/atomic.h"
#include "system/clock.h"
#include "system/futex.h"

namespace interproc {

#if defined(__GLIBC__) && UINTPTR_MAX == UINT64_MAX

class Permits {
 public:
  explicit Permits(sem_t& semaphore) : word_(*reinterpret_cast<std::uint64_t*>(&semaphore)) {}

  // Whatever stands there, no more than a semaphore can have.
  [[nodiscard]] std::uint32_t count() const {
    return std::min(static_cast<std::uint32_t>(load_acquire(word_)), static_cast<std::uint32_t>(SEM_VALUE_MAX));
  }
  bool try_take() { return take(0); }
  // False, and nothing has changed, where there are as many as there can be.
  bool give() {
    std::uint64_t seen = load_relaxed(word_);
    do {
      if (static_cast<std::uint32_t>(seen) >= SEM_VALUE_MAX) return false;
      // Release: pairs with the acquire in take(), in whatever process.
    } while (
        !atomic(word_).compare_exchange_weak(seen, seen + 1, std::memory_order_release, std::memory_order_relaxed));
    if (seen >> 32 != 0) futex_wake(futex(), 1);
    return true;
  }
  // Sleeps once, until woken or for `limit`. May end early without a permit (a signal).
  bool take_within(Nanoseconds limit) {
    // Relaxed: who gives reads the count of waiters in the very word that it adds the permit to.
    atomic(word_).fetch_add(kWaiter, std::memory_order_relaxed);
    if (take(kWaiter)) return true;
    futex_wait(futex(), 0, limit);
    if (take(kWaiter)) return true;
    atomic(word_).fetch_sub(kWaiter, std::memory_order_relaxed);
    return false;
  }

 private:
  static constexpr std::uint64_t kWaiter = std::uint64_t{1} << 32;

  bool take(std::uint64_t and_subtract) {
    std::uint64_t seen = load_relaxed(word_);
    while (static_cast<std::uint32_t>(seen) != 0) {
      if (atomic(word_).compare_exchange_weak(seen, seen - 1 - and_subtract, std::memory_order_acquire,
                                              std::memory_order_relaxed))
        return true;
    }
    return false;
  }
  [[nodiscard]] std::uint32_t& futex() const {
    return reinterpret_cast<std::uint32_t*>(&word_)[std::endian::native == std::endian::little ? 0 : 1];
  }

  std::uint64_t& word_;
};

#else

class Permits {
 public:
  explicit Permits(sem_t& semaphore) : semaphore_(semaphore) {}

  [[nodiscard]] std::uint32_t count() const {
    int value = 0;
    return ::sem_getvalue(&semaphore_, &value) == 0 && value > 0 ? static_cast<std::uint32_t>(value) : 0;
  }
  bool try_take() { return ::sem_trywait(&semaphore_) == 0; }
  bool give() { return ::sem_post(&semaphore_) == 0; }
  bool take_within(Nanoseconds limit) {
    // By the wall clock, which may be stepped: one slice is the most that can cost.
    const Nanoseconds at = read_clock(CLOCK_REALTIME) + limit;
    const timespec end{static_cast<std::time_t>(at / 1'000'000'000), static_cast<long>(at % 1'000'000'000)};
    return ::sem_timedwait(&semaphore_, &end) == 0;
  }

 private:
  sem_t& semaphore_;
};

#endif

}  // namespace interproc
