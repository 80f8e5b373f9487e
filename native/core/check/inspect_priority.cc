// A priority queue: what is queued, by the links alone, and then everything that follows from it.
#include <vector>

#include "check/inspection.h"
#include "messages/channel.h"
#include "messages/slab.h"
#include "system/atomic.h"

namespace interproc {
namespace {

constexpr std::uint32_t kNextMask = IPC_LINK_QUEUED - 1;
constexpr std::uint32_t kMostChunks = 1u << 17;

class SlabInspection {
 public:
  SlabInspection(const Inspection& inspection, const ipc_priority_queue& queue)
      : inspection_(inspection), queue_(queue), chunks_(load_acquire(queue.slab.chunks)) {}

  void run() {
    if (!load()) return;
    items();
    // Left by one who died while it changed what is derived: whoever comes next makes it anew.
    if (load_relaxed(queue_.dirty) != 0) return;
    totals();
    heap();
    free_blocks();
  }

 private:
  bool load() {
    const std::uint64_t offset = load_relaxed(queue_.slab.offset);
    if (offset % IPC_EXTENT_PAGE != 0 || offset < IPC_BODY_OFFSET + sizeof queue_ ||
        offset > inspection_.view().header().total_size || chunks_ > kMostChunks) {
      inspection_.report("the slab lies where it cannot, or is too large");
      return false;
    }
    offset_ = offset;
    if (inspection_.view().file_size() < offset + Slab::file_bytes(chunks_)) {
      inspection_.report("the file ends before its %u chunks do", chunks_);
      return false;
    }
    links_.resize(std::size_t{chunks_} * IPC_CHUNK_BLOCKS);
    for (std::uint32_t chunk = 0; chunk < chunks_; ++chunk) {
      const std::uint64_t at = offset + Slab::file_bytes(chunk) + offsetof(ipc_chunk, links);
      if (!inspection_.view().read(at, &links_[std::size_t{chunk} * IPC_CHUNK_BLOCKS], sizeof(ipc_chunk::links)))
        return false;
    }
    owner_.assign(links_.size(), kNobody);
    return true;
  }

  std::uint64_t place_of(std::uint32_t block) const {
    return offset_ + Slab::file_bytes(block / IPC_CHUNK_BLOCKS) + std::uint64_t{block % IPC_CHUNK_BLOCKS} * IPC_BLOCK;
  }

  void items() {
    for (std::uint32_t block = 0; block < links_.size(); ++block) {
      if ((links_[block] & IPC_LINK_QUEUED) == 0) continue;
      ipc_priority_item item{};
      if (!inspection_.view().read(place_of(block), &item, sizeof item)) return;
      ++count_;
      bytes_ += std::uint64_t{item.length} + IPC_ITEM_COST;
      if (item.sequence >= next_) next_ = item.sequence + 1;
      chain(block, Slab::blocks_for(item.length));
    }
  }

  void chain(std::uint32_t first, std::uint32_t blocks) {
    std::uint32_t block = first;
    for (std::uint32_t step = 0; step < blocks; ++step) {
      if (step > 0) block = (links_[block] & kNextMask) - 1;  // 0 wraps: no block
      if (block >= links_.size())
        return inspection_.report("the item at block %u ends after %u of its %u blocks", first, step, blocks);
      if (owner_[block] != kNobody)
        return inspection_.report("block %u belongs to the items at %u and at %u", block, owner_[block], first);
      owner_[block] = first;
      ++used_;
    }
  }

  void totals() {
    const auto expect = [&](const char* what, std::uint64_t said, std::uint64_t is) {
      if (said != is) inspection_.report("the %s is %zu and should be %zu", what, std::size_t{said}, std::size_t{is});
    };
    expect("number of items", load_relaxed(queue_.count), count_);
    expect("sum of bytes", load_relaxed(queue_.bytes), bytes_);
    expect("number of used blocks", load_relaxed(queue_.slab.used), used_);
    if (load_relaxed(queue_.next_sequence) < next_)
      inspection_.report("an item has a number that is still to be given");
    const std::uint64_t most = load_relaxed(queue_.max_items);
    if (count_ > 1 && bytes_ > load_relaxed(queue_.capacity)) inspection_.report("more bytes are queued than may be");
    if (most != 0 && count_ > most && count_ > 1) inspection_.report("more items are queued than may be");
  }

