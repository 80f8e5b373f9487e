// Operations on one end of a pipe. `end` is 0 or 1.
#include "exports.h"
#include "results.h"

namespace interproc::addon {
namespace {

napi_value send(napi_env env, napi_callback_info info) {
  Call<4> call(env, info);
  const std::uint32_t id = call.u32(0), end = call.u32(1) & 1, start = call.u32(2), stop = call.u32(3);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Pipe* pipe = environment.get<Pipe>(id);
  if (pipe == nullptr) return nullptr;
  return result(environment, *pipe, pipe->send(end, outgoing(environment, start, stop)), 1);
}

napi_value send_bytes(napi_env env, napi_callback_info info) {
  Call<5> call(env, info);
  const std::uint32_t id = call.u32(0), end = call.u32(1) & 1;
  const auto bytes = call.bytes(2);
  const std::uint64_t offset = call.u64(3), size = call.u64(4);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Pipe* pipe = environment.get<Pipe>(id);
  if (pipe == nullptr) return nullptr;
  if (offset > bytes.size() || size > bytes.size() - offset) return environment.fail({Code::kClosed}, {});
  return result(environment, *pipe, pipe->send(end, bytes.subspan(offset, size)), 1);
}

// The length of the message, which now lies at the beginning of the receive buffer.
napi_value receive(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0), end = call.u32(1) & 1;
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Pipe* pipe = environment.get<Pipe>(id);
  if (pipe == nullptr) return nullptr;
  std::uint64_t length = 0;
  const Status status = pipe->receive(end, environment.receive.bytes(), length);
  if (status.code == Code::kSmallBuffer) environment.needed = length;
  return result(environment, *pipe, status, static_cast<double>(length));
}

// Straight into the caller's buffer from `offset`.
napi_value receive_into(napi_env env, napi_callback_info info) {
  Call<4> call(env, info);
  const std::uint32_t id = call.u32(0), end = call.u32(1) & 1;
  const auto bytes = call.bytes(2);
  const std::uint64_t offset = call.u64(3);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Pipe* pipe = environment.get<Pipe>(id);
  if (pipe == nullptr) return nullptr;
  if (offset > bytes.size()) return environment.fail({Code::kClosed}, {});
  std::uint64_t length = 0;
  const Status status = pipe->receive(end, bytes.subspan(offset), length);
  if (status.code == Code::kSmallBuffer) environment.needed = length;
  return result(environment, *pipe, status, static_cast<double>(length));
}

napi_value next_length(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0), end = call.u32(1) & 1;
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Pipe* pipe = environment.get<Pipe>(id);
  if (pipe == nullptr) return nullptr;
  std::uint64_t length = 0;
  const Status status = pipe->next_length(end, length);
  return result(environment, *pipe, status, static_cast<double>(length));
}

napi_value claim(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0), end = call.u32(1) & 1;
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Pipe* pipe = environment.get<Pipe>(id);
  if (pipe == nullptr) return nullptr;
  return result(environment, *pipe, pipe->claim(end), 1);
}

napi_value send_away(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0), end = call.u32(1) & 1;
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Pipe* pipe = environment.get<Pipe>(id);
  if (pipe == nullptr) return nullptr;
  return result(environment, *pipe, pipe->send_away(end), 1);
}

napi_value arrived(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0), end = call.u32(1) & 1;
  if (!call.valid()) return nullptr;
  Pipe* pipe = Environment::of(env).get<Pipe>(id);
  return pipe != nullptr ? boolean(env, pipe->arrived(end)) : nullptr;
}

napi_value close_end(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0), end = call.u32(1) & 1;
  if (!call.valid()) return nullptr;
  if (Pipe* pipe = Environment::of(env).get_for_closing<Pipe>(id)) pipe->close_end(end);
  return nullptr;
}

// { readable, writable, capacity, maxBytes } of an end.
napi_value abilities(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0), end = call.u32(1) & 1;
  if (!call.valid()) return nullptr;
  Pipe* pipe = Environment::of(env).get<Pipe>(id);
  if (pipe == nullptr) return nullptr;
  napi_value out = nullptr;
  napi_create_object(env, &out);
  Channel& channel = pipe->outgoing(1);  // the one that every pipe has
  napi_set_named_property(env, out, "readable", boolean(env, pipe->can_read(end)));
  napi_set_named_property(env, out, "writable", boolean(env, pipe->can_write(end)));
  napi_set_named_property(env, out, "capacity", number(env, static_cast<double>(channel.capacity())));
  napi_set_named_property(env, out, "maxBytes", number(env, static_cast<double>(channel.max_bytes())));
  return out;
}

}  // namespace

void export_pipe(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {
      {"pipeSend", send},
      {"pipeSendBytes", send_bytes},
      {"pipeReceive", receive},
      {"pipeReceiveInto", receive_into},
      {"pipeNextLength", next_length},
      {"pipeClaim", claim},
      {"pipeSendAway", send_away},
      {"pipeArrived", arrived},
      {"pipeCloseEnd", close_end},
      {"pipeAbilities", abilities},
  };
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
