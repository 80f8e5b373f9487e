// Whatever stands in a semaphore's file or a condition's words: no crash, no call without end.
#include <fcntl.h>
#include <sys/mman.h>

#include <atomic>
#include <thread>

#include "support.h"
#include "sync/condition.h"
#include "sync/named_semaphore.h"

using namespace test;

#if defined(__GLIBC__) && UINTPTR_MAX == UINT64_MAX
TEST_CASE("what stands behind a semaphore's permits ends no process, on a post or in a wait") {
  const Name name("flags");
  // In a child: where the C library believes the word, it aborts.
  Child child([&] {
    std::unique_ptr<Semaphore> semaphore;
    NEED(Semaphore::create(name, 0, {}, semaphore).ok());
    const int fd = ::open(semaphore_path(name).c_str(), O_RDWR | O_CLOEXEC);
    NEED(fd >= 0);
    void* at = ::mmap(nullptr, sizeof(sem_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    NEED(at != MAP_FAILED);
    auto* words = static_cast<std::uint32_t*>(at);
    for (unsigned bit = 0; bit < 32; ++bit) {
      store_relaxed(words[2], 1u << bit);
      store_relaxed(words[1], 1u);  // somebody waits, so that a post makes its system call
      store_relaxed(words[0], 0u);
      semaphore->wait_for(Semaphore::kPermit, 0, kMicrosecond);
      NEED(!semaphore->try_acquire());
      NEED(semaphore->release(1, false).ok());
      NEED(semaphore->value() == 1);
      NEED(semaphore->try_acquire());
    }
    // No permits beyond what a semaphore can have are believed either.
    store_relaxed(words[0], UINT32_MAX);
    NEED(semaphore->value() == SEM_VALUE_MAX);
    NEED(semaphore->release(1, false).error == EOVERFLOW);
    ::munmap(at, sizeof(sem_t));
    ::close(fd);
    return 0;
  });
  CHECK(child.wait() == 0);
}
#endif

TEST_CASE("a participant that never stops announcing waits does not keep its notifier") {
  const Name name("greedy");
  std::unique_ptr<ConditionVariable> notifier, greedy;
  REQUIRE_OK(ConditionVariable::create(name, {}, notifier));
  REQUIRE_OK(ConditionVariable::open(name, greedy));
  std::uint64_t& word = greedy->segment().body<ipc_condition>().waits[greedy->segment().me().slot];
  const std::uint64_t waiting = std::uint64_t{greedy->segment().me().generation} << 32 | 0xffff;
  std::atomic<bool> stop{false};
  std::thread announcer([&] {
    while (!stop) store_relaxed(word, waiting);
  });
  REQUIRE(eventually([&] { return load_relaxed(word) == waiting; }));
  const Nanoseconds before = monotonic_now();
  for (int i = 0; i < 20; ++i) notifier->notify(UINT32_MAX);
  const Nanoseconds took = monotonic_now() - before;
  stop = true;
  announcer.join();
  CHECK(took < 5'000 * kMillisecond);
}
