// A file of the input's making, in place of one of ours, and whether somebody is attached to it.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "fuzz.h"
#include "layout.h"
#include "system/descriptor.h"
#include "system/file_lock.h"

namespace fuzz {

// `most`: a file with extents may be long, and nearly all of it holes.
inline Bytes read_file(int fd, std::size_t most = SIZE_MAX) {
  struct stat about {};
  must(::fstat(fd, &about) == 0, "fstat");
  Bytes bytes(std::min(static_cast<std::size_t>(about.st_size), most));
  must(::pread(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()), "pread");
  return bytes;
}

class PlantedFile {
 public:
  // `slot`: which participant's lock is held meanwhile, or none.
  PlantedFile(const std::string& path, std::span<const std::byte> bytes, int slot)
      : path_(path), fd_(::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600)) {
    must(static_cast<bool>(fd_), "the fuzzer makes the file");
    must(::pwrite(fd_.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()), "pwrite");
    if (slot >= 0) must(try_lock_byte(fd_.get(), IPC_LOCK_SLOT + slot), "a slot's lock is free");
  }
  [[nodiscard]] int fd() const { return fd_.get(); }
  // Whether the name still leads to this file.
  [[nodiscard]] bool named() const {
    struct stat by_name {
    }, by_fd{};
    return ::lstat(path_.c_str(), &by_name) == 0 && ::fstat(fd_.get(), &by_fd) == 0 && by_name.st_ino == by_fd.st_ino;
  }

 private:
  std::string path_;
  Descriptor fd_;
};

}  // namespace fuzz
