// What every shared object has in common for whoever waits on it: conditions, each with a set of waiters.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "segment/segment.h"
#include "waiting/wait.h"

namespace interproc {

// A condition of an object, numbered by its kind.
using Condition = std::uint32_t;

enum class Look : bool {
  kShared,  // shared words only: a few loads
  kKernel,  // ask the kernel about those the condition depends on as well
};

enum class Leaving : bool {
  kOrderly,  // by close() or a planned exit: locks are released
  kFailing,  // terminated or crashing: locks stay with the dead, so that the next holder is told
};

struct CreateOptions {
  bool persist = false;
  mode_t mode = 0600;
  std::uint32_t codec = 0;
  std::string_view meta;
};

// A segment that is a body of fixed size and the creation options behind it.
template <class Body>
SegmentPlan plan_for(std::uint32_t kind, const CreateOptions& options) {
  const std::uint64_t meta_offset = IPC_BODY_OFFSET + sizeof(Body);
  const std::uint64_t total = meta_offset + ((options.meta.size() + 7) & ~std::uint64_t{7});
  return {kind, options.codec, options.persist, options.mode, total, options.meta, meta_offset};
}

class SharedObject {
 public:
  explicit SharedObject(std::unique_ptr<Segment> segment) : segment_(std::move(segment)) {}
  SharedObject(const SharedObject&) = delete;
  SharedObject& operator=(const SharedObject&) = delete;
  virtual ~SharedObject() = default;

  [[nodiscard]] Segment& segment() const { return *segment_; }

  // One more participant of the same object, whatever its name leads to by now: for another thread of the process.
  virtual Status again(std::unique_ptr<SharedObject>& out) const = 0;

  // Whether trying again may succeed. `need` is the condition's parameter (bytes of room wanted). May be true too
  // often, never false for longer than a slice.
  virtual bool ready(Condition condition, std::uint64_t need, Look look) = 0;
  // Null where there is no such condition.
  virtual ipc_wait_set* waiters(Condition condition) = 0;
  // Gives up what this participant holds in the object, before it detaches.
  virtual void leave(Leaving) {}

  // Whether some of its memory is gone for good: somebody has truncated its file. To be asked before every call where
  // any_range_damaged().
  [[nodiscard]] virtual bool damaged() const { return segment_->damaged(); }

  // Whether the name still leads to this very object.
  [[nodiscard]] virtual bool is_current() const { return segment_->names_this_object(); }

  // For who was woken and may not, or cannot, use it.
  virtual void woken_in_vain(Condition) {}

  // What the event loop that watches this object does next: it sleeps until that doorbell rings, or looks again.
  virtual void loop_sleeps(std::uint64_t) {}
  virtual void loop_wakes() {}

  // How a thread that blocks for the condition polls before it sleeps.
  [[nodiscard]] virtual Polling polling(Condition) const { return Polling::kClose; }
  // Blocks this thread until ready() or for `limit` (a slice at most).
  virtual bool wait_for(Condition condition, std::uint64_t need, Nanoseconds limit);
  // The same slice after slice, for a caller to whom each return is dear. Between slices it asks interrupted(). It also
  // returns where this participant was woken and did not find enough: what that means, the caller's next attempt says.
  template <class Interrupted>
  bool wait_slices(Condition condition, std::uint64_t need, Nanoseconds limit, Interrupted interrupted) {
    const std::uint32_t& signal = segment_->self().signal;
    const std::uint32_t before = load_relaxed(signal);
    const Nanoseconds end = monotonic_now() + limit;
    do {
      if (wait_for(condition, need, end - monotonic_now())) return true;
    } while (monotonic_now() < end && load_relaxed(signal) == before && !interrupted());
    return false;
  }
  // For one who was woken and does not want it any more: wakes the next if the condition still holds.
  void pass_wake(Condition condition, std::uint64_t need);

 protected:
  // For who attaches: the slot's last owner may have died announced, and a wake must not go to who never asked for it.
  void forget_predecessor(ipc_wait_set& set) const;

  template <class Object>
  Status again_as(std::unique_ptr<SharedObject>& out) const {
    std::unique_ptr<Segment> segment;
    if (Status s = segment_->attach_again(segment); !s.ok()) return s;
    std::unique_ptr<Object> object;
    if (Status s = Object::adopt(std::move(segment), object); !s.ok()) return s;
    out = std::move(object);
    return {};
  }

  std::unique_ptr<Segment> segment_;
};

}  // namespace interproc
