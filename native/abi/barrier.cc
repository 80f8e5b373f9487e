// Barriers.
#include "sync/barrier.h"
#include "opening.h"
#include "waits.h"

using namespace interproc;
using namespace interproc::abi;

namespace {

template <class Body>
ip_status with_barrier(ip_object number, Body body) {
  Use use(number);
  if (use.status() != IP_OK) return use.status();
  auto* barrier = use.as<Barrier>(IPC_KIND_BARRIER);
  return barrier != nullptr ? body(use, *barrier) : fail(IP_INVALID, "the object is no barrier");
}

ip_status broken() { return fail(IP_BROKEN_BARRIER, ip_strerror(IP_BROKEN_BARRIER)); }

ip_status look(Barrier& barrier, std::uint64_t round, std::uint32_t* index) {
  switch (barrier.look(round)) {
    case Barrier::Outcome::kWaiting:
      return outcome(IP_WAIT_AGAIN);
    case Barrier::Outcome::kAct:
      return outcome(IP_ACT);
    case Barrier::Outcome::kBroken:
      return broken();
    case Barrier::Outcome::kPassed:
      break;
  }
  const std::uint32_t place = barrier.take_index(round);
  if (index != nullptr) *index = place;
  return IP_OK;
}

}  // namespace

ip_status ip_barrier(uint32_t how, const ip_options* options, uint32_t parties, ip_object* out) {
  if (how != IP_OPEN && (parties < 1 || parties > Barrier::kMostParties))
    return fail(IP_INVALID, "a barrier has 1 to 65,535 parties");
  Creation creation;
  if (const ip_status status = read_options(how, options, "{\"timeout\":null}", creation); status != IP_OK)
    return status;
  const Creator<Barrier> create = [&](const Creation& plan, std::unique_ptr<Barrier>& made) {
    return Barrier::create(plan.name, parties, plan.core, made);
  };
  const Check check = [&](const Record& record, SharedObject& object) -> ip_status {
    if (parties == 0 || static_cast<Barrier&>(object).parties() == parties) return IP_OK;
    return refuse_options(record.name, "number of parties");
  };
  return make_object<Barrier>(how, creation, IPC_KIND_BARRIER, "barrier", create, check, out);
}

ip_status ip_barrier_arrive(ip_object number, int has_action, uint64_t* round) {
  return with_barrier(number, [&](Use&, Barrier& barrier) -> ip_status {
    switch (barrier.arrive(has_action != 0, *round)) {
      case Barrier::Arrival::kArrived:
        return IP_OK;
      case Barrier::Arrival::kLater:
        return outcome(IP_WAIT_AGAIN);
      case Barrier::Arrival::kBroken:
        break;
    }
    return broken();
  });
}

ip_status ip_barrier_look(ip_object number, uint64_t round, uint32_t* index) {
  return with_barrier(number, [&](Use&, Barrier& barrier) { return look(barrier, round, index); });
}

ip_status ip_barrier_acted(ip_object number, uint64_t round) {
  return with_barrier(number, [&](Use&, Barrier& barrier) -> ip_status {
    barrier.acted(round);
    return IP_OK;
  });
}

ip_status ip_barrier_break(ip_object number, uint64_t round) {
  return with_barrier(number, [&](Use&, Barrier& barrier) -> ip_status {
    barrier.break_round(round);
    return IP_OK;
  });
}

ip_status ip_barrier_withdraw(ip_object number, uint64_t round, int has_action) {
  return with_barrier(number, [&](Use&, Barrier& barrier) {
    return outcome(barrier.withdraw_wait(round, has_action != 0) ? IP_OK : IP_WAIT_AGAIN);
  });
}

ip_status ip_barrier_wait(ip_object number, int64_t timeout, uint32_t* index) {
  return with_barrier(number, [&](Use& use, Barrier& barrier) -> ip_status {
    const Deadline deadline(timeout);
    std::uint64_t round = 0;
    for (;;) {
      const Barrier::Arrival arrival = barrier.arrive(false, round);
      if (arrival == Barrier::Arrival::kArrived) break;
      if (arrival == Barrier::Arrival::kBroken) return broken();
      const ip_status slept = sleep_slice(use, IP_WHEN_OPEN, round, std::min(deadline.remaining(), kSlice));
      if (slept == IP_OK) continue;
      // The action of the round before took too long.
      if (slept != IP_CLOSED) barrier.abort();
      return slept == IP_TIMEOUT ? broken() : slept;
    }
    for (;;) {
      const ip_status seen = look(barrier, round, index);
      if (seen != IP_WAIT_AGAIN && seen != IP_ACT) return seen;
      // Parties of this interface have no action: one of another language on this thread's seat cannot be.
      const ip_status slept = sleep_slice(use, IP_WHEN_OVER, round, std::min(deadline.remaining(), kSlice));
      if (slept == IP_OK) continue;
      if (slept == IP_CLOSED) return slept;
      barrier.break_round(round);
      const ip_status last = look(barrier, round, index);
      return last == IP_OK || slept == IP_TIMEOUT ? last : slept;
    }
  });
}

ip_status ip_barrier_abort(ip_object number) {
  return with_barrier(number, [](Use&, Barrier& barrier) -> ip_status {
    barrier.abort();
    return IP_OK;
  });
}

ip_status ip_barrier_reset(ip_object number) {
  return with_barrier(number, [](Use&, Barrier& barrier) -> ip_status {
    barrier.reset();
    return IP_OK;
  });
}

ip_status ip_barrier_state(ip_object number, uint32_t* parties, uint32_t* waiting, int* is_broken) {
  return with_barrier(number, [&](Use&, Barrier& barrier) -> ip_status {
    if (parties != nullptr) *parties = barrier.parties();
    if (waiting != nullptr) *waiting = barrier.waiting();
    if (is_broken != nullptr) *is_broken = barrier.broken() ? 1 : 0;
    return IP_OK;
  });
}
