// The order in which items leave: a heap with four children to a node, which holds what it compares. All of it is
// derived from the queued items. Needs the queue's lock.
#pragma once

#include <cstdint>

#include "layout.h"
#include "messages/slab.h"

namespace interproc {

class PriorityHeap {
 public:
  explicit PriorityHeap(const Slab& slab) : slab_(slab) {}

  // `count` is the number of nodes before the call, less than the slab's blocks.
  void push(std::uint32_t count, const ipc_heap_node& node) { rise(count, node); }
  // Removes the first of `count` nodes.
  void pop(std::uint32_t count) {
    if (count > 1) sink(0, count - 1, at(count - 1));
  }
  // The first is the least: of the lowest priority, and of those the one put first.
  [[nodiscard]] ipc_heap_node first() const { return at(0); }

  // For a rebuild: nodes in any order, then order() once.
  void set(std::uint32_t index, const ipc_heap_node& node);
  void order(std::uint32_t count);

 private:
  static constexpr std::uint32_t kChildren = 4;

  static bool before(const ipc_heap_node& a, const ipc_heap_node& b) {
    return a.priority != b.priority ? a.priority < b.priority : a.sequence < b.sequence;
  }
  [[nodiscard]] ipc_heap_node at(std::uint32_t index) const;
  void rise(std::uint32_t hole, const ipc_heap_node& node);
  void sink(std::uint32_t hole, std::uint32_t count, const ipc_heap_node& node);

  const Slab& slab_;
};

}  // namespace interproc
