#include "sync/barrier.h"

#include <algorithm>
#include <cerrno>

#include "system/atomic.h"
#include "system/process_info.h"

namespace interproc {
namespace {

constexpr std::uint32_t kNobody = IPC_PARTICIPANTS;
constexpr std::uint64_t kActorBegan = 1u << 9;

std::uint64_t pack(std::uint64_t round, std::uint32_t arrived, std::uint32_t state) {
  return round << IPC_BARRIER_ROUND_SHIFT | std::uint64_t{arrived} << 2 | state;
}
std::uint64_t round_in(std::uint64_t word) { return word >> IPC_BARRIER_ROUND_SHIFT; }
std::uint32_t arrived_in(std::uint64_t control) { return static_cast<std::uint32_t>(control >> 2 & 0xffff); }
std::uint32_t state_in(std::uint64_t control) { return static_cast<std::uint32_t>(control & 3); }

// Broken for who waits in it: by abort(), or on the way of reset() to the next round.
bool broken_in(std::uint64_t control) { return state_in(control) == IPC_BARRIER_BROKEN; }
bool being_reset(std::uint64_t control) { return broken_in(control) && arrived_in(control) == Barrier::kBeingReset; }

// A party's entry: waits, those with an action, round.
std::uint32_t waits_in(std::uint64_t entry) { return static_cast<std::uint32_t>(entry & 0xffff); }
std::uint32_t actions_in(std::uint64_t entry) { return static_cast<std::uint32_t>(entry >> 16 & 0xffff); }
bool of_round(std::uint64_t entry, std::uint64_t round) { return entry >> 32 == (round & 0xffffffff); }

}  // namespace

Status Barrier::create(std::string_view name, std::uint32_t parties, const CreateOptions& options,
                       std::unique_ptr<Barrier>& out) {
  if (parties == 0 || parties > kMostParties) return Status::system(EINVAL, "barrier");
  const auto fill = [parties](std::byte* base) {
    auto& body = *reinterpret_cast<ipc_barrier*>(base + IPC_BODY_OFFSET);
    body.parties = parties;
    // So that no entry that was never used looks like one of a round.
    body.control = pack(1, 0, IPC_BARRIER_FILLING);
  };
  std::unique_ptr<Segment> segment;
  if (Status s = Segment::create(name, plan_for<ipc_barrier>(IPC_KIND_BARRIER, options), fill, segment); !s.ok())
    return s;
  out.reset(new Barrier(std::move(segment), parties));
  return {};
}

Status Barrier::open(std::string_view name, std::unique_ptr<Barrier>& out) {
  std::unique_ptr<Segment> segment;
  if (Status s = Segment::open(name, IPC_KIND_BARRIER, segment); !s.ok()) return s;
  return adopt(std::move(segment), out);
}

Status Barrier::adopt(std::unique_ptr<Segment> segment, std::unique_ptr<Barrier>& out) {
  if (segment->header().total_size < IPC_BODY_OFFSET + sizeof(ipc_barrier)) return {Code::kTruncated};
  const std::uint32_t parties = load_relaxed(segment->body<ipc_barrier>().parties);
  if (parties == 0 || parties > kMostParties) return Status::corrupt("a barrier's parties are out of range");
  out.reset(new Barrier(std::move(segment), parties));
  out->forget_predecessor(out->shared().waiters);
  // The slot's last owner died while it waited: nobody else will see that once the entry is ours.
  ipc_barrier_party& entry = out->shared().party[out->segment_->me().slot];
  const std::uint64_t round = round_in(out->control());
  const std::uint64_t left = load_acquire(entry.arrived);
  if (waits_in(left) > 0 && of_round(left, round)) out->break_round(round);
  store_relaxed(entry.arrived, std::uint64_t{0});
  store_release(entry.generation, out->segment_->me().generation);
  INTERPROC_CRASH_POINT("barrier.joined");
  return {};
}

// Acquire: pairs with the release in swap(), so that who sees a round end sees the marks and entries made before.
std::uint64_t Barrier::control() const { return load_acquire(shared().control); }

bool Barrier::swap(std::uint64_t seen, std::uint64_t wanted) {
  return atomic(shared().control)
      .compare_exchange_strong(seen, wanted, std::memory_order_seq_cst, std::memory_order_relaxed);
}

// Only the owner writes its entry.
void Barrier::note(std::uint64_t round, int waits, int actions) {
  ipc_barrier_party& entry = shared().party[segment_->me().slot];
  const std::uint64_t before = load_relaxed(entry.arrived);
  const bool same = of_round(before, round);
  const auto had = same ? static_cast<std::int64_t>(waits_in(before)) : 0;
  const auto could = same ? static_cast<std::int64_t>(actions_in(before)) : 0;
  const auto now = static_cast<std::uint64_t>(had + waits > 0 ? had + waits : 0);
  const auto can = static_cast<std::uint64_t>(could + actions > 0 ? could + actions : 0);
  store_relaxed(entry.generation, segment_->me().generation);
  // Release: pairs with the acquire of who looks whether the party lives.
  store_release(entry.arrived, (round & 0xffffffff) << 32 | can << 16 | now);
}

bool Barrier::somebody_died(std::uint64_t round) const {
  for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
    const ipc_barrier_party& party = shared().party[slot];
    const std::uint64_t entry = load_acquire(party.arrived);
    if (waits_in(entry) == 0 || !of_round(entry, round) || slot == segment_->me().slot) continue;
    if (!segment_->alive({slot, load_acquire(party.generation)})) return true;
  }
  return false;
}

