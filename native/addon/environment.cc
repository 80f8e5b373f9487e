#include "environment.h"

#include <cstdlib>
#include <mutex>
#include <set>

#include "failure.h"
#include "system/atomic.h"
#include "waiting/departures.h"

namespace interproc::addon {
namespace {

// process.exit() runs no environment clean-up hooks, but it does run atexit(): what is attached then is detached there.
struct Living {
  std::mutex mutex;
  std::set<Environment*> environments;
};

Living& living() {
  static Living* const everlasting = [] {
    std::atexit([] {
      const std::lock_guard guard(living().mutex);
      for (Environment* environment : living().environments) environment->detach_all();
    });
    return new Living;
  }();
  return *everlasting;
}

}  // namespace

bool Registered::set(napi_env env, napi_value typed_array) {
  void* data = nullptr;
  std::size_t length = 0;
  if (napi_get_buffer_info(env, typed_array, &data, &length) != napi_ok) return false;
  napi_ref reference = nullptr;
  if (napi_create_reference(env, typed_array, 1, &reference) != napi_ok) return false;
  clear(env);
  reference_ = reference;
  bytes_ = {static_cast<std::byte*>(data), length};
  return true;
}

void Registered::clear(napi_env env) {
  if (reference_ != nullptr) napi_delete_reference(env, reference_);
  reference_ = nullptr;
  bytes_ = {};
}

Environment::Environment(napi_env env) : env_(env) {
  const std::lock_guard guard(living().mutex);
  living().environments.insert(this);
}

Environment::~Environment() {
  {
    const std::lock_guard guard(living().mutex);
    living().environments.erase(this);
  }
  detach_all();
}

Environment& Environment::of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Environment*>(data);
}

std::uint32_t Environment::add(std::unique_ptr<SharedObject> object) {
  std::uint32_t index;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Entry& entry = entries_[index];
  entry.generation = (entry.generation + 1) % (1u << (31 - kIndexBits));
  entry.object = std::move(object);
  return entry.generation << kIndexBits | index;
}

void Environment::remove(std::uint32_t id) {
  SharedObject* object = find(id);
  if (object == nullptr) return;
  forget_watches(object);
  unwatch_departures(&object->segment());
  Entry& entry = entries_[id & kIndexMask];
  // Before the memory goes: every typed array on it becomes empty instead of dangling.
  for (const View& view : entry.views) detach_view(view);
  entry.views.clear();
  entry.loans.clear();
  object->leave(Leaving::kOrderly);
  object->segment().detach();
  entry.object.reset();
  ++entry.generation;
  free_.push_back(id & kIndexMask);
}

napi_value Environment::living_buffer(const View& view) const {
  napi_value buffer = nullptr;
  return napi_get_reference_value(env_, view.reference, &buffer) == napi_ok ? buffer : nullptr;
}

void Environment::detach_view(const View& view) {
  napi_value buffer = living_buffer(view);
  bool detached = true;
  if (buffer != nullptr && napi_is_detached_arraybuffer(env_, buffer, &detached) == napi_ok && !detached &&
      napi_detach_arraybuffer(env_, buffer) == napi_ok && view.share != nullptr) {
    // The finalizer runs on a later turn of the loop; the memory goes now. One that somebody else detached may have
    // moved its memory to another buffer, which keeps it.
    view.share->reset();
  }
  napi_delete_reference(env_, view.reference);
}

void Environment::remove_view(std::uint32_t id, napi_value buffer) {
  if (find(id) == nullptr) return;
  std::erase_if(entries_[id & kIndexMask].views, [&](const View& view) {
    napi_value mine = living_buffer(view);
    bool same = false;
    if (mine == nullptr || napi_strict_equals(env_, mine, buffer, &same) != napi_ok || !same) return false;
    detach_view(view);
    return true;
  });
}

napi_value Environment::view(std::uint32_t id, const Cell& cell) {
  std::vector<View>& views = entries_[id & kIndexMask].views;
  std::erase_if(views, [&](const View& view) {
    if (living_buffer(view) != nullptr) return false;
    napi_delete_reference(env_, view.reference);
    return true;
  });
  // V8 wants no address in two buffers, so a second handle's view is a mapping of its own.
  std::shared_ptr<Mapping> mapping = cell.segment().mapping();
  if (!views.empty()) {
    if (Status s = cell.segment().map_again(mapping); !s.ok()) return fail(s, cell.segment().name());
  }
  const std::span<std::byte> data = cell.data_in(*mapping);
  // The buffer shares the mapping: whichever of the two ends last unmaps it.
  auto* share = new std::shared_ptr<Mapping>(std::move(mapping));
  const auto release = [](napi_env, void*, void* hint) { delete static_cast<std::shared_ptr<Mapping>*>(hint); };
  napi_value buffer = nullptr;
  const napi_status made = napi_create_external_arraybuffer(env_, data.data(), data.size(), release, share, &buffer);
  if (made != napi_ok) {
    // What throws has taken `share` along (a buffer beyond V8's limit); what only refuses has not.
    bool pending = false;
    napi_is_exception_pending(env_, &pending);
    if (pending) return nullptr;
    delete share;
    napi_throw_error(env_, "ERR_NO_EXTERNAL_BUFFERS", "this runtime does not allow views on shared memory");
    return nullptr;
  }
  // Weak: the handles in JavaScript keep the buffer, and it keeps them (lib/values/cell.ts).
  View made_view;
  // An empty buffer has no memory of its own to give back.
  if (!data.empty()) made_view.share = share;
  if (napi_create_reference(env_, buffer, 0, &made_view.reference) == napi_ok) views.push_back(made_view);
  return buffer;
}

std::nullptr_t Environment::refuse() {
  fail({Code::kClosed}, {});
  return nullptr;
}

std::nullptr_t Environment::refuse_damaged(const SharedObject& object) {
  fail({Code::kTruncated}, object.segment().name());
  return nullptr;
}

napi_value Environment::fail(Status status, std::string_view name) {
  napi_value factory = nullptr;
  if (error_factory_ != nullptr) napi_get_reference_value(env_, error_factory_, &factory);
  throw_failure(env_, factory, status, name);
  return nullptr;
}

napi_value Environment::fail_at(Status status, const std::string& path) {
  napi_value factory = nullptr;
  if (error_factory_ != nullptr) napi_get_reference_value(env_, error_factory_, &factory);
  throw_failure_at(env_, factory, status, path);
  return nullptr;
}

void Environment::set_error_factory(napi_value factory) {
  if (error_factory_ != nullptr) napi_delete_reference(env_, error_factory_);
  napi_create_reference(env_, factory, 1, &error_factory_);
}

void Environment::leave_all() {
  for (Entry& entry : entries_) {
    if (entry.object) entry.object->leave(Leaving::kOrderly);
  }
}

void Environment::detach_all() {
  for (Entry& entry : entries_) {
    if (!entry.object || !entry.object->segment().attached()) continue;
    unwatch_departures(&entry.object->segment());
    entry.object->leave(Leaving::kFailing);
    entry.object->segment().detach();
  }
  for (const auto& [id, memory] : memories) memory.object->detach();
  doorbell_.close();
}

void Environment::forget_watches(const SharedObject* object) {
  for (Watch& watch : watches) {
    if (watch.object != object) continue;
    if (watch.announced) withdraw(object->segment(), *watch.object->waiters(watch.condition));
    // It may rest: what it was woken for and did not take goes to the next waiter.
    watch.object->pass_wake(watch.condition, watch.need);
    watch = {};
  }
}

Status Environment::ensure_doorbell() { return doorbell_.create(); }

}  // namespace interproc::addon
