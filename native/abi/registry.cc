#include "registry.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <utility>
#include <vector>

#include "sync/post_watcher.h"
#include "system/atomic.h"
#include "system/futex.h"

namespace interproc::abi {
namespace {

// An ip_object: 32 bits of generation, 32 of index + 1. The word of an entry tells generation and state apart, so that
// a number is checked without a lock.
enum EntryState : std::uint64_t { kFree = 0, kOpen = 1, kForked = 2 };

struct Entry {
  std::atomic<std::uint64_t> word{0};  // generation << 2 | state
  std::shared_ptr<Record> record;      // guarded by the mutex
  std::uint32_t end = 0;               // of a loan: its place in the record
  bool loan = false;
};

constexpr std::size_t kChunk = 1024;
constexpr std::size_t kChunks = 1024;
using Chunk = std::array<Entry, kChunk>;

class Thread;

struct Registry {
  std::mutex mutex;
  std::array<std::atomic<Chunk*>, kChunks> chunks{};
  std::size_t used = 0;  // entries that were ever used
  std::vector<std::size_t> free;
  std::vector<std::shared_ptr<Record>> records;
  std::vector<Thread*> threads;
  std::recursive_mutex* opening = new std::recursive_mutex;
};

void before_fork();
void in_parent();
void in_child();

Registry& registry() {
  // Never destroyed: threads may outlive the end of main().
  static Registry* const everlasting = [] {
    ::pthread_atfork(&before_fork, &in_parent, &in_child);
    std::atexit([] { close_all(Leaving::kOrderly); });
    return new Registry;
  }();
  return *everlasting;
}

std::size_t index_of(ip_object number) { return static_cast<std::size_t>(number & 0xffffffffu) - 1; }
std::uint64_t generation_of(ip_object number) { return number >> 32; }

Entry* entry_of(ip_object number) {
  const std::size_t index = index_of(number);
  if (number == 0 || index >= kChunk * kChunks) return nullptr;
  // Acquire: pairs with the release in new_number().
  Chunk* chunk = registry().chunks[index / kChunk].load(std::memory_order_acquire);
  return chunk != nullptr ? &(*chunk)[index % kChunk] : nullptr;
}

ip_status check(ip_object number) {
  const Entry* entry = entry_of(number);
  // Acquire: pairs with the release in new_number() and release_entry().
  const std::uint64_t word = entry != nullptr ? entry->word.load(std::memory_order_acquire) : 0;
  if (word >> 2 != generation_of(number) || (word & 3) == kFree)
    return fail(IP_CLOSED, "the object was closed, or never was");
  if ((word & 3) == kForked)
    return fail(IP_FORKED, "the object belongs to the process that forked this one; open it anew");
  return IP_OK;
}

// Called with the mutex held, as all functions on entries and seats are.
ip_object new_number(Registry& all, std::shared_ptr<Record> record, std::uint32_t end, bool loan = false) {
  std::size_t index;
  if (all.free.empty()) {
    index = all.used++;
    if (index >= kChunk * kChunks) return 0;
    if (index % kChunk == 0) all.chunks[index / kChunk].store(new Chunk, std::memory_order_release);
  } else {
    index = all.free.back();
    all.free.pop_back();
  }
  Entry& entry = (*all.chunks[index / kChunk].load(std::memory_order_relaxed))[index % kChunk];
  const std::uint64_t generation = ((entry.word.load(std::memory_order_relaxed) >> 2) + 1) & 0xffffffffu;
  ++record->numbers;
  entry.record = std::move(record);
  entry.end = end;
  entry.loan = loan;
  entry.word.store(generation << 2 | kOpen, std::memory_order_release);
  return generation << 32 | (index + 1);
}

std::shared_ptr<Record> release_entry(Registry& all, Entry& entry, std::size_t index) {
  const std::uint64_t generation = entry.word.load(std::memory_order_relaxed) >> 2;
  entry.word.store(generation << 2 | kFree, std::memory_order_release);
  all.free.push_back(index);
  return std::exchange(entry.record, nullptr);
}

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

// ---- Threads

class Thread {
 public:
  Thread() {
    Registry& all = registry();
    const std::lock_guard guard(all.mutex);
    all.threads.push_back(this);
  }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread() {
    // At the end of main() the exit handler does all this, in an orderly way.
    if (::syscall(SYS_gettid) == ::getpid()) return;
    Registry& all = registry();
    const std::lock_guard guard(all.mutex);
    std::erase(all.threads, this);
    for (const Cached& one : seats_) leave_seat(*one.record, one.seat);
    bell.close();
  }

