#include "messages/extents.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <bitset>
#include <cerrno>

#include "system/atomic.h"
#include "system/crash_point.h"
#include "waiting/wait.h"

namespace interproc {
namespace {

constexpr unsigned kSlotShift = 2;
constexpr unsigned kGenerationShift = 10;
constexpr unsigned kPositionShift = 26;
constexpr std::uint64_t kSlotMask = 0xff;
constexpr std::uint64_t kGenerationMask = 0xffff;

std::uint64_t owned_state(ipc_run_state state, Participant who, Position at) {
  return static_cast<std::uint64_t>(state) | (who.slot & kSlotMask) << kSlotShift |
         (who.generation & kGenerationMask) << kGenerationShift | at.units() << kPositionShift;
}

ipc_run_state state_of(std::uint64_t word) { return static_cast<ipc_run_state>(word & 3); }

bool queued_between(std::uint64_t word, Position head, Position tail) {
  const Position at{(word >> kPositionShift) & Position::kUnitMask};
  return at.bytes_since(head) < tail.bytes_since(head);
}

// Whether runs are in use. Asks the kernel once about each participant, however many runs are in its hands.
class Usage {
 public:
  Usage(const Segment& segment, Position head, Position tail) : segment_(segment), head_(head), tail_(tail) {}

  bool in_use(std::uint64_t word) {
    switch (state_of(word)) {
      case IPC_RUN_FREE:
        return false;
      case IPC_RUN_WRITING:
        return owner_lives(word);
      case IPC_RUN_QUEUED:
        return queued_between(word, head_, tail_);
      case IPC_RUN_READING:
        return queued_between(word, head_, tail_) || owner_lives(word);
    }
    return false;
  }

 private:
  bool owner_lives(std::uint64_t word) {
    const auto slot = static_cast<std::uint32_t>(word >> kSlotShift & kSlotMask);
    const std::uint32_t generation = load_acquire(segment_.participant(slot).generation);
    if ((generation & kGenerationMask) != (word >> kGenerationShift & kGenerationMask)) return false;
    if (!asked_[slot]) {
      asked_[slot] = true;
      alive_[slot] = segment_.alive({slot, generation});
    }
    return alive_[slot];
  }

  const Segment& segment_;
  Position head_, tail_;
  std::bitset<IPC_PARTICIPANTS> asked_, alive_;
};

std::uint32_t pages_for(std::uint64_t bytes) {
  return static_cast<std::uint32_t>((bytes + IPC_EXTENT_PAGE - 1) / IPC_EXTENT_PAGE);
}

Status allocate_file(int fd, std::uint64_t offset, std::uint64_t bytes) {
  while (::fallocate(fd, 0, static_cast<off_t>(offset), static_cast<off_t>(bytes)) != 0) {
    if (errno != EINTR) return Status::system(errno, "fallocate");
  }
  return {};
}

}  // namespace

Status Extents::map() {
  if (table_ != nullptr) return {};
  const std::size_t size = kTableBytes + kRegionBytes;
  // Address space only: what is not allocated costs nothing, and is not touched.
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, segment_->fd(),
                    static_cast<off_t>(table_offset_));
  if (at == MAP_FAILED) return Status::system(errno, "mmap");
  mapping_ = std::make_shared<Mapping>(static_cast<std::byte*>(at), size);
  table_ = reinterpret_cast<ipc_run*>(mapping_->base);
  pages_ = mapping_->base + kTableBytes;
  return {};
}

