#include "messages/slab.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "system/crash_point.h"

namespace interproc {
namespace {

// Twice what the largest capacity and the largest message ask for, of items that waste the most.
constexpr std::uint32_t kMostChunks = 1u << 17;

Status allocate_file(int fd, std::uint64_t offset, std::uint64_t bytes) {
  while (::fallocate(fd, 0, static_cast<off_t>(offset), static_cast<off_t>(bytes)) != 0) {
    if (errno != EINTR) return Status::system(errno, "fallocate");
  }
  return {};
}

Status broken_chain() { return Status::corrupt("an item's blocks end before its bytes do"); }

}  // namespace

Status Slab::map() {
  const std::uint32_t chunks = load_acquire(shared_->chunks);
  if (chunks == mapped_) return {};
  if (chunks < mapped_ || chunks > kMostChunks) return Status::corrupt("a slab of impossible size");
  const std::uint64_t size = file_bytes(chunks);
  if (segment_->file_size() < offset_ + size) return {Code::kTruncated};
  if (mapping_ != nullptr) {
    if (!mapping_->grow(size)) return Status::system(errno, "mremap");
  } else {
    void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, segment_->fd(), static_cast<off_t>(offset_));
    if (at == MAP_FAILED) return Status::system(errno, "mmap");
    mapping_ = std::make_unique<Mapping>(static_cast<std::byte*>(at), size);
  }
  chunks_ = reinterpret_cast<ipc_chunk*>(mapping_->base);
  mapped_ = chunks;
  return {};
}

Status Slab::reserve(std::uint32_t count) {
  const std::uint32_t used = load_relaxed(shared_->used);
  if (used > blocks()) return Status::corrupt("a slab with more used blocks than it has");
  const std::uint32_t free = blocks() - used;
  if (free >= count) return {};
  const std::uint32_t least = (count - free + IPC_CHUNK_BLOCKS - 1) / IPC_CHUNK_BLOCKS;
  if (least > kMostChunks - mapped_) return {Code::kFull};
  // A quarter more than there is, so that a slab which grows by small items is not mapped anew for each chunk.
  std::uint32_t more = std::min(std::max(least, mapped_ / 4), kMostChunks - mapped_);
  Status grown = allocate_file(segment_->fd(), offset_ + file_bytes(mapped_), file_bytes(more));
  if (!grown.ok() && more > least) {
    more = least;
    grown = allocate_file(segment_->fd(), offset_ + file_bytes(mapped_), file_bytes(more));
  }
  if (!grown.ok()) return grown;
  INTERPROC_CRASH_POINT("slab.grown");
  store_release(shared_->chunks, mapped_ + more);
  INTERPROC_CRASH_POINT("slab.counted");
  return map();
}

bool Slab::next(std::uint32_t block, std::uint32_t& out) const {
  out = (load_relaxed(link(block)) & kNextMask) - 1;  // 0 wraps: no block
  return out < blocks();
}

Status Slab::allocate(std::uint32_t count, std::uint32_t& first) {
  const std::uint32_t used = load_relaxed(shared_->used);
  std::uint32_t fresh = load_relaxed(shared_->fresh);
  std::uint32_t head = load_relaxed(shared_->free);  // a block + 1
  std::uint32_t last = UINT32_MAX;
  std::uint32_t got = 0;
  // What the list gives is a chain already.
  for (; got < count && head != 0; ++got) {
    if (head > blocks()) return Status::corrupt("the list of free blocks leaves the slab");
    last = head - 1;
    if (got == 0) first = last;
    head = load_relaxed(link(last));
    if ((head & IPC_LINK_QUEUED) != 0) return Status::corrupt("a queued item in the list of free blocks");
  }
  if (fresh > blocks() || count - got > blocks() - fresh)
    return Status::corrupt("a slab has fewer free blocks than it says");
  for (; got < count; ++got, ++fresh) {
    if (got == 0) {
      first = fresh;
    } else {
      store_relaxed(link(last), fresh + 1);
    }
    last = fresh;
  }
  store_relaxed(link(last), std::uint32_t{0});
  store_relaxed(shared_->free, head);
  store_relaxed(shared_->fresh, fresh);
  store_relaxed(shared_->used, used + count);
  INTERPROC_CRASH_POINT("slab.allocated");
  return {};
}

