// Looking: what a snapshot says, and that it changes nothing. What it makes of hostile bytes: native/fuzz/look.cc.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "look/description.h"
#include "look/directory.h"
#include "look/snapshot.h"
#include "memory/bare_memory.h"
#include "messages/queue.h"
#include "support.h"
#include "sync/event.h"
#include "sync/mutex.h"
#include "waiting/doorbell.h"

using namespace test;

namespace {

double fact(const Snapshot& snapshot, std::string_view group, std::string_view name) {
  for (const Group& one : snapshot.groups) {
    if (one.name != group) continue;
    for (const Fact& each : one.facts) {
      if (each.name == name) return each.value;
    }
  }
  FAIL("no fact of that name");
  return 0;
}

const std::vector<std::byte> kBytes(10, std::byte{7});

}  // namespace

TEST_CASE("a snapshot of a queue counts what is queued, large items too") {
  const Name name("look-queue");
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {4096, 5, 0}, {.meta = "{}"}, queue));
  REQUIRE_OK(queue->put(kBytes, false));
  const std::vector<std::byte> large(100'000);
  REQUIRE_OK(queue->put(large, false));
  const Snapshot snapshot = take_snapshot(name);
  REQUIRE_OK(snapshot.status);
  CHECK(fact(snapshot, "channel", "messages") == 2);
  CHECK(fact(snapshot, "channel", "bytes") == 24 + 24);
  CHECK(fact(snapshot, "channel", "largeBytes") == 2 * IPC_EXTENT_PAGE);
  CHECK(fact(snapshot, "channel", "maxItems") == 5);
  CHECK(snapshot.participants.size() == 1);
  CHECK(snapshot.participants[0].pid == static_cast<std::uint32_t>(::getpid()));
  CHECK(snapshot.creator == static_cast<std::uint32_t>(::getpid()));
  CHECK(snapshot.findings.empty());
  CHECK_FALSE(snapshot.unused);
}

TEST_CASE("a snapshot of a lock names its holder, and says when a public lock was taken") {
  const Name name("look-lock");
  std::unique_ptr<Mutex> mutex;
  REQUIRE_OK(Mutex::create(name, {.meta = "{}"}, mutex));
  CHECK_FALSE(take_snapshot(name).locks.at(0).held);
  const auto before = static_cast<std::uint64_t>(read_clock(CLOCK_REALTIME_COARSE));
  REQUIRE(mutex->lock().try_acquire(false, false) == Acquired::kYes);
  const auto after = static_cast<std::uint64_t>(read_clock(CLOCK_REALTIME_COARSE));
  const LockView held = take_snapshot(name).locks.at(0);
  CHECK(held.held);
  CHECK(held.alive);
  CHECK(held.slot == mutex->segment().me().slot);
  CHECK(held.acquired_at >= before);
  CHECK(held.acquired_at <= after);
  REQUIRE_OK(mutex->lock().release());
  CHECK(load_relaxed(mutex->segment().body<ipc_lock>().lock.acquired_at) == 0);
}

TEST_CASE("a lock whose owner was killed is held by a dead one") {
  const Name name("look-dead");
  Shared<Gate> taken;
  Shared<Gate> made;
  Child child([&] {
    NEED(made->await());
    std::unique_ptr<Mutex> mutex;
    NEED(Mutex::open(name, mutex).ok());
    NEED(mutex->lock().try_acquire(false, false) == Acquired::kYes);
    taken->open();
    sleep_ms(60'000);
    return 0;
  });
  std::unique_ptr<Mutex> mutex;
  REQUIRE_OK(Mutex::create(name, {.meta = "{}"}, mutex));
  made->open();
  REQUIRE(taken->await());
  CHECK(take_snapshot(name).locks.at(0).alive);
  child.kill();
  REQUIRE(eventually([&] { return !take_snapshot(name).locks.at(0).alive; }));
  CHECK(take_snapshot(name).locks.at(0).held);
}

TEST_CASE("looking changes no byte and no time of a segment") {
  const Name name("look-quiet");
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {4096, 0, 0}, {.meta = "{}"}, queue));
  REQUIRE_OK(queue->put(kBytes, false));
  const std::size_t size = queue->segment().header().total_size;
  const std::vector<std::byte> before(queue->segment().base(), queue->segment().base() + size);
  struct stat then {
  }, now{};
  REQUIRE(::stat(name.path().c_str(), &then) == 0);
  for (int look = 0; look < 10; ++look) REQUIRE_OK(take_snapshot(name).status);
  REQUIRE(::stat(name.path().c_str(), &now) == 0);
  CHECK(std::equal(before.begin(), before.end(), queue->segment().base()));
  CHECK(now.st_atim.tv_sec == then.st_atim.tv_sec);
  CHECK(now.st_atim.tv_nsec == then.st_atim.tv_nsec);
  CHECK(now.st_mtim.tv_nsec == then.st_mtim.tv_nsec);
  CHECK(now.st_ctim.tv_nsec == then.st_ctim.tv_nsec);
}

