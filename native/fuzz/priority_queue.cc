// Priority queue: slab, links, heap, and what is made anew from them.
#include "object.h"

using namespace fuzz;

namespace {

// Links and heap are a fifth of a chunk: they are aimed at.
void spoil_chunk(Input& in, std::byte* chunk) {
  switch (number(in, 2)) {
    case 0:
      spoil(in, {chunk + offsetof(ipc_chunk, links), 40 * sizeof(std::uint32_t)});
      break;
    case 1:
      spoil(in, {chunk + offsetof(ipc_chunk, heap), 20 * sizeof(ipc_heap_node)});
      break;
    default:
      spoil(in, {chunk + offsetof(ipc_chunk, blocks), 40 * IPC_BLOCK});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const std::string name = name_of("priority");
  clear_shm(name);
  {
    std::unique_ptr<PriorityQueue> a, b;
    must(PriorityQueue::create(name, {4096, number(in, 20), 0}, {.meta = "{}"}, a), "a fresh queue can be made");
    must(PriorityQueue::open(name, b), "and opened");
    const std::uint64_t slab = load_relaxed(a->shared().slab.offset);
    const Seen seen(a->segment().fd(), 0, a->segment().header().total_size);
    each_step(in, [&] {
      switch (number(in, 7)) {
        case 0:
          spoil_chunk(in, seen.from(slab).data());
          break;
        case 1:
          spoil_segment(in, seen, sizeof(ipc_priority_queue));
          break;
        case 2:
          // As if its last user had died in the middle: everything is made anew.
          store_relaxed(a->shared().dirty, std::uint32_t{1});
          break;
        default:
          use(in, in.ConsumeBool() ? *a : *b);
      }
    });
  }
  clear_shm(name);
  return 0;
}
