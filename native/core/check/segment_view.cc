#include "check/segment_view.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "segment/segment_check.h"
#include "system/atomic.h"
#include "system/file_lock.h"
#include "system/open_quietly.h"

namespace interproc {

Status SegmentView::open(std::string_view name, std::unique_ptr<SegmentView>& out) {
  Descriptor fd = open_quietly(AT_FDCWD, segment_path(name).c_str(), O_RDONLY);
  if (!fd) return Status::system(errno, "open");
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return Status::system(errno, "fstat");
  ipc_header header{};
  if (Status s = check_segment(fd.get(), about, header); !s.ok()) return s;
  void* at = ::mmap(nullptr, header.total_size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (at == MAP_FAILED) return Status::system(errno, "mmap");
  auto mapping = std::make_unique<Mapping>(static_cast<std::byte*>(at), header.total_size);
  out.reset(new SegmentView(fd.release(), header, std::move(mapping)));
  return {};
}

std::uint64_t SegmentView::file_size() const {
  struct stat about {};
  return ::fstat(fd_.get(), &about) == 0 ? static_cast<std::uint64_t>(about.st_size) : 0;
}

bool SegmentView::occupied(std::uint32_t slot) const {
  return slot < IPC_PARTICIPANTS && locked_by_other(fd_.get(), IPC_LOCK_SLOT + slot, 1);
}

bool SegmentView::alive(Participant who) const {
  if (who.slot >= IPC_PARTICIPANTS) return false;
  // Acquire: pairs with the release in Segment::claim().
  return load_acquire(participant(who.slot).generation) == who.generation && occupied(who.slot);
}

bool SegmentView::read(std::uint64_t offset, void* to, std::size_t bytes) const {
  auto* at = static_cast<std::byte*>(to);
  while (bytes > 0) {
    const ssize_t got = ::pread(fd_.get(), at, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    offset += static_cast<std::uint64_t>(got);
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace interproc
