// Loans through the C interface: memory that is filled and read in place, by any thread, and that no death costs.
#include <algorithm>
#include <thread>
#include <vector>

#include "abi_support.h"

using namespace test;

namespace {

constexpr std::size_t kLarge = 200'000;

std::uint64_t key_of(std::uint64_t number, std::size_t at) { return number * 0x9e3779b97f4a7c15u + at; }

void fill(const ip_lent& lent, std::uint64_t number) {
  auto* bytes = static_cast<std::uint8_t*>(lent.bytes);
  for (std::size_t at = 0; at < lent.length; ++at) bytes[at] = static_cast<std::uint8_t>(key_of(number, at));
}

bool holds(const ip_lent& lent, std::uint64_t number) {
  const auto* bytes = static_cast<const std::uint8_t*>(lent.bytes);
  for (std::size_t at = 0; at < lent.length; ++at) {
    if (bytes[at] != static_cast<std::uint8_t>(key_of(number, at))) return false;
  }
  return true;
}

ip_status put_filled(ip_object queue, std::uint64_t number, std::string_view meta = {}) {
  ip_lent lent{};
  if (const ip_status status = ip_queue_alloc(queue, kLarge, &lent, kForEver, 0); status != IP_OK) return status;
  fill(lent, number);
  return ip_queue_put_loan(queue, lent.loan, meta.data(), meta.size(), kForEver, 0);
}

struct MadeQueue {
  explicit MadeQueue(const char* stem, const ip_limits* limits = nullptr) : name(stem) {
    const ip_options options = name.options();
    REQUIRE(ip_queue(IP_CREATE, &options, limits, IP_QUEUE, queue.out()) == IP_OK);
  }
  AbiName name;
  Object queue;
};

}  // namespace

TEST_CASE("C: what was lent and put is read where it was filled, with its meta") {
  MadeQueue made("abi-loan");
  REQUIRE(put_filled(made.queue, 1, "\x81\xa1k\x01") == IP_OK);
  char buffer[IP_LOAN_META_MOST];
  ip_lent lent{};
  REQUIRE(ip_queue_get_loan(made.queue, buffer, sizeof buffer, &lent, 0, 0) == IP_OK);
  CHECK(lent.length == kLarge);
  CHECK(holds(lent, 1));
  CHECK(std::string_view(buffer, lent.meta_length) == "\x81\xa1k\x01");
  CHECK(lent.encoded == 0);
  CHECK(ip_loan_release(lent.loan) == IP_OK);
  CHECK(ip_loan_release(lent.loan) == IP_CLOSED);
  CHECK(ip_queue_get_loan(made.queue, buffer, sizeof buffer, &lent, 0, 0) == IP_EMPTY);
}

TEST_CASE("C: a get says that the message is a loan, and a loan that does not fit its buffer stays") {
  MadeQueue made("abi-loan-get");
  REQUIRE(put_filled(made.queue, 1, "abc") == IP_OK);
  char buffer[64];
  std::size_t length = 0;
  CHECK(ip_queue_get(made.queue, buffer, sizeof buffer, &length, 0, 0) == IP_LOAN);
  CHECK(length == kLarge);
  ip_lent lent{};
  CHECK(ip_queue_get_loan(made.queue, buffer, 2, &lent, 0, 0) == IP_SMALL_BUFFER);
  CHECK(lent.meta_length == 3);
  CHECK(ip_queue_get_loan(made.queue, buffer, 3, &lent, 0, 0) == IP_OK);
  CHECK(ip_loan_release(lent.loan) == IP_OK);
}

