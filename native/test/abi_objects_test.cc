// Names, handles, lifetimes, forks and bad input through the C interface.
#include <array>
#include <csignal>
#include <cstring>
#include <thread>

#include "abi_support.h"

using namespace test;

TEST_CASE("C: a handle leads to the object, whatever its kind") {
  const AbiName name("abi-handle");
  const ip_options options = name.options();
  Object lock, same;
  REQUIRE(ip_rlock(IP_CREATE, &options, lock.out()) == IP_OK);
  std::size_t needed = 0;
  CHECK(ip_handle(lock, nullptr, 0, &needed) == IP_SMALL_BUFFER);
  std::string handle(needed, '\0');
  REQUIRE(ip_handle(lock, handle.data(), handle.size(), nullptr) == IP_OK);
  handle.pop_back();
  CHECK(handle == R"({"interproc":1,"kind":"rlock","name":")" + name.text() + R"("})");
  REQUIRE(ip_attach(handle.c_str(), same.out()) == IP_OK);
  CHECK(ip_lock_acquire(lock, 0, nullptr) == IP_OK);
  CHECK(ip_lock_depth(same) == 1);  // the owner is the thread, whichever number it uses
  CHECK(ip_lock_release(same) == IP_OK);
  CHECK(ip_lock_depth(lock) == 0);
}

TEST_CASE("C: what is no handle, name or option is refused, and nothing comes into being") {
  ip_object out = 77;
  for (const char* bad :
       {"", "{}", "null", R"({"interproc":1})", R"({"interproc":2,"kind":"lock","name":"x"})",
        R"({"interproc":1,"kind":"lock","name":"../x"})", R"({"interproc":1,"kind":"bowl","name":"x"})",
        R"({"interproc":1,"kind":"connection","name":"x"})", R"({"interproc":1,"kind":"lock","name":"x)",
        R"({"interproc":1,"kind":"connection","name":"x","end":2})"}) {
    CAPTURE(bad);
    CHECK(ip_attach(bad, &out) == IP_INVALID);
  }
  CHECK(ip_attach(nullptr, &out) == IP_INVALID);
  for (const char* bad : {"", "a/b", "a b", "\xc3\xa4"}) {
    const ip_options options = named(bad);
    CHECK(ip_event(IP_CREATE, &options, &out) == IP_INVALID);
  }
  CHECK(ip_event(9, nullptr, &out) == IP_INVALID);
  CHECK(ip_event(IP_OPEN, nullptr, &out) == IP_INVALID);
  const AbiName name("abi-bad");
  ip_options options = name.options();
  options.mode = 01000;
  CHECK(ip_event(IP_CREATE, &options, &out) == IP_INVALID);
  CHECK(ip_barrier(IP_CREATE, nullptr, 0, &out) == IP_INVALID);
  CHECK(ip_queue(IP_CREATE, nullptr, nullptr, 9, &out) == IP_INVALID);
  CHECK(out == 77);
  CHECK(std::strlen(ip_last_message()) > 0);
}

TEST_CASE("C: opening says what is wrong with a name") {
  const AbiName name("abi-open");
  const ip_options options = name.options();
  Object event, other;
  CHECK(ip_event(IP_OPEN, &options, other.out()) == IP_SYSTEM);
  CHECK(ip_last_errno() == ENOENT);
  REQUIRE(ip_event(IP_CREATE, &options, event.out()) == IP_OK);
  CHECK(ip_event(IP_CREATE, &options, other.out()) == IP_SYSTEM);
  CHECK(ip_last_errno() == EEXIST);
  CHECK(ip_queue(IP_OPEN, &options, nullptr, IP_QUEUE, other.out()) == IP_LAYOUT_MISMATCH);
  const AbiName queue_name("abi-limits");
  const ip_options queue_options = queue_name.options();
  const ip_limits small{8192, 3, 0}, large{1 << 16, 3, 0};
  Object queue, twin;
  REQUIRE(ip_queue(IP_OPEN_OR_CREATE, &queue_options, &small, IP_QUEUE, queue.out()) == IP_OK);
  CHECK(ip_queue(IP_OPEN_OR_CREATE, &queue_options, &large, IP_QUEUE, twin.out()) == IP_OPTIONS_MISMATCH);
  CHECK(ip_queue(IP_OPEN, &queue_options, nullptr, IP_JOINABLE_QUEUE, twin.out()) == IP_LAYOUT_MISMATCH);
  CHECK(ip_queue(IP_OPEN_OR_CREATE, &queue_options, &small, IP_QUEUE, twin.out()) == IP_OK);
  CHECK(put(queue, "shared") == IP_OK);
  CHECK(got(twin) == "shared");
}

