// Whatever the shared bytes say: status codes come out, no crash, no hang, no step outside. Run it under the sanitizers.
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <set>
#include <thread>

#include "cell.h"
#include "mutex.h"
#include "pipe.h"
#include "support.h"

using namespace test;

namespace {

constexpr double kSeconds = 1.2;

// Values that break arithmetic more often than chance does.
std::uint64_t nasty(Random& random, std::uint64_t old) {
  switch (random.below(10)) {
    case 0:
      return 0;
    case 1:
      return UINT64_MAX;
    case 2:
      return old + 1;
    case 3:
      return old - 1;
    case 4:
      return old ^ std::uint64_t{1} << random.below(64);
    case 5:
      return old + (std::uint64_t{1} << 36);
    case 6:
      return 0xfffffff8fffffff8;
    case 7:
      return random.below(64) * 8;
    case 8:
      return std::uint64_t{1} << 63 | random.below(4);
    default:
      return random.next();
  }
}

// Changes words between two addresses, as any process with the file open could.
class Vandal {
 public:
  Vandal(std::byte* base, std::uint64_t bytes, std::uint64_t seed) : base_(base), words_(bytes / 8), random_(seed) {}
  void strike() {
    auto& word = *reinterpret_cast<std::uint64_t*>(base_ + random_.below(words_) * 8);
    const std::uint64_t old = load_relaxed(word);
    store_relaxed(word, nasty(random_, old));
  }

 private:
  std::byte* base_;
  std::uint64_t words_;
  Random random_;
};

// Strikes from beside while `work` runs, or, where the race detector would rightly call that a race, between its steps.
template <class Work>
void under_attack(Vandal vandal, Work work) {
  const Nanoseconds end = monotonic_now() + static_cast<Nanoseconds>(kSeconds * 1e9);
#if UNDER_TSAN
  while (monotonic_now() < end) {
    vandal.strike();
    work();
  }
#else
  std::atomic<bool> stop{false};
  std::thread attacker([&] {
    while (!stop) {
      vandal.strike();
      for (int i = 0; i < 300; ++i) cpu_relax();
    }
  });
  while (monotonic_now() < end) work();
  stop = true;
  attacker.join();
#endif
}

// No single call may take long, whatever it meets.
class Stopwatch {
 public:
  template <class Call>
  void operator()(Call call) {
    const Nanoseconds before = monotonic_now();
    codes.insert(call().code);
    longest = std::max(longest, monotonic_now() - before);
  }
  Nanoseconds longest = 0;
  std::set<Code> codes;
};

struct Restored {
  explicit Restored(ipc_channel& channel) : at(channel), good(channel) {}
  void operator()() const {
    store_relaxed(at.head, std::uint64_t{0});
    store_relaxed(at.tail, std::uint64_t{0});
    store_relaxed(at.state, good.state);
    store_relaxed(at.turn, good.turn);
  }
  ipc_channel& at;
  ipc_channel good;
};

}  // namespace

