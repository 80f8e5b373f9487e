// Whatever a priority queue's shared bytes say: status codes come out, no crash, no hang, no step outside. Run it under
// the sanitizers.
#include <unistd.h>

#include <cstring>

#include "priority_support.h"
#include "vandal.h"

using namespace test;

namespace {

// Everything anew, so that not every call ends at the first check.
void restore(PriorityQueue& queue, const ipc_priority_queue& good) {
  ipc_priority_queue& shared = queue.shared();
  const std::uint32_t chunks =
      std::max(good.slab.chunks,
               static_cast<std::uint32_t>((queue.segment().file_size() - good.slab.offset) / sizeof(ipc_chunk)));
  store_relaxed(shared.slab.chunks, chunks);
  auto& chunk = *reinterpret_cast<ipc_chunk*>(queue.segment().base() + good.slab.offset);
  for (std::uint32_t& link : chunk.links) store_relaxed(link, std::uint32_t{0});
  store_relaxed(shared.dirty, std::uint32_t{1});
  store_relaxed(shared.state, std::uint32_t{0});
  store_relaxed(shared.next_sequence, std::uint64_t{0});
}

void attack(std::uint64_t from, std::uint64_t bytes, std::uint64_t seed, bool all_codes) {
  const Name name("hostile");
  std::unique_ptr<PriorityQueue> a, b;
  REQUIRE_OK(PriorityQueue::create(name, {65536, 0, 0}, {}, a));
  REQUIRE_OK(PriorityQueue::open(name, b));
  const ipc_priority_queue good = a->shared();
  Stopwatch timed;
  Random random(seed);
  Bytes into(1 << 17);
  const auto work = [&] {
    if (random.below(8) == 0) restore(*a, good);
    for (PriorityQueue* queue : {a.get(), b.get()}) {
      std::uint64_t length = 0;
      std::uint32_t count = 0;
      timed([&] { return queue->put(std::span(into).first(random.between(8, 900)), random.below(2) == 0); });
      timed([&] { return queue->put(std::span(into).first(random.between(8, 30'000)), false); });
      const std::vector<std::uint32_t> lengths(4, 40);
      timed([&] { return queue->put_many(std::span(into).first(160), lengths, false, count); });
      timed([&] { return queue->get(into, length); });
      timed([&] { return queue->get(std::span(into).first(10), length); });
      std::vector<std::uint32_t> out(4);
      timed([&] { return queue->get_many(into, out, count, length); });
      for (Condition condition = 0; condition < 4; ++condition)
        static_cast<void>(queue->ready(condition, random.below(100'000), Look::kKernel));
      if (random.below(100) == 0) queue->wait_for(static_cast<Condition>(random.below(4)), 100, kMillisecond);
      if (random.below(300) == 0) queue->shut_down(random.below(2) == 0);
      queue->stop_insisting();
    }
  };
  under_attack({a->segment().base() + from, bytes, seed}, work);
  CHECK(timed.longest < 2'000 * kMillisecond);
  CHECK(timed.codes.contains(Code::kOk));
  if (all_codes) CHECK(timed.codes.contains(Code::kCorrupt));
}

}  // namespace

constexpr std::uint64_t kChunk = (IPC_BODY_OFFSET + sizeof(ipc_priority_queue) + 65535) & ~std::uint64_t{65535};

TEST_CASE("a priority queue whose words may change answers with codes") {
  const std::uint64_t body = IPC_BODY_OFFSET + offsetof(ipc_priority_queue, slab);
  SUBCASE("the slab's and the queue's own words") {
    attack(body + offsetof(ipc_slab, chunks), offsetof(ipc_priority_queue, not_empty) - 128 - 8, 1, true);
  }
  SUBCASE("the wait sets and the lock") { attack(IPC_BODY_OFFSET + 384, sizeof(ipc_priority_queue) - 384, 2, false); }
  SUBCASE("the constants, which are never read again") { attack(IPC_BODY_OFFSET, 136, 3, false); }
  SUBCASE("the items") { attack(kChunk, offsetof(ipc_chunk, heap), 4, true); }
  SUBCASE("the first nodes of the heap") { attack(kChunk + offsetof(ipc_chunk, heap), 24 * 24, 5, true); }
  SUBCASE("the links") { attack(kChunk + offsetof(ipc_chunk, links), 256 * 4, 6, true); }
}

TEST_CASE("damage to what is derived costs one call, and nothing that was put") {
  const Name name("derived");
  std::unique_ptr<PriorityQueue> queue;
  REQUIRE_OK(PriorityQueue::create(name, {65536, 0, 0}, {}, queue));
  for (std::uint64_t i = 0; i < 20; ++i)
    REQUIRE_OK(queue->put(with_priority(message(1, i, 200), static_cast<double>(i)), false));
  ipc_chunk& chunk = *chunks_of(*queue);
  SUBCASE("the heap") { chunk.heap[0].block = 1u << 30; }
  SUBCASE("the heap, which names a block that is no item") { chunk.heap[0].block = 900; }
  SUBCASE("the count") { queue->shared().count = 1u << 30; }
  Bytes into(200);
  std::uint64_t length = 0;
  CHECK(queue->get(into, length).code == Code::kCorrupt);
  for (std::uint64_t i = 0; i < 20; ++i) {
    REQUIRE_OK(queue->get(into, length));
    CHECK(read_message(into).number == i);
  }
}

TEST_CASE("a slab whose words lead outside costs one put, and nothing that was put") {
  const Name name("slab");
  std::unique_ptr<PriorityQueue> queue;
  REQUIRE_OK(PriorityQueue::create(name, {65536, 0, 0}, {}, queue));
  for (std::uint64_t i = 0; i < 5; ++i)
    REQUIRE_OK(queue->put(with_priority(message(1, i, 200), static_cast<double>(i)), false));
  ipc_slab& slab = queue->shared().slab;
  REQUIRE(slab.chunks == 1);
  const char* what = "";
  SUBCASE("the list of free blocks") {
    what = "leaves the slab";
    slab.free = 5000;
  }
  SUBCASE("where the fresh blocks begin") {
    what = "fewer free blocks than it says";
    slab.fresh = 5000;
  }
  SUBCASE("how many are used") {
    what = "more used blocks than it has";
    slab.used = 5000;
  }
  SUBCASE("how many items there are") {
    what = "more items than there are blocks";
    queue->shared().count = 5000;
  }
  const Bytes last = with_priority(message(1, 5, 200), 5);
  const Status s = queue->put(last, false);
  REQUIRE(s.code == Code::kCorrupt);
  CHECK(std::string_view(s.call).find(what) != std::string_view::npos);
  REQUIRE_OK(queue->put(last, false));
  Bytes into(200);
  std::uint64_t length = 0;
  for (std::uint64_t i = 0; i < 6; ++i) {
    REQUIRE_OK(queue->get(into, length));
    CHECK(read_message(into).number == i);
  }
}

TEST_CASE("damage to what is said stays corrupt") {
  const Name name("said");
  std::unique_ptr<PriorityQueue> queue;
  REQUIRE_OK(PriorityQueue::create(name, {65536, 0, 0}, {}, queue));
  REQUIRE_OK(queue->put(with_priority(message(1, 1, 200), 0), false));
  ipc_chunk& chunk = *chunks_of(*queue);
  const char* what = "";
  SUBCASE("a chain that is too short") {
    what = "an item's blocks end before its bytes do";
    chunk.links[1] = 0;
  }
  SUBCASE("a chain that leads outside") {
    what = "an item's blocks end before its bytes do";
    chunk.links[0] = IPC_LINK_QUEUED | 5000;
  }
  SUBCASE("a chain in a circle") {
    what = "a block belongs to two items";
    chunk.links[1] = 1;
  }
  SUBCASE("an item inside another") {
    what = "a block belongs to two items";
    chunk.links[1] |= IPC_LINK_QUEUED;
  }
  queue->shared().dirty = 1;
  Bytes into(300);
  std::uint64_t length = 0;
  for (int i = 0; i < 3; ++i) {
    const Status s = queue->get(into, length);
    CHECK(s.code == Code::kCorrupt);
    CHECK(std::string(s.call) == what);
  }
}

TEST_CASE("a priority queue's file that is shorter than its chunks is refused") {
  const Name name("short");
  std::unique_ptr<PriorityQueue> queue, other;
  REQUIRE_OK(PriorityQueue::create(name, {65536, 0, 0}, {}, queue));
  queue->shared().slab.chunks = 100;
  CHECK(PriorityQueue::open(name, other).code == Code::kTruncated);
  queue->shared().slab.chunks = UINT32_MAX;
  CHECK(PriorityQueue::open(name, other).code == Code::kCorrupt);
  queue->shared().slab.chunks = 0;
  CHECK(queue->put(with_priority({}, 0), false).code == Code::kCorrupt);
}
