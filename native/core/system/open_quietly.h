// For who only looks: follows no link, waits for no writer, and leaves no time of access behind.
#pragma once

#include <fcntl.h>

#include <cerrno>

#include "system/descriptor.h"

namespace interproc {

// `access` is O_RDONLY or O_RDWR; a path that is not absolute begins in `directory`.
inline Descriptor open_quietly(int directory, const char* path, int access) {
  const int flags = access | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  const int fd = ::openat(directory, path, flags | O_NOATIME);
  // Only the owner may ask for O_NOATIME.
  return Descriptor(fd < 0 && errno == EPERM ? ::openat(directory, path, flags) : fd);
}

}  // namespace interproc
