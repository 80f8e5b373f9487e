#include "numbers.h"

namespace interproc::abi {

Entry* entry_of(ip_object number) {
  const std::size_t index = index_of(number);
  if (number == 0 || index >= kChunk * kChunks) return nullptr;
  // Acquire: pairs with the release in new_number().
  Chunk* chunk = registry().chunks[index / kChunk].load(std::memory_order_acquire);
  return chunk != nullptr ? &(*chunk)[index % kChunk] : nullptr;
}

ip_status check_number(ip_object number) {
  const Entry* entry = entry_of(number);
  // Acquire: pairs with the release in new_number() and release_entry().
  const std::uint64_t word = entry != nullptr ? entry->word.load(std::memory_order_acquire) : 0;
  if (word >> 2 != generation_of(number) || (word & 3) == kFree)
    return fail(IP_CLOSED, "the object was closed, or never was");
  if ((word & 3) == kForked)
    return fail(IP_FORKED, "the object belongs to the process that forked this one; open it anew");
  return IP_OK;
}

ip_object new_number(Registry& all, std::shared_ptr<Record> record, std::uint32_t end, bool loan) {
  std::size_t index;
  if (all.free.empty()) {
    index = all.used++;
    if (index >= kChunk * kChunks) return 0;
    if (index % kChunk == 0) all.chunks[index / kChunk].store(new Chunk, std::memory_order_release);
  } else {
    index = all.free.back();
    all.free.pop_back();
  }
  Entry& entry = (*all.chunks[index / kChunk].load(std::memory_order_relaxed))[index % kChunk];
  const std::uint64_t generation = ((entry.word.load(std::memory_order_relaxed) >> 2) + 1) & 0xffffffffu;
  ++record->numbers;
  entry.record = std::move(record);
  entry.end = end;
  entry.loan = loan;
  entry.word.store(generation << 2 | kOpen, std::memory_order_release);
  return generation << 32 | (index + 1);
}

std::shared_ptr<Record> release_entry(Registry& all, Entry& entry, std::size_t index) {
  const std::uint64_t generation = entry.word.load(std::memory_order_relaxed) >> 2;
  entry.word.store(generation << 2 | kFree, std::memory_order_release);
  all.free.push_back(index);
  return std::exchange(entry.record, nullptr);
}

}  // namespace interproc::abi
