// One object, one file: who may make it, find it, and when it goes.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "support.h"

using namespace test;

namespace {

constexpr std::uint64_t kMetaOffset = IPC_BODY_OFFSET + sizeof(ipc_lock);

SegmentPlan plan(std::string_view meta = "{}", bool persist = false) {
  SegmentPlan plan;
  plan.kind = IPC_KIND_LOCK;
  plan.codec = 3;
  plan.persist = persist;
  plan.total_size = kMetaOffset + 128;
  plan.meta = meta;
  plan.meta_offset = kMetaOffset;
  return plan;
}

Status create(std::string_view name, std::unique_ptr<Segment>& out, bool persist = false) {
  return Segment::create(
      name, plan("{}", persist), [](std::byte*) {}, out);
}

Status open(std::string_view name, std::unique_ptr<Segment>& out) { return Segment::open(name, IPC_KIND_LOCK, out); }

bool is_error(const Status& status, int error) { return status.code == Code::kSystem && status.error == error; }

}  // namespace

TEST_CASE("an opener sees the creator's header, meta text and body") {
  const Name name("seen");
  std::unique_ptr<Segment> creator, opener;
  REQUIRE_OK(Segment::create(
      name, plan("{\"a\":1}"), [](std::byte* base) { base[IPC_BODY_OFFSET + 100] = std::byte{42}; }, creator));
  REQUIRE_OK(open(name, opener));
  CHECK(opener->meta() == "{\"a\":1}");
  CHECK(creator->meta() == "{\"a\":1}");
  CHECK(opener->header().codec == 3);
  CHECK(opener->header().kind == IPC_KIND_LOCK);
  CHECK(opener->header().creation_id == creator->header().creation_id);
  CHECK(opener->base()[IPC_BODY_OFFSET + 100] == std::byte{42});
  CHECK(opener->name() == creator->name());
}

TEST_CASE("a name that lives cannot be created again, and the attempt disturbs nobody") {
  const Name name("twice");
  std::unique_ptr<Segment> first, second;
  REQUIRE_OK(create(name, first));
  CHECK(is_error(create(name, second), EEXIST));
  CHECK(second == nullptr);
  CHECK(first->names_this_object());
  CHECK(first->alive(first->me()));
}

TEST_CASE("what is not there cannot be opened or unlinked") {
  const Name name("absent");
  std::unique_ptr<Segment> segment;
  CHECK(is_error(open(name, segment), ENOENT));
  CHECK(is_error(Segment::unlink(name), ENOENT));
}

TEST_CASE("the file's mode is the one asked for and its memory is reserved") {
  const Name name("mode");
  std::unique_ptr<Segment> segment;
  SegmentPlan wide = plan();
  wide.mode = 0626;  // no usual umask leaves this alone
  wide.total_size = 1 << 20;
  REQUIRE_OK(Segment::create(
      name, wide, [](std::byte*) {}, segment));
  struct stat about {};
  REQUIRE(::stat(name.path().c_str(), &about) == 0);
  CHECK((about.st_mode & 07777) == 0626);
  CHECK(about.st_blocks * 512 >= 1 << 20);
}

TEST_CASE("another kind of object is refused") {
  const Name name("kind");
  std::unique_ptr<Segment> creator, opener;
  REQUIRE_OK(create(name, creator));
  CHECK(Segment::open(name, IPC_KIND_QUEUE, opener).code == Code::kKind);
  CHECK(name.exists());
}

TEST_CASE("each attachment has a slot of its own, and the next owner of a slot is told apart from the last") {
  const Name name("slots");
  std::unique_ptr<Segment> a, b, c;
  REQUIRE_OK(create(name, a));
  REQUIRE_OK(open(name, b));
  REQUIRE_OK(open(name, c));
  CHECK(a->me().slot == kCreator.slot);
  CHECK(a->me().generation == kCreator.generation);
  CHECK(std::set<std::uint32_t>{a->me().slot, b->me().slot, c->me().slot}.size() == 3);
  const Participant gone = b->me();
  CHECK(a->alive(gone));
  b.reset();
  CHECK_FALSE(a->alive(gone));
  REQUIRE_OK(open(name, b));
  CHECK(b->me().slot == gone.slot);
  CHECK(b->me().generation == gone.generation + 1);
  CHECK(a->alive(b->me()));
  CHECK_FALSE(a->alive(gone));
  CHECK_FALSE(a->alive({IPC_PARTICIPANTS, 1}));
  CHECK(b->self().pid == static_cast<std::uint32_t>(::getpid()));
}

