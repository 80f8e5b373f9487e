// Whose turn the next room is: a producer that has waited long for more room than comes free at a time asks the others
// to leave it alone. They do, for a while: one that was stopped while insisting must not hold them up for ever.
#pragma once

#include "sync/owned_lock.h"
#include "system/atomic.h"
#include "system/clock.h"
#include "system/crash_point.h"
#include "waiting/wait.h"

namespace interproc {

class Turn {
 public:
  Turn() = default;
  // `word` is an owned-lock word, 0 for nobody's turn.
  Turn(const Segment& segment, std::uint32_t& word) : segment_(&segment), word_(&word) {}

  // Whether another, living producer has asked for the next room, not too long ago.
  bool anothers() {
    const std::uint32_t turn = load_relaxed(*word_);
    if (turn == 0) seen_ = 0;  // the same producer may insist again, and is deferred to afresh
    if (turn == 0 || turn == me()) return false;
    const Nanoseconds now = monotonic_coarse();
    if (turn != seen_) {
      seen_ = turn;
      seen_since_ = now;
    }
    return now - seen_since_ < kDeference && OwnedLock::owner_alive(*segment_, turn);
  }
  // Wakes the one that it is, for room that came while it was another's.
  void wake_owner(ipc_wait_set& set) {
    const std::uint32_t slot = OwnedLock::slot_of(load_relaxed(*word_));
    if (slot < IPC_PARTICIPANTS) wake_slot(*segment_, set, slot);
  }
  [[nodiscard]] bool mine() const { return load_relaxed(*word_) == me(); }

  // Under the lock of the producers.
  void take() {
    store_relaxed(*word_, me());
    INTERPROC_CRASH_POINT("turn.taken");
  }
  void end() {
    store_relaxed(*word_, std::uint32_t{0});
    INTERPROC_CRASH_POINT("turn.ended");
  }

  // Without it. Whether the turn was this one's, and others may go on.
  bool give_up() {
    std::uint32_t mine = me();
    if (load_relaxed(*word_) != mine || !atomic(*word_).compare_exchange_strong(mine, 0, std::memory_order_relaxed))
      return false;
    INTERPROC_CRASH_POINT("turn.given_up");
    return true;
  }

 private:
  static constexpr Nanoseconds kDeference = 100 * kMillisecond;

  [[nodiscard]] std::uint32_t me() const { return OwnedLock::word_of(segment_->me()); }

  const Segment* segment_ = nullptr;
  std::uint32_t* word_ = nullptr;
  std::uint32_t seen_ = 0;
  Nanoseconds seen_since_ = 0;
};

}  // namespace interproc
