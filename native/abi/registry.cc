#include "registry.h"

#include <algorithm>
#include <ctime>

#include "system/atomic.h"
#include "system/futex.h"
#include "thread.h"

namespace interproc::abi {

void take_down(Record& record, const std::shared_ptr<Seat>& seat, Leaving how) {
  if (seat->object) {
    seat->object->leave(how);
    seat->object->segment().detach();
    seat->object.reset();
  }
  seat->state.store(Seat::kGone, std::memory_order_release);
  record.seats.remove(seat);
}

void wake_sleeper(const Seat& seat) {
  ipc_participant& self = seat.object->segment().self();
  atomic(self.signal).fetch_add(1, std::memory_order_release);
  futex_wake(self.signal, 1);
}

namespace {

// Whoever is inside takes its seat down on its way out.
void evict(Record& record, Leaving how) {
  const auto seats = record.seats;
  for (const auto& seat : seats) {
    for (;;) {
      std::uint32_t state = Seat::kIdle;
      // Acquire: pairs with the release at the end of the thread's last call.
      if (seat->state.compare_exchange_strong(state, Seat::kDoomed, std::memory_order_acquire)) {
        take_down(record, seat, how);
        break;
      }
      if (state >= Seat::kDoomed) break;
      if (seat->state.compare_exchange_strong(state, Seat::kDoomed, std::memory_order_acquire)) {
        wake_sleeper(*seat);
        break;
      }
    }
  }
}

void retire(Registry& all, const std::shared_ptr<Record>& record, Leaving how) {
  std::erase(all.records, record);
  {
    const std::lock_guard guard(record->mutex);
    bool outstanding = false;
    for (Lent& one : record->lent) {
      outstanding = outstanding || one.loan.held();
      one.loan.release();
    }
    // Only the process's end finds loans outstanding. Threads that go on until it is over may look at their bytes.
    if (outstanding) static_cast<void>(new auto(std::move(record->regions)));
    record->regions.clear();
    if (record->lender) {
      record->lender->leave(how);
      record->lender->segment().detach();
      record->lender.reset();
    }
    if (record->pipe) {
      record->pipe->leave(how);
      record->pipe->segment().detach();
      record->pipe.reset();
    }
    record->memory.reset();
  }
  evict(*record, how);
  record->mapping.reset();
}

}  // namespace

ip_object adopt(std::shared_ptr<Record> record, std::unique_ptr<SharedObject> object, std::uint32_t end) {
  Registry& all = registry();
  Thread& mine = thread();
  const std::lock_guard guard(all.mutex);
  if (object) {
    auto seat = std::make_shared<Seat>();
    seat->object = std::move(object);
    record->seats.push_back(seat);
    mine.remember(record, seat);
  }
  all.records.push_back(record);
  return new_number(all, std::move(record), end);
}

ip_object number_again(const std::shared_ptr<Record>& record, std::uint32_t end) {
  Registry& all = registry();
  const std::lock_guard guard(all.mutex);
  return record->numbers > 0 ? new_number(all, record, end) : 0;
}

std::shared_ptr<Record> find_open(std::string_view name, std::uint32_t segment_kind) {
  Registry& all = registry();
  const std::lock_guard guard(all.mutex);
  for (const auto& record : all.records) {
    if (record->name != name || record->numbers == 0) continue;
    const std::lock_guard pipe_guard(record->mutex);
    const SharedObject* object = record->pipe            ? record->pipe.get()
                                 : record->seats.empty() ? nullptr
                                                         : record->seats.front()->object.get();
    if (object != nullptr && object->segment().header().kind == segment_kind && object->is_current()) return record;
  }
  return nullptr;
}

std::shared_ptr<Record> record_of(ip_object number, ip_status& status, std::uint32_t* end) {
  status = check_number(number);
  if (status != IP_OK) return nullptr;
  const std::lock_guard guard(registry().mutex);
  status = check_number(number);
  if (status != IP_OK) return nullptr;
  const Entry& entry = *entry_of(number);
  if (entry.loan) {
    status = fail(IP_INVALID, "the number is a loan's, not an object's");
    return nullptr;
  }
  if (end != nullptr) *end = entry.end;
  return entry.record;
}

ip_loan number_for_loan(const std::shared_ptr<Record>& record, std::uint32_t place) {
  Registry& all = registry();
  const std::lock_guard guard(all.mutex);
  if (record->numbers == 0) return 0;
  const ip_loan number = new_number(all, record, place, true);
  const std::lock_guard record_guard(record->mutex);
  record->lent[place].number = number;
  return number;
}

std::shared_ptr<Record> record_of_loan(ip_loan number, std::uint32_t& place, ip_status& status) {
  status = check_number(number);
  if (status != IP_OK) return nullptr;
  const std::lock_guard guard(registry().mutex);
  status = check_number(number);
  if (status != IP_OK) return nullptr;
  const Entry& entry = *entry_of(number);
  if (!entry.loan) {
    status = fail(IP_INVALID, "the number is an object's, not a loan's");
    return nullptr;
  }
  place = entry.end;
  return entry.record;
}

std::recursive_mutex& opening_mutex() { return *registry().opening; }

namespace {

// What is left to do for a number that is gone. Gives the number on its lock that the record had, where it goes.
ip_object release_record(Registry& all, const std::shared_ptr<Record>& record) {
  if (--record->numbers > 0) return 0;
  const ip_object lock = std::exchange(record->lock, ip_object{0});
  retire(all, record, Leaving::kOrderly);
  return lock;
}

}  // namespace

ip_status close_number(ip_object number) {
  ip_status status = check_number(number);
  if (status != IP_OK) return status;
  ip_object lock = 0;
  {
    Registry& all = registry();
    const std::lock_guard guard(all.mutex);
    status = check_number(number);
    if (status != IP_OK) return status;
    Entry& entry = *entry_of(number);
    if (entry.loan) return fail(IP_INVALID, "a loan is not closed but released");
    const std::uint32_t end = entry.end;
    const std::shared_ptr<Record> record = release_entry(all, entry, index_of(number));
    if (record->numbers > 1) {
      const std::lock_guard pipe_guard(record->mutex);
      // An end that was claimed again in this process has another number by now, and this one had given it away.
      if (record->pipe) record->pipe->close_end(end);
      for (const auto& seat : record->seats) {
        if (seat->state.load(std::memory_order_relaxed) == Seat::kBusy) wake_sleeper(*seat);
      }
    }
    lock = release_record(all, record);
  }
  if (lock != 0) close_number(lock);
  return IP_OK;
}

void forget_loan(ip_loan number) {
  Registry& all = registry();
  const std::lock_guard guard(all.mutex);
  // The end of the process may have come first.
  if (check_number(number) != IP_OK) return;
  const std::shared_ptr<Record> record = release_entry(all, *entry_of(number), index_of(number));
  static_cast<void>(release_record(all, record));
}

void close_all(Leaving how) {
  Registry& all = registry();
  std::vector<std::shared_ptr<Record>> records;
  {
    const std::lock_guard guard(all.mutex);
    each_open(all, [&](Entry& entry, std::size_t index) { release_entry(all, entry, index); });
    records = all.records;
    for (const auto& record : records) {
      record->numbers = 0;
      record->lock = 0;
      retire(all, record, how);
    }
  }
  // Who is inside a call was woken; what it leaves behind must go before the process does.
  const auto busy = [&] {
    const std::lock_guard guard(all.mutex);
    return std::any_of(records.begin(), records.end(), [](const auto& record) { return !record->seats.empty(); });
  };
  const Nanoseconds deadline = monotonic_now() + 200 * kMillisecond;
  while (busy() && monotonic_now() < deadline) {
    const timespec pause{0, kMillisecond};
    ::nanosleep(&pause, nullptr);
  }
  const std::lock_guard guard(all.mutex);
  for (Thread* one : all.threads) one->bell.close();
}

}  // namespace interproc::abi
