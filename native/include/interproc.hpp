// interproc for C++17: objects that close themselves, over interproc.h, which says what blocks and what wakes it.
//
// Errors are exceptions (interproc::Error); what is an outcome rather than an error (nothing came in time, the lock was
// not free) is in the result. Times are std::chrono durations; `forever` waits without limit.
#ifndef INTERPROC_HPP
#define INTERPROC_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "interproc.h"

namespace interproc::api {

using Timeout = std::chrono::nanoseconds;
inline constexpr Timeout forever{-1};
inline constexpr Timeout once{0};

// A status that is no success, with what went wrong.
class Error : public std::runtime_error {
 public:
  explicit Error(ip_status status)
      : std::runtime_error(ip_last_message()), status_(status), error_number_(ip_last_errno()) {}
  [[nodiscard]] ip_status status() const { return status_; }
  // ENOENT, EEXIST and so on where a system call failed, else 0.
  [[nodiscard]] int error_number() const { return error_number_; }

 private:
  ip_status status_;
  int error_number_;
};

inline void check(ip_status status) {
  if (status != IP_OK) throw Error(status);
}
// False for the one status that says "not now".
inline bool check_unless(ip_status status, ip_status not_now) {
  if (status == not_now) return false;
  check(status);
  return true;
}

// How an object is made or found.
struct Options {
  std::string name{};
  ip_how how = IP_CREATE;
  std::uint32_t mode = 0;
  bool persist = false;
  ip_codec codec = IP_CODEC_RAW;

  [[nodiscard]] ip_options raw() const {
    return {name.empty() ? nullptr : name.c_str(), nullptr, mode, static_cast<std::uint32_t>(codec), persist ? 1u : 0u, 0};
  }
};

// One number of an object. Moves, closes at its end.
class Object {
 public:
  Object() = default;
  explicit Object(ip_object number) : number_(number) {}
  Object(Object&& other) noexcept : number_(std::exchange(other.number_, 0)) {}
  Object& operator=(Object&& other) noexcept {
    if (this != &other) {
      close();
      number_ = std::exchange(other.number_, 0);
    }
    return *this;
  }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  ~Object() { close(); }

  // Idempotent.
  void close() noexcept {
    if (number_ != 0) static_cast<void>(ip_close(std::exchange(number_, 0)));
  }
  void unlink() { check(ip_unlink(number_)); }
  [[nodiscard]] ip_object number() const { return number_; }
  [[nodiscard]] std::string name() const { return text(&ip_name); }
  // For attaching in any process and language.
  [[nodiscard]] std::string handle() const { return text(&ip_handle); }

 protected:
  ip_object* out() { return &number_; }

 private:
  std::string text(ip_status (*read)(ip_object, char*, std::size_t, std::size_t*)) const {
    std::size_t needed = 0;
    if (const ip_status status = read(number_, nullptr, 0, &needed); status != IP_SMALL_BUFFER) check(status);
    std::string out(needed, '\0');
    check(read(number_, out.data(), out.size(), nullptr));
    out.pop_back();
    return out;
  }

  ip_object number_ = 0;
};

// Messages of bytes, first in, first out (or by priority). Any thread may use it.
class Queue : public Object {
 public:
  explicit Queue(const Options& options = {}, ip_queue_kind kind = IP_QUEUE, const ip_limits& limits = {}) {
    const ip_options raw = options.raw();
    check(ip_queue(options.how, &raw, &limits, kind, out()));
  }
  // False where there was no room in time. Throws after shut_down().
  bool put(std::string_view message, Timeout timeout = forever) {
    return check_unless(ip_queue_put(number(), message.data(), message.size(), timeout.count(), 0), IP_FULL);
  }
  bool put(std::string_view message, double priority, Timeout timeout = forever) {
    return check_unless(ip_queue_put_priority(number(), message.data(), message.size(), priority, timeout.count(), 0), IP_FULL);
  }
  // Nothing where none came in time; throws with IP_SHUT_DOWN at the end. `buffer` is reused by the caller to allocate
  // nothing for a message; it grows where one needs it.
  std::optional<std::string_view> get_into(std::string& buffer, Timeout timeout = forever) {
    for (;;) {
      std::size_t length = 0;
      const ip_status status = ip_queue_get(number(), buffer.data(), buffer.size(), &length, timeout.count(), 0);
      if (status == IP_SMALL_BUFFER) {
        buffer.resize(length);
        continue;
      }
      if (!check_unless(status, IP_EMPTY)) return std::nullopt;
      return std::string_view(buffer).substr(0, length);
    }
  }
  std::optional<std::string> get(Timeout timeout = forever) {
    std::string buffer(256, '\0');
    const auto message = get_into(buffer, timeout);
    if (!message) return std::nullopt;
    buffer.resize(message->size());
    return buffer;
  }
  [[nodiscard]] std::uint64_t size() const {
    std::uint64_t messages = 0;
    check(ip_queue_size(number(), &messages));
    return messages;
  }
  void shut_down(bool immediate = false) { check(ip_queue_shut_down(number(), immediate ? 1 : 0)); }
  void task_done() { check(ip_queue_task_done(number())); }
  bool join(Timeout timeout = forever) { return check_unless(ip_queue_join(number(), timeout.count(), nullptr), IP_TIMEOUT); }
};

// One end of a pipe.
class Connection : public Object {
 public:
  using Object::Object;
  static std::pair<Connection, Connection> pipe(const Options& options = {}, bool duplex = true, const ip_limits& limits = {}) {
    const ip_options raw = options.raw();
    ip_object ends[2];
    check(ip_pipe(&raw, &limits, duplex ? 1 : 0, ends));
    return {Connection(ends[0]), Connection(ends[1])};
  }
  // False where there was no room in time.
  bool send(std::string_view message, Timeout timeout = forever) {
    return check_unless(ip_pipe_send(number(), message.data(), message.size(), timeout.count()), IP_TIMEOUT);
  }
  // Nothing where none came in time; throws with IP_END_OF_FILE at the end.
  std::optional<std::string> receive(Timeout timeout = forever) {
    std::string buffer(256, '\0');
    for (;;) {
      std::size_t length = 0;
      const ip_status status = ip_pipe_receive(number(), buffer.data(), buffer.size(), &length, timeout.count());
      if (status != IP_SMALL_BUFFER && !check_unless(status, IP_TIMEOUT)) return std::nullopt;
      buffer.resize(length);
      if (status == IP_OK) return buffer;
    }
  }
};

// What has a lock: Lock, and arrays made with one. BasicLockable and Lockable, for std::unique_lock.
template <class Derived>
class Lockable {
 public:
  // True where the last holder died holding it: what it guards may be half done.
  bool acquire() {
    int abandoned = 0;
    check(ip_lock_acquire(number(), -1, &abandoned));
    return abandoned != 0;
  }
  bool try_acquire(Timeout timeout = once) {
    return check_unless(ip_lock_acquire(number(), timeout.count(), nullptr), IP_TIMEOUT);
  }
  void release() { check(ip_lock_release(number())); }
  void lock() { static_cast<void>(acquire()); }
  bool try_lock() { return try_acquire(); }
  void unlock() { release(); }

