// Words of the shared layout are plain integers; these give them C++ memory orders.
#pragma once

#include <atomic>
#include <cstdint>

namespace interproc {

static_assert(std::atomic_ref<std::uint32_t>::is_always_lock_free);
static_assert(std::atomic_ref<std::uint64_t>::is_always_lock_free);

template <class T>
T load_relaxed(const T& word) {
  return std::atomic_ref<T>(const_cast<T&>(word)).load(std::memory_order_relaxed);
}
template <class T>
T load_acquire(const T& word) {
  return std::atomic_ref<T>(const_cast<T&>(word)).load(std::memory_order_acquire);
}
template <class T>
T load_seq_cst(const T& word) {
  return std::atomic_ref<T>(const_cast<T&>(word)).load(std::memory_order_seq_cst);
}
template <class T>
void store_relaxed(T& word, T value) {
  std::atomic_ref<T>(word).store(value, std::memory_order_relaxed);
}
template <class T>
void store_release(T& word, T value) {
  std::atomic_ref<T>(word).store(value, std::memory_order_release);
}
template <class T>
std::atomic_ref<T> atomic(T& word) {
  return std::atomic_ref<T>(word);
}

// The full fence of the wake protocol (wait.h). ThreadSanitizer does not model fences, so under it a read-modify-write
// of a private word would not help either; the protocol is correct without TSan seeing it, because every word that it
// touches is atomic.
inline void full_fence() { std::atomic_thread_fence(std::memory_order_seq_cst); }

inline void cpu_relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

}  // namespace interproc
