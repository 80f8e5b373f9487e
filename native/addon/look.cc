// Looking at what is in /dev/shm without taking part in it, and removing it on request (lib/cli).
#include <fcntl.h>

#include "exports.h"
#include "failure.h"
#include "look/directory.h"
#include "look/snapshot.h"
#include "memory/bare_memory.h"
#include "results.h"
#include "system/descriptor.h"

namespace interproc::addon {
namespace {

// A plain object, property by property.
class Plain {
 public:
  explicit Plain(napi_env env) : env_(env) { napi_create_object(env, &value_); }
  Plain& set(const char* name, napi_value value) {
    napi_set_named_property(env_, value_, name, value);
    return *this;
  }
  Plain& set(const char* name, double value) { return set(name, addon::number(env_, value)); }
  Plain& number(const char* name, std::uint64_t value) { return set(name, static_cast<double>(value)); }
  Plain& flag(const char* name, bool value) { return set(name, boolean(env_, value)); }
  Plain& text(const char* name, std::string_view value) { return set(name, addon::text(env_, value)); }
  [[nodiscard]] napi_value value() const { return value_; }

 private:
  napi_env env_;
  napi_value value_ = nullptr;
};

template <class List, class Make>
napi_value list(napi_env env, const List& items, Make make) {
  napi_value out = nullptr;
  napi_create_array_with_length(env, items.size(), &out);
  std::uint32_t index = 0;
  for (const auto& item : items) napi_set_element(env, out, index++, make(item));
  return out;
}

napi_value file_of(napi_env env, const FileFacts& file) {
  return Plain(env)
      .number("size", file.size)
      .number("allocated", file.allocated)
      .number("inode", file.inode)
      .number("owner", file.owner)
      .number("mode", file.mode)
      .set("born", static_cast<double>(file.born) / 1e6)
      .value();
}

napi_value numbers(napi_env env, const std::vector<Fact>& facts) {
  Plain out(env);
  for (const Fact& fact : facts) out.set(fact.name, fact.value);
  return out.value();
}

napi_value participant_of(napi_env env, const ParticipantView& one) {
  return Plain(env)
      .number("slot", one.slot)
      .number("generation", one.generation)
      .number("pid", one.pid)
      .number("startTime", one.start_time)
      .set("attachedAt", static_cast<double>(one.attached_at) / 1e6)
      .text("doorbell", std::to_string(one.doorbell))
      .number("sleepMode", one.sleep_mode)
      .value();
}

napi_value lock_of(napi_env env, const LockView& lock) {
  return Plain(env)
      .text("role", lock.role)
      .flag("held", lock.held)
      .flag("alive", lock.alive)
      .number("slot", lock.slot)
      .number("depth", lock.depth)
      .set("acquiredAt", static_cast<double>(lock.acquired_at) / 1e6)
      .value();
}

napi_value snapshot_of(napi_env env, const std::string& name, const Snapshot& snapshot) {
  const auto integer_of = [&](std::uint32_t value) { return number(env, value); };
  Plain out(env);
  out.text("code", failure_code(snapshot.status))
      .text("reason", failure_reason(snapshot.status, name))
      .set("file", file_of(env, snapshot.file))
      .number("kind", snapshot.header.kind)
      .number("layoutVersion", snapshot.header.layout_version)
      .number("totalSize", snapshot.header.total_size)
      .number("codec", snapshot.header.codec)
      .flag("persist", (snapshot.header.flags & IPC_FLAG_PERSIST) != 0)
      .text("meta", snapshot.meta)
      .flag("unused", snapshot.unused)
      .flag("adminHeld", snapshot.admin_held)
      .number("creator", snapshot.creator)
      .set("participants",
           list(env, snapshot.participants, [&](const ParticipantView& one) { return participant_of(env, one); }))
      .set("locks", list(env, snapshot.locks, [&](const LockView& lock) { return lock_of(env, lock); }))
      .set("waits",
           list(env, snapshot.waits,
                [&](const WaitView& wait) {
                  return Plain(env).text("role", wait.role).set("slots", list(env, wait.slots, integer_of)).value();
                }))
      .set("counts", list(env, snapshot.counts,
                          [&](const CountView& one) {
                            return Plain(env)
                                .text("role", one.role)
                                .number("slot", one.slot)
                                .number("count", one.count)
                                .flag("alive", one.alive)
                                .value();
                          }))
      .set("findings", list(env, snapshot.findings, [&](const char* rule) { return text(env, rule); }));
  Plain groups(env);
  for (const Group& group : snapshot.groups) groups.set(group.name, numbers(env, group.facts));
  return out.set("groups", groups.value()).value();
}

napi_value look_at(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::string name = call.text(0);
  if (!call.valid()) return nullptr;
  return snapshot_of(env, name, take_snapshot(name));
}

napi_value look_at_bare_memory(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::string name = call.text(0);
  if (!call.valid()) return nullptr;
  const MemoryView view = look_at_memory(name);
  return Plain(env)
      .text("code", failure_code(view.status))
      .text("reason", failure_reason(view.status, name))
      .set("file", file_of(env, view.file))
      .flag("marked", view.marked)
      .flag("held", view.held)
      .flag("adminHeld", view.admin_held)
      .value();
}

// The name that a marker in /dev/shm stands for, or "".
napi_value name_in_marker(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::string file = call.text(0);
  if (!call.valid()) return nullptr;
  const Descriptor directory(::open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return text(env, directory ? marked_name(directory.get(), file.c_str()) : std::string());
}

// 0 no doorbell, 1 its owner is dead, 2 it lives.
napi_value doorbell_state(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::string file = call.text(0);
  return call.valid() ? integer(env, static_cast<std::int32_t>(look_at_doorbell(file.c_str()))) : nullptr;
}

template <Status (*Remove)(std::string_view, bool), std::string (*Path)(std::string_view)>
napi_value remove(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::string name = call.text(0);
  const bool force = call.boolean(1);
  if (!call.valid()) return nullptr;
  const Status status = Remove(name, force);
  if (status.ok()) return boolean(env, true);
  if (status.code == Code::kBusy) return boolean(env, false);
  return Environment::of(env).fail_at(status, Path(name));
}

// The names of the files that went.
napi_value clean(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  SweepOptions options;
  options.persistent = call.boolean(0);
  if (!call.valid()) return nullptr;
  std::vector<std::string> removed;
  options.removed = [&](std::string_view file) { removed.emplace_back(file); };
  sweep(options);
  return list(env, removed, [&](const std::string& file) { return text(env, file); });
}

}  // namespace

void export_look(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {
      {"lookAt", look_at},
      {"lookAtMemory", look_at_bare_memory},
      {"nameInMarker", name_in_marker},
      {"doorbellState", doorbell_state},
      {"removeSegment", remove<remove_segment, segment_path>},
      {"removeMemory", remove<remove_memory, memory_path>},
      {"clean", clean},
  };
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
