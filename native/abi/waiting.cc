// Waiting for a condition, blocking or by this thread's doorbell.
#include "system/atomic.h"
#include "waits.h"

namespace interproc::abi {
namespace {

bool of_pipe(const Use& use) { return use.object().segment().header().kind == IPC_KIND_PIPE; }

Condition native_condition(const Use& use, std::uint32_t condition) {
  if (!of_pipe(use)) return condition;
  if (condition == IP_WHEN_LENDABLE) return Pipe::lendable_of(use.end());
  if (condition == IP_WHEN_LOAN_FITS) return Pipe::publishable_of(use.end());
  return condition == IP_WHEN_READABLE ? Pipe::readable_of(use.end()) : Pipe::writable_of(use.end());
}

// Whether another participant than this thread's does what is waited for.
bool by_the_process(const Use& use, Condition condition) {
  const bool loan = condition == Queue::kLendable || condition == Queue::kPublishable;
  return of_pipe(use) || (loan && use.object().segment().header().kind == IPC_KIND_QUEUE);
}

// Whether the condition may hold: for who would do what is waited for.
bool ready(const Use& use, Condition condition, std::uint64_t need, Look look) {
  Record& record = use.record();
  if (use.closed()) return true;
  if (!by_the_process(use, condition)) return use.object().ready(condition, need, look);
  const std::lock_guard guard(record.mutex);
  SharedObject* who = of_pipe(use) ? static_cast<SharedObject*>(record.pipe.get()) : record.lender.get();
  return who == nullptr || who->ready(condition, need, look);
}

// A value's, an array's or a condition's lock may be another object.
ip_object wait_target(ip_object number, std::uint32_t condition) {
  ip_status status = IP_OK;
  const std::shared_ptr<Record> record = record_of(number, status);
  return record && record->lock != 0 && condition == IP_WHEN_FREE ? record->lock : number;
}

}  // namespace

ip_status sleep_slice(const Use& use, Condition condition, std::uint64_t need, Nanoseconds limit) {
  if (interrupted()) return fail(IP_INTERRUPTED, "the wait was interrupted");
  if (use.closed()) return fail(IP_CLOSED, "the object was closed during the wait");
  if (limit <= 0) return outcome(IP_TIMEOUT);
  SharedObject& object = use.object();
  if (!by_the_process(use, condition)) {
    object.wait_for(condition, need, limit);
    return IP_OK;
  }
  ipc_wait_set& set = *object.waiters(condition);
  const bool woken =
      wait_slice(object.segment(), set, limit, [&] { return ready(use, condition, need, Look::kShared); });
  if (!woken) static_cast<void>(ready(use, condition, need, Look::kKernel));
  return IP_OK;
}

}  // namespace interproc::abi

using namespace interproc;
using namespace interproc::abi;

void ip_interrupt_on(const volatile int* flag) { interrupt_flag() = flag; }

ip_status ip_wait(ip_object number, uint32_t condition, uint64_t need, int64_t timeout) {
  const Use use(wait_target(number, condition));
  if (use.status() != IP_OK) return use.status();
  const Condition native = native_condition(use, condition);
  if (use.object().waiters(native) == nullptr) return fail(IP_INVALID, "the object has no such condition");
  const Deadline deadline(timeout);
  for (;;) {
    if (ready(use, native, need, Look::kShared)) return use.closed() ? fail(IP_CLOSED, "the object was closed") : IP_OK;
    const Nanoseconds left = deadline.remaining();
    // A last look asks the kernel about whom the condition depends on.
    if (left <= 0) return ready(use, native, need, Look::kKernel) ? ip_status{IP_OK} : outcome(IP_TIMEOUT);
    if (const ip_status status = sleep_slice(use, native, need, std::min(left, kSlice)); status != IP_OK) return status;
    if (ready(use, native, need, Look::kKernel)) return use.closed() ? fail(IP_CLOSED, "the object was closed") : IP_OK;
  }
}

ip_status ip_doorbell(int* descriptor) {
  if (descriptor == nullptr) return fail(IP_INVALID, "there is nowhere to put the descriptor");
  Doorbell* bell = nullptr;
  if (const Status s = thread_doorbell(bell); !s.ok()) return fail(s, {});
  *descriptor = bell->fd();
  return IP_OK;
}

void ip_doorbell_drain(void) {
  Doorbell* bell = nullptr;
  if (thread_doorbell(bell).ok()) bell->drain();
}

ip_status ip_arm(ip_object number, uint32_t condition, uint64_t need, int* is_ready) {
  if (is_ready == nullptr) return fail(IP_INVALID, "there is nowhere to say whether it is ready");
  const Use use(wait_target(number, condition));
  if (use.status() != IP_OK) return use.status();
  SharedObject& object = use.object();
  const Condition native = native_condition(use, condition);
  ipc_wait_set* set = object.waiters(native);
  if (set == nullptr) return fail(IP_INVALID, "the object has no such condition");
  Doorbell* bell = nullptr;
  if (const Status s = thread_doorbell(bell); !s.ok()) return fail(s, {});
  ipc_participant& self = object.segment().self();
  // Relaxed: announce() orders them before the bit, and a waker reads them after the bit.
  store_relaxed(self.doorbell, bell->number());
  atomic(self.sleep_mode).fetch_or(IPC_SLEEP_DOORBELL, std::memory_order_relaxed);
  announce(object.segment(), *set);
  object.loop_sleeps(bell->number());
  *is_ready = ready(use, native, need, Look::kShared) ? 1 : 0;
  return IP_OK;
}

ip_status ip_disarm(ip_object number, uint32_t condition, uint64_t need) {
  const Use use(wait_target(number, condition));
  if (use.status() != IP_OK) return use.status();
  SharedObject& object = use.object();
  const Condition native = native_condition(use, condition);
  ipc_wait_set* set = object.waiters(native);
  if (set == nullptr) return fail(IP_INVALID, "the object has no such condition");
  object.loop_wakes();
  withdraw(object.segment(), *set);
  if (ready(use, native, need, Look::kShared)) {
    wake(object.segment(), *set, 1);
  } else {
    object.woken_in_vain(native);
  }
  return IP_OK;
}

int ip_look(ip_object number, uint32_t condition, uint64_t need) {
  const Use use(wait_target(number, condition));
  if (use.status() != IP_OK) return 1;
  return ready(use, native_condition(use, condition), need, Look::kKernel) ? 1 : 0;
}
