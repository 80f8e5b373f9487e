// Locks: of their own, and those inside values, arrays and conditions.
#include "sync/mutex.h"

#include "memory/cell.h"
#include "opening.h"
#include "sync/condition.h"
#include "waits.h"

using namespace interproc;
using namespace interproc::abi;

namespace {

ip_status make_lock(std::uint32_t how, const ip_options* options, bool recursive, ip_object* out) {
  Creation creation;
  const ip_status status = read_options(how, options, recursive ? "{\"recursive\":true}" : "{}", creation);
  if (status != IP_OK) return status;
  const Creator<Mutex> create = [](const Creation& plan, std::unique_ptr<Mutex>& made) {
    return Mutex::create(plan.name, plan.core, made);
  };
  return make_object<Mutex>(how, creation, IPC_KIND_LOCK, recursive ? "rlock" : "lock", create, {}, out);
}

// Which object the lock of a number is in: a value, an array or a condition may have been given one.
ip_object lock_object(ip_object number) {
  ip_status status = IP_OK;
  const auto record = record_of(number, status);
  return record && record->lock != 0 ? record->lock : number;
}

// Runs `body` with the lock inside an object.
template <class Body>
ip_status with_lock(Use& use, Body body) {
  if (use.status() != IP_OK) return use.status();
  if (auto* mutex = use.as<Mutex>(IPC_KIND_LOCK)) return body(mutex->lock());
  if (auto* condition = use.as<ConditionVariable>(IPC_KIND_CONDITION)) return body(condition->lock());
  if (auto* cell = use.as<Cell>(IPC_KIND_CELL)) {
    if (!is_true(use.record().meta, "lock")) return fail(IP_NO_LOCK, ip_strerror(IP_NO_LOCK));
    return body(cell->lock());
  }
  return fail(IP_INVALID, "the object is no lock and has none");
}

}  // namespace

ip_status ip_lock(uint32_t how, const ip_options* options, ip_object* out) {
  return make_lock(how, options, false, out);
}
ip_status ip_rlock(uint32_t how, const ip_options* options, ip_object* out) {
  return make_lock(how, options, true, out);
}

ip_status ip_lock_acquire(ip_object number, int64_t timeout, int* abandoned) {
  Use use(lock_object(number));
  return with_lock(use, [&](PublicLock lock) -> ip_status {
    const Deadline deadline(timeout);
    bool ask_kernel = timeout == 0;
    for (;;) {
      const Acquired acquired = lock.try_acquire(use.record().recursive, ask_kernel);
      if (acquired == Acquired::kYes || acquired == Acquired::kRecovered) {
        if (abandoned != nullptr) *abandoned = acquired == Acquired::kRecovered ? 1 : 0;
        return IP_OK;
      }
      if (acquired == Acquired::kMine && deadline.for_ever()) return fail(IP_DEADLOCK, ip_strerror(IP_DEADLOCK));
      const Nanoseconds left = deadline.remaining();
      const ip_status slept = sleep_slice(use, IP_WHEN_FREE, 0, std::min(left, kSlice));
      if (slept == IP_TIMEOUT) return fail(IP_TIMEOUT, "the lock was not free in time");
      if (slept != IP_OK) return slept;
      ask_kernel = true;
    }
  });
}

ip_status ip_lock_release(ip_object number) {
  Use use(lock_object(number));
  return with_lock(use, [&](PublicLock lock) -> ip_status {
    const Status s = lock.release();
    return s.ok() ? ip_status{IP_OK} : fail(s, use.record().name);
  });
}

int ip_lock_state(ip_object number) {
  Use use(lock_object(number));
  int state = -1;
  static_cast<void>(with_lock(use, [&](PublicLock lock) -> ip_status {
    state = lock.mine() ? 2 : lock.obtainable(true) ? 0 : 1;
    return IP_OK;
  }));
  return state;
}

uint32_t ip_lock_depth(ip_object number) {
  Use use(lock_object(number));
  std::uint32_t depth = 0;
  static_cast<void>(with_lock(use, [&](PublicLock lock) -> ip_status {
    depth = lock.depth();
    return IP_OK;
  }));
  return depth;
}
