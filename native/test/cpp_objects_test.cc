// The objects of the C++ wrapper that its users lock, raise, claim and wait for.
#include <mutex>
#include <thread>

#include "abi_support.h"
#include "interproc.hpp"

using namespace test;
namespace api = interproc::api;

TEST_CASE("C++: locks, values and arrays are what std::unique_lock takes, and one thread's at a time") {
  const AbiName lock_name("cpp-lock"), value_name("cpp-value"), array_name("cpp-array");
  api::Lock lock({lock_name.text()});
  api::Value<std::int64_t> value(5, {value_name.text()});
  api::Array<std::int32_t> array(3, {array_name.text()});
  const auto excludes = [](auto& mine, auto& same) {
    std::unique_lock guard(mine);
    std::thread([&] {
      CHECK_FALSE(same.try_acquire());
      CHECK_FALSE(std::unique_lock(same, std::try_to_lock).owns_lock());
    }).join();
    guard.unlock();
    std::thread([&] {
      CHECK_FALSE(same.acquire());
      same.release();
    }).join();
  };
  api::Lock same_lock({lock_name.text(), IP_OPEN});
  excludes(lock, same_lock);
  api::Value<std::int64_t> same_value(0, {value_name.text(), IP_OPEN});
  excludes(value, same_value);
  api::Array<std::int32_t> same_array(0, {array_name.text(), IP_OPEN});
  excludes(array, same_array);
  ++*same_value;
  CHECK(*value == 6);
  same_array[2] = 7;
  CHECK(array[2] == 7);
  CHECK(same_array.size() == 3);
  CHECK_THROWS_AS(api::Value<double>(0, {value_name.text(), IP_OPEN}), const api::OptionsMismatch&);
  CHECK_THROWS_AS(api::Value<std::int32_t>(0, {array_name.text(), IP_OPEN}), const api::LayoutMismatch&);
}

TEST_CASE("C++: an end that was given away is claimed once, and its closing is the end of file") {
  const AbiName name("cpp-pipe");
  auto [mine, theirs] = api::Connection::pipe({name.text()});
  theirs.send_away();
  {
    auto claimed = api::Connection::claim(name.text(), 1);
    try {
      api::Connection::claim(name.text(), 1);
      FAIL("it was claimed twice");
    } catch (const api::Error& error) {
      CHECK(error.status() == IP_END_TAKEN);
    }
    mine.send("question");
    CHECK(claimed.receive() == "question");
    claimed.send("answer");
    CHECK(mine.receive() == "answer");
  }
  try {
    mine.receive();
    FAIL("there is nobody to receive from");
  } catch (const api::Error& error) {
    CHECK(error.status() == IP_END_OF_FILE);
  }
}

TEST_CASE("C++: events, semaphores and barriers end the waits of other threads") {
  api::Event event;
  api::Semaphore semaphore(0);
  api::Barrier barrier(2);
  CHECK_FALSE(event.wait(std::chrono::milliseconds(1)));
  CHECK_FALSE(semaphore.acquire(std::chrono::milliseconds(1)));
  std::uint32_t there = 0;
  std::thread other([&] {
    CHECK(event.wait());
    semaphore.release();
    there = barrier.wait();
  });
  event.set();
  CHECK(event.is_set());
  CHECK(semaphore.acquire());
  const std::uint32_t here = barrier.wait();
  other.join();
  CHECK(here + there == 1);
}
