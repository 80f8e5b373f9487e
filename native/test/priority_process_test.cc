// Producers and consumers of a priority queue in processes that are killed at random moments: nothing that was put is
// lost, doubled or mangled, and each producer's items of one priority arrive in its order.
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <map>

#include "priority_support.h"

using namespace test;

namespace {

constexpr std::size_t kProducers = 4;
constexpr std::size_t kConsumers = 4;
constexpr std::size_t kNumbers = 60'000;
constexpr std::uint64_t kPriorities = 3;

struct Ledger {
  Gate start;
  std::atomic<int> stop_producing{0};
  std::array<std::atomic<std::uint64_t>, kProducers> put{};  // how many puts of each returned
  std::array<std::array<std::atomic<std::uint8_t>, kNumbers>, kProducers> received{};
  std::atomic<int> mangled{0}, disordered{0}, failed{0};
};

int produce(std::string_view name, Ledger& ledger, std::uint32_t me) {
  NEED(ledger.start.await());
  std::unique_ptr<PriorityQueue> queue;
  NEED(PriorityQueue::open(name, queue).ok());
  Random random(me + 100);
  for (std::uint64_t number = 0; number < kNumbers && ledger.stop_producing == 0; ++number) {
    const std::size_t size = random.below(400) == 0 ? random.between(40'000, 100'000) : random.between(16, 600);
    const Bytes bytes = with_priority(message(me, number, size), static_cast<double>(number % kPriorities));
    const Status s = put_wait(*queue, bytes, 30, size > 600);
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
  std::unique_ptr<PriorityQueue> queue;
  NEED(PriorityQueue::open(name, queue).ok());
  Bytes into(1 << 18);
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> next;
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
    std::uint64_t& expected = next[{sent.sender, sent.number % kPriorities}];
    if (sent.number < expected) ledger.disordered++;
    expected = sent.number + 1;
  }
}

void run(const Name& name, std::size_t killed_producers, std::size_t killed_consumers, std::uint64_t seed) {
  Shared<Ledger> ledger;
  std::vector<std::unique_ptr<Child>> producers, consumers;
  for (std::uint32_t p = 0; p < kProducers; ++p)
    producers.push_back(std::make_unique<Child>([&, p] { return produce(name, *ledger, p); }));
  for (std::size_t c = 0; c < kConsumers; ++c)
    consumers.push_back(std::make_unique<Child>([&] { return consume(name, *ledger); }));
  std::unique_ptr<PriorityQueue> queue;
  REQUIRE_OK(PriorityQueue::create(name, {65536, 0, 0}, {}, queue));
  ledger->start.open();
  Random random(seed);
  REQUIRE(eventually([&] { return ledger->put[0] > 100; }));
  for (std::size_t k = 0; k < std::max(killed_producers, killed_consumers); ++k) {
    sleep_ms(static_cast<double>(random.between(10'000, 80'000)) / 1000);
    if (k < killed_producers) producers[k]->kill();
    sleep_ms(static_cast<double>(random.between(10'000, 80'000)) / 1000);
    if (k < killed_consumers) consumers[k]->kill();
  }
  sleep_ms(100);
  ledger->stop_producing = 1;
  for (std::size_t p = killed_producers; p < kProducers; ++p) CHECK(producers[p]->wait() == 0);
  queue->shut_down(false);
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
  CHECK(queue->count() == 0);
  CHECK(queue->shared().slab.used == 0);
}

}  // namespace

TEST_CASE("every item of a priority queue arrives once while all processes live") {
  const Name name("priority-alive");
  run(name, 0, 0, 1);
}

TEST_CASE("every item of a priority queue but those in dead hands arrives once though both sides are killed") {
  const Name name("priority-killed");
  for (std::uint64_t round = 0; round < 4; ++round) run(name, 3, 3, 4 + round);
}

TEST_CASE(
    "a process stopped inside a priority queue keeps others out for as long as it lives, and they are told at once") {
  const Name name("priority-stopped");
  Shared<Gate> start;
  Child worker([&] {
    NEED(start->await());
    std::unique_ptr<PriorityQueue> queue;
    NEED(PriorityQueue::open(name, queue).ok());
    const Bytes bytes = with_priority(message(1, 1, 60'000), 0);
    Bytes into(60'000);
    std::uint64_t length = 0;
    for (;;) {
      NEED(put_wait(*queue, bytes).ok());
      start->add();
      static_cast<void>(queue->get(into, length));
    }
    return 0;
  });
  std::unique_ptr<PriorityQueue> queue;
  REQUIRE_OK(PriorityQueue::create(name, {65536, 0, 0}, {}, queue));
  start->open();
  REQUIRE(start->await(10));
  Bytes into(60'000);
  std::uint64_t length = 0;
  // Until it is stopped while it has the lock, where it spends most of its time.
  bool inside = false;
  for (int stop = 0; stop < 2000 && !inside; ++stop) {
    const int so_far = start->passed;
    REQUIRE(start->await(so_far + 1));
    worker.signal(SIGSTOP);
    int status = 0;
    REQUIRE(::waitpid(worker.pid(), &status, WUNTRACED) == worker.pid());
    REQUIRE(WIFSTOPPED(status));
    const Nanoseconds before = monotonic_now();
    inside = queue->get(into, length).code == Code::kBusy;
    CHECK(monotonic_now() - before < 500 * kMillisecond);
    if (!inside) worker.signal(SIGCONT);
  }
  REQUIRE(inside);
  CHECK(queue->put(with_priority({}, 0), false).code == Code::kBusy);
  worker.kill();
  // The next one repairs what it left.
  const Status s = queue->get(into, length);
  const bool went_on = s.ok() || s.code == Code::kEmpty;
  CHECK(went_on);
  CHECK_OK(queue->put(with_priority(message(1, 1, 100), 0), false));
}
