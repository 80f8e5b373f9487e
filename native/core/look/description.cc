#include "look/description.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "look/quiet_file.h"
#include "messages/channel.h"
#include "segment/segment_check.h"
#include "sync/semaphore_file.h"
#include "system/file_lock.h"

namespace interproc {
namespace {

template <class Body>
bool read_body(int fd, Body& body) {
  ssize_t got;
  do {
    got = ::pread(fd, &body, sizeof body, IPC_BODY_OFFSET);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof body);
}

void describe_limits(std::uint64_t capacity, std::uint64_t max_items, std::uint64_t max_bytes, Description& out) {
  out.capacity = capacity;
  out.max_items = max_items;
  out.max_bytes = max_bytes == 0 ? kLargestMessage : std::min(max_bytes, kLargestMessage);
}

// The words that are never written again once the object has its name.
void describe_body(int fd, Description& out) {
  switch (out.header.kind) {
    case IPC_KIND_QUEUE: {
      ipc_channel channel;
      if (read_body(fd, channel)) describe_limits(channel.ring_bytes, channel.max_items, channel.max_bytes, out);
      break;
    }
    case IPC_KIND_PRIORITY_QUEUE: {
      ipc_priority_queue queue;
      if (read_body(fd, queue)) describe_limits(queue.capacity, queue.max_items, queue.max_bytes, out);
      break;
    }
    case IPC_KIND_SEMAPHORE: {
      ipc_semaphore semaphore;
      if (read_body(fd, semaphore) && semaphore.state != IPC_SEMAPHORE_FOREIGN) out.initial = semaphore.initial;
      break;
    }
    case IPC_KIND_BARRIER: {
      std::uint32_t parties;
      if (read_body(fd, parties)) out.parties = parties;
      break;
    }
    default:
      break;
  }
}

// A segment of a semaphore that is gone, or half made, is mended by who attaches.
bool stands_beside_its_file(std::string_view name, const QuietFile& file) {
  ipc_semaphore semaphore;
  if (!read_body(file.fd(), semaphore) || semaphore.state == IPC_SEMAPHORE_UNNAMED) return false;
  return leads_to(name, {semaphore.device, semaphore.inode});
}

}  // namespace

bool describe(std::string_view name, Description& out) {
  QuietFile file;
  FileFacts facts;
  if (!file.open(segment_path(name), facts).ok()) return false;
  if (!check_segment(file.fd(), file.about(), out.header).ok()) return false;
  const bool persists = (out.header.flags & IPC_FLAG_PERSIST) != 0;
  if (!persists && !locked_by_other(file.fd(), IPC_LOCK_SLOT, IPC_PARTICIPANTS)) return false;
  out.meta.resize(out.header.meta_size);
  if (!file.read_bytes(out.header.meta_offset, std::as_writable_bytes(std::span(out.meta)))) return false;
  describe_body(file.fd(), out);
  return out.header.kind != IPC_KIND_SEMAPHORE || stands_beside_its_file(name, file);
}

Description describe(const Segment& segment) {
  Description out;
  out.header = segment.header();
  out.meta = segment.meta();
  describe_body(segment.fd(), out);
  return out;
}

}  // namespace interproc
