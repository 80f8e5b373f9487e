// The one mutual exclusion in the system: a lock that knows its owner and survives the owner's death.
//
// word: 0 free, else who owns it (slot and generation). Only the owner, or a taker who has the kernel's word that the
// owner is dead, changes a non-zero word:
//   0 -> me          acquire, CAS
//   me -> 0          release
//   dead -> me       take-over, CAS; the taker is told (kRecovered), because the dead one may have left a mess
// SIGKILL at any instruction leaves the word free or owned by a dead participant, and both can be taken.
#pragma once

#include "layout.h"
#include "segment/segment.h"
#include "system/atomic.h"
#include "waiting/wait.h"

namespace interproc {

enum class Acquired : std::uint8_t {
  kNo,  // a living participant holds it
  kYes,
  kRecovered,  // the previous holder died holding it
  kMine,       // this participant held it already; nothing changed
};

class OwnedLock {
 public:
  OwnedLock(const Segment& segment, ipc_owned_lock& shared) : segment_(segment), shared_(shared) {}

  // One look. `ask_kernel` also takes over from a dead owner (a system call).
  Acquired try_acquire(bool ask_kernel);
  // Polls for a bounded moment, then asks the kernel once about the owner.
  Acquired acquire_briefly();

  // kNotOwned where another participant, or nobody, holds it.
  Status release();

  [[nodiscard]] bool mine() const { return load_relaxed(shared_.word) == my_word(); }
  [[nodiscard]] bool locked() const { return load_relaxed(shared_.word) != 0; }
  // Free, or held by a dead one (where the kernel is asked).
  [[nodiscard]] bool obtainable(bool ask_kernel) const;
  [[nodiscard]] ipc_owned_lock& shared() const { return shared_; }
  [[nodiscard]] std::uint32_t my_word() const { return word_of(segment_.me()); }

  static std::uint32_t word_of(Participant who) {
    return (who.slot + 1) << IPC_LOCK_GENERATION_BITS | (who.generation & kGenerationMask);
  }
  // No slot where it is none of the table's.
  static std::uint32_t slot_of(std::uint32_t word) { return (word >> IPC_LOCK_GENERATION_BITS) - 1; }
  // Whether the word's owner lives. A word that names no slot belongs to nobody.
  static bool owner_alive(const Segment& segment, std::uint32_t word);

 private:
  static constexpr std::uint32_t kGenerationMask = (1u << IPC_LOCK_GENERATION_BITS) - 1;

  const Segment& segment_;
  ipc_owned_lock& shared_;
};

}  // namespace interproc
