// Each thing that a table of pages, or a reference to one, can say and must not: refused in these words. By chance
// alone two words seldom lie so that they agree with each other (native/fuzz does the rest).
#include <unistd.h>

#include <cstring>

#include "messages/loan.h"
#include "support.h"

using namespace test;

namespace {

// A queue with a message of two pages at the head, and its words as a stranger sees them.
class Victim {
 public:
  explicit Victim(std::string_view name) {
    REQUIRE_OK(Queue::create(name, {65536, 0, 0}, {}, queue));
    REQUIRE_OK(queue->put(Bytes(100'000), false));
    ipc_channel& shared = queue->channel().shared();
    void* at = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, queue->segment().fd(),
                      static_cast<off_t>(shared.table_offset));
    REQUIRE(at != MAP_FAILED);
    runs = static_cast<ipc_run*>(at);
    record = reinterpret_cast<ipc_record*>(queue->segment().base() + shared.ring_offset);
    reference = reinterpret_cast<ipc_extent_ref*>(record + 1);
    REQUIRE(record->type == IPC_RECORD_EXTENT);
    REQUIRE(shared.extent_pages == 2);
  }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;
  ~Victim() { ::munmap(runs, 4096); }

  ipc_channel& channel() const { return queue->channel().shared(); }
  // As long as a file with one table can be, and nothing in it: no reference can be beyond its end.
  void lengthen() const {
    const std::uint64_t size = channel().table_offset + Extents::kTableBytes + Extents::kRegionBytes + (16u << 20);
    REQUIRE(::ftruncate(queue->segment().fd(), static_cast<off_t>(size)) == 0);
  }
  // The message is passed by: its pages are free, and so is the table.
  void drop_message() const { store_relaxed(channel().head, load_relaxed(channel().tail)); }

  // The record, and the tail behind it: nothing else is wrong with it.
  void relength(std::uint32_t length) const {
    record->length = length;
    store_relaxed(channel().tail, Position{}.advanced(record_bytes(length), 1).word);
  }

  std::unique_ptr<Queue> queue;
  ipc_run* runs = nullptr;
  ipc_record* record = nullptr;
  ipc_extent_ref* reference = nullptr;
};

void refused(const Status& s, Code code, std::string_view words = {}) {
  CHECK(s.code == code);
  if (!words.empty()) CHECK(std::string_view(s.call != nullptr ? s.call : "").find(words) != std::string_view::npos);
}

Status lend(const Victim& victim) {
  Loan loan;
  return victim.queue->lend(70'000, loan);
}
Status take(const Victim& victim) {
  Bytes into(200'000);
  std::uint64_t length = 0;
  const Status copied = victim.queue->get(into, length);
  Loan loan;
  Channel::LoanTaken what;
  const Status lent = victim.queue->get_loan(into, loan, what);
  CHECK(copied.code == lent.code);
  return copied;
}

}  // namespace

TEST_CASE("a producer refuses a table of pages that cannot be") {
  const Name name("table-put");
  const Victim victim(name);
  victim.drop_message();
  SUBCASE("longer than it can be") {
    victim.lengthen();
    victim.channel().extent_pages = IPC_EXTENT_MAX_PAGES + 1;
    refused(lend(victim), Code::kCorrupt, "longer than it can be");
  }
  SUBCASE("longer than the file") {
    victim.channel().extent_pages = 1000;
    victim.runs[0].pages = 1000;
    refused(lend(victim), Code::kTruncated);
  }
  SUBCASE("with a run of nothing") {
    victim.runs[0].pages = 0;
    refused(lend(victim), Code::kCorrupt, "reaches past its table");
  }
  SUBCASE("with a run beyond its end") {
    victim.runs[0].pages = 3;
    refused(lend(victim), Code::kCorrupt, "reaches past its table");
  }
  CHECK_FALSE(victim.queue->damaged());
}

TEST_CASE("a consumer refuses a reference to pages that cannot be") {
  const Name name("table-get");
  const Victim victim(name);
  SUBCASE("beyond the longest table") {
    victim.lengthen();
    victim.channel().extent_pages = IPC_EXTENT_MAX_PAGES + 100;
    *victim.reference = {IPC_EXTENT_MAX_PAGES + 10, 2, 100'000};
    refused(take(victim), Code::kCorrupt, "outside the table");
  }
  SUBCASE("that begin behind the table") {
    *victim.reference = {2, 1, 60'000};
    refused(take(victim), Code::kCorrupt, "outside the table");
  }
  SUBCASE("that end behind the table") {
    *victim.reference = {1, 2, 100'000};
    refused(take(victim), Code::kCorrupt, "outside the table");
  }
  SUBCASE("that are none") {
    *victim.reference = {0, 0, 0};
    refused(take(victim), Code::kCorrupt, "outside the table");
  }
  SUBCASE("that are fewer than the message needs") {
    *victim.reference = {0, 1, 65'537};
    refused(take(victim), Code::kCorrupt, "outside the table");
  }
  SUBCASE("that the file does not have") {
    victim.channel().extent_pages = 1000;
    *victim.reference = {500, 2, 100'000};
    refused(take(victim), Code::kTruncated);
  }
  SUBCASE("that is too short") {
    victim.relength(12);
    refused(take(victim), Code::kCorrupt, "wrong length");
  }
  SUBCASE("that brings along what only a loan does") {
    victim.relength(24);
    refused(take(victim), Code::kCorrupt, "wrong length");
  }
  SUBCASE("that brings along more than a loan may") {
    victim.record->type = IPC_RECORD_LOAN;
    victim.relength(sizeof(ipc_extent_ref) + IPC_LOAN_META_MAX + 1);
    Loan loan;
    Channel::LoanTaken what;
    refused(victim.queue->get_loan({}, loan, what), Code::kCorrupt, "wrong length");
  }
  CHECK_FALSE(victim.queue->damaged());
}

TEST_CASE("a loan that the table gives to another is not published, nor one of another queue") {
  const Name name("lent"), elsewhere("lent-elsewhere");
  const Victim victim(name), other(elsewhere);
  victim.drop_message();
  Loan loan;
  REQUIRE_OK(victim.queue->lend(100'000, loan));
  CHECK(other.queue->put_loan(loan, {}, false).code == Code::kClosed);
  REQUIRE(loan.held());
  ipc_run& run = victim.runs[loan.run().page];
  const std::uint64_t mine = load_relaxed(run.state);
  store_relaxed(run.state, mine ^ std::uint64_t{1} << 2);  // the slot beside
  refused(victim.queue->put_loan(loan, {}, false), Code::kCorrupt, "not its own any more");
  store_relaxed(run.state, mine);
  CHECK_OK(victim.queue->put_loan(loan, {}, false));
}

TEST_CASE("who has detached gives no pages back: they may be another's by then") {
  const Name name("left");
  const Victim victim(name);
  Loan loan;
  REQUIRE_OK(victim.queue->lend(100'000, loan));
  ipc_run& run = victim.runs[loan.run().page];
  const std::uint64_t before = load_relaxed(run.state);
  REQUIRE((before & 3) == IPC_RUN_WRITING);
  std::unique_ptr<Queue> again;
  REQUIRE_OK(Queue::open(name, again));
  victim.queue->segment().detach();
  loan.release();
  CHECK(load_relaxed(run.state) == before);
}
