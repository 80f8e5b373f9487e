#include "segment/object.h"

namespace interproc {

bool SharedObject::wait_for(Condition condition, std::uint64_t need, Nanoseconds limit) {
  ipc_wait_set* set = waiters(condition);
  if (set == nullptr) return true;
  const std::uint32_t& signal = segment_->self().signal;
  const std::uint32_t before = load_relaxed(signal);
  const bool woken = wait_slice(
      *segment_, *set, limit, [&] { return ready(condition, need, Look::kShared); }, polling(condition));
  if (woken || ready(condition, need, Look::kKernel)) return true;
  if (load_relaxed(signal) != before) woken_in_vain(condition);
  return false;
}

void SharedObject::pass_wake(Condition condition, std::uint64_t need) {
  ipc_wait_set* set = waiters(condition);
  if (set == nullptr) return;
  if (ready(condition, need, Look::kShared)) {
    wake(*segment_, *set, 1);
  } else {
    woken_in_vain(condition);
  }
}

void SharedObject::forget_predecessor(ipc_wait_set& set) const {
  if (segment_->me().generation == 1) return;  // the slot's first owner
  // Where the bit is not set, a waker may have cleared it and may ask only now whether the sleeper lives: it finds this
  // one, and is content. So the wake that may have been the dead one's goes on to the next.
  if (!withdraw(*segment_, set)) wake(*segment_, set, 1);
}

}  // namespace interproc
