// A batch goes in whole, or not at all, wherever its producer is killed.
#include <csignal>

#include "crash_support.h"

using namespace test;

namespace {

constexpr std::uint32_t kBatch = 3;

struct Stage {
  Gate ready;
  std::atomic<std::uint64_t> put{0};  // counted after the call returned
};

// The last message of a batch is too large for a record of the ring.
std::size_t size_of(std::uint64_t number) { return number % kBatch == kBatch - 1 ? 100'000 : 50; }

int work(std::string_view name, Stage& stage) {
  NEED(stage.ready.await());
  std::unique_ptr<Queue> queue;
  NEED(Queue::open(name, queue).ok());
  for (int round = 0; round < 4; ++round) {
    Bytes batch;
    std::uint32_t lengths[kBatch];
    for (std::uint32_t i = 0; i < kBatch; ++i) {
      const Bytes one = message(1, stage.put + i, size_of(stage.put + i));
      batch.insert(batch.end(), one.begin(), one.end());
      lengths[i] = static_cast<std::uint32_t>(one.size());
    }
    std::uint32_t pushed = 0;
    NEED(queue->put_many(batch, lengths, false, pushed).ok());
    NEED(pushed == kBatch);
    stage.put += kBatch;
  }
  return 0;
}

Census run(const std::string& point, int passage) {
  const Name name("crash-batch");
  Shared<Stage> stage;
  Victim victim(point, passage, [&] { return work(name, *stage); });
  {
    std::unique_ptr<Queue> queue;
    REQUIRE_OK(Queue::create(name, {1 << 20, 0, 0}, {}, queue));
    stage->ready.open();
    REQUIRE(victim.wait() == (point.empty() ? 0 : -SIGKILL));
    check_rules(name);
    Bytes into(1 << 20);
    std::uint64_t got = 0;
    for (;; ++got) {
      std::uint64_t length = 0;
      const Status s = get_wait(*queue, into, length, 0);
      if (got == 0 && !point.empty()) went_on(victim);
      if (s.code == Code::kEmpty) break;
      REQUIRE_OK(s);
      const Sent sent = read_message(std::span(into).first(length));
      REQUIRE(sent.intact);
      REQUIRE(sent.number == got);
    }
    CHECK(got % kBatch == 0);
    CHECK((got == stage->put || got == stage->put + kBatch));
  }
  sweep();
  return victim.census();
}

const Register registered("batches", &run);

}  // namespace

TEST_CASE("whoever is killed while it puts a batch has put all of it or nothing") { kill_everywhere(&run); }
