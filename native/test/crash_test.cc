// A process that does everything there is to do is killed at every crash point of the core, in its first and in its
// third passage. Those who survive go on: nothing published is lost, nothing is seen by halves, nothing stays behind.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "crash_support.h"
#include "memory/bare_memory.h"
#include "memory/cell.h"
#include "messages/pipe.h"
#include "sync/mutex.h"
#include "system/descriptor.h"
#include "waiting/doorbell.h"

using namespace test;

namespace {

constexpr std::size_t kLarge = 150'000;
std::size_t size_of(std::uint64_t number) { return number % 3 == 2 ? kLarge + number % 7 * 40'000 : 20 + number % 50; }

struct Stage {
  Gate ready;
  std::atomic<std::uint64_t> put{0}, got{0};  // of the queue, counted after the call returned
  std::atomic<std::uint64_t> sent{0};         // into the pipe
  std::atomic<std::uint64_t> pushed_back{0};  // read from the pipe
};

struct Names {
  explicit Names(const Name& base)
      : queue(base.also(1)), pipe(base.also(2)), lock(base.also(3)), own(base.also(4)), bare(base.also(5)) {}
  std::string queue, pipe, lock, own, bare;
};

// Somebody announced in a wait set, so that there is somebody to wake.
void announce_one(SharedObject& object, Condition condition) { announce(object.segment(), *object.waiters(condition)); }

// The victim: passes every crash point several times.
int work(const Names& names, Stage& stage) {
  NEED(stage.ready.await());
  std::unique_ptr<Queue> queue, other;
  std::unique_ptr<Pipe> pipe;
  std::unique_ptr<Mutex> mutex;
  NEED(Queue::open(names.queue, queue).ok());
  NEED(Pipe::open(names.pipe, pipe).ok());
  NEED(pipe->claim(1).ok());
  NEED(Mutex::open(names.lock, mutex).ok());
  Bytes into(1 << 20);
  for (std::uint64_t round = 0; round < 6; ++round) {
    std::uint64_t length = 0;
    // An object of its own, made and left.
    std::unique_ptr<Cell> cell, second;
    NEED(Cell::create(names.own, 100, {}, cell).ok());
    NEED(Cell::open(names.own, second).ok());
    // A lock taken over from one who left without releasing it.
    NEED(second->lock().try_acquire(false, true) == Acquired::kYes);
    second.reset();
    NEED(cell->lock().try_acquire(false, true) == Acquired::kRecovered);
    NEED(cell->lock().release().ok());
    cell.reset();
    Doorbell bell;
    NEED(bell.create().ok());
    std::unique_ptr<BareMemory> memory, shared_memory;
    NEED(BareMemory::create(names.bare, {100, 0600, false}, memory).ok());
    NEED(BareMemory::open(names.bare, shared_memory).ok());
    memory.reset();
    shared_memory.reset();

    NEED(Queue::open(names.queue, other).ok());
    for (int i = 0; i < 6; ++i) {
      announce_one(*other, Queue::kNotEmpty);
      const std::uint64_t number = stage.put;
      NEED(queue->put(message(1, number, size_of(number)), false).ok());
      stage.put = number + 1;
      if (i == 0) continue;
      NEED(queue->get(into, length).ok());
      const Sent got = read_message(std::span(into).first(length));
      NEED(got.intact);
      NEED(got.number == stage.got);
      stage.got = got.number + 1;
      NEED(queue->finish_one().ok());
    }
    other->leave(Leaving::kOrderly);
    other.reset();
    queue->wait_for(Queue::kNotFull, std::size_t{1} << 40, 0);
    wait_slice(queue->segment(), *queue->waiters(Queue::kPutLock), kMillisecond, [] { return false; });

    NEED(pipe->send(1, message(2, stage.sent, size_of(stage.sent))).ok());
    stage.sent++;
    const Status s = pipe->receive(1, into, length);
    NEED(s.ok() || s.code == Code::kEmpty);
    if (s.ok()) {
      const Sent got = read_message(std::span(into).first(length));
      NEED(got.intact);
      stage.pushed_back = got.number + 1;
    }
    NEED(pipe->send_away(1).ok());
    NEED(pipe->claim(1).ok());
    NEED(mutex->lock().try_acquire(false, true) == Acquired::kYes);
    NEED(mutex->lock().release().ok());

    std::unique_ptr<Pipe> own;
    NEED(Pipe::create(names.own, {{4096, 0, 0}, true}, {}, own).ok());
    own->leave(Leaving::kOrderly);
  }
  return 0;
}

// Reads on from where the dead one stopped: one message may have been in its hands, one published and not yet counted.
void check_queue(Queue& queue, const Stage& stage) {
  Bytes into(1 << 20);
  std::uint64_t expected = stage.got;
  bool first = true;
  for (;;) {
    std::uint64_t length = 0;
    const Status s = get_wait(queue, into, length, 0);
    if (s.code == Code::kEmpty) break;
    REQUIRE_OK(s);
    const Sent got = read_message(std::span(into).first(length));
    REQUIRE(got.intact);
    if (got.sender == 5) {  // put by a survivor, behind all that the dead one has put
      REQUIRE_OK(queue.finish_one());
      CHECK(get_wait(queue, into, length, 0).code == Code::kEmpty);
      break;
    }
    if (first && got.number == expected + 1) expected++;
    first = false;
    REQUIRE(got.number == expected);
    expected++;
    REQUIRE_OK(queue.finish_one());
  }
  std::uint64_t lost = 0;
  CHECK_OK(queue.join(lost));
  CHECK(lost <= 1);
  const bool all = expected == stage.put || expected == stage.put + 1 || (first && expected + 1 == stage.put);
  CHECK(all);
  const std::uint32_t pages = queue.channel().shared().extent_pages;
  for (std::uint64_t round = 0; round < 5; ++round) {
    std::uint64_t length = 0;
    for (std::uint64_t i = 0; i < 2; ++i) REQUIRE_OK(queue.put(message(3, i, 290'000 + round * 30'000), false));
    for (std::uint64_t i = 0; i < 2; ++i) {
      REQUIRE_OK(queue.get(into, length));
      const Sent got = read_message(std::span(into).first(length));
      CHECK(got.intact);
      CHECK(got.number == i);
      CHECK_OK(queue.finish_one());
    }
  }
  // Two of 410,000 bytes are 14 pages: what the dead one held serves again.
  CHECK(queue.channel().shared().extent_pages <= std::max<std::uint32_t>(pages, 7) + 7);
  CHECK_OK(queue.shut_down(false));
  std::uint64_t length = 0;
  CHECK(queue.get(into, length).code == Code::kShutDown);
}

void check_pipe(Pipe& pipe, const Stage& stage) {
  Bytes into(1 << 20);
  std::uint64_t expected = 0;
  Status s;
  const Nanoseconds before = monotonic_now();
  for (;;) {
    std::uint64_t length = 0;
    s = pipe.receive(0, into, length);
    if (s.code == Code::kEmpty) {
      pipe.wait_for(Pipe::readable_of(0), 0, kSlice);
      if (monotonic_now() - before > 5'000 * kMillisecond) break;
      continue;
    }
    if (!s.ok()) break;
    const Sent got = read_message(std::span(into).first(length));
    REQUIRE(got.intact);
    REQUIRE(got.number == expected);
    expected++;
  }
  CHECK(s.code == Code::kEndOfFile);
  const bool all = expected == stage.sent || expected == stage.sent + 1;
  CHECK(all);
  CHECK(pipe.send(0, text("x")).code == Code::kBrokenPipe);
}

void check_lock(Mutex& mutex) {
  const Acquired got = mutex.lock().try_acquire(false, true);
  const bool obtained = got == Acquired::kYes || got == Acquired::kRecovered;
  CHECK(obtained);
  CHECK_OK(mutex.lock().release());
}

// Other programs on this machine may have doorbells of their own; all of theirs are read by somebody.
bool ownerless_doorbell() {
  for (const std::string& file : files_with(kDoorbellPrefix)) {
    const Descriptor fd(::open(("/dev/shm/" + file).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    if (!fd && errno == ENXIO) return true;
  }
  return false;
}

Census run(const std::string& point, int passage) {
  const Name name("crash");
  const Names names(name);
  Shared<Stage> stage;
  Victim victim(point, passage, [&] { return work(names, *stage); });
  {
    std::unique_ptr<Queue> queue;
    std::unique_ptr<Pipe> pipe;
    std::unique_ptr<Mutex> mutex;
    REQUIRE_OK(Queue::create(names.queue, {1 << 20, 0, 0}, {}, queue, true));
    REQUIRE_OK(Pipe::create(names.pipe, {{1 << 20, 0, 0}, true}, {}, pipe));
    REQUIRE_OK(Mutex::create(names.lock, {}, mutex));
    for (std::uint64_t i = 0; i < 4; ++i) REQUIRE_OK(pipe->send(0, message(4, i, size_of(i))));
    REQUIRE_OK(pipe->send_away(1));
    stage->ready.open();
    REQUIRE(victim.wait() == (point.empty() ? 0 : -SIGKILL));
    if (!point.empty()) {
      // As it was left.
      for (const std::string& one : {names.queue, names.pipe, names.lock}) check_rules(one);
      std::uint64_t lost = 0;
      check_lock(*mutex);
      const Status joined = queue->join(lost);
      CHECK((joined.ok() || joined.code == Code::kEmpty));
      REQUIRE_OK(queue->put(message(5, 0, 40), false));
      went_on(victim);
    }
    check_queue(*queue, *stage);
    // Killed before it had taken its end, which is then still ours.
    if (pipe->owner(1).has_value()) pipe->close_end(1);
    check_pipe(*pipe, *stage);
    // Whatever the victim left under its own name is no obstacle.
    std::unique_ptr<Cell> cell;
    CHECK_OK(Cell::create(names.own, 8, {}, cell));
    std::unique_ptr<BareMemory> memory;
    CHECK_OK(BareMemory::create(names.bare, {8, 0600, false}, memory));
    for (const std::string& one : {names.queue, names.pipe, names.lock}) check_rules(one);
  }
  sweep();
  CHECK(files_with(std::string(std::string_view(name))).empty());
  CHECK(eventually([] { return sweep() >= 0 && !ownerless_doorbell(); }, 5));
  return victim.census();
}

const Register registered("messages", &run);

}  // namespace

TEST_CASE("whoever is killed at whatever point, the others go on and nothing is lost or left") {
  kill_everywhere(&run);
}
