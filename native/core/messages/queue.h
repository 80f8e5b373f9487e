// Many producers, many consumers, first in, first out: a channel with an owned lock before each side.
//
// A producer encodes before it locks and a consumer decodes after it has unlocked; nobody holds a lock while waiting
// for data or room. The side locks need no repair when an owner died: the ring's single publishing store and the
// extents' states leave nothing half done. All that may be missing is the dead one's wake-up, so a taker wakes in its
// place.
#pragma once

#include "messages/channel.h"
#include "messages/tally.h"
#include "segment/object.h"
#include "sync/owned_lock.h"

namespace interproc {

class Queue final : public SharedObject {
 public:
  // kLendable, kPublishable: kNotFull for a loan, and for a loan that is to be put (Channel::publishing()).
  enum : Condition {
    kNotEmpty = 0,
    kNotFull = 1,
    kPutLock = 2,
    kGetLock = 3,
    kJoined = 4,
    kLendable = 5,
    kPublishable = 6
  };

  // `joinable`: what is taken has to be finished (finish_one), and join() waits for that.
  static Status create(std::string_view name, const ChannelPlan& plan, const CreateOptions& options,
                       std::unique_ptr<Queue>& out, bool joinable = false);
  static Status open(std::string_view name, std::unique_ptr<Queue>& out);
  // The same for a segment of this kind that is attached already.
  static Status adopt(std::unique_ptr<Segment> segment, std::unique_ptr<Queue>& out);
  Status again(std::unique_ptr<SharedObject>& out) const override { return again_as<Queue>(out); }

  // kOk, kFull, kBusy (the put lock is contended: try again soon), kShutDown, kTooLarge, kSystem, kCorrupt.
  // `insist`: this producer has waited long; others shall leave the next room to it.
  Status put(std::span<const std::byte> message, bool insist);
  // As many as fit, at least one.
  Status put_many(std::span<const std::byte> messages, std::span<const std::uint32_t> lengths, bool insist,
                  std::uint32_t& pushed);

  // Loans: Channel::lend() and publish() with the put lock, and so kBusy and kShutDown besides.
  Status lend(std::uint64_t bytes, Loan& out);
  Status put_loan(Loan& loan, std::span<const std::byte> meta, bool insist);

  // kOk, kEmpty, kBusy, kShutDown (and drained), kSmallBuffer (with the length), kLoan, kCorrupt.
  Status get(std::span<std::byte> into, std::uint64_t& length);
  Status get_many(std::span<std::byte> into, std::span<std::uint32_t> lengths, std::uint32_t& count,
                  std::uint64_t& needed);

  // Channel::take_loan() with the get lock.
  Status get_loan(std::span<std::byte> into, Loan& loan, Channel::LoanTaken& what);

  // Joinable queues. kNotOwned where nothing is unfinished; kBusy as above.
  Status finish_one();
  // kOk where everything that was put has been finished or lost with a dead consumer (`lost` says how much); kEmpty
  // where not yet.
  Status join(std::uint64_t& lost);
  [[nodiscard]] bool joinable() const { return tally().enabled(); }

  // Wakes every waiter in every process. immediate: drops what is queued.
  Status shut_down(bool immediate);
  [[nodiscard]] bool is_shut_down() const;
  Status count(std::uint64_t& records) const;
  [[nodiscard]] Channel& channel() { return channel_; }
  void stop_insisting();

  bool ready(Condition condition, std::uint64_t need, Look look) override;
  ipc_wait_set* waiters(Condition condition) override;
  void leave(Leaving) override;
  void woken_in_vain(Condition condition) override;

 private:
  using SharedObject::SharedObject;
  Status attach();
  bool drained();
  [[nodiscard]] Tally tally() const { return {*segment_, shared().tally}; }
  [[nodiscard]] ipc_queue& shared() const { return segment_->body<ipc_queue>(); }
  // Whether another, living producer has asked for the next room.
  bool anothers_turn();
  template <class Act>
  Status with_put_lock(Act act);
  enum class Turn { kEnds, kStays };
  template <class Push>
  Status locked_put(bool insist, Push push, Turn after = Turn::kEnds);
  Status put_large(std::span<const std::byte> message, bool insist);
  template <class Take>
  Status locked_get(Take take);

  Channel channel_;
  std::uint32_t seen_turn_ = 0;
  Nanoseconds seen_turn_since_ = 0;
  std::uint32_t seen_finished_ = 0;  // when join() looked last
};

}  // namespace interproc
