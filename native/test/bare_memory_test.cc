// Bare memory: what the dead leave goes, what is somebody else's or in use stays.
#include "memory/bare_memory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support.h"

using namespace test;

namespace {

// A name in /dev/shm that is gone when the test has ended.
struct BareName {
  explicit BareName(const char* stem) : name("ipc-bare-" + std::to_string(::getpid()) + "-" + stem) {}
  BareName(const BareName&) = delete;
  BareName& operator=(const BareName&) = delete;
  ~BareName() { ::unlink(path().c_str()); }
  [[nodiscard]] std::string path() const { return memory_path(name); }
  [[nodiscard]] bool exists() const { return ::access(path().c_str(), F_OK) == 0; }
  [[nodiscard]] std::string marker() const {
    struct stat about {};
    REQUIRE(::stat(path().c_str(), &about) == 0);
    return memory_path(std::string(kMemoryMarkerPrefix) + std::to_string(about.st_ino));
  }
  std::string name;
};

bool present(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

void make_foreign(const BareName& name, std::size_t bytes) {
  const int fd = ::open(name.path().c_str(), O_CREAT | O_EXCL | O_RDWR, 0600);
  REQUIRE(fd >= 0);
  REQUIRE(::ftruncate(fd, static_cast<off_t>(bytes)) == 0);
  ::close(fd);
}

std::unique_ptr<BareMemory> created(const BareName& name, bool persist = false) {
  std::unique_ptr<BareMemory> memory;
  REQUIRE(BareMemory::create(name.name, {100, 0600, persist}, memory).ok());
  return memory;
}

// A child that holds the memory until it is killed.
struct Holder {
  explicit Holder(const BareName& name, bool persist = false)
      : child([this, &name, persist] {
          NEED(BareMemory::create(name.name, {100, 0600, persist}, memory).ok());
          ready->open();
          ::pause();
          return 0;
        }) {
    REQUIRE(ready->await());
  }
  Shared<Gate> ready;
  std::unique_ptr<BareMemory> memory;
  Child child;
};

}  // namespace

TEST_CASE("the last one out removes memory and marker, an earlier one neither") {
  const BareName name("last");
  auto first = created(name);
  const std::string marker = name.marker();
  std::unique_ptr<BareMemory> second;
  REQUIRE(BareMemory::open(name.name, second).ok());
  CHECK(second->size() == 100);
  first->mapping()->base[99] = std::byte{7};
  CHECK(second->mapping()->base[99] == std::byte{7});
  first->detach();
  CHECK(name.exists());
  CHECK(present(marker));
  second->detach();
  CHECK(!name.exists());
  CHECK(!present(marker));
  CHECK(second->mapping()->base[99] == std::byte{7});
}

TEST_CASE("what a killed process left is removed by a sweep, what lives or persists is not") {
  const BareName dead("dead"), living("living"), kept("kept");
  Holder a(dead), b(living), c(kept, true);
  const std::string marker = dead.marker();
  sweep();
  CHECK(dead.exists());
  a.child.kill();
  c.child.kill();
  sweep();
  CHECK(!dead.exists());
  CHECK(!present(marker));
  CHECK(living.exists());
  CHECK(kept.exists());
  b.child.kill();
  std::unique_ptr<BareMemory> opened;
  const Status absent = BareMemory::open(living.name, opened);
  CHECK(absent.error == ENOENT);
  CHECK(!living.exists());
}

TEST_CASE("a name that a dead process left is free for a new object") {
  const BareName name("again");
  Holder holder(name);
  holder.child.kill();
  auto memory = created(name);
  CHECK(memory->mapping()->base[0] == std::byte{0});
  std::unique_ptr<BareMemory> second;
  CHECK(BareMemory::create(name.name, {1, 0600, false}, second).error == EEXIST);
}

TEST_CASE("a file that somebody else made is never removed") {
  const BareName name("foreign");
  make_foreign(name, 10);
  {
    std::unique_ptr<BareMemory> memory;
    REQUIRE(BareMemory::open(name.name, memory).ok());
    CHECK(memory->size() == 10);
    std::unique_ptr<BareMemory> other;
    CHECK(BareMemory::create(name.name, {1, 0600, false}, other).error == EEXIST);
  }
  sweep();
  CHECK(name.exists());
}

TEST_CASE("another user's memory is opened only by who names its owner") {
  if (::geteuid() != 0) {
    MESSAGE("left out: only root can give a file away");
    return;
  }
  const BareName name("owner");
  make_foreign(name, 10);
  REQUIRE(::chmod(name.path().c_str(), 0666) == 0);
  REQUIRE(::chown(name.path().c_str(), 65534, 65534) == 0);
  std::unique_ptr<BareMemory> memory;
  CHECK(BareMemory::open(name.name, memory).code == Code::kForeignOwner);
  CHECK(BareMemory::open(name.name, memory, 65533).code == Code::kForeignOwner);
  CHECK(memory == nullptr);
  REQUIRE(BareMemory::open(name.name, memory, 65534).ok());
  memory.reset();
  CHECK(name.exists());
  REQUIRE(::chown(name.path().c_str(), 0, 0) == 0);
  CHECK(BareMemory::open(name.name, memory, 65534).code == Code::kForeignOwner);
}

TEST_CASE("a marker does not stand for another file that took the name") {
  const BareName name("taken");
  Holder holder(name);
  const std::string marker = name.marker();
  REQUIRE(::unlink(name.path().c_str()) == 0);
  make_foreign(name, 10);
  holder.child.kill();
  sweep();
  CHECK(!present(marker));
  CHECK(name.exists());
}

TEST_CASE("what is not a file with bytes is refused") {
  const BareName empty("empty"), link("link"), folder("folder");
  std::unique_ptr<BareMemory> memory;
  make_foreign(empty, 0);
  CHECK(BareMemory::open(empty.name, memory).error == EINVAL);
  REQUIRE(::symlink(empty.path().c_str(), link.path().c_str()) == 0);
  CHECK(BareMemory::open(link.name, memory).error == ELOOP);
  CHECK(BareMemory::create(link.name, {1, 0600, false}, memory).error == EEXIST);
  REQUIRE(::mkdir(folder.path().c_str(), 0700) == 0);
  CHECK(BareMemory::open(folder.name, memory).error != 0);
  ::rmdir(folder.path().c_str());
  CHECK(BareMemory::open("ipc-bare-nowhere", memory).error == ENOENT);
  CHECK(BareMemory::create(std::string(256, 'x'), {1, 0600, false}, memory).error == ENAMETOOLONG);
  CHECK(memory == nullptr);
}

TEST_CASE("a full /dev/shm is an error at creation") {
  const BareName name("large");
  std::unique_ptr<BareMemory> memory;
  const Status status = BareMemory::create(name.name, {std::uint64_t{1} << 44, 0600, false}, memory);
  CHECK((status.error == ENOSPC || status.error == ENOMEM || status.error == EFBIG));
  CHECK(!name.exists());
}

TEST_CASE("unlinking takes the name once; who is attached goes on") {
  const BareName name("unlink");
  auto memory = created(name);
  const std::string marker = name.marker();
  CHECK(memory->unlink_name().ok());
  CHECK(!name.exists());
  CHECK(!present(marker));
  CHECK(memory->unlink_name().error == ENOENT);
  make_foreign(name, 4);
  CHECK(memory->unlink_name().error == ENOENT);
  memory->detach();
  CHECK(name.exists());
}
