#include "waiting/departures.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>

#include "system/descriptor.h"
#include "waiting/doorbell.h"

namespace interproc {
namespace {

constexpr int kNone = -1;

struct Watched {
  int number;  // inotify's; the same for all that watch one file. kNone: it has ended
  std::uint64_t doorbell;
};

struct Watcher {
  std::mutex mutex;
  std::map<const void*, Watched> watched;
  int inotify = -1;  // opened once, for good: the thread reads it
};

// Never destroyed: the thread may outlive the end of main().
Watcher& watcher() {
  static auto* const everlasting = new Watcher;
  return *everlasting;
}

int watch_file(int inotify, int fd) {
  return ::inotify_add_watch(inotify, ("/proc/self/fd/" + std::to_string(fd)).c_str(), IN_CLOSE_WRITE);
}

// Calls `each` with every event that is there; false where there is none.
template <class Each>
bool read_events(int inotify, Each each) {
  std::byte buffer[4096];
  const ssize_t got = ::read(inotify, buffer, sizeof buffer);
  if (got <= 0) return false;
  std::span<const std::byte> rest(buffer, static_cast<std::size_t>(got));
  while (rest.size() >= sizeof(inotify_event)) {
    inotify_event event;
    std::memcpy(&event, rest.data(), sizeof event);
    each(event);
    rest = rest.subspan(std::min(rest.size(), sizeof event + event.len));
  }
  return true;
}

// Whether this kernel tells of the end of an open file in /dev/shm: tried, not assumed. It does so before close()
// returns.
bool tells(int inotify) {
  Descriptor file(::open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file || watch_file(inotify, file.get()) < 0) return false;
  file.reset(-1);
  bool told = false;
  while (read_events(inotify, [&](const inotify_event& event) { told |= (event.mask & IN_CLOSE_WRITE) != 0; })) {
  }
  return told;
}

void pass_on(Watcher& self) {
  std::set<std::uint64_t> doorbells;
  const std::lock_guard guard(self.mutex);
  read_events(self.inotify, [&](const inotify_event& event) {
    for (auto& [key, one] : self.watched) {
      // Where events were too many for the queue, anybody may have left.
      if (event.wd != one.number && (event.mask & IN_Q_OVERFLOW) == 0) continue;
      doorbells.insert(one.doorbell);
      // The watch ends with the last user of one of the file's names, though the file is still in use.
      if ((event.mask & IN_IGNORED) != 0) one.number = kNone;
    }
  });
  for (const std::uint64_t doorbell : doorbells) static_cast<void>(ring_doorbell(doorbell, kDepartureByte));
}

void* run(void*) {
  Watcher& self = watcher();
  pollfd news{self.inotify, POLLIN, 0};
  for (;;) {
    if (::poll(&news, 1, -1) > 0) pass_on(self);
  }
}

bool start(Watcher& self) {
  Descriptor inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify || !tells(inotify.get())) return false;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  // The process's signals are for its own threads.
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  bool running = false;
  self.inotify = inotify.release();  // before the thread, which reads it without the mutex
  if (pthread_attr_init(&attributes) == 0) {
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    running = pthread_create(&thread, &attributes, &run, nullptr) == 0;
    if (running) pthread_setname_np(thread, "interproc-ends");
    pthread_attr_destroy(&attributes);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!running) {
    ::close(self.inotify);
    self.inotify = -1;
  }
  return running;
}

}  // namespace

bool watch_departures(const void* key, int fd, std::uint64_t doorbell) {
  Watcher& self = watcher();
  const std::lock_guard guard(self.mutex);
  if (self.inotify < 0 && !start(self)) return false;
  const auto known = self.watched.find(key);
  if (known != self.watched.end() && known->second.number != kNone && known->second.doorbell == doorbell) return true;
  const int number = watch_file(self.inotify, fd);
  if (number < 0) return false;
  self.watched[key] = {number, doorbell};
  return true;
}

void unwatch_departures(const void* key) {
  Watcher& self = watcher();
  const std::lock_guard guard(self.mutex);
  const auto known = self.watched.find(key);
  if (known == self.watched.end()) return;
  const int number = known->second.number;
  self.watched.erase(known);
  const bool shared = std::any_of(self.watched.begin(), self.watched.end(),
                                  [&](const auto& entry) { return entry.second.number == number; });
  if (number != kNone && !shared) ::inotify_rm_watch(self.inotify, number);
}

}  // namespace interproc
