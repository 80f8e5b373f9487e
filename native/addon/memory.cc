// Bare memory: no segment, no waiting, no participants.
#include "exports.h"
#include "results.h"

namespace interproc::addon {
namespace {

BareMemory* find(Environment& environment, std::uint32_t id) {
  const auto found = environment.memories.find(id);
  if (found != environment.memories.end()) return found->second.get();
  environment.fail_at({Code::kClosed}, {});
  return nullptr;
}

napi_value adopt(Environment& environment, Status status, const std::string& name, std::unique_ptr<BareMemory> memory) {
  if (!status.ok()) return environment.fail_at(status, memory_path(name));
  const std::uint32_t id = ++environment.last_memory;
  environment.memories.emplace(id, std::move(memory));
  return number(environment.env(), id);
}

napi_value create(napi_env env, napi_callback_info info) {
  Call<5> call(env, info);
  const std::string name = call.text(0);
  const std::uint32_t mode = call.u32(1);
  const bool persist = call.boolean(2);
  const std::uint64_t size = call.u64(3);
  const auto initial = call.bytes(4);
  if (!call.valid()) return nullptr;
  std::unique_ptr<BareMemory> memory;
  const Status status = BareMemory::create(name, {size, static_cast<mode_t>(mode), persist, initial}, memory);
  return adopt(Environment::of(env), status, name, std::move(memory));
}

napi_value open(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::string name = call.text(0);
  if (!call.valid()) return nullptr;
  std::unique_ptr<BareMemory> memory;
  const Status status = BareMemory::open(name, memory);
  return adopt(Environment::of(env), status, name, std::move(memory));
}

napi_value size(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  const BareMemory* memory = find(Environment::of(env), id);
  return memory != nullptr ? number(env, static_cast<double>(memory->size())) : nullptr;
}

napi_value view(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  const BareMemory* memory = find(Environment::of(env), id);
  if (memory == nullptr) return nullptr;
  // The buffer shares the mapping: whichever of the two ends last unmaps it.
  auto* share = new std::shared_ptr<Mapping>(memory->mapping());
  const auto release = [](napi_env, void*, void* hint) { delete static_cast<std::shared_ptr<Mapping>*>(hint); };
  napi_value buffer = nullptr;
  const napi_status made =
      napi_create_external_arraybuffer(env, (*share)->base, (*share)->size, release, share, &buffer);
  if (made == napi_ok) return buffer;
  // What throws has taken `share` along (a buffer beyond V8's limit); what only refuses has not.
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) return nullptr;
  delete share;
  napi_throw_error(env, "ERR_NO_EXTERNAL_BUFFERS", "this runtime does not allow views on shared memory");
  return nullptr;
}

napi_value close(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (call.valid()) Environment::of(env).memories.erase(id);
  return nullptr;
}

napi_value unlink(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  BareMemory* memory = find(environment, id);
  if (memory == nullptr) return nullptr;
  const Status status = memory->unlink_name();
  return status.ok() ? nullptr : environment.fail_at(status, memory_path(memory->name()));
}

}  // namespace

void export_memory(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {
      {"memoryCreate", create}, {"memoryOpen", open},   {"memorySize", size},
      {"memoryView", view},     {"memoryClose", close}, {"memoryUnlink", unlink},
  };
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
