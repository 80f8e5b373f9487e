#include "sync/named_semaphore.h"

#include <cerrno>
#include <climits>
#include <ctime>

#include "sync/permits.h"
#include "sync/post_watcher.h"
#include "system/atomic.h"
#include "system/crash_point.h"

namespace interproc {
namespace {

constexpr Nanoseconds kPatience = 2'000 * kMillisecond;

FileIdentity identity_in(const Segment& segment) {
  const auto& body = segment.body<ipc_semaphore>();
  return {load_relaxed(body.device), load_relaxed(body.inode)};
}

bool unfinished(const Segment& segment) {
  // Acquire: pairs with the creator's release once the file has its name.
  return load_acquire(segment.body<ipc_semaphore>().state) == IPC_SEMAPHORE_UNNAMED;
}

// A segment that stands beside nothing: its creator died on the way, or somebody removed the semaphore's name.
bool stale(const Segment& segment) {
  if (unfinished(segment)) return !segment.alive(kCreator);
  return !leads_to(segment.name(), identity_in(segment));
}

Status open_segment(std::string_view name, std::unique_ptr<Segment>& out) {
  const Nanoseconds deadline = monotonic_now() + kPatience;
  for (;;) {
    if (Status s = Segment::open(name, IPC_KIND_SEMAPHORE, out); !s.ok()) return s;
    if (out->header().total_size < IPC_BODY_OFFSET + sizeof(ipc_semaphore)) return {Code::kTruncated};
    if (!unfinished(*out) || !out->alive(kCreator)) return {};
    // Between two system calls of its creator. Detached meanwhile, so that the creator can be the last one out.
    out.reset();
    if (monotonic_now() > deadline) return {Code::kAdminBusy};
    const timespec pause{0, 100 * kMicrosecond};
    ::nanosleep(&pause, nullptr);
  }
}

bool is_error(Status status, int error) { return status.code == Code::kSystem && status.error == error; }

// Removes the name of a segment that stands beside nothing. Whether it did.
bool clear_away(std::string_view name) {
  std::unique_ptr<Segment> segment;
  if (!open_segment(name, segment).ok() || !stale(*segment)) return false;
  INTERPROC_CRASH_POINT("semaphore.stale");
  return segment->unlink_name().ok();
}

Status create_segment(std::string_view name, const SemaphoreFile& file, std::uint32_t value, std::uint32_t state,
                      const CreateOptions& options, std::unique_ptr<Segment>& out) {
  const SegmentPlan plan = plan_for<ipc_semaphore>(IPC_KIND_SEMAPHORE, options);
  const auto fill = [&](std::byte* base) {
    auto& body = *reinterpret_cast<ipc_semaphore*>(base + IPC_BODY_OFFSET);
    body.device = file.identity().device;
    body.inode = file.identity().inode;
    body.initial = value;
    body.state = state;
  };
  const Status made = Segment::create(name, plan, fill, out);
  if (!is_error(made, EEXIST) || !clear_away(name)) return made;
  return Segment::create(name, plan, fill, out);
}

}  // namespace

Status Semaphore::create(std::string_view name, std::uint32_t value, const CreateOptions& options,
                         std::unique_ptr<Semaphore>& out) {
  std::shared_ptr<SemaphoreFile> file;
  if (Status s = SemaphoreFile::make(value, options.mode, file); !s.ok()) return s;
  std::unique_ptr<Segment> segment;
  if (Status s = create_segment(name, *file, value, IPC_SEMAPHORE_UNNAMED, options, segment); !s.ok()) return s;
  INTERPROC_CRASH_POINT("semaphore.unnamed");
  if (Status s = file->publish(name); !s.ok()) {
    static_cast<void>(segment->unlink_name());  // a persistent one would stay
    return s;
  }
  INTERPROC_CRASH_POINT("semaphore.published");
  // Release: pairs with the acquire in unfinished().
  store_release(segment->body<ipc_semaphore>().state, static_cast<std::uint32_t>(IPC_SEMAPHORE_NAMED));
  INTERPROC_CRASH_POINT("semaphore.named");
  out.reset(new Semaphore(std::move(segment), std::move(file)));
  return {};
}

Status Semaphore::open(std::string_view name, std::unique_ptr<Semaphore>& out) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::unique_ptr<Segment> segment;
    const Status found = open_segment(name, segment);
    if (!found.ok() && !is_error(found, ENOENT)) return found;
    std::shared_ptr<SemaphoreFile> file;
    if (Status s = SemaphoreFile::open(name, file); !s.ok()) return s;
    if (segment && (unfinished(*segment) || identity_in(*segment) != file->identity())) {
      // It stood beside another file: what has the name now is another program's.
      if (stale(*segment)) static_cast<void>(segment->unlink_name());
      segment.reset();
      continue;
    }
    if (!segment) {
      const Status made = create_segment(name, *file, 0, IPC_SEMAPHORE_FOREIGN, {.meta = "{}"}, segment);
      if (is_error(made, EEXIST)) continue;
      if (!made.ok()) return made;
      INTERPROC_CRASH_POINT("semaphore.foreign");
      if (!leads_to(name, file->identity())) continue;
    }
    out = adopt(std::move(segment), std::move(file));
    return {};
  }
  return {Code::kAdminBusy};
}

