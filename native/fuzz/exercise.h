// One call of each kind of object, chosen and supplied by the input. Every status is allowed; what is checked is what
// must hold whatever the shared bytes say.
#pragma once

#include <array>

#include "fuzz.h"
#include "memory/cell.h"
#include "messages/pipe.h"
#include "messages/priority_queue.h"
#include "messages/queue.h"
#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/event.h"
#include "sync/mutex.h"
#include "sync/named_semaphore.h"

namespace fuzz {

// What all objects have: looks and waits, and none of them takes long.
inline void look(Input& in, SharedObject& object) {
  const auto condition = static_cast<Condition>(number(in, 5));
  const std::uint64_t need = spoiled(in, 100);
  switch (number(in, 5)) {
    case 0:
      static_cast<void>(object.ready(condition, need, Look::kKernel));
      break;
    case 1:
      object.wait_for(condition, need, 1);
      break;
    case 2:
      object.pass_wake(condition, need);
      break;
    case 3:
      static_cast<void>(object.is_current());
      break;
    case 4:
      if (ipc_wait_set* set = object.waiters(condition); set != nullptr) wake(object.segment(), *set, kEveryone);
      break;
    default:
      static_cast<void>(object.ready(condition, need, Look::kShared));
  }
}

// A size of message: mostly small, at times larger than a record may be.
inline std::uint64_t size_of_message(Input& in) { return in.ConsumeBool() ? number(in, 2000) : number(in, 200'000); }

// Queues of either kind: `least` bytes are what any message has.
template <class AnyQueue>
void use_queue(Input& in, AnyQueue& queue, std::uint64_t least) {
  std::uint64_t length = 0;
  std::uint32_t count = 0;
  std::array<std::uint32_t, 8> lengths{};
  switch (number(in, 7)) {
    case 0:
    case 1:
      static_cast<void>(queue.put(payload(std::max(least, size_of_message(in))), in.ConsumeBool()));
      break;
    case 2: {
      lengths.fill(static_cast<std::uint32_t>(least + number(in, 100)));
      const std::uint64_t all = lengths[0] * lengths.size();
      static_cast<void>(queue.put_many(payload(all), lengths, in.ConsumeBool(), count));
      must(count <= lengths.size(), "no more messages go in than there are");
      break;
    }
    case 3:
    case 4: {
      const auto into = room(size_of_message(in));
      if (queue.get(into, length).ok()) must(length <= into.size(), "what was taken fits where it was put");
      break;
    }
    case 5: {
      const auto into = room(size_of_message(in));
      if (!queue.get_many(into, lengths, count, length).ok()) break;
      must(count <= lengths.size(), "no more lengths come out than there is room for");
      std::uint64_t all = 0;
      for (std::uint32_t i = 0; i < count; ++i) all += lengths[i];
      must(all <= into.size(), "what was taken fits where it was put");
      break;
    }
    case 6:
      queue.stop_insisting();
      break;
    default:
      if (number(in, 7) == 0) static_cast<void>(queue.shut_down(in.ConsumeBool()));
  }
}

inline void use(Input& in, Queue& queue) {
  std::uint64_t some = 0;
  switch (number(in, 9)) {
    case 0:
      if (queue.count(some).ok()) must(some <= queue.channel().capacity(), "no more records than a ring can hold");
      break;
    case 1:
      static_cast<void>(queue.finish_one());
      break;
    case 2:
      static_cast<void>(queue.join(some));
      break;
    case 3:
      look(in, queue);
      break;
    default:
      use_queue(in, queue, 0);
  }
}

inline void use(Input& in, PriorityQueue& queue) {
  if (number(in, 9) == 0) {
    look(in, queue);
  } else {
    use_queue(in, queue, PriorityQueue::kPriorityBytes);
  }
}

inline void use(Input& in, Pipe& pipe) {
  const auto end = static_cast<unsigned>(number(in, 1));
  std::uint64_t length = 0;
  switch (number(in, 9)) {
    case 0:
      static_cast<void>(pipe.claim(end));
      break;
    case 1:
      static_cast<void>(pipe.send_away(end));
      break;
    case 2:
      if (number(in, 7) == 0) pipe.close_end(end);
      break;
    case 3:
      static_cast<void>(pipe.owner(end));
      static_cast<void>(pipe.arrived(end));
      break;
    case 4:
      static_cast<void>(pipe.next_length(end, length));
      break;
    case 5:
    case 6:
      static_cast<void>(pipe.send(end, payload(size_of_message(in))));
      break;
    case 7:
    case 8: {
      const auto into = room(size_of_message(in));
      if (pipe.receive(end, into, length).ok()) must(length <= into.size(), "what was received fits where it was put");
      break;
    }
    default:
      look(in, pipe);
  }
}

inline void use(Input& in, PublicLock lock) {
  switch (number(in, 3)) {
    case 0:
      static_cast<void>(lock.try_acquire(in.ConsumeBool(), in.ConsumeBool()));
      break;
    case 1:
      static_cast<void>(lock.release());
      break;
    case 2:
      lock.abandon();
      break;
    default:
      static_cast<void>(lock.depth());
  }
}

inline void use(Input& in, Mutex& mutex) {
  if (in.ConsumeBool()) return look(in, mutex);
  use(in, mutex.lock());
}

inline void use(Input& in, Cell& cell) {
  switch (number(in, 2)) {
    case 0:
      use(in, cell.lock());
      break;
    case 1: {
      // Every byte that the owner of the handle may see.
      std::byte sum{};
      for (const std::byte byte : cell.data()) sum ^= byte;
      if (!cell.data().empty()) cell.data()[0] = sum;
      break;
    }
    default:
      look(in, cell);
  }
}

inline void use(Input& in, Event& event) {
  switch (number(in, 3)) {
    case 0:
      event.set();
      break;
    case 1:
      event.clear();
      break;
    case 2:
      static_cast<void>(event.passed(event.begin()));
      break;
    default:
      look(in, event);
  }
}

inline void use(Input& in, ConditionVariable& condition) {
  switch (number(in, 6)) {
    case 0:
      static_cast<void>(condition.enter());
      break;
    case 1:
      static_cast<void>(condition.take());
      break;
    case 2:
      static_cast<void>(condition.leave_wait());
      break;
    case 3:
      static_cast<void>(condition.notify(in.ConsumeBool() ? 1 : UINT32_MAX));
      break;
    case 4:
      static_cast<void>(condition.waiting());
      break;
    case 5:
      use(in, condition.lock());
      break;
    default:
      look(in, condition);
  }
}

inline void use(Input& in, Barrier& barrier) {
  std::uint64_t round = spoiled(in, 1);
  const bool action = in.ConsumeBool();
  switch (number(in, 7)) {
    case 0:
      if (barrier.arrive(action, round) == Barrier::Arrival::kArrived &&
          barrier.look(round) == Barrier::Outcome::kPassed)
        static_cast<void>(barrier.take_index(round));
      break;
    case 1:
      static_cast<void>(barrier.look(round));
      break;
    case 2:
      barrier.acted(round);
      break;
    case 3:
      static_cast<void>(barrier.withdraw_wait(round, action));
      break;
    case 4:
      barrier.abort();
      break;
    case 5:
      barrier.reset();
      break;
    case 6:
      static_cast<void>(barrier.waiting());
      break;
    default:
      look(in, barrier);
  }
}

inline void use(Input& in, Semaphore& semaphore) {
  switch (number(in, 4)) {
    case 0:
      static_cast<void>(semaphore.try_acquire());
      break;
    case 1:
      static_cast<void>(semaphore.release(static_cast<std::uint32_t>(number(in, 4)), in.ConsumeBool()));
      break;
    case 2:
      static_cast<void>(semaphore.value());
      break;
    case 3:
      semaphore.wait_for(Semaphore::kPermit, 0, 1);
      break;
    default:
      look(in, semaphore);
  }
}

}  // namespace fuzz
