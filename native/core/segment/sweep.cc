// Cleaning up after the dead. What is not provably abandoned by processes of this user is left alone.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "memory/bare_memory.h"
#include "segment/admin_lock.h"
#include "segment/segment.h"
#include "segment/segment_check.h"
#include "sync/semaphore_file.h"
#include "system/crash_point.h"
#include "system/descriptor.h"
#include "system/file_lock.h"
#include "system/open_quietly.h"
#include "waiting/doorbell.h"

namespace interproc {
namespace {

constexpr std::string_view kSegmentPrefix = "interproc.";

bool sweep_segment(int directory, const char* file, bool persistent) {
  Descriptor fd = open_quietly(directory, file, O_RDWR);
  if (!fd) return false;
  AdminLock admin(fd.get());
  if (!admin.try_take().ok()) return false;
  struct stat about {};
  ipc_header header{};
  if (::fstat(fd.get(), &about) != 0 || about.st_nlink == 0) return false;
  const Status checked = check_segment(fd.get(), about, header);
  // A truncated segment of ours that nobody holds is a corpse too, where enough is left of it to say that it was not to
  // persist.
  if (!checked.ok() && checked.code != Code::kTruncated) return false;
  const bool whole = about.st_size >= static_cast<off_t>(sizeof header);
  if ((!whole || (header.flags & IPC_FLAG_PERSIST) != 0) && !persistent) return false;
  if (locked_by_other(fd.get(), IPC_LOCK_SLOT, IPC_PARTICIPANTS)) return false;
  INTERPROC_CRASH_POINT("sweep.corpse");
  remove_companion(fd.get(), header, std::string_view(file).substr(kSegmentPrefix.size()));
  INTERPROC_CRASH_POINT("sweep.companion");
  return ::unlinkat(directory, file, 0) == 0;
}

// Its owner opens a FIFO before giving it this name and keeps it open: no reader means no owner.
bool sweep_doorbell(int directory, const char* file) {
  struct stat about {};
  if (::fstatat(directory, file, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISFIFO(about.st_mode) ||
      about.st_uid != ::geteuid())
    return false;
  Descriptor fd(::openat(directory, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd || errno != ENXIO) return false;
  INTERPROC_CRASH_POINT("sweep.doorbell");
  return ::unlinkat(directory, file, 0) == 0;
}

}  // namespace

int sweep(const SweepOptions& options) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/dev/shm"), &::closedir);
  if (!directory) return 0;
  const int fd = ::dirfd(directory.get());
  int removed = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view file(entry->d_name);
    const bool gone = (file.starts_with(kSegmentPrefix) && sweep_segment(fd, entry->d_name, options.persistent)) ||
                      (file.starts_with(kMemoryMarkerPrefix) && sweep_memory(fd, entry->d_name)) ||
                      (file.starts_with(kDoorbellPrefix) && sweep_doorbell(fd, entry->d_name));
    if (!gone) continue;
    ++removed;
    if (options.removed) options.removed(file);
  }
  return removed;
}

}  // namespace interproc