 private:
  [[nodiscard]] ip_object number() const { return static_cast<const Derived*>(this)->number(); }
};

// Owned by the thread that acquires it. `unlink` of the name is Object::unlink().
class Lock : public Object, public Lockable<Lock> {
 public:
  explicit Lock(const Options& options = {}, bool recursive = false) {
    const ip_options raw = options.raw();
    check(recursive ? ip_rlock(options.how, &raw, out()) : ip_lock(options.how, &raw, out()));
  }
};

namespace detail {
template <class T>
constexpr const char* typecode() {
  static_assert(std::is_arithmetic_v<T>, "elements are numbers");
  if constexpr (std::is_same_v<T, float>) return "f";
  if constexpr (std::is_same_v<T, double>) return "d";
  if constexpr (std::is_same_v<T, bool>) return "?";
  constexpr bool sign = std::is_signed_v<T>;
  if constexpr (sizeof(T) == 1) return sign ? "b" : "B";
  if constexpr (sizeof(T) == 2) return sign ? "h" : "H";
  if constexpr (sizeof(T) == 4) return sign ? "i" : "I";
  return sign ? "q" : "Q";
}
}  // namespace detail

// Numbers in shared memory, with a lock beside them. The pointers are valid until close().
template <class T>
class Array : public Object, public Lockable<Array<T>> {
 public:
  // `length` 0, to open: whatever it has. Another element type than the creator's is refused.
  explicit Array(std::size_t length, const Options& options = {}, bool lock = true) {
    const ip_options raw = options.raw();
    const ip_cell cell{detail::typecode<T>(), length, sizeof(T), nullptr, 0, lock ? 1 : 0};
    check(ip_array(options.how, &raw, &cell, out()));
    void* at = nullptr;
    std::uint64_t count = 0;
    check(ip_cell_memory(number(), &at, nullptr, &count));
    data_ = static_cast<T*>(at);
    length_ = static_cast<std::size_t>(count);
  }
  using Object::number;
  [[nodiscard]] T* data() const { return data_; }
  [[nodiscard]] T* begin() const { return data_; }
  [[nodiscard]] T* end() const { return data_ + length_; }
  [[nodiscard]] std::size_t size() const { return length_; }
  T& operator[](std::size_t index) const { return data_[index]; }

 private:
  T* data_ = nullptr;
  std::size_t length_ = 0;
};

class Semaphore : public Object {
 public:
  explicit Semaphore(std::uint32_t value, const Options& options = {}, bool bounded = false) {
    const ip_options raw = options.raw();
    check(ip_semaphore(options.how, &raw, value, bounded ? 1 : 0, out()));
  }
  bool acquire(Timeout timeout = forever) {
    return check_unless(ip_semaphore_acquire(number(), timeout.count()), IP_TIMEOUT);
  }
  void release(std::uint32_t count = 1) { check(ip_semaphore_release(number(), count)); }
};

class Event : public Object {
 public:
  explicit Event(const Options& options = {}) {
    const ip_options raw = options.raw();
    check(ip_event(options.how, &raw, out()));
  }
  void set() { check(ip_event_set(number())); }
  void clear() { check(ip_event_clear(number())); }
  [[nodiscard]] bool is_set() const { return ip_event_is_set(number()) != 0; }
  bool wait(Timeout timeout = forever) { return check_unless(ip_event_wait(number(), timeout.count()), IP_TIMEOUT); }
};

class Barrier : public Object {
 public:
  explicit Barrier(std::uint32_t parties, const Options& options = {}) {
    const ip_options raw = options.raw();
    check(ip_barrier(options.how, &raw, parties, out()));
  }
  // This party's index. Throws with IP_BROKEN_BARRIER.
  std::uint32_t wait(Timeout timeout = forever) {
    std::uint32_t index = 0;
    check(ip_barrier_wait(number(), timeout.count(), &index));
    return index;
  }
};

}  // namespace interproc::api

#endif
