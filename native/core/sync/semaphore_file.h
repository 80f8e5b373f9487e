// The file of a POSIX named semaphore: a sem_t and nothing else, where sem_open() of the C library looks for it.
//
// It is made as the C library makes it (initialised, then linked to its name), but from an unnamed file: so its
// identity is known, and can be written down, before anybody can open it. Any program may open it, post to it and wait
// for it.
#pragma once

#include <semaphore.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "layout.h"
#include "segment/segment.h"
#include "system/status.h"

namespace interproc {

struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

class SemaphoreFile {
 public:
  // Without a name as yet. EINVAL (kSystem) above SEM_VALUE_MAX.
  static Status make(std::uint32_t value, mode_t mode, std::shared_ptr<SemaphoreFile>& out);
  // EEXIST (kSystem) where the name is taken.
  Status publish(std::string_view name);
  // Whosever it is, as long as it is this user's. ENOENT (kSystem), kForeignOwner, kForeign.
  static Status open(std::string_view name, std::shared_ptr<SemaphoreFile>& out);

  SemaphoreFile(const SemaphoreFile&) = delete;
  SemaphoreFile& operator=(const SemaphoreFile&) = delete;
  ~SemaphoreFile();

  [[nodiscard]] sem_t* get() const { return reinterpret_cast<sem_t*>(mapping_->base); }
  [[nodiscard]] bool damaged() const { return mapping_->damaged(); }
  [[nodiscard]] FileIdentity identity() const { return identity_; }
  [[nodiscard]] std::uint32_t value() const;

 private:
  SemaphoreFile() = default;
  Status map(int fd);

  int unnamed_ = -1;
  std::unique_ptr<Mapping> mapping_;
  FileIdentity identity_;
};

// The file that sem_open("/" + name) opens.
std::string semaphore_path(std::string_view name);
bool leads_to(std::string_view name, FileIdentity file);
// Removes the name if it leads to this file. Whether it did.
bool remove_semaphore(std::string_view name, FileIdentity file);

// Removes the semaphore that a segment stands beside, if it is one and the file is still the one that was made with it.
// For whoever is about to remove the segment's name: the semaphore goes first, so that a death in between leaves a
// segment that the next sweep removes. Reads the file, not a mapping: nothing that stands there can harm.
void remove_companion(int fd, const ipc_header& header, std::string_view name);

}  // namespace interproc
