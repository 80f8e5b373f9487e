// What an opener refuses, each with its own code, and that a refusal changes nothing.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "support.h"
#include "system/descriptor.h"

using namespace test;

namespace {

// A file that no one is attached to, persistent so that only its faults decide.
class Specimen {
 public:
  explicit Specimen(const char* stem) : name(stem) {
    SegmentPlan plan;
    plan.kind = IPC_KIND_CELL;
    plan.persist = true;
    plan.total_size = IPC_BODY_OFFSET + 4096;
    plan.meta = "{}";
    plan.meta_offset = IPC_BODY_OFFSET + 1024;
    std::unique_ptr<Segment> segment;
    REQUIRE_OK(Segment::create(
        name, plan, [](std::byte*) {}, segment));
  }
  ~Specimen() { ::unlink(name.path().c_str()); }

  void write(std::size_t offset, const void* bytes, std::size_t count) const {
    const Descriptor fd(::open(name.path().c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(::pwrite(fd.get(), bytes, count, static_cast<off_t>(offset)) == static_cast<ssize_t>(count));
  }
  template <class T>
  void set(std::size_t offset, T value) const {
    write(offset, &value, sizeof value);
  }
  void truncate(off_t size) const { REQUIRE(::truncate(name.path().c_str(), size) == 0); }

  // Opens by every way there is, and looks whether the file is still what it was.
  Status refusal() const {
    const std::string before = content();
    const struct stat about_before = about();
    std::unique_ptr<Segment> segment;
    const Status result = Segment::open(name, IPC_KIND_CELL, segment);
    CHECK(segment == nullptr);
    CHECK(Segment::create(
              name, {}, [](std::byte*) {}, segment)
              .error != 0);
    REQUIRE(name.exists());
    const struct stat about_after = about();
    CHECK(about_before.st_ino == about_after.st_ino);
    CHECK(about_before.st_size == about_after.st_size);
    CHECK(about_before.st_mode == about_after.st_mode);
    CHECK(about_before.st_uid == about_after.st_uid);
    CHECK(about_before.st_mtim.tv_nsec == about_after.st_mtim.tv_nsec);
    CHECK(before == content());
    return result;
  }

  Name name;

 private:
  struct stat about() const {
    struct stat about {};
    REQUIRE(::lstat(name.path().c_str(), &about) == 0);
    return about;
  }
  std::string content() const {
    if (!S_ISREG(about().st_mode)) return {};
    std::ifstream file(name.path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

}  // namespace

TEST_CASE("a file that is not ours is foreign and stays as it is") {
  const Specimen file("foreign");
  SUBCASE("another magic") { file.set(0, std::uint64_t{IPC_MAGIC ^ 1}); }
  SUBCASE("an empty file") { file.truncate(0); }
  SUBCASE("a few bytes") { file.truncate(7); }
  SUBCASE("somebody's text") {
    file.truncate(0);
    file.write(0, "my private notes", 16);
  }
  CHECK(file.refusal().code == Code::kForeign);
  CHECK(Segment::unlink(file.name).code == Code::kForeign);
  sweep();
  CHECK(file.name.exists());
}

TEST_CASE("a file shorter than its header says is truncated") {
  const Specimen file("truncated");
  SUBCASE("within the header") { file.truncate(100); }
  SUBCASE("the magic only") { file.truncate(8); }
  SUBCASE("one byte short") { file.truncate(IPC_BODY_OFFSET + 4095); }
  CHECK(file.refusal().code == Code::kTruncated);
}

TEST_CASE("another layout version, byte order or an unknown required feature is a version error") {
  const Specimen file("version");
  SUBCASE("version") { file.set(offsetof(ipc_header, layout_version), IPC_LAYOUT_VERSION + 1); }
  SUBCASE("order") { file.set(offsetof(ipc_header, byte_order), 0x04030201u); }
  SUBCASE("feature") { file.set(offsetof(ipc_header, required_features), 0x80000000u); }
  CHECK(file.refusal().code == Code::kVersion);
  sweep();
  CHECK(file.name.exists());
}

TEST_CASE("an unknown optional feature is no obstacle") {
  const Specimen file("optional");
  file.set(offsetof(ipc_header, optional_features), 0x80000000u);
  std::unique_ptr<Segment> segment;
  CHECK_OK(Segment::open(file.name, IPC_KIND_CELL, segment));
}

TEST_CASE("a header that contradicts the layout is corrupt") {
  const Specimen file("corrupt");
  constexpr std::uint64_t kTotal = IPC_BODY_OFFSET + 4096;
  SUBCASE("header size") { file.set(offsetof(ipc_header, header_size), 255u); }
  SUBCASE("participants") { file.set(offsetof(ipc_header, participant_count), 255u); }
  SUBCASE("stride") { file.set(offsetof(ipc_header, participant_stride), 128u); }
  SUBCASE("table") { file.set(offsetof(ipc_header, participants_offset), std::uint64_t{512}); }
  SUBCASE("body") { file.set(offsetof(ipc_header, body_offset), std::uint64_t{IPC_BODY_OFFSET + 64}); }
  SUBCASE("no room for a body") { file.set(offsetof(ipc_header, total_size), std::uint64_t{IPC_BODY_OFFSET - 1}); }
  SUBCASE("beyond any size") { file.set(offsetof(ipc_header, total_size), UINT64_MAX); }
  SUBCASE("meta begins outside") { file.set(offsetof(ipc_header, meta_offset), kTotal + 1); }
  SUBCASE("meta ends outside") { file.set(offsetof(ipc_header, meta_offset), kTotal - 1); }
  SUBCASE("meta wraps around") { file.set(offsetof(ipc_header, meta_offset), UINT64_MAX - 1); }
  SUBCASE("endless meta") { file.set(offsetof(ipc_header, meta_size), IPC_META_MAX + 1); }
  CHECK(file.refusal().code == Code::kCorrupt);
}

TEST_CASE("another kind of object is refused before anything else of it is used") {
  const Specimen file("other-kind");
  file.set(offsetof(ipc_header, kind), 77u);
  CHECK(file.refusal().code == Code::kKind);
}

TEST_CASE("another user's file is refused, even where it could be opened") {
  const Specimen file("owner");
  // Only root can give files away; anybody else stands before a file that is root's.
  if (::geteuid() == 0) {
    REQUIRE(::chown(file.name.path().c_str(), 12345, 12345) == 0);
    CHECK(file.refusal().code == Code::kForeignOwner);
    CHECK(Segment::unlink(file.name).code == Code::kForeignOwner);
    sweep();
    CHECK(file.name.exists());
  } else {
    REQUIRE(::chmod(file.name.path().c_str(), 0) == 0);
    CHECK(file.refusal().error == EACCES);
  }
}

TEST_CASE("a symbolic link is not followed") {
  const Specimen target("target");
  const Name name("link");
  REQUIRE(::symlink(target.name.path().c_str(), name.path().c_str()) == 0);
  std::unique_ptr<Segment> segment;
  const Status opened = Segment::open(name, IPC_KIND_CELL, segment);
  CHECK(opened.code == Code::kSystem);
  CHECK(opened.error == ELOOP);
  CHECK(Segment::unlink(name).error == ELOOP);
  CHECK(Segment::create(
            name, {}, [](std::byte*) {}, segment)
            .error != 0);
  sweep();
  CHECK(name.exists());
  CHECK(target.name.exists());
  ::unlink(name.path().c_str());
}

TEST_CASE("a FIFO or a directory in the place of a segment is refused without blocking") {
  const Name name("odd");
  std::unique_ptr<Segment> segment;
  REQUIRE(::mkfifo(name.path().c_str(), 0600) == 0);
  CHECK(Segment::open(name, IPC_KIND_CELL, segment).code == Code::kForeign);
  sweep();
  CHECK(name.exists());
  ::unlink(name.path().c_str());
  REQUIRE(::mkdir(name.path().c_str(), 0700) == 0);
  CHECK(Segment::open(name, IPC_KIND_CELL, segment).error == EISDIR);
  sweep();
  CHECK(name.exists());
  ::rmdir(name.path().c_str());
}
