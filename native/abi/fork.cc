// The registry's one instance, and what becomes of it in a forked child.
#include <pthread.h>

#include <cstdlib>

#include "sync/post_watcher.h"
#include "thread.h"

namespace interproc::abi {
namespace {

void before_fork() {
  registry().opening->lock();
  registry().mutex.lock();
}
void in_parent() {
  registry().mutex.unlock();
  registry().opening->unlock();
}

// The child's only thread. Nothing is taken down: what is in shared memory is the parent's.
void in_child() {
  Registry& all = registry();
  each_open(all, [](Entry& entry, std::size_t) {
    const std::uint64_t word = entry.word.load(std::memory_order_relaxed);
    entry.word.store((word & ~std::uint64_t{3}) | kForked, std::memory_order_relaxed);
  });
  // Leaked on purpose: memory that the child has pointers to stays mapped.
  auto* inherited = new std::vector<std::shared_ptr<Record>>(std::move(all.records));
  for (const auto& record : *inherited) {
    for (const auto& seat : record->seats) {
      if (seat->object) seat->object->segment().disown();
    }
    if (record->pipe) record->pipe->segment().disown();
    if (record->lender) record->lender->segment().disown();
    if (record->memory) record->memory->disown();
  }
  all.records.clear();
  Thread& mine = thread();
  mine.forget_everything();
  for (Thread* other : all.threads) {
    if (other != &mine) other->bell.disown();
  }
  all.threads.assign(1, &mine);
  forget_posts_after_fork();
  // A recursive one belongs to a thread, which is another one here by its number.
  all.opening = new std::recursive_mutex;
  all.mutex.unlock();
}

}  // namespace

Registry& registry() {
  // Never destroyed: threads may outlive the end of main().
  static Registry* const everlasting = [] {
    ::pthread_atfork(&before_fork, &in_parent, &in_child);
    std::atexit([] { close_all(Leaving::kOrderly); });
    return new Registry;
  }();
  return *everlasting;
}

}  // namespace interproc::abi