std::uint32_t Barrier::find_actor(std::uint64_t round) const {
  const std::uint32_t own = segment_->me().slot;
  for (std::uint32_t step = 0; step < IPC_PARTICIPANTS; ++step) {
    const std::uint32_t slot = (own + step) % IPC_PARTICIPANTS;
    const std::uint64_t entry = load_acquire(shared().party[slot].arrived);
    if (actions_in(entry) > 0 && of_round(entry, round)) return slot;
  }
  return kNobody;
}

Barrier::Arrival Barrier::arrive(bool has_action, std::uint64_t& round) {
  for (;;) {
    const std::uint64_t seen = control();
    round = round_in(seen);
    const std::uint32_t arrived = arrived_in(seen);
    if (being_reset(seen)) {
      leave_broken(seen);
      continue;
    }
    if (broken_in(seen)) return Arrival::kBroken;
    if (state_in(seen) == IPC_BARRIER_ACTING || arrived >= parties_) return Arrival::kLater;
    note(round, 1, has_action ? 1 : 0);
    INTERPROC_CRASH_POINT("barrier.noted");
    if (arrived + 1 < parties_) {
      if (swap(seen, pack(round, arrived + 1, IPC_BARRIER_FILLING))) {
        INTERPROC_CRASH_POINT("barrier.arrived");
        return Arrival::kArrived;
      }
    } else if (somebody_died(round)) {
      note(round, -1, has_action ? -1 : 0);
      break_round(round);
      return Arrival::kBroken;
    } else if (const std::uint32_t actor = find_actor(round); actor == kNobody) {
      if (swap(seen, pack(round + 1, 0, IPC_BARRIER_FILLING))) {
        INTERPROC_CRASH_POINT("barrier.passed");
        wake_all();
        return Arrival::kArrived;
      }
    } else if (swap(seen, pack(round, parties_, IPC_BARRIER_ACTING))) {
      INTERPROC_CRASH_POINT("barrier.acting");
      store_release(shared().actor, round << IPC_BARRIER_ROUND_SHIFT | (actor + 1));
      INTERPROC_CRASH_POINT("barrier.appointed");
      wake_slot(*segment_, shared().waiters, actor);
      return Arrival::kArrived;
    }
    note(round, -1, has_action ? -1 : 0);
  }
}

