// The checker of segments: each rule is seen to be checked, because a violation planted in an otherwise healthy segment
// is reported; and healthy segments, at rest and in use, are reported healthy.
#include "check/check.h"

#include <algorithm>
#include <cstddef>
#include <thread>

#include "memory/cell.h"
#include "messages/pipe.h"
#include "priority_support.h"
#include "support.h"
#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/event.h"
#include "sync/mutex.h"
#include "sync/named_semaphore.h"

using namespace test;

namespace {

using Violations = std::vector<std::string>;

Violations violations_of(const SharedObject& object, Moment moment = Moment::kQuiet) {
  Violations found;
  REQUIRE_OK(find_violations(object.segment().name(), moment, found));
  return found;
}

bool reported(const Violations& found, std::string_view part) {
  return std::any_of(found.begin(), found.end(),
                     [&](const std::string& one) { return one.find(part) != std::string::npos; });
}

// A word of the object is changed, the change is reported in these words, and with the old value all is well again.
template <class Word>
void plant(const SharedObject& object, Word& word, Word wrong, std::string_view part, Moment moment = Moment::kQuiet) {
  CAPTURE(part);
  const Word right = word;
  word = wrong;
  const Violations found = violations_of(object, moment);
  CHECK_MESSAGE(reported(found, part), (found.empty() ? std::string("nothing reported") : found.front()));
  word = right;
  CHECK(violations_of(object).empty());
}

constexpr std::uint32_t word_of(std::uint32_t slot, std::uint32_t generation) {
  return (slot + 1) << IPC_LOCK_GENERATION_BITS | generation;
}

// Whatever is a wait set, a lock of calls, or a lock that people hold, is checked as one.
void plant_wait_set(const SharedObject& object, ipc_wait_set& set) {
  plant(object, set.bits[1], std::uint64_t{4}, "nobody ever had, 66", Moment::kBusy);
  plant(object, set.bits[0], std::uint64_t{1}, "its wake would be lost");
  plant(object, set.next, 257u, "the next one to be woken is 257", Moment::kBusy);
}

void plant_owner(const SharedObject& object, std::uint32_t& word) {
  plant(object, word, word_of(300, 1), "names no participant", Moment::kBusy);
  plant(object, word, word_of(3, 1), "generation 1 of participant 3, which has come to 0", Moment::kBusy);
}

void plant_inner_lock(const SharedObject& object, ipc_owned_lock& lock) {
  plant_wait_set(object, lock.waiters);
  plant_owner(object, lock.word);
  plant(object, lock.word, word_of(0, 1), "held by a living participant that is in no call");
}

void plant_public_lock(const SharedObject& object, ipc_owned_lock& lock) {
  plant_wait_set(object, lock.waiters);
  plant_owner(object, lock.word);
  plant(object, lock.word, word_of(0, 1), "is held, and was never acquired");
}

void plant_channel(const SharedObject& object, ipc_channel& channel) {
  plant_wait_set(object, channel.not_empty);
  plant_wait_set(object, channel.not_full);
  plant_owner(object, channel.turn);
  plant(object, channel.state, 4u, "a state that is none", Moment::kBusy);
  plant(object, channel.state, 2u, "a state that is none", Moment::kBusy);
  plant(object, channel.ring_bytes, std::uint64_t{5000}, "ring lies outside", Moment::kBusy);
  plant(object, channel.ring_offset, std::uint64_t{1} << 40, "ring lies outside", Moment::kBusy);
  plant(object, channel.table_offset, std::uint64_t{65536}, "pages lie where they cannot", Moment::kBusy);
  plant(object, channel.head, std::uint64_t{0x800000000}, "more than a ring ahead", Moment::kBusy);
  plant(object, channel.tail, channel.head + 1, "8 bytes and 0 records", Moment::kBusy);
  plant(object, channel.tail, channel.tail + (std::uint64_t{1} << 36), "which count");
  plant(object, channel.max_items, std::uint64_t{1}, "messages are queued, of 1", Moment::kBusy);
  plant(object, channel.extent_pages, 70'000u, "its table has 70000 pages");
}

}  // namespace

TEST_CASE("participants that cannot be are reported") {
  const Name name("check-participants");
  std::unique_ptr<Event> event;
  REQUIRE_OK(Event::create(name, {}, event));
  CHECK(violations_of(*event).empty());
  ipc_participant& self = event->segment().self();
  plant(*event, self.sleep_mode, 8u, "a way that is none", Moment::kBusy);
  plant(*event, self.sleep_mode, std::uint32_t{IPC_SLEEP_DOORBELL}, "a doorbell and has none");
  plant(*event, self.generation, 0u, "never claimed");
  plant(*event, self.pid, 0u, "no process");
  plant(*event, self.attached_at, std::uint64_t{0}, "no time of attaching");
}

TEST_CASE("a queue whose rules are broken is reported") {
  const Name name("check-queue");
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {1 << 20, 0, 0}, {}, queue, true));
  CHECK(violations_of(*queue).empty());
  for (std::uint64_t i = 0; i < 3; ++i) REQUIRE_OK(queue->put(message(1, i, i == 1 ? 200'000 : 100), false));
  CHECK(violations_of(*queue).empty());
  auto& body = queue->segment().body<ipc_queue>();
  plant_channel(*queue, body.channel);
  plant(*queue, body.channel.extent_pages, 60'000u, "the file ends before its 60000 pages do");
  plant_inner_lock(*queue, body.put_lock);
  plant_inner_lock(*queue, body.get_lock);

  std::byte* const ring = queue->segment().base() + body.channel.ring_offset;
  auto& first = *reinterpret_cast<ipc_record*>(ring);
  plant(*queue, first.length, 0xffffff00u, "reaches past");
  plant(*queue, first.type, 7u, "has the type 7");
  plant(*queue, first.type, std::uint32_t{IPC_RECORD_SKIP}, "a skip record out of place");
  auto& second = *reinterpret_cast<ipc_record*>(ring + 112);  // behind 8 + 100 bytes and their padding
  REQUIRE(second.type == IPC_RECORD_EXTENT);
  plant(*queue, second.length, 12u, "a reference to pages of 12 bytes");
  auto& run = *reinterpret_cast<ipc_extent_ref*>(ring + 120);
  plant(*queue, run.page, 1u, "which no run covers");
  plant(*queue, run.pages, 3u, "a message of 3 pages");
  plant(*queue, run.length, std::uint64_t{1} << 20, "a message of 4 pages");

  plant_wait_set(*queue, body.tally.joined);
  plant(*queue, body.tally.enabled, 2u, "joinable is 2", Moment::kBusy);
  plant(*queue, body.tally.taken[9].generation, 5u, "an account names generation 5 of participant 9");
  plant(*queue, body.tally.taken[0].under_way, std::uint64_t{1} << 36, "without settling that");
  body.tally.taken[0].count = 5;
  CHECK(violations_of(*queue).empty());
  plant(*queue, body.tally.taken[0].under_way, std::uint64_t{1} << 36, "fewer items than it had");
  plant(*queue, body.tally.enabled, 0u, "in a queue that keeps none");
  body.tally.taken[0].count = 0;
}

TEST_CASE("a run of pages that breaks the rules is reported") {
  const Name name("check-runs");
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {1 << 20, 0, 0}, {}, queue));
  REQUIRE_OK(queue->put(message(1, 1, 200'000), false));
  const ipc_channel& channel = queue->segment().body<ipc_queue>().channel;
  void* at = ::mmap(nullptr, Extents::kTableBytes, PROT_READ | PROT_WRITE, MAP_SHARED, queue->segment().fd(),
                    static_cast<off_t>(channel.table_offset));
  REQUIRE(at != MAP_FAILED);
  auto& run = *static_cast<ipc_run*>(at);
  REQUIRE(run.pages == 4);
  plant(*queue, run.pages, 5u, "the run at page 0 of 4 is 5 long");
  plant(*queue, run.pages, 0u, "the run at page 0 of 4 is 0 long");
  plant(*queue, run.state, run.state & ~std::uint64_t{3}, "pages that count as free");
  plant(*queue, run.state, run.state + (std::uint64_t{1} << 26), "which no run covers");
  ::munmap(at, Extents::kTableBytes);
}

TEST_CASE("a pipe whose rules are broken is reported") {
  const Name name("check-pipe");
  std::unique_ptr<Pipe> pipe;
  REQUIRE_OK(Pipe::create(name, {{65536, 0, 0}, true}, {}, pipe));
  for (unsigned end : {0u, 1u}) {
    REQUIRE_OK(pipe->send(end, message(1, 1, 100)));
    REQUIRE_OK(pipe->send(end, message(1, 2, 100'000)));
  }
  CHECK(violations_of(*pipe).empty());
  auto& body = pipe->segment().body<ipc_pipe>();
  for (unsigned end : {0u, 1u}) {
    plant_channel(*pipe, body.channel[end]);
    plant(*pipe, body.end[end].word, std::uint64_t{9}, "a state that is none", Moment::kBusy);
    plant(*pipe, body.end[end].word, std::uint64_t{300} << 8 | 1, "belongs to participant 300", Moment::kBusy);
    plant(*pipe, body.end[end].word, std::uint64_t{8} << 32 | 1, "names generation 8", Moment::kBusy);
  }
  plant(*pipe, body.channel[1].ring_bytes, std::uint64_t{0}, "the pipe has no ring", Moment::kBusy);
}

TEST_CASE("a priority queue whose rules are broken is reported") {
  const Name name("check-priority");
  std::unique_ptr<PriorityQueue> queue;
  REQUIRE_OK(PriorityQueue::create(name, {65536, 0, 0}, {}, queue));
  CHECK(violations_of(*queue).empty());
  Bytes into(1 << 16);
  std::uint64_t length = 0;
  // Items of three blocks each; those that are taken again leave a list of free blocks.
  for (int i = 0; i < 12; ++i) REQUIRE_OK(queue->put(with_priority(message(1, 1, 150), i % 7), false));
  for (int i = 0; i < 2; ++i) REQUIRE_OK(queue->get(into, length));
  CHECK(violations_of(*queue).empty());
  ipc_priority_queue& body = queue->shared();
  auto& chunk = *reinterpret_cast<ipc_chunk*>(queue->segment().base() + body.slab.offset);
  plant_inner_lock(*queue, body.lock);
  plant_wait_set(*queue, body.not_empty);
  plant_wait_set(*queue, body.not_full);
  plant_owner(*queue, body.turn);
  plant(*queue, body.state, 8u, "a state that is none", Moment::kBusy);
  plant(*queue, body.dirty, 2u, "dirty word is 2", Moment::kBusy);
  plant(*queue, body.capacity, std::uint64_t{5000}, "no power of two", Moment::kBusy);
  plant(*queue, body.max_items, std::uint64_t{3}, "more items are queued than may be");
  plant(*queue, body.slab.offset, std::uint64_t{1}, "the slab lies where it cannot");
  plant(*queue, body.slab.chunks, 1u << 20, "or is too large");
  plant(*queue, body.slab.chunks, 9999u, "the file ends before its 9999 chunks do");
  plant(*queue, body.count, 9u, "number of items is 9 and should be 10");
  plant(*queue, body.bytes, std::uint64_t{9}, "sum of bytes is 9");
  plant(*queue, body.slab.used, 9u, "number of used blocks is 9");
  plant(*queue, body.next_sequence, std::uint64_t{3}, "still to be given");
  plant(*queue, body.slab.free, 0u, "is lost: nobody's and not free");
  plant(*queue, body.slab.fresh, 1u << 20, "begin behind the slab");
  plant(*queue, body.slab.fresh, body.slab.fresh - 1, "is fresh, and an item's");

  const std::uint32_t top = chunk.heap[0].block;
  plant(*queue, chunk.heap[0].block, 5000u, "which is no item of its own");
  plant(*queue, chunk.heap[0].block, chunk.heap[1].block, "which is no item of its own");
  plant(*queue, chunk.heap[0].sequence, std::uint64_t{77}, "differs from its item");
  plant(*queue, chunk.heap[9].priority, std::uint64_t{0}, "comes before its parent");
  plant(*queue, chunk.links[top], std::uint32_t{IPC_LINK_QUEUED}, "ends after 1 of its 3 blocks");
  const std::uint32_t other = chunk.heap[1].block;
  plant(*queue, chunk.links[top], (other + 1) | IPC_LINK_QUEUED, "belongs to the items at");
  const std::uint32_t listed = body.slab.free - 1;
  plant(*queue, chunk.links[listed], listed + 1, "in the list of free ones twice");
  plant(*queue, chunk.links[listed], 900u, "in the list of free ones, and is none");
}

TEST_CASE("a priority queue with more bytes than its capacity is reported") {
  const Name name("check-priority-full");
  std::unique_ptr<PriorityQueue> queue;
  REQUIRE_OK(PriorityQueue::create(name, {65536, 0, 0}, {}, queue));
  for (int i = 0; i < 2; ++i) REQUIRE_OK(queue->put(with_priority(message(1, 1, 3000), i), false));
  plant(*queue, queue->shared().capacity, std::uint64_t{4096}, "more bytes are queued than may be");
}

TEST_CASE("locks, values, events, conditions and semaphores whose rules are broken are reported") {
  const Name name("check-sync");
  std::unique_ptr<Mutex> mutex;
  REQUIRE_OK(Mutex::create(name.also(1), {}, mutex));
  plant_public_lock(*mutex, mutex->segment().body<ipc_lock>().lock);
  REQUIRE(mutex->lock().try_acquire(false, true) == Acquired::kYes);
  CHECK(violations_of(*mutex).empty());

  std::unique_ptr<Cell> cell;
  REQUIRE_OK(Cell::create(name.also(2), 100, {}, cell));
  plant_public_lock(*cell, cell->segment().body<ipc_cell>().lock);
  plant(*cell, cell->segment().body<ipc_cell>().data_bytes, std::uint64_t{1} << 50, "outside the segment",
        Moment::kBusy);
  plant(*cell, cell->segment().body<ipc_cell>().data_offset, std::uint64_t{1}, "outside the segment", Moment::kBusy);

  std::unique_ptr<Event> event;
  REQUIRE_OK(Event::create(name.also(3), {}, event));
  plant_wait_set(*event, event->segment().body<ipc_event>().waiters);

  std::unique_ptr<ConditionVariable> condition;
  REQUIRE_OK(ConditionVariable::create(name.also(4), {}, condition));
  auto& waits = condition->segment().body<ipc_condition>();
  plant_public_lock(*condition, waits.lock);
  plant_wait_set(*condition, waits.waiters);
  plant(*condition, waits.next, 300u, "notified is 300", Moment::kBusy);
  plant(*condition, waits.waits[5], std::uint64_t{1} << 32, "names generation 1 of participant 5", Moment::kBusy);
  plant(*condition, waits.waits[5], std::uint64_t{1}, "waits, and never attached", Moment::kBusy);

  std::unique_ptr<Semaphore> semaphore;
  REQUIRE_OK(Semaphore::create(name.also(5), 2, {}, semaphore));
  auto& permits = semaphore->segment().body<ipc_semaphore>();
  plant_inner_lock(*semaphore, permits.post_lock);
  plant_wait_set(*semaphore, permits.waiters);
  plant(*semaphore, permits.state, 3u, "a state that is none", Moment::kBusy);
  plant(*semaphore, permits.state, 0u, "got no name");
  plant(*semaphore, permits.initial, 1u << 31, "out of range", Moment::kBusy);
  plant(*semaphore, permits.inode, std::uint64_t{0}, "has no file", Moment::kBusy);
}

TEST_CASE("a barrier whose rules are broken is reported") {
  const Name name("check-barrier");
  std::unique_ptr<Barrier> barrier, other;
  REQUIRE_OK(Barrier::create(name, 2, {}, barrier));
  REQUIRE_OK(Barrier::open(name, other));
  std::uint64_t round = 0;
  REQUIRE(barrier->arrive(false, round) == Barrier::Arrival::kArrived);
  REQUIRE(other->arrive(true, round) == Barrier::Arrival::kArrived);
  CHECK(violations_of(*barrier).empty());
  other->acted(round);
  CHECK(barrier->take_index(round) == 0);
  REQUIRE(barrier->arrive(false, round) == Barrier::Arrival::kArrived);
  CHECK(violations_of(*barrier).empty());
  auto& body = barrier->segment().body<ipc_barrier>();
  const auto control = [&](std::uint64_t of, std::uint64_t arrived, std::uint64_t state) {
    return of << 18 | arrived << 2 | state;
  };
  plant_wait_set(*barrier, body.waiters);
  plant(*barrier, body.parties, 0u, "for 0 parties", Moment::kBusy);
  plant(*barrier, body.control, control(2, 1, 3), "a state that is none", Moment::kBusy);
  plant(*barrier, body.control, control(0, 1, 0), "before its first round", Moment::kBusy);
  plant(*barrier, body.control, control(2, 3, 2), "3 of 2 parties have arrived", Moment::kBusy);
  plant(*barrier, body.control, control(2, 2, 0), "2 of 2 parties have arrived", Moment::kBusy);
  plant(*barrier, body.control, control(2, 1, 1), "the action runs", Moment::kBusy);
  plant(*barrier, body.control, control(3, 1, 0), "1 parties have arrived, and 0 are known");
  plant(*barrier, body.actor, std::uint64_t{400}, "for no participant", Moment::kBusy);
  plant(*barrier, body.actor, std::uint64_t{9} << 18, "a round to come", Moment::kBusy);
  plant(*barrier, body.passed[5], std::uint64_t{5} << 18, "not over, 5", Moment::kBusy);
  plant(*barrier, body.broken[5], std::uint64_t{5} << 18, "not over, 5", Moment::kBusy);
  plant(*barrier, body.broken[3], std::uint64_t{1} << 18, "not over, 1", Moment::kBusy);
  plant(*barrier, body.passed[1], std::uint64_t{1} << 18 | 3, "3 indices", Moment::kBusy);
  plant(*barrier, body.party[0].arrived, body.party[0].arrived + (2 << 16), "more actions than waits");
  plant(*barrier, body.party[7].generation, 1u, "a party names generation 1 of participant 7");
}

TEST_CASE("what is no segment of ours has a status and no list") {
  Violations found;
  const Name name("check-none");
  const Status absent = find_violations(name, Moment::kQuiet, found);
  CHECK(absent.code == Code::kSystem);
  CHECK(absent.error == ENOENT);
  {
    std::unique_ptr<Segment> segment;
    const SegmentPlan plan{77, 0, false, 0600, IPC_BODY_OFFSET + 64, {}, IPC_BODY_OFFSET};
    REQUIRE_OK(Segment::create(
        name, plan, [](std::byte*) {}, segment));
    REQUIRE_OK(find_violations(name, Moment::kBusy, found));
    CHECK(reported(found, "of no kind (77)"));
  }
  found.clear();
  std::unique_ptr<Segment> segment;
  const SegmentPlan plan{IPC_KIND_QUEUE, 0, false, 0600, IPC_BODY_OFFSET + 64, {}, IPC_BODY_OFFSET};
  REQUIRE_OK(Segment::create(
      name, plan, [](std::byte*) {}, segment));
  REQUIRE_OK(find_violations(name, Moment::kQuiet, found));
  CHECK(reported(found, "ends inside its body"));
}

TEST_CASE("a checker that looks at a queue in use reports nothing, whatever it meets") {
  const Name name("check-busy");
  std::unique_ptr<Queue> queue, other;
  REQUIRE_OK(Queue::create(name, {65536, 0, 0}, {}, queue, true));
  REQUIRE_OK(Queue::open(name, other));
  constexpr std::uint64_t kMessages = UNDER_TSAN != 0 ? 3'000 : 30'000;
  std::atomic<bool> going{true};
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < kMessages; ++i) NEED(put_wait(*queue, message(1, i, 16 + i % 300)).ok());
  });
  std::thread consumer([&] {
    Bytes into(4096);
    std::uint64_t length = 0;
    for (std::uint64_t i = 0; i < kMessages; ++i) {
      NEED(get_wait(*other, into, length).ok());
      NEED(other->finish_one().ok());
    }
    going = false;
  });
  Violations found;
  while (going) REQUIRE_OK(find_violations(name, Moment::kBusy, found));
  producer.join();
  consumer.join();
  CHECK_MESSAGE(found.empty(), (found.empty() ? std::string() : found.front()));
  CHECK(violations_of(*queue).empty());
}
