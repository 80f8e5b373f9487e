// Loans through the C++ wrapper.
#include <cstring>

#include "abi_support.h"
#include "interproc.hpp"

namespace api = interproc::api;

namespace {

bool has_status(ip_status wanted, const std::function<void()>& body) {
  try {
    body();
  } catch (const api::Error& error) {
    return error.status() == wanted;
  }
  return false;
}

}  // namespace

TEST_CASE("C++: a loan is filled, put, and read in place; its end gives it back") {
  api::Queue queue;
  auto loan = queue.alloc(100'000);
  REQUIRE(loan);
  std::memset(loan->data(), 'x', loan->size());
  CHECK(queue.put(*loan, "\x01"));
  CHECK(loan->data() == nullptr);
  {
    const auto got = queue.get_loan();
    REQUIRE(got);
    CHECK(got->view() == std::string(100'000, 'x'));
    CHECK(got->meta() == "\x01");
    CHECK(!got->encoded());
  }
  CHECK(!queue.get_loan(api::once));
  CHECK(has_status(IP_CLOSED, [&] { queue.put(*loan); }));
}

TEST_CASE("C++: get copies what was lent, and small items come as loans of their own bytes") {
  api::Queue queue;
  auto loan = queue.alloc(3);
  REQUIRE(loan);
  std::memcpy(loan->data(), "abc", 3);
  CHECK(queue.put(*loan));
  CHECK(queue.get() == "abc");
  queue.put("an item");
  auto got = queue.get_loan();
  REQUIRE(got);
  api::Loan moved = std::move(*got);
  CHECK(moved.view() == "an item");
  CHECK(moved.encoded());
  CHECK(has_status(IP_CLOSED, [&] { queue.put(moved); }));
}

TEST_CASE("C++: a loan that finds no room stays as it was, and one of another object is refused") {
  api::Queue queue({}, IP_QUEUE, {4096, 1, 0}), other;
  queue.put("first");
  auto loan = queue.alloc(10);
  REQUIRE(loan);
  std::memcpy(loan->data(), "0123456789", 10);
  CHECK(!queue.put(*loan, {}, api::once));
  CHECK(loan->view() == "0123456789");
  CHECK(has_status(IP_LOAN_FOREIGN, [&] { other.put(*loan); }));
  CHECK(queue.get() == "first");
  CHECK(queue.put(*loan));
  CHECK(queue.get() == "0123456789");
}

TEST_CASE("C++: the ends of a pipe lend") {
  // Not bound by structure: a lambda could not take those.
  auto ends = api::Connection::pipe();
  api::Connection &mine = ends.first, &theirs = ends.second;
  for (int turn = 0; turn < 2; ++turn) {
    auto loan = mine.alloc(70'000);
    REQUIRE(loan);
    std::memset(loan->data(), 'a' + turn, loan->size());
    CHECK(mine.send(*loan, "m"));
  }
  auto got = theirs.receive_loan();
  REQUIRE(got);
  CHECK(got->view() == std::string(70'000, 'a'));
  CHECK(got->meta() == "m");
  CHECK(theirs.receive() == std::string(70'000, 'b'));
  CHECK(!theirs.receive_loan(api::once));
  mine.close();
  CHECK(has_status(IP_END_OF_FILE, [&] { static_cast<void>(theirs.receive_loan()); }));
}
