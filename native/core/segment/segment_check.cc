#include "segment/segment_check.h"

#include <unistd.h>

#include <cerrno>

namespace interproc {
namespace {

Status read_header(int fd, ipc_header& header) {
  ssize_t got;
  do {
    got = ::pread(fd, &header, sizeof header, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Status::system(errno, "pread");
  if (got < static_cast<ssize_t>(sizeof header.magic) || header.magic != IPC_MAGIC) return {Code::kForeign};
  if (got < static_cast<ssize_t>(sizeof header)) return {Code::kTruncated};
  return {};
}

}  // namespace

Status check_segment(int fd, const struct stat& about, ipc_header& header) {
  if (!S_ISREG(about.st_mode)) return {Code::kForeign};
  if (about.st_uid != ::geteuid()) return {Code::kForeignOwner};
  return check_header(fd, about, header);
}

Status check_header(int fd, const struct stat& about, ipc_header& header) {
  if (Status s = read_header(fd, header); !s.ok()) return s;
  if (header.byte_order != IPC_BYTE_ORDER) return {Code::kVersion, kOtherByteOrder};
  if (header.layout_version != IPC_LAYOUT_VERSION)
    return {Code::kVersion, header.layout_version < IPC_LAYOUT_VERSION ? kOlder : kNewer};
  if ((header.required_features & ~IPC_KNOWN_REQUIRED_FEATURES) != 0) return {Code::kVersion, kNewer};
  if (header.header_size != sizeof(ipc_header) || header.participant_count != IPC_PARTICIPANTS ||
      header.participant_stride != sizeof(ipc_participant) || header.participants_offset != IPC_PARTICIPANTS_OFFSET ||
      header.body_offset != IPC_BODY_OFFSET)
    return Status::corrupt("the header's fixed offsets differ from version 1");
  if (header.total_size < IPC_BODY_OFFSET || header.total_size > (std::uint64_t{1} << 40))
    return Status::corrupt("the header's total size is out of range");
  if (header.total_size > static_cast<std::uint64_t>(about.st_size)) return {Code::kTruncated};
  if (header.meta_size > IPC_META_MAX || header.meta_offset > header.total_size ||
      header.meta_size > header.total_size - header.meta_offset)
    return Status::corrupt("the creation options lie outside the segment");
  return {};
}

}  // namespace interproc
