#include "system/bus_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <new>

namespace interproc {
namespace {

std::atomic<GuardedRange*> ranges{nullptr};
std::atomic<bool> any_damaged{false};
struct sigaction before {};
std::uintptr_t page_mask = 0;

// Signal-safe: atomics and mmap, which is a system call and nothing else.
bool replace(std::uintptr_t address) {
  // Acquire: pairs with the release in guard_range(), as do those below.
  for (GuardedRange* range = ranges.load(std::memory_order_acquire); range != nullptr; range = range->next) {
    const std::size_t size = range->size.load(std::memory_order_acquire);
    const std::uintptr_t base = range->base.load(std::memory_order_acquire);
    if (address < base || address - base >= size) continue;
    const std::uintptr_t page = address & page_mask;
    // What is missing behind has been replaced already, and may have been written to since.
    const std::uintptr_t lost = range->lost_from.load(std::memory_order_relaxed);
    const std::uintptr_t end = lost > page ? lost : base + size;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel gives addresses as numbers
    void* const at = reinterpret_cast<void*>(page);
    if (::mmap(at, end - page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
               0) == MAP_FAILED)
      return false;
    range->lost_from.store(page, std::memory_order_relaxed);
    // Release: pairs with the acquire in any_range_damaged().
    any_damaged.store(true, std::memory_order_release);
    return true;
  }
  return false;
}

void on_bus_error(int number, siginfo_t* info, void* context) {
  const int error = errno;
  const bool mended = info->si_code == BUS_ADRERR && replace(reinterpret_cast<std::uintptr_t>(info->si_addr));
  errno = error;
  if (mended) return;
  if ((before.sa_flags & SA_SIGINFO) != 0) {
    before.sa_sigaction(number, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(number);
  } else {
    // The access is made again, and does what it does without us.
    ::sigaction(SIGBUS, &before, nullptr);
  }
}

void install() {
  page_mask = ~(static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE)) - 1);
  struct sigaction ours {};
  ours.sa_sigaction = &on_bus_error;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&ours.sa_mask);
  ::sigaction(SIGBUS, &ours, &before);
}

std::mutex& writers() {
  static auto* const everlasting = new std::mutex;  // mappings of other threads outlive the end of main()
  return *everlasting;
}

}  // namespace

GuardedRange* guard_range(const void* base, std::size_t size) {
  if (size == 0) return nullptr;
  const std::lock_guard guard(writers());
  static const bool installed = (install(), true);
  static_cast<void>(installed);
  GuardedRange* entry = ranges.load(std::memory_order_relaxed);
  while (entry != nullptr && entry->size.load(std::memory_order_relaxed) != 0) entry = entry->next;
  const bool fresh = entry == nullptr;
  if (fresh) entry = new (std::nothrow) GuardedRange;
  if (entry == nullptr) return nullptr;
  entry->lost_from.store(0, std::memory_order_relaxed);
  entry->base.store(reinterpret_cast<std::uintptr_t>(base), std::memory_order_relaxed);
  // Release: who sees the size sees the base.
  entry->size.store(size, std::memory_order_release);
  if (fresh) {
    entry->next = ranges.load(std::memory_order_relaxed);
    ranges.store(entry, std::memory_order_release);
  }
  return entry;
}

void unguard_range(GuardedRange* range) {
  if (range == nullptr) return;
  const std::lock_guard guard(writers());
  range->size.store(0, std::memory_order_relaxed);
}

bool any_range_damaged() { return any_damaged.load(std::memory_order_acquire); }

}  // namespace interproc
