// Priority queue operations, with the arguments and results of a queue's.
#include "creation.h"
#include "exports.h"
#include "results.h"

namespace interproc::addon {
namespace {

napi_value create(napi_env env, napi_callback_info info) {
  Call<8> call(env, info);
  const Creation creation(call);
  const PriorityQueuePlan plan{call.u64(5), call.u64(6), call.u64(7)};
  if (!call.valid()) return nullptr;
  std::unique_ptr<PriorityQueue> queue;
  const Status status = PriorityQueue::create(creation.name, plan, creation.options(), queue);
  return adopt(Environment::of(env), status, creation.name, std::move(queue));
}

// Runs `body` with the queue that the first argument names. Null, with an error thrown, where there is none.
template <std::size_t N, class Body>
napi_value with_queue(Call<N>& call, napi_env env, std::uint32_t id, Body body) {
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  PriorityQueue* queue = environment.get<PriorityQueue>(id);
  return queue != nullptr ? body(environment, *queue) : nullptr;
}

napi_value put(napi_env env, napi_callback_info info) {
  Call<4> call(env, info);
  const std::uint32_t id = call.u32(0), start = call.u32(1), end = call.u32(2);
  const bool insist = call.boolean(3);
  return with_queue(call, env, id, [&](Environment& environment, PriorityQueue& queue) {
    return result(environment, queue, queue.put(outgoing(environment, start, end), insist), 1);
  });
}

napi_value put_bytes(napi_env env, napi_callback_info info) {
  Call<3> call(env, info);
  const std::uint32_t id = call.u32(0);
  const auto bytes = call.bytes(1);
  const bool insist = call.boolean(2);
  return with_queue(call, env, id, [&](Environment& environment, PriorityQueue& queue) {
    return result(environment, queue, queue.put(bytes, insist), 1);
  });
}

napi_value put_many(napi_env env, napi_callback_info info) {
  Call<5> call(env, info);
  const std::uint32_t id = call.u32(0), start = call.u32(1), first = call.u32(2), count = call.u32(3);
  const bool insist = call.boolean(4);
  return with_queue(call, env, id, [&](Environment& environment, PriorityQueue& queue) {
    const auto table = lengths(environment, UINT32_MAX);
    const auto batch = environment.batch.bytes();
    if (first > table.size() || count > table.size() - first || start > batch.size()) return integer(env, 0);
    std::uint32_t pushed = 0;
    const Status status = queue.put_many(batch.subspan(start), table.subspan(first, count), insist, pushed);
    return result(environment, queue, status, pushed);
  });
}

napi_value get(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  return with_queue(call, env, call.u32(0), [&](Environment& environment, PriorityQueue& queue) {
    std::uint64_t length = 0;
    const Status status = queue.get(environment.receive.bytes(), length);
    if (status.code == Code::kSmallBuffer) environment.needed = length;
    return result(environment, queue, status, static_cast<double>(length));
  });
}

napi_value get_many(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0), most = call.u32(1);
  return with_queue(call, env, id, [&](Environment& environment, PriorityQueue& queue) {
    std::uint32_t count = 0;
    std::uint64_t length = 0;
    const Status status = queue.get_many(environment.receive.bytes(), lengths(environment, most), count, length);
    if (status.code == Code::kSmallBuffer) environment.needed = length;
    return result(environment, queue, status, count);
  });
}

napi_value count(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  return with_queue(call, env, call.u32(0), [&](Environment&, PriorityQueue& queue) {
    return number(env, static_cast<double>(queue.count()));
  });
}

napi_value shut_down(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0);
  const bool immediate = call.boolean(1);
  return with_queue(call, env, id, [&](Environment&, PriorityQueue& queue) -> napi_value {
    queue.shut_down(immediate);
    return nullptr;
  });
}

// 0 where the smallest item would find room, else the outcome that its put would have.
napi_value room(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  return with_queue(call, env, call.u32(0), [&](Environment&, PriorityQueue& queue) {
    if (queue.is_shut_down()) return integer(env, kOutcomeShutDown);
    return integer(env, queue.has_room(PriorityQueue::kPriorityBytes) ? 0 : kOutcomeFull);
  });
}

// { capacity, maxItems, maxBytes }
napi_value limits(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  return with_queue(call, env, call.u32(0), [&](Environment&, PriorityQueue& queue) {
    napi_value out = nullptr;
    napi_create_object(env, &out);
    napi_set_named_property(env, out, "capacity", number(env, static_cast<double>(queue.capacity())));
    napi_set_named_property(env, out, "maxItems", number(env, static_cast<double>(queue.max_items())));
    napi_set_named_property(env, out, "maxBytes", number(env, static_cast<double>(queue.max_bytes())));
    return out;
  });
}

napi_value stop_insisting(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  return with_queue(call, env, call.u32(0), [&](Environment&, PriorityQueue& queue) -> napi_value {
    queue.stop_insisting();
    return nullptr;
  });
}

}  // namespace

void export_priority_queue(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {
      {"createPriorityQueue", create},
      {"openPriorityQueue", open_object<PriorityQueue>},
      {"priorityPut", put},
      {"priorityPutBytes", put_bytes},
      {"priorityPutMany", put_many},
      {"priorityGet", get},
      {"priorityGetMany", get_many},
      {"priorityCount", count},
      {"priorityShutDown", shut_down},
      {"priorityRoom", room},
      {"priorityLimits", limits},
      {"priorityStopInsisting", stop_insisting},
  };
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
