#include "messages/channel.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "system/atomic.h"
#include "system/crash_point.h"

namespace interproc {
namespace {

// A record of a quarter of the ring leaves room for others; one of 64 KiB fills a page of the extents.
constexpr std::uint64_t kInlineMost = IPC_EXTENT_PAGE;

std::uint64_t round_to_page(std::uint64_t bytes) {
  return (bytes + IPC_EXTENT_PAGE - 1) & ~std::uint64_t{IPC_EXTENT_PAGE - 1};
}

// Two copies of a size that the compiler knows, which overlap where `bytes` is less than both.
template <std::size_t Half>
void copy_ends(std::byte* to, const std::byte* from, std::size_t bytes) {
  std::array<std::byte, Half> first, last;
  std::memcpy(first.data(), from, Half);
  std::memcpy(last.data(), from + bytes - Half, Half);
  std::memcpy(to, first.data(), Half);
  std::memcpy(to + bytes - Half, last.data(), Half);
}

// Most messages are so small that the C library would take longer to find its way than to copy.
void copy_bytes(std::byte* to, const std::byte* from, std::size_t bytes) {
  if (bytes > 64)
    std::memcpy(to, from, bytes);
  else if (bytes > 32)
    copy_ends<32>(to, from, bytes);
  else if (bytes > 16)
    copy_ends<16>(to, from, bytes);
  else if (bytes > 8)
    copy_ends<8>(to, from, bytes);
  else if (bytes > 4)
    copy_ends<4>(to, from, bytes);
  else if (bytes > 2)
    copy_ends<2>(to, from, bytes);
  else if (bytes != 0)
    copy_ends<1>(to, from, bytes);
}

}  // namespace

std::uint64_t ring_bytes_for(std::uint64_t capacity) {
  return std::bit_ceil(std::clamp(capacity, kSmallestRing, kLargestRing));
}

std::uint64_t extent_table_offset(std::uint64_t total_size, unsigned direction) {
  return round_to_page(total_size) + direction * (Extents::kTableBytes + Extents::kRegionBytes);
}

void plan_channel(ipc_channel& channel, const ChannelPlan& plan, std::uint64_t ring_offset,
                  std::uint64_t table_offset) {
  channel.ring_offset = ring_offset;
  channel.ring_bytes = ring_bytes_for(plan.capacity);
  channel.table_offset = table_offset;
  channel.extents_offset = table_offset + Extents::kTableBytes;
  channel.max_items = plan.max_items;
  channel.max_bytes = plan.max_bytes;
}

Status Channel::attach(const Segment& segment, ipc_channel& shared) {
  segment_ = &segment;
  shared_ = &shared;
  const std::uint64_t total = segment.header().total_size;
  const std::uint64_t bytes = load_relaxed(shared.ring_bytes);
  const std::uint64_t offset = load_relaxed(shared.ring_offset);
  if (bytes == 0) return {};
  if (!std::has_single_bit(bytes) || bytes < kSmallestRing || bytes > kLargestRing)
    return Status::corrupt("a ring's size is not a power of two within bounds");
  if (offset % 128 != 0 || offset < IPC_BODY_OFFSET || offset > total || bytes > total - offset)
    return Status::corrupt("a ring lies outside the segment");
  const std::uint64_t table = load_relaxed(shared.table_offset);
  if ((table != extent_table_offset(total, 0) && table != extent_table_offset(total, 1)) ||
      load_relaxed(shared.extents_offset) != table + Extents::kTableBytes)
    return Status::corrupt("the extents lie where they cannot");
  max_items_ = load_relaxed(shared.max_items);
  const std::uint64_t max_bytes = load_relaxed(shared.max_bytes);
  max_bytes_ = max_bytes == 0 ? kLargestMessage : std::min(max_bytes, kLargestMessage);
  inline_most_ = std::min(kInlineMost, bytes / 4);
  ring_ = Ring(shared, segment.base() + offset, bytes);
  extents_ = Extents(segment, shared, table);
  return {};
}

// ---- Producer

bool Channel::all_items_taken_up(bool fresh) { return max_items_ != 0 && ring_.written_records(fresh) >= max_items_; }

Status Channel::append(std::span<const std::byte> message) {
  if (message.size() > max_bytes_) return {Code::kTooLarge};
  if (all_items_taken_up(false) && all_items_taken_up(true)) return {Code::kFull};
  std::span<std::byte> room;
  if (!large(message.size())) {
    if (Status s = ring_.reserve(static_cast<std::uint32_t>(message.size()), IPC_RECORD_DATA, room); !s.ok()) return s;
    copy_bytes(room.data(), message.data(), message.size());
    INTERPROC_CRASH_POINT("channel.written");
    return {};
  }
  const Position before = ring_.write_position();
  ipc_extent_ref run{};
  if (Status s = ring_.reserve(sizeof run, IPC_RECORD_EXTENT, room); !s.ok()) return s;
  if (Status s = extents_.allocate(message.size(), capacity(), before, run); !s.ok()) {
    ring_.rewind(before);
    return s;
  }
  copy_bytes(extents_.data(run), message.data(), message.size());
  std::memcpy(room.data(), &run, sizeof run);
  INTERPROC_CRASH_POINT("channel.referred");
  extents_.commit(run, ring_.last_reserved());
  return {};
}

Status Channel::push(std::span<const std::byte> message) {
  if (Status s = ring_.begin_write(); !s.ok()) return s;
  if (Status s = append(message); !s.ok()) return s;
  ring_.publish();
  return {};
}

Status Channel::push_many(std::span<const std::byte> messages, std::span<const std::uint32_t> lengths,
                          std::uint32_t& pushed) {
  pushed = 0;
  if (Status s = ring_.begin_write(); !s.ok()) return s;
  Status why;
  for (const std::uint32_t length : lengths) {
    if (length > messages.size()) break;
    why = append(messages.first(length));
    if (!why.ok()) break;
    messages = messages.subspan(length);
    ++pushed;
  }
  if (pushed == 0) return why;
  ring_.publish();
  return {};
}

Status Channel::lend(std::uint64_t bytes, Loan& out) {
  if (bytes > max_bytes_ || bytes == 0) return {Code::kTooLarge};
  ipc_extent_ref run{};
  if (Status s = extents_.allocate(bytes, Extents::kUnbounded, {load_relaxed(shared_->tail)}, run); !s.ok()) return s;
  out = Loan(extents_, run, true);
  return {};
}

Status Channel::prepare(std::uint64_t bytes, Loan& out) {
  if (bytes > max_bytes_) return {Code::kTooLarge};
  if (Status s = ring_.begin_write(); !s.ok()) return s;
  if (all_items_taken_up(false) && all_items_taken_up(true)) return {Code::kFull};
  if (!ring_.fits(sizeof(ipc_extent_ref))) return {Code::kFull};
  ipc_extent_ref run{};
  if (Status s = extents_.allocate(bytes, capacity(), ring_.write_position(), run); !s.ok()) return s;
  out = Loan(extents_, run, true);
  return {};
}

Status Channel::refer(Loan& loan, std::span<const std::byte> meta, std::uint32_t type) {
  if (!lends(loan)) return {Code::kClosed};
  if (meta.size() > IPC_LOAN_META_MAX) return {Code::kTooLarge};
  if (Status s = ring_.begin_write(); !s.ok()) return s;
  if (all_items_taken_up(false) && all_items_taken_up(true)) return {Code::kFull};
  const ipc_extent_ref run = loan.run();
  if (Status s = extents_.admit(run, capacity(), ring_.write_position()); !s.ok()) return s;
  std::span<std::byte> room;
  const std::uint32_t payload = static_cast<std::uint32_t>(sizeof run + meta.size());
  if (Status s = ring_.reserve(payload, type, room); !s.ok()) return s;
  std::memcpy(room.data(), &run, sizeof run);
  copy_bytes(room.data() + sizeof run, meta.data(), meta.size());
  extents_.commit(run, ring_.last_reserved());
  ring_.publish();
  loan.part_with();
  return {};
}

bool Channel::has_room_to_lend(std::uint64_t bytes) {
  return bytes > max_bytes_ || extents_.has_room(bytes, Extents::kUnbounded, {load_acquire(shared_->tail)});
}

bool Channel::has_room_to_publish(std::uint64_t need) {
  std::uint64_t used = 0, records = 0;
  if (!ring_.fill(used, records).ok()) return true;  // let the attempt report it
  if (max_items_ != 0 && records >= max_items_) return false;
  return ring_.fits(sizeof(ipc_extent_ref) + (need & 1023)) &&
         extents_.admits(need >> 10, capacity(), {load_acquire(shared_->tail)});
}

bool Channel::has_room(std::uint64_t bytes) {
  if (bytes > max_bytes_) return true;  // let the attempt report it
  std::uint64_t used = 0, records = 0;
  if (!ring_.fill(used, records).ok()) return true;  // let the attempt report it
  if (max_items_ != 0 && records >= max_items_) return false;
  // Exactly, not roughly: who is told "no" too often sleeps beside free room, who is told "yes" too often never sleeps.
  if (!ring_.fits(large(bytes) ? sizeof(ipc_extent_ref) : bytes)) return false;
  return !large(bytes) || extents_.has_room(bytes, capacity(), {load_acquire(shared_->tail)});
}

// ---- Consumer

bool Channel::empty() const { return load_acquire(shared_->tail) == load_acquire(shared_->head); }

Status Channel::take(std::span<std::byte> into, Taken& taken) {
  std::uint32_t count = 0;
  std::uint32_t length = 0;
  return take_many(into, {&length, 1}, count, taken);
}

Status Channel::take_many(std::span<std::byte> into, std::span<std::uint32_t> lengths, std::uint32_t& count,
                          Taken& taken, Taking taking, void* context) {
  count = 0;
  taken = {};
  ring_.begin_read();
  const Position head = ring_.read_position();
  while (count < lengths.size()) {
    ipc_record header;
    std::span<const std::byte> payload;
    Status s = ring_.peek(header, payload);
    const bool in_pages = s.ok() && header.type != IPC_RECORD_DATA;
    if (in_pages && count == 0) {
      ipc_extent_ref run;
      if (s = reference_of(header, payload, run); !s.ok()) return s;
      taken.length = run.length;
      if (s = extents_.check(run); !s.ok()) return s;
      if (header.type == IPC_RECORD_LOAN) return {Code::kLoan};
      if (run.length > into.size()) return {Code::kSmallBuffer};
      if (s = extents_.take(run, ring_.read_position()); !s.ok()) return s;
      ring_.pass(header);
      if (taking != nullptr) taking(context, head, 1);
      ring_.advance();
      taken = {run.length, true, run};
      lengths[0] = static_cast<std::uint32_t>(run.length);
      count = 1;
      return {};
    }
    if (s.ok() && header.type == IPC_RECORD_DATA && payload.size() > into.size()) {
      taken.length = payload.size();
      s = {Code::kSmallBuffer};
    }
    if (!s.ok() || in_pages) {
      if (count == 0) return s;
      break;  // what was copied is taken; the next call meets the trouble first
    }
    copy_bytes(into.data(), payload.data(), payload.size());
    into = into.subspan(payload.size());
    taken.length = payload.size();
    lengths[count++] = static_cast<std::uint32_t>(payload.size());
    ring_.pass(header);
  }
  if (taking != nullptr) taking(context, head, count);
  ring_.advance();
  return {};
}

void Channel::finish(const Taken& taken, std::span<std::byte> into) {
  if (!taken.large) return;
  copy_bytes(into.data(), extents_.data(taken.run), taken.run.length);
  INTERPROC_CRASH_POINT("channel.copied");
  extents_.release(taken.run);
}

Status Channel::take_loan(std::span<std::byte> into, Loan& loan, LoanTaken& what, Taking taking, void* context) {
  what = {};
  ring_.begin_read();
  const Position head = ring_.read_position();
  ipc_record header;
  std::span<const std::byte> payload;
  if (Status s = ring_.peek(header, payload); !s.ok()) return s;
  ipc_extent_ref run{};
  const bool in_pages = header.type != IPC_RECORD_DATA;
  if (in_pages) {
    if (Status s = reference_of(header, payload, run); !s.ok()) return s;
    if (Status s = extents_.check(run); !s.ok()) return s;
    payload = payload.subspan(sizeof run);
  }
  what = {in_pages ? run.length : payload.size(), payload.size(), header.type != IPC_RECORD_LOAN};
  if (payload.size() > into.size()) return {Code::kSmallBuffer};
  copy_bytes(into.data(), payload.data(), payload.size());
  if (in_pages) {
    if (Status s = extents_.take(run, ring_.read_position()); !s.ok()) return s;
  }
  ring_.pass(header);
  if (taking != nullptr) taking(context, head, 1);
  ring_.advance();
  if (in_pages) loan = Loan(extents_, run, false);
  return {};
}

Status Channel::reference_of(const ipc_record& header, std::span<const std::byte> payload, ipc_extent_ref& out) {
  const std::size_t meta_most = header.type == IPC_RECORD_LOAN ? IPC_LOAN_META_MAX : 0;
  if (payload.size() < sizeof out || payload.size() - sizeof out > meta_most)
    return Status::corrupt("a record that refers to pages has the wrong length");
  std::memcpy(&out, payload.data(), sizeof out);
  if (out.length > kLargestMessage) return Status::corrupt("a message is longer than messages can be");
  return {};
}

Status Channel::next_length(std::uint64_t& length) {
  ring_.begin_read();
  ipc_record header;
  std::span<const std::byte> payload;
  if (Status s = ring_.peek(header, payload); !s.ok()) return s;
  length = payload.size();
  if (header.type == IPC_RECORD_DATA) return {};
  ipc_extent_ref run;
  if (Status s = reference_of(header, payload, run); !s.ok()) return s;
  length = run.length;
  return extents_.check(run);
}

Status Channel::discard() {
  ring_.begin_read();
  for (;;) {
    ipc_record header;
    std::span<const std::byte> payload;
    const Status s = ring_.peek(header, payload);
    if (s.code == Code::kEmpty) break;
    if (!s.ok()) return s;
    ring_.pass(header);
  }
  INTERPROC_CRASH_POINT("channel.discarding");
  // Runs whose records are passed are free by that alone.
  ring_.advance();
  return {};
}

}  // namespace interproc
