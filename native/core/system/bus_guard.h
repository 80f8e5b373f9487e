// What a shared mapping's bytes become when the file behind them is gone.
//
// Any process of the same user can truncate a file in /dev/shm that others have mapped, or take its pages away while
// the file system is full. The next access raises SIGBUS, which ends the process. No check before the access can
// prevent that, and no seal can: only memfds have those. So a handler looks whether the address lies in a guarded
// range, puts zeroed memory of this process's own in place of what is missing, from there to the end of the range, and
// lets the access be made again. Nothing has to be right about those zeros but that every reader of shared bytes
// survives any bytes. The range is marked, and whoever uses an object looks at the mark (SharedObject::damaged) where
// any range of the process has one.
//
// The handler is installed with the first range. SIGBUS of any other address goes to whoever handled it before.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace interproc {

// One range. Entries are never given back, so that the handler may walk them at any time; unused ones are used again.
struct GuardedRange {
  std::atomic<std::uintptr_t> base{0};
  std::atomic<std::size_t> size{0};          // 0: not in use
  std::atomic<std::uintptr_t> lost_from{0};  // the lowest address that was found missing; 0: none
  GuardedRange* next = nullptr;              // does not change once the entry can be reached
};

// Null for an empty range, and where there is no memory for an entry: that one is not guarded.
GuardedRange* guard_range(const void* base, std::size_t size);
// Before the range is unmapped.
void unguard_range(GuardedRange* range);

// Whether anything of it was found missing.
inline bool damaged(const GuardedRange& range) { return range.lost_from.load(std::memory_order_relaxed) != 0; }
// Whether anything of any range ever was. One load.
bool any_range_damaged();

}  // namespace interproc
