// Conditions.
#include "sync/condition.h"
#include "opening.h"
#include "waits.h"

using namespace interproc;
using namespace interproc::abi;

namespace {

template <class Body>
ip_status with_condition(ip_object number, Body body) {
  Use use(number);
  if (use.status() != IP_OK) return use.status();
  auto* condition = use.as<ConditionVariable>(IPC_KIND_CONDITION);
  return condition != nullptr ? body(use, *condition) : fail(IP_INVALID, "the object is no condition");
}

ip_status need_lock(ip_object number) {
  return ip_lock_depth(number) > 0 ? ip_status{IP_OK}
                                   : fail(IP_NOT_OWNED, "the condition's lock is not held by this thread");
}

}  // namespace

ip_status ip_condition(uint32_t how, const ip_options* options, ip_object lock, ip_object* out) {
  std::string meta = "{\"lock\":null}";
  if (lock != 0) {
    char handle[512];
    if (const ip_status status = ip_handle(lock, handle, sizeof handle, nullptr); status != IP_OK) return status;
    const auto kind = text_member(handle, "kind");
    if (kind != "lock" && kind != "rlock") return fail(IP_INVALID, "a condition takes a lock or an rlock");
    meta = std::string("{\"lock\":") + handle + "}";
  }
  Creation creation;
  if (const ip_status status = read_options(how, options, std::move(meta), creation); status != IP_OK) return status;
  const Creator<ConditionVariable> create = [](const Creation& plan, std::unique_ptr<ConditionVariable>& made) {
    return ConditionVariable::create(plan.name, plan.core, made);
  };
  return make_object<ConditionVariable>(how, creation, IPC_KIND_CONDITION, "condition", create, {}, out);
}

ip_status ip_condition_lock(ip_object number, ip_object* lock) {
  ip_status status = IP_OK;
  const auto record = record_of(number, status);
  if (!record) return status;
  *lock = record->lock != 0 ? record->lock : number;
  return IP_OK;
}

ip_status ip_condition_enter(ip_object number) {
  if (const ip_status status = need_lock(number); status != IP_OK) return status;
  return with_condition(number, [](Use& use, ConditionVariable& condition) -> ip_status {
    const Status s = condition.enter();
    return s.ok() ? ip_status{IP_OK} : fail(s, use.record().name);
  });
}

ip_status ip_condition_take(ip_object number) {
  return with_condition(
      number, [](Use&, ConditionVariable& condition) { return outcome(condition.take() ? IP_OK : IP_WAIT_AGAIN); });
}

ip_status ip_condition_leave(ip_object number) {
  return with_condition(
      number, [](Use&, ConditionVariable& condition) { return outcome(condition.leave_wait() ? IP_OK : IP_TIMEOUT); });
}

ip_status ip_condition_notify(ip_object number, uint32_t most) {
  if (const ip_status status = need_lock(number); status != IP_OK) return status;
  return with_condition(number, [&](Use&, ConditionVariable& condition) -> ip_status {
    condition.notify(most);
    return IP_OK;
  });
}

ip_status ip_condition_wait(ip_object number, int64_t timeout) {
  if (const ip_status status = ip_condition_enter(number); status != IP_OK) return status;
  const std::uint32_t depth = ip_lock_depth(number);
  for (std::uint32_t level = 0; level < depth; ++level) static_cast<void>(ip_lock_release(number));
  const ip_status waited = with_condition(number, [&](Use& use, ConditionVariable& condition) -> ip_status {
    const Deadline deadline(timeout);
    for (;;) {
      if (condition.take()) return IP_OK;
      const ip_status slept = sleep_slice(use, IP_WHEN_NOTIFIED, 0, std::min(deadline.remaining(), kSlice));
      if (slept == IP_OK) continue;
      if (slept == IP_CLOSED) return slept;
      // Notified at the very end: then it was in time.
      if (condition.leave_wait()) return IP_OK;
      return slept == IP_TIMEOUT ? fail(IP_TIMEOUT, "there was no notification in time") : slept;
    }
  });
  if (waited == IP_CLOSED) return waited;
  // Whatever happened: an interrupted wait has the lock again too.
  const volatile int* flag = interrupt_flag();
  interrupt_flag() = nullptr;
  ip_status again = IP_OK;
  for (std::uint32_t level = 0; level < depth && again == IP_OK; ++level) again = ip_lock_acquire(number, -1, nullptr);
  interrupt_flag() = flag;
  return again == IP_OK ? waited : again;
}