TEST_CASE("positions that contradict each other are found") {
  const Name name("look-damaged");
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {4096, 0, 0}, {.meta = "{}"}, queue));
  auto& channel = queue->segment().body<ipc_queue>().channel;
  store_relaxed(channel.head, std::uint64_t{1} << 20);
  const Snapshot snapshot = take_snapshot(name);
  CHECK(snapshot.findings.size() == 1);
  store_relaxed(channel.head, std::uint64_t{0});
  CHECK(take_snapshot(name).findings.empty());
}

TEST_CASE("words that lead nowhere are found, and counted for nothing") {
  const Name name("look-nowhere");
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {4096, 0, 0}, {.meta = "{}"}, queue, true));
  REQUIRE_OK(queue->put(Bytes(100'000), false));
  auto& body = queue->segment().body<ipc_queue>();
  const ipc_queue good = body;
  const auto found = [&](std::string_view part) {
    const Snapshot snapshot = take_snapshot(name);
    body = good;
    return std::any_of(snapshot.findings.begin(), snapshot.findings.end(),
                       [&](const char* one) { return std::string_view(one).find(part) != std::string_view::npos; });
  };
  CHECK_FALSE(found(""));
  body.channel.ring_bytes = 5000;
  CHECK(found("not a power of two"));
  body.channel.table_offset += 65536;
  CHECK(found("the extents lie where they cannot"));
  body.channel.extent_pages = IPC_EXTENT_MAX_PAGES + 1;
  CHECK(found("the extents lie where they cannot"));
  body.put_lock.word = 300u << IPC_LOCK_GENERATION_BITS;
  CHECK(found("owner is no participant"));
  // A former owner of a living one's slot is dead: what it has is lost, and it waits for nothing.
  body.tally.taken[0] = {0, 3, queue->segment().me().generation + 1};
  const Snapshot snapshot = take_snapshot(name);
  CHECK(fact(snapshot, "tally", "lost") == 3);
  CHECK(fact(snapshot, "tally", "unfinished") == 0);
  body = good;
}

TEST_CASE("a segment that ends inside its body is truncated") {
  const Name name("look-short");
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {4096, 0, 0}, {.meta = "{}"}, queue));
  auto& header = *reinterpret_cast<ipc_header*>(queue->segment().base());
  const ipc_header good = header;
  // The file is long enough; what it says of itself is not.
  header.total_size = IPC_BODY_OFFSET + sizeof(ipc_queue) - 1;
  header.meta_offset = 0;
  CHECK(take_snapshot(name).status.code == Code::kTruncated);
  header = good;
  CHECK_OK(take_snapshot(name).status);
}

TEST_CASE("what the creator chose is read without a slot, while there is somebody to attach to") {
  const Name name("look-describe");
  Description description;
  CHECK_FALSE(describe(name, description));
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {4096, 7, 100}, {.meta = "{\"a\":1}"}, queue));
  REQUIRE(describe(name, description));
  CHECK(description.meta == "{\"a\":1}");
  CHECK(description.capacity == 4096);
  CHECK(description.max_items == 7);
  CHECK(description.max_bytes == 100);
  CHECK(take_snapshot(name).participants.size() == 1);
  queue.reset();
  CHECK_FALSE(describe(name, description));
}

TEST_CASE("bare memory is known by its marker, and a doorbell by its reader") {
  const std::string name = "look-memory-" + std::to_string(::getpid());
  CHECK(look_at_memory(name).status.error == ENOENT);
  std::unique_ptr<BareMemory> memory;
  REQUIRE_OK(BareMemory::create(name, {.size = 64}, memory));
  const MemoryView view = look_at_memory(name);
  CHECK(view.marked);
  CHECK(view.held);
  CHECK(view.file.size == 64);
  memory->detach();
  CHECK(look_at_memory(name).status.error == ENOENT);

  const std::string bell = std::string(kDoorbellPrefix) + "0123456789abcdef";
  const std::string path = "/dev/shm/" + bell;
  ::unlink(path.c_str());
  CHECK(look_at_doorbell(bell.c_str()) == DoorbellState::kOther);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(look_at_doorbell(bell.c_str()) == DoorbellState::kDead);
  const int reader = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  CHECK(look_at_doorbell(bell.c_str()) == DoorbellState::kLives);
  char rung = 0;
  CHECK(::read(reader, &rung, 1) < 0);
  ::close(reader);
  ::unlink(path.c_str());
}
