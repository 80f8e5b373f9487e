#include "look/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "memory/bare_memory.h"
#include "system/descriptor.h"

namespace interproc {

MemoryView look_at_memory(std::string_view name) {
  MemoryView view;
  QuietFile file;
  view.status = file.open(memory_path(name), view.file);
  if (!view.status.ok()) return view;
  view.marked = has_marker(file.fd(), name);
  view.held = file.locked(kMemoryAlive);
  view.admin_held = file.locked(IPC_LOCK_ADMIN);
  return view;
}

DoorbellState look_at_doorbell(const char* file) {
  const std::string path = memory_path(file);
  struct stat about {};
  if (::lstat(path.c_str(), &about) != 0 || !S_ISFIFO(about.st_mode)) return DoorbellState::kOther;
  // Its owner keeps it open for reading: without a reader there is no owner.
  const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd) return DoorbellState::kLives;
  return errno == ENXIO ? DoorbellState::kDead : DoorbellState::kOther;
}

}  // namespace interproc