Status Extents::survey(std::uint32_t wanted, Position tail, bool merge, Survey& out) {
  out = {};
  out.pages = load_acquire(shared_->extent_pages);
  if (out.pages > IPC_EXTENT_MAX_PAGES) return Status::corrupt("the extents table is longer than it can be");
  const std::uint64_t file = segment_->file_size();
  if (out.pages > 0 && file < pages_offset_ + std::uint64_t{out.pages} * IPC_EXTENT_PAGE) return {Code::kTruncated};
  // The head before any state. A run whose record the consumer has passed was marked READING before the head moved, so
  // who sees the new head (acquire, pairs with Ring::advance()) sees the mark; who sees the old one counts it as
  // queued.
  Usage usage(*segment_, {load_acquire(shared_->head)}, tail);
  std::uint32_t free_since = IPC_EXTENT_MAX_PAGES;  // where the free stretch that is being walked began
  for (std::uint32_t page = 0; page < out.pages;) {
    ipc_run& run = run_at(page);
    const std::uint32_t length = load_relaxed(run.pages);
    // Acquire: pairs with the release in release(); the reader's copy is finished before the pages are written again.
    const std::uint64_t state = load_acquire(run.state);
    if (length == 0 || length > out.pages - page) return Status::corrupt("a run of pages reaches past its table");
    if (usage.in_use(state)) {
      // What somebody has in hand, to write or to read, is not queued: whoever holds it bounds it.
      if (state_of(state) == IPC_RUN_QUEUED) out.queued_bytes += std::uint64_t{length} * IPC_EXTENT_PAGE;
      free_since = IPC_EXTENT_MAX_PAGES;
      page += length;
      continue;
    }
    if (free_since == IPC_EXTENT_MAX_PAGES) free_since = page;
    const std::uint32_t stretch = page + length - free_since;
    if (merge) {
      // State first: after a death between the two stores the shorter run is free, and the one behind it as well.
      store_relaxed(run_at(free_since).state, std::uint64_t{IPC_RUN_FREE});
      INTERPROC_CRASH_POINT("extents.merging");
      store_release(run_at(free_since).pages, stretch);
    }
    if (stretch >= wanted && out.fit == IPC_EXTENT_MAX_PAGES) out.fit = free_since;
    page += length;
    if (page == out.pages) out.last_free = free_since;
  }
  return {};
}

// Makes the last free stretch `wanted` pages long, or adds one of that length.
Status Extents::grow(std::uint32_t wanted, Survey& found) {
  const bool extend = found.last_free != IPC_EXTENT_MAX_PAGES;
  const std::uint32_t first = extend ? found.last_free : found.pages;
  if (wanted > IPC_EXTENT_MAX_PAGES - first) return {Code::kFull};
  const std::uint32_t end = first + wanted;
  // Whole pages of the machine, of which 4096 bytes is the smallest: the table's allocation may overlap the one before.
  const std::uint64_t table_from = std::uint64_t{found.pages} * sizeof(ipc_run);
  const std::uint64_t table_to = std::uint64_t{end} * sizeof(ipc_run);
  if (Status s = allocate_file(segment_->fd(), table_offset_ + table_from, table_to - table_from); !s.ok()) return s;
  const std::uint64_t from = std::uint64_t{found.pages} * IPC_EXTENT_PAGE;
  const std::uint64_t to = std::uint64_t{end} * IPC_EXTENT_PAGE;
  if (Status s = allocate_file(segment_->fd(), pages_offset_ + from, to - from); !s.ok()) return s;
  INTERPROC_CRASH_POINT("extents.grown");
  ipc_run& run = run_at(first);
  store_relaxed(run.state, std::uint64_t{IPC_RUN_FREE});
  if (extend) {
    // The table must cover the longer run before the run claims to be that long, and never the other way round: a death
    // between leaves pages that belong to no run, so the entry behind is made a run of its own first.
    ipc_run& rest = run_at(found.pages);
    store_relaxed(rest.state, std::uint64_t{IPC_RUN_FREE});
    store_relaxed(rest.pages, end - found.pages);
    INTERPROC_CRASH_POINT("extents.prepared");
    store_release(shared_->extent_pages, end);
    INTERPROC_CRASH_POINT("extents.extended");
    store_release(run.pages, wanted);
  } else {
    store_relaxed(run.pages, wanted);
    store_release(shared_->extent_pages, end);
    INTERPROC_CRASH_POINT("extents.added");
  }
  found.fit = first;
  found.pages = end;
  return {};
}