std::unique_ptr<Semaphore> Semaphore::adopt(std::unique_ptr<Segment> segment, std::shared_ptr<SemaphoreFile> file) {
  std::unique_ptr<Semaphore> semaphore(new Semaphore(std::move(segment), std::move(file)));
  semaphore->forget_predecessor(semaphore->shared().waiters);
  semaphore->forget_predecessor(semaphore->shared().post_lock.waiters);
  return semaphore;
}

Status Semaphore::again(std::unique_ptr<SharedObject>& out) const {
  std::unique_ptr<Segment> segment;
  if (Status s = segment_->attach_again(segment); !s.ok()) return s;
  out = adopt(std::move(segment), file_);
  return {};
}

Status Semaphore::unlink(std::string_view name) {
  std::shared_ptr<SemaphoreFile> file;
  const Status found = SemaphoreFile::open(name, file);
  const Status removed = Segment::unlink(name);
  if (!found.ok()) return removed.ok() ? removed : found;
  // What is there, but is no segment of a semaphore, was an error. That there is none, is not: another program's has
  // none.
  if (!removed.ok() && !is_error(removed, ENOENT)) return removed;
  INTERPROC_CRASH_POINT("semaphore.unlinking");
  remove_semaphore(name, file->identity());
  return {};
}

Status Semaphore::unlink_names() {
  const bool removed = remove_semaphore(segment_->name(), file_->identity());
  INTERPROC_CRASH_POINT("semaphore.unlinked");
  const Status status = segment_->unlink_name();
  return removed ? Status{} : status;
}

Semaphore::~Semaphore() { loop_wakes(); }

bool Semaphore::try_acquire() {
  if (taken_ > 0) {
    --taken_;
    return true;
  }
  if (!Permits(*file_->get()).try_take()) return false;
  INTERPROC_CRASH_POINT("semaphore.acquired");
  return true;
}

Status Semaphore::lock_posts() {
  const Nanoseconds deadline = monotonic_now() + kPatience;
  for (;;) {
    if (post_lock().acquire_briefly() != Acquired::kNo) return {};
    // Its holder lives and is two instructions from the end: it was preempted, or stopped.
    if (monotonic_now() > deadline) return {Code::kAdminBusy};
    wait_slice(*segment_, shared().post_lock.waiters, kMillisecond, [&] { return post_lock().obtainable(false); });
  }
}

Status Semaphore::release(std::uint32_t count, bool bounded) {
  if (bounded) {
    if (Status s = lock_posts(); !s.ok()) return s;
  }
  // A permit that this thread has taken and not asked for is nobody's.
  const std::uint64_t after = std::uint64_t{value()} + count;
  Status status;
  if (bounded && after > initial()) {
    status = {Code::kAboveBound};
  } else if (after > SEM_VALUE_MAX) {
    status = Status::system(EOVERFLOW, "sem_post");
  }
  INTERPROC_CRASH_POINT("semaphore.looked");
  for (std::uint32_t posted = 0; status.ok() && posted < count; ++posted) {
    if (!Permits(*file_->get()).give()) status = Status::system(EOVERFLOW, "sem_post");
    INTERPROC_CRASH_POINT("semaphore.posted");
  }
  if (bounded) static_cast<void>(post_lock().release());
  if (status.ok()) wake(*segment_, shared().waiters, count);
  return status;
}

bool Semaphore::ready(Condition, std::uint64_t, Look) { return value() > 0; }

ipc_wait_set* Semaphore::waiters(Condition condition) { return condition == kPermit ? &shared().waiters : nullptr; }

bool Semaphore::wait_for(Condition, std::uint64_t, Nanoseconds limit) {
  SpinBudget& spin = spin_budget_of(shared().waiters);
  const Nanoseconds slice = std::min(limit, kSlice);
  if (spin_until(std::min(spin.now(), slice), [&] { return value() > 0; })) {
    spin.hit();
    return true;
  }
  spin.miss();
  if (slice <= 0 || !Permits(*file_->get()).take_within(slice)) return false;
  INTERPROC_CRASH_POINT("semaphore.waited");
  ++taken_;
  return true;
}

void Semaphore::give_back() {
  if (taken_ == 0) return;
  for (; taken_ > 0; --taken_) static_cast<void>(Permits(*file_->get()).give());
  INTERPROC_CRASH_POINT("semaphore.returned");
  wake(*segment_, shared().waiters, kEveryone);
}

void Semaphore::leave(Leaving) {
  loop_wakes();
  give_back();
}

void Semaphore::loop_sleeps(std::uint64_t doorbell) {
  watched_ = true;
  watch_posts(this, file_, doorbell);
}

void Semaphore::loop_wakes() {
  if (watched_) unwatch_posts(this);
  watched_ = false;
}

}  // namespace interproc
