// Locks, semaphores, events, conditions, barriers and doorbells through the C interface.
#include <poll.h>

#include <thread>

#include "abi_support.h"

using namespace test;

TEST_CASE("C: a lock belongs to a thread") {
  Object lock;
  REQUIRE(ip_lock(IP_CREATE, nullptr, lock.out()) == IP_OK);
  REQUIRE(ip_lock_acquire(lock, kForEver, nullptr) == IP_OK);
  CHECK(ip_lock_acquire(lock, kForEver, nullptr) == IP_DEADLOCK);
  CHECK(ip_lock_acquire(lock, 0, nullptr) == IP_TIMEOUT);
  CHECK(ip_lock_state(lock) == 2);
  ip_status late = -1;
  std::thread other([&] {
    CHECK(ip_lock_state(lock) == 1);
    CHECK(ip_lock_release(lock) == IP_NOT_OWNED);
    CHECK(ip_lock_acquire(lock, 5'000'000, nullptr) == IP_TIMEOUT);
    late = ip_lock_acquire(lock, kForEver, nullptr);
    CHECK(ip_lock_release(lock) == IP_OK);
  });
  sleep_ms(20);
  CHECK(ip_lock_release(lock) == IP_OK);
  other.join();
  CHECK(late == IP_OK);
}

TEST_CASE("C: a thread that ends holding a lock counts as dead") {
  Object lock;
  REQUIRE(ip_lock(IP_CREATE, nullptr, lock.out()) == IP_OK);
  std::thread([&] { CHECK(ip_lock_acquire(lock, 0, nullptr) == IP_OK); }).join();
  int abandoned = 0;
  CHECK(ip_lock_acquire(lock, 20 * kSecond, &abandoned) == IP_OK);
  CHECK(abandoned == 1);
}

TEST_CASE("C: threads that take turns with a lock lose no count") {
  const ip_cell cell{"q", 1, 8, nullptr, 0, 1};
  Object value;
  REQUIRE(ip_value(IP_CREATE, nullptr, &cell, value.out()) == IP_OK);
  void* at = nullptr;
  REQUIRE(ip_cell_memory(value, &at, nullptr, nullptr) == IP_OK);
  auto& count = *static_cast<std::int64_t*>(at);
  constexpr int kEach = UNDER_TSAN ? 200 : 2000;
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < kEach; ++turn) {
        if (ip_lock_acquire(value, kForEver, nullptr) != IP_OK) ++failures;
        ++count;
        if (ip_lock_release(value) != IP_OK) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(count == 4 * kEach);
}

TEST_CASE("C: a semaphore counts, and a bounded one keeps its bound") {
  const std::string name = "abi-semaphore-" + std::to_string(::getpid());
  const ip_options options = named(name.c_str());
  Object semaphore;
  REQUIRE(ip_semaphore(IP_CREATE, &options, 2, 1, semaphore.out()) == IP_OK);
  CHECK(ip_semaphore_acquire(semaphore, 0) == IP_OK);
  CHECK(ip_semaphore_acquire(semaphore, 0) == IP_OK);
  CHECK(ip_semaphore_acquire(semaphore, 5'000'000) == IP_TIMEOUT);
  ip_status taken = -1;
  std::thread waiter([&] { taken = ip_semaphore_acquire(semaphore, kForEver); });
  sleep_ms(10);
  CHECK(ip_semaphore_release(semaphore, 1) == IP_OK);
  waiter.join();
  CHECK(taken == IP_OK);
  CHECK(ip_semaphore_release(semaphore, 2) == IP_OK);
  CHECK(ip_semaphore_release(semaphore, 1) == IP_ABOVE_BOUND);
  std::uint32_t value = 0;
  CHECK(ip_semaphore_value(semaphore, &value) == IP_OK);
  CHECK(value == 2);
}

TEST_CASE("C: an event wakes all who wait, even where it is cleared at once") {
  Object event;
  REQUIRE(ip_event(IP_CREATE, nullptr, event.out()) == IP_OK);
  CHECK(ip_event_wait(event, 5'000'000) == IP_TIMEOUT);
  std::atomic<int> woken{0};
  std::atomic<int> waiting{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&] {
      std::uint64_t since = 0;
      REQUIRE(ip_event_begin(event, &since) == IP_OK);
      ++waiting;
      while (ip_event_passed(event, since) == IP_WAIT_AGAIN)
        CHECK(ip_wait(event, IP_WHEN_PASSED, since, kForEver) == IP_OK);
      ++woken;
    });
  }
  REQUIRE(eventually([&] { return waiting == 3; }));
  CHECK(ip_event_set(event) == IP_OK);
  CHECK(ip_event_clear(event) == IP_OK);
  for (std::thread& thread : threads) thread.join();
  CHECK(woken == 3);
  CHECK(ip_event_is_set(event) == 0);
}

