// Signals with a JavaScript listener, while the main thread is blocked. The event loop, which would call the listener,
// does not turn then, nor while a program goes from one blocking call to the next. So each arrival is also counted
// here, before it goes its usual way to the event loop, and a blocking wait delivers it (lib/waiting/signals.ts).
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>

#include "exports.h"
#include "results.h"

namespace interproc::addon {
namespace {

constexpr std::uint32_t kSignals = 32;

std::array<std::atomic<std::uint32_t>, kSignals> arrivals{};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);  // a signal handler may use it

// What handled the signal before us. Written before the handler is installed, and by the main thread only.
std::array<struct sigaction, kSignals> usual{};

extern "C" void count_signal(int number, siginfo_t* about, void* context) {
  const auto index = static_cast<std::size_t>(number);
  arrivals[index].fetch_add(1, std::memory_order_relaxed);
  const struct sigaction& next = usual[index];
  if ((next.sa_flags & SA_SIGINFO) != 0) {
    next.sa_sigaction(number, about, context);
  } else if (next.sa_handler != SIG_DFL && next.sa_handler != SIG_IGN) {
    next.sa_handler(number);
  }
}

// Counts a signal from now on, if it has a handler and is not counted yet. SA_RESTART stays as it was, so that no other
// code of the process meets EINTR because of us. A futex's bounded sleep ends all the same, where the handler ran in
// the thread that sleeps; otherwise a wait looks after each slice.
napi_value count(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t index = call.u32(0);
  if (!call.valid() || index == 0 || index >= kSignals) return nullptr;
  const int signal = static_cast<int>(index);
  struct sigaction now {};
  if (sigaction(signal, nullptr, &now) != 0) return nullptr;
  const bool handled = (now.sa_flags & SA_SIGINFO) != 0 ? now.sa_sigaction != count_signal
                                                        : now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN;
  if (!handled) return nullptr;
  usual[index] = now;
  struct sigaction ours = now;
  ours.sa_flags |= SA_SIGINFO;
  ours.sa_sigaction = count_signal;
  sigaction(signal, &ours, nullptr);
  return nullptr;
}

// How many came since the last call.
napi_value take(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t index = call.u32(0);
  if (!call.valid() || index >= kSignals) return nullptr;
  return number(env, arrivals[index].exchange(0, std::memory_order_relaxed));
}

// One that came was delivered by the event loop.
napi_value settle(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::uint32_t index = call.u32(0);
  if (!call.valid() || index >= kSignals) return nullptr;
  std::uint32_t seen = arrivals[index].load(std::memory_order_relaxed);
  while (seen != 0 && !arrivals[index].compare_exchange_weak(seen, seen - 1, std::memory_order_relaxed)) {
  }
  return nullptr;
}

}  // namespace

bool signal_arrived() {
  return std::any_of(arrivals.begin(), arrivals.end(),
                     [](const auto& count) { return count.load(std::memory_order_relaxed) != 0; });
}

void export_signals(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {
      {"countSignal", count},
      {"takeSignal", take},
      {"settleSignal", settle},
  };
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
