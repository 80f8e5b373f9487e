// What one JavaScript environment (the main thread, or a worker) owns: its attached objects, its two message buffers,
// its watches and its doorbell. Used by that environment's thread only, but for detach_all() at the process's exit.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "memory/bare_memory.h"
#include "memory/cell.h"
#include "messages/pipe.h"
#include "messages/priority_queue.h"
#include "messages/queue.h"
#include "segment/object.h"
#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/event.h"
#include "sync/mutex.h"
#include "sync/named_semaphore.h"
#include "waiting/doorbell.h"

namespace interproc::addon {

// Memory of a typed array that JavaScript registered once and the hot calls then use without asking for it.
class Registered {
 public:
  bool set(napi_env env, napi_value typed_array);
  void clear(napi_env env);
  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }

 private:
  napi_ref reference_ = nullptr;
  std::span<std::byte> bytes_;
};

// What the event loop may wait for. JavaScript says in the table `active` whether it does so now, without a call.
struct Watch {
  SharedObject* object = nullptr;  // null where the entry is free
  Condition condition = 0;
  std::uint64_t need = 0;
  bool announced = false;
};

// Bare memory, and what its buffer keeps mapped: nothing any more once the buffer is detached, although Node.js tells
// the buffer's end much later.
struct Memory {
  std::unique_ptr<BareMemory> object;
  std::shared_ptr<std::shared_ptr<Mapping>> viewed;
};

class Environment {
 public:
  explicit Environment(napi_env env);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment();

  static Environment& of(napi_env env);

  // Identifiers are small integers with a generation, so that a stale one is told from its successor's.
  std::uint32_t add(std::unique_ptr<SharedObject> object);
  // Null, with an error thrown: ERR_CLOSED where there is no such object or it is of another class, ERR_CORRUPT_SEGMENT
  // where its file was truncated.
  template <class T>
  T* get(std::uint32_t id) {
    T* object = get_for_closing<T>(id);
    return object != nullptr && is_damaged(*object) ? static_cast<T*>(refuse_damaged(*object)) : object;
  }
  SharedObject* any(std::uint32_t id) {
    SharedObject* object = any_for_closing(id);
    return object != nullptr && is_damaged(*object) ? static_cast<SharedObject*>(refuse_damaged(*object)) : object;
  }
  // For what can be done to a damaged one as well.
  template <class T>
  T* get_for_closing(std::uint32_t id) {
    SharedObject* object = find(id);
    return object != nullptr && object->segment().header().kind == kind_of<T>() ? static_cast<T*>(object)
                                                                                : static_cast<T*>(refuse());
  }
  SharedObject* any_for_closing(std::uint32_t id) {
    SharedObject* object = find(id);
    return object != nullptr ? object : static_cast<SharedObject*>(refuse());
  }
  [[nodiscard]] bool has(std::uint32_t id) { return find(id) != nullptr; }
  // Whether somebody has truncated its file.
  static bool is_damaged(const SharedObject& object) { return any_range_damaged() && object.damaged(); }
  // Leaves in an orderly way, detaches the views' memory, then unmaps.
  void remove(std::uint32_t id);
  // A buffer over the cell's memory, a new one each time: a handle that is closed empties its own.
  napi_value view(std::uint32_t id, const Cell& cell);
  // Lent memory of an object that get() found, by numbers that are never used twice.
  std::map<std::uint32_t, Loan>& loans(std::uint32_t id) { return entries_[id & kIndexMask].loans; }
  std::uint32_t last_loan = 0;
  // Empties the typed arrays on one of them and unmaps it.
  void remove_view(std::uint32_t id, napi_value buffer);

  // Throws what the status means and returns null.
  napi_value fail(Status status, std::string_view name);
  napi_value fail_at(Status status, const std::string& path);
  void set_error_factory(napi_value factory);

  // Gives up locks and pipe ends; what remains is detached at the end of the environment.
  void leave_all();
  // Detaches from every object and removes the doorbell, without touching JavaScript or memory maps. Idempotent.
  void detach_all();

  // Makes the doorbell where there is none; its number goes into the slot of every object watched from then on.
  Status ensure_doorbell();
  [[nodiscard]] Doorbell& doorbell() { return doorbell_; }

  [[nodiscard]] napi_env env() const { return env_; }
  Registered transmit;
  Registered receive;
  Registered lengths;
  Registered batch;  // many encoded messages, one behind the other
  Registered ready;
  Registered active;
  std::uint64_t needed = 0;  // bytes that the last message which did not fit asks for
  std::vector<Watch> watches;
  Nanoseconds polled_at = 0;  // when the watches were last polled, as each turn of the event loop does
  // Bare memory by numbers that are never used twice.
  std::map<std::uint32_t, Memory> memories;
  std::uint32_t last_memory = 0;

 private:
  struct View {
    napi_ref reference = nullptr;  // weak
    // What keeps the buffer's memory mapped. The buffer's finalizer deletes it: valid while the buffer is alive and not
    // detached.
    std::shared_ptr<Mapping>* share = nullptr;
  };
  struct Entry {
    std::unique_ptr<SharedObject> object;
    std::uint32_t generation = 0;
    std::vector<View> views;
    std::map<std::uint32_t, Loan> loans;  // behind the object: they go first
  };
  template <class T>
  static constexpr std::uint32_t kind_of();
  SharedObject* find(std::uint32_t id) {
    const std::uint32_t index = id & kIndexMask;
    if (index >= entries_.size()) return nullptr;
    const Entry& entry = entries_[index];
    return entry.generation == id >> kIndexBits ? entry.object.get() : nullptr;
  }
  std::nullptr_t refuse();
  std::nullptr_t refuse_damaged(const SharedObject& object);
  [[nodiscard]] napi_value living_buffer(const View& view) const;  // null once it was collected
  void detach_view(const View& view);
  void forget_watches(const SharedObject* object);

  static constexpr std::uint32_t kIndexBits = 20;
  static constexpr std::uint32_t kIndexMask = (1u << kIndexBits) - 1;

  napi_env env_;
  napi_ref error_factory_ = nullptr;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
  Doorbell doorbell_;
};

template <class T>
constexpr std::uint32_t Environment::kind_of() {
  if constexpr (std::is_same_v<T, Queue>) {
    return IPC_KIND_QUEUE;
  } else if constexpr (std::is_same_v<T, PriorityQueue>) {
    return IPC_KIND_PRIORITY_QUEUE;
  } else if constexpr (std::is_same_v<T, Pipe>) {
    return IPC_KIND_PIPE;
  } else if constexpr (std::is_same_v<T, Cell>) {
    return IPC_KIND_CELL;
  } else if constexpr (std::is_same_v<T, Semaphore>) {
    return IPC_KIND_SEMAPHORE;
  } else if constexpr (std::is_same_v<T, Event>) {
    return IPC_KIND_EVENT;
  } else if constexpr (std::is_same_v<T, ConditionVariable>) {
    return IPC_KIND_CONDITION;
  } else if constexpr (std::is_same_v<T, Barrier>) {
    return IPC_KIND_BARRIER;
  } else {
    static_assert(std::is_same_v<T, Mutex>);
    return IPC_KIND_LOCK;
  }
}

}  // namespace interproc::addon
