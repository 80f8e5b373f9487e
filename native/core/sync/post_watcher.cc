#include "sync/post_watcher.h"

#include <pthread.h>
#include <csignal>

#include <algorithm>
#include <mutex>
#include <vector>

#include "system/atomic.h"
#include "system/crash_point.h"
#include "system/futex.h"
#include "waiting/doorbell.h"

namespace interproc {
namespace {

constexpr Nanoseconds kShortestLook = 100 * kMicrosecond;
constexpr Nanoseconds kLinger = 100 * kMillisecond;

struct Watched {
  const void* key;
  std::shared_ptr<SemaphoreFile> file;
  std::uint64_t doorbell;
  bool rung;
};

struct Watcher {
  std::mutex mutex;
  std::vector<Watched> watched;
  bool running = false;
  std::uint32_t changes = 0;  // futex word: the thread sleeps on it
};

// Never destroyed: the thread may outlive the end of main().
Watcher*& everlasting() {
  static auto* watcher = new Watcher;
  return watcher;
}

Watcher& watcher() { return *everlasting(); }

// Whether any semaphore is still to be looked at.
bool look(Watcher& self) {
  bool more = false;
  for (Watched& one : self.watched) {
    if (one.rung) continue;
    if (one.file->value() > 0) {
      one.rung = true;
      INTERPROC_CRASH_POINT("posts.seen");
      static_cast<void>(ring_doorbell(one.doorbell));
    } else {
      more = true;
    }
  }
  return more;
}

void* run(void*) {
  Watcher& self = watcher();
  Nanoseconds pause = kShortestLook;
  std::uint32_t seen = load_acquire(self.changes);
  for (;;) {
    bool more;
    {
      const std::lock_guard guard(self.mutex);
      more = look(self);
    }
    futex_wait(self.changes, seen, more ? pause : kLinger);
    const std::uint32_t now = load_acquire(self.changes);
    if (now != seen) {
      seen = now;
      pause = kShortestLook;
      continue;
    }
    pause = std::min(kLongestLook, pause + pause / 2);
    if (more) continue;
    const std::lock_guard guard(self.mutex);
    if (load_acquire(self.changes) != seen || !self.watched.empty()) continue;
    self.running = false;
    return nullptr;
  }
}

// Without a thread the loops still look by themselves, every 50 ms.
void start(Watcher& self) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  // The process's signals are for its own threads.
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) == 0) {
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    self.running = pthread_create(&thread, &attributes, &run, nullptr) == 0;
    if (self.running) pthread_setname_np(thread, "interproc-posts");
    pthread_attr_destroy(&attributes);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

void watch_posts(const void* key, std::shared_ptr<SemaphoreFile> file, std::uint64_t doorbell) {
  Watcher& self = watcher();
  const std::lock_guard guard(self.mutex);
  const auto known =
      std::find_if(self.watched.begin(), self.watched.end(), [&](const Watched& one) { return one.key == key; });
  Watched fresh{key, std::move(file), doorbell, false};
  if (known == self.watched.end()) {
    self.watched.push_back(std::move(fresh));
  } else {
    *known = std::move(fresh);
  }
  atomic(self.changes).fetch_add(1, std::memory_order_release);
  if (self.running) {
    futex_wake(self.changes, 1);
  } else {
    start(self);
  }
}

void forget_posts_after_fork() { everlasting() = new Watcher; }

void unwatch_posts(const void* key) {
  Watcher& self = watcher();
  const std::lock_guard guard(self.mutex);
  std::erase_if(self.watched, [&](const Watched& one) { return one.key == key; });
}

}  // namespace interproc
