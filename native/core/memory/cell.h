// Value and Array: typed memory and a lock beside it. What the bytes mean is the creator's business (the meta text).
#pragma once

#include <span>

#include "segment/object.h"
#include "sync/mutex.h"

namespace interproc {

class Cell final : public SharedObject {
 public:
  enum : Condition { kFree = 0 };

  // Zeroed but for the initial bytes, which are there before anybody can open it.
  static Status create(std::string_view name, std::uint64_t bytes, const CreateOptions& options,
                       std::unique_ptr<Cell>& out, std::span<const std::byte> initial = {});
  static Status open(std::string_view name, std::unique_ptr<Cell>& out);
  // The same for a segment of this kind that is attached already.
  static Status adopt(std::unique_ptr<Segment> segment, std::unique_ptr<Cell>& out);
  Status again(std::unique_ptr<SharedObject>& out) const override { return again_as<Cell>(out); }

  [[nodiscard]] PublicLock lock() const { return {*segment_, segment_->body<ipc_cell>().lock}; }
  [[nodiscard]] std::span<std::byte> data() const { return data_in(*segment_->mapping()); }
  // The same in another mapping of the segment.
  [[nodiscard]] std::span<std::byte> data_in(const Mapping& mapping) const {
    return {mapping.base + data_offset_, data_bytes_};
  }

  bool ready(Condition condition, std::uint64_t need, Look look) override;
  ipc_wait_set* waiters(Condition condition) override;
  [[nodiscard]] Polling polling(Condition) const override { return Polling::kSparse; }
  void leave(Leaving how) override {
    if (how == Leaving::kOrderly) lock().abandon();
  }

 private:
  using SharedObject::SharedObject;
  Status attach();

  std::uint64_t data_offset_ = 0;
  std::uint64_t data_bytes_ = 0;
};

}  // namespace interproc
