// Open-file-description locks: the kernel's own answer to "does the owner live?".
//
// Such a lock belongs to the open file, not to the process: it needs no pid, is not shared by a second open of the same
// file in the same process (so worker threads are told apart), and goes when the last descriptor and mapping of that
// open go, however the process ends. Unlike classic POSIX locks, closing some other descriptor of the file does not
// drop it.
#pragma once

#include <cerrno>

#include <fcntl.h>

#include "system/clock.h"
#include "system/status.h"

namespace interproc {

inline struct flock byte_range(short type, std::int64_t first, std::int64_t count) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = first;
  range.l_len = count;
  return range;
}

// Takes the exclusive lock on one byte if nobody has it. kBusy where somebody has.
inline Status try_lock_byte(int fd, std::int64_t byte) {
  struct flock range = byte_range(F_WRLCK, byte, 1);
  while (::fcntl(fd, F_OFD_SETLK, &range) != 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EACCES) return {Code::kBusy};
    return Status::system(errno, "fcntl");
  }
  return {};
}

inline void unlock_byte(int fd, std::int64_t byte) {
  struct flock range = byte_range(F_UNLCK, byte, 1);
  while (::fcntl(fd, F_OFD_SETLK, &range) != 0 && errno == EINTR) {
  }
}

// Whether any other open of the file holds a lock in the range. "Unknown" counts as held: nobody is judged dead by an
// error.
inline bool locked_by_other(int fd, std::int64_t first, std::int64_t count) {
  struct flock range = byte_range(F_WRLCK, first, count);
  while (::fcntl(fd, F_OFD_GETLK, &range) != 0) {
    if (errno != EINTR) return true;
  }
  return range.l_type != F_UNLCK;
}

// Blocks until the byte's lock could be taken, which is when its owner has died. For a thread made for that purpose.
inline Status await_unlocked(int fd, std::int64_t byte) {
  struct flock range = byte_range(F_RDLCK, byte, 1);
  while (::fcntl(fd, F_OFD_SETLKW, &range) != 0) {
    if (errno != EINTR) return Status::system(errno, "fcntl");
  }
  unlock_byte(fd, byte);
  return {};
}

}  // namespace interproc
