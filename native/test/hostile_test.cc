// Whatever a queue's shared bytes say: status codes come out, no crash, no hang, no step outside. Run it under the
// sanitizers.
#include <sys/stat.h>

#include <cstring>

#include "support.h"
#include "vandal.h"

using namespace test;

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
    const bool refused =
        queue->get(into, length).code == Code::kCorrupt && queue->get(into, length).code == Code::kCorrupt;
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
