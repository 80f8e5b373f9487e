// Pipe: the words that say whose an end is, and a channel each way.
#include "object.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const PipePlan plan{{4096, 0, 0}, in.ConsumeBool()};
  run_on<Pipe, ipc_pipe>(in, "pipe", [&](std::string_view name, std::unique_ptr<Pipe>& out) {
    return Pipe::create(name, plan, {.meta = "{}"}, out);
  });
  return 0;
}