  std::shared_ptr<Seat> find(const Record* record) const {
    for (const Cached& one : seats_) {
      if (one.record.get() == record && one.seat->state.load(std::memory_order_relaxed) != Seat::kGone) return one.seat;
    }
    return nullptr;
  }
  void remember(const std::shared_ptr<Record>& record, const std::shared_ptr<Seat>& seat) {
    std::erase_if(seats_,
                  [](const Cached& one) { return one.seat->state.load(std::memory_order_relaxed) == Seat::kGone; });
    seat->taken = true;
    seats_.push_back({record, seat});
  }

  // The last use of each number, by its index.
  struct Recent {
    ip_object number = 0;
    std::uint32_t end = 0;
    std::shared_ptr<Record> record;
    std::shared_ptr<Seat> seat;
  };
  Recent& recent(ip_object number) { return recent_[index_of(number) % recent_.size()]; }

  void forget_everything() {
    seats_.clear();
    recent_ = {};
    bell.disown();
  }

  Doorbell bell;
  const volatile int* interrupt = nullptr;

 private:
  struct Cached {
    std::shared_ptr<Record> record;
    std::shared_ptr<Seat> seat;
  };

  static void leave_seat(Record& record, const std::shared_ptr<Seat>& seat) {
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

  std::vector<Cached> seats_;
  std::array<Recent, 64> recent_;
};

Thread& thread() {
  static thread_local Thread mine;
  return mine;
}

// ---- Fork

void before_fork() {
  registry().opening->lock();
  registry().mutex.lock();
}
void in_parent() {
  registry().mutex.unlock();
  registry().opening->unlock();
}

// The child's only thread. Nothing is taken down: what is in shared memory is the parent's.
void in_child() {
  Registry& all = registry();
  for (std::size_t index = 0; index < all.used; ++index) {
    Entry& entry = (*all.chunks[index / kChunk].load(std::memory_order_relaxed))[index % kChunk];
    const std::uint64_t word = entry.word.load(std::memory_order_relaxed);
    if ((word & 3) == kOpen) entry.word.store((word & ~std::uint64_t{3}) | kForked, std::memory_order_relaxed);
  }
  // Leaked on purpose: memory that the child has pointers to stays mapped.
  auto* inherited = new std::vector<std::shared_ptr<Record>>(std::move(all.records));
  for (const auto& record : *inherited) {
    for (const auto& seat : record->seats) {
      if (seat->object) seat->object->segment().disown();
    }
    if (record->pipe) record->pipe->segment().disown();
    if (record->lender) record->lender->segment().disown();
    if (record->memory) record->memory->disown();
  }
  all.records.clear();
  Thread& mine = thread();
  mine.forget_everything();
  for (Thread* other : all.threads) {
    if (other != &mine) other->bell.disown();
  }
  all.threads.assign(1, &mine);
  forget_posts_after_fork();
  // A recursive one belongs to a thread, which is another one here by its number.
  all.opening = new std::recursive_mutex;
  all.mutex.unlock();
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
  status = check(number);
  if (status != IP_OK) return nullptr;
  const std::lock_guard guard(registry().mutex);
  status = check(number);
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
  status = check(number);
  if (status != IP_OK) return nullptr;
  const std::lock_guard guard(registry().mutex);
  status = check(number);
  if (status != IP_OK) return nullptr;
  const Entry& entry = *entry_of(number);
  if (!entry.loan) {
    status = fail(IP_INVALID, "the number is an object's, not a loan's");
    return nullptr;
  }
  place = entry.end;
  return entry.record;
}

Use::Use(ip_object number) : number_(number), status_(check(number)) {
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
  ip_status status = check(number);
  if (status != IP_OK) return status;
  ip_object lock = 0;
  {
    Registry& all = registry();
    const std::lock_guard guard(all.mutex);
    status = check(number);
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
  if (check(number) != IP_OK) return;
  const std::shared_ptr<Record> record = release_entry(all, *entry_of(number), index_of(number));
  static_cast<void>(release_record(all, record));
}

void close_all(Leaving how) {
  Registry& all = registry();
  std::vector<std::shared_ptr<Record>> records;
  {
    const std::lock_guard guard(all.mutex);
    for (std::size_t index = 0; index < all.used; ++index) {
      Entry& entry = (*all.chunks[index / kChunk].load(std::memory_order_relaxed))[index % kChunk];
      if ((entry.word.load(std::memory_order_relaxed) & 3) != kOpen) continue;
      release_entry(all, entry, index);
    }
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

Status thread_doorbell(Doorbell*& out) {
  out = &thread().bell;
  return out->create();
}

const volatile int*& interrupt_flag() { return thread().interrupt; }

}  // namespace interproc::abi