TEST_CASE("one who has detached judges nobody dead") {
  const Name name("judge");
  std::unique_ptr<Segment> a, b;
  REQUIRE_OK(create(name, a));
  REQUIRE_OK(open(name, b));
  b->detach();
  CHECK(b->alive(a->me()));
}

TEST_CASE("256 participants fit and the next one is told that all places are taken") {
  const Name name("full");
  std::vector<std::unique_ptr<Segment>> all(IPC_PARTICIPANTS);
  REQUIRE_OK(create(name, all[0]));
  std::set<std::uint32_t> slots{0};
  for (std::size_t i = 1; i < all.size(); ++i) {
    REQUIRE_OK(open(name, all[i]));
    slots.insert(all[i]->me().slot);
  }
  CHECK(slots.size() == IPC_PARTICIPANTS);
  std::unique_ptr<Segment> late;
  CHECK(open(name, late).code == Code::kParticipantsFull);
  CHECK(is_error(create(name, late), EEXIST));
  all[77].reset();
  CHECK_OK(open(name, late));
  CHECK(late->me().slot == 77);
}

TEST_CASE("the last one out removes the file and nobody before") {
  const Name name("last");
  std::unique_ptr<Segment> a, b;
  REQUIRE_OK(create(name, a));
  REQUIRE_OK(open(name, b));
  a->detach();
  CHECK(name.exists());
  a->detach();  // a second time changes nothing
  CHECK(name.exists());
  a.reset();
  CHECK(name.exists());
  b.reset();
  CHECK_FALSE(name.exists());
}

TEST_CASE("memory stays readable while somebody shares the mapping") {
  const Name name("mapping");
  std::shared_ptr<Mapping> mapping;
  {
    std::unique_ptr<Segment> segment;
    REQUIRE_OK(create(name, segment));
    mapping = segment->mapping();
    mapping->base[kMetaOffset] = std::byte{7};
  }
  CHECK_FALSE(name.exists());
  CHECK(mapping->base[kMetaOffset] == std::byte{7});
}

TEST_CASE("a persistent segment keeps its bytes without users until it is unlinked") {
  const Name name("persist");
  std::unique_ptr<Segment> segment;
  REQUIRE_OK(create(name, segment, true));
  segment->base()[kMetaOffset + 8] = std::byte{9};
  segment.reset();
  CHECK(name.exists());
  sweep();
  CHECK(name.exists());
  CHECK(is_error(create(name, segment), EEXIST));
  REQUIRE_OK(open(name, segment));
  CHECK(segment->base()[kMetaOffset + 8] == std::byte{9});
  segment.reset();
  CHECK_OK(Segment::unlink(name));
  CHECK_FALSE(name.exists());
}

TEST_CASE("unlink takes the name from under those attached, who go on, and the name is free for another object") {
  const Name name("unlink");
  std::unique_ptr<Segment> old_a, old_b, fresh, opener;
  REQUIRE_OK(create(name, old_a));
  REQUIRE_OK(open(name, old_b));
  REQUIRE_OK(old_a->unlink_name());
  CHECK_FALSE(name.exists());
  CHECK(is_error(old_a->unlink_name(), ENOENT));
  REQUIRE_OK(create(name, fresh));
  CHECK(fresh->header().creation_id != old_a->header().creation_id);
  CHECK(fresh->names_this_object());
  CHECK_FALSE(old_b->names_this_object());
  CHECK(is_error(old_b->unlink_name(), ENOENT));
  old_a->base()[kMetaOffset + 8] = std::byte{5};
  CHECK(old_b->base()[kMetaOffset + 8] == std::byte{5});
  CHECK(fresh->base()[kMetaOffset + 8] == std::byte{0});
  CHECK(old_a->alive(old_b->me()));
  old_a.reset();
  old_b.reset();
  CHECK(name.exists());  // the last user of the old object leaves the new one alone
  REQUIRE_OK(open(name, opener));
  CHECK(opener->header().creation_id == fresh->header().creation_id);
  CHECK(opener->unlink_name().ok());
  opener->detach();
  CHECK(opener->unlink_name().code == Code::kClosed);
}

TEST_CASE("a corpse in the way of a creation counts as absent") {
  const Name name("corpse");
  Shared<Gate> made;
  Child child([&] {
    std::unique_ptr<Segment> segment;
    NEED(create(name, segment).ok());
    made->open();
    ::pause();
    return 0;
  });
  REQUIRE(made->await());
  std::unique_ptr<Segment> segment;
  CHECK(is_error(create(name, segment), EEXIST));
  child.kill();
  CHECK_OK(create(name, segment));
  CHECK(segment->me().generation == 1);
}
