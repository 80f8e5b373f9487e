// Loans: the receiver reads the very bytes that the sender wrote, in any number and any order, and memory that somebody
// held comes back however he went.
#include "messages/loan.h"

#include <cstring>
#include <thread>

#include "messages/pipe.h"
#include "support.h"

using namespace test;

namespace {

constexpr std::size_t kPage = IPC_EXTENT_PAGE;

std::unique_ptr<Queue> create(std::string_view name, std::uint64_t capacity = 1 << 20, std::uint64_t most = 0,
                              std::uint64_t max_bytes = 0, bool joinable = false) {
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {capacity, most, max_bytes}, {}, queue, joinable));
  return queue;
}
std::unique_ptr<Queue> open(std::string_view name) {
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::open(name, queue));
  return queue;
}

std::uint32_t pages(const std::unique_ptr<Queue>& queue) { return queue->channel().shared().extent_pages; }

Loan lend(Queue& queue, std::size_t bytes) {
  Loan loan;
  REQUIRE_OK(queue.lend(bytes, loan));
  REQUIRE(loan.bytes().size() == bytes);
  return loan;
}

void fill(const Loan& loan, std::uint64_t number) {
  const Bytes bytes = message(1, number, loan.bytes().size());
  std::memcpy(loan.bytes().data(), bytes.data(), bytes.size());
}

bool intact(const Loan& loan, std::uint64_t number) {
  const Sent sent = read_message(loan.bytes());
  return sent.intact && sent.number == number;
}

struct Got {
  Loan loan;
  Channel::LoanTaken what;
  Bytes beside;
};
Status get_loan(Queue& queue, Got& got) {
  Bytes into(65536);
  const Status s = queue.get_loan(into, got.loan, got.what);
  got.beside.assign(into.begin(), into.begin() + static_cast<std::ptrdiff_t>(s.ok() ? got.what.copied : 0));
  return s;
}
Got get_loan(Queue& queue) {
  Got got;
  REQUIRE_OK(get_loan(queue, got));
  return got;
}

}  // namespace

