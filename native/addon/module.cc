// The binding's entry: one Environment for each JavaScript environment that loads it. binding.d.ts is its surface.
#include <node_api.h>

#include <memory>

#include "environment.h"
#include "exports.h"

namespace interproc::addon {
namespace {

napi_value initialise(napi_env env, napi_value exports) {
  auto environment = std::make_unique<Environment>(env);
  Environment* const raw = environment.get();
  const auto finish = [](napi_env, void* data, void*) { delete static_cast<Environment*>(data); };
  if (napi_set_instance_data(env, raw, finish, nullptr) != napi_ok) return nullptr;
  static_cast<void>(environment.release());
  // Before any buffer's finalizer can run: what others can see of us is withdrawn first, and without JavaScript.
  napi_add_env_cleanup_hook(
      env, [](void* data) { static_cast<Environment*>(data)->detach_all(); }, raw);
  export_objects(env, exports);
  export_queue(env, exports);
  export_priority_queue(env, exports);
  export_pipe(env, exports);
  export_loans(env, exports);
  export_locks(env, exports);
  export_semaphore(env, exports);
  export_sync(env, exports);
  export_waiting(env, exports);
  export_look(env, exports);
  export_memory(env, exports);
  export_process(env, exports);
  export_signals(env, exports);
  export_socket(env, exports);
  export_check(env, exports);
  return exports;
}

}  // namespace
}  // namespace interproc::addon

extern "C" NAPI_MODULE_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  return interproc::addon::initialise(env, exports);
}

extern "C" NAPI_MODULE_EXPORT int32_t node_api_module_get_api_version_v1() { return NAPI_VERSION; }