TEST_CASE("C: a closed object answers so, for ever, and ends the waits of other threads") {
  const AbiName name("abi-closed");
  const ip_options options = name.options();
  ip_object queue = 0;
  REQUIRE(ip_queue(IP_CREATE, &options, nullptr, IP_QUEUE, &queue) == IP_OK);
  ip_status ended = -1;
  std::atomic<bool> waiting{false};
  std::thread consumer([&] {
    char buffer[8];
    std::size_t length = 0;
    waiting = true;
    ended = ip_queue_get(queue, buffer, sizeof buffer, &length, kForEver, 0);
  });
  REQUIRE(eventually([&] { return waiting.load(); }));
  sleep_ms(5);
  CHECK(ip_close(queue) == IP_OK);
  consumer.join();
  CHECK(ended == IP_CLOSED);
  CHECK(ip_close(queue) == IP_CLOSED);
  CHECK(put(queue, "?") == IP_CLOSED);
  CHECK(ip_kind(queue) == nullptr);
  CHECK_FALSE(name.exists());
  Object next;  // takes the same place in the table
  REQUIRE(ip_event(IP_CREATE, &options, next.out()) == IP_OK);
  CHECK(ip_event_set(queue) == IP_CLOSED);
}

TEST_CASE("C: an object outlives the thread that made it, and its name") {
  const AbiName name("abi-thread-made");
  const ip_options options = name.options();
  Object queue;
  std::thread([&] {
    REQUIRE(ip_queue(IP_CREATE, &options, nullptr, IP_QUEUE, queue.out()) == IP_OK);
    REQUIRE(put(queue, "kept") == IP_OK);
  }).join();
  CHECK(name.exists());
  CHECK(ip_is_current(queue) == 1);
  CHECK(ip_unlink(queue) == IP_OK);
  CHECK(ip_is_current(queue) == 0);
  std::thread([&] { CHECK(got(queue, 0) == "kept"); }).join();
  CHECK(put(queue, "still there") == IP_OK);
  std::thread([&] { CHECK(got(queue, 0) == "still there"); }).join();
}

TEST_CASE("C: a forked child has none of its parent's objects, and opens them anew") {
  const AbiName name("abi-fork");
  const ip_options options = name.options();
  Object event, lock, queue;
  ip_object ends[2];
  REQUIRE(ip_event(IP_CREATE, &options, event.out()) == IP_OK);
  REQUIRE(ip_lock(IP_CREATE, nullptr, lock.out()) == IP_OK);
  REQUIRE(ip_queue(IP_CREATE, nullptr, nullptr, IP_QUEUE, queue.out()) == IP_OK);
  REQUIRE(ip_pipe(nullptr, nullptr, 1, ends) == IP_OK);
  REQUIRE(ip_lock_acquire(lock, 0, nullptr) == IP_OK);
  Child child([&] {
    NEED(ip_event_set(event) == IP_FORKED);
    NEED(ip_lock_release(lock) == IP_FORKED);
    NEED(put(queue, "?") == IP_FORKED);
    NEED(ip_pipe_send(ends[0], "?", 1, 0) == IP_FORKED);
    NEED(ip_close(event) == IP_FORKED);
    ip_object mine = 0;
    NEED(ip_event(IP_OPEN, &options, &mine) == IP_OK);
    NEED(ip_event_set(mine) == IP_OK);
    return 0;
  });
  CHECK(child.wait() == 0);
  CHECK(ip_event_is_set(event) == 1);
  CHECK(ip_lock_depth(lock) == 1);
  CHECK(ip_lock_release(lock) == IP_OK);
  CHECK(put(queue, "parent") == IP_OK);
  CHECK(ip_close(ends[0]) == IP_OK);
  CHECK(ip_close(ends[1]) == IP_OK);
}

