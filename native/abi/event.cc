// Events.
#include "sync/event.h"
#include "opening.h"
#include "waits.h"

using namespace interproc;
using namespace interproc::abi;

namespace {

template <class Body>
ip_status with_event(ip_object number, Body body) {
  Use use(number);
  if (use.status() != IP_OK) return use.status();
  auto* event = use.as<Event>(IPC_KIND_EVENT);
  return event != nullptr ? body(use, *event) : fail(IP_INVALID, "the object is no event");
}

}  // namespace

ip_status ip_event(uint32_t how, const ip_options* options, ip_object* out) {
  Creation creation;
  if (const ip_status status = read_options(how, options, "{}", creation); status != IP_OK) return status;
  const Creator<Event> create = [](const Creation& plan, std::unique_ptr<Event>& made) {
    return Event::create(plan.name, plan.core, made);
  };
  return make_object<Event>(how, creation, IPC_KIND_EVENT, "event", create, {}, out);
}

ip_status ip_event_set(ip_object number) {
  return with_event(number, [](Use&, Event& event) -> ip_status {
    event.set();
    return IP_OK;
  });
}

ip_status ip_event_clear(ip_object number) {
  return with_event(number, [](Use&, Event& event) -> ip_status {
    event.clear();
    return IP_OK;
  });
}

int ip_event_is_set(ip_object number) {
  int set = 0;
  static_cast<void>(with_event(number, [&](Use&, Event& event) -> ip_status {
    set = event.is_set() ? 1 : 0;
    return IP_OK;
  }));
  return set;
}

ip_status ip_event_wait(ip_object number, int64_t timeout) {
  return with_event(number, [&](Use& use, Event& event) -> ip_status {
    const Deadline deadline(timeout);
    const std::uint64_t since = event.begin();
    for (;;) {
      if (event.passed(since)) return IP_OK;
      const ip_status slept = sleep_slice(use, IP_WHEN_PASSED, since, std::min(deadline.remaining(), kSlice));
      if (slept == IP_TIMEOUT) return fail(IP_TIMEOUT, "the event was not set in time");
      if (slept != IP_OK) return slept;
    }
  });
}

ip_status ip_event_begin(ip_object number, uint64_t* since) {
  return with_event(number, [&](Use&, Event& event) -> ip_status {
    *since = event.begin();
    return IP_OK;
  });
}

ip_status ip_event_passed(ip_object number, uint64_t since) {
  return with_event(number, [&](Use&, Event& event) { return outcome(event.passed(since) ? IP_OK : IP_WAIT_AGAIN); });
}
