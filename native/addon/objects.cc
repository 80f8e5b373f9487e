// Creating, opening, closing and describing objects; the buffers that messages cross in.
#include "creation.h"
#include "exports.h"
#include "look/description.h"
#include "results.h"

namespace interproc::addon {
namespace {

napi_value create_queue(napi_env env, napi_callback_info info) {
  Call<9> call(env, info);
  const Creation creation(call);
  const ChannelPlan plan{call.u64(5), call.u64(6), call.u64(7)};
  const bool joinable = call.boolean(8);
  if (!call.valid()) return nullptr;
  std::unique_ptr<Queue> queue;
  const Status status = Queue::create(creation.name, plan, creation.options(), queue, joinable);
  return adopt(Environment::of(env), status, creation.name, std::move(queue));
}

napi_value create_pipe(napi_env env, napi_callback_info info) {
  Call<8> call(env, info);
  const Creation creation(call);
  const PipePlan plan{{call.u64(5), 0, call.u64(6)}, call.boolean(7)};
  if (!call.valid()) return nullptr;
  std::unique_ptr<Pipe> pipe;
  const Status status = Pipe::create(creation.name, plan, creation.options(), pipe);
  return adopt(Environment::of(env), status, creation.name, std::move(pipe));
}

napi_value create_cell(napi_env env, napi_callback_info info) {
  Call<7> call(env, info);
  const Creation creation(call);
  const std::uint64_t bytes = call.u64(5);
  const auto initial = call.bytes(6);
  if (!call.valid()) return nullptr;
  std::unique_ptr<Cell> cell;
  const Status status = Cell::create(creation.name, bytes, creation.options(), cell, initial);
  return adopt(Environment::of(env), status, creation.name, std::move(cell));
}

napi_value create_lock(napi_env env, napi_callback_info info) {
  Call<5> call(env, info);
  const Creation creation(call);
  if (!call.valid()) return nullptr;
  std::unique_ptr<Mutex> mutex;
  const Status status = Mutex::create(creation.name, creation.options(), mutex);
  return adopt(Environment::of(env), status, creation.name, std::move(mutex));
}

napi_value close(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (call.valid()) Environment::of(env).remove(id);
  return nullptr;
}

// Whether the name still leads to the object that `id` is attached to.
napi_value is_current(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  SharedObject* object = Environment::of(env).any(id);
  return object != nullptr ? boolean(env, object->is_current()) : nullptr;
}

napi_value unlink_object(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  SharedObject* object = environment.any_for_closing(id);
  if (object == nullptr) return nullptr;
  const Status status = object->segment().unlink_name();
  return status.ok() ? nullptr : environment.fail(status, object->segment().name());
}

napi_value unlink_name(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::string name = call.text(0);
  if (!call.valid()) return nullptr;
  const Status status = Segment::unlink(name);
  return status.ok() ? nullptr : Environment::of(env).fail(status, name);
}

// What the creator chose. The limits are 0, and `initial` -1, where the kind has none.
napi_value described(napi_env env, const Description& description) {
  const ipc_header& header = description.header;
  napi_value out = nullptr;
  napi_create_object(env, &out);
  const auto set = [&](const char* name, napi_value value) { napi_set_named_property(env, out, name, value); };
  const auto set_number = [&](const char* name, auto value) { set(name, number(env, static_cast<double>(value))); };
  set_number("kind", header.kind);
  set_number("codec", header.codec);
  set("meta", text(env, description.meta));
  set("persist", boolean(env, (header.flags & IPC_FLAG_PERSIST) != 0));
  set_number("mode", header.mode);
  set_number("capacity", description.capacity);
  set_number("maxItems", description.max_items);
  set_number("maxBytes", description.max_bytes);
  set_number("parties", description.parties);
  set_number("initial", description.initial);
  return out;
}

napi_value describe_attached(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  SharedObject* object = Environment::of(env).any(id);
  return object != nullptr ? described(env, describe(object->segment())) : nullptr;
}

// undefined where there is nothing to attach to.
napi_value describe_named(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::string name = call.text(0);
  Description description;
  return call.valid() && describe(name, description) ? described(env, description) : nullptr;
}

template <Registered Environment::*Buffer>
napi_value set_buffer(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const auto bytes = call.bytes(0);
  static_cast<void>(bytes);
  if (call.valid()) (Environment::of(env).*Buffer).set(env, call.value(0));
  return nullptr;
}

napi_value set_error_factory(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  if (call.valid()) Environment::of(env).set_error_factory(call.value(0));
  return nullptr;
}

// Bytes that the last message which did not fit into the receive buffer asks for.
napi_value needed(napi_env env, napi_callback_info) {
  return number(env, static_cast<double>(Environment::of(env).needed));
}

napi_value leave_all(napi_env env, napi_callback_info) {
  Environment::of(env).leave_all();
  return nullptr;
}

napi_value sweep_dead(napi_env env, napi_callback_info) { return integer(env, sweep()); }

}  // namespace

void export_objects(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {
      {"createQueue", create_queue},
      {"createPipe", create_pipe},
      {"createCell", create_cell},
      {"createLock", create_lock},
      {"openQueue", open_object<Queue>},
      {"openPipe", open_object<Pipe>},
      {"openCell", open_object<Cell>},
      {"openLock", open_object<Mutex>},
      {"close", close},
      {"isCurrent", is_current},
      {"unlink", unlink_object},
      {"unlinkName", unlink_name},
      {"describe", describe_attached},
      {"describeNamed", describe_named},
      {"setTransmitBuffer", set_buffer<&Environment::transmit>},
      {"setReceiveBuffer", set_buffer<&Environment::receive>},
      {"setLengths", set_buffer<&Environment::lengths>},
      {"setReadyTable", set_buffer<&Environment::ready>},
      {"setActiveTable", set_buffer<&Environment::active>},
      {"setBatchBuffer", set_buffer<&Environment::batch>},
      {"setErrorFactory", set_error_factory},
      {"needed", needed},
      {"leaveAll", leave_all},
      {"sweep", sweep_dead},
  };
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
