// A segment that says it ends inside its body is refused by each kind, before a word of the body is read.
#include <functional>

#include "memory/cell.h"
#include "messages/pipe.h"
#include "messages/priority_queue.h"
#include "support.h"
#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/event.h"
#include "sync/mutex.h"
#include "sync/named_semaphore.h"

using namespace test;

namespace {

ipc_header& header_of(const SharedObject& object) { return *reinterpret_cast<ipc_header*>(object.segment().base()); }

// The file itself is as long as ever: only what it says of itself is too little.
template <class Object, class Body>
void refused(const char* stem, const std::function<Status(std::string_view, std::unique_ptr<Object>&)>& create) {
  CAPTURE(stem);
  const Name name(stem);
  std::unique_ptr<Object> object, other;
  REQUIRE_OK(create(name, object));
  ipc_header& header = header_of(*object);
  const ipc_header good = header;
  header.total_size = IPC_BODY_OFFSET + sizeof(Body) - 1;
  header.meta_offset = header.meta_size = 0;
  CHECK(Object::open(name, other).code == Code::kTruncated);
  CHECK(other == nullptr);
  header = good;
  CHECK_OK(Object::open(name, other));
}

}  // namespace

TEST_CASE("a segment too short for its body is refused, whatever its kind") {
  const CreateOptions options{.meta = "{}"};
  refused<Queue, ipc_queue>("short-queue", [&](auto name, auto& out) {
    return Queue::create(name, {4096, 0, 0}, options, out);
  });
  refused<Pipe, ipc_pipe>("short-pipe", [&](auto name, auto& out) {
    return Pipe::create(name, {{4096, 0, 0}, true}, options, out);
  });
  refused<PriorityQueue, ipc_priority_queue>("short-priority", [&](auto name, auto& out) {
    return PriorityQueue::create(name, {4096, 0, 0}, options, out);
  });
  refused<Cell, ipc_cell>("short-cell", [&](auto name, auto& out) { return Cell::create(name, 8, options, out); });
  refused<Mutex, ipc_lock>("short-lock", [&](auto name, auto& out) { return Mutex::create(name, options, out); });
  refused<Event, ipc_event>("short-event", [&](auto name, auto& out) { return Event::create(name, options, out); });
  refused<ConditionVariable, ipc_condition>(
      "short-condition", [&](auto name, auto& out) { return ConditionVariable::create(name, options, out); });
  refused<Barrier, ipc_barrier>("short-barrier",
                                [&](auto name, auto& out) { return Barrier::create(name, 2, options, out); });
  refused<Semaphore, ipc_semaphore>("short-semaphore",
                                    [&](auto name, auto& out) { return Semaphore::create(name, 1, options, out); });
}

TEST_CASE("a priority queue whose constants lie is refused at attachment") {
  const Name name("lying");
  std::unique_ptr<PriorityQueue> queue, other;
  REQUIRE_OK(PriorityQueue::create(name, {65536, 0, 0}, {}, queue));
  ipc_priority_queue& shared = queue->shared();
  const ipc_priority_queue good = shared;
  const auto refused_in = [&](std::string_view words) {
    const Status s = PriorityQueue::open(name, other);
    shared.capacity = good.capacity;
    shared.slab.offset = good.slab.offset;
    return s.code == Code::kCorrupt && std::string_view(s.call).find(words) != std::string_view::npos;
  };
  shared.capacity = 5000;
  CHECK(refused_in("a capacity that is not"));
  shared.slab.offset = 0;
  CHECK(refused_in("a slab lies where it cannot"));
  shared.slab.offset += 8;
  CHECK(refused_in("a slab lies where it cannot"));
  shared.slab.offset = std::uint64_t{1} << 40;
  CHECK(refused_in("a slab lies where it cannot"));
  CHECK_OK(PriorityQueue::open(name, other));
}
