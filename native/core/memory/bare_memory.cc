#include "memory/bare_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "layout.h"
#include "segment/admin_lock.h"
#include "system/crash_point.h"
#include "system/descriptor.h"
#include "system/file_lock.h"
#include "system/same_file.h"

namespace interproc {
namespace {

constexpr int kStartOver = 100;
constexpr std::int64_t kAlive = kMemoryAlive;
constexpr std::uint64_t kMarkerMagic = UINT64_C(0x6d656d6370726574);  // "tepcmem" with a version's room
constexpr std::size_t kNameMax = 255;

// The bytes of a marker file.
struct Marker {
  std::uint64_t magic;
  std::uint64_t device;
  std::uint64_t inode;
  std::int64_t born_seconds;  // 0 where the file system keeps no time of birth
  std::uint32_t born_nanoseconds;
  std::uint32_t name_length;
  char name[kNameMax + 1];
};
static_assert(sizeof(Marker) == 296);

struct Identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t born_seconds = 0;
  std::uint32_t born_nanoseconds = 0;
};

bool identify(int fd, Identity& out) {
  struct statx about {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &about) != 0) return false;
  out.device = static_cast<std::uint64_t>(about.stx_dev_major) << 32 | about.stx_dev_minor;
  out.inode = about.stx_ino;
  if ((about.stx_mask & STATX_BTIME) != 0) {
    out.born_seconds = about.stx_btime.tv_sec;
    out.born_nanoseconds = about.stx_btime.tv_nsec;
  }
  return true;
}

bool describes(const Marker& marker, const Identity& file) {
  return marker.device == file.device && marker.inode == file.inode && marker.born_seconds == file.born_seconds &&
         marker.born_nanoseconds == file.born_nanoseconds;
}

std::string marker_path(std::uint64_t inode) {
  return "/dev/shm/" + std::string(kMemoryMarkerPrefix) + std::to_string(inode);
}

// Takes a lock that all who are attached share.
Status share_byte(int fd, std::int64_t byte) {
  struct flock range = byte_range(F_RDLCK, byte, 1);
  while (::fcntl(fd, F_OFD_SETLK, &range) != 0) {
    if (errno != EINTR) return Status::system(errno, "fcntl");
  }
  return {};
}

