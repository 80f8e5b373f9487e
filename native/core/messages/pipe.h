// Two ends, each with one owner at a time; a channel each way. No lock at all.
//
// An end's word says who owns it:
//   FREE ──claim──> OWNED(p) ──send away──> SENT(by p) ──claim──> OWNED(q) ──close──> CLOSED
// An end is gone when it is CLOSED, or when the participant that its word names is dead: its peer reads what was sent
// and then meets the end of file. The words are read by the peer and written by their owner, or by the peer for a dead
// owner.
#pragma once

#include <optional>

#include "messages/channel.h"
#include "segment/object.h"

namespace interproc {

struct PipePlan {
  ChannelPlan channel;
  bool duplex = true;  // otherwise end 0 reads and end 1 writes
};

class Pipe final : public SharedObject {
 public:
  // Conditions of end e: readable is 2 * e, writable 2 * e + 1.
  static Condition readable_of(unsigned end) { return 2 * end; }
  static Condition writable_of(unsigned end) { return 2 * end + 1; }
  // For the writer: room for a loan, and room to send one (Channel::publishing()). Same waiters as writable.
  static Condition lendable_of(unsigned end) { return 4 + 2 * end + 1; }
  static Condition publishable_of(unsigned end) { return 8 + 2 * end + 1; }

  // Both ends belong to the creator.
  static Status create(std::string_view name, const PipePlan& plan, const CreateOptions& options,
                       std::unique_ptr<Pipe>& out);
  static Status open(std::string_view name, std::unique_ptr<Pipe>& out);
  // The same for a segment of this kind that is attached already.
  static Status adopt(std::unique_ptr<Segment> segment, std::unique_ptr<Pipe>& out);
  Status again(std::unique_ptr<SharedObject>& out) const override { return again_as<Pipe>(out); }

  // Takes an end that was sent, or that is free. kTaken where somebody living has it; kClosed where its owner closed it
  // or died owning it: its peer may have been told already that it is gone.
  Status claim(unsigned end);
  // Gives an end away; until it is claimed, this participant's life stands for it.
  Status send_away(unsigned end);
  // Wakes the peer at once. Idempotent.
  void close_end(unsigned end);
  // Nothing where the end is closed or free, or its owner is dead.
  [[nodiscard]] std::optional<Participant> owner(unsigned end) const;
  // Whether an end that was sent away has been claimed or closed since.
  [[nodiscard]] bool arrived(unsigned end) const;

  // kFull, kBrokenPipe, kTooLarge, kSystem, kCorrupt, kClosed.
  Status send(unsigned end, std::span<const std::byte> message);
  // kEmpty, kEndOfFile, kSmallBuffer (with the length), kCorrupt, kClosed.
  Status receive(unsigned end, std::span<std::byte> into, std::uint64_t& length);
  Status next_length(unsigned end, std::uint64_t& length);

  // Loans: Channel::lend(), publish() and take_loan(), and what send() and receive() say of ends and peers.
  Status lend(unsigned end, std::uint64_t bytes, Loan& out);
  // Whether it is this end's to send.
  [[nodiscard]] bool lends(unsigned end, const Loan& loan) const { return channel_[end].lends(loan); }
  Status send_loan(unsigned end, Loan& loan, std::span<const std::byte> meta);
  Status receive_loan(unsigned end, std::span<std::byte> into, Loan& loan, Channel::LoanTaken& what);

  [[nodiscard]] bool can_read(unsigned end) const { return channel_[1 - end].used(); }
  [[nodiscard]] bool can_write(unsigned end) const { return channel_[end].used(); }
  [[nodiscard]] Channel& outgoing(unsigned end) { return channel_[end]; }

  bool ready(Condition condition, std::uint64_t need, Look look) override;
  ipc_wait_set* waiters(Condition condition) override;
  void leave(Leaving) override;

 private:
  using SharedObject::SharedObject;
  Status attach();
  [[nodiscard]] ipc_pipe& shared() const { return segment_->body<ipc_pipe>(); }
  [[nodiscard]] bool owns(unsigned end) const;
  // kKernel asks at most every few milliseconds, so that a caller may pass it on every message.
  bool gone(unsigned end, Look look);
  void wake_peer(unsigned end);
  template <class Take>
  Status look_twice(unsigned end, Take take);

  Channel channel_[2];
  bool known_gone_[2] = {false, false};
  Nanoseconds asked_at_[2] = {0, 0};
};

}  // namespace interproc
