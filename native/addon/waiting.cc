// Waiting: a blocking slice for the Sync forms; watches, polling and the doorbell for the event loop
// (lib/event-loop.ts).
#include <algorithm>

#include "exports.h"
#include "results.h"
#include "system/atomic.h"
#include "system/process_info.h"
#include "waiting/departures.h"

namespace interproc::addon {
namespace {

// The longest that a call blocks.
constexpr double kLongestBlock = 1000;

Nanoseconds bounded(double milliseconds) {
  const double most = milliseconds > 0 ? std::min(milliseconds, kLongestBlock) : 0;
  return static_cast<Nanoseconds>(most * static_cast<double>(kMillisecond));
}

// Blocks the thread until the condition holds or for `milliseconds`, or until JavaScript has something to do: an
// attempt after a wake that brought too little, a signal's listener. Whether the condition held at the last look.
napi_value wait_sync(napi_env env, napi_callback_info info) {
  Call<4> call(env, info);
  const std::uint32_t id = call.u32(0), condition = call.u32(1);
  const std::uint64_t need = call.u64(2);
  const double milliseconds = call.number(3);
  if (!call.valid()) return nullptr;
  SharedObject* object = Environment::of(env).any(id);
  if (object == nullptr) return nullptr;
  const auto interrupted = [&] { return signal_arrived() || Environment::is_damaged(*object); };
  return boolean(env, object->wait_slices(condition, need, bounded(milliseconds), interrupted));
}

// For a wait that ends without what it waited for: a wake-up that it may have been given goes to the next waiter.
// Nothing where the object was closed meanwhile.
napi_value pass_wake(napi_env env, napi_callback_info info) {
  Call<3> call(env, info);
  const std::uint32_t id = call.u32(0), condition = call.u32(1);
  const std::uint64_t need = call.u64(2);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  if (!environment.has(id)) return nullptr;
  if (SharedObject* object = environment.any(id); object != nullptr) object->pass_wake(condition, need);
  return nullptr;
}

void withdraw_watch(Watch& watch) {
  if (!watch.announced) return;
  watch.announced = false;
  watch.object->loop_wakes();
  withdraw(watch.object->segment(), *watch.object->waiters(watch.condition));
}

// Watches of one wait set (a get and a wait() of this thread) have one bit between them, which goes with the last one.
bool shares_its_bit(const Environment& environment, const Watch& watch) {
  const ipc_wait_set* set = watch.object->waiters(watch.condition);
  return std::any_of(environment.watches.begin(), environment.watches.end(), [&](const Watch& other) {
    return &other != &watch && other.announced && other.object == watch.object &&
           other.object->waiters(other.condition) == set;
  });
}

// Makes a watch, which counts while the table `active` has a 1 at the number returned.
napi_value watch(napi_env env, napi_callback_info info) {
  Call<3> call(env, info);
  const std::uint32_t id = call.u32(0), condition = call.u32(1);
  const std::uint64_t need = call.u64(2);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  SharedObject* object = environment.any(id);
  if (object == nullptr) return nullptr;
  if (object->waiters(condition) == nullptr) return environment.fail({Code::kKind}, object->segment().name());
  std::size_t number_of = 0;
  while (number_of < environment.watches.size() && environment.watches[number_of].object != nullptr) ++number_of;
  if (number_of == environment.watches.size()) environment.watches.emplace_back();
  environment.watches[number_of] = {object, condition, need, false};
  return number(env, static_cast<double>(number_of));
}

// The same watch, now for another condition of the same object.
napi_value rewatch(napi_env env, napi_callback_info info) {
  Call<3> call(env, info);
  const std::uint32_t index = call.u32(0), condition = call.u32(1);
  const std::uint64_t need = call.u64(2);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  if (index >= environment.watches.size() || environment.watches[index].object == nullptr) return nullptr;
  Watch& watch = environment.watches[index];
  if (watch.condition != condition) withdraw_watch(watch);
  if (watch.object->waiters(condition) == nullptr) return environment.fail({Code::kKind}, {});
  watch.condition = condition;
  watch.need = need;
  return nullptr;
}

// Takes back what announce() announced, for a watch that is no longer active. A wake-up that it may have been given and
// has not used goes to the next waiter.
napi_value retire(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t index = call.u32(0);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  if (index >= environment.watches.size()) return nullptr;
  Watch& watch = environment.watches[index];
  if (watch.object == nullptr) return nullptr;
  if (watch.announced && shares_its_bit(environment, watch)) {
    watch.announced = false;
  } else {
    withdraw_watch(watch);
  }
  watch.object->pass_wake(watch.condition, watch.need);
  return nullptr;
}

std::span<const std::byte> active_table(const Environment& environment) {
  const auto table = environment.active.bytes();
  return table.first(std::min(table.size(), environment.watches.size()));
}

// Writes the numbers of the watches whose condition may hold into the registered table; returns how many.
std::uint32_t collect(Environment& environment, Look look) {
  const auto bytes = environment.ready.bytes();
  const std::span<std::uint32_t> table(reinterpret_cast<std::uint32_t*>(bytes.data()),
                                       bytes.size() / sizeof(std::uint32_t));
  const auto active = active_table(environment);
  std::uint32_t found = 0;
  for (std::size_t index = 0; index < active.size() && found < table.size(); ++index) {
    Watch& watch = environment.watches[index];
    if (active[index] == std::byte{0} || watch.object == nullptr) continue;
    // Of a damaged one the attempt says so.
    if (!watch.object->ready(watch.condition, watch.need, look) && !Environment::is_damaged(*watch.object)) {
      if (watch.announced && !announced(watch.object->segment(), *watch.object->waiters(watch.condition))) {
        withdraw_watch(watch);
        watch.object->woken_in_vain(watch.condition);
      }
      continue;
    }
    withdraw_watch(watch);
    table[found++] = static_cast<std::uint32_t>(index);
  }
  return found;
}

// Looks for up to `nanoseconds`, a few microseconds: an answer that is on its way costs no turn of the event loop then.
napi_value poll(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const Nanoseconds budget = std::min(call.u32(0), 20'000u);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  std::uint32_t found = collect(environment, Look::kShared);
  if (found == 0 && budget > 0) {
    spin_until(budget, [&] {
      found = collect(environment, Look::kShared);
      return found != 0;
    });
  }
  environment.polled_at = monotonic_now();
  return integer(env, static_cast<std::int32_t>(found));
}

// How long a thread may go on without a turn of its event loop, because what it waits for comes while it glances.
constexpr Nanoseconds kWithoutTurn = 50 * kMicrosecond;

// The same for one watch alone, active or not: 1 where its condition may hold, 0 where not. -1, without a look, where
// the last turn of the event loop, which polls, is long ago. An announcement stays.
napi_value glance(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t index = call.u32(0);
  const Nanoseconds budget = std::min(call.u32(1), 20'000u);
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  if (index >= environment.watches.size() || environment.watches[index].object == nullptr) return integer(env, 0);
  if (monotonic_now() - environment.polled_at > kWithoutTurn) return integer(env, -1);
  const Watch& watch = environment.watches[index];
  const bool came = spin_until(budget, [&] { return watch.object->ready(watch.condition, watch.need, Look::kShared); });
  return integer(env, came ? 1 : 0);
}

// Asks the kernel as well, about whomever the conditions depend on.
napi_value inspect(napi_env env, napi_callback_info) {
  return integer(env, static_cast<std::int32_t>(collect(Environment::of(env), Look::kKernel)));
}

// Announces every active watch and looks once more: steps 2 to 5 of wait.h. Returns how many are ready after all; at 0
// the loop may sleep. The doorbell is there.
std::uint32_t announce_active(Environment& environment) {
  const auto active = active_table(environment);
  for (std::size_t index = 0; index < active.size(); ++index) {
    Watch& watch = environment.watches[index];
    if (active[index] == std::byte{0} || watch.object == nullptr) continue;
    const Segment& segment = watch.object->segment();
    ipc_wait_set& set = *watch.object->waiters(watch.condition);
    // A waker may have cleared the bit since: announced again, it cannot be missed.
    ipc_participant& self = segment.self();
    store_relaxed(self.doorbell, environment.doorbell().number());
    atomic(self.sleep_mode).fetch_or(IPC_SLEEP_DOORBELL, std::memory_order_relaxed);
    announce(segment, set);
    watch.announced = true;
    watch.object->loop_sleeps(environment.doorbell().number());
  }
  return collect(environment, Look::kShared);
}

napi_value announce_all(napi_env env, napi_callback_info) {
  Environment& environment = Environment::of(env);
  if (Status s = environment.ensure_doorbell(); !s.ok()) return environment.fail(s, {});
  return integer(env, static_cast<std::int32_t>(announce_active(environment)));
}

// Whether the kernel tells this loop of every end that an active watch depends on, from now on, by its doorbell. Not
// where a wake may come from who cannot ring it: another user (the FIFO is this one's alone), or a program that posts
// to a semaphore and knows of no doorbells.
napi_value watch_all_departures(napi_env env, napi_callback_info) {
  Environment& environment = Environment::of(env);
  const auto active = active_table(environment);
  for (std::size_t index = 0; index < active.size(); ++index) {
    if (active[index] == std::byte{0} || environment.watches[index].object == nullptr) continue;
    const Segment& segment = environment.watches[index].object->segment();
    const ipc_header& header = segment.header();
    if (header.kind == IPC_KIND_SEMAPHORE || (header.mode & 0077) != 0 ||
        !watch_departures(&segment, segment.fd(), environment.doorbell().number()))
      return boolean(env, false);
  }
  return boolean(env, environment.doorbell().number() != 0);
}

// Blocks the thread until a watch may be ready or for `milliseconds`, or until JavaScript has something to do: a look,
// because the doorbell was rung, a signal's listener. Returns how many are ready.
napi_value block(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const Nanoseconds limit = bounded(call.number(0));
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  if (Status s = environment.ensure_doorbell(); !s.ok()) return environment.fail(s, {});
  const Nanoseconds end = monotonic_now() + limit;
  for (;;) {
    // Before each sleep: who cleared a bit and died before it rang must not cost more than this slice.
    std::uint32_t found = announce_active(environment);
    if (found != 0) return integer(env, static_cast<std::int32_t>(found));
    const bool rung = environment.doorbell().listen(std::min(kSlice, std::max<Nanoseconds>(end - monotonic_now(), 0)));
    found = collect(environment, Look::kKernel);
    if (found != 0 || rung || signal_arrived() || monotonic_now() >= end)
      return integer(env, static_cast<std::int32_t>(found));
  }
}

// The descriptor of the doorbell, which belongs to the caller from now on.
napi_value take_doorbell(napi_env env, napi_callback_info) {
  Environment& environment = Environment::of(env);
  if (Status s = environment.ensure_doorbell(); !s.ok()) return environment.fail(s, {});
  return integer(env, environment.doorbell().release_descriptor());
}

// In microseconds.
napi_value longest_poll(napi_env env, napi_callback_info) {
  return number(env, static_cast<double>(poll_most()) / static_cast<double>(kMicrosecond));
}

}  // namespace

void export_waiting(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {
      {"waitSync", wait_sync},
      {"passWake", pass_wake},
      {"watch", watch},
      {"rewatch", rewatch},
      {"retire", retire},
      {"poll", poll},
      {"glance", glance},
      {"inspect", inspect},
      {"announce", announce_all},
      {"watchDepartures", watch_all_departures},
      {"block", block},
      {"takeDoorbell", take_doorbell},
      {"longestPoll", longest_poll},
  };
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