Status publish(int fd, const std::string& path) {
  char self[32];
  std::snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  if (::linkat(AT_FDCWD, self, AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return {};
  return Status::system(errno, "linkat");
}

// A whole marker that belongs to `owner`, of which nobody else may have made it.
bool read_marker(int fd, uid_t owner, Marker& out) {
  struct stat about {};
  if (::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_uid != owner) return false;
  ssize_t got;
  do {
    got = ::pread(fd, &out, sizeof out, 0);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof out) && out.magic == kMarkerMagic && out.name_length > 0 &&
         out.name_length <= kNameMax && std::memchr(out.name, '/', out.name_length) == nullptr &&
         std::memchr(out.name, 0, out.name_length) == nullptr;
}

// Whether this library made the file, for this user, and not to persist. Its marker's path goes to `path`.
bool marked(int fd, std::string_view name, std::string& path) {
  struct stat about {};
  Identity file;
  if (::fstat(fd, &about) != 0 || about.st_uid != ::geteuid() || !identify(fd, file)) return false;
  path = marker_path(file.inode);
  Descriptor marker_fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  Marker marker{};
  return marker_fd && read_marker(marker_fd.get(), about.st_uid, marker) && describes(marker, file) &&
         std::string_view(marker.name, marker.name_length) == name;
}

// Removes an object of ours that nobody is attached to. Called with its ADMIN lock held, and ALIVE not held by us.
bool remove_abandoned(int fd, std::string_view name) {
  std::string marker;
  if (!marked(fd, name, marker) || locked_by_other(fd, kAlive, 1)) return false;
  const std::string path = memory_path(name);
  if (same_file(path, fd) && ::unlink(path.c_str()) != 0 && errno != ENOENT) return false;
  INTERPROC_CRASH_POINT("memory.removed");
  ::unlink(marker.c_str());
  return true;
}

// Writes the marker of an unnamed file and names it. `out` keeps it locked for as long as the file has no name.
Status publish_marker(int fd, std::string_view name, Descriptor& out, std::string& path) {
  Identity file;
  if (!identify(fd, file)) return Status::system(errno, "statx");
  Marker marker{};
  marker.magic = kMarkerMagic;
  marker.device = file.device;
  marker.inode = file.inode;
  marker.born_seconds = file.born_seconds;
  marker.born_nanoseconds = file.born_nanoseconds;
  marker.name_length = static_cast<std::uint32_t>(name.size());
  std::memcpy(marker.name, name.data(), name.size());
  const ssize_t written = ::pwrite(out.get(), &marker, sizeof marker, 0);
  if (written != static_cast<ssize_t>(sizeof marker)) return Status::system(written < 0 ? errno : ENOSPC, "pwrite");
  if (Status s = try_lock_byte(out.get(), IPC_LOCK_ADMIN); !s.ok()) return s;
  path = marker_path(file.inode);
  Status published = publish(out.get(), path);
  if (published.error == EEXIST && ::unlink(path.c_str()) == 0) {
    // It stood for a former file of this number: this one is ours, and had none yet.
    published = publish(out.get(), path);
  }
  // Somebody else's file in the way is no sign that the object exists.
  return published.error == EEXIST ? Status::system(EACCES, "linkat") : published;
}

}  // namespace

std::string memory_path(std::string_view name) { return "/dev/shm/" + std::string(name); }

Status BareMemory::attach(int fd, std::string_view name, std::uint64_t size) {
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return Status::system(errno, "mmap");
  mapping_ = std::make_shared<Mapping>(static_cast<std::byte*>(at), size);
  name_ = name;
  return share_byte(fd, kAlive);
}

Status BareMemory::create(std::string_view name, const BareMemoryPlan& plan, std::unique_ptr<BareMemory>& out) {
  if (name.empty() || name.size() > kNameMax) return Status::system(ENAMETOOLONG, "shm_open");
  Descriptor fd(::open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  Descriptor marker(plan.persist ? -1 : ::open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd || (!plan.persist && !marker)) return Status::system(errno, "open");
  // Whatever the umask says: a marker that its own user cannot read would stay for ever.
  if (::fchmod(fd.get(), plan.mode) != 0 || (marker && ::fchmod(marker.get(), 0600) != 0))
    return Status::system(errno, "fchmod");
  // Now, not at the first touch: a full /dev/shm is an error here and a SIGBUS later.
  int error;
  do {
    error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(plan.size));
  } while (error == EINTR);
  if (error != 0) return Status::system(error, "posix_fallocate");

  std::unique_ptr<BareMemory> memory(new BareMemory);
  // ALIVE is held before either name exists: no sweeper can take a newborn for a dead one.
  if (Status s = memory->attach(fd.get(), name, plan.size); !s.ok()) return s;
  if (!plan.initial.empty())
    std::memcpy(memory->mapping_->base, plan.initial.data(), std::min<std::size_t>(plan.initial.size(), plan.size));
  std::string marker_name;
  if (!plan.persist) {
    if (Status s = publish_marker(fd.get(), name, marker, marker_name); !s.ok()) return s;
  }
  INTERPROC_CRASH_POINT("memory.publish");
  const std::string path = memory_path(name);
  Status published = publish(fd.get(), path);
  if (published.code == Code::kSystem && published.error == EEXIST) {
    // A corpse in the way counts as absent. open() removes it and says ENOENT.
    std::unique_ptr<BareMemory> existing;
    const Status found = open(name, existing);
    if (found.code == Code::kSystem && found.error == ENOENT) published = publish(fd.get(), path);
  }
  if (!published.ok()) {
    if (!plan.persist) ::unlink(marker_name.c_str());
    return published.error == EEXIST ? Status::system(EEXIST, "shm_open") : published;
  }
  INTERPROC_CRASH_POINT("memory.published");
  memory->fd_ = fd.release();
  out = std::move(memory);
  return {};
}

Status BareMemory::open(std::string_view name, std::unique_ptr<BareMemory>& out, uid_t owner) {
  const std::string path = memory_path(name);
  for (int attempt = 0; attempt < kStartOver; ++attempt) {
    Descriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd) return Status::system(errno, "shm_open");
    struct stat about {};
    if (::fstat(fd.get(), &about) != 0) return Status::system(errno, "fstat");
    // A FIFO, a directory or a device of that name is no shared memory.
    if (!S_ISREG(about.st_mode)) return Status::system(EINVAL, "shm_open");
    // Of the open file, whose owner only root can change: no other one can take its place behind this check.
    if (about.st_uid != owner) return {Code::kForeignOwner, 0, "to open it, say whose it is: { owner: uid }"};
    AdminLock admin(fd.get());
    if (Status s = admin.take(); !s.ok()) return s;
    INTERPROC_CRASH_POINT("memory.admin");
    if (::fstat(fd.get(), &about) != 0) return Status::system(errno, "fstat");
    if (about.st_nlink == 0) continue;
    if (remove_abandoned(fd.get(), name)) return Status::system(ENOENT, "shm_open");
    // As mmap itself would say of somebody's file that has no bytes yet.
    if (about.st_size <= 0) return Status::system(EINVAL, "mmap");
    std::unique_ptr<BareMemory> memory(new BareMemory);
    if (Status s = memory->attach(fd.get(), name, static_cast<std::uint64_t>(about.st_size)); !s.ok()) return s;
    INTERPROC_CRASH_POINT("memory.attached");
    memory->fd_ = fd.release();
    out = std::move(memory);
    return {};  // `admin` unlocks through the descriptor, which stays open
  }
  return {Code::kAdminBusy};
}

