// Semaphore: a POSIX named semaphore for every program, and a segment that cleans up behind it.
#include <fcntl.h>
#include <semaphore.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "support.h"
#include "sync/named_semaphore.h"
#include "sync/post_watcher.h"
#include "waiting/doorbell.h"

using namespace test;

namespace {

std::unique_ptr<Semaphore> create(std::string_view name, std::uint32_t value, bool persist = false) {
  std::unique_ptr<Semaphore> semaphore;
  CreateOptions options;
  options.persist = persist;
  REQUIRE_OK(Semaphore::create(name, value, options, semaphore));
  return semaphore;
}
std::unique_ptr<Semaphore> open(std::string_view name) {
  std::unique_ptr<Semaphore> semaphore;
  REQUIRE_OK(Semaphore::open(name, semaphore));
  return semaphore;
}

bool has_file(std::string_view name) { return ::access(semaphore_path(name).c_str(), F_OK) == 0; }
bool has_segment(std::string_view name) { return ::access(segment_path(name).c_str(), F_OK) == 0; }

// As any program has it.
class Posix {
 public:
  Posix(std::string_view name, int flags, unsigned value = 0)
      : name_("/" + std::string(name)), semaphore_(::sem_open(name_.c_str(), flags, 0600, value)) {
    REQUIRE(semaphore_ != SEM_FAILED);
  }
  Posix(const Posix&) = delete;
  Posix& operator=(const Posix&) = delete;
  ~Posix() { ::sem_close(semaphore_); }
  void unlink() const { ::sem_unlink(name_.c_str()); }
  void post() const { REQUIRE(::sem_post(semaphore_) == 0); }
  [[nodiscard]] bool try_wait() const { return ::sem_trywait(semaphore_) == 0; }

 private:
  std::string name_;
  sem_t* semaphore_;
};

}  // namespace

TEST_CASE("a semaphore's permits are those of the C library's semaphore of that name") {
  const Name name("semaphore");
  {
    const auto ours = create(name, 2);
    const Posix theirs(name, 0);
    CHECK(theirs.try_wait());
    CHECK(ours->value() == 1);
    CHECK(ours->try_acquire());
    CHECK_FALSE(ours->try_acquire());
    CHECK_FALSE(theirs.try_wait());
    CHECK_OK(ours->release(2, false));
    theirs.post();
    CHECK(open(name)->value() == 3);
    std::unique_ptr<Semaphore> second;
    const Status again = Semaphore::create(name, 1, {}, second);
    CHECK(again.code == Code::kSystem);
    CHECK(again.error == EEXIST);
  }
  CHECK_FALSE(has_file(name));
}

TEST_CASE("a bounded release above the first value changes nothing") {
  const Name name("bounded");
  const auto a = create(name, 2), b = open(name);
  CHECK(a->release(1, true).code == Code::kAboveBound);
  CHECK(b->try_acquire());
  CHECK(b->release(2, true).code == Code::kAboveBound);
  CHECK(b->value() == 1);
  CHECK_OK(b->release(1, true));
  CHECK(a->value() == 2);
  const auto most = create(name.also(1), 0x7fffffff);
  CHECK(most->release(1, false).error == EOVERFLOW);
}

TEST_CASE("a permit that a blocked wait took is the next try's, or is given back by who leaves") {
  const Name name("taken");
  const auto a = create(name, 0), b = open(name);
  CHECK_FALSE(a->wait_for(Semaphore::kPermit, 0, kMillisecond));
  const auto wait_with_post = [&] {
    bool woken = false;
    Child poster([&] {
      sem_t* const raw = ::sem_open(("/" + std::string(std::string_view(name))).c_str(), 0);
      sleep_ms(5);
      return ::sem_post(raw) == 0 ? 0 : 1;
    });
    CHECK(eventually([&] { return woken = a->wait_for(Semaphore::kPermit, 0, kSlice); }));
    CHECK(poster.wait() == 0);
    return woken;
  };
  CHECK(wait_with_post());
  CHECK(a->try_acquire());
  CHECK_FALSE(a->try_acquire());
  CHECK(wait_with_post());
  a->leave(Leaving::kFailing);
  CHECK(b->value() == 1);
  CHECK(b->try_acquire());
  CHECK_FALSE(a->try_acquire());
}

TEST_CASE("another program's semaphore is used, and left where it is") {
  const Name name("foreign");
  const Posix theirs(name, O_CREAT | O_EXCL, 3);
  {
    const auto a = open(name), b = open(name);
    CHECK(a->foreign());
    CHECK(has_segment(name));
    CHECK(a->try_acquire());
    CHECK(b->value() == 2);
    std::unique_ptr<Semaphore> second;
    CHECK(Semaphore::create(name, 1, {}, second).error == EEXIST);
  }
  CHECK(has_file(name));
  CHECK_FALSE(has_segment(name));
  {
    const auto a = open(name);
    // Its maker makes it anew: the segment stands beside nothing any more.
    theirs.unlink();
    std::unique_ptr<Semaphore> none;
    CHECK(Semaphore::open(name, none).error == ENOENT);
    const Posix renewed(name, O_CREAT | O_EXCL, 7);
    CHECK(open(name)->value() == 7);
    CHECK(a->value() == 2);
  }
  CHECK(has_file(name));
  CHECK_OK(Semaphore::unlink(name));
  CHECK_FALSE(has_file(name));
  CHECK(Semaphore::unlink(name).error == ENOENT);
}

