// Loans of queues and pipes: memory that callers fill and read in place.
//
// What is lent lies in its record from the attempt on, under the record's mutex, and only then gets a number: so that
// the end of the process, in another thread, finds it and gives it back before its object goes.
#include "opening.h"
#include "pipe_calls.h"
#include "queue_calls.h"

using namespace interproc;
using namespace interproc::abi;

namespace {

static_assert(static_cast<int>(Queue::kLendable) == IP_WHEN_LENDABLE);
static_assert(static_cast<int>(Queue::kPublishable) == IP_WHEN_LOAN_FITS);
static_assert(IP_LOAN_META_MOST == IPC_LOAN_META_MAX);

constexpr std::uint32_t kNowhere = UINT32_MAX;

// Where callers see the loan: memory of its own that stays where it is, also in a forked child. Where there is no
// address space for that, the participant's mapping serves, which no child inherits: a message that was taken must not
// be lost.
std::byte* seen_by_callers(Record& record, const Loan& loan, int fd) {
  const std::shared_ptr<Mapping>& inner = loan.mapping();
  const auto inside = loan.bytes().data() - inner->base;
  for (const auto& [offset, region] : record.regions) {
    if (offset == loan.mapping_offset()) return region->base + inside;
  }
  std::shared_ptr<Mapping> region;
  if (!map_for_callers(fd, inner->size, region, loan.mapping_offset()).ok()) region = inner;
  record.regions.emplace_back(loan.mapping_offset(), std::move(region));
  return record.regions.back().second->base + inside;
}

// Enters a loan into the record, whose mutex is held.
Status enter(Record& record, Loan&& loan, int fd, std::uint32_t& place, ip_lent& out) {
  out.bytes = seen_by_callers(record, loan, fd);
  out.length = loan.bytes().size();
  if (record.lent_free.empty()) {
    place = static_cast<std::uint32_t>(record.lent.size());
    record.lent.emplace_back();
  } else {
    place = record.lent_free.back();
    record.lent_free.pop_back();
  }
  record.lent[place] = {std::move(loan), 0};
  return {};
}

// With the record's mutex held. The loan is over: nothing in it is held any more.
void leave(Record& record, std::uint32_t place) {
  record.lent[place] = {};
  record.lent_free.push_back(place);
}

// The loan of a number, or null where it is over. With the record's mutex held.
Loan* find(Record& record, std::uint32_t place, ip_loan number) {
  Lent& lent = record.lent[place];
  return lent.number == number && lent.loan.held() ? &lent.loan : nullptr;
}

// Gives what was entered its number.
ip_status numbered(const std::shared_ptr<Record>& record, std::uint32_t place, ip_lent lent, ip_lent* out) {
  if (place != kNowhere) lent.loan = number_for_loan(record, place);
  if (place != kNowhere && lent.loan == 0) {
    const std::lock_guard guard(record->mutex);
    leave(*record, place);
    return fail(IP_CLOSED, "the object was closed");
  }
  *out = lent;
  return IP_OK;
}

// Takes a message as a loan: `take(into, loan, what)` does it, with the record's mutex held.
template <class Take>
Status receive(Record& record, int fd, std::span<std::byte> into, std::uint32_t& place, ip_lent& lent, Take take) {
  Loan loan;
  Channel::LoanTaken what;
  const Status s = take(into, loan, what);
  lent.meta_length = what.copied;
  if (!s.ok()) return s;
  lent.encoded = what.encoded ? 1 : 0;
  if (loan.held()) return enter(record, std::move(loan), fd, place, lent);
  lent.bytes = into.data();
  lent.length = what.copied;
  lent.meta_length = 0;
  return {};
}

// A loan that is to be sent through the object it came from.
struct Outgoing {
  ip_loan number = 0;
  std::uint32_t place = 0;
  std::uint64_t length = 0;
  ip_status status = IP_OK;
};

template <class Lends>
Outgoing outgoing(const std::shared_ptr<Record>& through, ip_loan number, Lends lends) {
  Outgoing out{number};
  const auto record = record_of_loan(number, out.place, out.status);
  if (!record) return out;
  if (record != through) {
    out.status = fail(IP_LOAN_FOREIGN, ip_strerror(IP_LOAN_FOREIGN));
    return out;
  }
  const std::lock_guard guard(record->mutex);
  const Loan* loan = find(*record, out.place, number);
  if (loan == nullptr)
    out.status = fail(IP_CLOSED, "the loan was sent or released");
  else if (!loan->writing() || !lends(*loan))
    out.status = fail(IP_LOAN_FOREIGN, ip_strerror(IP_LOAN_FOREIGN));
  else
    out.length = loan->bytes().size();
  return out;
}

// `publish(loan)` with the record's mutex held. A loan that went is over.
template <class Publish>
Status publish(Record& record, const Outgoing& what, Publish send) {
  Loan* loan = find(record, what.place, what.number);
  if (loan == nullptr) return {Code::kClosed};
  const Status s = send(*loan);
  if (s.ok()) leave(record, what.place);
  return s;
}

ip_status sent(const Outgoing& what, ip_status status) {
  if (status == IP_OK) forget_loan(what.number);
  return status;
}

ip_status check_meta(const void* meta, std::size_t length) {
  if (length > IP_LOAN_META_MOST) return fail(IP_TOO_LARGE, "a loan's meta has 1000 bytes at the most");
  return meta == nullptr && length > 0 ? fail(IP_INVALID, "there is no meta") : ip_status{IP_OK};
}

ip_status check_alloc(std::uint64_t bytes, const ip_lent* out) {
  if (out == nullptr) return fail(IP_INVALID, "there is nowhere to put the loan");
  return bytes == 0 ? fail(IP_INVALID, "a loan has at least one byte") : ip_status{IP_OK};
}

std::span<const std::byte> span_of(const void* bytes, std::size_t length) {
  return {static_cast<const std::byte*>(bytes), length};
}
std::span<std::byte> span_of(void* bytes, std::size_t length) { return {static_cast<std::byte*>(bytes), length}; }

// `act(lender)` under the record's mutex: the participant that holds a queue's loans, made at its first use.
template <class Act>
Status with_lender(const Use& use, Act act) {
  Record& record = use.record();
  const std::lock_guard guard(record.mutex);
  if (use.closed()) return {Code::kClosed};
  if (!record.lender) {
    std::unique_ptr<SharedObject> made;
    if (const Status s = use.object().again(made); !s.ok()) return s;
    record.lender.reset(static_cast<Queue*>(made.release()));
  }
  return act(*record.lender);
}

ip_status check_queue(Use& use) {
  if (use.status() != IP_OK) return use.status();
  return use.as<Queue>(IPC_KIND_QUEUE) != nullptr ? ip_status{IP_OK}
                                                  : fail(IP_INVALID, "the object is no queue that lends");
}

}  // namespace

