// The numbers that callers have, and the one registry of what this process has open. For registry.cc, thread.cc and
// fork.cc.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "registry.h"

namespace interproc::abi {

// An ip_object: 32 bits of generation, 32 of index + 1. The word of an entry tells generation and state apart, so that
// a number is checked without a lock.
enum EntryState : std::uint64_t { kFree = 0, kOpen = 1, kForked = 2 };

struct Entry {
  std::atomic<std::uint64_t> word{0};  // generation << 2 | state
  std::shared_ptr<Record> record;      // guarded by the mutex
  std::uint32_t end = 0;               // of a loan: its place in the record
  bool loan = false;
};

inline constexpr std::size_t kChunk = 1024;
inline constexpr std::size_t kChunks = 1024;
using Chunk = std::array<Entry, kChunk>;

class Thread;

struct Registry {
  std::mutex mutex;
  std::array<std::atomic<Chunk*>, kChunks> chunks{};
  std::size_t used = 0;  // entries that were ever used
  std::vector<std::size_t> free;
  std::vector<std::shared_ptr<Record>> records;
  std::vector<Thread*> threads;
  std::recursive_mutex* opening = new std::recursive_mutex;
};

Registry& registry();

inline std::size_t index_of(ip_object number) { return static_cast<std::size_t>(number & 0xffffffffu) - 1; }
inline std::uint64_t generation_of(ip_object number) { return number >> 32; }

// Null for what cannot be a number.
Entry* entry_of(ip_object number);
// IP_OK where it is open; the failure is remembered.
ip_status check_number(ip_object number);

// ---- With the registry's mutex held.
ip_object new_number(Registry& all, std::shared_ptr<Record> record, std::uint32_t end, bool loan = false);
std::shared_ptr<Record> release_entry(Registry& all, Entry& entry, std::size_t index);
template <class Visit>
void each_open(Registry& all, Visit visit) {
  for (std::size_t index = 0; index < all.used; ++index) {
    Entry& entry = (*all.chunks[index / kChunk].load(std::memory_order_relaxed))[index % kChunk];
    if ((entry.word.load(std::memory_order_relaxed) & 3) == kOpen) visit(entry, index);
  }
}

// A seat is taken down, and who sleeps in it is woken.
void take_down(Record& record, const std::shared_ptr<Seat>& seat, Leaving how);
void wake_sleeper(const Seat& seat);

}  // namespace interproc::abi
