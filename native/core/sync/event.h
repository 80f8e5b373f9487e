// Event: a flag, and how often it was set.
//
// One word: bit 0 says whether it is set, the bits above count the times that it went from clear to set. Anybody
// changes it, by compare-and-swap only:
//   clear, n -> set, n + 1    set(); then everybody who waits is woken
//   set, n   -> clear, n      clear()
// A wait remembers n and ends when the flag is set or the count is another one, so it sees a set that was cleared
// meanwhile. SIGKILL between the swap and the wake leaves the event set: a sleeper sees that at the end of its slice.
#pragma once

#include "segment/object.h"

namespace interproc {

class Event final : public SharedObject {
 public:
  enum : Condition {
    kPassed = 0,  // it is set, or was since: `need` is what begin() gave
    kSet = 1,     // it is set
  };

  static Status create(std::string_view name, const CreateOptions& options, std::unique_ptr<Event>& out);
  static Status open(std::string_view name, std::unique_ptr<Event>& out);
  // The same for a segment of this kind that is attached already.
  static Status adopt(std::unique_ptr<Segment> segment, std::unique_ptr<Event>& out);
  Status again(std::unique_ptr<SharedObject>& out) const override { return again_as<Event>(out); }

  // Never waits for anybody, and takes no lock.
  void set();
  void clear();
  [[nodiscard]] bool is_set() const;

  // What a wait remembers: how often the event was set so far.
  [[nodiscard]] std::uint64_t begin() const;
  // Whether it is set, or was since begin().
  [[nodiscard]] bool passed(std::uint64_t since) const;

  bool ready(Condition condition, std::uint64_t need, Look look) override;
  ipc_wait_set* waiters(Condition condition) override;

 private:
  using SharedObject::SharedObject;
  [[nodiscard]] ipc_event& shared() const { return segment_->body<ipc_event>(); }
};

}  // namespace interproc
