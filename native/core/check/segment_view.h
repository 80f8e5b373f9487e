// A segment as an onlooker sees it: read only, and without a participant's slot, so that looking changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "layout.h"
#include "segment/segment.h"
#include "system/descriptor.h"
#include "system/status.h"

namespace interproc {

class SegmentView {
 public:
  // Refuses what Segment::open() refuses. A segment that its last user left behind is shown, not removed.
  static Status open(std::string_view name, std::unique_ptr<SegmentView>& out);

  [[nodiscard]] const ipc_header& header() const { return header_; }
  [[nodiscard]] std::uint64_t file_size() const;

  template <class Body>
  [[nodiscard]] bool holds() const {
    return header_.total_size >= IPC_BODY_OFFSET + sizeof(Body);
  }
  // Words that others may change: load each once. Where holds().
  template <class Body>
  [[nodiscard]] const Body& body() const {
    return *reinterpret_cast<const Body*>(mapping_->base + IPC_BODY_OFFSET);
  }
  [[nodiscard]] const ipc_participant& participant(std::uint32_t slot) const {
    return reinterpret_cast<const ipc_participant*>(mapping_->base + IPC_PARTICIPANTS_OFFSET)[slot % IPC_PARTICIPANTS];
  }
  // Whether somebody living owns the slot.
  [[nodiscard]] bool occupied(std::uint32_t slot) const;
  // Whether this very owner of the slot lives.
  [[nodiscard]] bool alive(Participant who) const;

  // A copy of what lies in the file, holes as zeros. False where the file ends before it.
  bool read(std::uint64_t offset, void* to, std::size_t bytes) const;

 private:
  SegmentView(int fd, const ipc_header& header, std::unique_ptr<Mapping> mapping)
      : fd_(fd), header_(header), mapping_(std::move(mapping)) {}

  Descriptor fd_;
  ipc_header header_;
  std::unique_ptr<Mapping> mapping_;
};

}  // namespace interproc