ip_status ip_queue_alloc(ip_object number, uint64_t bytes, ip_lent* out, int64_t timeout, uint32_t flags) {
  Use use(number);
  if (const ip_status status = check_queue(use); status != IP_OK) return status;
  if (const ip_status status = check_alloc(bytes, out); status != IP_OK) return status;
  std::uint32_t place = kNowhere;
  ip_lent lent{};
  const ip_status status = until_done(use, timeout, flags, IP_WHEN_LENDABLE, IP_WHEN_PUT_FREE, bytes, [&](bool) {
    return with_lender(use, [&](Queue& lender) {
      Loan loan;
      const Status s = lender.lend(bytes, loan);
      return s.ok() ? enter(use.record(), std::move(loan), lender.segment().fd(), place, lent) : s;
    });
  });
  return status == IP_OK ? numbered(use.shared_record(), place, lent, out) : status;
}

ip_status ip_queue_put_loan(ip_object number, ip_loan loan, const void* meta, size_t meta_length, int64_t timeout,
                            uint32_t flags) {
  Use use(number);
  if (const ip_status status = check_queue(use); status != IP_OK) return status;
  if (const ip_status status = check_meta(meta, meta_length); status != IP_OK) return status;
  const Outgoing what = outgoing(use.shared_record(), loan, [](const Loan&) { return true; });
  if (what.status != IP_OK) return what.status;
  const std::uint64_t need = Channel::publishing(what.length, meta_length);
  const ip_status status = until_done(use, timeout, flags, IP_WHEN_LOAN_FITS, IP_WHEN_PUT_FREE, need, [&](bool insist) {
    return with_lender(use, [&](Queue& lender) {
      return publish(use.record(), what,
                     [&](Loan& one) { return lender.put_loan(one, span_of(meta, meta_length), insist); });
    });
  });
  if (status != IP_OK && (flags & (IP_KEEP_TURN | IP_ATTEMPT)) == 0 && !use.closed()) {
    static_cast<void>(with_lender(use, [](Queue& lender) {
      lender.stop_insisting();
      return Status{};
    }));
  }
  return sent(what, status);
}

