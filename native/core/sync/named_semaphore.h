// Semaphore and BoundedSemaphore: a POSIX named semaphore that any language can open, and a segment beside it.
//
// The permits are in the semaphore's own file (semaphore_file.h) and nowhere else. The segment "interproc.<name>" keeps
// what POSIX does not: who is attached, so that the last one out removes both names; the first value, which is a
// bounded one's bound; and who waits on an event loop, so that our own releases ring their doorbells.
//
// Making one: 1. the file, unnamed; 2. the segment, which says which file it is (UNNAMED); 3. the file's name; 4.
// NAMED.
//   killed after 2 or 3    the segment is a corpse, removed as every corpse is, and the file with it if it got its name
// Removing it: the semaphore's name first, then the segment's. A name that leads to another file than the segment says
// is another program's semaphore by now, and is left alone. A semaphore that some other program made gets a segment of
// the state FOREIGN for as long as we use it; that file is removed by an explicit unlink only.
//
// SIGKILL while holding a permit: it stays taken. In release(): the permits posted so far are posted. In a blocking
// wait: the C library goes on counting a waiter, which costs later posts a system call each, and nothing else. Between
// look and post of a bounded release: post_lock is taken over by the next.
#pragma once

#include "segment/object.h"
#include "sync/owned_lock.h"
#include "sync/semaphore_file.h"

namespace interproc {

class Semaphore final : public SharedObject {
 public:
  enum : Condition { kPermit = 0 };

  static Status create(std::string_view name, std::uint32_t value, const CreateOptions& options,
                       std::unique_ptr<Semaphore>& out);
  // Also what another program made.
  static Status open(std::string_view name, std::unique_ptr<Semaphore>& out);
  Status again(std::unique_ptr<SharedObject>& out) const override;
  // Removes the semaphore's name, whoever made it, and the segment's. ENOENT where there is none.
  static Status unlink(std::string_view name);
  Status unlink_names();
  ~Semaphore() override;

  bool try_acquire();
  // `count` permits at once. kAboveBound, and nothing has changed, where a bounded one would rise above its first
  // value; EOVERFLOW (kSystem) where any would rise above SEM_VALUE_MAX.
  Status release(std::uint32_t count, bool bounded);
  [[nodiscard]] std::uint32_t value() const { return file_->value() + taken_; }
  [[nodiscard]] std::uint32_t initial() const { return load_relaxed(shared().initial); }
  [[nodiscard]] bool foreign() const { return load_relaxed(shared().state) == IPC_SEMAPHORE_FOREIGN; }

  [[nodiscard]] bool is_current() const override {
    return SharedObject::is_current() && leads_to(segment_->name(), file_->identity());
  }
  bool ready(Condition condition, std::uint64_t need, Look look) override;
  ipc_wait_set* waiters(Condition condition) override;
  void leave(Leaving how) override;
  [[nodiscard]] bool damaged() const override { return file_->damaged() || SharedObject::damaged(); }
  void loop_sleeps(std::uint64_t doorbell) override;
  void loop_wakes() override;
  // Sleeps on the semaphore itself, which every program's post wakes. The permit that ends the sleep is for
  // try_acquire().
  bool wait_for(Condition condition, std::uint64_t need, Nanoseconds limit) override;

 private:
  Semaphore(std::unique_ptr<Segment> segment, std::shared_ptr<SemaphoreFile> file)
      : SharedObject(std::move(segment)), file_(std::move(file)) {}
  static std::unique_ptr<Semaphore> adopt(std::unique_ptr<Segment> segment, std::shared_ptr<SemaphoreFile> file);
  [[nodiscard]] ipc_semaphore& shared() const { return segment_->body<ipc_semaphore>(); }
  [[nodiscard]] OwnedLock post_lock() const { return {*segment_, shared().post_lock}; }
  Status lock_posts();
  void give_back();

  std::shared_ptr<SemaphoreFile> file_;
  std::uint32_t taken_ = 0;  // permits that wait_for() took and nobody has asked for yet
  bool watched_ = false;
};

}  // namespace interproc
