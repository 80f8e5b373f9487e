// Removing a name on request, where its users may all be gone, or not.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "segment/admin_lock.h"
#include "segment/segment.h"
#include "segment/segment_check.h"
#include "sync/semaphore_file.h"
#include "system/descriptor.h"
#include "system/file_lock.h"
#include "system/same_file.h"

namespace interproc {

Status remove_segment(std::string_view name, bool force) {
  const std::string path = segment_path(name);
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) {
    const int error = errno;
    // A link, a directory or a socket is no segment and cannot be locked.
    if (error == ELOOP && force) return ::unlink(path.c_str()) == 0 ? Status{} : Status::system(errno, "unlink");
    return error == ELOOP ? Status{Code::kForeign} : Status::system(error, "open");
  }
  AdminLock admin(fd.get());
  if (Status s = admin.take(); !s.ok()) return s;
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return Status::system(errno, "fstat");
  ipc_header header{};
  const Status checked = check_segment(fd.get(), about, header);
  if (!checked.ok() && !force) return checked;
  if (!force && locked_by_other(fd.get(), IPC_LOCK_SLOT, IPC_PARTICIPANTS)) return {Code::kBusy};
  if (!same_file(path, fd.get())) return Status::system(ENOENT, "unlink");
  if (checked.ok()) remove_companion(fd.get(), header, name);
  return ::unlink(path.c_str()) == 0 ? Status{} : Status::system(errno, "unlink");
}

}  // namespace interproc