TEST_CASE("C: a forked child does not keep its dead parent's lock taken") {
  const AbiName name("abi-fork-lock");
  const ip_options options = name.options();
  Shared<Gate> ready, end;
  Shared<std::atomic<pid_t>> grandchild;
  Child holder([&] {
    ip_object lock = 0;
    NEED(ip_lock(IP_CREATE, &options, &lock) == IP_OK);
    NEED(ip_lock_acquire(lock, 0, nullptr) == IP_OK);
    const pid_t pid = ::fork();
    if (pid == 0) {
      ready->add();
      end->await(1, 60);
      ::_exit(0);
    }
    *grandchild = pid;
    ready->add();
    for (;;) ::pause();
    return 0;
  });
  REQUIRE(ready->await(2));
  Object lock;
  REQUIRE(ip_lock(IP_OPEN, &options, lock.out()) == IP_OK);
  CHECK(ip_lock_acquire(lock, 0, nullptr) == IP_TIMEOUT);
  holder.kill();
  int abandoned = 0;
  CHECK(ip_lock_acquire(lock, 20 * kSecond, &abandoned) == IP_OK);
  CHECK(abandoned == 1);
  end->open();
}

TEST_CASE("C: exit without closing leaves nothing behind") {
  const AbiName name("abi-exit");
  const ip_options options = name.options();
  const AbiName second("abi-exit-pipe");
  const ip_options pipe_options = second.options();
  Child child([&] {
    ip_object queue = 0, ends[2];
    NEED(ip_queue(IP_CREATE, &options, nullptr, IP_QUEUE, &queue) == IP_OK);
    NEED(ip_pipe(&pipe_options, nullptr, 1, ends) == IP_OK);
    int bell = -1;
    NEED(ip_doorbell(&bell) == IP_OK);
    std::thread waiter([&] {
      char buffer[8];
      std::size_t length = 0;
      NEED(ip_queue_get(queue, buffer, sizeof buffer, &length, kForEver, 0) == IP_CLOSED);
    });
    waiter.detach();
    sleep_ms(20);
    ip_close_all(1);
    return 0;
  });
  CHECK(child.wait() == 0);
  CHECK_FALSE(name.exists());
  CHECK_FALSE(second.exists());
}

TEST_CASE("C: a 64-bit integer is one type by either of its names") {
  const AbiName name("abi-long");
  const ip_options options = name.options();
  const ip_cell named_long{"l", 1, 8, nullptr, 0, 0}, named_long_long{"q", 1, 8, nullptr, 0, 0};
  const ip_cell without_sign{"Q", 1, 8, nullptr, 0, 0};
  Object value, other;
  REQUIRE(ip_value(IP_CREATE, &options, &named_long, value.out()) == IP_OK);
  CHECK(ip_value(IP_OPEN, &options, &without_sign, other.out()) == IP_OPTIONS_MISMATCH);
  CHECK(ip_value(IP_OPEN, &options, &named_long_long, other.out()) == IP_OK);
}

