// Memory whose file was truncated: no SIGBUS ends the process, and who asks is told.
#include "system/bus_guard.h"

#include <csignal>

#include "messages/queue.h"
#include "support.h"

using namespace test;

TEST_CASE("a queue whose file was truncated is damaged, and every call on it ends") {
  const Name name("truncated");
  Child child([&] {
    std::unique_ptr<Queue> queue;
    NEED(Queue::create(name, {1 << 16, 0, 0}, {}, queue).ok());
    NEED(queue->put(Bytes(100'000), false).ok());
    NEED(!queue->damaged());
    NEED(::ftruncate(queue->segment().fd(), 20'480) == 0);
    NEED(queue->damaged());  // by its size, before any access has failed
    Bytes into(1 << 17);
    std::uint64_t length = 0;
    for (int i = 0; i < 3; ++i) {
      static_cast<void>(queue->put(Bytes(1000), false));
      static_cast<void>(queue->put(Bytes(100'000), false));
      static_cast<void>(queue->get(into, length));
    }
    NEED(any_range_damaged());
    NEED(queue->damaged());
    return 0;
  });
  CHECK(child.wait() == 0);
}

TEST_CASE("SIGBUS of memory that is nobody's goes where it went before") {
  const Name name("elsewhere");
  Child child([&] {
    std::unique_ptr<Queue> queue;
    NEED(Queue::create(name, {4096, 0, 0}, {}, queue).ok());
    void* at = ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, queue->segment().fd(), 1 << 20);
    NEED(at != MAP_FAILED);
    static_cast<volatile char*>(at)[0] = 1;  // behind the end of the file, and no range of ours
    return 0;
  });
  // A sanitizer handles it first, reports, and exits.
  const int ended = child.wait();
  CHECK((ended == -SIGBUS || ended > 0));
  // The child died without unlinking.
  sweep();
}