ip_status ip_queue_get_loan(ip_object number, void* buffer, size_t capacity, ip_lent* out, int64_t timeout,
                            uint32_t flags) {
  Use use(number);
  if (const ip_status status = check_queue(use); status != IP_OK) return status;
  if (out == nullptr) return fail(IP_INVALID, "there is nowhere to put the loan");
  std::uint32_t place = kNowhere;
  ip_lent lent{};
  const ip_status status = until_done(use, timeout, flags, IP_WHEN_NOT_EMPTY, IP_WHEN_GET_FREE, 0, [&](bool) {
    return with_lender(use, [&](Queue& lender) {
      return receive(
          use.record(), lender.segment().fd(), span_of(buffer, capacity), place, lent,
          [&](auto into, Loan& loan, Channel::LoanTaken& what) { return lender.get_loan(into, loan, what); });
    });
  });
  if (status == IP_SMALL_BUFFER) out->meta_length = lent.meta_length;
  return status == IP_OK ? numbered(use.shared_record(), place, lent, out) : status;
}

ip_status ip_pipe_alloc(ip_object number, uint64_t bytes, ip_lent* out, int64_t timeout) {
  const Found found = find_end(number);
  if (found.status != IP_OK) return found.status;
  if (!writable(found)) return fail(IP_NOT_WRITABLE, ip_strerror(IP_NOT_WRITABLE));
  if (const ip_status status = check_alloc(bytes, out); status != IP_OK) return status;
  std::uint32_t place = kNowhere;
  ip_lent lent{};
  const ip_status status = until_done(number, found, timeout, Pipe::lendable_of(found.end), bytes, [&](Pipe& pipe) {
    Loan loan;
    const Status s = pipe.lend(found.end, bytes, loan);
    return s.ok() ? enter(*found.record, std::move(loan), pipe.segment().fd(), place, lent) : s;
  });
  return status == IP_OK ? numbered(found.record, place, lent, out) : status;
}

ip_status ip_pipe_send_loan(ip_object number, ip_loan loan, const void* meta, size_t meta_length, int64_t timeout) {
  const Found found = find_end(number);
  if (found.status != IP_OK) return found.status;
  if (!writable(found)) return fail(IP_NOT_WRITABLE, ip_strerror(IP_NOT_WRITABLE));
  if (const ip_status status = check_meta(meta, meta_length); status != IP_OK) return status;
  const Outgoing what =
      outgoing(found.record, loan, [&](const Loan& one) { return found.record->pipe->lends(found.end, one); });
  if (what.status != IP_OK) return what.status;
  const std::uint64_t need = Channel::publishing(what.length, meta_length);
  const ip_status status = until_done(number, found, timeout, Pipe::publishable_of(found.end), need, [&](Pipe& pipe) {
    return publish(*found.record, what,
                   [&](Loan& one) { return pipe.send_loan(found.end, one, span_of(meta, meta_length)); });
  });
  return sent(what, status);
}

ip_status ip_pipe_receive_loan(ip_object number, void* buffer, size_t capacity, ip_lent* out, int64_t timeout) {
  const Found found = find_end(number);
  if (found.status != IP_OK) return found.status;
  if (!readable(found)) return fail(IP_NOT_READABLE, ip_strerror(IP_NOT_READABLE));
  if (out == nullptr) return fail(IP_INVALID, "there is nowhere to put the loan");
  std::uint32_t place = kNowhere;
  ip_lent lent{};
  const ip_status status = until_done(number, found, timeout, Pipe::readable_of(found.end), 0, [&](Pipe& pipe) {
    return receive(*found.record, pipe.segment().fd(), span_of(buffer, capacity), place, lent,
                   [&](auto into, Loan& loan, Channel::LoanTaken& what) {
                     return pipe.receive_loan(found.end, into, loan, what);
                   });
  });
  if (status == IP_SMALL_BUFFER) out->meta_length = lent.meta_length;
  return status == IP_OK ? numbered(found.record, place, lent, out) : status;
}

ip_status ip_loan_release(ip_loan number) {
  ip_status status = IP_OK;
  std::uint32_t place = 0;
  const auto record = record_of_loan(number, place, status);
  if (!record) return status;
  {
    const std::lock_guard guard(record->mutex);
    Loan* loan = find(*record, place, number);
    if (loan == nullptr) return fail(IP_CLOSED, "the loan was sent or released");
    loan->release();
    leave(*record, place);
  }
  forget_loan(number);
  return IP_OK;
}