TEST_CASE("C: what was put by bytes is taken as a loan too: a large one in place, a small one copied") {
  MadeQueue made("abi-loan-bytes");
  const std::string large(300'000, 'x');
  REQUIRE(put(made.queue, large) == IP_OK);
  REQUIRE(put(made.queue, "small") == IP_OK);
  char buffer[1000];
  ip_lent lent{};
  REQUIRE(ip_queue_get_loan(made.queue, buffer, sizeof buffer, &lent, 0, 0) == IP_OK);
  CHECK(lent.loan != 0);
  CHECK(lent.encoded == 1);
  CHECK(lent.meta_length == 0);
  CHECK(std::string_view(static_cast<char*>(lent.bytes), lent.length) == large);
  CHECK(ip_loan_release(lent.loan) == IP_OK);
  CHECK(ip_queue_get_loan(made.queue, buffer, 2, &lent, 0, 0) == IP_SMALL_BUFFER);
  CHECK(lent.meta_length == 5);
  REQUIRE(ip_queue_get_loan(made.queue, buffer, sizeof buffer, &lent, 0, 0) == IP_OK);
  CHECK(lent.loan == 0);
  CHECK(lent.bytes == buffer);
  CHECK(std::string_view(buffer, lent.length) == "small");
}

TEST_CASE("C: loans are given back in any order by any thread, and what they held is lent again") {
  const ip_limits limits{4096, 0, 0};
  MadeQueue made("abi-loan-order", &limits);
  std::vector<ip_lent> held(8);
  std::thread other([&] {
    for (std::size_t i = 0; i < held.size(); ++i) {
      CHECK(put_filled(made.queue, i) == IP_OK);
      char buffer[8];
      CHECK(ip_queue_get_loan(made.queue, buffer, sizeof buffer, &held[i], kForEver, 0) == IP_OK);
    }
  });
  other.join();
  // The thread that took them has ended; they are the process's.
  for (int round = 0; round < 3; ++round) {
    REQUIRE(put_filled(made.queue, 100) == IP_OK);
    char buffer[8];
    ip_lent lent{};
    REQUIRE(ip_queue_get_loan(made.queue, buffer, sizeof buffer, &lent, 0, 0) == IP_OK);
    CHECK(ip_loan_release(lent.loan) == IP_OK);
  }
  for (std::size_t i = 0; i < held.size(); ++i) CHECK(holds(held[i], i));
  void* third = held[3].bytes;
  for (const unsigned i : {3u, 0u, 7u, 1u, 2u, 6u, 5u, 4u}) CHECK(ip_loan_release(held[i].loan) == IP_OK);
  std::vector<void*> again;
  for (std::size_t i = 0; i < held.size(); ++i) {
    REQUIRE(ip_queue_alloc(made.queue, kLarge, &held[i], 0, 0) == IP_OK);
    again.push_back(held[i].bytes);
  }
  CHECK(std::find(again.begin(), again.end(), third) != again.end());
  for (const ip_lent& lent : held) CHECK(ip_loan_release(lent.loan) == IP_OK);
}

TEST_CASE("C: only what an object itself lent can be sent through it, and once") {
  MadeQueue one("abi-loan-one"), two("abi-loan-two");
  ip_lent lent{};
  REQUIRE(ip_queue_alloc(one.queue, 10, &lent, 0, 0) == IP_OK);
  CHECK(ip_queue_put_loan(two.queue, lent.loan, nullptr, 0, 0, 0) == IP_LOAN_FOREIGN);
  CHECK(ip_queue_put_loan(one.queue, one.queue, nullptr, 0, 0, 0) == IP_INVALID);
  CHECK(ip_queue_put_loan(one.queue, lent.loan, nullptr, 1001, 0, 0) == IP_TOO_LARGE);
  CHECK(ip_queue_put_loan(one.queue, lent.loan, nullptr, 0, 0, 0) == IP_OK);
  CHECK(ip_queue_put_loan(one.queue, lent.loan, nullptr, 0, 0, 0) == IP_CLOSED);
  REQUIRE(ip_queue_get_loan(one.queue, nullptr, 0, &lent, 0, 0) == IP_OK);
  CHECK(lent.length == 10);
  CHECK(ip_queue_put_loan(one.queue, lent.loan, nullptr, 0, 0, 0) == IP_LOAN_FOREIGN);
  std::uint64_t size = 0;
  CHECK(ip_queue_size(lent.loan, &size) == IP_INVALID);
  CHECK(ip_close(lent.loan) == IP_INVALID);
  CHECK(ip_loan_release(one.queue) == IP_INVALID);
  CHECK(ip_loan_release(lent.loan) == IP_OK);
  CHECK(ip_queue_alloc(one.queue, 0, &lent, 0, 0) == IP_INVALID);
  CHECK(ip_queue_alloc(one.queue, std::uint64_t{1} << 33, &lent, 0, 0) == IP_TOO_LARGE);
}

TEST_CASE("C: a priority queue and a lock lend nothing") {
  const AbiName name("abi-loan-priority");
  const ip_options options = name.options();
  Object queue, lock;
  REQUIRE(ip_queue(IP_CREATE, &options, nullptr, IP_PRIORITY_QUEUE, queue.out()) == IP_OK);
  REQUIRE(ip_lock(IP_CREATE, nullptr, lock.out()) == IP_OK);
  ip_lent lent{};
  for (const ip_object object : {ip_object{queue}, ip_object{lock}}) {
    CHECK(ip_queue_alloc(object, 10, &lent, 0, 0) == IP_INVALID);
    CHECK(ip_queue_get_loan(object, nullptr, 0, &lent, 0, 0) == IP_INVALID);
    CHECK(ip_pipe_alloc(object, 10, &lent, 0) == IP_INVALID);
  }
}

TEST_CASE("C: putting a loan waits for room, keeps the loan where there is none, and is woken by a get") {
  const ip_limits limits{4096, 1, 0};
  MadeQueue made("abi-loan-room", &limits);
  REQUIRE(put(made.queue, "first") == IP_OK);
  ip_lent lent{};
  REQUIRE(ip_queue_alloc(made.queue, kLarge, &lent, 0, 0) == IP_OK);
  fill(lent, 5);
  CHECK(ip_queue_put_loan(made.queue, lent.loan, nullptr, 0, 0, 0) == IP_FULL);
  CHECK(ip_queue_put_loan(made.queue, lent.loan, nullptr, 0, 10'000'000, 0) == IP_FULL);
  CHECK(holds(lent, 5));
  ip_status waited = -1;
  std::thread producer([&] { waited = ip_queue_put_loan(made.queue, lent.loan, nullptr, 0, kForEver, 0); });
  sleep_ms(20);
  CHECK(got(made.queue) == "first");
  producer.join();
  CHECK(waited == IP_OK);
  REQUIRE(ip_queue_get_loan(made.queue, nullptr, 0, &lent, 0, 0) == IP_OK);
  CHECK(holds(lent, 5));
  CHECK(ip_loan_release(lent.loan) == IP_OK);
}

TEST_CASE("C: a shutdown ends an alloc, a put and a get of loans") {
  MadeQueue made("abi-loan-down");
  ip_lent lent{}, other{};
  REQUIRE(ip_queue_alloc(made.queue, 10, &lent, 0, 0) == IP_OK);
  ip_status ended = -1;
  std::thread consumer([&] { ended = ip_queue_get_loan(made.queue, nullptr, 0, &other, kForEver, 0); });
  sleep_ms(10);
  CHECK(ip_queue_shut_down(made.queue, 0) == IP_OK);
  consumer.join();
  CHECK(ended == IP_SHUT_DOWN);
  CHECK(ip_queue_put_loan(made.queue, lent.loan, nullptr, 0, kForEver, 0) == IP_SHUT_DOWN);
  CHECK(ip_queue_alloc(made.queue, 10, &other, kForEver, 0) == IP_SHUT_DOWN);
  CHECK(ip_loan_release(lent.loan) == IP_OK);
}

TEST_CASE("C: a loan keeps its object attached after the close, and its bytes in place") {
  const AbiName name("abi-loan-close");
  const ip_options options = name.options();
  ip_object queue = 0;
  REQUIRE(ip_queue(IP_CREATE, &options, nullptr, IP_QUEUE, &queue) == IP_OK);
  REQUIRE(put_filled(queue, 3) == IP_OK);
  ip_lent lent{}, unsent{};
  REQUIRE(ip_queue_alloc(queue, kLarge, &unsent, 0, 0) == IP_OK);
  REQUIRE(ip_queue_get_loan(queue, nullptr, 0, &lent, 0, 0) == IP_OK);
  CHECK(ip_close(queue) == IP_OK);
  CHECK(name.exists());
  CHECK(holds(lent, 3));
  CHECK(ip_queue_put_loan(queue, unsent.loan, nullptr, 0, 0, 0) == IP_CLOSED);
  CHECK(ip_loan_release(lent.loan) == IP_OK);
  CHECK(name.exists());
  CHECK(ip_loan_release(unsent.loan) == IP_OK);
  CHECK(!name.exists());
}

TEST_CASE("C: the ends of a pipe lend each what they send") {
  const AbiName name("abi-loan-pipe");
  const ip_options options = name.options();
  ip_object ends[2];
  REQUIRE(ip_pipe(&options, nullptr, 1, ends) == IP_OK);
  ip_lent mine{}, theirs{};
  REQUIRE(ip_pipe_alloc(ends[0], kLarge, &mine, 0) == IP_OK);
  REQUIRE(ip_pipe_alloc(ends[1], kLarge, &theirs, 0) == IP_OK);
  fill(mine, 7);
  fill(theirs, 8);
  CHECK(ip_pipe_send_loan(ends[1], mine.loan, nullptr, 0, 0) == IP_LOAN_FOREIGN);
  REQUIRE(ip_pipe_send_loan(ends[0], mine.loan, "m", 1, 0) == IP_OK);
  REQUIRE(ip_pipe_send_loan(ends[1], theirs.loan, nullptr, 0, 0) == IP_OK);
  char buffer[4];
  std::size_t length = 0;
  CHECK(ip_pipe_receive(ends[1], buffer, sizeof buffer, &length, 0) == IP_LOAN);
  CHECK(length == kLarge);
  REQUIRE(ip_pipe_receive_loan(ends[1], buffer, sizeof buffer, &mine, 0) == IP_OK);
  CHECK(holds(mine, 7));
  CHECK(buffer[0] == 'm');
  REQUIRE(ip_pipe_receive_loan(ends[0], nullptr, 0, &theirs, 0) == IP_OK);
  CHECK(holds(theirs, 8));
  CHECK(ip_pipe_receive_loan(ends[0], nullptr, 0, &theirs, 0) == IP_TIMEOUT);
  CHECK(ip_close(ends[1]) == IP_OK);
  CHECK(ip_pipe_receive_loan(ends[0], nullptr, 0, &theirs, 0) == IP_END_OF_FILE);
  ip_lent late{};
  CHECK(ip_pipe_alloc(ends[0], 10, &late, 0) == IP_BROKEN_PIPE);
  CHECK(ip_close(ends[0]) == IP_OK);
  CHECK(holds(theirs, 8));
  CHECK(ip_loan_release(mine.loan) == IP_OK);
  CHECK(ip_loan_release(theirs.loan) == IP_OK);
  CHECK(!name.exists());
}

TEST_CASE("C: what a killed process held is lent again, and what it had put arrives") {
  const ip_limits limits{4096, 0, 0};
  MadeQueue made("abi-loan-killed", &limits);
  Shared<Gate> ready;
  Child victim([&] {
    const ip_options options = made.name.options();
    ip_object queue = 0;
    NEED(ip_queue(IP_OPEN, &options, nullptr, IP_QUEUE, &queue) == IP_OK);
    ip_lent lent{};
    NEED(put_filled(queue, 1) == IP_OK);
    NEED(ip_queue_get_loan(queue, nullptr, 0, &lent, kForEver, 0) == IP_OK);
    NEED(ip_queue_alloc(queue, kLarge, &lent, kForEver, 0) == IP_OK);
    NEED(put_filled(queue, 2) == IP_OK);
    ready->open();
    ::pause();
    return 1;
  });
  REQUIRE(ready->await());
  victim.kill();
  ip_lent lent{};
  REQUIRE(ip_queue_get_loan(made.queue, nullptr, 0, &lent, 0, 0) == IP_OK);
  CHECK(holds(lent, 2));
  // Of the three runs of pages the dead one had two in hand; without them the file would have to grow.
  const std::uint64_t before = made.name.allocated();
  ip_lent again[2]{};
  for (ip_lent& one : again) REQUIRE(ip_queue_alloc(made.queue, kLarge, &one, 0, 0) == IP_OK);
  CHECK(made.name.allocated() == before);
  for (const ip_lent& one : again) CHECK(ip_loan_release(one.loan) == IP_OK);
  CHECK(ip_loan_release(lent.loan) == IP_OK);
}

TEST_CASE("C: a forked child may look at a loan, which is its parent's") {
  MadeQueue made("abi-loan-fork");
  REQUIRE(put_filled(made.queue, 9) == IP_OK);
  ip_lent lent{};
  REQUIRE(ip_queue_get_loan(made.queue, nullptr, 0, &lent, 0, 0) == IP_OK);
  Child child([&] {
    NEED(holds(lent, 9));
    NEED(ip_loan_release(lent.loan) == IP_FORKED);
    NEED(holds(lent, 9));
    return 0;
  });
  CHECK(child.wait() == 0);
  CHECK(holds(lent, 9));
  CHECK(ip_loan_release(lent.loan) == IP_OK);
}

TEST_CASE("C: threads lend, put, take and release at once; nothing is lost, torn or left behind") {
  const ip_limits limits{4096, 0, 0};
  MadeQueue made("abi-loan-threads", &limits);
  constexpr int kThreads = 3;
  constexpr int kEach = UNDER_TSAN ? 50 : 300;
  std::atomic<int> failures{0};
  std::atomic<std::uint64_t> sum{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        const std::uint64_t number = static_cast<std::uint64_t>(i * kThreads + thread);
        ip_lent lent{};
        if (ip_queue_alloc(made.queue, 5000, &lent, kForEver, 0) != IP_OK) ++failures;
        fill(lent, number);
        if (ip_queue_put_loan(made.queue, lent.loan, &number, sizeof number, kForEver, 0) != IP_OK) ++failures;
      }
    });
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        ip_lent lent{};
        std::uint64_t number = 0;
        if (ip_queue_get_loan(made.queue, &number, sizeof number, &lent, kForEver, 0) != IP_OK) ++failures;
        if (lent.length != 5000 || !holds(lent, number)) ++failures;
        sum += number;
        if (ip_loan_release(lent.loan) != IP_OK) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  constexpr std::uint64_t kAll = std::uint64_t{kThreads} * kEach;
  CHECK(failures == 0);
  CHECK(sum == kAll * (kAll - 1) / 2);
}

