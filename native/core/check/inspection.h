// What the checks of all kinds of objects share.
#pragma once

#include <cstdarg>
#include <string>
#include <vector>

#include "check/check.h"
#include "check/segment_view.h"

namespace interproc {

class Inspection {
 public:
  Inspection(const SegmentView& view, Moment moment, std::vector<std::string>& violations)
      : view_(view), quiet_(moment == Moment::kQuiet), violations_(violations) {}

  [[nodiscard]] const SegmentView& view() const { return view_; }
  [[nodiscard]] bool quiet() const { return quiet_; }

  // A violation, as by printf. Of many of one object only the first ones are kept.
  [[gnu::format(printf, 2, 3)]] void report(const char* format, ...) const;

  // ---- Of every kind
  void participants() const;
  void wait_set(const char* what, const ipc_wait_set& set) const;
  // A lock's word, or another word that names a participant in the same way. Whether somebody living is named.
  bool owner_word(const char* what, std::uint32_t word) const;
  // A lock that is held inside a call only.
  void inner_lock(const char* what, const ipc_owned_lock& lock) const;
  // A lock that people hold.
  void public_lock(const char* what, const ipc_owned_lock& lock) const;
  // That a generation found somewhere belongs to an owner that the slot has or had.
  void generation(const char* what, std::uint32_t slot, std::uint32_t generation) const;

 private:
  const SegmentView& view_;
  bool quiet_;
  std::vector<std::string>& violations_;
};

void inspect_queue(const Inspection& inspection);
void inspect_pipe(const Inspection& inspection);
void inspect_priority_queue(const Inspection& inspection);
void inspect_cell(const Inspection& inspection);
void inspect_lock(const Inspection& inspection);
void inspect_semaphore(const Inspection& inspection);
void inspect_event(const Inspection& inspection);
void inspect_condition(const Inspection& inspection);
void inspect_barrier(const Inspection& inspection);

// One direction of messages.
void inspect_channel(const Inspection& inspection, const char* what, const ipc_channel& channel);

}  // namespace interproc
