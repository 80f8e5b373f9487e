// Condition: who waits to be notified, and how many notifications each has that it did not take yet.
//
// For each participant one word (layout.h: ipc_condition::waits), changed by compare-and-swap only:
//   waiting + 1                enter(), by the owner, who holds the condition's lock
//   waiting - 1, notified + 1  notify(), by whoever holds the lock; then that participant is woken
//   notified - 1               take(), by the owner: one of its waits is over
//   waiting - 1                leave_wait(), by the owner: a wait that ran out of time or was aborted; where all its
//   waits were
//                              notified already, the one that leaves takes a notification instead
// So a notification is counted for a wait that is there, or is not given at all: it is never spent on who left. Of
// several waits of one participant it does not matter which takes it; JavaScript serves them in their order.
//
// SIGKILL of a waiter: before it was notified its word belongs to a dead generation and notify() passes it by. With
// notifications that it did not take: each is inherited by a waiter that looks (at the end of a slice). Of a notifier
// between swap and wake: the waiter sees its word at the end of its slice. Nobody ever waits for a waiter.
#pragma once

#include "segment/object.h"
#include "sync/mutex.h"

namespace interproc {

class ConditionVariable final : public SharedObject {
 public:
  enum : Condition {
    kFree = 0,      // its own lock
    kNotified = 1,  // this participant has a notification to take
  };

  static Status create(std::string_view name, const CreateOptions& options, std::unique_ptr<ConditionVariable>& out);
  static Status open(std::string_view name, std::unique_ptr<ConditionVariable>& out);
  // The same for a segment of this kind that is attached already.
  static Status adopt(std::unique_ptr<Segment> segment, std::unique_ptr<ConditionVariable>& out);
  Status again(std::unique_ptr<SharedObject>& out) const override { return again_as<ConditionVariable>(out); }

  // The lock of its own, for a condition that was given none.
  [[nodiscard]] PublicLock lock() const { return {*segment_, shared().lock}; }

  // One more wait of this participant. kParticipantsFull with 65,535 of them.
  Status enter();
  // Ends one of its waits if there is a notification for it.
  bool take();
  // Ends one of its waits without one. True where it had been notified all the same.
  bool leave_wait();
  // Notifies so many waits, each once, of participants that live. How many there were.
  std::uint32_t notify(std::uint32_t most);
  // Waits that nobody has notified yet, of participants that live.
  [[nodiscard]] std::uint32_t waiting() const;

  bool ready(Condition condition, std::uint64_t need, Look look) override;
  ipc_wait_set* waiters(Condition condition) override;
  [[nodiscard]] Polling polling(Condition condition) const override {
    return condition == kFree ? Polling::kSparse : Polling::kClose;
  }
  void leave(Leaving how) override;

 private:
  using SharedObject::SharedObject;
  [[nodiscard]] ipc_condition& shared() const { return segment_->body<ipc_condition>(); }
  std::uint64_t& mine() const { return shared().waits[segment_->me().slot]; }
  [[nodiscard]] bool alive(std::uint32_t slot, std::uint64_t word) const;
  std::uint32_t notify_some(std::uint32_t slot, std::uint32_t most);
  bool inherit();
  void pass_on(std::uint64_t word);
};

}  // namespace interproc
