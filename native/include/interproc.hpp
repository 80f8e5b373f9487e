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

// What has the name cannot be used as what it was opened as.
class LayoutMismatch : public Error {
  using Error::Error;
};
class ForeignSegment : public LayoutMismatch {
  using LayoutMismatch::LayoutMismatch;
};
class OlderLayout : public LayoutMismatch {
  using LayoutMismatch::LayoutMismatch;
};
class NewerLayout : public LayoutMismatch {
  using LayoutMismatch::LayoutMismatch;
};
class CorruptSegment : public Error {
  using Error::Error;
};
// Another type, size or limit than what exists has; nothing was touched.
class OptionsMismatch : public Error {
  using Error::Error;
};

inline void check(ip_status status) {
  switch (status) {
    case IP_OK:
      return;
    case IP_LAYOUT_MISMATCH:
      throw LayoutMismatch(status);
    case IP_FOREIGN:
      throw ForeignSegment(status);
    case IP_OLDER_LAYOUT:
      throw OlderLayout(status);
    case IP_NEWER_LAYOUT:
      throw NewerLayout(status);
    case IP_CORRUPT:
      throw CorruptSegment(status);
    case IP_OPTIONS_MISMATCH:
      throw OptionsMismatch(status);
    default:
      throw Error(status);
  }
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

// A message's memory: from alloc() to be filled and sent, from get_loan() and receive_loan() to be read in place. Moves;
// its end gives the memory back. Any thread may use it.
class Loan {
 public:
  Loan() = default;
  Loan(Loan&& other) noexcept { *this = std::move(other); }
  Loan& operator=(Loan&& other) noexcept {
    if (this == &other) return *this;
    release();
    const bool copied = !other.own_.empty();
    lent_ = std::exchange(other.lent_, ip_lent{});
    own_ = std::move(other.own_);
    other.own_.clear();
    meta_ = std::move(other.meta_);
    if (copied) lent_.bytes = own_.data();
    return *this;
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  ~Loan() { release(); }

  // Of the message; nothing once the loan was sent or released. What was received is not to be written to.
  [[nodiscard]] std::uint8_t* data() const { return static_cast<std::uint8_t*>(lent_.bytes); }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(lent_.length); }
  [[nodiscard]] std::string_view view() const { return {static_cast<const char*>(lent_.bytes), size()}; }
  // What came beside the bytes: MessagePack.
  [[nodiscard]] const std::string& meta() const { return meta_; }
  // Whether it was put as an item, encoded by the object's codec.
  [[nodiscard]] bool encoded() const { return lent_.encoded != 0; }
  // Idempotent.
  void release() noexcept {
    if (lent_.loan != 0) static_cast<void>(ip_loan_release(lent_.loan));
    clear();
  }

 private:
  friend class Queue;
  friend class Connection;

  void clear() {
    lent_ = {};
    own_.clear();
    meta_.clear();
  }
  // `send(number)` gives the loan away; on success it is over.
  template <class Send>
  bool send(ip_status not_now, Send give) {
    if (!check_unless(give(lent_.loan), not_now)) return false;
    clear();
    return true;
  }
  // `receive(buffer, capacity, lent)` until the buffer is large enough. Nothing where it says "not now".
  template <class Receive>
  static std::optional<Loan> received(ip_status not_now, Receive receive) {
    Loan loan;
    std::string buffer(IP_LOAN_META_MOST, '\0');
    ip_status status;
    while ((status = receive(buffer.data(), buffer.size(), &loan.lent_)) == IP_SMALL_BUFFER)
      buffer.resize(static_cast<std::size_t>(loan.lent_.meta_length));
    if (!check_unless(status, not_now)) return std::nullopt;
    if (loan.lent_.loan != 0) {
      buffer.resize(static_cast<std::size_t>(loan.lent_.meta_length));
      loan.meta_ = std::move(buffer);
    } else {
      // A small message, which lies in the buffer.
      loan.own_ = std::move(buffer);
      loan.lent_.bytes = loan.own_.data();
    }
    return loan;
  }

  ip_lent lent_{};
  std::string own_;
  std::string meta_;
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
      if (status == IP_LOAN) {
        // Another consumer may take it meanwhile.
        const auto loan = get_loan(once);
        if (!loan) continue;
        if (buffer.size() < loan->size()) buffer.resize(loan->size());
        loan->view().copy(buffer.data(), loan->size());
        return std::string_view(buffer).substr(0, loan->size());
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
  // Memory to fill, with whatever was there before. Nothing where none was free in time.
  std::optional<Loan> alloc(std::uint64_t bytes, Timeout timeout = forever) {
    Loan loan;
    if (!check_unless(ip_queue_alloc(number(), bytes, &loan.lent_, timeout.count(), 0), IP_FULL)) return std::nullopt;
    return loan;
  }
  // Without a copy; the loan is over then. False where there was no room in time: it stays as it was.
  bool put(Loan& loan, std::string_view meta = {}, Timeout timeout = forever) {
    return loan.send(IP_FULL, [&](ip_loan lent) {
      return ip_queue_put_loan(number(), lent, meta.data(), meta.size(), timeout.count(), 0);
    });
  }
  // The next message in place (a small one is copied). Nothing where none came in time.
  std::optional<Loan> get_loan(Timeout timeout = forever) {
    return Loan::received(IP_EMPTY, [&](void* buffer, std::size_t capacity, ip_lent* lent) {
      return ip_queue_get_loan(number(), buffer, capacity, lent, timeout.count(), 0);
    });
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
  // The end that was given away, or that nobody has had. Throws with IP_END_TAKEN, IP_CLOSED.
  static Connection claim(const std::string& name, std::uint32_t end) {
    ip_object claimed = 0;
    check(ip_pipe_claim(name.c_str(), end, &claimed));
    return Connection(claimed);
  }
  // Gives this end away: whoever claims it first has it. To close it before that closes it for good.
  void send_away() { check(ip_pipe_send_away(number())); }
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
      if (status == IP_LOAN) {
        const auto loan = receive_loan(once);
        if (loan) return std::string(loan->view());
        continue;
      }
      if (status != IP_SMALL_BUFFER && !check_unless(status, IP_TIMEOUT)) return std::nullopt;
      buffer.resize(length);
      if (status == IP_OK) return buffer;
    }
  }
  // As Queue::alloc(), put() and get_loan().
  std::optional<Loan> alloc(std::uint64_t bytes, Timeout timeout = forever) {
    Loan loan;
    if (!check_unless(ip_pipe_alloc(number(), bytes, &loan.lent_, timeout.count()), IP_TIMEOUT)) return std::nullopt;
    return loan;
  }
  bool send(Loan& loan, std::string_view meta = {}, Timeout timeout = forever) {
    return loan.send(IP_TIMEOUT, [&](ip_loan lent) {
      return ip_pipe_send_loan(number(), lent, meta.data(), meta.size(), timeout.count());
    });
  }
  std::optional<Loan> receive_loan(Timeout timeout = forever) {
    return Loan::received(IP_TIMEOUT, [&](void* buffer, std::size_t capacity, ip_lent* lent) {
      return ip_pipe_receive_loan(number(), buffer, capacity, lent, timeout.count());
    });
  }
};

// What has a lock: Lock, and arrays made with one. BasicLockable and Lockable, for std::unique_lock.
template <class Derived>
class Lockable {
 public:
  // True where the last holder died holding it: what it guards may be half done.
  bool acquire() {
    int abandoned = 0;
    check(ip_lock_acquire(lock_number(), -1, &abandoned));
    return abandoned != 0;
  }
  bool try_acquire(Timeout timeout = once) {
    return check_unless(ip_lock_acquire(lock_number(), timeout.count(), nullptr), IP_TIMEOUT);
  }
  void release() { check(ip_lock_release(lock_number())); }
  void lock() { static_cast<void>(acquire()); }
  bool try_lock() { return try_acquire(); }
  void unlock() { release(); }

 private:
  [[nodiscard]] ip_object lock_number() const { return static_cast<const Derived*>(this)->number(); }
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

// A number in shared memory, with a lock beside it. The reference is valid until close().
template <class T>
class Value : public Object, public Lockable<Value<T>> {
 public:
  // To open, `initial` is not looked at. Another type than the creator's is refused.
  explicit Value(T initial = {}, const Options& options = {}, bool lock = true) {
    const ip_options raw = options.raw();
    const ip_cell cell{detail::typecode<T>(), 1, sizeof(T), &initial, sizeof(T), lock ? 1 : 0};
    check(ip_value(options.how, &raw, &cell, out()));
    void* at = nullptr;
    check(ip_cell_memory(number(), &at, nullptr, nullptr));
    at_ = static_cast<T*>(at);
  }
  T& operator*() const { return *at_; }

 private:
  T* at_ = nullptr;
};

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
