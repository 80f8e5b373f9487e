// Semaphore and BoundedSemaphore.
#include "creation.h"
#include "exports.h"

namespace interproc::addon {
namespace {

template <class Use>
napi_value with_semaphore(napi_env env, std::uint32_t id, Use use) {
  Environment& environment = Environment::of(env);
  auto* semaphore = environment.get<Semaphore>(id);
  return semaphore != nullptr ? use(environment, *semaphore) : nullptr;
}

napi_value create(napi_env env, napi_callback_info info) {
  Call<6> call(env, info);
  const Creation creation(call);
  const std::uint32_t value = call.u32(5);
  if (!call.valid()) return nullptr;
  std::unique_ptr<Semaphore> semaphore;
  const Status status = Semaphore::create(creation.name, value, creation.options(), semaphore);
  return adopt(Environment::of(env), status, creation.name, std::move(semaphore));
}

napi_value unlink_by_name(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::string name = call.text(0);
  if (!call.valid()) return nullptr;
  const Status status = Semaphore::unlink(name);
  return status.ok() ? nullptr : Environment::of(env).fail_at(status, semaphore_path(name));
}

napi_value unlink_object(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  return with_semaphore(env, id, [](Environment& environment, Semaphore& semaphore) -> napi_value {
    const Status status = semaphore.unlink_names();
    return status.ok() ? nullptr : environment.fail_at(status, semaphore_path(semaphore.segment().name()));
  });
}

// Whether a permit was taken.
napi_value acquire(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  return with_semaphore(env, id,
                        [env](Environment&, Semaphore& semaphore) { return boolean(env, semaphore.try_acquire()); });
}

napi_value release(napi_env env, napi_callback_info info) {
  Call<3> call(env, info);
  const std::uint32_t id = call.u32(0), count = call.u32(1);
  const bool bounded = call.boolean(2);
  if (!call.valid()) return nullptr;
  return with_semaphore(env, id, [&](Environment& environment, Semaphore& semaphore) -> napi_value {
    const Status status = semaphore.release(count, bounded);
    return status.ok() ? nullptr : environment.fail_at(status, semaphore_path(semaphore.segment().name()));
  });
}

napi_value value(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  return with_semaphore(env, id, [env](Environment&, Semaphore& semaphore) { return number(env, semaphore.value()); });
}

// The first value; -1 where another program made it, so that nobody knows.
napi_value initial(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  return with_semaphore(env, id, [env](Environment&, Semaphore& semaphore) {
    return number(env, semaphore.foreign() ? -1 : static_cast<double>(semaphore.initial()));
  });
}

}  // namespace

void export_semaphore(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {
      {"createSemaphore", create},
      {"openSemaphore", open_object<Semaphore>},
      {"semaphoreUnlinkName", unlink_by_name},
      {"semaphoreUnlink", unlink_object},
      {"semaphoreAcquire", acquire},
      {"semaphoreRelease", release},
      {"semaphoreValue", value},
      {"semaphoreInitial", initial},
  };
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