Status Slab::release(std::uint32_t first, std::uint32_t count) {
  std::uint32_t last = first;
  for (std::uint32_t step = 1; step < count; ++step) {
    if (!next(last, last)) return broken_chain();
  }
  store_relaxed(link(last), load_relaxed(shared_->free));
  store_relaxed(shared_->free, first + 1);
  store_relaxed(shared_->used, load_relaxed(shared_->used) - count);
  INTERPROC_CRASH_POINT("slab.released");
  return {};
}

template <class Visit>
Status Slab::each_part(std::uint32_t first, std::uint64_t length, Visit visit) const {
  std::uint32_t block = first;
  std::uint64_t skip = sizeof(ipc_priority_item);
  for (;;) {
    std::byte* const start = block_at(block) + skip;
    std::uint64_t bytes = IPC_BLOCK - skip;
    skip = 0;
    // Blocks that lie side by side are one stretch.
    while (bytes < length) {
      std::uint32_t after = 0;
      if (!next(block, after)) return broken_chain();
      const bool beside = after == block + 1 && after % IPC_CHUNK_BLOCKS != 0;
      block = after;
      if (!beside) break;
      bytes += IPC_BLOCK;
    }
    bytes = std::min(bytes, length);
    visit(start, static_cast<std::size_t>(bytes));
    length -= bytes;
    if (length == 0) return {};
  }
}

Status Slab::write(std::uint32_t first, const ipc_priority_item& item, std::span<const std::byte> payload) {
  std::memcpy(block_at(first), &item, sizeof item);
  return each_part(first, payload.size(), [&](std::byte* to, std::size_t bytes) {
    if (bytes != 0) std::memcpy(to, payload.data(), bytes);
    payload = payload.subspan(bytes);
  });
}

ipc_priority_item Slab::item(std::uint32_t first) const {
  ipc_priority_item copy;
  std::memcpy(&copy, block_at(first), sizeof copy);
  return copy;
}

Status Slab::read(std::uint32_t first, std::span<std::byte> into) const {
  return each_part(first, into.size(), [&](const std::byte* from, std::size_t bytes) {
    if (bytes != 0) std::memcpy(into.data(), from, bytes);
    into = into.subspan(bytes);
  });
}

Status Slab::begin_rebuild() {
  kept_.reset(new (std::nothrow) std::uint64_t[blocks() / 64]());
  kept_end_ = kept_count_ = 0;
  return kept_ != nullptr ? Status{} : Status::system(ENOMEM, "malloc");
}

Status Slab::keep(std::uint32_t first, std::uint32_t count) {
  std::uint32_t block = first;
  for (std::uint32_t step = 1;; ++step) {
    const std::uint64_t bit = std::uint64_t{1} << (block % 64);
    if ((kept_[block / 64] & bit) != 0) return Status::corrupt("a block belongs to two items");
    kept_[block / 64] |= bit;
    kept_end_ = std::max(kept_end_, block + 1);
    if (step == count) break;
    if (!next(block, block)) return broken_chain();
  }
  kept_count_ += count;
  return {};
}

void Slab::end_rebuild() {
  std::uint32_t head = 0;
  for (std::uint32_t block = kept_end_; block-- > 0;) {
    if ((kept_[block / 64] >> (block % 64) & 1) != 0) continue;
    store_relaxed(link(block), head);
    INTERPROC_CRASH_POINT("slab.freed");
    head = block + 1;
  }
  store_relaxed(shared_->free, head);
  store_relaxed(shared_->fresh, kept_end_);
  store_relaxed(shared_->used, kept_count_);
  kept_.reset();
}

}  // namespace interproc