void BareMemory::detach() {
  if (fd_ < 0) return;
  {
    AdminLock admin(fd_);
    // Without the lock (somebody was stopped while holding it) the name is left to the next user's sweep.
    const bool alone = admin.take().ok();
    unlock_byte(fd_, kAlive);
    INTERPROC_CRASH_POINT("memory.left");
    if (alone) remove_abandoned(fd_, name_);
  }
  ::close(fd_);
  fd_ = -1;
}

void BareMemory::disown() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Status BareMemory::unlink_name() {
  if (fd_ < 0) return {Code::kClosed};
  AdminLock admin(fd_);
  if (Status s = admin.take(); !s.ok()) return s;
  const std::string path = memory_path(name_);
  if (!same_file(path, fd_)) return Status::system(ENOENT, "shm_unlink");
  std::string marker;
  const bool ours = marked(fd_, name_, marker);
  if (::unlink(path.c_str()) != 0) return Status::system(errno, "shm_unlink");
  INTERPROC_CRASH_POINT("memory.unlinked");
  if (ours) ::unlink(marker.c_str());
  return {};
}

bool has_marker(int fd, std::string_view name) {
  std::string path;
  return marked(fd, name, path);
}

std::string marked_name(int directory, const char* marker_name) {
  Descriptor fd(::openat(directory, marker_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  Marker marker{};
  if (!fd || !read_marker(fd.get(), ::geteuid(), marker)) return {};
  return {marker.name, marker.name_length};
}

Status remove_memory(std::string_view name, bool force) {
  const std::string path = memory_path(name);
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return Status::system(errno, "shm_open");
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return Status::system(errno, "fstat");
  if (!S_ISREG(about.st_mode)) return {Code::kForeign};
  AdminLock admin(fd.get());
  if (Status s = admin.take(); !s.ok()) return s;
  std::string marker;
  const bool ours = marked(fd.get(), name, marker);
  if (!ours && !force) return {Code::kForeign};
  if (!force && locked_by_other(fd.get(), kAlive, 1)) return {Code::kBusy};
  if (!same_file(path, fd.get())) return Status::system(ENOENT, "shm_unlink");
  if (::unlink(path.c_str()) != 0) return Status::system(errno, "shm_unlink");
  if (ours) ::unlink(marker.c_str());
  return {};
}

bool sweep_memory(int directory, const char* marker_name) {
  Descriptor marker_fd(::openat(directory, marker_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  Marker marker{};
  if (!marker_fd || !read_marker(marker_fd.get(), ::geteuid(), marker)) return false;
  AdminLock creating(marker_fd.get());
  if (!creating.try_take().ok()) return false;
  const std::string name(marker.name, marker.name_length);
  Descriptor fd(::openat(directory, name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno != ENOENT && errno != ELOOP) return false;
  Identity file;
  INTERPROC_CRASH_POINT("memory.sweeping");
  if (!fd || !identify(fd.get(), file) || !describes(marker, file)) return ::unlinkat(directory, marker_name, 0) == 0;
  AdminLock admin(fd.get());
  return admin.try_take().ok() && remove_abandoned(fd.get(), name);
}

}  // namespace interproc