TEST_CASE("a semaphore that took the name of ours is not removed with ours") {
  const Name name("usurped");
  auto ours = create(name, 1);
  ::unlink(semaphore_path(name).c_str());
  const Posix theirs(name, O_CREAT | O_EXCL, 1);
  SUBCASE("by the last one out") { ours.reset(); }
  SUBCASE("by removing the segment") { CHECK_OK(ours->segment().unlink_name()); }
  SUBCASE("by making a new one, which is refused") {
    std::unique_ptr<Semaphore> none;
    CHECK(Semaphore::create(name, 1, {}, none).error == EEXIST);
  }
  CHECK(has_file(name));
  theirs.unlink();
}

TEST_CASE("a creator killed anywhere leaves nothing that a sweep, or the next creator, does not remove") {
  for (const char* point : {"create.publish", "create.published", "semaphore.unnamed", "semaphore.published"}) {
    CAPTURE(point);
    for (const bool persist : {false, true}) {
      CAPTURE(persist);
      const Name name("semaphore-crash");
      Child creator([&] {
        ::setenv("INTERPROC_CRASH", point, 1);
        std::unique_ptr<Semaphore> semaphore;
        CreateOptions options;
        options.persist = persist;
        static_cast<void>(Semaphore::create(name, 1, options, semaphore));
        return 0;
      });
      CHECK(creator.wait() == -SIGKILL);
      std::unique_ptr<Semaphore> found;
      const Status opened = Semaphore::open(name, found);
      // Persistent and named: complete but for one word, which says so. Nobody can know that; it counts as absent.
      CHECK_FALSE(opened.ok());
      if (!persist) sweep();
      CHECK((persist || !has_segment(name)));
      CHECK((persist || !has_file(name)));
      create(name, 2, persist).reset();
      CHECK(has_file(name) == persist);
      if (persist) CHECK_OK(Semaphore::unlink(name));
      CHECK_FALSE(has_file(name));
      CHECK_FALSE(has_segment(name));
    }
  }
}

TEST_CASE("a process killed while it releases holds nobody up, and posts no more than it said") {
  for (const char* point : {"semaphore.looked", "semaphore.posted"}) {
    CAPTURE(point);
    const Name name("release-crash");
    Shared<Gate> ready;
    Child releaser([&] {
      NEED(ready->await());
      std::unique_ptr<Semaphore> semaphore;
      NEED(Semaphore::open(name, semaphore).ok());
      ::setenv("INTERPROC_CRASH", point, 1);
      static_cast<void>(semaphore->release(2, true));
      return 0;
    });
    const auto semaphore = create(name, 3);
    for (int taken = 0; taken < 3; ++taken) REQUIRE(semaphore->try_acquire());
    ready->open();
    CHECK(releaser.wait() == -SIGKILL);
    const std::uint32_t posted = semaphore->value();
    CHECK(posted == (std::string_view(point) == "semaphore.posted" ? 1 : 0));
    CHECK_OK(semaphore->release(3 - posted, true));
    CHECK(semaphore->release(1, true).code == Code::kAboveBound);
  }
}

TEST_CASE("a bounded release looks and posts under one lock") {
  const Name name("post-lock");
  Shared<Gate> ready, done;
  Child releaser([&] {
    NEED(ready->await());
    std::unique_ptr<Semaphore> semaphore;
    NEED(Semaphore::open(name, semaphore).ok());
    NEED(semaphore->release(1, true).ok());
    done->open();
    return 0;
  });
  const auto semaphore = create(name, 1);
  REQUIRE(semaphore->try_acquire());
  OwnedLock lock(semaphore->segment(), semaphore->segment().body<ipc_semaphore>().post_lock);
  REQUIRE(lock.try_acquire(false) == Acquired::kYes);
  ready->open();
  CHECK_FALSE(done->await(1, 0.2));
  CHECK(semaphore->value() == 0);
  CHECK_OK(lock.release());
  CHECK(releaser.wait() == 0);
  CHECK(semaphore->value() == 1);
}

TEST_CASE("releases that race never raise a bounded semaphore above its bound") {
  constexpr int kEach = 20'000;
  const Name name("race");
  Shared<Gate> ready;
  const auto body = [&] {
    NEED(ready->await());
    std::unique_ptr<Semaphore> semaphore;
    NEED(Semaphore::open(name, semaphore).ok());
    for (int i = 0; i < kEach; ++i) {
      const Status released = semaphore->release(1, true);
      NEED((released.ok() || released.code == Code::kAboveBound));
      NEED(semaphore->value() <= 2);
      if (i % 2 == 0) static_cast<void>(semaphore->try_acquire());
    }
    return 0;
  };
  Child a(body), b(body);
  const auto semaphore = create(name, 2);
  ready->open();
  CHECK(a.wait() == 0);
  CHECK(b.wait() == 0);
  CHECK(semaphore->value() <= 2);
}

TEST_CASE("a sleeping loop's doorbell is rung for a post of another program, and not once it is awake") {
  const Name name("watched");
  const auto semaphore = create(name, 0);
  const Posix theirs(name, 0);
  Doorbell doorbell;
  REQUIRE_OK(doorbell.create());
  const int fd = doorbell.release_descriptor();
  const auto rung = [&] {
    char byte;
    return ::read(fd, &byte, 1) == 1;
  };
  semaphore->loop_sleeps(doorbell.number());
  sleep_ms(20);
  CHECK_FALSE(rung());
  theirs.post();
  CHECK(eventually(rung, 2));
  sleep_ms(250);
  CHECK_FALSE(rung());  // once
  CHECK(semaphore->value() == 1);
  semaphore->loop_sleeps(doorbell.number());
  CHECK(eventually(rung, 2));
  CHECK(semaphore->try_acquire());
  semaphore->loop_sleeps(doorbell.number());
  semaphore->loop_wakes();
  theirs.post();
  sleep_ms(20);
  CHECK_FALSE(rung());
  ::close(fd);
}
