#include "waiting/doorbell.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>

#include "system/crash_point.h"

namespace interproc {
namespace {

std::string doorbell_path(std::uint64_t number, const char* suffix) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return "/dev/shm/" + std::string(kDoorbellPrefix) + text + suffix;
}

// Writing to a FIFO without readers raises SIGPIPE, which would end a program that does not expect it. Node ignores the
// signal; a program in another language may not, so it is held back for the moment and taken off the thread again.
class SigpipeGuard {
 public:
  SigpipeGuard() {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before_);
  }
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;
  void discard() const {
    if (was_pending_) return;
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    const timespec now{};
    while (sigtimedwait(&pipe, nullptr, &now) == -1 && errno == EINTR) {
    }
  }
  ~SigpipeGuard() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
  bool was_pending_ = false;
};

bool sigpipe_ignored() {
  struct sigaction now {};
  return sigaction(SIGPIPE, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_IGN;
}

bool write_byte(int fd, char byte) {
  for (;;) {
    if (::write(fd, &byte, 1) == 1) return true;
    if (errno == EAGAIN) return true;
    if (errno != EINTR) return false;
  }
}

bool ring(int fd, char byte) {
  if (sigpipe_ignored()) return write_byte(fd, byte);
  const SigpipeGuard guard;
  const bool rung = write_byte(fd, byte);
  if (!rung) guard.discard();
  return rung;
}

void empty(int fd) {
  char rung[256];
  while (::read(fd, rung, sizeof rung) == static_cast<ssize_t>(sizeof rung)) {
  }
}

int open_doorbell(std::uint64_t number) {
  const int fd = ::open(doorbell_path(number, "").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -1;
  struct stat about {};
  if (::fstat(fd, &about) == 0 && S_ISFIFO(about.st_mode) && about.st_uid == ::geteuid()) return fd;
  ::close(fd);
  return -1;
}

// Recently rung FIFOs of this thread.
class DoorbellCache {
 public:
  DoorbellCache() = default;
  DoorbellCache(const DoorbellCache&) = delete;
  DoorbellCache& operator=(const DoorbellCache&) = delete;
  ~DoorbellCache() {
    for (Entry& entry : entries_) drop(entry);
  }
  bool ring_number(std::uint64_t number, char byte) {
    Entry& entry = entries_[number % entries_.size()];
    if (entry.number != number) {
      drop(entry);
      const int fd = open_doorbell(number);
      if (fd < 0) return false;
      entry = {number, fd};
    }
    if (ring(entry.fd, byte)) return true;
    drop(entry);
    return false;
  }

 private:
  struct Entry {
    std::uint64_t number = 0;
    int fd = -1;
  };
  static void drop(Entry& entry) {
    if (entry.fd >= 0) ::close(entry.fd);
    entry = {};
  }
  std::array<Entry, 32> entries_{};
};

}  // namespace

Status Doorbell::create() {
  if (number_ != 0) return {};
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::uint64_t number = 0;
    if (::getrandom(&number, sizeof number, 0) < 0) return Status::system(errno, "getrandom");
    if (number == 0) continue;
    const std::string unborn = doorbell_path(number, "n");
    if (::mkfifo(unborn.c_str(), 0600) != 0) {
      if (errno == EEXIST) continue;
      return Status::system(errno, "mkfifo");
    }
    INTERPROC_CRASH_POINT("doorbell.made");
    // A umask may have taken our own rights from it. Nobody else can put another file in its place: /dev/shm is sticky.
    static_cast<void>(::chmod(unborn.c_str(), 0600));
    fd_ = ::open(unborn.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    const int error = errno;
    INTERPROC_CRASH_POINT("doorbell.opened");
    // Only an open FIFO gets its final name; a sweeper that removed the unborn one makes us start over.
    if (fd_ >= 0 && ::rename(unborn.c_str(), doorbell_path(number, "").c_str()) == 0) {
      number_ = number;
      INTERPROC_CRASH_POINT("doorbell.named");
      return {};
    }
    const bool swept = fd_ < 0 ? error == ENOENT : errno == ENOENT;
    const int why = fd_ < 0 ? error : errno;
    ::unlink(unborn.c_str());
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    if (!swept) return Status::system(why, "rename");
  }
  return Status::system(EEXIST, "mkfifo");
}

void Doorbell::close() {
  if (number_ != 0) {
    ::unlink(doorbell_path(number_, "").c_str());
    INTERPROC_CRASH_POINT("doorbell.unlinked");
  }
  if (fd_ >= 0) ::close(fd_);
  if (ear_ >= 0) ::close(ear_);
  number_ = 0;
  fd_ = ear_ = -1;
}

void Doorbell::disown() {
  if (fd_ >= 0) ::close(fd_);
  if (ear_ >= 0) ::close(ear_);
  number_ = 0;
  fd_ = ear_ = -1;
}

void Doorbell::drain() { empty(fd_); }

int Doorbell::release_descriptor() {
  const int fd = fd_;
  fd_ = -1;
  return fd;
}

bool Doorbell::listen(Nanoseconds limit) {
  if (number_ != 0 && ear_ < 0)
    ear_ = ::open(doorbell_path(number_, "").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  timespec most{};
  most.tv_sec = static_cast<std::time_t>(limit / 1'000'000'000);
  most.tv_nsec = static_cast<long>(limit % 1'000'000'000);
  // Without a descriptor this sleeps its time: the caller looks again after every slice.
  pollfd ear{ear_, POLLIN, 0};
  if (::ppoll(&ear, 1, &most, nullptr) <= 0) return false;
  empty(ear_);
  return true;
}

bool ring_doorbell(std::uint64_t number, char byte) {
  static thread_local DoorbellCache cache;
  return number != 0 && cache.ring_number(number, byte);
}

}  // namespace interproc
