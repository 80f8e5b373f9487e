#include "segment/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "segment/admin_lock.h"
#include "segment/segment_check.h"
#include "sync/semaphore_file.h"
#include "system/atomic.h"
#include "system/crash_point.h"
#include "system/descriptor.h"
#include "system/file_lock.h"
#include "system/process_info.h"
#include "system/same_file.h"

namespace interproc {
namespace {

constexpr int kStartOver = 100;  // how often an opener may meet a file that was just unlinked

Status map_segment(int fd, std::size_t size, std::shared_ptr<Mapping>& out) {
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return Status::system(errno, "mmap");
  out = std::make_shared<Mapping>(static_cast<std::byte*>(at), size);
  return {};
}

// Gives the unnamed file its name, atomically: EEXIST where the name is taken.
Status publish(int fd, const std::string& path) {
  char self[32];
  std::snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  if (::linkat(AT_FDCWD, self, AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return {};
  return Status::system(errno, "linkat");
}

// An object that nobody alive uses and that is not to persist. Called with its ADMIN lock held.
bool abandoned(int fd, const ipc_header& header) {
  return (header.flags & IPC_FLAG_PERSIST) == 0 && !locked_by_other(fd, IPC_LOCK_SLOT, IPC_PARTICIPANTS);
}

}  // namespace

std::string segment_path(std::string_view name) { return "/dev/shm/interproc." + std::string(name); }

Mapping::Mapping(std::byte* at, std::size_t bytes) : base(at), size(bytes), range_(guard_range(at, bytes)) {
  if (base != nullptr) ::madvise(base, size, MADV_DONTFORK);
}

Mapping::~Mapping() {
  unguard_range(range_);
  if (base != nullptr) ::munmap(base, size);
}

bool Mapping::grow(std::size_t bytes) {
  if (damaged()) {
    errno = EFAULT;  // what was put in place of missing memory is no part of the file any more
    return false;
  }
  unguard_range(range_);
  void* at = ::mremap(base, size, bytes, MREMAP_MAYMOVE);
  const bool grown = at != MAP_FAILED;
  if (grown) {
    base = static_cast<std::byte*>(at);
    size = bytes;
  }
  range_ = guard_range(base, size);
  return grown;
}

Segment::~Segment() { detach(); }

ipc_participant& Segment::participant(std::uint32_t slot) const {
  return reinterpret_cast<ipc_participant*>(base() + IPC_PARTICIPANTS_OFFSET)[slot % IPC_PARTICIPANTS];
}

Status Segment::create(std::string_view name, const SegmentPlan& plan, const std::function<void(std::byte*)>& fill,
                       std::unique_ptr<Segment>& out) {
  const std::string path = segment_path(name);
  Descriptor fd(::open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd) return Status::system(errno, "open");
  if (::fchmod(fd.get(), plan.mode) != 0) return Status::system(errno, "fchmod");
  // Now, not at the first touch: a full /dev/shm is an error here and a SIGBUS later.
  int error;
  do {
    error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(plan.total_size));
  } while (error == EINTR);
  if (error != 0) return Status::system(error, "posix_fallocate");

  std::unique_ptr<Segment> segment(new Segment);
  if (Status s = map_segment(fd.get(), plan.total_size, segment->mapping_); !s.ok()) return s;

  ipc_header header{};
  header.magic = IPC_MAGIC;
  header.layout_version = IPC_LAYOUT_VERSION;
  header.kind = plan.kind;
  header.byte_order = IPC_BYTE_ORDER;
  header.header_size = sizeof(ipc_header);
  header.total_size = plan.total_size;
  header.participant_count = IPC_PARTICIPANTS;
  header.participant_stride = sizeof(ipc_participant);
  header.participants_offset = IPC_PARTICIPANTS_OFFSET;
  header.body_offset = IPC_BODY_OFFSET;
  header.meta_offset = plan.meta_offset;
  header.meta_size = static_cast<std::uint32_t>(plan.meta.size());
  header.flags = plan.persist ? IPC_FLAG_PERSIST : 0;
  header.codec = plan.codec;
  header.mode = plan.mode;
  if (::getrandom(&header.creation_id, sizeof header.creation_id, 0) < 0) return Status::system(errno, "getrandom");
  std::memcpy(segment->base(), &header, sizeof header);
  if (!plan.meta.empty()) std::memcpy(segment->base() + plan.meta_offset, plan.meta.data(), plan.meta.size());
  fill(segment->base());

  segment->header_ = header;
  segment->meta_ = plan.meta;
  segment->name_ = name;
  segment->fd_ = fd.get();
  INTERPROC_CRASH_POINT("create.filled");
  // The slot is locked before the name exists: no sweeper can take a newborn for a dead one.
  if (Status s = try_lock_byte(fd.get(), IPC_LOCK_SLOT); !s.ok()) {
    segment->fd_ = -1;
    return s;
  }
  segment->claim(0);
  INTERPROC_CRASH_POINT("create.publish");
  Status published = publish(fd.get(), path);
  if (published.code == Code::kSystem && published.error == EEXIST) {
    // A corpse in the way counts as absent. open() removes it and says ENOENT.
    std::unique_ptr<Segment> existing;
    const Status found = open(name, plan.kind, existing);
    if (found.code == Code::kSystem && found.error == ENOENT) published = publish(fd.get(), path);
  }
  if (!published.ok()) {
    segment->fd_ = -1;
    return published;
  }
  INTERPROC_CRASH_POINT("create.published");
  fd.release();
  out = std::move(segment);
  return {};
}

Status Segment::open(std::string_view name, std::uint32_t kind, std::unique_ptr<Segment>& out) {
  const std::string path = segment_path(name);
  for (int attempt = 0; attempt < kStartOver; ++attempt) {
    Descriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd) return Status::system(errno, "open");
    AdminLock admin(fd.get());
    if (Status s = admin.take(); !s.ok()) return s;
    INTERPROC_CRASH_POINT("open.admin");

    struct stat about {};
    if (::fstat(fd.get(), &about) != 0) return Status::system(errno, "fstat");
    if (about.st_nlink == 0) continue;
    ipc_header header{};
    if (Status s = check_segment(fd.get(), about, header); !s.ok()) return s;
    if (abandoned(fd.get(), header)) {
      INTERPROC_CRASH_POINT("open.corpse");
      remove_companion(fd.get(), header, name);
      INTERPROC_CRASH_POINT("open.companion");
      if (::unlink(path.c_str()) != 0 && errno != ENOENT) return Status::system(errno, "unlink");
      INTERPROC_CRASH_POINT("open.removed");
      return Status::system(ENOENT, "open");
    }
    if (header.kind != kind) return {Code::kKind};

    return take_slot(fd, name, header, out);  // `admin` unlocks through the descriptor, which the segment keeps open
  }
  return {Code::kAdminBusy};
}

Status Segment::take_slot(Descriptor& fd, std::string_view name, const ipc_header& header,
                          std::unique_ptr<Segment>& out) {
  std::unique_ptr<Segment> segment(new Segment);
  if (Status s = map_segment(fd.get(), header.total_size, segment->mapping_); !s.ok()) return s;
  segment->header_ = header;
  segment->meta_.assign(reinterpret_cast<const char*>(segment->base() + header.meta_offset), header.meta_size);
  segment->name_ = name;
  for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
    const Status locked = try_lock_byte(fd.get(), IPC_LOCK_SLOT + slot);
    if (locked.code == Code::kBusy) continue;
    if (!locked.ok()) return locked;
    segment->fd_ = fd.release();
    INTERPROC_CRASH_POINT("open.slot");
    segment->claim(slot);
    out = std::move(segment);
    return {};
  }
  return {Code::kParticipantsFull};
}

