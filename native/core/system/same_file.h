// Whether a name still leads to the file that is open.
#pragma once

#include <sys/stat.h>

#include <string>

namespace interproc {

inline bool same_file(const std::string& path, int fd) {
  struct stat by_name {
  }, by_fd{};
  return ::lstat(path.c_str(), &by_name) == 0 && ::fstat(fd, &by_fd) == 0 && by_name.st_ino == by_fd.st_ino &&
         by_name.st_dev == by_fd.st_dev;
}

}  // namespace interproc
