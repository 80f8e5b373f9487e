// Bare memory: no segment, no waiting, no participants.
#include "exports.h"
#include "results.h"

namespace interproc::addon {
namespace {

Memory* find(Environment& environment, std::uint32_t id) {
  const auto found = environment.memories.find(id);
  if (found != environment.memories.end()) return &found->second;
  environment.fail_at({Code::kClosed}, {});
  return nullptr;
}

napi_value adopt(Environment& environment, Status status, const std::string& name, std::unique_ptr<BareMemory> memory) {
  if (!status.ok()) return environment.fail_at(status, memory_path(name));
  const std::uint32_t id = ++environment.last_memory;
  environment.memories[id].object = std::move(memory);
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
  Call<2> call(env, info);
  const std::string name = call.text(0);
  const std::uint32_t owner = call.u32(1);
  if (!call.valid()) return nullptr;
  std::unique_ptr<BareMemory> memory;
  const Status status = BareMemory::open(name, memory, owner);
  return adopt(Environment::of(env), status, name, std::move(memory));
}

napi_value size(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  const Memory* memory = find(Environment::of(env), id);
  return memory != nullptr ? number(env, static_cast<double>(memory->object->size())) : nullptr;
}

napi_value view(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  Memory* memory = find(Environment::of(env), id);
  if (memory == nullptr) return nullptr;
  const std::shared_ptr<Mapping> mapping = memory->object->mapping();
  memory->viewed = std::make_shared<std::shared_ptr<Mapping>>(mapping);
  auto* share = new std::shared_ptr<std::shared_ptr<Mapping>>(memory->viewed);
  const auto release = [](napi_env, void*, void* hint) {
    delete static_cast<std::shared_ptr<std::shared_ptr<Mapping>>*>(hint);
  };
  napi_value buffer = nullptr;
  const napi_status made = napi_create_external_arraybuffer(env, mapping->base, mapping->size, release, share, &buffer);
  if (made == napi_ok) return buffer;
  // What throws has taken `share` along (a buffer beyond V8's limit); what only refuses has not.
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) return nullptr;
  delete share;
  napi_throw_error(env, "ERR_NO_EXTERNAL_BUFFERS", "this runtime does not allow views on shared memory");
  return nullptr;
}

napi_value empty(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  const auto found = Environment::of(env).memories.find(id);
  if (found == Environment::of(env).memories.end()) return nullptr;
  const std::shared_ptr<std::shared_ptr<Mapping>> viewed = found->second.viewed;
  if (napi_detach_arraybuffer(env, call.value(1)) == napi_ok && viewed) viewed->reset();
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
  const Memory* memory = find(environment, id);
  if (memory == nullptr) return nullptr;
  const Status status = memory->object->unlink_name();
  return status.ok() ? nullptr : environment.fail_at(status, memory_path(memory->object->name()));
}

}  // namespace

void export_memory(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {
      {"memoryCreate", create}, {"memoryOpen", open},   {"memorySize", size},     {"memoryView", view},
      {"memoryEmpty", empty},   {"memoryClose", close}, {"memoryUnlink", unlink},
  };
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