Status Segment::attach_again(std::unique_ptr<Segment>& out) const {
  if (!attached()) return {Code::kClosed};
  // An open file of its own, because the slot's lock belongs to that.
  char self[32];
  std::snprintf(self, sizeof self, "/proc/self/fd/%d", fd_);
  Descriptor fd(::open(self, O_RDWR | O_CLOEXEC));
  if (!fd) return Status::system(errno, "open");
  AdminLock admin(fd.get());
  if (Status s = admin.take(); !s.ok()) return s;
  return take_slot(fd, name_, header_, out);
}

// The slot's byte is locked by us: nobody else writes here, but wakers may still add to `signal`.
void Segment::claim(std::uint32_t slot) {
  me_.slot = slot;
  ipc_participant& entry = participant(slot);
  me_.generation = load_relaxed(entry.generation) + 1;
  store_relaxed(entry.sleep_mode, std::uint32_t{0});
  store_relaxed(entry.doorbell, std::uint64_t{0});
  store_relaxed(entry.pid, static_cast<std::uint32_t>(::getpid()));
  store_relaxed(entry.start_time, process_start_time());
  store_relaxed(entry.attached_at, static_cast<std::uint64_t>(read_clock(CLOCK_REALTIME)));
  INTERPROC_CRASH_POINT("claim.filled");
  // Pairs with the acquire in alive(): who sees the new generation knows that the former owner is gone.
  store_release(entry.generation, me_.generation);
  INTERPROC_CRASH_POINT("claim.raised");
}

