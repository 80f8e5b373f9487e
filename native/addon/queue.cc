// Queue operations: one call and a few integers for a message.
#include "exports.h"
#include "results.h"

namespace interproc::addon {
namespace {

napi_value put(napi_env env, napi_callback_info info) {
  Call<4> call(env, info);
  const std::uint32_t id = call.u32(0), start = call.u32(1), end = call.u32(2);
  const bool insist = call.boolean(3);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Queue* queue = environment.get<Queue>(id);
  if (queue == nullptr) return nullptr;
  return result(environment, *queue, queue->put(outgoing(environment, start, end), insist), 1);
}

// The bytes of a buffer that is not the registered one.
napi_value put_bytes(napi_env env, napi_callback_info info) {
  Call<3> call(env, info);
  const std::uint32_t id = call.u32(0);
  const auto bytes = call.bytes(1);
  const bool insist = call.boolean(2);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Queue* queue = environment.get<Queue>(id);
  if (queue == nullptr) return nullptr;
  return result(environment, *queue, queue->put(bytes, insist), 1);
}

// `count` messages one behind the other in the batch buffer from `start`, their lengths in the table of lengths from
// `first`. Returns how many went in.
napi_value put_many(napi_env env, napi_callback_info info) {
  Call<5> call(env, info);
  const std::uint32_t id = call.u32(0), start = call.u32(1), first = call.u32(2), count = call.u32(3);
  const bool insist = call.boolean(4);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Queue* queue = environment.get<Queue>(id);
  if (queue == nullptr) return nullptr;
  const auto table = lengths(environment, UINT32_MAX);
  if (first > table.size() || count > table.size() - first) return integer(env, 0);
  const auto batch = environment.batch.bytes();
  if (start > batch.size()) return integer(env, 0);
  std::uint32_t pushed = 0;
  const Status status = queue->put_many(batch.subspan(start), table.subspan(first, count), insist, pushed);
  return result(environment, *queue, status, pushed);
}

// The length of the message, which now lies at the beginning of the receive buffer.
napi_value get(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Queue* queue = environment.get<Queue>(id);
  if (queue == nullptr) return nullptr;
  std::uint64_t length = 0;
  const Status status = queue->get(environment.receive.bytes(), length);
  if (status.code == Code::kSmallBuffer) environment.needed = length;
  return result(environment, *queue, status, static_cast<double>(length));
}

// The same, straight into the caller's buffer.
napi_value get_into(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0);
  const auto bytes = call.bytes(1);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Queue* queue = environment.get<Queue>(id);
  if (queue == nullptr) return nullptr;
  std::uint64_t length = 0;
  const Status status = queue->get(bytes, length);
  if (status.code == Code::kSmallBuffer) environment.needed = length;
  return result(environment, *queue, status, static_cast<double>(length));
}

// How many messages, one behind the other in the receive buffer, their lengths in the table of lengths.
napi_value get_many(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0), most = call.u32(1);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Queue* queue = environment.get<Queue>(id);
  if (queue == nullptr) return nullptr;
  std::uint32_t count = 0;
  std::uint64_t length = 0;
  const Status status = queue->get_many(environment.receive.bytes(), lengths(environment, most), count, length);
  if (status.code == Code::kSmallBuffer) environment.needed = length;
  return result(environment, *queue, status, count);
}

napi_value count(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Queue* queue = environment.get<Queue>(id);
  if (queue == nullptr) return nullptr;
  std::uint64_t records = 0;
  const Status status = queue->count(records);
  return result(environment, *queue, status, static_cast<double>(records));
}

napi_value shut_down(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0);
  const bool immediate = call.boolean(1);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Queue* queue = environment.get<Queue>(id);
  if (queue == nullptr) return nullptr;
  return result(environment, *queue, queue->shut_down(immediate), 0);
}

// 0 where a put of `bytes` would find room, else the outcome that it would have.
napi_value room(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0);
  const std::uint64_t bytes = call.u64(1);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Queue* queue = environment.get<Queue>(id);
  if (queue == nullptr) return nullptr;
  if (queue->is_shut_down()) return integer(env, kOutcomeShutDown);
  return integer(env, queue->channel().has_room(bytes) ? 0 : kOutcomeFull);
}

// 1 where an item was finished, 0 where none is unfinished, kOutcomeBusy.
napi_value task_done(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Queue* queue = environment.get<Queue>(id);
  if (queue == nullptr) return nullptr;
  const Status status = queue->finish_one();
  return status.code == Code::kNotOwned ? integer(env, 0) : result(environment, *queue, status, 1);
}

// How many items were lost with dead consumers, where all others are finished; kOutcomeEmpty where not yet,
// kOutcomeBusy.
napi_value join(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Queue* queue = environment.get<Queue>(id);
  if (queue == nullptr) return nullptr;
  std::uint64_t lost = 0;
  const Status status = queue->join(lost);
  return result(environment, *queue, status, static_cast<double>(lost));
}

// { capacity, maxItems, maxBytes }
napi_value limits(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  Queue* queue = Environment::of(env).get<Queue>(id);
  if (queue == nullptr) return nullptr;
  napi_value out = nullptr;
  napi_create_object(env, &out);
  const Channel& channel = queue->channel();
  napi_set_named_property(env, out, "capacity", number(env, static_cast<double>(channel.capacity())));
  napi_set_named_property(env, out, "maxItems", number(env, static_cast<double>(channel.max_items())));
  napi_set_named_property(env, out, "maxBytes", number(env, static_cast<double>(channel.max_bytes())));
  return out;
}

// A producer that waited long and gives up lets the others go on.
napi_value stop_insisting(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  if (Queue* queue = Environment::of(env).get<Queue>(id)) queue->stop_insisting();
  return nullptr;
}

}  // namespace

void export_queue(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {
      {"queuePut", put},
      {"queuePutBytes", put_bytes},
      {"queuePutMany", put_many},
      {"queueGet", get},
      {"queueGetInto", get_into},
      {"queueGetMany", get_many},
      {"queueCount", count},
      {"queueShutDown", shut_down},
      {"queueRoom", room},
      {"queueLimits", limits},
      {"queueStopInsisting", stop_insisting},
      {"queueTaskDone", task_done},
      {"queueJoin", join},
  };
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
