// Bare shared memory: a file /dev/shm/<name> of bytes that mean nothing to us, as Python's SharedMemory and shm_open
// make it.
//
// The file has no header, so nothing in it says who made it. Beside what this library makes there stands a marker, a
// file /dev/shm/interproc-memory.<inode> that names it and identifies it: name, device, inode, time of birth. Without a
// valid marker a file is somebody else's, and is never removed but by an explicit unlink. Objects that persist have no
// marker.
//
// Who may write what: the marker is complete before it has its name, and immutable. Locks, as in segments, are on bytes
// far beyond the end: ALIVE is shared by all who are attached, ADMIN serialises attach, detach, unlink and sweep. A
// marker's own ADMIN byte is held by the creator until both names exist.
//
// What a SIGKILL leaves, and who repairs it:
//   before the marker's name    nothing: both files are unnamed
//   before the object's name    a marker of nothing; a sweep removes it
//   while attached              object and marker; a sweep removes both once nobody holds ALIVE; open() says ENOENT,
//   create() wins between unlink and unlink   a marker of nothing (the object's name goes first)
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "segment/segment.h"
#include "system/status.h"

namespace interproc {

inline constexpr std::string_view kMemoryMarkerPrefix = "interproc-memory.";

struct BareMemoryPlan {
  std::uint64_t size = 0;  // bytes, at least 1
  mode_t mode = 0600;
  bool persist = false;
  std::span<const std::byte> initial{};  // what is in it before anybody can open it; the rest is zero
};

class BareMemory {
 public:
  // Zeroed memory. EEXIST (kSystem) where the name is taken by anything but what dead processes of ours left.
  static Status create(std::string_view name, const BareMemoryPlan& plan, std::unique_ptr<BareMemory>& out);
  // Attaches to the object of this owner: kForeignOwner where it is anybody else's. Changes and removes nothing on
  // failure, except that an object of ours whose users have all died is removed and reported as absent (ENOENT).
  static Status open(std::string_view name, std::unique_ptr<BareMemory>& out, uid_t owner = ::geteuid());

  BareMemory(const BareMemory&) = delete;
  BareMemory& operator=(const BareMemory&) = delete;
  ~BareMemory() { detach(); }

  // Leaves; the last one out removes what has a marker. Idempotent. The memory stays mapped while anyone shares the
  // mapping.
  void detach();
  // In a forked child, for what it inherited: as Segment::disown().
  void disown();
  // Removes the name. ENOENT where it is gone or leads elsewhere by now.
  Status unlink_name();

  [[nodiscard]] const std::shared_ptr<Mapping>& mapping() const { return mapping_; }
  [[nodiscard]] std::uint64_t size() const { return mapping_->size; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  BareMemory() = default;
  Status attach(int fd, std::string_view name, std::uint64_t size);

  int fd_ = -1;
  std::string name_;
  std::shared_ptr<Mapping> mapping_;
};

// "/dev/shm/" + name.
std::string memory_path(std::string_view name);

// The byte that all who are attached share a lock on.
inline constexpr std::int64_t kMemoryAlive = IPC_LOCK_SLOT;
// Whether this library made the file, for this user, and not to persist.
bool has_marker(int fd, std::string_view name);
// The name in a whole marker of this user, or nothing. What it names may be gone.
std::string marked_name(int directory, const char* marker);

// Removes the name and its marker. kBusy where somebody is attached, kForeign where it has no marker, kSystem; `force`
// passes over the first two.
Status remove_memory(std::string_view name, bool force);

// For sweep(): removes what a marker stands for where nobody lives who uses it. Whether anything went.
bool sweep_memory(int directory, const char* marker);

}  // namespace interproc
