// A process that lends, sends, takes and gives back in place, through a queue and through both directions of a pipe, is
// killed at every point of that. What was published arrives, once and whole; what the living hold is nobody else's; no
// page stays behind.
#include <csignal>
#include <cstring>

#include "crash_support.h"
#include "messages/pipe.h"

using namespace test;

namespace {

constexpr std::size_t kPage = IPC_EXTENT_PAGE;
constexpr std::size_t kSize = 3 * kPage;
constexpr std::uint64_t kSentBefore = 4;  // to the victim, by the survivor

struct Names {
  explicit Names(const Name& base) : queue(base.also(1)), pipe(base.also(2)) {}
  std::string queue, pipe;
};

struct Stage {
  Gate made;
  std::atomic<std::uint64_t> put{0}, got{0};        // counted after the call returned
  std::atomic<std::uint64_t> sent{0}, received{0};  // the same, of the pipe
};

void write_into(Loan& loan, std::uint32_t sender, std::uint64_t number) {
  const Bytes bytes = message(sender, number, loan.bytes().size());
  std::memcpy(loan.bytes().data(), bytes.data(), bytes.size());
}

bool holds(const Loan& loan, std::uint32_t sender, std::uint64_t number) {
  const Sent sent = read_message(loan.bytes());
  return sent.intact && sent.sender == sender && sent.number == number;
}

// Several at a time, put and given back out of order; one is given back unpublished.
void use_queue(Queue& queue, Stage& stage) {
  Bytes into(2000);
  Loan loans[3];
  for (Loan& loan : loans) NEED(queue.lend(kSize, loan).ok());
  for (const int i : {2, 0}) {
    const std::uint64_t number = stage.put;
    write_into(loans[i], 1, number);
    NEED(queue.put_loan(loans[i], text("meta"), false).ok());
    stage.put = number + 1;
  }
  Loan taken[2];
  for (Loan& loan : taken) {
    Channel::LoanTaken what;
    NEED(queue.get_loan(into, loan, what).ok());
    NEED(holds(loan, 1, stage.got));
    stage.got++;
  }
  taken[1].release();
}

void use_pipe(Pipe& pipe, Stage& stage) {
  Bytes into(2000);
  Loan kept, loan, taken;
  NEED(pipe.lend(1, 2 * kSize, kept).ok());
  NEED(pipe.lend(1, kSize, loan).ok());
  write_into(loan, 2, stage.sent);
  NEED(pipe.send_loan(1, loan, text("meta")).ok());
  stage.sent++;
  Channel::LoanTaken what;
  const Status s = pipe.receive_loan(1, into, taken, what);
  NEED(s.ok() == (stage.received < kSentBefore));
  if (!s.ok()) return;
  NEED(holds(taken, 3, stage.received));
  stage.received++;
}

int work(const Names& names, Stage& stage) {
  NEED(stage.made.await());
  std::unique_ptr<Queue> queue;
  std::unique_ptr<Pipe> pipe;
  NEED(Queue::open(names.queue, queue).ok());
  NEED(Pipe::open(names.pipe, pipe).ok());
  NEED(pipe->claim(1).ok());
  for (int round = 0; round < 5; ++round) {
    use_queue(*queue, stage);
    use_pipe(*pipe, stage);
  }
  return 0;
}

// What the dead one published and had not taken, in order; a message may have been in its hands, or not counted yet.
void drain(Queue& queue, const Stage& stage) {
  Bytes into(2000);
  std::uint64_t expected = stage.got;
  for (bool first = true;; first = false) {
    Loan loan;
    Channel::LoanTaken what;
    Status s{Code::kBusy};
    REQUIRE(eventually([&] { return (s = queue.get_loan(into, loan, what)).code != Code::kBusy; }));
    if (s.code == Code::kEmpty) break;
    REQUIRE_OK(s);
    CHECK(text_of(std::span(into).first(what.copied)) == "meta");
    const Sent sent = read_message(loan.bytes());
    REQUIRE(sent.intact);
    if (first && sent.number == expected + 1) ++expected;
    REQUIRE(sent.number == expected);
    ++expected;
  }
  const std::uint64_t put = stage.put;
  const bool all = expected == put || expected == put + 1 || expected + 1 == put;
  CHECK(all);
}

// All that was sent, then the end of file.
void drain(Pipe& pipe, const Stage& stage) {
  Bytes into(2000);
  std::uint64_t expected = 0;
  Status s;
  REQUIRE(eventually([&] {
    Loan loan;
    Channel::LoanTaken what;
    s = pipe.receive_loan(0, into, loan, what);
    if (s.ok()) REQUIRE(holds(loan, 2, expected++));
    if (s.code == Code::kEmpty) pipe.wait_for(Pipe::readable_of(0), 0, kSlice);
    return !s.ok() && s.code != Code::kEmpty;
  }));
  CHECK(s.code == Code::kEndOfFile);
  const bool all = expected == stage.sent || expected == stage.sent + 1;
  CHECK(all);
  Loan loan;
  CHECK(pipe.lend(0, kSize, loan).code == Code::kBrokenPipe);
}

// All that there ever was can be lent in one piece: nothing is held by the dead, and nothing is lost.
void check_pages(Channel& channel) {
  const std::uint32_t pages = channel.shared().extent_pages;
  if (pages == 0) return;
  Loan all;
  REQUIRE_OK(channel.lend(std::uint64_t{pages} * kPage, all));
  CHECK(all.run().page == 0);
  CHECK(channel.shared().extent_pages == pages);
}

Census run(const std::string& point, int passage) {
  const Name name("loan-crash");
  const Names names(name);
  Shared<Stage> stage;
  Victim victim(point, passage, [&] { return work(names, *stage); });
  {
    std::unique_ptr<Queue> queue;
    std::unique_ptr<Pipe> pipe;
    REQUIRE_OK(Queue::create(names.queue, {1 << 20, 0, 0}, {}, queue));
    REQUIRE_OK(Pipe::create(names.pipe, {{1 << 20, 0, 0}, true}, {}, pipe));
    for (std::uint64_t number = 0; number < kSentBefore; ++number) {
      Loan loan;
      REQUIRE_OK(pipe->lend(0, kSize, loan));
      write_into(loan, 3, number);
      REQUIRE_OK(pipe->send_loan(0, loan, {}));
    }
    REQUIRE_OK(pipe->send_away(1));
    // In the survivor's hands all the while: one that it writes, and one that it reads.
    Bytes into(2000);
    Channel::LoanTaken what;
    Loan writing, put, reading;
    REQUIRE_OK(queue->lend(kSize, writing));
    write_into(writing, 4, 0);
    REQUIRE_OK(queue->lend(kSize, put));
    write_into(put, 4, 1);
    REQUIRE_OK(queue->put_loan(put, {}, false));
    REQUIRE_OK(queue->get_loan(into, reading, what));
    stage->made.open();
    REQUIRE(victim.wait() == (point.empty() ? 0 : -SIGKILL));
    for (const std::string& one : {names.queue, names.pipe}) check_rules(one);
    Loan again;
    Status s{Code::kBusy};
    REQUIRE(eventually([&] { return (s = queue->lend(kSize, again)).code != Code::kBusy; }));
    REQUIRE_OK(s);
    if (!point.empty()) went_on(victim);
    write_into(again, 4, 2);
    drain(*queue, *stage);
    // Killed before it had taken its end, which is then still ours.
    if (pipe->owner(1).has_value()) pipe->close_end(1);
    drain(*pipe, *stage);
    CHECK(holds(writing, 4, 0));
    CHECK(holds(reading, 4, 1));
    for (Loan* loan : {&writing, &reading, &again}) loan->release();
    check_pages(queue->channel());
    // Nobody will read what the dead one has not received; it counts until the last one leaves.
    if (stage->received == kSentBefore) check_pages(pipe->outgoing(0));
    check_pages(pipe->outgoing(1));
    for (const std::string& one : {names.queue, names.pipe}) check_rules(one);
  }
  sweep();
  return victim.census();
}

const Register registered("loans", &run);

}  // namespace

