#include "messages/ring.h"

#include <algorithm>
#include <cstring>

#include "system/atomic.h"
#include "system/crash_point.h"

namespace interproc {
namespace {

// An empty ring starts again at its beginning once it has come this far, so that light traffic stays in the cache, and
// is at least half way: the rest is no room for anybody until a reader has passed it. Whether the ring is empty only
// the shared head tells, and that is read once in this many bytes.
constexpr std::uint64_t kRestartAt = 16 * 1024;

}  // namespace

Status Ring::fill(std::uint64_t& bytes, std::uint64_t& records) const {
  // Head first: the tail read later can only be further, so the difference is never negative.
  const Position head{load_acquire(shared_->head)};
  const Position tail{load_acquire(shared_->tail)};
  bytes = tail.bytes_since(head);
  records = tail.records_since(head);
  // Both may move between the two loads; a distance past the capacity is then stale, not corrupt.
  if (bytes > bytes_ || records > bytes / IPC_UNIT) {
    const bool stale = load_acquire(shared_->head) != head.word;
    bytes = std::min(bytes, bytes_);
    records = std::min(records, bytes / IPC_UNIT);
    if (!stale) return Status::corrupt("tail is more than a ring ahead of head, or their counts disagree");
  }
  return {};
}

// ---- Producer

Status Ring::begin_write() {
  const Position before = write_;
  // Relaxed: this side alone writes the tail; where participants take turns, an owned lock or a pipe end's word orders
  // it.
  write_ = {load_relaxed(shared_->tail)};
  // Unpublished records are forgotten, and with them what was known of the room behind them.
  if (write_.word != before.word) plain_ = 0;
  // A head remembered from before somebody else's turn may be more than a ring behind, or, first of all, none at all.
  if (wrote_ && write_.word == last_tail_.word) return {};
  plain_ = 0;
  return refresh_head();
}

Status Ring::refresh_head() {
  // Acquire: pairs with the release in advance(); the consumer has finished copying what lies before it.
  const Position head{load_acquire(shared_->head)};
  if (write_.bytes_since(head) > bytes_) return Status::corrupt("head is not within a ring behind tail");
  seen_head_ = head;
  return {};
}

std::uint64_t Ring::skip_before(Position at, std::uint64_t used, std::uint64_t need) const {
  const std::uint64_t offset = offset_of(at);
  const std::uint64_t to_end = bytes_ - offset;
  const bool restart = used == 0 && offset + need > std::max(kRestartAt, bytes_ / 2) && to_end + need <= bytes_;
  return to_end < need || restart ? to_end : 0;
}

bool Ring::fits(std::uint64_t payload) const {
  const Position head{load_acquire(shared_->head)};
  const Position tail{load_acquire(shared_->tail)};
  const std::uint64_t used = tail.bytes_since(head);
  const std::uint64_t need = record_bytes(payload);
  return used <= bytes_ && bytes_ - used >= skip_before(tail, used, need) + need;
}

std::uint64_t Ring::written_bytes(bool fresh) {
  if (fresh && !refresh_head().ok()) return bytes_;
  return write_.bytes_since(seen_head_);
}

std::uint64_t Ring::written_records(bool fresh) {
  if (fresh && !refresh_head().ok()) return Position::kCountMask;
  return write_.records_since(seen_head_);
}

Status Ring::look_for_room(std::uint64_t need) {
  for (bool fresh : {false, true}) {
    if (fresh || offset_of(write_) % kRestartAt + need > kRestartAt) {
      if (Status s = refresh_head(); !s.ok()) return s;
    }
    const std::uint64_t used = write_.bytes_since(seen_head_);
    const std::uint64_t skip = skip_before(write_, used, need);
    if (bytes_ - used < skip + need) continue;
    if (skip != 0) {
      const ipc_record header{static_cast<std::uint32_t>(skip - sizeof(ipc_record)), IPC_RECORD_SKIP};
      std::memcpy(data_ + offset_of(write_), &header, sizeof header);
      INTERPROC_CRASH_POINT("ring.skip");
      write_ = write_.advanced(skip, 0);
    }
    const std::uint64_t offset = offset_of(write_);
    const std::uint64_t before_look = kRestartAt - offset % kRestartAt;
    plain_ = std::max(need, std::min({bytes_ - used - skip, bytes_ - offset, before_look}));
    return {};
  }
  return {Code::kFull};
}

void Ring::publish() {
  INTERPROC_CRASH_POINT("ring.publish");
  // Release: pairs with the acquire in refresh_tail(); every byte of every record is seen before the tail is.
  store_release(shared_->tail, write_.word);
  last_tail_ = write_;
  wrote_ = true;
  INTERPROC_CRASH_POINT("ring.published");
}

// ---- Consumer

void Ring::begin_read() {
  read_ = {load_relaxed(shared_->head)};
  // The remembered tail is of use only to who was the last to read.
  if (read_.word != last_head_.word) seen_tail_ = read_;
}

bool Ring::knows_of_more() const {
  return load_relaxed(shared_->head) == last_head_.word && last_head_.word != seen_tail_.word;
}

Status Ring::refresh_tail() {
  // Acquire: pairs with the release in publish().
  const Position tail{load_acquire(shared_->tail)};
  const std::uint64_t bytes = tail.bytes_since(read_);
  const std::uint64_t records = tail.records_since(read_);
  if (bytes > bytes_) return Status::corrupt("tail is more than a ring ahead of head");
  if ((bytes == 0) != (records == 0) || records > bytes / IPC_UNIT)
    return Status::corrupt("the ring's counts of bytes and records disagree");
  seen_tail_ = tail;
  return {};
}

Status Ring::look_for_record(ipc_record& header, std::span<const std::byte>& payload) {
  if (read_.bytes_since(seen_tail_) == 0) {
    if (Status s = refresh_tail(); !s.ok()) return s;
    if (read_.word == seen_tail_.word) return {Code::kEmpty};
  }
  for (int skipped = 0;; ++skipped) {
    const std::uint64_t available = seen_tail_.bytes_since(read_);
    const std::uint64_t offset = offset_of(read_);
    const std::uint64_t to_end = bytes_ - offset;
    if (available < sizeof(ipc_record) || available > bytes_) return Status::corrupt("no whole record before tail");
    ipc_record local;
    std::memcpy(&local, data_ + offset, sizeof local);
    const std::uint64_t whole = record_bytes(local.length);
    if (whole > to_end || whole > available) return Status::corrupt("a record reaches past the ring's end or its tail");
    if (local.type == IPC_RECORD_SKIP) {
      // A skip reaches the ring's end and is published together with the record behind it.
      if (skipped != 0 || whole != to_end || whole == available) return Status::corrupt("a skip record out of place");
      read_ = read_.advanced(whole, 0);
      continue;
    }
    if (local.type != IPC_RECORD_DATA && local.type != IPC_RECORD_EXTENT && local.type != IPC_RECORD_LOAN)
      return Status::corrupt("a record of unknown type");
    header = local;
    payload = {data_ + offset + sizeof local, local.length};
    return {};
  }
}

void Ring::advance() {
  INTERPROC_CRASH_POINT("ring.advance");
  // Release: pairs with the acquire in refresh_head(); the copy is finished before the room is given back.
  store_release(shared_->head, read_.word);
  last_head_ = read_;
  INTERPROC_CRASH_POINT("ring.advanced");
}

}  // namespace interproc
