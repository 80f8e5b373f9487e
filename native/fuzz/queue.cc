// Queue: channel, ring, extents' references, side locks, tally.
#include "object.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const ChannelPlan plan{4096, number(in, 20), number(in, 1) * 150'000};
  const bool joinable = in.ConsumeBool();
  run_on<Queue, ipc_queue>(in, "queue", [&](std::string_view name, std::unique_ptr<Queue>& out) {
    return Queue::create(name, plan, {.meta = "{}"}, out, joinable);
  });
  return 0;
}
