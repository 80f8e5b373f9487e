// The locks that people hold, and typed memory with one beside it.
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "memory/cell.h"
#include "support.h"
#include "sync/mutex.h"

using namespace test;

namespace {

std::unique_ptr<Mutex> create(std::string_view name) {
  std::unique_ptr<Mutex> mutex;
  REQUIRE_OK(Mutex::create(name, {}, mutex));
  return mutex;
}
std::unique_ptr<Mutex> open(std::string_view name) {
  std::unique_ptr<Mutex> mutex;
  REQUIRE_OK(Mutex::open(name, mutex));
  return mutex;
}

}  // namespace

TEST_CASE("a lock is held once and told so the second time") {
  const Name name("lock");
  const auto a = create(name), b = open(name);
  CHECK_FALSE(a->lock().locked());
  REQUIRE(a->lock().try_acquire(false, true) == Acquired::kYes);
  CHECK(a->lock().try_acquire(false, true) == Acquired::kMine);
  CHECK(b->lock().try_acquire(false, true) == Acquired::kNo);
  CHECK(b->lock().locked());
  CHECK_FALSE(b->lock().mine());
  CHECK(b->lock().release().code == Code::kNotOwned);
  CHECK_FALSE(b->ready(Mutex::kFree, 0, Look::kKernel));
  CHECK_OK(a->lock().release());
  CHECK(a->lock().release().code == Code::kNotOwned);
  CHECK(b->ready(Mutex::kFree, 0, Look::kShared));
  CHECK(b->lock().try_acquire(false, false) == Acquired::kYes);
}

TEST_CASE("a recursive lock is free after as many releases as acquisitions") {
  const Name name("recursive");
  const auto a = create(name), b = open(name);
  for (std::uint32_t depth = 1; depth <= 4; ++depth) {
    CHECK(a->lock().try_acquire(true, true) == Acquired::kYes);
    CHECK(a->lock().depth() == depth);
    CHECK(b->lock().depth() == 0);
  }
  for (std::uint32_t depth = 4; depth >= 1; --depth) {
    CHECK(b->lock().try_acquire(true, true) == Acquired::kNo);
    CHECK_OK(a->lock().release());
  }
  CHECK(a->lock().depth() == 0);
  CHECK(b->lock().try_acquire(true, true) == Acquired::kYes);
  CHECK(b->lock().depth() == 1);
}

TEST_CASE(
    "one who leaves in an orderly way frees the lock whatever its depth, one who fails leaves it to be recovered") {
  const Name name("leave");
  auto a = create(name);
  const auto b = open(name);
  REQUIRE(a->lock().try_acquire(true, true) == Acquired::kYes);
  REQUIRE(a->lock().try_acquire(true, true) == Acquired::kYes);
  SUBCASE("orderly") {
    a->leave(Leaving::kOrderly);
    CHECK(b->lock().try_acquire(true, false) == Acquired::kYes);
  }
  SUBCASE("failing") {
    a->leave(Leaving::kFailing);
    a.reset();
    CHECK(b->lock().try_acquire(true, false) == Acquired::kNo);
    CHECK(b->lock().try_acquire(true, true) == Acquired::kRecovered);
  }
  CHECK(b->lock().depth() == 1);
}

TEST_CASE("a release wakes one who waits for the lock") {
  const Name name("wake");
  const auto a = create(name), b = open(name);
  REQUIRE(a->lock().try_acquire(false, true) == Acquired::kYes);
  announce(b->segment(), *b->waiters(Mutex::kFree));
  const std::uint32_t before = load_relaxed(b->segment().self().signal);
  CHECK_OK(a->lock().release());
  CHECK(load_relaxed(b->segment().self().signal) == before + 1);
}

TEST_CASE("a waiter that gives up passes its wake on if the lock is still free") {
  const Name name("pass");
  const auto a = create(name), b = open(name), c = open(name);
  announce(c->segment(), *c->waiters(Mutex::kFree));
  const std::uint32_t before = load_relaxed(c->segment().self().signal);
  REQUIRE(a->lock().try_acquire(false, true) == Acquired::kYes);
  b->pass_wake(Mutex::kFree, 0);
  CHECK(load_relaxed(c->segment().self().signal) == before);
  b->segment().body<ipc_lock>().lock.word = 0;
  b->pass_wake(Mutex::kFree, 0);
  CHECK(load_relaxed(c->segment().self().signal) == before + 1);
}

TEST_CASE("a cell is zeroed, as long as asked for, and the same memory for everybody") {
  const Name name("cell");
  for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{127}, std::uint64_t{1} << 20}) {
    std::unique_ptr<Cell> a, b;
    CreateOptions options;
    options.meta = "{\"t\":1}";
    REQUIRE_OK(Cell::create(name, bytes, options, a));
    REQUIRE_OK(Cell::open(name, b));
    REQUIRE(a->data().size() == bytes);
    REQUIRE(b->data().size() == bytes);
    CHECK(b->segment().meta() == "{\"t\":1}");
    CHECK(std::all_of(a->data().begin(), a->data().end(), [](std::byte byte) { return byte == std::byte{0}; }));
    if (bytes != 0) {
      a->data().back() = std::byte{99};
      CHECK(b->data().back() == std::byte{99});
      CHECK(reinterpret_cast<std::uintptr_t>(a->data().data()) % 128 == 0);
    }
    CHECK(b->lock().try_acquire(false, true) == Acquired::kYes);
    CHECK(a->lock().try_acquire(false, true) == Acquired::kNo);
  }
  std::unique_ptr<Cell> huge;
  CHECK(Cell::create(name, std::uint64_t{1} << 60, {}, huge).code == Code::kTooLarge);
}

TEST_CASE("a cell or a lock that is too short or points outside is refused") {
  const Name name("lies");
  std::unique_ptr<Cell> a, b;
  REQUIRE_OK(Cell::create(name, 100, {}, a));
  ipc_cell& shared = a->segment().body<ipc_cell>();
  shared.data_offset += 128;
  CHECK(Cell::open(name, b).code == Code::kCorrupt);
  shared.data_offset -= 128;
  shared.data_bytes = UINT64_MAX;
  CHECK(Cell::open(name, b).code == Code::kCorrupt);
  shared.data_bytes = 1 << 20;
  CHECK(Cell::open(name, b).code == Code::kCorrupt);
  shared.data_bytes = 100;
  CHECK_OK(Cell::open(name, b));
  std::unique_ptr<Mutex> mutex;
  CHECK(Mutex::open(name, mutex).code == Code::kKind);

  const Name short_name("short");
  std::unique_ptr<Segment> segment;
  SegmentPlan plan;
  plan.total_size = IPC_BODY_OFFSET + 8;
  plan.meta_offset = IPC_BODY_OFFSET;
  plan.kind = IPC_KIND_LOCK;
  REQUIRE_OK(Segment::create(
      short_name, plan, [](std::byte*) {}, segment));
  CHECK(Mutex::open(short_name, mutex).code == Code::kTruncated);
}
