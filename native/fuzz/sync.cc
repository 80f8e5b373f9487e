// Locks, values' memory, events, conditions, barriers.
#include "object.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const CreateOptions options{.meta = "{}"};
  switch (number(in, 4)) {
    case 0:
      run_on<Mutex, ipc_lock>(in, "sync", [&](std::string_view name, std::unique_ptr<Mutex>& out) {
        return Mutex::create(name, options, out);
      });
      break;
    case 1:
      run_on<Cell, ipc_cell>(in, "sync", [&](std::string_view name, std::unique_ptr<Cell>& out) {
        return Cell::create(name, 200, options, out);
      });
      break;
    case 2:
      run_on<Event, ipc_event>(in, "sync", [&](std::string_view name, std::unique_ptr<Event>& out) {
        return Event::create(name, options, out);
      });
      break;
    case 3:
      run_on<ConditionVariable, ipc_condition>(in, "sync",
                                               [&](std::string_view name, std::unique_ptr<ConditionVariable>& out) {
                                                 return ConditionVariable::create(name, options, out);
                                               });
      break;
    default:
      run_on<Barrier, ipc_barrier>(in, "sync", [&](std::string_view name, std::unique_ptr<Barrier>& out) {
        return Barrier::create(name, 3, options, out);
      });
  }
  return 0;
}
