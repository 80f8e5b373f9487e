// Extents: the table of runs and the references in the ring, which a queue of large messages goes by.
#include "object.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const std::string name = name_of("extents");
  clear_shm(name);
  {
    std::unique_ptr<Queue> a, b;
    must(Queue::create(name, {1 << 17, 0, 0}, {.meta = "{}"}, a), "a fresh queue can be made");
    must(Queue::open(name, b), "and opened");
    const std::uint64_t before = 1 + number(in, 3);
    for (std::uint64_t i = 0; i < before; ++i) static_cast<void>(a->put(payload(60'000 + number(in, 90'000)), false));
    ipc_channel& channel = a->channel().shared();
    const Seen table(a->segment().fd(), channel.table_offset, 4096);
    const std::span<std::byte> runs = table.all().first(12 * sizeof(ipc_run));
    const std::span<std::byte> ring(a->segment().base() + channel.ring_offset, 256);
    each_step(in, [&] {
      Queue& queue = in.ConsumeBool() ? *a : *b;
      std::uint64_t length = 0;
      switch (number(in, 9)) {
        case 0:
        case 1:
          spoil(in, runs);
          break;
        case 2:
          spoil(in, ring);
          break;
        case 3:
          store_relaxed(channel.extent_pages,
                        static_cast<std::uint32_t>(spoiled(in, load_relaxed(channel.extent_pages))));
          break;
        case 4:
          spoil(in, {reinterpret_cast<std::byte*>(&channel) + offsetof(ipc_channel, tail), 256});
          break;
        case 5:
          static_cast<void>(queue.ready(Queue::kNotFull, spoiled(in, 100'000), Look::kShared));
          break;
        case 6:
        case 7: {
          const auto into = room(number(in, 200'000));
          if (queue.get(into, length).ok()) must(length <= into.size(), "what was taken fits where it was put");
          break;
        }
        default:
          static_cast<void>(queue.put(payload(60'000 + number(in, 140'000)), in.ConsumeBool()));
      }
    });
  }
  clear_shm(name);
  return 0;
}
