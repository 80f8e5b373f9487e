// A file in /dev/shm, seen by one who only looks: read-only, no lock, no slot, and no time of access left behind.
//
// Everything is copied out by pread() and judged on the copy. A mapping would do as well until somebody truncates the
// file under it, which is a SIGBUS; a short read is an answer.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "layout.h"
#include "system/descriptor.h"
#include "system/status.h"

namespace interproc {

// What the file system says.
struct FileFacts {
  std::uint64_t size = 0;
  std::uint64_t allocated = 0;  // bytes of memory in use
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::uint32_t owner = 0;  // user
  std::uint32_t mode = 0;   // permissions
  std::int64_t born = 0;    // CLOCK_REALTIME nanoseconds; 0 where the file system keeps no time of birth
};

class QuietFile {
 public:
  QuietFile() : fd_(-1) {}
  QuietFile(const QuietFile&) = delete;
  QuietFile& operator=(const QuietFile&) = delete;

  // kSystem (ENOENT, EACCES), kForeign for what is no regular file. The facts are filled in wherever they can be had.
  Status open(const std::string& path, FileFacts& facts);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const struct stat& about() const { return about_; }
  // False where the file ends before.
  [[nodiscard]] bool read_bytes(std::uint64_t offset, std::span<std::byte> into) const;
  template <class T>
  [[nodiscard]] bool read(std::uint64_t offset, T& into) const {
    return read_bytes(offset, std::as_writable_bytes(std::span<T, 1>(&into, 1)));
  }
  // Whether anybody holds a lock on this byte. Asks the kernel, takes nothing.
  [[nodiscard]] bool locked(std::int64_t byte) const;
  // The participants whose owner lives, a bit for each slot.
  [[nodiscard]] std::array<std::uint64_t, 4> living() const;

 private:
  Descriptor fd_;
  struct stat about_ {};
};

}  // namespace interproc
