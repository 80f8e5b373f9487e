#include "messages/priority_heap.h"

#include <algorithm>

#include "system/crash_point.h"

namespace interproc {

// Word by word, each read once: somebody else may be writing there against the rules.
ipc_heap_node PriorityHeap::at(std::uint32_t index) const {
  const ipc_heap_node& node = slab_.heap_node(index);
  return {load_relaxed(node.priority), load_relaxed(node.sequence), load_relaxed(node.block), 0};
}

void PriorityHeap::set(std::uint32_t index, const ipc_heap_node& node) {
  ipc_heap_node& to = slab_.heap_node(index);
  store_relaxed(to.priority, node.priority);
  store_relaxed(to.sequence, node.sequence);
  store_relaxed(to.block, node.block);
}

void PriorityHeap::rise(std::uint32_t hole, const ipc_heap_node& node) {
  while (hole > 0) {
    const std::uint32_t parent = (hole - 1) / kChildren;
    const ipc_heap_node above = at(parent);
    if (!before(node, above)) break;
    set(hole, above);
    INTERPROC_CRASH_POINT("heap.rising");
    hole = parent;
  }
  set(hole, node);
}

void PriorityHeap::sink(std::uint32_t hole, std::uint32_t count, const ipc_heap_node& node) {
  for (;;) {
    const std::uint32_t child = hole * kChildren + 1;
    if (child >= count) break;
    const std::uint32_t end = std::min(child + kChildren, count);
    std::uint32_t least = child;
    ipc_heap_node least_node = at(child);
    for (std::uint32_t other = child + 1; other < end; ++other) {
      const ipc_heap_node other_node = at(other);
      if (!before(other_node, least_node)) continue;
      least = other;
      least_node = other_node;
    }
    if (!before(least_node, node)) break;
    set(hole, least_node);
    INTERPROC_CRASH_POINT("heap.sinking");
    hole = least;
  }
  set(hole, node);
}

void PriorityHeap::order(std::uint32_t count) {
  if (count < 2) return;
  for (std::uint32_t index = (count - 2) / kChildren + 1; index-- > 0;) sink(index, count, at(index));
}

}  // namespace interproc
