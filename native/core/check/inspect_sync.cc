// Locks, values, semaphores, events, conditions and barriers.
#include <climits>

#include "check/inspection.h"
#include "memory/cell.h"
#include "sync/barrier.h"
#include "system/atomic.h"

namespace interproc {

void inspect_lock(const Inspection& inspection) {
  inspection.public_lock("the lock", inspection.view().body<ipc_lock>().lock);
}

void inspect_cell(const Inspection& inspection) {
  const auto& cell = inspection.view().body<ipc_cell>();
  inspection.public_lock("the lock", cell.lock);
  const std::uint64_t offset = load_relaxed(cell.data_offset);
  const std::uint64_t bytes = load_relaxed(cell.data_bytes);
  const std::uint64_t total = inspection.view().header().total_size;
  if (offset < IPC_BODY_OFFSET + sizeof cell || offset > total || bytes > total - offset)
    inspection.report("the data lie outside the segment");
}

void inspect_semaphore(const Inspection& inspection) {
  const auto& semaphore = inspection.view().body<ipc_semaphore>();
  inspection.inner_lock("the lock of bounded releases", semaphore.post_lock);
  inspection.wait_set("the semaphore", semaphore.waiters);
  const std::uint32_t state = load_acquire(semaphore.state);
  if (state > IPC_SEMAPHORE_FOREIGN) inspection.report("the semaphore is in a state that is none (%u)", state);
  // Only its creator may be about to name it, and that is inside a call.
  if (inspection.quiet() && state == IPC_SEMAPHORE_UNNAMED && inspection.view().alive(kCreator))
    inspection.report("the semaphore's file got no name, and its creator lives");
  if (load_relaxed(semaphore.initial) > INT_MAX) inspection.report("the semaphore's first value is out of range");
  if (load_relaxed(semaphore.inode) == 0) inspection.report("the semaphore has no file");
}

void inspect_event(const Inspection& inspection) {
  inspection.wait_set("the event", inspection.view().body<ipc_event>().waiters);
}

void inspect_condition(const Inspection& inspection) {
  const auto& condition = inspection.view().body<ipc_condition>();
  inspection.public_lock("the condition's own lock", condition.lock);
  inspection.wait_set("the condition", condition.waiters);
  if (const std::uint32_t next = load_relaxed(condition.next); next > IPC_PARTICIPANTS)
    inspection.report("the next one to be notified is %u", next);
  for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
    const std::uint64_t word = load_acquire(condition.waits[slot]);
    inspection.generation("a wait", slot, static_cast<std::uint32_t>(word >> 32));
    if (word >> 32 == 0 && word != 0) inspection.report("participant %u waits, and never attached", slot);
  }
}

namespace {

constexpr std::uint64_t kRoundShift = IPC_BARRIER_ROUND_SHIFT;

struct Control {
  std::uint64_t round;
  std::uint32_t arrived;
  std::uint32_t state;
};

Control unpack(std::uint64_t word) {
  return {word >> kRoundShift, static_cast<std::uint32_t>(word >> 2 & 0xffff), static_cast<std::uint32_t>(word & 3)};
}

// What the parties say of the present round, against what was counted of it.
void inspect_parties(const Inspection& inspection, const ipc_barrier& barrier, const Control& control) {
  std::uint64_t noted = 0;
  for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
    const ipc_barrier_party& party = barrier.party[slot];
    inspection.generation("a party", slot, load_relaxed(party.generation));
    const std::uint64_t arrived = load_acquire(party.arrived);
    if ((arrived >> 16 & 0xffff) > (arrived & 0xffff))
      inspection.report("participant %u has more actions than waits", slot);
    if (arrived >> 32 == (control.round & 0xffffffff)) noted += arrived & 0xffff;
  }
  // A wait is noted before it is counted, and stays so until it is not counted any more.
  if (control.state != IPC_BARRIER_BROKEN && noted < control.arrived)
    inspection.report("%u parties have arrived, and %u are known", control.arrived, static_cast<unsigned>(noted));
}

void inspect_rounds(const Inspection& inspection, const ipc_barrier& barrier, std::uint32_t parties) {
  const auto inspect = [&](std::uint64_t word, std::uint32_t at, bool broken) {
    const std::uint64_t round = word >> kRoundShift;
    // Read after the word: the present round only grows.
    const Control now = unpack(load_acquire(barrier.control));
    // reset() marks the round that it is about to leave.
    const bool leaving = broken && round == now.round && now.state == IPC_BARRIER_BROKEN;
    if (round % IPC_BARRIER_ROUNDS != at || (round >= now.round && !leaving))
      inspection.report("a round that is not over, %zu, counts as such", static_cast<std::size_t>(round));
    if ((word & 0xffff) > parties)
      inspection.report("%u indices were given out in a round", static_cast<unsigned>(word & 0xffff));
  };
  for (std::uint32_t at = 0; at < IPC_BARRIER_ROUNDS; ++at) {
    if (const std::uint64_t word = load_acquire(barrier.passed[at]); word != 0) inspect(word, at, false);
    if (const std::uint64_t word = load_acquire(barrier.broken[at]); word != 0) inspect(word, at, true);
  }
}

}  // namespace

void inspect_barrier(const Inspection& inspection) {
  const auto& barrier = inspection.view().body<ipc_barrier>();
  inspection.wait_set("the barrier", barrier.waiters);
  const std::uint32_t parties = load_relaxed(barrier.parties);
  const Control control = unpack(load_acquire(barrier.control));
  if (parties == 0 || parties > 0xffff) inspection.report("the barrier is for %u parties", parties);
  if (control.state > IPC_BARRIER_BROKEN) inspection.report("the barrier is in a state that is none");
  const bool being_reset = control.state == IPC_BARRIER_BROKEN && control.arrived == Barrier::kBeingReset;
  if (control.round == 0) inspection.report("the barrier is before its first round");
  if (control.state == IPC_BARRIER_FILLING ? control.arrived >= parties : control.arrived > parties && !being_reset)
    inspection.report("%u of %u parties have arrived, and wait", control.arrived, parties);
  if (control.state == IPC_BARRIER_ACTING && control.arrived != parties)
    inspection.report("the action runs, and %u of %u parties have arrived", control.arrived, parties);
  // Its round is written after `control` came to it, and never before.
  const std::uint64_t actor = load_acquire(barrier.actor);
  if ((actor & 0x1ff) > IPC_PARTICIPANTS) inspection.report("the action is for no participant");
  if (actor >> kRoundShift > unpack(load_acquire(barrier.control)).round)
    inspection.report("the action is of a round to come");
  inspect_rounds(inspection, barrier, parties);
  if (inspection.quiet()) inspect_parties(inspection, barrier, control);
}

}  // namespace interproc