Status Extents::allocate(std::uint64_t bytes, std::uint64_t most_queued, Position tail, ipc_extent_ref& out) {
  if (Status s = map(); !s.ok()) return s;
  const std::uint32_t wanted = pages_for(bytes);
  if (bytes > kRegionBytes) return {Code::kTooLarge};
  Survey found;
  if (Status s = survey(wanted, tail, true, found); !s.ok()) return s;
  if (!found.admits(bytes, most_queued)) return {Code::kFull};
  if (found.fit == IPC_EXTENT_MAX_PAGES) {
    if (Status s = grow(wanted, found); !s.ok()) return s;
  }
  ipc_run& run = run_at(found.fit);
  const std::uint32_t length = load_relaxed(run.pages);
  if (length < wanted || length > found.pages - found.fit) return Status::corrupt("a free run changed under the lock");
  if (length > wanted) {
    ipc_run& rest = run_at(found.fit + wanted);
    store_relaxed(rest.state, std::uint64_t{IPC_RUN_FREE});
    store_relaxed(rest.pages, length - wanted);
    INTERPROC_CRASH_POINT("extents.split");
    // Release: the rest is a whole run before this one ends at it.
    store_release(run.pages, wanted);
  }
  store_release(run.state, owned_state(IPC_RUN_WRITING, segment_->me(), {}));
  INTERPROC_CRASH_POINT("extents.allocated");
  out = {found.fit, wanted, bytes};
  return {};
}

bool Extents::has_room(std::uint64_t bytes, std::uint64_t most_queued, Position tail) {
  if (!map().ok()) return true;  // let the attempt report it
  Survey found;
  if (!survey(pages_for(bytes), tail, false, found).ok()) return true;
  if (!found.admits(bytes, most_queued)) return false;
  const std::uint32_t end = found.last_free != IPC_EXTENT_MAX_PAGES ? found.last_free : found.pages;
  return found.fit != IPC_EXTENT_MAX_PAGES || pages_for(bytes) <= IPC_EXTENT_MAX_PAGES - end;
}

Status Extents::admit(const ipc_extent_ref& run, std::uint64_t most_queued, Position tail) {
  // Nobody else writes the word of a run that is lent to us; what says otherwise is no producer of this layout.
  if (load_relaxed(run_at(run.page).state) != owned_state(IPC_RUN_WRITING, segment_->me(), {}))
    return Status::corrupt("a run that was lent to this writer is not its own any more");
  Survey found;
  if (Status s = survey(run.pages, tail, false, found); !s.ok()) return s;
  return {found.admits(run.length, most_queued) ? Code::kOk : Code::kFull};
}

bool Extents::admits(std::uint64_t bytes, std::uint64_t most_queued, Position tail) {
  Survey found;
  if (!map().ok() || !survey(1, tail, false, found).ok()) return true;  // let the attempt report it
  return found.admits(bytes, most_queued);
}

std::byte* Extents::data(const ipc_extent_ref& run) { return pages_ + std::uint64_t{run.page} * IPC_EXTENT_PAGE; }

void Extents::commit(const ipc_extent_ref& run, Position at) {
  // Published by the ring's tail store that follows.
  store_release(run_at(run.page).state, owned_state(IPC_RUN_QUEUED, segment_->me(), at));
  INTERPROC_CRASH_POINT("extents.committed");
}

Status Extents::check(const ipc_extent_ref& run) {
  if (Status s = map(); !s.ok()) return s;
  const std::uint32_t pages = load_acquire(shared_->extent_pages);
  if (pages > IPC_EXTENT_MAX_PAGES || run.page >= pages || run.pages == 0 || run.pages > pages - run.page ||
      run.length > std::uint64_t{run.pages} * IPC_EXTENT_PAGE)
    return Status::corrupt("a record refers to pages outside the table");
  if (segment_->file_size() < pages_offset_ + (std::uint64_t{run.page} + run.pages) * IPC_EXTENT_PAGE)
    return {Code::kTruncated};
  return {};
}

Status Extents::take(const ipc_extent_ref& run, Position at) {
  if (Status s = check(run); !s.ok()) return s;
  // Release: the mark is seen by who sees the head that moves after it (see survey()).
  store_release(run_at(run.page).state, owned_state(IPC_RUN_READING, segment_->me(), at));
  INTERPROC_CRASH_POINT("extents.taken");
  return {};
}

void Extents::release(const ipc_extent_ref& run) {
  if (!segment_->attached()) return;
  // Release: pairs with the acquire in survey().
  store_release(run_at(run.page).state, std::uint64_t{IPC_RUN_FREE});
  INTERPROC_CRASH_POINT("extents.released");
}

void Extents::give_back(const ipc_extent_ref& run) {
  if (!segment_->attached()) return;
  release(run);
  // Everyone: who wants less than the others may be the one for whom there is room now.
  wake(*segment_, shared_->not_full, kEveryone);
}

}  // namespace interproc
