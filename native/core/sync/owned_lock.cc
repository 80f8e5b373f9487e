#include "sync/owned_lock.h"

namespace interproc {
namespace {

constexpr Nanoseconds kBriefly = 20 * kMicrosecond;

}  // namespace

bool OwnedLock::owner_alive(const Segment& segment, std::uint32_t word) {
  const std::uint32_t slot = slot_of(word);  // 0 wraps: no slot
  if (slot >= IPC_PARTICIPANTS) return false;
  const std::uint32_t generation = load_acquire(segment.participant(slot).generation);
  if ((generation & kGenerationMask) != (word & kGenerationMask)) return false;
  return segment.alive({slot, generation});
}

Acquired OwnedLock::try_acquire(bool ask_kernel) {
  std::uint32_t seen = load_relaxed(shared_.word);
  if (seen == 0) {
    // Acquire: pairs with the release in release(), so that what the last holder wrote is seen. Sequentially
    // consistent, because a queue's shutdown is decided by the order of this and a look at another word (queue.cc).
    if (atomic(shared_.word)
            .compare_exchange_strong(seen, my_word(), std::memory_order_seq_cst, std::memory_order_relaxed)) {
      INTERPROC_CRASH_POINT("lock.acquired");
      return Acquired::kYes;
    }
  }
  if (seen == my_word()) return Acquired::kMine;
  if (seen == 0 || !ask_kernel || owner_alive(segment_, seen)) return Acquired::kNo;
  INTERPROC_CRASH_POINT("lock.takeover");
  // Of several who saw the same dead owner, one wins. What the dead one wrote came through the kernel's lock table,
  // which orders it. Sequentially consistent for the same reason as above: who takes over may be putting, too.
  if (!atomic(shared_.word)
           .compare_exchange_strong(seen, my_word(), std::memory_order_seq_cst, std::memory_order_relaxed))
    return Acquired::kNo;
  INTERPROC_CRASH_POINT("lock.taken");
  return Acquired::kRecovered;
}

Acquired OwnedLock::acquire_briefly() {
  const Acquired at_once = try_acquire(false);
  if (at_once != Acquired::kNo) return at_once;
  const Nanoseconds budget = usable_cpus() > 1 ? kBriefly : 0;
  Acquired result = Acquired::kNo;
  if (spin_until(budget, [&] {
        if (load_relaxed(shared_.word) != 0) return false;
        result = try_acquire(false);
        return result != Acquired::kNo;
      }))
    return result;
  return try_acquire(true);
}

bool OwnedLock::obtainable(bool ask_kernel) const {
  const std::uint32_t seen = load_relaxed(shared_.word);
  return seen == 0 || (ask_kernel && seen != my_word() && !owner_alive(segment_, seen));
}

Status OwnedLock::release() {
  if (load_relaxed(shared_.word) != my_word()) return {Code::kNotOwned};
  INTERPROC_CRASH_POINT("lock.release");
  // Release: pairs with the acquire in try_acquire().
  store_release(shared_.word, std::uint32_t{0});
  INTERPROC_CRASH_POINT("lock.released");
  wake(segment_, shared_.waiters, 1);
  return {};
}

}  // namespace interproc
