// Whose a file is, and what stands behind its name, is asked before anything is done with it: doorbells and markers.
// Segments: segment_check_test.cc; bare memory: bare_memory_test.cc.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "look/directory.h"
#include "memory/bare_memory.h"
#include "support.h"
#include "system/descriptor.h"
#include "waiting/doorbell.h"

using namespace test;

namespace {

constexpr uid_t kStranger = 65534;

// A FIFO that is named as the doorbell of this number, and somebody who listens to it.
class Bell {
 public:
  explicit Bell(std::uint64_t number) : number_(number) {
    char text[20];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
    path = "/dev/shm/" + std::string(kDoorbellPrefix) + text;
    ::unlink(path.c_str());
  }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  ~Bell() { ::unlink(path.c_str()); }
  void make() {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    listen();
  }
  void listen() {
    ear_.reset(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    REQUIRE(static_cast<bool>(ear_));
  }
  void hang_up() { ear_.reset(-1); }
  [[nodiscard]] bool ring() const { return ring_doorbell(number_); }
  [[nodiscard]] bool rung() const {
    char one = 0;
    return ::read(ear_.get(), &one, 1) == 1;
  }
  [[nodiscard]] bool there() const {
    struct stat about {};
    return ::lstat(path.c_str(), &about) == 0;
  }
  std::string path;

 private:
  std::uint64_t number_;
  Descriptor ear_{-1};
};

// Not numbers that chance makes; each its own, because a thread keeps rung doorbells open.
constexpr std::uint64_t kFirst = 0xabad1deaabad1de0;

}  // namespace

TEST_CASE("a doorbell is rung where it is this user's FIFO, and nothing else is") {
  Bell mine(kFirst), theirs(kFirst + 1), link(kFirst + 2);
  mine.make();
  CHECK(mine.ring());
  CHECK(mine.rung());
  REQUIRE(::symlink(mine.path.c_str(), link.path.c_str()) == 0);
  CHECK_FALSE(link.ring());
  CHECK_FALSE(mine.rung());
  if (::geteuid() != 0) return;  // only root can give a file away
  theirs.make();
  REQUIRE(::chown(theirs.path.c_str(), kStranger, kStranger) == 0);
  CHECK_FALSE(theirs.ring());
  CHECK_FALSE(theirs.rung());
}

TEST_CASE("a sweep takes this user's dead doorbells, and no other's") {
  Bell dead(kFirst + 3), living(kFirst + 4), theirs(kFirst + 5), link(kFirst + 6);
  dead.make();
  dead.hang_up();
  living.make();
  theirs.make();
  theirs.hang_up();
  REQUIRE(::symlink(theirs.path.c_str(), link.path.c_str()) == 0);
  const bool given = ::geteuid() == 0 && ::chown(theirs.path.c_str(), kStranger, kStranger) == 0;
  sweep();
  CHECK_FALSE(dead.there());
  CHECK(living.there());
  CHECK(theirs.there() == given);
  CHECK(link.there());
}

TEST_CASE("a marker that another user made stands for nothing") {
  if (::geteuid() != 0) return;
  const std::string name = "rights-marked-" + std::to_string(::getpid());
  std::unique_ptr<BareMemory> memory;
  REQUIRE_OK(BareMemory::create(name, {.size = 8}, memory));
  struct stat about {};
  REQUIRE(::stat(memory_path(name).c_str(), &about) == 0);
  const std::string marker = "/dev/shm/" + std::string(kMemoryMarkerPrefix) + std::to_string(about.st_ino);
  REQUIRE(look_at_memory(name).marked);
  REQUIRE(::chown(marker.c_str(), kStranger, kStranger) == 0);
  CHECK_FALSE(look_at_memory(name).marked);
  memory->detach();
  sweep();
  // Nobody is attached; but who says that it is ours to remove is not us.
  CHECK(::stat(memory_path(name).c_str(), &about) == 0);
  CHECK(::stat(marker.c_str(), &about) == 0);
  REQUIRE(::chown(marker.c_str(), 0, 0) == 0);
  sweep();
  CHECK(::stat(memory_path(name).c_str(), &about) != 0);
  CHECK(::stat(marker.c_str(), &about) != 0);
}

TEST_CASE("a marker that names a path stands for nothing: a sweep goes nowhere by it") {
  const std::string name = "rights-path-" + std::to_string(::getpid());
  std::unique_ptr<BareMemory> memory;
  REQUIRE_OK(BareMemory::create(name, {.size = 8}, memory));
  struct stat about {};
  REQUIRE(::stat(memory_path(name).c_str(), &about) == 0);
  const std::string marker = "/dev/shm/" + std::string(kMemoryMarkerPrefix) + std::to_string(about.st_ino);
  const Descriptor fd(::open(marker.c_str(), O_RDWR | O_CLOEXEC));
  Bytes bytes(296);
  REQUIRE(::pread(fd.get(), bytes.data(), bytes.size(), 0) == 296);
  // The same file by another way: its length and its name are at 36 and 40.
  const std::string path = "./" + name;
  const auto length = static_cast<std::uint32_t>(path.size());
  std::memcpy(bytes.data() + 36, &length, sizeof length);
  std::memcpy(bytes.data() + 40, path.data(), path.size());
  REQUIRE(::pwrite(fd.get(), bytes.data(), bytes.size(), 0) == 296);
  memory->detach();
  sweep();
  CHECK(::stat(memory_path(name).c_str(), &about) == 0);
  ::unlink(memory_path(name).c_str());
  ::unlink(marker.c_str());
}
