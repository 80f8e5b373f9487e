#include "look/quiet_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "system/file_lock.h"
#include "system/open_quietly.h"

namespace interproc {
namespace {

FileFacts facts_of(const struct statx& about) {
  FileFacts facts;
  facts.size = about.stx_size;
  facts.allocated = about.stx_blocks * 512;
  facts.inode = about.stx_ino;
  facts.device = static_cast<std::uint64_t>(about.stx_dev_major) << 32 | about.stx_dev_minor;
  facts.owner = about.stx_uid;
  facts.mode = about.stx_mode & 07777u;
  if ((about.stx_mask & STATX_BTIME) != 0)
    facts.born = about.stx_btime.tv_sec * INT64_C(1'000'000'000) + about.stx_btime.tv_nsec;
  return facts;
}

}  // namespace

Status QuietFile::open(const std::string& path, FileFacts& facts) {
  struct statx about {};
  constexpr unsigned kWanted = STATX_BASIC_STATS | STATX_BTIME;
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, kWanted, &about) != 0) return Status::system(errno, "statx");
  facts = facts_of(about);
  // Before it is opened: to open a FIFO would let a stranger go on who waits for a reader.
  if (!S_ISREG(about.stx_mode)) return {Code::kForeign};
  fd_.reset(open_quietly(AT_FDCWD, path.c_str(), O_RDONLY).release());
  if (!fd_) return errno == ELOOP ? Status{Code::kForeign} : Status::system(errno, "open");
  if (::fstat(fd_.get(), &about_) != 0) return Status::system(errno, "fstat");
  return S_ISREG(about_.st_mode) ? Status{} : Status{Code::kForeign};
}

bool QuietFile::read_bytes(std::uint64_t offset, std::span<std::byte> into) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got = ::pread(fd_.get(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

bool QuietFile::locked(std::int64_t byte) const { return locked_by_other(fd_.get(), byte, 1); }

std::array<std::uint64_t, 4> QuietFile::living() const {
  std::array<std::uint64_t, 4> bits{};
  if (!locked_by_other(fd_.get(), IPC_LOCK_SLOT, IPC_PARTICIPANTS)) return bits;
  for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
    if (locked(IPC_LOCK_SLOT + slot)) bits[slot / 64] |= std::uint64_t{1} << slot % 64;
  }
  return bits;
}

}  // namespace interproc
