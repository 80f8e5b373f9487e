// Memory for messages that are too large for a ring record: runs of 64 KiB pages behind the segment's fixed part.
//
// The file is a hole there until a run is needed; freed runs are used again while they are warm. A table says what each
// run is. Runs are split and merged by the producer side only (under its lock); a consumer changes nothing but a run's
// state word.
//
//   FREE ──allocate──> WRITING(p) ──commit──> QUEUED(at) ──take──> READING(p, at) ──release──> FREE
//
// `at` is the ring position of the record that refers to the run; p is a participant. Nobody has to repair anything
// after a death, because whether a run is in use follows from what outlives the dead (in_use()):
//   WRITING(p)      while p lives: an unpublished message dies with its writer
//   QUEUED(at)      while a record at `at` lies between head and tail
//   READING(p, at)  while p lives, or while the record is still queued (p died between marking it and advancing the
//   head)
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

  // ---- Producer. Runs queued already may take `most_queued` bytes together with this one; kFull where they would take
  // more, unless none is queued. kSystem (ENOSPC) where the file cannot grow.
  Status allocate(std::uint64_t bytes, std::uint64_t most_queued, Position tail, ipc_extent_ref& out);
  std::byte* data(const ipc_extent_ref& run);
  void commit(const ipc_extent_ref& run, Position at);

  // ---- Consumer. Checks the reference against table and file, and marks the run as this participant's.
  Status take(const ipc_extent_ref& run, Position at);
  // Whether a record's run lies inside the table and the file: before its length is believed, and memory made for it.
  Status check(const ipc_extent_ref& run);
  void release(const ipc_extent_ref& run);

  // Whether allocate() would find room (a hint, for who waits).
  bool has_room(std::uint64_t bytes, std::uint64_t most_queued, Position tail);

 private:
  struct Survey {
    std::uint64_t queued_bytes = 0;
    std::uint32_t fit = IPC_EXTENT_MAX_PAGES;        // first page of the first free run that is long enough
    std::uint32_t last_free = IPC_EXTENT_MAX_PAGES;  // first page of a free run that ends the table
    std::uint32_t pages = 0;
  };
  Status map();
  Status survey(std::uint32_t wanted, Position tail, bool merge, Survey& out);
  Status grow(std::uint32_t wanted, Survey& found);
  [[nodiscard]] bool in_use(std::uint64_t state, Position head, Position tail) const;
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
