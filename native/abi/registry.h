// Which numbers stand for which objects, and which thread is attached to them through what.
//
//   number (ip_object) ──> Record: one object, as this process knows it ──> Seat: one thread's participant in it
//
// A lock's owner, a condition's waiter and a barrier's party are participants, and a participant sleeps in one place
// only: so each thread has its own seat, taken at its first use of the object. An open record always has a seat, or it
// would go: a thread that ends leaves a fresh one behind where its own was the last.
//
// A seat is used by its thread without a lock. State says who may take it down:
//   IDLE ──call begins──> BUSY ──call ends──> IDLE        by the thread itself
//   IDLE ──closed──> GONE                                 by whoever closes: nobody is inside
//   BUSY ──closed──> DOOMED ──call ends──> GONE           the thread was woken, and takes it down on its way out
// Everything but the state is guarded by the registry's mutex, which no call holds while it waits. A record's own mutex
// may be taken while holding it, never the other way round.
//
// A pipe is used by all threads through one participant, because that owns the ends; calls take the record's mutex for
// the moment of an attempt. Seats are for their waits. So it is with the loans of a queue: they are the process's, and
// its lender holds them, whichever thread came by them.
//
// A loan has a number as an object has, and keeps the record open as that does; it answers to the calls of loans only.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "failure.h"
#include "interproc.h"
#include "memory/bare_memory.h"
#include "messages/pipe.h"
#include "messages/queue.h"
#include "segment/object.h"
#include "waiting/doorbell.h"

namespace interproc::abi {

struct Seat {
  enum State : std::uint32_t { kIdle, kBusy, kDoomed, kGone };
  std::unique_ptr<SharedObject> object;
  std::atomic<std::uint32_t> state{kIdle};
  bool taken = false;  // by a thread
};

// A message's memory in the caller's hands.
struct Lent {
  Loan loan;
  ip_loan number = 0;
};

struct Record {
  std::string name;
  const char* kind = "";
  std::string meta;
  ip_description description{};
  std::list<std::shared_ptr<Seat>> seats;
  std::shared_ptr<Mapping> mapping;  // a cell's or bare memory's, at one address for all threads and forked children
  std::uint64_t data_offset = 0;     // of a cell, in the mapping
  std::uint64_t data_bytes = 0;
  ip_object lock = 0;  // of a value, an array or a condition: a number of its own on the lock it was given
  bool recursive = false;
  bool bounded = false;
  unsigned numbers = 0;  // how many lead here
  std::mutex mutex;      // of what follows
  std::unique_ptr<Pipe> pipe;
  std::unique_ptr<BareMemory> memory;
  std::unique_ptr<Queue> lender;  // of a queue, from the first loan on
  std::vector<Lent> lent;
  std::vector<std::uint32_t> lent_free;  // places in `lent`
  // Where callers see the memory that is lent, by where it begins in the file: one for each direction of messages.
  std::vector<std::pair<std::uint64_t, std::shared_ptr<Mapping>>> regions;
};

// A new number for an object that was just created or opened by this thread.
ip_object adopt(std::shared_ptr<Record> record, std::unique_ptr<SharedObject> object, std::uint32_t end = 0);
// One more number for a record that is open.
ip_object number_again(const std::shared_ptr<Record>& record, std::uint32_t end = 0);
// What this process has open under a name, if the name still leads there. `segment_kind` as in the layout.
std::shared_ptr<Record> find_open(std::string_view name, std::uint32_t segment_kind);
// The record of a number, without a seat. Null, with the failure remembered in `status`.
std::shared_ptr<Record> record_of(ip_object number, ip_status& status, std::uint32_t* end = nullptr);

// A number for what lies at `place` among what the record has lent. 0 where the record is closed.
ip_loan number_for_loan(const std::shared_ptr<Record>& record, std::uint32_t place);
// The record that lent it, and its place there. Null, with the failure remembered in `status`.
std::shared_ptr<Record> record_of_loan(ip_loan number, std::uint32_t& place, ip_status& status);
// The number of a loan that is over goes, and with its last number the record.
void forget_loan(ip_loan number);

// One call's use of an object by this thread.
class Use {
 public:
  explicit Use(ip_object number);
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use();

  // IP_OK where the object may be used; the failure is remembered.
  [[nodiscard]] ip_status status() const { return status_; }
  // What the number stands for has been closed by another thread meanwhile.
  [[nodiscard]] bool closed() const;
  // Null where it is an object of another class.
  template <class T>
  T* as(std::uint32_t segment_kind) {
    return status_ == IP_OK && object().segment().header().kind == segment_kind ? static_cast<T*>(&object()) : nullptr;
  }
  [[nodiscard]] SharedObject& object() const { return *seat_->object; }
  [[nodiscard]] Record& record() const { return *record_; }
  [[nodiscard]] const std::shared_ptr<Record>& shared_record() const { return record_; }
  [[nodiscard]] std::uint32_t end() const { return end_; }

 private:
  std::shared_ptr<Record> record_;
  std::shared_ptr<Seat> seat_;
  ip_object number_;
  std::uint32_t end_ = 0;
  ip_status status_ = IP_OK;
};

// Held while a name is opened, so that it has one record. Opening may open more: the lock of a condition.
std::recursive_mutex& opening_mutex();

ip_status close_number(ip_object number);
void close_all(Leaving how);

// This thread's doorbell, made at its first use.
Status thread_doorbell(Doorbell*& out);
// What ip_interrupt_on() set for this thread.
const volatile int*& interrupt_flag();

}  // namespace interproc::abi
