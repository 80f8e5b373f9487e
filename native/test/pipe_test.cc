// Two ends: what is sent arrives, a peer that goes is noticed, and an end can change hands with messages in it.
#include "messages/pipe.h"

#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>
#include <utility>

#include "support.h"
#include "system/crash_point.h"

using namespace test;

namespace {

std::unique_ptr<Pipe> create(std::string_view name, bool duplex = true, std::uint64_t capacity = 65536) {
  std::unique_ptr<Pipe> pipe;
  REQUIRE_OK(Pipe::create(name, {{capacity, 0, 0}, duplex}, {}, pipe));
  return pipe;
}
std::unique_ptr<Pipe> open(std::string_view name) {
  std::unique_ptr<Pipe> pipe;
  REQUIRE_OK(Pipe::open(name, pipe));
  return pipe;
}

// One end for each of the two.
void part(Pipe& a, Pipe& b) {
  REQUIRE_OK(a.send_away(1));
  REQUIRE_OK(b.claim(1));
}

std::string receive(Pipe& pipe, unsigned end) {
  static Bytes into(1 << 20);
  std::uint64_t length = 0;
  const Status s = pipe.receive(end, into, length);
  if (s.code == Code::kEmpty) return "(empty)";
  if (s.code == Code::kEndOfFile) return "(end)";
  if (s.code == Code::kClosed) return "(closed)";
  return s.ok() ? text_of(std::span(into).first(length)) : "(error)";
}

// Waits as a binding does, for the peer's death as well.
std::string receive_wait(Pipe& pipe, unsigned end) {
  std::string got;
  static_cast<void>(eventually([&] {
    got = receive(pipe, end);
    if (got == "(empty)") pipe.wait_for(Pipe::readable_of(end), 0, kSlice);
    return got != "(empty)";
  }));
  return got;
}

// What happens between a receiver's look at the ring and its look at the peer.
std::function<void()> meanwhile;
void happen(const char* point) {
  if (std::string_view(point) == "pipe.empty" && meanwhile) std::exchange(meanwhile, nullptr)();
}

}  // namespace

