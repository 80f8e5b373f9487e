// A message's memory in this participant's hands: to fill and publish, or to read in place.
//
// Loans are independent of each other: any number, for any time, given back in any order (extents.h has the rule that
// makes this safe when somebody dies). A loan must not outlive the object that it came from; after that object has
// detached, giving it back does nothing, because the kernel has given it back already.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "messages/extents.h"

namespace interproc {

class Loan {
 public:
  Loan() = default;
  Loan(Extents& extents, const ipc_extent_ref& run, bool writing) : extents_(&extents), run_(run), writing_(writing) {}
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  Loan(Loan&& other) noexcept
      : extents_(std::exchange(other.extents_, nullptr)), run_(other.run_), writing_(other.writing_) {}
  Loan& operator=(Loan&& other) noexcept {
    if (this == &other) return *this;
    release();
    extents_ = std::exchange(other.extents_, nullptr);
    run_ = other.run_;
    writing_ = other.writing_;
    return *this;
  }
  ~Loan() { release(); }

  [[nodiscard]] bool held() const { return extents_ != nullptr; }
  // Lent for writing, not published yet.
  [[nodiscard]] bool writing() const { return held() && writing_; }
  [[nodiscard]] bool of(const Extents& extents) const { return extents_ == &extents; }
  [[nodiscard]] const ipc_extent_ref& run() const { return run_; }
  // Empty once released or published.
  [[nodiscard]] std::span<std::byte> bytes() const {
    return held() ? std::span(extents_->data(run_), static_cast<std::size_t>(run_.length)) : std::span<std::byte>();
  }
  // What keeps the bytes mapped, for views that may outlast the loan; and where that begins in the file.
  [[nodiscard]] const std::shared_ptr<Mapping>& mapping() const { return extents_->mapping(); }
  [[nodiscard]] std::uint64_t mapping_offset() const { return extents_->table_offset(); }

  // Gives the memory back, unpublished or read, and wakes those who wait for room. Idempotent.
  void release() {
    if (extents_ != nullptr) std::exchange(extents_, nullptr)->give_back(run_);
  }
  // It was published: the memory is its receiver's.
  void part_with() { extents_ = nullptr; }

 private:
  Extents* extents_ = nullptr;
  ipc_extent_ref run_{};
  bool writing_ = false;
};

}  // namespace interproc