TEST_CASE("whoever is killed on a loan's way, what was put arrives and what was held is lent again") {
  kill_everywhere(&run);
}

TEST_CASE("a table that says otherwise than the loan is corrupt, and the loan can be given up") {
  const Name name("loan-hostile");
  std::unique_ptr<Queue> a, b;
  REQUIRE_OK(Queue::create(name, {1 << 20, 0, 0}, {}, a));
  REQUIRE_OK(Queue::open(name, b));
  Loan loan;
  REQUIRE_OK(a->lend(kSize, loan));
  auto* table = reinterpret_cast<ipc_run*>(loan.mapping()->base);
  const std::uint64_t good = table[0].state;
  for (const std::uint64_t bad : {std::uint64_t{0}, good ^ 3, good ^ (std::uint64_t{1} << 2), ~std::uint64_t{0}}) {
    table[0].state = bad;
    CHECK(a->put_loan(loan, {}, false).code == Code::kCorrupt);
    CHECK(loan.held());
  }
  table[0].state = good;
  for (const std::uint32_t bad : {0u, 4u, UINT32_MAX}) {
    table[0].pages = bad;
    CHECK(a->put_loan(loan, {}, false).code == Code::kCorrupt);
    Loan other;
    CHECK(b->lend(kSize, other).code == Code::kCorrupt);
  }
  table[0].pages = 3;
  REQUIRE_OK(a->put_loan(loan, text("abc"), false));
  ipc_channel& channel = a->channel().shared();
  auto* record = reinterpret_cast<std::uint32_t*>(a->segment().base() + channel.ring_offset);
  auto* reference = reinterpret_cast<ipc_extent_ref*>(record + 2);
  const ipc_extent_ref right = *reference;
  Bytes into(2000);
  Channel::LoanTaken what;
  std::uint64_t length = 0;
  const auto corrupt = [&] {
    Loan got;
    return b->get_loan(into, got, what).code == Code::kCorrupt && !got.held() &&
           b->get(into, length).code == Code::kCorrupt;
  };
  for (const ipc_extent_ref& bad : {ipc_extent_ref{3, 1, 100}, ipc_extent_ref{0, 0, 0}, ipc_extent_ref{1, 3, 100},
                                    ipc_extent_ref{0, 3, kSize + 1}, ipc_extent_ref{0, 3, UINT64_MAX}}) {
    *reference = bad;
    CHECK(corrupt());
  }
  *reference = right;
  for (const std::uint32_t bad : {0u, 8u, 15u}) {
    record[0] = bad;
    CHECK(corrupt());
  }
  record[0] = 19;
  record[1] = IPC_RECORD_EXTENT;  // has no metadata
  CHECK(corrupt());
  record[1] = IPC_RECORD_LOAN;
  Loan got;
  CHECK_OK(b->get_loan(into, got, what));
}