Barrier::Outcome Barrier::look(std::uint64_t round) {
  const std::uint64_t seen = control();
  if (round_in(seen) != round) {
    if (load_acquire(shared().party[segment_->me().slot].broken) == static_cast<std::uint32_t>(round))
      return Outcome::kBroken;
    const std::uint64_t mark = load_acquire(shared().broken[round % IPC_BARRIER_ROUNDS]);
    return round_in(mark) == round ? Outcome::kBroken : Outcome::kPassed;
  }
  if (broken_in(seen)) return Outcome::kBroken;
  if (state_in(seen) != IPC_BARRIER_ACTING) return Outcome::kWaiting;
  std::uint64_t mine = round << IPC_BARRIER_ROUND_SHIFT | (segment_->me().slot + 1);
  if (load_acquire(shared().actor) != mine) return Outcome::kWaiting;
  const bool first =
      atomic(shared().actor).compare_exchange_strong(mine, mine | kActorBegan, std::memory_order_acq_rel);
  INTERPROC_CRASH_POINT("barrier.began");
  return first ? Outcome::kAct : Outcome::kWaiting;
}

std::uint32_t Barrier::take_index(std::uint64_t round) {
  std::uint64_t& word = shared().passed[round % IPC_BARRIER_ROUNDS];
  std::uint64_t seen = load_acquire(word);
  for (;;) {
    // 64 rounds were passed without this one, so there are more participants than parties: its place was given to
    // nobody, but can no longer be known.
    if (round_in(seen) > round) return parties_ - 1;
    const std::uint64_t index = round_in(seen) == round ? seen & 0xffff : 0;
    const std::uint64_t wanted = round << IPC_BARRIER_ROUND_SHIFT | (index + 1);
    if (atomic(word).compare_exchange_weak(seen, wanted, std::memory_order_acq_rel, std::memory_order_acquire)) {
      INTERPROC_CRASH_POINT("barrier.indexed");
      return static_cast<std::uint32_t>(index);
    }
  }
}

void Barrier::let_go(std::uint64_t round) {
  if (!swap(pack(round, parties_, IPC_BARRIER_ACTING), pack(round + 1, 0, IPC_BARRIER_FILLING))) return;
  INTERPROC_CRASH_POINT("barrier.acted");
  wake_all();
}

void Barrier::acted(std::uint64_t round) {
  if (somebody_died(round)) {
    break_round(round);
  } else {
    let_go(round);
  }
}

bool Barrier::withdraw_wait(std::uint64_t round, bool has_action) {
  for (;;) {
    const std::uint64_t seen = control();
    if (round_in(seen) != round || broken_in(seen)) return false;
    // Who has not arrived takes nothing back: it would take another's place.
    const std::uint64_t entry = load_relaxed(shared().party[segment_->me().slot].arrived);
    if (waits_in(entry) == 0 || !of_round(entry, round) || arrived_in(seen) == 0) return false;
    if (state_in(seen) == IPC_BARRIER_ACTING) {
      // Everybody is here and the action runs: who leaves now breaks the round.
      break_round(round);
      return false;
    }
    if (!swap(seen, pack(round, arrived_in(seen) - 1, IPC_BARRIER_FILLING))) continue;
    INTERPROC_CRASH_POINT("barrier.withdrawn");
    note(round, -1, has_action ? -1 : 0);
    return true;
  }
}

void Barrier::break_round(std::uint64_t round) {
  for (;;) {
    const std::uint64_t seen = control();
    if (round_in(seen) != round || broken_in(seen)) return;
    const std::uint32_t arrived = std::min(arrived_in(seen), kBeingReset - 1);
    if (!swap(seen, pack(round, arrived, IPC_BARRIER_BROKEN))) continue;
    INTERPROC_CRASH_POINT("barrier.broken");
    wake_all();
    return;
  }
}

void Barrier::abort() {
  for (;;) {
    const std::uint64_t seen = control();
    if (being_reset(seen)) {
      leave_broken(seen);
    } else if (broken_in(seen)) {
      return;
    } else {
      break_round(round_in(seen));
    }
  }
}

