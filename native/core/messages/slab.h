// Memory for items of any size: blocks of 64 bytes, of which an item takes as many as it needs, each linked to the
// next.
//
// What is queued is said by the links alone: bit 31 of the link of an item's first block, one store that sets it when
// the item is complete and one that clears it when the item is taken. The free list, `fresh` and `used` follow from
// that: whoever was killed while changing them (PriorityQueue's `dirty` word says so) leaves them to begin_rebuild(),
// keep() and end_rebuild().
//
// The chunks lie at the end of the file, which grows with them: allocated first and counted then, so that a death in
// between leaves a file that is longer than it has to be. Each participant maps what it has seen counted. Everything
// here needs the queue's lock. Indices read from shared memory are checked against what is mapped, and a chain's steps
// are bounded by its item's length: bytes that break the rules give kCorrupt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "layout.h"
#include "segment/segment.h"
#include "system/atomic.h"

namespace interproc {

class Slab {
 public:
  Slab() = default;
  // `offset` has been checked against the segment.
  Slab(const Segment& segment, ipc_slab& shared, std::uint64_t offset)
      : segment_(&segment), shared_(&shared), offset_(offset) {}

  static constexpr std::uint64_t kInFirst = IPC_BLOCK - sizeof(ipc_priority_item);
  static constexpr std::uint32_t blocks_for(std::uint64_t length) {
    return length <= kInFirst ? 1 : static_cast<std::uint32_t>(1 + (length - kInFirst + IPC_BLOCK - 1) / IPC_BLOCK);
  }
  static constexpr std::uint64_t file_bytes(std::uint64_t chunks) { return chunks * sizeof(ipc_chunk); }

  // Maps what was added since the last call. kTruncated, kCorrupt, kSystem.
  Status map();
  [[nodiscard]] bool damaged() const { return mapping_ != nullptr && mapping_->damaged(); }
  [[nodiscard]] std::uint32_t blocks() const { return mapped_ * IPC_CHUNK_BLOCKS; }

  // Grows the file until `count` blocks are free. kSystem (ENOSPC) where it cannot.
  Status reserve(std::uint32_t count);

  // ---- Change what is derived.
  // A chain of free blocks; reserve() has provided for them.
  Status allocate(std::uint32_t count, std::uint32_t& first);
  Status release(std::uint32_t first, std::uint32_t count);

  // ---- An item. `first` is below blocks().
  Status write(std::uint32_t first, const ipc_priority_item& item, std::span<const std::byte> payload);
  [[nodiscard]] ipc_priority_item item(std::uint32_t first) const;
  // The payload of `into.size()` bytes.
  Status read(std::uint32_t first, std::span<std::byte> into) const;
  [[nodiscard]] bool queued(std::uint32_t block) const { return (load_acquire(link(block)) & IPC_LINK_QUEUED) != 0; }
  // Release: who sees the item queued sees all of it; who sees it gone, that it was copied.
  void publish(std::uint32_t first) { store_release(link(first), load_relaxed(link(first)) | IPC_LINK_QUEUED); }
  void unpublish(std::uint32_t first) { store_release(link(first), load_relaxed(link(first)) & ~IPC_LINK_QUEUED); }

  // ---- After a death: keep() for each queued item's blocks, the rest becomes free.
  Status begin_rebuild();
  Status keep(std::uint32_t first, std::uint32_t count);
  void end_rebuild();

  [[nodiscard]] ipc_heap_node& heap_node(std::uint32_t index) const {
    return chunk(index).heap[index % IPC_CHUNK_BLOCKS];
  }

 private:
  static constexpr std::uint32_t kNextMask = IPC_LINK_QUEUED - 1;

  [[nodiscard]] ipc_chunk& chunk(std::uint32_t block) const { return chunks_[block / IPC_CHUNK_BLOCKS]; }
  [[nodiscard]] std::byte* block_at(std::uint32_t block) const {
    return reinterpret_cast<std::byte*>(chunk(block).blocks[block % IPC_CHUNK_BLOCKS]);
  }
  [[nodiscard]] std::uint32_t& link(std::uint32_t block) const { return chunk(block).links[block % IPC_CHUNK_BLOCKS]; }
  // The block behind `block`. False where there is none, or none that can be.
  [[nodiscard]] bool next(std::uint32_t block, std::uint32_t& out) const;
  // Calls `visit` with each stretch of memory that holds a part of the payload, in order.
  template <class Visit>
  Status each_part(std::uint32_t first, std::uint64_t length, Visit visit) const;

  const Segment* segment_ = nullptr;
  ipc_slab* shared_ = nullptr;
  std::uint64_t offset_ = 0;
  std::unique_ptr<Mapping> mapping_;
  ipc_chunk* chunks_ = nullptr;
  std::uint32_t mapped_ = 0;  // chunks
  // Of a rebuild: a bit for each block that is in use.
  std::unique_ptr<std::uint64_t[]> kept_;
  std::uint32_t kept_end_ = 0;
  std::uint32_t kept_count_ = 0;
};

}  // namespace interproc
