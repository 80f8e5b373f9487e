// Memory for messages that are too large for a ring record, and for loans: runs of 64 KiB pages behind the segment's
// fixed part.
//
// The file is a hole there until a run is needed; freed runs are used again while they are warm. A table says what each
// run is. `at` is the ring position of the record that refers to the run; p is a participant:
//
//   FREE ──allocate──> WRITING(p) ──commit──> QUEUED(at) ──take──> READING(p, at) ──release──> FREE
//                           └──────────────────── release ────────────────────────────────────> FREE
//
// Nobody has to repair anything after a death, because whether a run is in use follows from what outlives the dead
// (in_use()):
//   WRITING(p)      while p lives: an unpublished message dies with its writer
//   QUEUED(at)      while a record at `at` lies between head and tail; the writer's life no longer matters
//   READING(p, at)  while p lives, or while the record is still queued (p died between marking it and advancing the
//                   head)
//
// Who may write a run's entry:
//   free, or in a dead one's hands  the producer's side (under the put lock, where there is one): it splits and merges
//   WRITING(p)                      p alone, `state` only. No lock: nobody else touches it while p lives
//   QUEUED                          the consumer's side (under the get lock), `state` only, before it advances the head
//   READING(p, at)                  p alone, `state` only, without a lock
// So p may hold any number of runs for any time, on either side, and give them back in any order: each is a word of its
// own, and the ring has moved on already. Who has stored FREE does not touch the entry again. Who has detached is dead
// by this rule, and stores nothing any more (release()): the run may be another's by then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "layout.h"
#include "messages/ring.h"
#include "segment/segment.h"

namespace interproc {

class Extents {
 public:
  Extents() = default;
  // `table_offset` has been checked against the segment; the pages lie behind the table.
  Extents(const Segment& segment, ipc_channel& shared, std::uint64_t table_offset)
      : segment_(&segment), shared_(&shared), table_offset_(table_offset), pages_offset_(table_offset + kTableBytes) {}

  static constexpr std::uint64_t kTableBytes = std::uint64_t{IPC_EXTENT_MAX_PAGES} * sizeof(ipc_run);
  static constexpr std::uint64_t kRegionBytes = std::uint64_t{IPC_EXTENT_MAX_PAGES} * IPC_EXTENT_PAGE;

  // ---- Producer. A run to write into. Runs queued already may take `most_queued` bytes together with this one
  // (kUnbounded: however many); kFull where they would take more, unless none is queued, and where the region has no
  // room. kSystem (ENOSPC) where the file cannot grow.
  static constexpr std::uint64_t kUnbounded = UINT64_MAX;
  Status allocate(std::uint64_t bytes, std::uint64_t most_queued, Position tail, ipc_extent_ref& out);
  // The same question for a run that is this participant's already. kCorrupt where the table does not say so.
  Status admit(const ipc_extent_ref& run, std::uint64_t most_queued, Position tail);
  std::byte* data(const ipc_extent_ref& run);
  void commit(const ipc_extent_ref& run, Position at);

  // ---- Consumer. Checks the reference against table and file, and marks the run as this participant's.
  Status take(const ipc_extent_ref& run, Position at);
  // Whether a record's run lies inside the table and the file: before its length is believed, and memory made for it.
  Status check(const ipc_extent_ref& run);

  // ---- Whoever has the run in hand, reading or writing. Nothing where this participant has detached.
  void release(const ipc_extent_ref& run);
  // release(), and wakes those who wait for room.
  void give_back(const ipc_extent_ref& run);

  // Whether allocate() would find room, and whether admit() would let a run of so many bytes pass (for who waits).
  bool has_room(std::uint64_t bytes, std::uint64_t most_queued, Position tail);
  bool admits(std::uint64_t bytes, std::uint64_t most_queued, Position tail);
  // Table and pages as they are mapped here, and where in the file they begin.
  [[nodiscard]] const std::shared_ptr<Mapping>& mapping() const { return mapping_; }
  [[nodiscard]] std::uint64_t table_offset() const { return table_offset_; }

 private:
  struct Survey {
    std::uint64_t queued_bytes = 0;
    std::uint32_t fit = IPC_EXTENT_MAX_PAGES;        // first page of the first free run that is long enough
    std::uint32_t last_free = IPC_EXTENT_MAX_PAGES;  // first page of a free run that ends the table
    std::uint32_t pages = 0;
    [[nodiscard]] bool admits(std::uint64_t bytes, std::uint64_t most_queued) const {
      return queued_bytes == 0 || most_queued == kUnbounded || queued_bytes + bytes <= most_queued;
    }
  };
  Status map();
  Status survey(std::uint32_t wanted, Position tail, bool merge, Survey& out);
  Status grow(std::uint32_t wanted, Survey& found);
  [[nodiscard]] ipc_run& run_at(std::uint32_t page) const { return table_[page]; }

  const Segment* segment_ = nullptr;
  ipc_channel* shared_ = nullptr;
  std::uint64_t table_offset_ = 0;
  std::uint64_t pages_offset_ = 0;
  std::shared_ptr<Mapping> mapping_;  // table and pages; reserved whole at the first large message
  ipc_run* table_ = nullptr;
  std::byte* pages_ = nullptr;
};

}  // namespace interproc