void Barrier::mark_broken(std::uint64_t round) {
  std::uint64_t& word = shared().broken[round % IPC_BARRIER_ROUNDS];
  std::uint64_t seen = load_acquire(word);
  const std::uint64_t wanted = round << IPC_BARRIER_ROUND_SHIFT;
  // Whoever waits in it may sleep for longer than `broken` remembers.
  const auto low = static_cast<std::uint32_t>(round);
  for (ipc_barrier_party& party : shared().party) {
    const std::uint64_t entry = load_acquire(party.arrived);
    if (waits_in(entry) == 0 || !of_round(entry, round)) continue;
    std::uint32_t last = load_relaxed(party.broken);
    while (
        static_cast<std::int32_t>(low - last) > 0 &&
        !atomic(party.broken).compare_exchange_weak(last, low, std::memory_order_acq_rel, std::memory_order_relaxed)) {
    }
  }
  INTERPROC_CRASH_POINT("barrier.told");
  while (round_in(seen) < round &&
         !atomic(word).compare_exchange_weak(seen, wanted, std::memory_order_acq_rel, std::memory_order_acquire)) {
  }
}

// From a round that is broken, or being reset, to the next one, unless somebody else was sooner.
void Barrier::leave_broken(std::uint64_t seen) {
  const std::uint64_t round = round_in(seen);
  mark_broken(round);
  INTERPROC_CRASH_POINT("barrier.marked");
  if (!swap(seen, pack(round + 1, 0, IPC_BARRIER_FILLING))) return;
  INTERPROC_CRASH_POINT("barrier.reset");
  wake_all();
}

// Nobody is woken, and nobody who comes is turned away, between the end of this round and the next one: whoever is
// freed may come again at once. Once the round is over, those who wait are not its own any more.
void Barrier::reset() {
  const std::uint64_t round = round_in(control());
  for (;;) {
    const std::uint64_t seen = control();
    if (round_in(seen) != round) return;
    if (state_in(seen) == IPC_BARRIER_FILLING && arrived_in(seen) == 0) return;
    if (broken_in(seen)) {
      leave_broken(seen);
    } else if (swap(seen, pack(round, kBeingReset, IPC_BARRIER_BROKEN))) {
      INTERPROC_CRASH_POINT("barrier.resetting");
    }
  }
}

std::uint32_t Barrier::waiting() {
  if (broken()) return 0;
  const std::uint64_t seen = control();
  return broken_in(seen) ? 0 : arrived_in(seen);
}

bool Barrier::broken() {
  const std::uint64_t seen = control();
  if (!broken_in(seen) && somebody_died(round_in(seen))) break_round(round_in(seen));
  const std::uint64_t now = control();
  return broken_in(now) && !being_reset(now);
}

void Barrier::wake_all() const { wake(*segment_, shared().waiters, kEveryone); }

bool Barrier::ready(Condition condition, std::uint64_t need, Look look) {
  const std::uint64_t seen = control();
  if (round_in(seen) != need || broken_in(seen)) return true;
  if (condition == kEnter && state_in(seen) != IPC_BARRIER_ACTING) return true;
  if (condition == kOver && state_in(seen) == IPC_BARRIER_ACTING &&
      load_acquire(shared().actor) == (need << IPC_BARRIER_ROUND_SHIFT | (segment_->me().slot + 1)))
    return true;
  if (look == Look::kShared || !somebody_died(need)) return false;
  break_round(need);
  return true;
}

ipc_wait_set* Barrier::waiters(Condition condition) { return condition <= kEnter ? &shared().waiters : nullptr; }

Polling Barrier::polling(Condition) const {
  return parties_ > static_cast<std::uint32_t>(usable_cpus()) ? Polling::kNone : Polling::kClose;
}

// A party that leaves while it waits will never come: nobody shall wait for it.
void Barrier::leave(Leaving) {
  const std::uint64_t entry = load_relaxed(shared().party[segment_->me().slot].arrived);
  const std::uint64_t round = round_in(control());
  if (waits_in(entry) > 0 && of_round(entry, round)) break_round(round);
}

}  // namespace interproc