TEST_CASE("C: memory of values and arrays is at one address for all threads, and refuses another shape") {
  const AbiName name("abi-array");
  const ip_options options = name.options();
  const std::array<std::int32_t, 2> initial{5, 6};
  const ip_cell cell{"i", 4, 4, initial.data(), sizeof initial, 1};
  Object array, other;
  REQUIRE(ip_array(IP_CREATE, &options, &cell, array.out()) == IP_OK);
  void* at = nullptr;
  std::size_t bytes = 0;
  std::uint64_t length = 0;
  REQUIRE(ip_cell_memory(array, &at, &bytes, &length) == IP_OK);
  CHECK(bytes == 16);
  CHECK(length == 4);
  CHECK(static_cast<std::int32_t*>(at)[1] == 6);
  CHECK(static_cast<std::int32_t*>(at)[2] == 0);
  std::thread([&] {
    void* there = nullptr;
    REQUIRE(ip_cell_memory(array, &there, nullptr, nullptr) == IP_OK);
    CHECK(there == at);
    CHECK(ip_lock_acquire(array, 0, nullptr) == IP_OK);
    CHECK(ip_lock_release(array) == IP_OK);
  }).join();
  char type[8];
  CHECK(ip_cell_type(array, type, sizeof type, nullptr) == IP_OK);
  CHECK(std::string(type) == "i");
  const ip_cell doubles{"d", 0, 8, nullptr, 0, 0}, longer{"i", 5, 4, nullptr, 0, 0};
  CHECK(ip_array(IP_OPEN, &options, &doubles, other.out()) == IP_OPTIONS_MISMATCH);
  CHECK(ip_array(IP_OPEN, &options, &longer, other.out()) == IP_OPTIONS_MISMATCH);
  CHECK(ip_value(IP_OPEN, &options, nullptr, other.out()) == IP_LAYOUT_MISMATCH);
  CHECK(ip_array(IP_OPEN, &options, nullptr, other.out()) == IP_OK);
  int fd = -1;
  std::uint64_t offset = 0, size = 0;
  REQUIRE(ip_memory_file(array, &fd, &offset, &size) == IP_OK);
  std::int32_t second = 0;
  CHECK(::pread(fd, &second, sizeof second, static_cast<off_t>(offset + 4)) == 4);
  CHECK(second == 6);
  ::close(fd);
}

TEST_CASE("C: bare memory is what shm_open opens") {
  const std::string name = "abi-bare-" + std::to_string(::getpid());
  const ip_options options = named(name.c_str());
  Object memory, same;
  REQUIRE(ip_memory(IP_CREATE, &options, 100, memory.out()) == IP_OK);
  CHECK(ip_memory(IP_CREATE, &options, 100, same.out()) == IP_SYSTEM);
  REQUIRE(ip_memory(IP_OPEN, &options, 0, same.out()) == IP_OK);
  void *here = nullptr, *there = nullptr;
  std::size_t bytes = 0;
  REQUIRE(ip_memory_bytes(memory, &here, &bytes) == IP_OK);
  REQUIRE(ip_memory_bytes(same, &there, nullptr) == IP_OK);
  CHECK(bytes == 100);
  std::memcpy(here, "bare", 5);
  CHECK(std::string(static_cast<char*>(there)) == "bare");
  CHECK(ip_unlink(memory) == IP_OK);
  CHECK(files_with(name).empty());
}

TEST_CASE("C: an atomic step stores where what was expected is there, and says what was there") {
  alignas(8) std::uint8_t memory[16] = {1, 0, 0, 0, 0, 0, 0, 0, 7};
  int stored = -1;
  std::uint64_t wide = 1, next = 2;
  CHECK(ip_compare_exchange(memory, 8, &wide, &next, &stored) == IP_OK);
  CHECK(stored == 1);
  CHECK(wide == 1);
  CHECK(ip_compare_exchange(memory, 8, &wide, &next, &stored) == IP_OK);
  CHECK(stored == 0);
  CHECK(wide == 2);
  std::uint8_t narrow = 7, other = 9;
  CHECK(ip_compare_exchange(memory + 8, 1, &narrow, &other, &stored) == IP_OK);
  CHECK(memory[8] == 9);
  CHECK(memory[9] == 0);
  CHECK(ip_compare_exchange(memory + 1, 2, &wide, &next, &stored) == IP_INVALID);
  CHECK(ip_compare_exchange(memory, 3, &wide, &next, &stored) == IP_INVALID);
  CHECK(ip_compare_exchange(nullptr, 4, &wide, &next, &stored) == IP_INVALID);
}
