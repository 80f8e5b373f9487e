// Lock-free bytes from one producer to one consumer, in records that never wrap.
//
//      head                          tail
//        v                            v
//   -----[rec][rec ......][rec][rec]-----[skip to the end]
//
// The producer writes behind the tail and publishes with one release store of the tail word, for any number of records;
// a producer that dies at any instruction has published nothing or everything. The consumer copies out first and then
// advances the head with one release store: a consumer that dies has taken nothing or everything. Both words count
// bytes and records at once (ipc_channel), so that length and fill never disagree.
//
// The two sides may be different processes, one after the other (behind an owned lock) or for good (a pipe). Each side
// remembers the other's position and reads the shared word again only when it looks full or empty; the memory is
// dropped when somebody else had the side in between, which shows in the side's own word.
//
// Everything read from shared memory is a local copy that is checked before it is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "layout.h"
#include "system/crash_point.h"
#include "system/status.h"

namespace interproc {

struct Position {
  std::uint64_t word = 0;

  static constexpr std::uint64_t kUnitMask = (std::uint64_t{1} << IPC_POSITION_BITS) - 1;
  static constexpr std::uint64_t kCountMask = (std::uint64_t{1} << IPC_COUNT_BITS) - 1;

  [[nodiscard]] std::uint64_t units() const { return word & kUnitMask; }
  [[nodiscard]] Position advanced(std::uint64_t bytes, std::uint64_t records) const {
    const std::uint64_t units_now = (units() + bytes / IPC_UNIT) & kUnitMask;
    const std::uint64_t count_now = ((word >> IPC_POSITION_BITS) + records) & kCountMask;
    return {count_now << IPC_POSITION_BITS | units_now};
  }
  // Distances from an earlier position; they wrap as the words do.
  [[nodiscard]] std::uint64_t bytes_since(Position earlier) const {
    return ((word - earlier.word) & kUnitMask) * IPC_UNIT;
  }
  [[nodiscard]] std::uint64_t records_since(Position earlier) const {
    return ((word >> IPC_POSITION_BITS) - (earlier.word >> IPC_POSITION_BITS)) & kCountMask;
  }
};

constexpr std::uint64_t padded(std::uint64_t bytes) { return (bytes + (IPC_UNIT - 1)) & ~std::uint64_t{IPC_UNIT - 1}; }
constexpr std::uint64_t record_bytes(std::uint64_t payload) { return sizeof(ipc_record) + padded(payload); }

class Ring {
 public:
  Ring() = default;
  // `bytes` is a power of two that the caller has checked against the segment.
  Ring(ipc_channel& shared, std::byte* data, std::uint64_t bytes) : shared_(&shared), data_(data), bytes_(bytes) {}

  [[nodiscard]] std::uint64_t capacity() const { return bytes_; }
  [[nodiscard]] Status fill(std::uint64_t& bytes, std::uint64_t& records) const;
  // Whether reserve() would find room at this moment.
  [[nodiscard]] bool fits(std::uint64_t payload) const;

  // ---- Producer. begin_write(); any number of reserve(); publish(). Unpublished records are forgotten at
  // begin_write().
  Status begin_write();
  // Room for one record, or kFull. Free space is looked up again only when the remembered head leaves none.
  Status reserve(std::uint32_t payload, std::uint32_t type, std::span<std::byte>& out) {
    if (record_bytes(payload) > plain_) {
      if (Status s = look_for_room(record_bytes(payload)); !s.ok()) return s;
    }
    out = place({payload, type});
    return {};
  }
  [[nodiscard]] Position write_position() const { return write_; }
  [[nodiscard]] Position last_reserved() const { return last_reserved_; }  // where the newest record begins
  // Forgets the records reserved since.
  void rewind(Position to) {
    write_ = to;
    plain_ = 0;
  }
  void publish();
  // Fill as the producer sees it, unpublished records included; `fresh` reads the head again.
  [[nodiscard]] std::uint64_t written_bytes(bool fresh);
  [[nodiscard]] std::uint64_t written_records(bool fresh);

  // ---- Consumer. begin_read(); any number of peek() and pass(); advance(). Unless advanced, nothing was taken.
  void begin_read();
  // Whether the remembered tail, which is of use, has records before it. Reads no word that the producer writes.
  [[nodiscard]] bool knows_of_more() const;
  // The record at the read position, or kEmpty. Skips are passed over.
  Status peek(ipc_record& header, std::span<const std::byte>& payload) {
    return peek_known(header, payload) ? Status{} : look_for_record(header, payload);
  }
  [[nodiscard]] Position read_position() const { return read_; }
  void pass(const ipc_record& header) { read_ = read_.advanced(record_bytes(header.length), 1); }
  void advance();

 private:
  [[nodiscard]] std::uint64_t offset_of(Position at) const { return (at.units() * IPC_UNIT) & (bytes_ - 1); }
  // Bytes to pass over before a record of `need` bytes at this position.
  [[nodiscard]] std::uint64_t skip_before(Position at, std::uint64_t used, std::uint64_t need) const;
  // Makes `need` bytes plain, by a look at the head and by a skip where they are needed; or kFull.
  Status look_for_room(std::uint64_t need);
  // Writes a record's header into plain room, and gives the room for its payload.
  std::span<std::byte> place(ipc_record header) {
    std::byte* at = data_ + offset_of(write_);
    last_reserved_ = write_;
    std::memcpy(at, &header, sizeof header);
    INTERPROC_CRASH_POINT("ring.header");
    const std::uint64_t whole = record_bytes(header.length);
    write_ = write_.advanced(whole, 1);
    plain_ -= whole;
    return {at + sizeof header, header.length};
  }
  // The record at the read position where it is whole, before the remembered tail, and an ordinary message. Where not,
  // look_for_record() finds out what there is.
  [[nodiscard]] bool peek_known(ipc_record& header, std::span<const std::byte>& payload) const {
    const std::uint64_t available = seen_tail_.bytes_since(read_);
    if (available < sizeof header || available > bytes_) return false;
    const std::uint64_t offset = offset_of(read_);
    std::memcpy(&header, data_ + offset, sizeof header);
    const std::uint64_t whole = record_bytes(header.length);
    if (header.type != IPC_RECORD_DATA || whole > bytes_ - offset || whole > available) return false;
    payload = {data_ + offset + sizeof header, header.length};
    return true;
  }
  Status look_for_record(ipc_record& header, std::span<const std::byte>& payload);
  Status refresh_head();
  Status refresh_tail();

  ipc_channel* shared_ = nullptr;
  std::byte* data_ = nullptr;
  std::uint64_t bytes_ = 0;

  Position write_{};  // behind the last reserved record
  // So many bytes from there are free, and lie before the ring's end and before the next place where the head is looked
  // up: a record that takes no more needs no look at anything.
  std::uint64_t plain_ = 0;
  Position last_reserved_{};
  Position seen_head_{};  // a head that the producer read earlier: never ahead of the real one
  Position last_tail_{};  // the tail as this producer left it
  bool wrote_ = false;    // whether it ever did
  Position read_{};
  Position seen_tail_{};
  Position last_head_{};
};

}  // namespace interproc
