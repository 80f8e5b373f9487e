// A FIFO of one's own that others ring: once is enough, full is enough, dead is noticed.
#include "waiting/doorbell.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "support.h"
#include "system/descriptor.h"
#include "waiting/wait.h"

using namespace test;

namespace {

std::string path_of(std::uint64_t number) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  return "/dev/shm/" + std::string(kDoorbellPrefix) + digits;
}

bool exists(const std::string& path) {
  struct stat about {};
  return ::lstat(path.c_str(), &about) == 0;
}

int read_all(int fd) {
  char bytes[4096];
  int total = 0;
  for (ssize_t got; (got = ::read(fd, bytes, sizeof bytes)) > 0;) total += static_cast<int>(got);
  return total;
}

}  // namespace

TEST_CASE("a ring is one byte to read for the owner") {
  Doorbell bell;
  REQUIRE_OK(bell.create());
  CHECK(bell.number() != 0);
  CHECK(exists(path_of(bell.number())));
  const std::uint64_t number = bell.number();
  CHECK_OK(bell.create());  // again: the same one
  CHECK(bell.number() == number);
  const Descriptor reader(bell.release_descriptor());
  REQUIRE(reader);
  CHECK(read_all(reader.get()) == 0);
  CHECK(errno == EAGAIN);
  CHECK(ring_doorbell(number));
  CHECK(ring_doorbell(number));
  CHECK(read_all(reader.get()) == 2);
}

TEST_CASE("a full doorbell counts as rung and blocks nobody") {
  Doorbell bell;
  REQUIRE_OK(bell.create());
  const Descriptor reader(bell.release_descriptor());
  int rung = 0;
  while (rung < 200'000 && ring_doorbell(bell.number())) ++rung;
  CHECK(rung == 200'000);
  CHECK(read_all(reader.get()) < 200'000);
  CHECK(ring_doorbell(bell.number()));
  CHECK(read_all(reader.get()) == 1);
}

TEST_CASE("a doorbell without an owner is not rung, also when it was rung before") {
  Doorbell bell;
  REQUIRE_OK(bell.create());
  const std::uint64_t number = bell.number();
  CHECK(ring_doorbell(number));
  bell.close();
  CHECK_FALSE(exists(path_of(number)));
  CHECK_FALSE(ring_doorbell(number));
  CHECK_FALSE(ring_doorbell(number));
  CHECK_FALSE(ring_doorbell(0));
  CHECK_FALSE(ring_doorbell(number + 1));
  bell.close();
  CHECK_OK(bell.create());
  CHECK(ring_doorbell(bell.number()));
}

TEST_CASE("what is no FIFO is neither written to nor followed") {
  constexpr std::uint64_t kNumber = 0xabcdef0000000001;
  const std::string path = path_of(kNumber);
  ::unlink(path.c_str());
  {
    const Descriptor file(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    REQUIRE(file);
  }
  CHECK_FALSE(ring_doorbell(kNumber));
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  CHECK(about.st_size == 0);
  sweep();
  CHECK(exists(path));
  ::unlink(path.c_str());
  Doorbell bell;
  REQUIRE_OK(bell.create());
  REQUIRE(::symlink(path_of(bell.number()).c_str(), path.c_str()) == 0);
  CHECK_FALSE(ring_doorbell(kNumber));
  ::unlink(path.c_str());
}

TEST_CASE("ringing a dead owner's doorbell ends no program that leaves SIGPIPE at its default") {
  Shared<std::atomic<std::uint64_t>> number;
  Shared<Gate> made, rung;
  Child owner([&] {
    Doorbell bell;
    NEED(bell.create().ok());
    *number = bell.number();
    made->open();
    ::pause();
    return 0;
  });
  Child ringer([&] {
    ::signal(SIGPIPE, SIG_DFL);
    NEED(made->await());
    NEED(ring_doorbell(*number));
    rung->open(1);
    NEED(rung->await(2));
    NEED(!ring_doorbell(*number));
    sigset_t pending;
    ::sigpending(&pending);
    NEED(::sigismember(&pending, SIGPIPE) == 0);
    return 0;
  });
  REQUIRE(rung->await());
  owner.kill();
  CHECK(exists(path_of(*number)));
  rung->open(2);
  CHECK(ringer.wait() == 0);
  sweep();
  CHECK_FALSE(exists(path_of(*number)));
}

TEST_CASE("a sweep leaves living doorbells alone") {
  Doorbell bell;
  REQUIRE_OK(bell.create());
  sweep();
  CHECK(exists(path_of(bell.number())));
  CHECK(ring_doorbell(bell.number()));
}

TEST_CASE("doorbells can be made while others sweep") {
  Shared<Gate> stop;
  Child sweeper([&] {
    while (stop->passed == 0) sweep();
    return 0;
  });
  for (int i = 0; i < 300; ++i) {
    Doorbell bell;
    REQUIRE_OK(bell.create());
    CHECK(ring_doorbell(bell.number()));
  }
  stop->open();
  CHECK(sweeper.wait() == 0);
}

TEST_CASE("a waker rings the doorbell of a participant that sleeps by it") {
  const Name name("by-bell");
  std::unique_ptr<Queue> queue, sleeper;
  REQUIRE_OK(Queue::create(name, {4096, 0, 0}, {}, queue));
  REQUIRE_OK(Queue::open(name, sleeper));
  Doorbell bell;
  REQUIRE_OK(bell.create());
  const Descriptor reader(bell.release_descriptor());
  ipc_participant& self = sleeper->segment().self();
  store_relaxed(self.doorbell, bell.number());
  store_relaxed(self.sleep_mode, std::uint32_t{IPC_SLEEP_DOORBELL});
  REQUIRE_OK(queue->put(text("nobody waits"), false));
  CHECK(read_all(reader.get()) == 0);
  announce(sleeper->segment(), *sleeper->waiters(Queue::kNotEmpty));
  REQUIRE_OK(queue->put(text("now"), false));
  CHECK(read_all(reader.get()) == 1);
  REQUIRE_OK(queue->put(text("once is enough"), false));
  CHECK(read_all(reader.get()) == 0);
}

TEST_CASE("a thread that listens is woken by a ring, though the first descriptor was given away") {
  Doorbell bell;
  REQUIRE_OK(bell.create());
  const Descriptor given_away(bell.release_descriptor());
  // A ring that came before, several of them: one look takes them all.
  for (int i = 0; i < 600; ++i) CHECK(ring_doorbell(bell.number()));
  const Nanoseconds start = monotonic_now();
  bell.listen(20'000 * kMillisecond);
  CHECK(monotonic_now() - start < 10'000 * kMillisecond);
  CHECK(read_all(given_away.get()) == 0);
  // Nobody rings: the limit ends it.
  const Nanoseconds silence = monotonic_now();
  bell.listen(30 * kMillisecond);
  CHECK(monotonic_now() - silence >= 29 * kMillisecond);
  // From another process, while this one sleeps.
  Child ringer([&] {
    ::usleep(50'000);
    return ring_doorbell(bell.number()) ? 0 : 1;
  });
  const Nanoseconds asleep = monotonic_now();
  bell.listen(20'000 * kMillisecond);
  CHECK(monotonic_now() - asleep < 10'000 * kMillisecond);
  CHECK(ringer.wait() == 0);
}