  bool node_at(std::uint32_t index, ipc_heap_node& node) const {
    const std::uint64_t at = offset_ + Slab::file_bytes(index / IPC_CHUNK_BLOCKS) + offsetof(ipc_chunk, heap) +
                             std::uint64_t{index % IPC_CHUNK_BLOCKS} * sizeof node;
    return inspection_.view().read(at, &node, sizeof node);
  }

  // As many nodes as items, each of another item, none before its parent.
  void heap() {
    if (load_relaxed(queue_.count) != count_) return;
    std::vector<ipc_heap_node> nodes(count_);
    std::vector<bool> named(links_.size());
    for (std::uint32_t index = 0; index < count_; ++index) {
      ipc_heap_node& node = nodes[index];
      ipc_priority_item item{};
      if (!node_at(index, node)) return;
      if (node.block >= links_.size() || (links_[node.block] & IPC_LINK_QUEUED) == 0 || named[node.block])
        return inspection_.report("node %u of the heap names block %u, which is no item of its own", index, node.block);
      named[node.block] = true;
      if (!inspection_.view().read(place_of(node.block), &item, sizeof item)) return;
      if (item.priority != node.priority || item.sequence != node.sequence)
        inspection_.report("node %u of the heap differs from its item", index);
      if (index == 0) continue;
      const ipc_heap_node& parent = nodes[(index - 1) / 4];
      if (node.priority < parent.priority || (node.priority == parent.priority && node.sequence <= parent.sequence))
        inspection_.report("node %u of the heap comes before its parent", index);
    }
  }

  // Each block is an item's, or in the list, or fresh; never two of these, never none.
  void free_blocks() {
    const std::uint32_t fresh = load_relaxed(queue_.slab.fresh);
    if (fresh > links_.size()) return inspection_.report("the fresh blocks begin behind the slab");
    std::uint64_t listed = 0;
    for (std::uint32_t head = load_relaxed(queue_.slab.free); head != 0; ++listed) {
      const std::uint32_t block = head - 1;
      if (block >= fresh) return inspection_.report("block %u is in the list of free ones, and is none", block);
      if (owner_[block] != kNobody)
        return inspection_.report("block %u is in the list of free ones twice, or an item's", block);
      owner_[block] = kFree;
      head = links_[block];
    }
    for (std::uint32_t block = 0; block < links_.size(); ++block) {
      if (block < fresh && owner_[block] == kNobody)
        return inspection_.report("block %u is lost: nobody's and not free", block);
      if (block >= fresh && owner_[block] != kNobody)
        return inspection_.report("block %u is fresh, and an item's", block);
    }
  }

  static constexpr std::uint32_t kNobody = UINT32_MAX;
  static constexpr std::uint32_t kFree = UINT32_MAX - 1;

  const Inspection& inspection_;
  const ipc_priority_queue& queue_;
  std::uint32_t chunks_;
  std::uint64_t offset_ = 0;
  std::vector<std::uint32_t> links_;
  std::vector<std::uint32_t> owner_;  // of each block: the item's first one
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t used_ = 0;
  std::uint64_t next_ = 0;
};

}  // namespace

void inspect_priority_queue(const Inspection& inspection) {
  const auto& queue = inspection.view().body<ipc_priority_queue>();
  inspection.inner_lock("the lock", queue.lock);
  inspection.wait_set("not empty", queue.not_empty);
  inspection.wait_set("not full", queue.not_full);
  static_cast<void>(inspection.owner_word("the turn", load_acquire(queue.turn)));
  const std::uint32_t state = load_acquire(queue.state);
  if ((state & ~std::uint32_t{IPC_CHANNEL_SHUTDOWN | IPC_CHANNEL_IMMEDIATE}) != 0 || state == IPC_CHANNEL_IMMEDIATE)
    inspection.report("the queue is in a state that is none (%#x)", state);
  if (load_relaxed(queue.dirty) > 1) inspection.report("the queue's dirty word is %u", load_relaxed(queue.dirty));
  const std::uint64_t capacity = load_relaxed(queue.capacity);
  if (ring_bytes_for(capacity) != capacity) inspection.report("the capacity is no power of two within bounds");
  if (inspection.quiet()) SlabInspection(inspection, queue).run();
}

}  // namespace interproc