TEST_CASE("what one end sends the other receives, both ways") {
  const Name name("duplex");
  const auto a = create(name), b = open(name);
  part(*a, *b);
  for (int i = 0; i < 500; ++i) {
    REQUIRE_OK(a->send(0, text("to b " + std::to_string(i))));
    REQUIRE_OK(b->send(1, text("to a " + std::to_string(i))));
    REQUIRE_OK(b->send(1, message(1, 1, 80'000)));
    CHECK(receive(*b, 1) == "to b " + std::to_string(i));
    CHECK(receive(*a, 0) == "to a " + std::to_string(i));
    std::uint64_t length = 0;
    CHECK_OK(a->next_length(0, length));
    CHECK(length == 80'000);
    CHECK(receive(*a, 0).size() == 80'000);
    CHECK(receive(*a, 0) == "(empty)");
    CHECK(receive(*b, 1) == "(empty)");
  }
}

TEST_CASE("a one-way pipe sends from end 1 to end 0 only") {
  const Name name("one-way");
  const auto a = create(name, false);
  CHECK(a->can_read(0));
  CHECK_FALSE(a->can_write(0));
  CHECK(a->can_write(1));
  CHECK_FALSE(a->can_read(1));
  REQUIRE_OK(a->send(1, text("this way")));
  CHECK(receive(*a, 0) == "this way");
  CHECK(a->send(0, text("not that way")).code == Code::kClosed);
  CHECK(receive(*a, 1) == "(closed)");
  std::uint64_t length = 0;
  CHECK(a->next_length(1, length).code == Code::kClosed);
  CHECK(a->ready(Pipe::writable_of(0), 1, Look::kShared));
  CHECK(a->ready(Pipe::readable_of(1), 1, Look::kShared));
}

TEST_CASE("an end belongs to one at a time") {
  const Name name("owner");
  const auto a = create(name), b = open(name), c = open(name);
  CHECK(b->claim(1).code == Code::kTaken);
  CHECK_OK(a->claim(1));  // its own already
  CHECK(b->send_away(1).code == Code::kClosed);
  CHECK(b->send(1, text("x")).code == Code::kClosed);
  CHECK(receive(*b, 1) == "(closed)");
  REQUIRE_OK(a->send_away(1));
  CHECK_FALSE(a->arrived(1));
  CHECK(a->send(1, text("x")).code == Code::kClosed);
  REQUIRE_OK(b->claim(1));
  CHECK(a->arrived(1));
  CHECK(c->claim(1).code == Code::kTaken);
  b->close_end(1);
  CHECK(c->claim(1).code == Code::kClosed);
  CHECK(b->claim(1).code == Code::kClosed);
}

TEST_CASE("after a close everything sent is read, then comes the end of file, and sending breaks") {
  const Name name("close");
  const auto a = create(name), b = open(name);
  part(*a, *b);
  REQUIRE_OK(b->send(1, text("one")));
  REQUIRE_OK(b->send(1, text("two")));
  b->close_end(1);
  b->close_end(1);
  CHECK(a->send(0, text("x")).code == Code::kBrokenPipe);
  CHECK(receive(*a, 0) == "one");
  CHECK(receive(*a, 0) == "two");
  CHECK(receive(*a, 0) == "(end)");
  CHECK(receive(*a, 0) == "(end)");
  CHECK(a->ready(Pipe::readable_of(0), 0, Look::kShared));
  CHECK(a->ready(Pipe::writable_of(0), 1 << 20, Look::kShared));
  CHECK(receive(*b, 1) == "(closed)");
}

TEST_CASE("a close wakes a peer that waits, at once") {
  const Name name("wake");
  const auto a = create(name), b = open(name);
  part(*a, *b);
  announce(a->segment(), *a->waiters(Pipe::readable_of(0)));
  const std::uint32_t before = load_relaxed(a->segment().self().signal);
  b->leave(Leaving::kOrderly);
  CHECK(load_relaxed(a->segment().self().signal) == before + 1);
}

TEST_CASE("a full pipe refuses until the other end has read") {
  const Name name("full");
  const auto a = create(name, true, 4096), b = open(name);
  part(*a, *b);
  int sent = 0;
  while (a->send(0, Bytes(500)).ok()) ++sent;
  CHECK(sent > 5);
  CHECK(a->send(0, Bytes(500)).code == Code::kFull);
  CHECK_FALSE(a->ready(Pipe::writable_of(0), 500, Look::kShared));
  announce(a->segment(), *a->waiters(Pipe::writable_of(0)));
  const std::uint32_t before = load_relaxed(a->segment().self().signal);
  CHECK(receive(*b, 1).size() == 500);
  CHECK(load_relaxed(a->segment().self().signal) == before + 1);
  CHECK(receive(*b, 1).size() == 500);
  CHECK(a->ready(Pipe::writable_of(0), 500, Look::kShared));
  CHECK_OK(a->send(0, Bytes(500)));
}

TEST_CASE("an end changes hands again and again with messages in it, and none is lost") {
  const Name name("hands");
  const auto a = create(name);
  std::vector<std::unique_ptr<Pipe>> hands;
  for (int h = 0; h < 3; ++h) hands.push_back(open(name));
  REQUIRE_OK(a->send_away(1));
  std::uint64_t sent = 0, received = 0, back = 0;
  for (int round = 0; round < 300; ++round) {
    Pipe& hand = *hands[static_cast<std::size_t>(round) % 3];
    REQUIRE_OK(hand.claim(1));
    for (int i = 0; i < 5; ++i) REQUIRE_OK(a->send(0, text(std::to_string(sent++))));
    for (int i = 0; i < (round % 2 == 0 ? 3 : 6); ++i) {
      const std::string got = receive(hand, 1);
      if (got == "(empty)") break;
      CHECK(got == std::to_string(received++));
    }
    REQUIRE_OK(hand.send(1, text("back " + std::to_string(round))));
    REQUIRE_OK(hand.send_away(1));
    if (round % 4 == 3) {
      while (back <= static_cast<std::uint64_t>(round)) CHECK(receive(*a, 0) == "back " + std::to_string(back++));
      CHECK(receive(*a, 0) == "(empty)");
    }
  }
  REQUIRE_OK(hands[0]->claim(1));
  while (received < sent) CHECK(receive(*hands[0], 1) == std::to_string(received++));
  CHECK(receive(*hands[0], 1) == "(empty)");
}

TEST_CASE("what a killed owner sent is read, then comes the end of file within a tenth of a second") {
  const Name name("killed");
  Shared<Gate> made, claimed;
  Child child([&] {
    NEED(made->await());
    std::unique_ptr<Pipe> pipe;
    NEED(Pipe::open(name, pipe).ok());
    NEED(pipe->claim(1).ok());
    NEED(pipe->send(1, text("last words")).ok());
    claimed->open();
    ::pause();
    return 0;
  });
  const auto a = create(name);
  REQUIRE_OK(a->send_away(1));
  made->open();
  REQUIRE(claimed->await());
  CHECK(a->owner(1).has_value());
  child.signal(SIGSTOP);
  sleep_ms(60);
  CHECK_OK(a->send(0, text("stopped is not dead")));
  child.kill();
  const Nanoseconds before = monotonic_now();
  CHECK(receive_wait(*a, 0) == "last words");
  CHECK(receive_wait(*a, 0) == "(end)");
  CHECK(monotonic_now() - before < (UNDER_TSAN ? 400 : 150) * kMillisecond);
  CHECK_FALSE(a->owner(1).has_value());
  CHECK(a->send(0, text("x")).code == Code::kBrokenPipe);
}

TEST_CASE("what was sent between the look that found nothing and the look that found the peer gone is received") {
  using Receive = std::function<Status(Pipe&)>;
  Bytes into(100);
  std::uint64_t length = 0;
  Loan loan;
  Channel::LoanTaken what;
  const Receive forms[] = {
      [&](Pipe& pipe) { return pipe.receive(0, into, length); },
      [&](Pipe& pipe) { return pipe.next_length(0, length); },
      [&](Pipe& pipe) { return pipe.receive_loan(0, into, loan, what); },
  };
  watch_crash_points(&happen);
  for (const Receive& take : forms) {
    for (const bool killed : {false, true}) {
      CAPTURE(killed);
      const Name name("second-look");
      Shared<Gate> ready, sent;
      Child sender([&] {
        NEED(ready->await());
        std::unique_ptr<Pipe> pipe;
        NEED(Pipe::open(name, pipe).ok() && pipe->claim(1).ok());
        ready->open(2);
        NEED(ready->await(3));
        NEED(pipe->send(1, text("the last")).ok());
        if (!killed) pipe->leave(Leaving::kOrderly);
        sent->open();
        ::pause();
        return 0;
      });
      const auto pipe = create(name);
      REQUIRE_OK(pipe->send_away(1));
      ready->open();
      REQUIRE(ready->await(2));
      meanwhile = [&] {
        ready->open(3);
        REQUIRE(sent->await());
        sender.kill();
        // Who sends asks the kernel, and writes down what it hears.
        CHECK(pipe->send(0, text("x")).code == Code::kBrokenPipe);
      };
      CHECK_OK(take(*pipe));
      CHECK(meanwhile == nullptr);
    }
  }
  watch_crash_points(nullptr);
  CHECK(length == 8);
}

TEST_CASE("a sender notices a killed peer though the pipe has room") {
  const Name name("unread");
  Shared<Gate> made, claimed;
  Child child([&] {
    NEED(made->await());
    std::unique_ptr<Pipe> pipe;
    NEED(Pipe::open(name, pipe).ok());
    NEED(pipe->claim(1).ok());
    claimed->open();
    ::pause();
    return 0;
  });
  const auto a = create(name);
  REQUIRE_OK(a->send_away(1));
  made->open();
  REQUIRE(claimed->await());
  CHECK_OK(a->send(0, text("x")));
  child.kill();
  CHECK(eventually([&] { return a->send(0, text("x")).code == Code::kBrokenPipe; }, 2));
}

TEST_CASE("an end that was sent and never taken dies with its sender") {
  const Name name("sent");
  const auto a = create(name);
  auto b = open(name);
  part(*a, *b);
  REQUIRE_OK(b->send(1, text("hello")));
  REQUIRE_OK(b->send_away(1));
  CHECK(receive(*a, 0) == "hello");
  CHECK_OK(a->send(0, text("for whoever takes it")));
  SUBCASE("in an orderly way") { b->leave(Leaving::kOrderly); }
  SUBCASE("by death") { b->segment().detach(); }
  CHECK(receive_wait(*a, 0) == "(end)");
  const auto late = open(name);
  CHECK(late->claim(1).code == Code::kClosed);
}

TEST_CASE("threads at both ends exchange everything in order") {
  const Name name("threads");
  const auto a = create(name, true, 8192);
  constexpr std::uint64_t kMessages = UNDER_TSAN ? 4'000 : 30'000;
  std::atomic<int> wrong{0};
  const auto send_all = [&](Pipe& pipe, unsigned end) {
    Random random(end);
    for (std::uint64_t i = 0; i < kMessages; ++i) {
      const Bytes bytes = message(end, i, random.below(200) == 0 ? 100'000 : random.between(16, 400));
      for (Status s; !(s = pipe.send(end, bytes)).ok();) {
        if (s.code != Code::kFull) {
          wrong++;
          return;
        }
        pipe.wait_for(Pipe::writable_of(end), bytes.size(), kSlice);
      }
    }
  };
  REQUIRE_OK(a->send_away(1));
  std::thread other([&] {
    std::unique_ptr<Pipe> b;
    if (!Pipe::open(name, b).ok() || !b->claim(1).ok()) {
      wrong++;
      return;
    }
    send_all(*b, 1);
    b->close_end(1);
  });
  Bytes into(1 << 17);
  std::uint64_t received = 0;
  for (;;) {
    std::uint64_t length = 0;
    const Status s = a->receive(0, into, length);
    if (s.code == Code::kEmpty) {
      a->wait_for(Pipe::readable_of(0), 0, kSlice);
      continue;
    }
    if (!s.ok()) {
      CHECK(s.code == Code::kEndOfFile);
      break;
    }
    const Sent sent = read_message(std::span(into).first(length));
    if (!sent.intact || sent.number != received) wrong++;
    ++received;
  }
  other.join();
  CHECK(wrong == 0);
  CHECK(received == kMessages);
}
