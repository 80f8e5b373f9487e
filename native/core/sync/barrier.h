// Barrier: so many parties wait for each other, round after round.
//
// No lock: everything that is decided, is decided by one compare-and-swap of `control` (round, how many have arrived,
// state):
//   filling, k -> k + 1          a party arrives; k is its place
//   filling, k -> k - 1          a party gives up: its wait was aborted
//   filling, n - 1 -> round + 1  the last one arrives: everybody may go
//   filling, n - 1 -> acting, n  the same where a party has an action; `actor` says which one runs it
//   acting -> round + 1          the action is done
//   filling, acting -> broken    abort(), time-out, an action that threw, a party that died
//   filling, acting -> being reset   reset(); broken for who waits, not for who comes
//   broken, being reset -> round + 1 reset(), or whoever comes while it is being reset
// A party notes its waits in its own entry before it swaps `control`, and takes them out after it has. An entry of this
// round whose owner is dead breaks the barrier: so says whoever arrives last (before it lets anybody go, so that no
// dead party is ever counted) and whoever waits (at the end of each slice).
//
// How a round ended is told from `control` and, once that has moved on, from `broken` and from the party's own entry: a
// round that was broken is marked in both before reset() moves on; all others were passed. Each who passes takes the
// next index of its round in `passed`, where no broken round ever is: a party that sleeps while others break and reset
// a hundred rounds still finds the round that it passed.
//
// SIGKILL of a party between noting and swapping: the round breaks though it was not counted. Of the last one between
// swap and wake: sleepers see it at the end of their slices. Between `acting` and `actor`: it is a dead party, and that
// breaks the round. In reset(): who comes next finishes it; behind the mark of a barrier that was broken before, the
// next reset() does.
#pragma once

#include "segment/object.h"

namespace interproc {

class Barrier final : public SharedObject {
 public:
  // `need` is the round.
  enum : Condition {
    kOver = 0,   // the round has ended, or this participant is to run its action
    kEnter = 1,  // the round takes no more parties, and has not ended
  };

  static Status create(std::string_view name, std::uint32_t parties, const CreateOptions& options,
                       std::unique_ptr<Barrier>& out);
  static Status open(std::string_view name, std::unique_ptr<Barrier>& out);
  // The same for a segment of this kind that is attached already.
  static Status adopt(std::unique_ptr<Segment> segment, std::unique_ptr<Barrier>& out);
  Status again(std::unique_ptr<SharedObject>& out) const override { return again_as<Barrier>(out); }
  static constexpr std::uint32_t kMostParties = 0xffff;
  // A broken barrier that says that so many have arrived is being reset.
  static constexpr std::uint32_t kBeingReset = 0xffff;

  enum class Outcome : std::uint8_t { kWaiting, kPassed, kBroken, kAct };

  enum class Arrival : std::uint8_t { kArrived, kBroken, kLater };
  // One more wait of this participant, in `round`. kLater: this round has all its parties and its action runs.
  Arrival arrive(bool has_action, std::uint64_t& round);
  // kAct, once: this participant shall run the action, then say acted().
  Outcome look(std::uint64_t round);
  // For one who passed: its index in the round.
  std::uint32_t take_index(std::uint64_t round);
  void acted(std::uint64_t round);
  // Takes a wait back. False where there is none, and where that is too late: look() says how the round ended.
  bool withdraw_wait(std::uint64_t round, bool has_action);
  // Breaks this round, if it is not over.
  void break_round(std::uint64_t round);
  void abort();
  void reset();

  [[nodiscard]] std::uint32_t parties() const { return parties_; }
  [[nodiscard]] std::uint32_t waiting();
  [[nodiscard]] bool broken();

  bool ready(Condition condition, std::uint64_t need, Look look) override;
  ipc_wait_set* waiters(Condition condition) override;
  void leave(Leaving how) override;
  // Who has arrived would poll on a processor that a party needs which has not.
  [[nodiscard]] Polling polling(Condition) const override;

 private:
  Barrier(std::unique_ptr<Segment> segment, std::uint32_t parties)
      : SharedObject(std::move(segment)), parties_(parties) {}
  [[nodiscard]] ipc_barrier& shared() const { return segment_->body<ipc_barrier>(); }
  [[nodiscard]] std::uint64_t control() const;
  bool swap(std::uint64_t seen, std::uint64_t wanted);
  void note(std::uint64_t round, int waits, int actions);
  void let_go(std::uint64_t round);
  void mark_broken(std::uint64_t round);
  void leave_broken(std::uint64_t seen);
  [[nodiscard]] bool somebody_died(std::uint64_t round) const;
  [[nodiscard]] std::uint32_t find_actor(std::uint64_t round) const;
  void wake_all() const;

  std::uint32_t parties_;
};

}  // namespace interproc