TEST_CASE("C: a condition's waiters are notified one by one, and hold the lock again") {
  Object lock, condition;
  REQUIRE(ip_rlock(IP_CREATE, nullptr, lock.out()) == IP_OK);
  REQUIRE(ip_condition(IP_CREATE, nullptr, lock, condition.out()) == IP_OK);
  CHECK(ip_condition_wait(condition, 0) == IP_NOT_OWNED);
  CHECK(ip_condition_notify(condition, 1) == IP_NOT_OWNED);
  int waiting = 0, woken = 0;  // under the lock
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 2; ++thread) {
    threads.emplace_back([&] {
      REQUIRE(ip_lock_acquire(condition, kForEver, nullptr) == IP_OK);
      REQUIRE(ip_lock_acquire(lock, kForEver, nullptr) == IP_OK);
      ++waiting;
      CHECK(ip_condition_wait(condition, kForEver) == IP_OK);
      CHECK(ip_lock_depth(lock) == 2);
      ++woken;
      CHECK(ip_lock_release(lock) == IP_OK);
      CHECK(ip_lock_release(condition) == IP_OK);
    });
  }
  const auto counted = [&](const int& number, int wanted) {
    return eventually([&] {
      REQUIRE(ip_lock_acquire(lock, kForEver, nullptr) == IP_OK);
      const bool is = number == wanted;
      REQUIRE(ip_lock_release(lock) == IP_OK);
      return is;
    });
  };
  REQUIRE(counted(waiting, 2));
  REQUIRE(ip_lock_acquire(lock, kForEver, nullptr) == IP_OK);
  CHECK(ip_condition_notify(condition, 1) == IP_OK);
  CHECK(ip_lock_release(lock) == IP_OK);
  REQUIRE(counted(woken, 1));
  REQUIRE(ip_lock_acquire(lock, kForEver, nullptr) == IP_OK);
  CHECK(woken == 1);
  CHECK(ip_condition_notify(condition, UINT32_MAX) == IP_OK);
  CHECK(ip_lock_release(lock) == IP_OK);
  for (std::thread& thread : threads) thread.join();
  REQUIRE(ip_lock_acquire(lock, kForEver, nullptr) == IP_OK);
  CHECK(ip_condition_wait(condition, 5'000'000) == IP_TIMEOUT);
  CHECK(ip_lock_depth(lock) == 1);
}

TEST_CASE("C: a barrier lets its parties go together, and breaks when one gives up") {
  Object barrier;
  REQUIRE(ip_barrier(IP_CREATE, nullptr, 3, barrier.out()) == IP_OK);
  std::atomic<std::uint32_t> indexes{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        std::uint32_t index = 99;
        REQUIRE(ip_barrier_wait(barrier, kForEver, &index) == IP_OK);
        indexes += index;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(indexes == 20 * 3);
  CHECK(ip_barrier_wait(barrier, 5'000'000, nullptr) == IP_BROKEN_BARRIER);
  int broken = 0;
  CHECK(ip_barrier_state(barrier, nullptr, nullptr, &broken) == IP_OK);
  CHECK(broken == 1);
  CHECK(ip_barrier_reset(barrier) == IP_OK);
  CHECK(ip_barrier_state(barrier, nullptr, nullptr, &broken) == IP_OK);
  CHECK(broken == 0);
}

TEST_CASE("C: a flag ends the waits of its thread") {
  Object event;
  REQUIRE(ip_event(IP_CREATE, nullptr, event.out()) == IP_OK);
  volatile int flag = 0;
  std::atomic<bool> waiting{false};
  ip_status ended = -1;
  std::thread waiter([&] {
    ip_interrupt_on(&flag);
    waiting = true;
    ended = ip_event_wait(event, kForEver);
  });
  REQUIRE(eventually([&] { return waiting.load(); }));
  __atomic_store_n(&flag, 1, __ATOMIC_RELAXED);
  waiter.join();
  CHECK(ended == IP_INTERRUPTED);
}

TEST_CASE("C: the doorbell rings for what was armed, and for nothing else") {
  const AbiName name("abi-bell");
  const ip_options options = name.options();
  Object queue;
  REQUIRE(ip_queue(IP_CREATE, &options, nullptr, IP_QUEUE, queue.out()) == IP_OK);
  int bell = -1;
  REQUIRE(ip_doorbell(&bell) == IP_OK);
  pollfd watched{bell, POLLIN, 0};
  int ready = 9;
  REQUIRE(ip_arm(queue, IP_WHEN_NOT_EMPTY, 0, &ready) == IP_OK);
  CHECK(ready == 0);
  CHECK(ip_look(queue, IP_WHEN_NOT_EMPTY, 0) == 0);
  CHECK(::poll(&watched, 1, 0) == 0);
  std::thread([&] { CHECK(put(queue, "ring") == IP_OK); }).join();
  CHECK(::poll(&watched, 1, 20'000) == 1);
  ip_doorbell_drain();
  CHECK(::poll(&watched, 1, 0) == 0);
  CHECK(got(queue, 0) == "ring");
  CHECK(ip_disarm(queue, IP_WHEN_NOT_EMPTY, 0) == IP_OK);
  std::thread([&] { CHECK(put(queue, "quiet") == IP_OK); }).join();
  CHECK(::poll(&watched, 1, 50) == 0);
  REQUIRE(ip_arm(queue, IP_WHEN_NOT_EMPTY, 0, &ready) == IP_OK);
  CHECK(ready == 1);
  CHECK(ip_arm(queue, 99, 0, &ready) == IP_INVALID);
}

TEST_CASE("C: an end of a pipe is armed too") {
  ip_object ends[2];
  REQUIRE(ip_pipe(nullptr, nullptr, 1, ends) == IP_OK);
  int bell = -1;
  REQUIRE(ip_doorbell(&bell) == IP_OK);
  int ready = 9;
  REQUIRE(ip_arm(ends[0], IP_WHEN_READABLE, 0, &ready) == IP_OK);
  CHECK(ready == 0);
  CHECK(ip_pipe_send(ends[1], "x", 1, 0) == IP_OK);
  pollfd watched{bell, POLLIN, 0};
  CHECK(::poll(&watched, 1, 20'000) == 1);
  ip_doorbell_drain();
  CHECK(ip_disarm(ends[0], IP_WHEN_READABLE, 0) == IP_OK);
  CHECK(ip_close(ends[0]) == IP_OK);
  CHECK(ip_close(ends[1]) == IP_OK);
}
