#include "sync/mutex.h"

#include "system/atomic.h"
#include "system/clock.h"

namespace interproc {

Acquired PublicLock::try_acquire(bool recursive, bool ask_kernel) {
  const Acquired got = lock_.try_acquire(ask_kernel);
  ipc_owned_lock& shared = lock_.shared();
  if (got == Acquired::kMine && recursive) {
    // Only the owner writes the depth.
    store_relaxed(shared.depth, load_relaxed(shared.depth) + 1);
    INTERPROC_CRASH_POINT("lock.deeper");
    return Acquired::kYes;
  }
  if (got == Acquired::kYes || got == Acquired::kRecovered) {
    store_relaxed(shared.depth, std::uint32_t{1});
    // For people who look: nobody else reads it. Coarse, which costs a few nanoseconds and is a few milliseconds stale.
    store_relaxed(shared.acquired_at, static_cast<std::uint64_t>(read_clock(CLOCK_REALTIME_COARSE)));
    INTERPROC_CRASH_POINT("lock.held");
  }
  return got;
}

Status PublicLock::release() {
  if (!lock_.mine()) return {Code::kNotOwned};
  ipc_owned_lock& shared = lock_.shared();
  const std::uint32_t depth = load_relaxed(shared.depth);
  if (depth > 1) {
    store_relaxed(shared.depth, depth - 1);
    INTERPROC_CRASH_POINT("lock.shallower");
    return {};
  }
  // Before the word: the next holder's time is never the last one's.
  store_relaxed(shared.acquired_at, std::uint64_t{0});
  return lock_.release();
}

std::uint32_t PublicLock::depth() const { return lock_.mine() ? load_relaxed(lock_.shared().depth) : 0; }

void PublicLock::abandon() { static_cast<void>(lock_.release()); }

Status Mutex::create(std::string_view name, const CreateOptions& options, std::unique_ptr<Mutex>& out) {
  const std::uint64_t meta_offset = IPC_BODY_OFFSET + sizeof(ipc_lock);
  const std::uint64_t total = meta_offset + ((options.meta.size() + 7) & ~std::uint64_t{7});
  const SegmentPlan plan{IPC_KIND_LOCK, options.codec, options.persist, options.mode, total, options.meta, meta_offset};
  std::unique_ptr<Segment> segment;
  if (Status s = Segment::create(
          name, plan, [](std::byte*) {}, segment);
      !s.ok())
    return s;
  out.reset(new Mutex(std::move(segment)));
  return {};
}

Status Mutex::open(std::string_view name, std::unique_ptr<Mutex>& out) {
  std::unique_ptr<Segment> segment;
  if (Status s = Segment::open(name, IPC_KIND_LOCK, segment); !s.ok()) return s;
  return adopt(std::move(segment), out);
}

Status Mutex::adopt(std::unique_ptr<Segment> segment, std::unique_ptr<Mutex>& out) {
  if (segment->header().total_size < IPC_BODY_OFFSET + sizeof(ipc_lock)) return {Code::kTruncated};
  out.reset(new Mutex(std::move(segment)));
  out->forget_predecessor(*out->waiters(kFree));
  return {};
}

bool Mutex::ready(Condition, std::uint64_t, Look look) { return lock().obtainable(look == Look::kKernel); }

ipc_wait_set* Mutex::waiters(Condition) { return &segment_->body<ipc_lock>().lock.waiters; }

}  // namespace interproc
