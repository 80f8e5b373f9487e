#include "thread.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace interproc::abi {

Thread::Thread() {
  Registry& all = registry();
  const std::lock_guard guard(all.mutex);
  all.threads.push_back(this);
}

Thread::~Thread() {
  // At the end of main() the exit handler does all this, in an orderly way.
  if (::syscall(SYS_gettid) == ::getpid()) return;
  Registry& all = registry();
  const std::lock_guard guard(all.mutex);
  std::erase(all.threads, this);
  for (const Cached& one : seats_) leave_seat(*one.record, one.seat);
  bell.close();
}

std::shared_ptr<Seat> Thread::find(const Record* record) const {
  for (const Cached& one : seats_) {
    if (one.record.get() == record && one.seat->state.load(std::memory_order_relaxed) != Seat::kGone) return one.seat;
  }
  return nullptr;
}

void Thread::remember(const std::shared_ptr<Record>& record, const std::shared_ptr<Seat>& seat) {
  std::erase_if(seats_,
                [](const Cached& one) { return one.seat->state.load(std::memory_order_relaxed) == Seat::kGone; });
  seat->taken = true;
  seats_.push_back({record, seat});
}

void Thread::forget_everything() {
  seats_.clear();
  recent_ = {};
  bell.disown();
}

void Thread::leave_seat(Record& record, const std::shared_ptr<Seat>& seat) {
  if (!seat->object) return;
  if (record.numbers > 0 && record.seats.size() == 1 && !record.pipe) {
    auto fresh = std::make_shared<Seat>();
    if (!seat->object->again(fresh->object).ok()) {
      // No slot is free: this one stays, and holds nothing.
      seat->object->leave(Leaving::kOrderly);
      seat->taken = false;
      return;
    }
    record.seats.push_back(std::move(fresh));
  }
  take_down(record, seat, Leaving::kFailing);
}

Thread& thread() {
  static thread_local Thread mine;
  return mine;
}

Use::Use(ip_object number) : number_(number), status_(check_number(number)) {
  if (status_ != IP_OK) return;
  Thread& mine = thread();
  Thread::Recent& recent = mine.recent(number);
  if (recent.number != number || recent.seat->state.load(std::memory_order_relaxed) >= Seat::kDoomed) {
    std::uint32_t end = 0;
    const std::shared_ptr<Record> record = record_of(number, status_, &end);
    if (!record) return;
    const std::lock_guard guard(registry().mutex);
    std::shared_ptr<Seat> seat = mine.find(record.get());
    for (const auto& free : record->seats) {
      if (seat || free->taken) continue;
      seat = free;
      mine.remember(record, seat);
    }
    if (!seat) {
      const std::lock_guard pipe_guard(record->mutex);
      const SharedObject* known = record->pipe             ? record->pipe.get()
                                  : !record->seats.empty() ? record->seats.front()->object.get()
                                                           : nullptr;
      if (known == nullptr) {
        status_ = fail(IP_CLOSED, "the object was closed");
        return;
      }
      seat = std::make_shared<Seat>();
      if (const Status s = known->again(seat->object); !s.ok()) {
        status_ = fail(s, record->name);
        return;
      }
      record->seats.push_back(seat);
      mine.remember(record, seat);
    }
    recent = {number, end, record, seat};
  }
  std::uint32_t idle = Seat::kIdle;
  // Acquire: pairs with the release of whoever takes seats down.
  if (!recent.seat->state.compare_exchange_strong(idle, Seat::kBusy, std::memory_order_acquire)) {
    status_ = idle == Seat::kBusy
                  ? fail(IP_INVALID, "the object is in use by this very thread: by what a signal handler interrupted")
                  : fail(IP_CLOSED, "the object was closed");
    return;
  }
  record_ = recent.record;
  seat_ = recent.seat;
  end_ = recent.end;
}

Use::~Use() {
  if (!seat_) return;
  std::uint32_t busy = Seat::kBusy;
  // Release: pairs with the acquire in evict(), which takes down what this call has used.
  if (seat_->state.compare_exchange_strong(busy, Seat::kIdle, std::memory_order_release)) return;
  const std::lock_guard guard(registry().mutex);
  take_down(*record_, seat_, Leaving::kOrderly);
}

bool Use::closed() const {
  if (seat_->state.load(std::memory_order_relaxed) >= Seat::kDoomed) return true;
  const Entry* entry = entry_of(number_);
  return entry->word.load(std::memory_order_acquire) != (generation_of(number_) << 2 | kOpen);
}

Status thread_doorbell(Doorbell*& out) {
  out = &thread().bell;
  return out->create();
}

const volatile int*& interrupt_flag() { return thread().interrupt; }

}  // namespace interproc::abi
