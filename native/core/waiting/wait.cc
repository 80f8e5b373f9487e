#include "waiting/wait.h"

#include <array>

#include "waiting/doorbell.h"

namespace interproc {
namespace {

struct Bit {
  std::uint32_t word;
  std::uint64_t mask;
};

Bit bit_of(std::uint32_t slot) { return {slot / 64, std::uint64_t{1} << (slot % 64)}; }

// Wakes one participant whose bit was cleared. False where it is dead.
bool notify(const Segment& segment, std::uint32_t slot) {
  ipc_participant& sleeper = segment.participant(slot);
  // Release: pairs with nothing but the futex's own compare; the condition was published before.
  atomic(sleeper.signal).fetch_add(1, std::memory_order_release);
  INTERPROC_CRASH_POINT("wake.raised");
  const std::uint32_t mode = load_acquire(sleeper.sleep_mode);
  bool reached = false;
  if ((mode & IPC_SLEEP_FUTEX) != 0) reached = futex_wake(sleeper.signal, 1) > 0;
  if ((mode & IPC_SLEEP_DOORBELL) != 0 && ring_doorbell(load_relaxed(sleeper.doorbell))) reached = true;
  // Not asleep after all: it is about to look again, unless it died.
  return reached || slot == segment.me().slot || segment.alive({slot, load_acquire(sleeper.generation)});
}

}  // namespace

SpinBudget& spin_budget_of(const ipc_wait_set& set) {
  struct Entry {
    const ipc_wait_set* set = nullptr;
    SpinBudget budget;
  };
  static thread_local std::array<Entry, 64> entries;
  const auto address = reinterpret_cast<std::uintptr_t>(&set);
  Entry& entry = entries[(address >> 7 ^ address >> 13) % entries.size()];
  if (entry.set != &set) entry = {&set, {}};
  return entry.budget;
}

bool announce(const Segment& segment, ipc_wait_set& set) {
  const Bit bit = bit_of(segment.me().slot);
  const std::uint64_t before = atomic(set.bits[bit.word]).fetch_or(bit.mask, std::memory_order_seq_cst);
  INTERPROC_CRASH_POINT("announce.set");
  full_fence();  // pairs with the fence in wake()
  return (before & bit.mask) == 0;
}

bool announced(const Segment& segment, const ipc_wait_set& set) {
  const Bit bit = bit_of(segment.me().slot);
  // Acquire: pairs with the waker's clearing of the bit; who was picked and leaves sees what it was picked for, and
  // passes that on (SharedObject::pass_wake).
  return (load_acquire(set.bits[bit.word]) & bit.mask) != 0;
}

bool withdraw(const Segment& segment, ipc_wait_set& set) {
  if (!announced(segment, set)) return false;
  const Bit bit = bit_of(segment.me().slot);
  const bool was_set = (atomic(set.bits[bit.word]).fetch_and(~bit.mask, std::memory_order_acq_rel) & bit.mask) != 0;
  INTERPROC_CRASH_POINT("announce.withdrawn");
  return was_set;
}

void wake(const Segment& segment, ipc_wait_set& set, std::uint32_t most) {
  full_fence();  // pairs with the fence in announce()
  wake_fenced(segment, set, most);
}

void wake_fenced(const Segment& segment, ipc_wait_set& set, std::uint32_t most) {
  std::uint64_t any = 0;
  for (const std::uint64_t& word : set.bits) any |= load_relaxed(word);
  if (any == 0) return;
  // Begin behind the one woken last, so that a low slot is not always the lucky one.
  const std::uint32_t first = load_relaxed(set.next) % IPC_PARTICIPANTS;
  std::uint32_t woken = 0;
  for (std::uint32_t step = 0; step < IPC_PARTICIPANTS && woken < most; ++step) {
    const std::uint32_t slot = (first + step) % IPC_PARTICIPANTS;
    const Bit bit = bit_of(slot);
    const std::uint64_t seen = load_relaxed(set.bits[bit.word]);
    if (slot % 64 == 0 && seen == 0) {
      step += 63;  // nobody in this word
      continue;
    }
    if ((seen & bit.mask) == 0) continue;
    // Acquire: pairs with announce(), so that sleep_mode and doorbell are those of this sleep.
    if ((atomic(set.bits[bit.word]).fetch_and(~bit.mask, std::memory_order_acq_rel) & bit.mask) == 0) continue;
    INTERPROC_CRASH_POINT("wake.picked");
    if (notify(segment, slot)) {
      INTERPROC_CRASH_POINT("wake.woken");
      store_relaxed(set.next, slot + 1);
      ++woken;
    }
  }
}

void wake_slot(const Segment& segment, ipc_wait_set& set, std::uint32_t slot) {
  full_fence();  // pairs with the fence in announce()
  const Bit bit = bit_of(slot);
  if ((load_relaxed(set.bits[bit.word]) & bit.mask) == 0) return;
  if ((atomic(set.bits[bit.word]).fetch_and(~bit.mask, std::memory_order_acq_rel) & bit.mask) == 0) return;
  INTERPROC_CRASH_POINT("wake.chosen");
  static_cast<void>(notify(segment, slot));
}

}  // namespace interproc