TEST_CASE("a ring in memory of exactly its size is never left, whatever its positions and records say") {
  ipc_channel channel{};
  const std::unique_ptr<std::uint64_t[]> memory(new std::uint64_t[4096 / 8]());
  auto* data = reinterpret_cast<std::byte*>(memory.get());
  Random random(1);
  Vandal positions(reinterpret_cast<std::byte*>(&channel) + 128, 256, 2), records(data, 4096, 3);
  Ring producer(channel, data, 4096), consumer(channel, data, 4096);
  std::set<Code> codes;
  std::uint64_t read = 0;
  for (int step = 0; step < 400'000; ++step) {
    if (random.below(4) == 0) (random.below(2) == 0 ? positions : records).strike();
    if (random.below(50) == 0) channel.head = channel.tail = random.below(600);
    if (random.below(2) == 0) {
      Status s = producer.begin_write();
      std::span<std::byte> room;
      if (s.ok()) s = producer.reserve(static_cast<std::uint32_t>(random.below(1024)), IPC_RECORD_DATA, room);
      if (s.ok()) {
        if (!room.empty()) std::memset(room.data(), 1, room.size());
        producer.publish();
      }
      codes.insert(s.code);
      static_cast<void>(producer.fits(random.below(1024)));
    } else {
      consumer.begin_read();
      ipc_record header;
      std::span<const std::byte> payload;
      const Status s = consumer.peek(header, payload);
      if (s.ok()) {
        for (const std::byte byte : payload) read += static_cast<std::uint64_t>(byte);
        consumer.pass(header);
        consumer.advance();
      }
      codes.insert(s.code);
      std::uint64_t bytes = 0, count = 0;
      codes.insert(consumer.fill(bytes, count).code);
      if (bytes > 4096 || count > 4096 / 8) FAIL("a fill beyond the ring");
    }
  }
  CHECK(read > 0);
  CHECK(codes == std::set<Code>{Code::kOk, Code::kEmpty, Code::kFull, Code::kCorrupt});
}

