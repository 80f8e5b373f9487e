// A process is killed where things end or go wrong: names that are removed, corpses that are swept, queues that are
// shut down, a producer that insists, semaphores of other programs, a wake that comes from a thread.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "crash_support.h"
#include "memory/bare_memory.h"
#include "messages/pipe.h"
#include "priority_support.h"
#include "sync/named_semaphore.h"
#include "sync/semaphore_file.h"
#include "system/descriptor.h"
#include "waiting/doorbell.h"

using namespace test;

namespace {

struct Names {
  explicit Names(const Name& base)
      : shared(base.also(1)),
        queue(base.also(2)),
        pipe(base.also(3)),
        priority(base.also(4)),
        semaphore(base.also(5)),
        foreign(base.also(6)),
        memory(base.also(7)) {}
  std::string shared, queue, pipe, priority, semaphore, foreign, memory;
};

struct Stage {
  Gate ready;
  std::atomic<std::uint64_t> put{0}, got{0};  // of the shared queue, counted after the call returned
};

void put_and_get(Queue& queue, Stage& stage, bool get) {
  const std::uint64_t number = stage.put;
  NEED(queue.put(message(1, number, 900), false).ok());
  stage.put = number + 1;
  if (!get) return;
  Bytes into(4096);
  std::uint64_t length = 0;
  NEED(queue.get(into, length).ok());
  NEED(read_message(std::span(into).first(length)).number == stage.got);
  stage.got++;
  NEED(queue.finish_one().ok());
}

// A ring that wraps, a producer that insists, and a consumer that died while it took.
void use_queue(const Names& names, Stage& stage) {
  std::unique_ptr<Queue> queue, ghost;
  NEED(Queue::open(names.shared, queue).ok());
  for (int i = 0; i < 10; ++i) put_and_get(*queue, stage, true);
  for (int i = 0; i < 3; ++i) put_and_get(*queue, stage, false);
  NEED(queue->put(text("no room"), true).code == Code::kFull);
  queue->stop_insisting();
  NEED(Queue::open(names.shared, ghost).ok());
  auto& body = ghost->segment().body<ipc_queue>();
  const Participant me = ghost->segment().me();
  store_relaxed(body.get_lock.word, OwnedLock::word_of(me));
  store_relaxed(body.tally.taken[me.slot].under_way,
                (load_relaxed(body.channel.head) & Position::kUnitMask) | std::uint64_t{1} << IPC_POSITION_BITS);
  ghost.reset();
  Bytes into(4096);
  for (int i = 0; i < 3; ++i) {
    std::uint64_t length = 0;
    NEED(get_wait(*queue, into, length).ok());
    stage.got++;
    NEED(queue->finish_one().ok());
  }
}

void shut_down(const Names& names) {
  std::unique_ptr<Queue> queue;
  std::unique_ptr<PriorityQueue> priority;
  NEED(Queue::create(names.queue, {4096, 0, 0}, {}, queue).ok());
  NEED(queue->put(text("dropped"), false).ok());
  NEED(queue->shut_down(true).ok());
  NEED(PriorityQueue::create(names.priority, {4096, 1, 0}, {}, priority).ok());
  Bytes into(64);
  std::uint64_t length = 0;
  const Bytes one = with_priority(text("one"), 1);
  for (int i = 0; i < 2; ++i) {
    NEED(priority->put(one, false).ok());
    NEED(priority->put(one, true).code == Code::kFull);
    if (i == 1) break;
    NEED(priority->get(into, length).ok());
    NEED(priority->put(one, false).ok());
    NEED(priority->get(into, length).ok());
  }
  priority->stop_insisting();
  priority->shut_down(false);
}

void lose_peer(const Names& names) {
  std::unique_ptr<Pipe> pipe, peer;
  NEED(Pipe::create(names.pipe, {{4096, 0, 0}, true}, {}, pipe).ok());
  NEED(pipe->send_away(1).ok());
  NEED(Pipe::open(names.pipe, peer).ok());
  NEED(peer->claim(1).ok());
  peer.reset();
  NEED(pipe->ready(Pipe::readable_of(0), 0, Look::kKernel));
}

// What a killed process leaves of a semaphore: both names, and nobody.
void leave_semaphore(const std::string& name) {
  std::unique_ptr<Semaphore> semaphore;
  NEED(Semaphore::create(name, 1, {}, semaphore).ok());
  const std::string segment = segment_path(name), file = semaphore_path(name);
  NEED(::link(segment.c_str(), (segment + "x").c_str()) == 0);
  NEED(::link(file.c_str(), (file + "x").c_str()) == 0);
  semaphore.reset();
  NEED(::rename((segment + "x").c_str(), segment.c_str()) == 0);
  NEED(::rename((file + "x").c_str(), file.c_str()) == 0);
}

void use_semaphores(const Names& names) {
  std::unique_ptr<Semaphore> semaphore, other;
  leave_semaphore(names.semaphore);
  NEED(!Semaphore::open(names.semaphore, semaphore).ok());
  leave_semaphore(names.semaphore);
  NEED(sweep() > 0);

  NEED(Semaphore::create(names.semaphore, 0, {}, semaphore).ok());
  // A permit that comes while it sleeps; one that came before is taken, and waited for again.
  std::shared_ptr<SemaphoreFile> file;
  NEED(SemaphoreFile::open(names.semaphore, file).ok());
  do {
    while (::sem_trywait(file->get()) == 0) {
    }
    std::thread poster([&] {
      sleep_ms(10);
      NEED(::sem_post(file->get()) == 0);
    });
    while (!semaphore->wait_for(Semaphore::kPermit, 0, kSlice)) {
    }
    poster.join();
  } while (file->value() != 0);
  semaphore->leave(Leaving::kOrderly);
  NEED(file->value() == 1);

  Doorbell bell;
  NEED(bell.create().ok());
  semaphore->loop_sleeps(bell.number());
  pollfd ear{bell.release_descriptor(), POLLIN, 0};
  const Descriptor closed_later(ear.fd);
  NEED(::poll(&ear, 1, 30'000) == 1);
  semaphore->loop_wakes();

  // Somebody removes the name, and somebody makes another one of that name.
  NEED(::unlink(semaphore_path(names.semaphore).c_str()) == 0);
  NEED(Semaphore::create(names.semaphore, 1, {}, other).ok());
  NEED(other->unlink_names().ok());

  std::shared_ptr<SemaphoreFile> foreign;
  NEED(SemaphoreFile::make(3, 0600, foreign).ok());
  NEED(foreign->publish(names.foreign).ok());
  NEED(Semaphore::open(names.foreign, other).ok());
  NEED(Semaphore::unlink(names.foreign).ok());
}

void use_memory(const Names& names) {
  std::unique_ptr<BareMemory> memory;
  NEED(BareMemory::create(names.memory, {100, 0600, false}, memory).ok());
  static_cast<void>(sweep());
  NEED(memory->unlink_name().ok());
  const std::string bell =
      "/dev/shm/" + std::string(kDoorbellPrefix) + "00000000" + std::to_string(10'000'000 + ::getpid());
  NEED(::mkfifo(bell.c_str(), 0600) == 0);
  static_cast<void>(sweep());
  NEED(::access(bell.c_str(), F_OK) != 0);
}

int work(const Names& names, Stage& stage) {
  NEED(stage.ready.await());
  for (int round = 0; round < 3; ++round) {
    use_queue(names, stage);
    shut_down(names);
    lose_peer(names);
    use_semaphores(names);
    use_memory(names);
  }
  return 0;
}

// In order, each once; but for one that the dead one may have had in its hands, and one that it may have published
// without having said so.
void check_messages(Queue& queue, const Stage& stage, const Victim& victim, bool killed) {
  Bytes into(4096);
  std::uint64_t length = 0, next = stage.got;
  bool first = true;
  for (;; first = false) {
    const Status s = get_wait(queue, into, length, 0);
    if (first && killed) went_on(victim);
    if (s.code == Code::kEmpty) break;
    REQUIRE_OK(s);
    const Sent got = read_message(std::span(into).first(length));
    REQUIRE(got.intact);
    if (first && got.number == next + 1) ++next;
    REQUIRE(got.number == next++);
    REQUIRE_OK(queue.finish_one());
  }
  CHECK((next == stage.put || next == stage.put + 1 || (first && next + 1 == stage.put)));
  std::uint64_t lost = 0;
  CHECK_OK(queue.join(lost));
  CHECK(lost <= 1);
}

Census run(const std::string& point, int passage) {
  const Name name("crash-life");
  const Names names(name);
  Shared<Stage> stage;
  Victim victim(point, passage, [&] { return work(names, *stage); });
  {
    std::unique_ptr<Queue> queue;
    REQUIRE_OK(Queue::create(names.shared, {4096, 3, 0}, {}, queue, true));
    stage->ready.open();
    REQUIRE(victim.wait() == (point.empty() ? 0 : -SIGKILL));
    // What it left of its own, too, before anybody clears it away.
    for (const std::string& one :
         {names.shared, names.queue, names.pipe, names.priority, names.semaphore, names.foreign}) {
      if (::access(segment_path(one).c_str(), F_OK) == 0) check_rules(one);
    }
    check_messages(*queue, *stage, victim, !point.empty());
    check_rules(names.shared);
    // None of its names is in the way.
    std::unique_ptr<Semaphore> semaphore;
    // Not yet ours, or a link that the test made: another program's.
    for (const std::string& one : {names.semaphore + "x", names.semaphore, names.foreign}) {
      if (one == names.semaphore && ::access(segment_path(one).c_str(), F_OK) == 0) continue;
      ::unlink(semaphore_path(one).c_str());
    }
    CHECK_OK(Semaphore::create(names.semaphore, 1, {}, semaphore));
    std::unique_ptr<Pipe> pipe;
    CHECK_OK(Pipe::create(names.pipe, {{4096, 0, 0}, true}, {}, pipe));
  }
  sweep();
  return victim.census();
}

const Register registered("ends", &run);

}  // namespace

TEST_CASE("whoever is killed where something ends leaves nothing that is in anybody's way") { kill_everywhere(&run); }
