// The locks that people hold (Lock, RLock, a Value's or an Array's own), and the memory of a Value or an Array.
#include "exports.h"
#include "results.h"

namespace interproc::addon {
namespace {

// Runs `use` on the lock of a Mutex or a Cell.
template <class Use>
napi_value with_lock(napi_env env, std::uint32_t id, Use use) {
  Environment& environment = Environment::of(env);
  SharedObject* object = environment.any(id);
  if (object == nullptr) return nullptr;
  switch (object->segment().header().kind) {
    case IPC_KIND_LOCK:
      return use(environment, *object, static_cast<Mutex*>(object)->lock());
    case IPC_KIND_CELL:
      return use(environment, *object, static_cast<Cell*>(object)->lock());
    case IPC_KIND_CONDITION:
      return use(environment, *object, static_cast<ConditionVariable*>(object)->lock());
    default:
      return environment.fail({Code::kKind}, object->segment().name());
  }
}

// An Acquired as a number: 0 no, 1 yes, 2 recovered from a dead holder, 3 held by this thread already.
napi_value acquire(napi_env env, napi_callback_info info) {
  Call<3> call(env, info);
  const std::uint32_t id = call.u32(0);
  const bool recursive = call.boolean(1);
  const bool ask_kernel = call.boolean(2);
  if (!call.valid()) return nullptr;
  return with_lock(env, id, [&](Environment&, SharedObject&, PublicLock lock) {
    return integer(env, static_cast<std::int32_t>(lock.try_acquire(recursive, ask_kernel)));
  });
}

napi_value release(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  return with_lock(env, id, [&](Environment& environment, SharedObject& object, PublicLock lock) {
    return result(environment, object, lock.release(), 0);
  });
}

// 0 free, 1 held by another, 2 held by this thread. One that a dead participant left counts as held until it is taken.
napi_value state(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  return with_lock(env, id, [&](Environment&, SharedObject&, PublicLock lock) {
    return integer(env, lock.mine() ? 2 : lock.obtainable(true) ? 0 : 1);
  });
}

// How often this thread has it: 0 where it does not.
napi_value depth(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  return with_lock(env, id, [&](Environment&, SharedObject&, PublicLock lock) { return number(env, lock.depth()); });
}

napi_value view(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Cell* cell = environment.get<Cell>(id);
  return cell != nullptr ? environment.view(id, *cell) : nullptr;
}

napi_value detach_view(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  bool is_buffer = false;
  if (napi_is_arraybuffer(env, call.value(0), &is_buffer) == napi_ok && is_buffer)
    napi_detach_arraybuffer(env, call.value(0));
  return nullptr;
}

// Empties the typed arrays of one handle, while others on the same object go on.
napi_value close_view(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (call.valid()) Environment::of(env).remove_view(id, call.value(1));
  return nullptr;
}

napi_value cell_bytes(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  Cell* cell = Environment::of(env).get<Cell>(id);
  return cell != nullptr ? number(env, static_cast<double>(cell->data().size())) : nullptr;
}

}  // namespace

void export_locks(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {
      {"lockAcquire", acquire}, {"lockRelease", release},  {"lockState", state},        {"lockDepth", depth},
      {"cellView", view},       {"closeView", close_view}, {"detachView", detach_view}, {"cellBytes", cell_bytes},
  };
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
