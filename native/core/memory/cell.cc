#include "memory/cell.h"

#include <algorithm>
#include <cstring>

#include "system/atomic.h"

namespace interproc {
namespace {

constexpr std::uint64_t kDataOffset = (IPC_BODY_OFFSET + sizeof(ipc_cell) + 127) & ~std::uint64_t{127};
constexpr std::uint64_t kLargestCell = std::uint64_t{1} << 39;

}  // namespace

Status Cell::create(std::string_view name, std::uint64_t bytes, const CreateOptions& options,
                    std::unique_ptr<Cell>& out, std::span<const std::byte> initial) {
  if (bytes > kLargestCell) return {Code::kTooLarge};
  const std::uint64_t meta_offset = kDataOffset + ((bytes + 127) & ~std::uint64_t{127});
  const std::uint64_t total = meta_offset + ((options.meta.size() + 7) & ~std::uint64_t{7});
  const SegmentPlan plan{IPC_KIND_CELL, options.codec, options.persist, options.mode, total, options.meta, meta_offset};
  std::unique_ptr<Segment> segment;
  const auto fill = [&](std::byte* base) {
    auto& cell = *reinterpret_cast<ipc_cell*>(base + IPC_BODY_OFFSET);
    cell.data_offset = kDataOffset;
    cell.data_bytes = bytes;
    const std::size_t given = std::min<std::size_t>(initial.size(), bytes);
    if (given != 0) std::memcpy(base + kDataOffset, initial.data(), given);
  };
  if (Status s = Segment::create(name, plan, fill, segment); !s.ok()) return s;
  out.reset(new Cell(std::move(segment)));
  return out->attach();
}

Status Cell::open(std::string_view name, std::unique_ptr<Cell>& out) {
  std::unique_ptr<Segment> segment;
  if (Status s = Segment::open(name, IPC_KIND_CELL, segment); !s.ok()) return s;
  return adopt(std::move(segment), out);
}

Status Cell::adopt(std::unique_ptr<Segment> segment, std::unique_ptr<Cell>& out) {
  if (segment->header().total_size < IPC_BODY_OFFSET + sizeof(ipc_cell)) return {Code::kTruncated};
  std::unique_ptr<Cell> cell(new Cell(std::move(segment)));
  if (Status s = cell->attach(); !s.ok()) return s;
  out = std::move(cell);
  return {};
}

Status Cell::attach() {
  const auto& cell = segment_->body<ipc_cell>();
  data_offset_ = load_relaxed(cell.data_offset);
  data_bytes_ = load_relaxed(cell.data_bytes);
  const std::uint64_t total = segment_->header().total_size;
  if (data_offset_ != kDataOffset || data_offset_ > total || data_bytes_ > total - data_offset_)
    return Status::corrupt("the data lie outside the segment");
  forget_predecessor(*waiters(kFree));
  return {};
}

bool Cell::ready(Condition, std::uint64_t, Look look) { return lock().obtainable(look == Look::kKernel); }

ipc_wait_set* Cell::waiters(Condition) { return &segment_->body<ipc_cell>().lock.waiters; }

}  // namespace interproc
