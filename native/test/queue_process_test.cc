// Producers and consumers in processes that are killed at random moments: nothing is lost, doubled or out of order.
#include <array>
#include <csignal>
#include <map>

#include <unistd.h>

#include "support.h"

using namespace test;

namespace {

constexpr std::size_t kProducers = 4;
constexpr std::size_t kConsumers = 4;
constexpr std::size_t kNumbers = 60'000;

struct Ledger {
  Gate start;
  std::atomic<int> stop_producing{0};
  std::array<std::atomic<std::uint64_t>, kProducers> put{};  // how many puts of each returned
  std::array<std::array<std::atomic<std::uint8_t>, kNumbers>, kProducers> received{};
  std::atomic<int> mangled{0}, disordered{0}, failed{0};
};

int produce(std::string_view name, Ledger& ledger, std::uint32_t me) {
  NEED(ledger.start.await());
  std::unique_ptr<Queue> queue;
  NEED(Queue::open(name, queue).ok());
  Random random(me + 100);
  for (std::uint64_t number = 0; number < kNumbers && ledger.stop_producing == 0; ++number) {
    const std::size_t size = random.below(400) == 0 ? random.between(70'000, 200'000) : random.between(16, 600);
    const Status s = put_wait(*queue, message(me, number, size), 30, size > 600);
    if (!s.ok()) {
      std::fprintf(stderr, "put: %d %s\n", static_cast<int>(s.code), s.call == nullptr ? "" : s.call);
      ledger.failed++;
      return 1;
    }
    ledger.put[me].store(number + 1);
  }
  return 0;
}

int consume(std::string_view name, Ledger& ledger) {
  NEED(ledger.start.await());
  std::unique_ptr<Queue> queue;
  NEED(Queue::open(name, queue).ok());
  Bytes into(1 << 18);
  std::map<std::uint32_t, std::uint64_t> next;
  for (;;) {
    std::uint64_t length = 0;
    const Status s = get_wait(*queue, into, length);
    if (s.code == Code::kShutDown) return 0;
    if (!s.ok()) {
      std::fprintf(stderr, "get: %d %s\n", static_cast<int>(s.code), s.call == nullptr ? "" : s.call);
      ledger.failed++;
      return 1;
    }
    const Sent sent = read_message(std::span(into).first(length));
    if (!sent.intact || sent.sender >= kProducers || sent.number >= kNumbers) {
      ledger.mangled++;
      continue;
    }
    ledger.received[sent.sender][sent.number]++;
    if (sent.number < next[sent.sender]) ledger.disordered++;
    next[sent.sender] = sent.number + 1;
  }
}

// Runs everybody for a while, kills some, lets the rest finish, and adds up.
void run(const Name& name, std::size_t killed_producers, std::size_t killed_consumers, std::uint64_t seed) {
  Shared<Ledger> ledger;
  std::vector<std::unique_ptr<Child>> producers, consumers;
  for (std::uint32_t p = 0; p < kProducers; ++p)
    producers.push_back(std::make_unique<Child>([&, p] { return produce(name, *ledger, p); }));
  for (std::size_t c = 0; c < kConsumers; ++c)
    consumers.push_back(std::make_unique<Child>([&] { return consume(name, *ledger); }));
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {65536, 0, 0}, {}, queue));
  ledger->start.open();
  Random random(seed);
  sleep_ms(100);
  for (std::size_t k = 0; k < std::max(killed_producers, killed_consumers); ++k) {
    sleep_ms(static_cast<double>(random.between(10'000, 80'000)) / 1000);
    if (k < killed_producers) producers[k]->kill();
    sleep_ms(static_cast<double>(random.between(10'000, 80'000)) / 1000);
    if (k < killed_consumers) consumers[k]->kill();
  }
  sleep_ms(150);
  ledger->stop_producing = 1;
  for (std::size_t p = killed_producers; p < kProducers; ++p) CHECK(producers[p]->wait() == 0);
  CHECK_OK(queue->shut_down(false));
  for (std::size_t c = killed_consumers; c < kConsumers; ++c) CHECK(consumers[c]->wait() == 0);

  std::uint64_t lost = 0, doubled = 0, invented = 0, total = 0;
  for (std::size_t p = 0; p < kProducers; ++p) {
    const std::uint64_t put = ledger->put[p];
    total += put;
    for (std::uint64_t number = 0; number < kNumbers; ++number) {
      const int times = ledger->received[p][number];
      if (times == 0 && number < put) lost++;
      if (times > 1) doubled++;
      // One that was killed may have published a last message without having said so.
      if (times > 0 && number > put) invented++;
    }
  }
  CHECK(ledger->failed == 0);
  CHECK(ledger->mangled == 0);
  CHECK(ledger->disordered == 0);
  CHECK(doubled == 0);
  CHECK(invented == 0);
  CHECK(lost <= killed_consumers);  // each had at most one message in its hands
  CHECK(total > 1000);
  std::uint64_t left = 1;
  CHECK_OK(queue->count(left));
  CHECK(left == 0);
  // What the dead held of the pages is free again.
  CHECK(queue->channel().shared().extent_pages < 64);
}

}  // namespace

TEST_CASE("every message arrives once and in order while all processes live") {
  const Name name("alive");
  run(name, 0, 0, 1);
}

TEST_CASE("every message arrives once and in order though producers are killed") {
  const Name name("producers");
  run(name, 3, 0, 2);
}

TEST_CASE("every message but those in dead hands arrives once and in order though consumers are killed") {
  const Name name("consumers");
  run(name, 0, 3, 3);
}

TEST_CASE("every message but those in dead hands arrives once and in order though both are killed") {
  const Name name("both");
  for (std::uint64_t round = 0; round < 2; ++round) run(name, 3, 3, 4 + round);
}

TEST_CASE("a stopped consumer or producer holds nobody up for long") {
  const Name name("stopped");
  Shared<Ledger> ledger;
  Child producer([&] { return produce(name, *ledger, 0); });
  Child consumer([&] { return consume(name, *ledger); });
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {65536, 0, 0}, {}, queue));
  ledger->start.open();
  REQUIRE(eventually([&] { return ledger->put[0] > 100; }));
  Random random(9);
  for (int stop = 0; stop < 20; ++stop) {
    Child& which = stop % 2 == 0 ? producer : consumer;
    sleep_ms(static_cast<double>(random.below(2000)) / 1000);
    which.signal(SIGSTOP);
    // It may have been stopped inside the lock: then everybody is told "busy" at once, and nobody takes the lock over.
    const Nanoseconds before = monotonic_now();
    const Status s = queue->put(message(3, static_cast<std::uint64_t>(stop), 16), false);
    CHECK(monotonic_now() - before < 500 * kMillisecond);
    const bool understood = s.ok() || s.code == Code::kBusy || s.code == Code::kFull;
    CHECK(understood);
    which.signal(SIGCONT);
  }
  ledger->stop_producing = 1;
  CHECK(producer.wait() == 0);
  CHECK_OK(queue->shut_down(false));
  CHECK(consumer.wait() == 0);
  CHECK(ledger->mangled == 0);
  CHECK(ledger->disordered == 0);
  for (std::uint64_t number = 0; number < ledger->put[0]; ++number) {
    if (ledger->received[0][number] != 1) FAIL_CHECK("message " << number << " did not arrive once");
  }
}
