// Whatever a pipe's or a lock's shared bytes say: status codes come out, no crash, no hang.
#include "messages/pipe.h"
#include "support.h"
#include "sync/mutex.h"
#include "vandal.h"

using namespace test;

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
    for (Condition condition = 0; condition < 4; ++condition)
      static_cast<void>(a->ready(condition, 100, Look::kKernel));
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
