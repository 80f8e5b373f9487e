// Semaphores.
#include "opening.h"
#include "sync/named_semaphore.h"
#include "waits.h"

using namespace interproc;
using namespace interproc::abi;

namespace {

ip_status no_semaphore(const Use& use) {
  return use.status() != IP_OK ? use.status() : fail(IP_INVALID, "the object is no semaphore");
}

}  // namespace

ip_status ip_semaphore(uint32_t how, const ip_options* options, uint32_t value, int bounded, ip_object* out) {
  Creation creation;
  const ip_status status =
      read_options(how, options, bounded != 0 ? "{\"bounded\":true}" : "{\"bounded\":false}", creation);
  if (status != IP_OK) return status;
  const Creator<Semaphore> create = [&](const Creation& plan, std::unique_ptr<Semaphore>& made) {
    return Semaphore::create(plan.name, value, plan.core, made);
  };
  const char* kind = bounded != 0 ? "bounded-semaphore" : "semaphore";
  return make_object<Semaphore>(how, creation, IPC_KIND_SEMAPHORE, kind, create, {}, out);
}

ip_status ip_semaphore_acquire(ip_object number, int64_t timeout) {
  Use use(number);
  auto* semaphore = use.as<Semaphore>(IPC_KIND_SEMAPHORE);
  if (semaphore == nullptr) return no_semaphore(use);
  const Deadline deadline(timeout);
  for (;;) {
    if (semaphore->try_acquire()) return IP_OK;
    const ip_status slept = sleep_slice(use, IP_WHEN_PERMIT, 0, std::min(deadline.remaining(), kSlice));
    if (slept == IP_TIMEOUT) return fail(IP_TIMEOUT, "there was no permit in time");
    if (slept != IP_OK) return slept;
  }
}

ip_status ip_semaphore_release(ip_object number, uint32_t count) {
  Use use(number);
  auto* semaphore = use.as<Semaphore>(IPC_KIND_SEMAPHORE);
  if (semaphore == nullptr) return no_semaphore(use);
  const Status s = semaphore->release(count, use.record().bounded);
  return s.ok() ? ip_status{IP_OK} : fail(s, use.record().name);
}

ip_status ip_semaphore_value(ip_object number, uint32_t* value) {
  Use use(number);
  const auto* semaphore = use.as<Semaphore>(IPC_KIND_SEMAPHORE);
  if (semaphore == nullptr) return no_semaphore(use);
  if (value != nullptr) *value = semaphore->value();
  return IP_OK;
}

ip_status ip_semaphore_unlink_name(const char* name) {
  if (name == nullptr || !valid_name(name)) return fail(IP_INVALID, "no name");
  const Status s = Semaphore::unlink(name);
  return s.ok() ? ip_status{IP_OK} : fail(s, name);
}
