// What the tests share: names that leave nothing behind, children that can be killed, messages that can be checked.
//
// A forked child inherits the mappings of its parent, and with them the kernel's locks that say who lives. So children
// are forked first, wait at a Gate, and attach by name; the parent attaches after the fork.
#pragma once

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <new>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/queue.h"
#include "segment/segment.h"
#include "system/status.h"

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif
#ifndef UNDER_TSAN
#define UNDER_TSAN 0
#endif

// For children: doctest's checks there reach nobody, an exit code does.
#define NEED(condition)                                                                \
  do {                                                                                 \
    if (!(condition)) {                                                                \
      std::fprintf(stderr, "%s:%d: child needs %s\n", __FILE__, __LINE__, #condition); \
      ::_exit(99);                                                                     \
    }                                                                                  \
  } while (false)

namespace test {

using namespace interproc;  // NOLINT: these are the names under test

// A name for one test. When it goes, no file of that name may be left.
class Name {
 public:
  explicit Name(const char* stem);
  Name(const Name&) = delete;
  Name& operator=(const Name&) = delete;
  ~Name();
  operator std::string_view() const { return name_; }  // NOLINT: a name is used where a name is wanted
  [[nodiscard]] std::string path() const { return segment_path(name_); }
  [[nodiscard]] bool exists() const;
  [[nodiscard]] std::string also(int number) const { return name_ + "-" + std::to_string(number); }

 private:
  std::string name_;
};

// Memory that parent and children share, zeroed.
template <class T>
class Shared {
 public:
  Shared() {
    void* at = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(at != MAP_FAILED);
    value_ = new (at) T{};
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() { ::munmap(value_, sizeof(T)); }
  T* operator->() const { return value_; }
  T& operator*() const { return *value_; }

 private:
  T* value_;
};

class Child {
 public:
  // Runs `body` in a forked process, which exits with what it returns and dies with its parent.
  explicit Child(const std::function<int()>& body);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { kill(); }
  void signal(int number) const;
  void kill();  // SIGKILL, and waits for the end
  int wait();   // the exit code, or minus the signal that ended it
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
  int result_ = 0;
  bool ended_ = false;
};

// Looks until `holds` is true. False after `seconds`.
bool eventually(const std::function<bool()>& holds, double seconds = 20);
void sleep_ms(double milliseconds);

// A counter that children wait for.
struct Gate {
  std::atomic<int> passed{0};
  void open(int to = 1) { passed.store(to, std::memory_order_release); }
  void add() { passed.fetch_add(1, std::memory_order_acq_rel); }
  bool await(int at_least = 1, double seconds = 30) {
    return eventually([&] { return passed.load(std::memory_order_acquire) >= at_least; }, seconds);
  }
};

using Bytes = std::vector<std::byte>;

// A message that says who sent it as which, followed by bytes that follow from that. At least 16 bytes.
Bytes message(std::uint32_t sender, std::uint64_t number, std::size_t size);
struct Sent {
  std::uint32_t sender = 0;
  std::uint64_t number = 0;
  bool intact = false;
};
Sent read_message(std::span<const std::byte> bytes);

Bytes text(std::string_view of);
std::string text_of(std::span<const std::byte> bytes);

// Blocking forms over tries and waits, as a binding has them. kBusy or the last status where `seconds` were not enough.
Status put_wait(Queue& queue, std::span<const std::byte> bytes, double seconds = 30, bool insist = false);
Status get_wait(Queue& queue, std::span<std::byte> into, std::uint64_t& length, double seconds = 30);

// A small quick generator, so that a failure can be run again.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + below(most - least + 1); }

 private:
  std::uint64_t state_;
};

// Files in /dev/shm whose names contain `part`.
std::vector<std::string> files_with(std::string_view part);

// The crash points named in those sources of the core whose file name `chosen` accepts. They are read from the sources,
// so a new point is tested as soon as it is there.
std::set<std::string> crash_points(const std::function<bool(std::string_view)>& chosen);

}  // namespace test

namespace doctest {
template <>
struct StringMaker<interproc::Status> {
  static String convert(const interproc::Status& status);
};
template <>
struct StringMaker<interproc::Code> {
  static String convert(interproc::Code code) { return toString(static_cast<int>(code)); }
};
}  // namespace doctest

#define CHECK_OK(expression)                               \
  do {                                                     \
    const ::interproc::Status status_of_it = (expression); \
    CHECK_MESSAGE(status_of_it.ok(), status_of_it);        \
  } while (false)
#define REQUIRE_OK(expression)                             \
  do {                                                     \
    const ::interproc::Status status_of_it = (expression); \
    REQUIRE_MESSAGE(status_of_it.ok(), status_of_it);      \
  } while (false)