TEST_CASE("a queue whose every shared word may change answers with codes") {
  const Name name("queue");
  std::unique_ptr<Queue> a, b;
  REQUIRE_OK(Queue::create(name, {4096, 0, 0}, {}, a));
  REQUIRE_OK(Queue::open(name, b));
  REQUIRE_OK(a->put(Bytes(100'000), false));  // so that there is a table to spoil
  ipc_channel& channel = a->channel().shared();
  Stopwatch timed;
  Random random(4);
  Bytes into(1 << 17);
  const Restored restore(channel);
  const auto work = [&] {
    for (Queue* queue : {a.get(), b.get()}) {
      std::uint64_t length = 0;
      std::uint32_t pushed = 0;
      if (random.below(30) == 0) restore();
      timed([&] { return queue->put(std::span(into).first(random.below(900)), random.below(2) == 0); });
      if (random.below(8) == 0) timed([&] { return queue->put(std::span(into).first(100'000), false); });
      const std::vector<std::uint32_t> lengths(4, 40);
      timed([&] { return queue->put_many(std::span(into).first(160), lengths, false, pushed); });
      timed([&] { return queue->get(into, length); });
      timed([&] { return queue->get(std::span(into).first(10), length); });
      std::vector<std::uint32_t> out(4);
      timed([&] { return queue->get_many(into, out, pushed, length); });
      timed([&] { return queue->count(length); });
      for (Condition condition = 0; condition < 4; ++condition) {
        static_cast<void>(queue->ready(condition, random.below(100'000), Look::kKernel));
      }
      if (random.below(100) == 0) queue->wait_for(static_cast<Condition>(random.below(4)), 100, kMillisecond);
      if (random.below(50) == 0) timed([&] { return queue->shut_down(random.below(2) == 0); });
      queue->stop_insisting();
    }
  };
  SUBCASE("in the channel, the locks and the records") {
    const std::uint64_t body = IPC_BODY_OFFSET + offsetof(ipc_channel, tail);
    under_attack({a->segment().base() + body, a->segment().header().total_size - body, 5}, work);
  }
  SUBCASE("in the participants' slots") {
    under_attack({a->segment().base() + IPC_PARTICIPANTS_OFFSET, 4 * 64, 6}, work);
  }
  SUBCASE("in the header and the constants, which are never read again") {
    under_attack({a->segment().base(), sizeof(ipc_header), 7}, work);
  }
  SUBCASE("in the positions") { under_attack({reinterpret_cast<std::byte*>(&channel.tail), 256 + 16, 8}, work); }
  CHECK(timed.longest < 2'000 * kMillisecond);
  CHECK(timed.codes.contains(Code::kOk));
}

TEST_CASE("a table of pages that lies leads nowhere outside") {
  const Name name("table");
  std::unique_ptr<Queue> a, b;
  REQUIRE_OK(Queue::create(name, {1 << 20, 0, 0}, {}, a));
  REQUIRE_OK(Queue::open(name, b));
  Bytes into(1 << 20);
  std::uint64_t length = 0;
  for (int i = 0; i < 8; ++i) REQUIRE_OK(a->put(std::span(into).first(70'000), false));
  ipc_channel& channel = a->channel().shared();
  const std::uint64_t table = load_relaxed(channel.table_offset);
  const std::uint32_t pages = load_relaxed(channel.extent_pages);
  // A mapping of one's own, as a foreign process has it.
  void* at = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, a->segment().fd(), static_cast<off_t>(table));
  REQUIRE(at != MAP_FAILED);
  const Restored restore(channel);
  Stopwatch timed;
  Random random(9);
  const Bytes good(static_cast<std::byte*>(at), static_cast<std::byte*>(at) + 4096);
  const auto work = [&] {
    if (random.below(20) == 0) {
      restore();
      for (std::size_t word = 0; word < 4096 / 8; ++word) {
        std::uint64_t value;
        std::memcpy(&value, good.data() + word * 8, 8);
        store_relaxed(static_cast<std::uint64_t*>(at)[word], value);
      }
    }
    if (random.below(20) == 0) store_relaxed(channel.extent_pages, static_cast<std::uint32_t>(random.next()));
    if (random.below(5) == 0) store_relaxed(channel.extent_pages, pages);
    timed([&] { return a->put(std::span(into).first(random.between(65'000, 300'000)), false); });
    timed([&] { return b->get(into, length); });
    static_cast<void>(a->ready(Queue::kNotFull, 200'000, Look::kShared));
  };
  under_attack({static_cast<std::byte*>(at), 40 * sizeof(ipc_run), 10}, work);
  ::munmap(at, 4096);
  CHECK(timed.longest < 2'000 * kMillisecond);
  CHECK(timed.codes.contains(Code::kOk));
  CHECK(timed.codes.contains(Code::kCorrupt));
  struct stat about {};
  REQUIRE(::fstat(a->segment().fd(), &about) == 0);
  CHECK(about.st_blocks * 512 < 64 << 20);  // nobody was talked into using up the memory
}

TEST_CASE("a record that refers to pages outside is corrupt and stays so") {
  const Name name("reference");
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {65536, 0, 0}, {}, queue));
  REQUIRE_OK(queue->put(Bytes(100'000), false));
  ipc_channel& channel = queue->channel().shared();
  auto* record = reinterpret_cast<std::uint32_t*>(queue->segment().base() + channel.ring_offset);
  auto* reference = reinterpret_cast<ipc_extent_ref*>(record + 2);
  const ipc_extent_ref good = *reference;
  Bytes into(200'000);
  std::uint64_t length = 0;
  const auto corrupt = [&](const ipc_extent_ref& bad) {
    *reference = bad;
    const bool refused = queue->get(into, length).code == Code::kCorrupt && queue->get(into, length).code == Code::kCorrupt;
    *reference = good;
    return refused;
  };
  CHECK(corrupt({2, 1, 100}));
  CHECK(corrupt({UINT32_MAX, 2, 100'000}));
  CHECK(corrupt({0, 0, 0}));
  CHECK(corrupt({0, UINT32_MAX, 100'000}));
  CHECK(corrupt({1, 2, 100'000}));
  CHECK(corrupt({0, 1, 65'537}));
  CHECK(corrupt({0, 2, UINT64_MAX}));
  record[0] = 8;  // a reference of the wrong length
  CHECK(queue->get(into, length).code == Code::kCorrupt);
  record[0] = 16;
  CHECK_OK(queue->get(into, length));
  CHECK(length == 100'000);
}

TEST_CASE("a pipe whose every shared word may change answers with codes") {
  const Name name("pipe");
  std::unique_ptr<Pipe> a, b;
  REQUIRE_OK(Pipe::create(name, {{4096, 0, 0}, true}, {}, a));
  REQUIRE_OK(Pipe::open(name, b));
  ipc_pipe& shared = a->segment().body<ipc_pipe>();
  const std::uint64_t first_end = load_relaxed(shared.end[0].word);
  const std::uint64_t second_end = static_cast<std::uint64_t>(IPC_END_SENT) | (first_end & ~std::uint64_t{0xff});
  const Restored restore_to(shared.channel[0]), restore_from(shared.channel[1]);
  Stopwatch timed;
  Random random(12);
  Bytes into(1 << 17);
  const auto work = [&] {
    std::uint64_t length = 0;
    if (random.below(20) == 0) {
      restore_to();
      restore_from();
      store_relaxed(shared.end[0].word, first_end);
      store_relaxed(shared.end[1].word, second_end);
      std::unique_ptr<Pipe> fresh;  // refused where the constants are spoiled just now
      if (Pipe::open(name, fresh).ok()) b = std::move(fresh);
    }
    timed([&] { return b->claim(1); });
    timed([&] { return a->send(0, std::span(into).first(random.below(900))); });
    timed([&] { return b->receive(1, into, length); });
    timed([&] { return b->send(1, std::span(into).first(random.below(10) == 0 ? 80'000 : 20)); });
    timed([&] { return a->next_length(0, length); });
    timed([&] { return a->receive(0, into, length); });
    for (Condition condition = 0; condition < 4; ++condition) static_cast<void>(a->ready(condition, 100, Look::kKernel));
    static_cast<void>(a->owner(1));
    static_cast<void>(a->arrived(1));
    if (random.below(30) == 0) timed([&] { return b->send_away(1); });
    if (random.below(100) == 0) b->close_end(1);
  };
  const std::uint64_t body = IPC_BODY_OFFSET;
  under_attack({a->segment().base() + body, a->segment().header().total_size - body, 13}, [&] {
    // The constants are what attach() checks; a reopened pipe must find them whole here to get any further.
    for (unsigned end : {0u, 1u}) {
      const ipc_channel& good = end == 0 ? restore_to.good : restore_from.good;
      ipc_channel& at = shared.channel[end];
      store_relaxed(at.ring_offset, good.ring_offset);
      store_relaxed(at.ring_bytes, good.ring_bytes);
      store_relaxed(at.table_offset, good.table_offset);
      store_relaxed(at.extents_offset, good.extents_offset);
    }
    work();
  });
  CHECK(timed.longest < 2'000 * kMillisecond);
  CHECK(timed.codes.contains(Code::kOk));
}

TEST_CASE("a lock word that names nobody, or somebody else, hangs nobody") {
  const Name name("lock");
  std::unique_ptr<Mutex> a, b;
  REQUIRE_OK(Mutex::create(name, {}, a));
  REQUIRE_OK(Mutex::open(name, b));
  ipc_owned_lock& shared = a->segment().body<ipc_lock>().lock;
  for (const std::uint32_t word : {1u, 0x3fffffu, 0xffffffffu, 257u << 22, 200u << 22 | 5u, 1u << 22 | 7u}) {
    store_relaxed(shared.word, word);
    CHECK(b->lock().try_acquire(false, false) == Acquired::kNo);
    CHECK(b->ready(Mutex::kFree, 0, Look::kKernel));
    CHECK(b->lock().try_acquire(false, true) == Acquired::kRecovered);
    CHECK_OK(b->lock().release());
  }
  Random random(14);
  Stopwatch timed;
  under_attack({reinterpret_cast<std::byte*>(&shared), sizeof shared, 15}, [&] {
    for (Mutex* mutex : {a.get(), b.get()}) {
      static_cast<void>(mutex->lock().try_acquire(random.below(2) == 0, random.below(2) == 0));
      timed([&] { return mutex->lock().release(); });
      if (random.below(200) == 0) mutex->wait_for(Mutex::kFree, 0, kMillisecond);
    }
  });
  CHECK(timed.longest < 2'000 * kMillisecond);
}
