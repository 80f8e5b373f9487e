// A channel: its constants, its positions, and where nobody is inside, every record and every run of pages.
#include <bit>
#include <cstring>
#include <map>

#include "check/inspection.h"
#include "messages/channel.h"
#include "system/atomic.h"

namespace interproc {
namespace {

constexpr int kLooks = 1000;  // at positions that move

class ChannelInspection {
 public:
  ChannelInspection(const Inspection& inspection, const char* what, const ipc_channel& channel)
      : inspection_(inspection), what_(what), channel_(channel), bytes_(load_relaxed(channel.ring_bytes)) {}

  void run() {
    inspection_.wait_set(what_, channel_.not_empty);
    inspection_.wait_set(what_, channel_.not_full);
    static_cast<void>(inspection_.owner_word(what_, load_acquire(channel_.turn)));
    const std::uint32_t state = load_acquire(channel_.state);
    if ((state & ~std::uint32_t{IPC_CHANNEL_SHUTDOWN | IPC_CHANNEL_IMMEDIATE}) != 0 || state == IPC_CHANNEL_IMMEDIATE)
      inspection_.report("%s is in a state that is none (%#x)", what_, state);
    if (bytes_ == 0) return;
    if (!constants() || !positions() || !inspection_.quiet()) return;
    records();
    runs();
    for (const auto& [at, run] : referred_)
      inspection_.report("%s: a queued message lies in pages %u to %u, which no run covers", what_, run.page,
                         run.page + run.pages - 1);
  }

 private:
  bool constants() {
    const std::uint64_t total = inspection_.view().header().total_size;
    offset_ = load_relaxed(channel_.ring_offset);
    table_ = load_relaxed(channel_.table_offset);
    if (!std::has_single_bit(bytes_) || bytes_ < kSmallestRing || bytes_ > kLargestRing || offset_ % 128 != 0 ||
        offset_ < IPC_BODY_OFFSET || offset_ > total || bytes_ > total - offset_) {
      inspection_.report("%s: its ring lies outside the segment", what_);
      return false;
    }
    if ((table_ != extent_table_offset(total, 0) && table_ != extent_table_offset(total, 1)) ||
        load_relaxed(channel_.extents_offset) != table_ + Extents::kTableBytes) {
      inspection_.report("%s: its pages lie where they cannot", what_);
      return false;
    }
    return true;
  }

  bool positions() {
    // A head that is still the same after the tail was read makes both of one instant.
    for (int look = 0;; ++look) {
      head_ = {load_acquire(channel_.head)};
      tail_ = {load_acquire(channel_.tail)};
      if (load_acquire(channel_.head) == head_.word) break;
      if (look == kLooks) return false;
    }
    const std::uint64_t bytes = tail_.bytes_since(head_);
    const std::uint64_t count = tail_.records_since(head_);
    const std::uint64_t most = load_relaxed(channel_.max_items);
    if (bytes > bytes_) inspection_.report("%s: the tail is more than a ring ahead of the head", what_);
    if ((bytes == 0) != (count == 0) || count > bytes / sizeof(ipc_record))
      inspection_.report("%s: %zu bytes and %zu records are queued", what_, std::size_t{bytes}, std::size_t{count});
    if (most != 0 && count > most)
      inspection_.report("%s: %zu messages are queued, of %zu at the most", what_, std::size_t{count},
                         std::size_t{most});
    return bytes <= bytes_;
  }

