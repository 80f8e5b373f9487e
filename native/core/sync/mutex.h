// Lock, RLock, and the lock inside a Value or an Array: an owned lock that people hold.
#pragma once

#include "segment/object.h"
#include "sync/owned_lock.h"

namespace interproc {

// What a holder holds. Shared by Mutex and Cell.
class PublicLock {
 public:
  PublicLock(const Segment& segment, ipc_owned_lock& shared) : lock_(segment, shared) {}

  // `recursive`: a holder may take it again. kMine where it may not.
  Acquired try_acquire(bool recursive, bool ask_kernel);
  // kNotOwned where this participant does not hold it.
  Status release();
  [[nodiscard]] bool obtainable(bool ask_kernel) const { return lock_.obtainable(ask_kernel); }
  [[nodiscard]] bool locked() const { return lock_.locked(); }
  [[nodiscard]] bool mine() const { return lock_.mine(); }
  [[nodiscard]] std::uint32_t depth() const;
  // Gives it up whatever the depth: for a holder that leaves in an orderly way.
  void abandon();

 private:
  OwnedLock lock_;
};

class Mutex final : public SharedObject {
 public:
  enum : Condition { kFree = 0 };

  static Status create(std::string_view name, const CreateOptions& options, std::unique_ptr<Mutex>& out);
  static Status open(std::string_view name, std::unique_ptr<Mutex>& out);
  // The same for a segment of this kind that is attached already.
  static Status adopt(std::unique_ptr<Segment> segment, std::unique_ptr<Mutex>& out);
  Status again(std::unique_ptr<SharedObject>& out) const override { return again_as<Mutex>(out); }

  [[nodiscard]] PublicLock lock() const { return {*segment_, segment_->body<ipc_lock>().lock}; }

  bool ready(Condition condition, std::uint64_t need, Look look) override;
  ipc_wait_set* waiters(Condition condition) override;
  [[nodiscard]] Polling polling(Condition) const override { return Polling::kSparse; }
  void leave(Leaving how) override {
    if (how == Leaving::kOrderly) lock().abandon();
  }

 private:
  using SharedObject::SharedObject;
};

}  // namespace interproc