TEST_CASE("C: an event loop is woken when memory can be lent, and when a loan fits") {
  const ip_limits limits{4096, 1, 0};
  MadeQueue made("abi-loan-arm", &limits);
  int ready = -1;
  CHECK(ip_arm(made.queue, IP_WHEN_LENDABLE, kLarge, &ready) == IP_OK);
  CHECK(ready == 1);
  CHECK(ip_disarm(made.queue, IP_WHEN_LENDABLE, kLarge) == IP_OK);
  REQUIRE(put(made.queue, "first") == IP_OK);
  ip_lent lent{};
  REQUIRE(ip_queue_alloc(made.queue, kLarge, &lent, 0, IP_ATTEMPT) == IP_OK);
  CHECK(ip_queue_put_loan(made.queue, lent.loan, nullptr, 0, 0, IP_ATTEMPT | IP_INSIST) == IP_FULL);
  CHECK(ip_arm(made.queue, IP_WHEN_LOAN_FITS, kLarge * 1024, &ready) == IP_OK);
  CHECK(ready == 0);
  CHECK(ip_wait(made.queue, IP_WHEN_LOAN_FITS, kLarge * 1024, 0) == IP_TIMEOUT);
  CHECK(got(made.queue) == "first");
  CHECK(ip_wait(made.queue, IP_WHEN_LOAN_FITS, kLarge * 1024, kForEver) == IP_OK);
  CHECK(ip_queue_put_loan(made.queue, lent.loan, nullptr, 0, 0, IP_ATTEMPT) == IP_OK);
  CHECK(ip_disarm(made.queue, IP_WHEN_LOAN_FITS, kLarge * 1024) == IP_OK);
  ip_doorbell_drain();
}