  void records() {
    Position at = head_;
    std::uint64_t seen = 0;
    while (at.bytes_since(head_) < tail_.bytes_since(head_)) {
      const std::uint64_t left = tail_.bytes_since(at);
      const std::uint64_t in_ring = at.units() * IPC_UNIT & (bytes_ - 1);
      ipc_record header{};
      if (!inspection_.view().read(offset_ + in_ring, &header, sizeof header)) return unreadable();
      const std::uint64_t whole = record_bytes(header.length);
      if (whole > bytes_ - in_ring || whole > left)
        return inspection_.report("%s: record %zu reaches past the ring's end or the tail", what_, std::size_t{seen});
      if (header.type == IPC_RECORD_SKIP) {
        if (whole != bytes_ - in_ring || whole == left)
          return inspection_.report("%s: a skip record out of place", what_);
      } else if (header.type == IPC_RECORD_EXTENT || header.type == IPC_RECORD_LOAN) {
        if (!reference(at, in_ring, header)) return;
        ++seen;
      } else if (header.type == IPC_RECORD_DATA) {
        ++seen;
      } else {
        return inspection_.report("%s: record %zu has the type %u", what_, std::size_t{seen}, header.type);
      }
      at = at.advanced(whole, 0);
    }
    if (seen != tail_.records_since(head_))
      inspection_.report("%s: %zu records lie between head and tail, which count %zu", what_, std::size_t{seen},
                         std::size_t{tail_.records_since(head_)});
  }

  bool reference(Position at, std::uint64_t in_ring, const ipc_record& header) {
    ipc_extent_ref run{};
    const std::size_t meta_most = header.type == IPC_RECORD_LOAN ? IPC_LOAN_META_MAX : 0;
    if (header.length < sizeof run || header.length - sizeof run > meta_most) {
      inspection_.report("%s: a reference to pages of %u bytes", what_, header.length);
      return false;
    }
    if (!inspection_.view().read(offset_ + in_ring + sizeof header, &run, sizeof run)) {
      unreadable();
      return false;
    }
    referred_[at.units()] = run;
    return true;
  }

  void runs() {
    const std::uint32_t pages = load_acquire(channel_.extent_pages);
    if (pages > IPC_EXTENT_MAX_PAGES) return inspection_.report("%s: its table has %u pages", what_, pages);
    if (pages > 0 &&
        inspection_.view().file_size() < table_ + Extents::kTableBytes + std::uint64_t{pages} * IPC_EXTENT_PAGE)
      return inspection_.report("%s: the file ends before its %u pages do", what_, pages);
    for (std::uint32_t page = 0; page < pages;) {
      ipc_run run{};
      if (!inspection_.view().read(table_ + std::uint64_t{page} * sizeof run, &run, sizeof run)) return unreadable();
      if (run.pages == 0 || run.pages > pages - page)
        return inspection_.report("%s: the run at page %u of %u is %u long", what_, page, pages, run.pages);
      settle(page, run);
      page += run.pages;
    }
  }

  // What the run holds, against the record that refers to it.
  void settle(std::uint32_t page, const ipc_run& run) {
    const std::uint64_t at = run.state >> 26 & Position::kUnitMask;
    const auto found = referred_.find(at);
    if (found == referred_.end() || found->second.page != page) return;
    const ipc_extent_ref record = found->second;
    referred_.erase(found);
    const std::uint64_t state = run.state & 3;
    if (state != IPC_RUN_QUEUED && state != IPC_RUN_READING)
      inspection_.report("%s: a queued message lies in pages that count as free, at %u", what_, page);
    if (record.pages != run.pages || record.length > std::uint64_t{run.pages} * IPC_EXTENT_PAGE)
      inspection_.report("%s: a message of %u pages lies in a run of %u, at %u", what_, record.pages, run.pages, page);
  }

  void unreadable() { inspection_.report("%s: the file ends inside it", what_); }

  const Inspection& inspection_;
  const char* what_;
  const ipc_channel& channel_;
  std::uint64_t bytes_;
  std::uint64_t offset_ = 0;
  std::uint64_t table_ = 0;
  Position head_{};
  Position tail_{};
  // By the position of the record; a run says the same position.
  std::map<std::uint64_t, ipc_extent_ref> referred_;
};

}  // namespace

void inspect_channel(const Inspection& inspection, const char* what, const ipc_channel& channel) {
  ChannelInspection(inspection, what, channel).run();
}

}  // namespace interproc
