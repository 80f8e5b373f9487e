// Event, Condition and Barrier.
#include "creation.h"
#include "exports.h"

namespace interproc::addon {
namespace {

// A function of an object alone: `use` is given the environment's handle and the object.
template <class T, auto Use>
napi_value on(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t id = call.u32(0);
  if (!call.valid()) return nullptr;
  T* object = Environment::of(env).get<T>(id);
  return object != nullptr ? Use(env, *object) : nullptr;
}

napi_value wide(napi_env env, std::uint64_t value) { return number(env, static_cast<double>(value)); }

template <class T>
napi_value create(napi_env env, napi_callback_info info) {
  Call<5> call(env, info);
  const Creation creation(call);
  if (!call.valid()) return nullptr;
  std::unique_ptr<T> object;
  const Status status = T::create(creation.name, creation.options(), object);
  return adopt(Environment::of(env), status, creation.name, std::move(object));
}

// ---- Event

napi_value event_set(napi_env, Event& event) {
  event.set();
  return nullptr;
}
napi_value event_clear(napi_env, Event& event) {
  event.clear();
  return nullptr;
}
napi_value event_is_set(napi_env env, Event& event) { return boolean(env, event.is_set()); }
napi_value event_begin(napi_env env, Event& event) { return wide(env, event.begin()); }

napi_value event_passed(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0);
  const std::uint64_t since = call.u64(1);
  if (!call.valid()) return nullptr;
  const Event* event = Environment::of(env).get<Event>(id);
  return event != nullptr ? boolean(env, event->passed(since)) : nullptr;
}

// ---- Condition

napi_value condition_enter(napi_env env, ConditionVariable& condition) {
  const Status status = condition.enter();
  return status.ok() ? nullptr : Environment::of(env).fail(status, condition.segment().name());
}
napi_value condition_take(napi_env env, ConditionVariable& condition) { return boolean(env, condition.take()); }
napi_value condition_leave(napi_env env, ConditionVariable& condition) { return boolean(env, condition.leave_wait()); }
napi_value condition_waiting(napi_env env, ConditionVariable& condition) { return number(env, condition.waiting()); }

napi_value condition_notify(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0), most = call.u32(1);
  if (!call.valid()) return nullptr;
  auto* condition = Environment::of(env).get<ConditionVariable>(id);
  return condition != nullptr ? number(env, condition->notify(most)) : nullptr;
}

// ---- Barrier

napi_value create_barrier(napi_env env, napi_callback_info info) {
  Call<6> call(env, info);
  const Creation creation(call);
  const std::uint32_t parties = call.u32(5);
  if (!call.valid()) return nullptr;
  std::unique_ptr<Barrier> barrier;
  const Status status = Barrier::create(creation.name, parties, creation.options(), barrier);
  return adopt(Environment::of(env), status, creation.name, std::move(barrier));
}

// The round that the wait belongs to; -1 where the barrier is broken; -2 - round where that round takes no more.
napi_value barrier_arrive(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0);
  const bool has_action = call.boolean(1);
  if (!call.valid()) return nullptr;
  auto* barrier = Environment::of(env).get<Barrier>(id);
  if (barrier == nullptr) return nullptr;
  std::uint64_t round = 0;
  switch (barrier->arrive(has_action, round)) {
    case Barrier::Arrival::kArrived:
      return wide(env, round);
    case Barrier::Arrival::kLater:
      return number(env, -2 - static_cast<double>(round));
    default:
      return number(env, -1);
  }
}

// A function of a barrier and a round.
template <auto Use>
napi_value in_round(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0);
  const std::uint64_t round = call.u64(1);
  if (!call.valid()) return nullptr;
  auto* barrier = Environment::of(env).get<Barrier>(id);
  return barrier != nullptr ? Use(env, *barrier, round) : nullptr;
}

// An Outcome: 0 waiting, 1 passed, 2 broken, 3 run the action.
napi_value barrier_look(napi_env env, Barrier& barrier, std::uint64_t round) {
  return number(env, static_cast<double>(barrier.look(round)));
}
napi_value barrier_index(napi_env env, Barrier& barrier, std::uint64_t round) {
  return number(env, barrier.take_index(round));
}
napi_value barrier_acted(napi_env, Barrier& barrier, std::uint64_t round) {
  barrier.acted(round);
  return nullptr;
}
napi_value barrier_break(napi_env, Barrier& barrier, std::uint64_t round) {
  barrier.break_round(round);
  return nullptr;
}

napi_value barrier_withdraw(napi_env env, napi_callback_info info) {
  Call<3> call(env, info);
  const std::uint32_t id = call.u32(0);
  const std::uint64_t round = call.u64(1);
  const bool has_action = call.boolean(2);
  if (!call.valid()) return nullptr;
  auto* barrier = Environment::of(env).get<Barrier>(id);
  return barrier != nullptr ? boolean(env, barrier->withdraw_wait(round, has_action)) : nullptr;
}

napi_value barrier_abort(napi_env, Barrier& barrier) {
  barrier.abort();
  return nullptr;
}
napi_value barrier_reset(napi_env, Barrier& barrier) {
  barrier.reset();
  return nullptr;
}
napi_value barrier_parties(napi_env env, Barrier& barrier) { return number(env, barrier.parties()); }
napi_value barrier_waiting(napi_env env, Barrier& barrier) { return number(env, barrier.waiting()); }
napi_value barrier_broken(napi_env env, Barrier& barrier) { return boolean(env, barrier.broken()); }

}  // namespace

void export_sync(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {
      {"createEvent", create<Event>},
      {"openEvent", open_object<Event>},
      {"eventSet", on<Event, event_set>},
      {"eventClear", on<Event, event_clear>},
      {"eventIsSet", on<Event, event_is_set>},
      {"eventBegin", on<Event, event_begin>},
      {"eventPassed", event_passed},
      {"createCondition", create<ConditionVariable>},
      {"openCondition", open_object<ConditionVariable>},
      {"conditionEnter", on<ConditionVariable, condition_enter>},
      {"conditionTake", on<ConditionVariable, condition_take>},
      {"conditionLeave", on<ConditionVariable, condition_leave>},
      {"conditionWaiting", on<ConditionVariable, condition_waiting>},
      {"conditionNotify", condition_notify},
      {"createBarrier", create_barrier},
      {"openBarrier", open_object<Barrier>},
      {"barrierArrive", barrier_arrive},
      {"barrierLook", in_round<barrier_look>},
      {"barrierIndex", in_round<barrier_index>},
      {"barrierActed", in_round<barrier_acted>},
      {"barrierBreak", in_round<barrier_break>},
      {"barrierWithdraw", barrier_withdraw},
      {"barrierAbort", on<Barrier, barrier_abort>},
      {"barrierReset", on<Barrier, barrier_reset>},
      {"barrierParties", on<Barrier, barrier_parties>},
      {"barrierWaiting", on<Barrier, barrier_waiting>},
      {"barrierBroken", on<Barrier, barrier_broken>},
  };
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
