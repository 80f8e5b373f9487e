// What the dead leave goes; what lives or persists stays. Also with everybody doing everything at once.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "support.h"
#include "sync/mutex.h"

using namespace test;

namespace {

constexpr std::uint64_t kSize = IPC_BODY_OFFSET + 8192;

Status create(std::string_view name, std::unique_ptr<Segment>& out, bool persist = false) {
  SegmentPlan plan;
  plan.kind = IPC_KIND_CELL;
  plan.persist = persist;
  plan.total_size = kSize;
  plan.meta = "whole";
  plan.meta_offset = kSize - 64;
  // Not zero anywhere, so that a half-made body would show.
  const auto fill = [](std::byte* base) { std::memset(base + IPC_BODY_OFFSET, 0x5a, kSize - 64 - IPC_BODY_OFFSET); };
  return Segment::create(name, plan, fill, out);
}

bool whole(const Segment& segment) {
  for (std::uint64_t at = IPC_BODY_OFFSET; at < kSize - 64; ++at) {
    if (segment.base()[at] != std::byte{0x5a}) return false;
  }
  return segment.meta() == "whole";
}

// A child that holds the segment until it is killed.
struct Holder {
  explicit Holder(std::string_view name, bool persist = false)
      : child([this, name, persist] {
          NEED(create(name, segment, persist).ok());
          ready->open();
          ::pause();
          return 0;
        }) {
    REQUIRE(ready->await());
  }
  Shared<Gate> ready;
  std::unique_ptr<Segment> segment;
  Child child;
};

}  // namespace

TEST_CASE("a killed process's segment is removed by a sweep, a living one's never") {
  const Name dead("dead"), living("living"), kept("kept");
  Holder a(dead), b(living), c(kept, true);
  sweep();
  CHECK(dead.exists());
  CHECK(living.exists());
  CHECK(kept.exists());
  a.child.kill();
  c.child.kill();
  sweep();
  CHECK_FALSE(dead.exists());
  CHECK(living.exists());
  CHECK(kept.exists());
  b.child.signal(SIGSTOP);
  sweep();
  CHECK(living.exists());  // stopped is not dead
  b.child.kill();
  sweep();
  CHECK_FALSE(living.exists());
  CHECK_OK(Segment::unlink(kept));
}

TEST_CASE("opening a killed process's segment removes it and reports it absent") {
  const Name name("corpse");
  Holder holder(name);
  holder.child.kill();
  std::unique_ptr<Segment> segment;
  const Status opened = Segment::open(name, IPC_KIND_CELL, segment);
  CHECK(opened.error == ENOENT);
  CHECK_FALSE(name.exists());
}

TEST_CASE("a survivor keeps the segment that its creator died on") {
  const Name name("survivor");
  std::unique_ptr<Segment> survivor;
  Holder holder(name);
  REQUIRE_OK(Segment::open(name, IPC_KIND_CELL, survivor));
  holder.child.kill();
  sweep();
  CHECK(name.exists());
  CHECK_FALSE(survivor->alive(kCreator));
  CHECK(survivor->alive(survivor->me()));
  survivor.reset();
  CHECK_FALSE(name.exists());
}

TEST_CASE("a truncated segment without users is a corpse") {
  const Name name("cut");
  Holder holder(name);
  REQUIRE(::truncate(name.path().c_str(), 4096) == 0);
  sweep();
  CHECK(name.exists());
  holder.child.kill();
  sweep();
  CHECK_FALSE(name.exists());
}

TEST_CASE("a segment cut off within its header may be one that persists: only a sweep of those takes it") {
  for (const off_t size : {off_t{sizeof ipc_header::magic}, off_t{sizeof(ipc_header) - 1}}) {
    const Name name("cut-header");
    Holder holder(name);
    REQUIRE(::truncate(name.path().c_str(), size) == 0);
    holder.child.kill();
    sweep();
    CHECK(name.exists());
    SweepOptions all;
    all.persistent = true;
    sweep(all);
    CHECK_FALSE(name.exists());
  }
}

TEST_CASE(
    "in a storm of creations, attachments, removals and deaths nobody sees a half-made segment and nothing stays") {
  const Name name("storm");
  struct Tally {
    Gate start;
    std::atomic<int> created{0}, opened{0}, unlinked{0}, broken{0}, unexpected{0};
  };
  Shared<Tally> tally;
  const auto churn = [&](std::uint64_t seed) {
    Random random(seed);
    NEED(tally->start.await());
    const Nanoseconds end = monotonic_now() + 1200 * kMillisecond;
    std::array<std::unique_ptr<Segment>, 4> held;
    while (monotonic_now() < end) {
      const std::string which = name.also(static_cast<int>(random.below(2)));
      std::unique_ptr<Segment>& mine = held[random.below(held.size())];
      const std::uint64_t action = random.below(16);
      Status s;
      if (action < 5) {
        mine.reset();
        s = create(which, mine);
        if (s.ok()) tally->created++;
      } else if (action < 11) {
        mine.reset();
        s = Segment::open(which, IPC_KIND_CELL, mine);
        if (s.ok()) tally->opened++;
      } else if (action < 14) {
        mine.reset();
      } else if (action < 15) {
        s = Segment::unlink(which);
        if (s.ok()) tally->unlinked++;
      } else {
        sweep();
      }
      if (mine != nullptr && !whole(*mine)) tally->broken++;
      if (!s.ok() && s.error != EEXIST && s.error != ENOENT) {
        std::fprintf(stderr, "storm: code %d error %d %s\n", static_cast<int>(s.code), s.error, s.call);
        tally->unexpected++;
      }
    }
    return 0;
  };
  {
    // Alive all the time under a name that nobody unlinks.
    std::vector<std::unique_ptr<Child>> children;
    for (std::uint64_t i = 0; i < 5; ++i) children.push_back(std::make_unique<Child>([&, i] { return churn(i); }));
    std::unique_ptr<Segment> steady;
    REQUIRE_OK(create(name.also(7), steady));
    tally->start.open();
    sleep_ms(400);
    children[0]->kill();
    sleep_ms(300);
    children[1]->kill();
    for (std::size_t i = 2; i < children.size(); ++i) CHECK(children[i]->wait() == 0);
    sweep();
    CHECK(steady->names_this_object());
    CHECK(whole(*steady));
  }
  sweep();
  CHECK(files_with(std::string(std::string_view(name))).empty());
  CHECK(tally->broken == 0);
  CHECK(tally->unexpected == 0);
  CHECK(tally->created > 20);
  CHECK(tally->opened > 20);
  CHECK(tally->unlinked > 5);
}

TEST_CASE("a process that was stopped holding the admin lock is reported, not waited for without end") {
  const Name name("admin");
  Shared<Gate> ready;
  Child child([&] {
    std::unique_ptr<Mutex> mutex;
    NEED(Mutex::create(name, {}, mutex).ok());
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = IPC_LOCK_ADMIN;
    range.l_len = 1;
    NEED(::fcntl(mutex->segment().fd(), F_OFD_SETLK, &range) == 0);
    ready->open();
    ::pause();
    return 0;
  });
  REQUIRE(ready->await());
  std::unique_ptr<Mutex> opener;
  const Nanoseconds before = monotonic_now();
  CHECK(Mutex::open(name, opener).code == Code::kAdminBusy);
  const Nanoseconds took = monotonic_now() - before;
  CHECK(took >= 1900 * kMillisecond);
  CHECK(took < 10'000 * kMillisecond);
  child.kill();
  CHECK(Mutex::open(name, opener).error == ENOENT);
}
