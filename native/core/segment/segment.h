// One shared object, one file in /dev/shm, and the participant's slot through which this thread is attached to it.
//
// A segment becomes visible (linkat of an unnamed file) only when it is complete and its creator's slot is locked, so
// no other process ever sees a half-made one, and a creator that dies on the way leaves nothing. Open, detach and
// unlink are serialised by the ADMIN byte lock; whoever detaches last unlinks. An opener that finds the link count 0
// starts over.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "layout.h"
#include "system/bus_guard.h"
#include "system/descriptor.h"
#include "system/status.h"

namespace interproc {

// Shared bytes of a file, guarded against its truncation (bus_guard.h).
// A forked child does not inherit it: a mapping holds its open file, and with that the lock that says that the parent
// lives.
struct Mapping {
  std::byte* base = nullptr;
  std::size_t size = 0;

  Mapping(std::byte* at, std::size_t bytes);
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();
  // mremap(), which may move it. Whether it could be done (errno).
  bool grow(std::size_t bytes);
  // Whether some of it was found to be gone, and reads as zeros since.
  [[nodiscard]] bool damaged() const { return range_ != nullptr && interproc::damaged(*range_); }

 private:
  GuardedRange* range_;
};

struct SegmentPlan {
  std::uint32_t kind = 0;
  std::uint32_t codec = 0;
  bool persist = false;
  mode_t mode = 0600;
  std::uint64_t total_size = 0;
  std::string_view meta;
  std::uint64_t meta_offset = 0;
};

// Who a participant is: a slot, and which of its successive owners.
struct Participant {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
};

// A segment's creator takes slot 0 for the first time.
inline constexpr Participant kCreator{0, 1};

class Segment {
 public:
  // `fill` writes the body before the name exists. EEXIST (kSystem) where a living or persistent object has the name.
  static Status create(std::string_view name, const SegmentPlan& plan, const std::function<void(std::byte* base)>& fill,
                       std::unique_ptr<Segment>& out);

  // Attaches; changes and removes nothing on failure, except that an object whose users have all died is removed and
  // reported as absent (ENOENT).
  static Status open(std::string_view name, std::uint32_t kind, std::unique_ptr<Segment>& out);

  // One more participant of the same file, whatever its name leads to by now.
  Status attach_again(std::unique_ptr<Segment>& out) const;

  // Removes the name. Whoever is attached goes on working. ENOENT where there is none.
  static Status unlink(std::string_view name);

  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  ~Segment();

  // Gives the slot up and unlinks where nobody else is attached. Idempotent. The memory stays mapped while anyone
  // shares the mapping.
  void detach();
  Status unlink_name();
  // In a forked child, for what it inherited: lets go of the parent's open file, so that the child neither gives the
  // parent's slot up nor keeps it alive beyond the parent's death. The memory is not mapped there.
  void disown();

  // Whether the participant lives, by the kernel's word. One's own slot is alive; an unknown slot is dead. Where the
  // kernel cannot be asked (this one has detached), whoever might live is alive.
  [[nodiscard]] bool alive(Participant who) const;
  [[nodiscard]] bool names_this_object() const;   // whether the name still leads to this very file
  [[nodiscard]] std::uint64_t file_size() const;  // 0 where the kernel will not tell
  // Whether the file was cut off below what a segment always has.
  [[nodiscard]] bool damaged() const { return mapping_->damaged() || (attached() && file_size() < mapping_->size); }

  [[nodiscard]] std::byte* base() const { return mapping_->base; }
  [[nodiscard]] const std::shared_ptr<Mapping>& mapping() const { return mapping_; }
  // The same bytes at another address.
  Status map_again(std::shared_ptr<Mapping>& out) const;
  [[nodiscard]] ipc_participant& participant(std::uint32_t slot) const;
  [[nodiscard]] ipc_participant& self() const { return participant(me_.slot); }
  [[nodiscard]] Participant me() const { return me_; }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool attached() const { return fd_ >= 0; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const ipc_header& header() const { return header_; }
  [[nodiscard]] std::string_view meta() const { return meta_; }

  template <class Body>
  [[nodiscard]] Body& body() const {
    return *reinterpret_cast<Body*>(base() + IPC_BODY_OFFSET);
  }

 private:
  Segment() = default;
  void claim(std::uint32_t slot);
  // Maps the file and takes the first free slot. Called with the file's ADMIN lock held.
  static Status take_slot(Descriptor& fd, std::string_view name, const ipc_header& header,
                          std::unique_ptr<Segment>& out);

  int fd_ = -1;
  std::string name_;
  std::shared_ptr<Mapping> mapping_;
  ipc_header header_{};  // a checked copy: the shared one is never read again
  std::string meta_;
  Participant me_;
};

struct SweepOptions {
  bool persistent = false;                             // what is to persist, and nobody uses now, goes as well
  std::function<void(std::string_view file)> removed;  // is told of each file in /dev/shm that goes, if it is set
};
// Removes what dead processes of this user left: segments without a living participant that are not persistent, and
// FIFOs without a reader. Returns how many files went.
int sweep(const SweepOptions& options = {});

// Removes the name of a segment. kBusy where a living participant is attached, or what check_segment() finds wrong:
// `force` passes over both, and removes whatever of this user's has the name. ENOENT (kSystem) where there is none.
Status remove_segment(std::string_view name, bool force);

// "/dev/shm/interproc." + name.
std::string segment_path(std::string_view name);

}  // namespace interproc
