// What the tests of the C interface share.
#pragma once

#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "interproc.h"
#include "support.h"

namespace test {

inline constexpr std::int64_t kForEver = -1;
inline constexpr std::int64_t kSecond = 1'000'000'000;

// The name is not copied.
inline ip_options named(const char* name) {
  ip_options options{};
  options.name = name;
  return options;
}

// A name as the C interface takes it.
class AbiName {
 public:
  explicit AbiName(const char* stem) : name_(stem), text_(std::string_view(name_)) {}
  [[nodiscard]] ip_options options() const { return named(text_.c_str()); }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool exists() const { return name_.exists(); }
  // Bytes of the file that take memory.
  [[nodiscard]] std::uint64_t allocated() const {
    struct stat about {};
    REQUIRE(::stat(name_.path().c_str(), &about) == 0);
    return static_cast<std::uint64_t>(about.st_blocks) * 512;
  }

 private:
  Name name_;
  std::string text_;
};

// An object that is closed at the end of the scope.
class Object {
 public:
  Object() = default;
  explicit Object(ip_object number) : number_(number) {}
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  ~Object() {
    if (number_ != 0) static_cast<void>(ip_close(number_));
  }
  operator ip_object() const { return number_; }  // NOLINT: it is used where a number is wanted
  ip_object* out() { return &number_; }

 private:
  ip_object number_ = 0;
};

inline ip_status put(ip_object queue, std::string_view message, std::int64_t timeout = kForEver) {
  return ip_queue_put(queue, message.data(), message.size(), timeout, 0);
}

inline std::string got(ip_object queue, std::int64_t timeout = kForEver) {
  char buffer[256];
  std::size_t length = 0;
  const ip_status status = ip_queue_get(queue, buffer, sizeof buffer, &length, timeout, 0);
  return status == IP_OK ? std::string(buffer, length) : "status " + std::to_string(status);
}

}  // namespace test