bool Segment::alive(Participant who) const {
  if (who.slot >= IPC_PARTICIPANTS) return false;
  // Acquire: pairs with the release in claim().
  if (load_acquire(participant(who.slot).generation) != who.generation) return false;
  // Who has detached cannot ask the kernel any more, and must not take a living owner's lock over for that.
  if (who.slot == me_.slot || !attached()) return true;
  return locked_by_other(fd_, IPC_LOCK_SLOT + who.slot, 1);
}

bool Segment::names_this_object() const { return attached() && same_file(segment_path(name_), fd_); }

Status Segment::map_again(std::shared_ptr<Mapping>& out) const {
  if (!attached()) return {Code::kClosed};
  return map_segment(fd_, header_.total_size, out);
}

std::uint64_t Segment::file_size() const {
  struct stat about {};
  return ::fstat(fd_, &about) == 0 ? static_cast<std::uint64_t>(about.st_size) : 0;
}

void Segment::detach() {
  if (!attached()) return;
  {
    AdminLock admin(fd_);
    // Without the lock (somebody was stopped while holding it) the name is left to the next user's sweep.
    const bool alone = admin.take().ok();
    INTERPROC_CRASH_POINT("detach.admin");
    unlock_byte(fd_, IPC_LOCK_SLOT + me_.slot);
    INTERPROC_CRASH_POINT("detach.slot");
    if (alone && abandoned(fd_, header_)) {
      const std::string path = segment_path(name_);
      if (same_file(path, fd_)) {
        remove_companion(fd_, header_, name_);
        INTERPROC_CRASH_POINT("detach.companion");
        ::unlink(path.c_str());
      }
    }
    INTERPROC_CRASH_POINT("detach.unlinked");
  }
  ::close(fd_);
  fd_ = -1;
}

void Segment::disown() {
  if (!attached()) return;
  ::close(fd_);
  fd_ = -1;
}

Status Segment::unlink_name() {
  if (!attached()) return {Code::kClosed};
  AdminLock admin(fd_);
  if (Status s = admin.take(); !s.ok()) return s;
  const std::string path = segment_path(name_);
  if (!same_file(path, fd_)) return Status::system(ENOENT, "unlink");
  INTERPROC_CRASH_POINT("unlink.attached");
  remove_companion(fd_, header_, name_);
  INTERPROC_CRASH_POINT("unlink.companion");
  if (::unlink(path.c_str()) != 0) return Status::system(errno, "unlink");
  INTERPROC_CRASH_POINT("unlink.done");
  return {};
}

Status Segment::unlink(std::string_view name) {
  const std::string path = segment_path(name);
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return Status::system(errno, "open");
  AdminLock admin(fd.get());
  if (Status s = admin.take(); !s.ok()) return s;
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return Status::system(errno, "fstat");
  ipc_header header{};
  if (Status s = check_segment(fd.get(), about, header); !s.ok()) return s;
  if (!same_file(path, fd.get())) return Status::system(ENOENT, "unlink");
  INTERPROC_CRASH_POINT("unlink.by_name");
  remove_companion(fd.get(), header, name);
  if (::unlink(path.c_str()) != 0) return Status::system(errno, "unlink");
  return {};
}

}  // namespace interproc
