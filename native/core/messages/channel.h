// One direction of messages: a ring, its extents, its limits, and who waits at either end.
//
// At most one producer and one consumer at a time: a pipe has them for good, a queue puts a lock before each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "layout.h"
#include "messages/extents.h"
#include "messages/loan.h"
#include "messages/ring.h"
#include "segment/segment.h"

namespace interproc {

struct ChannelPlan {
  std::uint64_t capacity = 0;   // bytes; rounded up by ring_bytes_for()
  std::uint64_t max_items = 0;  // 0: bounded by bytes only
  std::uint64_t max_bytes = 0;  // largest message; 0: kLargestMessage
};

// Bounded by the width of a record's length.
inline constexpr std::uint64_t kLargestMessage = UINT32_MAX;
inline constexpr std::uint64_t kSmallestRing = 4096;
inline constexpr std::uint64_t kLargestRing = std::uint64_t{1} << 30;

std::uint64_t ring_bytes_for(std::uint64_t capacity);
// Where a direction's extents may lie, for direction 0 or 1 of a segment with this fixed size.
std::uint64_t extent_table_offset(std::uint64_t total_size, unsigned direction);

// Writes a new channel's constants. `ring_offset` is where its ring lies in the segment.
void plan_channel(ipc_channel& channel, const ChannelPlan& plan, std::uint64_t ring_offset, std::uint64_t table_offset);

class Channel {
 public:
  // Checks the channel's constants against the segment; keeps checked copies.
  Status attach(const Segment& segment, ipc_channel& shared);
  [[nodiscard]] bool used() const { return ring_.capacity() != 0; }

  // A message taken whose bytes, if they are large, are still to be copied by finish().
  struct Taken {
    std::uint64_t length = 0;
    bool large = false;
    ipc_extent_ref run{};
  };

  // ---- Producer. kFull, kTooLarge, kSystem (no space for a large one), kCorrupt. Nothing is published on failure.
  Status push(std::span<const std::byte> message);
  // As many of the messages, which lie one behind the other, as fit; published at once. kFull only where not one fits.
  Status push_many(std::span<const std::byte> messages, std::span<const std::uint32_t> lengths, std::uint32_t& pushed);

  // ---- Producer, a large message in two steps, between which its bytes are copied: whoever takes turns with others
  // need not keep them waiting meanwhile. prepare() fails where push() would; commit() may still find kFull where
  // others have queued something meanwhile. A run that is not committed is free with its Loan.
  [[nodiscard]] bool in_pages(std::uint64_t bytes) const { return large(bytes); }
  Status prepare(std::uint64_t bytes, Loan& out);
  Status commit(Loan& loan) { return refer(loan, {}, IPC_RECORD_EXTENT); }

  // ---- Producer, loans. A run to write into; its bytes are whatever was there before. Queued messages do not count
  // against it: publish() is where a producer waits for them. kFull (the region is full), kTooLarge, kSystem.
  Status lend(std::uint64_t bytes, Loan& out);
  // Whether the loan was lent here, to be filled.
  [[nodiscard]] bool lends(const Loan& loan) const { return loan.writing() && loan.of(extents_); }
  // Queues a lent run with what is to be said of it, without a copy; the loan is over then. kFull, kCorrupt, kTooLarge
  // (metadata beyond IPC_LOAN_META_MAX), kClosed (released already, or not this channel's): the loan stays as it was.
  Status publish(Loan& loan, std::span<const std::byte> meta) { return refer(loan, meta, IPC_RECORD_LOAN); }

  // ---- Consumer. kEmpty; kSmallBuffer with taken.length, where the message is larger than `into` and stays; kLoan,
  // where it was published as a loan and is to be taken as one.
  Status take(std::span<std::byte> into, Taken& taken);
  // Copies a large message and gives its pages back. Needs no lock.
  void finish(const Taken& taken, std::span<std::byte> into);
  // Messages one behind the other into `into`, their lengths into `lengths`; at least one or an error as in take(). A
  // large message comes alone (taken.large). `taking` is told how many, after they were copied and before the head
  // moves.
  using Taking = void (*)(void* context, Position head, std::uint32_t count);
  Status take_many(std::span<std::byte> into, std::span<std::uint32_t> lengths, std::uint32_t& count, Taken& taken,
                   Taking taking = nullptr, void* context = nullptr);
  // Takes the message at the head as a loan where it lies in pages: then `into` has its metadata. A small one is copied
  // to `into` as it is. kEmpty; kSmallBuffer with what.copied.
  struct LoanTaken {
    std::uint64_t length = 0;  // of the message
    std::uint64_t copied = 0;  // bytes in `into`
    bool encoded = true;       // false: bare bytes, which their sender had as a loan
  };
  Status take_loan(std::span<std::byte> into, Loan& loan, LoanTaken& what, Taking taking = nullptr,
                   void* context = nullptr);
  // The length of the message at the head.
  Status next_length(std::uint64_t& length);
  // Passes over whatever is queued, and frees its pages.
  Status discard();

  // ---- Both. Cheap looks without a lock, for waiting and for qsize().
  Status fill(std::uint64_t& bytes, std::uint64_t& records) const { return ring_.fill(bytes, records); }
  [[nodiscard]] bool empty() const;
  // Whether this consumer has seen messages that it has not taken, and nobody else has; says nothing of new ones.
  [[nodiscard]] bool knows_of_more() const { return ring_.knows_of_more(); }
  bool has_room(std::uint64_t bytes);
  // Whether lend() would find room; whether publish() would, for a need that publishing() made.
  bool has_room_to_lend(std::uint64_t bytes);
  bool has_room_to_publish(std::uint64_t need);
  static constexpr std::uint64_t publishing(std::uint64_t bytes, std::uint64_t meta) { return bytes << 10 | meta; }
  [[nodiscard]] std::uint64_t capacity() const { return ring_.capacity(); }
  [[nodiscard]] std::uint64_t max_items() const { return max_items_; }
  [[nodiscard]] std::uint64_t max_bytes() const { return max_bytes_; }
  [[nodiscard]] ipc_channel& shared() const { return *shared_; }

 private:
  [[nodiscard]] bool large(std::uint64_t bytes) const { return bytes > inline_most_; }
  Status append(std::span<const std::byte> message);
  // Publishes a record of this type that refers to the loan's run.
  Status refer(Loan& loan, std::span<const std::byte> meta, std::uint32_t type);
  [[nodiscard]] bool all_items_taken_up(bool fresh);
  static Status reference_of(const ipc_record& header, std::span<const std::byte> payload, ipc_extent_ref& out);

  const Segment* segment_ = nullptr;
  ipc_channel* shared_ = nullptr;
  Ring ring_;
  Extents extents_;
  std::uint64_t max_items_ = 0;
  std::uint64_t max_bytes_ = 0;
  std::uint64_t inline_most_ = 0;
};

}  // namespace interproc
