// Who has taken what from a joinable queue and not finished it, so that join() neither returns early nor waits for the
// dead.
//
// All of it is written under the queue's get lock. Taking n items:
//   1. under_way = (head, count + n)      dead here: the head has not moved, nothing was taken
//   2. the head advances                  dead here: the head has moved, the items are lost
//   3. count = count + n                  dead here: as before; doing it again changes nothing
//   4. under_way = 0
// Whoever takes the lock over settles an entry that was left at 1 to 3. Items counted for a dead participant are lost,
// and join() says how many. A slot's next owner moves what its predecessor left into `lost`.
#pragma once

#include "layout.h"
#include "messages/ring.h"
#include "segment/segment.h"

namespace interproc {

class Tally {
 public:
  Tally(const Segment& segment, ipc_tally& shared) : segment_(segment), shared_(shared) {}

  [[nodiscard]] bool enabled() const;

  // ---- Under the get lock.
  // Finishes what dead takers left unfinished. After a take-over.
  void settle(Position head);
  void begin_take(Position head, std::uint32_t count);
  void end_take();
  // One item finished: one of this participant's own where it has any, else anybody's. False where none is unfinished.
  bool finish_one();

  struct Unfinished {
    std::uint64_t open = 0;  // taken by the living
    std::uint64_t lost = 0;  // taken by the dead
  };
  [[nodiscard]] Unfinished count() const;

  // ---- Without the lock.
  [[nodiscard]] std::uint32_t finished() const;
  // Wakes all who wait in join(), to look again.
  void tell_joiners();

 private:
  ipc_taken& mine();

  const Segment& segment_;
  ipc_tally& shared_;
};

}  // namespace interproc