TEST_CASE("what was written into a loan is read where it was written") {
  const Name name("in-place");
  const auto a = create(name), b = open(name);
  Loan sent = lend(*a, 200'000);
  const std::uint32_t page = sent.run().page;
  const std::byte* const written_at = sent.bytes().data();
  fill(sent, 7);
  REQUIRE_OK(a->put_loan(sent, text("640x480"), false));
  CHECK_FALSE(sent.held());
  CHECK(sent.bytes().empty());
  Got got = get_loan(*b);
  CHECK(got.what.length == 200'000);
  CHECK_FALSE(got.what.encoded);
  CHECK(text_of(got.beside) == "640x480");
  REQUIRE(got.loan.bytes().size() == 200'000);
  CHECK(got.loan.run().page == page);
  CHECK(intact(got.loan, 7));
  // The same bytes through two mappings: what the reader writes stands in the writer's memory.
  got.loan.bytes()[0] = std::byte{0xee};
  CHECK(*written_at == std::byte{0xee});
  got.loan.release();
  got.loan.release();
  Loan next = lend(*a, 200'000);
  CHECK(next.run().page == page);
  CHECK(pages(a) == 4);
}

TEST_CASE("loans are given back in any order, and none is lent twice at a time") {
  const Name name("any-order");
  const auto a = create(name, 1 << 20), b = open(name);
  Random random(11);
  struct Held {
    Loan loan;
    std::uint64_t number;
  };
  std::vector<Held> writing, reading;
  std::uint64_t made = 0, sent = 0, got = 0;
  std::vector<std::uint64_t> queued;
  for (int step = 0; step < (UNDER_TSAN ? 1000 : 6000); ++step) {
    const std::uint64_t kind = random.below(5);
    if (kind == 0 && writing.size() < 8) {
      Loan loan = lend(*a, random.between(16, 5 * kPage));
      fill(loan, made);
      writing.push_back({std::move(loan), made++});
    } else if (kind == 1 && !writing.empty()) {
      const std::size_t which = random.below(writing.size());
      const Status s = a->put_loan(writing[which].loan, {}, false);
      if (s.code == Code::kFull) continue;
      REQUIRE_OK(s);
      queued.push_back(writing[which].number);
      writing.erase(writing.begin() + static_cast<std::ptrdiff_t>(which));
      ++sent;
    } else if (kind == 2 && !queued.empty() && reading.size() < 8) {
      Got one = get_loan(*b);
      REQUIRE(intact(one.loan, queued.front()));
      reading.push_back({std::move(one.loan), queued.front()});
      queued.erase(queued.begin());
      ++got;
    } else if (kind == 3 && !reading.empty()) {
      const std::size_t which = random.below(reading.size());
      REQUIRE(intact(reading[which].loan, reading[which].number));
      reading.erase(reading.begin() + static_cast<std::ptrdiff_t>(which));
    } else if (kind == 4 && !writing.empty() && random.below(4) == 0) {
      const std::size_t which = random.below(writing.size());
      REQUIRE(intact(writing[which].loan, writing[which].number));
      writing.erase(writing.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
  CHECK(got > 100);
  // Eight in each hand and a megabyte queued, five pages at the most each: no reason for much more.
  CHECK(pages(a) <= 2 * (8 * 5 + 8 * 5 + 16 + 5));
}

TEST_CASE("what a writer or a reader holds does not count as queued, and a loan waits for room when it is put") {
  const Name name("room");
  const auto a = create(name, 65536), b = open(name);
  Loan first = lend(*a, 100'000), second = lend(*a, 100'000);
  const std::uint64_t need = Channel::publishing(100'000, 3);
  REQUIRE_OK(a->put_loan(first, {}, false));
  CHECK(a->put_loan(second, text("abc"), false).code == Code::kFull);
  CHECK(second.held());
  CHECK_FALSE(a->ready(Queue::kPublishable, need, Look::kShared));
  CHECK(a->ready(Queue::kLendable, 100'000, Look::kShared));
  CHECK_OK(a->put(text("small ones pass"), false));
  Got held = get_loan(*b);
  CHECK(a->ready(Queue::kPublishable, need, Look::kShared));
  CHECK_OK(a->put_loan(second, text("abc"), false));
}

TEST_CASE("a loan waits where the queue has its number of items") {
  const Name name("items");
  const auto a = create(name, 65536, 1);
  Loan waiting = lend(*a, 10);
  REQUIRE_OK(a->put(text("x"), false));
  CHECK(a->put_loan(waiting, {}, false).code == Code::kFull);
  CHECK_FALSE(a->ready(Queue::kPublishable, Channel::publishing(10, 0), Look::kShared));
}

TEST_CASE("a loan that is asked for what there cannot be is refused") {
  const Name name("refused");
  const auto a = create(name, 4096, 0, 100'000), b = open(name);
  Loan loan;
  CHECK(a->lend(100'001, loan).code == Code::kTooLarge);
  CHECK(a->lend(0, loan).code == Code::kTooLarge);
  CHECK_FALSE(loan.held());
  CHECK(a->put_loan(loan, {}, false).code == Code::kClosed);
  loan = lend(*a, 100'000);
  CHECK(a->put_loan(loan, Bytes(IPC_LOAN_META_MAX + 1), false).code == Code::kTooLarge);
  // Another attachment's, and one that was received, are not this writer's.
  CHECK(b->put_loan(loan, {}, false).code == Code::kClosed);
  REQUIRE_OK(a->put_loan(loan, Bytes(IPC_LOAN_META_MAX), false));
  Got got = get_loan(*a);
  CHECK(got.beside.size() == IPC_LOAN_META_MAX);
  CHECK(a->put_loan(got.loan, {}, false).code == Code::kClosed);
  CHECK(got.loan.held());
  REQUIRE_OK(a->shut_down(false));
  CHECK(a->lend(10, loan).code == Code::kShutDown);
}

TEST_CASE("every message can be taken as a loan: small ones are copied, large ones are not") {
  const Name name("any-message");
  const auto a = create(name), b = open(name);
  const Bytes large = message(2, 5, 300'000);
  REQUIRE_OK(a->put(text("small"), false));
  REQUIRE_OK(a->put(large, false));
  Got small = get_loan(*b);
  CHECK_FALSE(small.loan.held());
  CHECK(small.what.encoded);
  CHECK(text_of(small.beside) == "small");
  Got big = get_loan(*b);
  CHECK(big.what.encoded);
  CHECK(big.beside.empty());
  CHECK(std::equal(large.begin(), large.end(), big.loan.bytes().begin(), big.loan.bytes().end()));
}

TEST_CASE("a plain get of a loan says so and leaves it, behind messages that it takes") {
  const Name name("plain");
  const auto a = create(name), b = open(name);
  REQUIRE_OK(a->put(text("before"), false));
  Loan loan = lend(*a, 100);
  REQUIRE_OK(a->put_loan(loan, {}, false));
  REQUIRE_OK(a->put(text("after"), false));
  Bytes into(65536);
  std::vector<std::uint32_t> lengths(10);
  std::uint32_t count = 0;
  std::uint64_t needed = 0;
  REQUIRE_OK(b->get_many(into, lengths, count, needed));
  CHECK(count == 1);
  CHECK(b->get_many(into, lengths, count, needed).code == Code::kLoan);
  CHECK(b->get(into, needed).code == Code::kLoan);
  std::uint64_t records = 0;
  CHECK_OK(b->count(records));
  CHECK(records == 2);
  CHECK(get_loan(*b).what.length == 100);
  REQUIRE_OK(b->get(into, needed));
  CHECK(text_of(std::span(into).first(needed)) == "after");
}

TEST_CASE("a joinable queue counts a message that was taken as a loan") {
  const Name name("joinable");
  const auto a = create(name, 1 << 20, 0, 0, true);
  Loan loan = lend(*a, 70'000);
  REQUIRE_OK(a->put_loan(loan, {}, false));
  Got got = get_loan(*a);
  std::uint64_t lost = 0;
  CHECK(a->join(lost).code == Code::kEmpty);
  REQUIRE_OK(a->finish_one());
  CHECK_OK(a->join(lost));
}

TEST_CASE("what somebody held when he left is lent again, and what he had put arrives") {
  const Name name("left");
  const auto a = create(name);
  auto b = open(name);
  Loan unsent = lend(*b, 3 * kPage), sent = lend(*b, 3 * kPage);
  fill(sent, 3);
  REQUIRE_OK(b->put_loan(sent, {}, false));
  Loan other = lend(*a, 3 * kPage);
  fill(other, 4);
  REQUIRE_OK(a->put_loan(other, {}, false));
  // Another loan of theirs is in use while they live.
  CHECK(pages(a) == 9);
  b->segment().detach();
  // Its memory may be somebody else's already: the stale loan changes nothing.
  Loan again = lend(*a, 3 * kPage);
  CHECK(again.run().page == unsent.run().page);
  fill(again, 5);
  unsent.release();
  Loan more = lend(*a, 3 * kPage);
  CHECK(more.run().page != again.run().page);
  CHECK(intact(again, 5));
  CHECK(intact(get_loan(*a).loan, 3));
  CHECK(intact(get_loan(*a).loan, 4));
}

TEST_CASE("what a reader held when he left is lent again") {
  const Name name("reader-left");
  const auto a = create(name);
  auto b = open(name);
  for (std::uint64_t i = 0; i < 2; ++i) REQUIRE_OK(a->put(message(1, i, 2 * kPage), false));
  Got first = get_loan(*b), second = get_loan(*b);
  Loan meanwhile = lend(*a, 4 * kPage);
  CHECK(pages(a) == 8);
  meanwhile.release();
  second.loan.release();
  b->segment().detach();
  Loan all = lend(*a, 8 * kPage);
  CHECK(pages(a) == 8);
  CHECK(all.run().page == 0);
}

TEST_CASE("releasing a loan wakes who waits for room") {
  const Name name("wakes");
  const auto a = create(name), b = open(name);
  Loan first = lend(*a, kPage);
  announce(b->segment(), b->channel().shared().not_full);
  const std::uint32_t before = load_relaxed(b->segment().self().signal);
  first.release();
  CHECK(load_relaxed(b->segment().self().signal) == before + 1);
}

TEST_CASE("a pipe lends, sends and receives in place, each way") {
  const Name name("pipe");
  std::unique_ptr<Pipe> a, b;
  REQUIRE_OK(Pipe::create(name, {{65536, 0, 0}, true}, {}, a));
  REQUIRE_OK(Pipe::open(name, b));
  REQUIRE_OK(a->send_away(1));
  REQUIRE_OK(b->claim(1));
  const auto there = [&](Pipe& from, unsigned end, Pipe& to, std::uint64_t number) {
    Loan loan;
    REQUIRE_OK(from.lend(end, 150'000, loan));
    fill(loan, number);
    REQUIRE_OK(from.send_loan(end, loan, text("meta")));
    Loan again;
    REQUIRE_OK(from.lend(end, 150'000, again));
    CHECK(from.send_loan(end, again, {}).code == Code::kFull);
    CHECK_FALSE(from.ready(Pipe::publishable_of(end), Channel::publishing(150'000, 0), Look::kShared));
    CHECK(from.ready(Pipe::lendable_of(end), 150'000, Look::kShared));
    Bytes into(65536);
    std::uint64_t length = 0;
    CHECK(to.receive(1 - end, into, length).code == Code::kLoan);
    REQUIRE_OK(to.next_length(1 - end, length));
    CHECK(length == 150'000);
    Loan received;
    Channel::LoanTaken what;
    REQUIRE_OK(to.receive_loan(1 - end, into, received, what));
    CHECK(text_of(std::span(into).first(what.copied)) == "meta");
    CHECK(intact(received, number));
    // A loan of the other direction is not for this one.
    CHECK(to.send_loan(1 - end, received, {}).code == Code::kClosed);
  };
  there(*a, 0, *b, 1);
  there(*b, 1, *a, 2);
  Loan kept;
  REQUIRE_OK(b->lend(1, 100, kept));
  b->close_end(1);
  CHECK(b->send_loan(1, kept, {}).code == Code::kClosed);
  Loan none;
  CHECK(a->lend(0, 100, none).code == Code::kBrokenPipe);
  Bytes into(100);
  Channel::LoanTaken what;
  CHECK(a->receive_loan(0, into, none, what).code == Code::kEndOfFile);
}

TEST_CASE("loans pass between threads that hold several of them and give them back out of order") {
  const Name name("loan-threads");
  const auto queue = create(name, 1 << 19);
  constexpr std::uint64_t kEach = UNDER_TSAN ? 60 : 1500;
  std::atomic<std::uint64_t> got{0}, sum{0};
  std::atomic<int> wrong{0};
  const auto until = [](Queue& mine, Condition condition, std::uint64_t need, const auto& attempt) {
    for (int i = 0; i < 600; ++i) {
      const Status s = attempt();
      if (s.code != Code::kFull && s.code != Code::kBusy && s.code != Code::kEmpty) return s;
      mine.wait_for(condition, need, kSlice);
    }
    return Status{Code::kBusy};
  };
  std::vector<std::thread> threads;
  for (std::uint32_t p = 0; p < 2; ++p) {
    threads.emplace_back([&, p] {
      std::unique_ptr<Queue> mine;
      if (!Queue::open(name, mine).ok()) return;
      Random random(p);
      for (std::uint64_t i = 0; i < kEach; ++i) {
        const std::size_t size = random.between(16, 200'000);
        Loan loan;
        if (!until(*mine, Queue::kLendable, size, [&] { return mine->lend(size, loan); }).ok()) wrong++;
        if (!loan.held()) return;
        const Bytes bytes = message(p, i, size);
        std::memcpy(loan.bytes().data(), bytes.data(), size);
        const std::uint64_t need = Channel::publishing(size, 0);
        if (!until(*mine, Queue::kPublishable, need, [&] { return mine->put_loan(loan, {}, true); }).ok()) wrong++;
      }
    });
  }
  for (std::uint64_t c = 0; c < 2; ++c) {
    threads.emplace_back([&, c] {
      std::unique_ptr<Queue> mine;
      if (!Queue::open(name, mine).ok()) return;
      Random random(100 + c);
      std::vector<Loan> held;
      Bytes into(2000);
      for (;;) {
        Loan loan;
        Channel::LoanTaken what;
        const Status s = until(*mine, Queue::kNotEmpty, 0, [&] { return mine->get_loan(into, loan, what); });
        if (s.code == Code::kShutDown) return;
        if (!s.ok()) {
          wrong++;
          return;
        }
        held.push_back(std::move(loan));
        if (held.size() < 4) continue;
        // Checked when it goes, after others have written and read elsewhere.
        const std::size_t which = random.below(held.size());
        const Sent sent = read_message(held[which].bytes());
        if (!sent.intact) wrong++;
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(which));
        sum += sent.number;
        got++;
        if (got + 6 >= 2 * kEach) held.clear();
      }
    });
  }
  threads[0].join();
  threads[1].join();
  CHECK_OK(queue->shut_down(false));
  threads[2].join();
  threads[3].join();
  CHECK(wrong == 0);
  CHECK(got + 8 >= 2 * kEach);
  CHECK(pages(queue) < 96);
}
