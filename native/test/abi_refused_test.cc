// What is not a segment of this version is refused with a status, and in C++ a class, of its own, and left as it was.
#include <cstdio>
#include <exception>
#include <functional>

#include "abi_support.h"
#include "interproc.hpp"
#include "layout.h"

using namespace test;
namespace api = interproc::api;

namespace {

using Change = std::function<void(std::vector<unsigned char>&)>;

std::string path_of(const std::string& name) { return "/dev/shm/interproc." + name; }

std::vector<unsigned char> read_file(const std::string& path) {
  std::vector<unsigned char> bytes(1 << 20);
  std::FILE* file = std::fopen(path.c_str(), "rb");
  REQUIRE(file != nullptr);
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
  std::fclose(file);
  return bytes;
}

// A queue's file that was changed, under a name of its own.
class Impostor {
 public:
  explicit Impostor(const Change& change) : name_("abi-impostor") {
    {
      const AbiName original("abi-original");
      const ip_options options = original.options();
      const ip_limits limits{4096, 0, 0};
      Object queue;
      REQUIRE(ip_queue(IP_CREATE, &options, &limits, IP_QUEUE, queue.out()) == IP_OK);
      bytes_ = read_file(path_of(original.text()));
    }
    change(bytes_);
    bytes_[offsetof(ipc_header, flags)] = IPC_FLAG_PERSIST;  // nobody is attached to it
    std::FILE* file = std::fopen(path_of(name_.text()).c_str(), "wb");
    REQUIRE(file != nullptr);
    REQUIRE(std::fwrite(bytes_.data(), 1, bytes_.size(), file) == bytes_.size());
    std::fclose(file);
  }
  Impostor(const Impostor&) = delete;
  Impostor& operator=(const Impostor&) = delete;
  ~Impostor() { std::remove(path_of(name_.text()).c_str()); }

  [[nodiscard]] ip_status status() const {
    const ip_options options = name_.options();
    Object queue;
    return ip_queue(IP_OPEN, &options, nullptr, IP_QUEUE, queue.out());
  }
  template <class Expected>
  [[nodiscard]] bool throws() const {
    try {
      const api::Queue queue({name_.text(), IP_OPEN});
    } catch (const Expected&) {
      return true;
    } catch (const std::exception&) {
    }
    return false;
  }
  [[nodiscard]] bool untouched() const { return read_file(path_of(name_.text())) == bytes_; }

 private:
  AbiName name_;
  std::vector<unsigned char> bytes_;
};

Change byte(std::size_t at, unsigned char value) {
  return [=](std::vector<unsigned char>& bytes) { bytes[at] = value; };
}

}  // namespace

TEST_CASE("C: what is foreign, older, newer or corrupt is refused with a status of its own, and left as it was") {
  constexpr std::size_t kVersion = offsetof(ipc_header, layout_version);
  const Impostor foreign(byte(0, '?'));
  CHECK(foreign.status() == IP_FOREIGN);
  CHECK(foreign.throws<api::ForeignSegment>());
  const Impostor older(byte(kVersion, IPC_LAYOUT_VERSION - 1));
  CHECK(older.status() == IP_OLDER_LAYOUT);
  CHECK(older.throws<api::OlderLayout>());
  const Impostor newer(byte(kVersion, IPC_LAYOUT_VERSION + 1));
  CHECK(newer.status() == IP_NEWER_LAYOUT);
  CHECK(newer.throws<api::NewerLayout>());
  const Impostor featured(byte(offsetof(ipc_header, required_features) + 3, 0x80));
  CHECK(featured.status() == IP_NEWER_LAYOUT);
  {
    // What may be ignored is.
    const Impostor tolerable(byte(offsetof(ipc_header, optional_features) + 3, 0x80));
    CHECK(tolerable.status() == IP_OK);
  }
  const Impostor other(byte(offsetof(ipc_header, kind), IPC_KIND_LOCK));
  CHECK(other.status() == IP_LAYOUT_MISMATCH);
  CHECK(other.throws<api::LayoutMismatch>());
  const Impostor corrupt(byte(offsetof(ipc_header, header_size), 1));
  CHECK(corrupt.status() == IP_CORRUPT);
  CHECK(corrupt.throws<api::CorruptSegment>());
  const Impostor cut([](std::vector<unsigned char>& bytes) { bytes.resize(20'000); });
  CHECK(cut.status() == IP_CORRUPT);
  for (const Impostor* one : {&foreign, &older, &newer, &featured, &other, &corrupt, &cut}) {
    CHECK(one->untouched());
    CHECK(one->throws<api::Error>());
  }
}

TEST_CASE("C++: another type, length or limit is refused, and nothing is touched") {
  const AbiName name("abi-mismatch");
  api::Array<double> array(3, {name.text()});
  array[1] = 2.5;
  const auto refused = [&](auto open) {
    try {
      open();
    } catch (const api::OptionsMismatch&) {
      return true;
    }
    return false;
  };
  CHECK(refused([&] { const api::Array<float> other(0, {name.text(), IP_OPEN}); }));
  CHECK(refused([&] { const api::Array<std::int64_t> other(3, {name.text(), IP_OPEN}); }));
  CHECK(refused([&] { const api::Array<double> other(4, {name.text(), IP_OPEN_OR_CREATE}); }));
  CHECK(array[1] == 2.5);
}
