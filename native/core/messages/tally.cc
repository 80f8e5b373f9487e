#include "messages/tally.h"

#include "system/atomic.h"
#include "system/crash_point.h"
#include "waiting/wait.h"

namespace interproc {
namespace {

std::uint64_t under_way(Position head, std::uint32_t count) {
  return head.units() | (count & Position::kCountMask) << IPC_POSITION_BITS;
}

}  // namespace

bool Tally::enabled() const { return load_relaxed(shared_.enabled) != 0; }

std::uint32_t Tally::finished() const { return load_acquire(shared_.finished); }

void Tally::tell_joiners() {
  // Release: pairs with the acquire in finished(), which a joiner reads before it looks at the accounts.
  atomic(shared_.finished).fetch_add(1, std::memory_order_release);
  INTERPROC_CRASH_POINT("tally.told");
  wake(segment_, shared_.joined, kEveryone);
}

ipc_taken& Tally::mine() {
  const Participant me = segment_.me();
  ipc_taken& entry = shared_.taken[me.slot];
  if (load_relaxed(entry.generation) != me.generation) {
    const std::uint32_t left = load_relaxed(entry.count);
    // The count goes before it is added: a death between the two forgets items that were lost anyway, and never counts
    // them twice.
    store_relaxed(entry.count, std::uint32_t{0});
    INTERPROC_CRASH_POINT("tally.forgotten");
    store_relaxed(shared_.lost, load_relaxed(shared_.lost) + left);
    INTERPROC_CRASH_POINT("tally.lost");
    store_relaxed(entry.generation, me.generation);
  }
  return entry;
}

void Tally::settle(Position head) {
  for (ipc_taken& entry : shared_.taken) {
    const std::uint64_t left = load_relaxed(entry.under_way);
    if (left == 0) continue;
    if ((left & Position::kUnitMask) != head.units())
      store_relaxed(entry.count, static_cast<std::uint32_t>(left >> IPC_POSITION_BITS));
    INTERPROC_CRASH_POINT("tally.settling");
    store_relaxed(entry.under_way, std::uint64_t{0});
  }
}

void Tally::begin_take(Position head, std::uint32_t count) {
  ipc_taken& entry = mine();
  // Ordered before the head by the release in Ring::advance().
  store_relaxed(entry.under_way, under_way(head, load_relaxed(entry.count) + count));
  INTERPROC_CRASH_POINT("tally.begun");
}

void Tally::end_take() {
  ipc_taken& entry = mine();
  const std::uint64_t left = load_relaxed(entry.under_way);
  INTERPROC_CRASH_POINT("tally.advanced");
  if (left == 0) return;
  store_relaxed(entry.count, static_cast<std::uint32_t>(left >> IPC_POSITION_BITS));
  INTERPROC_CRASH_POINT("tally.counted");
  // Release: the count is seen before the entry is seen settled.
  store_release(entry.under_way, std::uint64_t{0});
  INTERPROC_CRASH_POINT("tally.settled");
}

bool Tally::finish_one() {
  const auto take_one = [](ipc_taken& entry) {
    const std::uint32_t count = load_relaxed(entry.count);
    if (count == 0) return false;
    store_relaxed(entry.count, count - 1);
    INTERPROC_CRASH_POINT("tally.finished");
    return true;
  };
  if (take_one(mine())) return true;
  // Whoever finishes an item need not be the one that took it.
  for (ipc_taken& entry : shared_.taken) {
    if (take_one(entry)) return true;
  }
  return false;
}

Tally::Unfinished Tally::count() const {
  Unfinished result;
  result.lost = load_relaxed(shared_.lost);
  for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
    const ipc_taken& entry = shared_.taken[slot];
    const std::uint32_t count = load_relaxed(entry.count);
    if (count == 0) continue;
    const bool lives = segment_.alive({slot, load_relaxed(entry.generation)});
    (lives ? result.open : result.lost) += count;
  }
  return result;
}

}  // namespace interproc
