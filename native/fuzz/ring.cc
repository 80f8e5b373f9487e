// Ring: positions and records, in memory of exactly the ring's size, so that a step outside is seen at once.
#include "messages/ring.h"

#include <memory>

#include "fuzz.h"

using namespace fuzz;

namespace {

constexpr std::uint64_t kBytes = 4096;

volatile std::byte kept;  // so that no read is left out

void produce(Input& in, Ring& ring) {
  if (!ring.begin_write().ok()) return;
  const std::uint64_t records = 1 + number(in, 3);
  for (std::uint64_t i = 0; i < records; ++i) {
    const Position before = ring.write_position();
    std::span<std::byte> room;
    if (!ring.reserve(static_cast<std::uint32_t>(spoiled(in, number(in, 1500))), IPC_RECORD_DATA, room).ok()) break;
    if (!room.empty()) std::memset(room.data(), 1, room.size());
    if (number(in, 7) == 0) ring.rewind(before);
    static_cast<void>(ring.written_bytes(in.ConsumeBool()));
    static_cast<void>(ring.written_records(in.ConsumeBool()));
  }
  if (in.ConsumeBool()) ring.publish();
}

void consume(Input& in, Ring& ring) {
  ring.begin_read();
  const std::uint64_t records = 1 + number(in, 3);
  for (std::uint64_t i = 0; i < records; ++i) {
    ipc_record header;
    std::span<const std::byte> bytes;
    if (!ring.peek(header, bytes).ok()) break;
    std::byte sum{};
    for (const std::byte byte : bytes) sum ^= byte;
    kept = sum;
    ring.pass(header);
  }
  if (in.ConsumeBool()) ring.advance();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  ipc_channel channel{};
  const std::unique_ptr<std::uint64_t[]> memory(new std::uint64_t[kBytes / 8]());
  auto* const bytes = reinterpret_cast<std::byte*>(memory.get());
  // Anywhere in a ring that has been in use, and near the end of what a position can count.
  channel.head = channel.tail = in.ConsumeIntegral<std::uint64_t>();
  Ring rings[2] = {{channel, bytes, kBytes}, {channel, bytes, kBytes}};
  each_step(in, [&] {
    Ring& ring = rings[number(in, 1)];
    switch (number(in, 6)) {
      case 0:
        spoil(in, {reinterpret_cast<std::byte*>(&channel) + offsetof(ipc_channel, tail), 256});
        break;
      case 1:
        spoil(in, {bytes, kBytes});
        break;
      case 2: {
        std::uint64_t used = 0, records = 0;
        static_cast<void>(ring.fill(used, records));
        must(used <= kBytes && records <= kBytes / IPC_UNIT, "a ring never holds more than itself");
        static_cast<void>(ring.fits(spoiled(in, 100)));
        break;
      }
      case 3:
      case 4:
        produce(in, ring);
        break;
      default:
        consume(in, ring);
    }
  });
  return 0;
}
