// Many producers, many consumers, the lowest priority first, and those of equal priority in the order of their puts.
//
// One owned lock for everything; a critical section is a copy of the item and O(log n) steps in the heap. Producers
// encode before it and consumers decode after it. Two kinds of words, and who was killed at any instruction leaves them
// so:
//
//   what is said        the link of each item's first block, whose bit 31 says "queued" (slab.h), the item's header and
//                       payload, written before, the slab's number of chunks, which only grows, and `state`
//   what is derived     the heap, the free blocks, count, bytes, next_sequence. `dirty` is set before the first of them
//   changes
//                       and cleared after the last
//
//   put   dirty=1 | take blocks, write the item | publish: the bit is set | heap, count | dirty=0 | unlock | wake
//   get   copy the item out | dirty=1 | unpublish: the bit is cleared | heap, count, free its blocks | dirty=0 | unlock
//   | wake
//
// Killed before "publish": no item, and the blocks belong to nobody. Behind it: the item is in. A get killed before
// "unpublish" took nothing; behind it the item is gone with the dead one. Whoever gets the lock next and finds `dirty`
// set makes all that is derived again from what is said, in O(blocks), and may be killed in that as well. What a dead
// holder may also have left out is its wakes: who takes the lock over from the dead wakes everyone.
#pragma once

#include <span>

#include "messages/priority_heap.h"
#include "messages/slab.h"
#include "segment/object.h"
#include "sync/owned_lock.h"
#include "waiting/turn.h"

namespace interproc {

struct PriorityQueuePlan {
  std::uint64_t capacity = 0;   // bytes; rounded up as a queue's
  std::uint64_t max_items = 0;  // 0: bounded by bytes only
  std::uint64_t max_bytes = 0;  // largest payload; 0: kLargestMessage
};

class PriorityQueue final : public SharedObject {
 public:
  // Those of a Queue. Both locks are the one.
  enum : Condition { kNotEmpty = 0, kNotFull = 1, kPutLock = 2, kGetLock = 3 };

  // A message that goes in ends with its priority, the eight bytes of a finite double; what comes out is the payload
  // alone.
  static constexpr std::size_t kPriorityBytes = sizeof(double);
  // The same order as unsigned integers; 0 and -0 are equal.
  static std::uint64_t key_of(double priority);

  static Status create(std::string_view name, const PriorityQueuePlan& plan, const CreateOptions& options,
                       std::unique_ptr<PriorityQueue>& out);
  static Status open(std::string_view name, std::unique_ptr<PriorityQueue>& out);
  // The same for a segment of this kind that is attached already.
  static Status adopt(std::unique_ptr<Segment> segment, std::unique_ptr<PriorityQueue>& out);
  Status again(std::unique_ptr<SharedObject>& out) const override { return again_as<PriorityQueue>(out); }

  // As Queue::put: kOk, kFull, kBusy (the lock is contended: try again soon), kShutDown, kTooLarge, kSystem, kCorrupt.
  Status put(std::span<const std::byte> message, bool insist);
  // As many as fit, at least one. They lie one behind the other.
  Status put_many(std::span<const std::byte> messages, std::span<const std::uint32_t> lengths, bool insist,
                  std::uint32_t& pushed);

  // As Queue::get: kOk, kEmpty, kBusy, kShutDown (and drained), kSmallBuffer (with the length), kCorrupt.
  Status get(std::span<std::byte> into, std::uint64_t& length);
  Status get_many(std::span<std::byte> into, std::span<std::uint32_t> lengths, std::uint32_t& count,
                  std::uint64_t& needed);

  // Wakes every waiter in every process. immediate: what is queued is out of reach from then on.
  void shut_down(bool immediate);
  [[nodiscard]] bool is_shut_down() const { return state() != 0; }
  [[nodiscard]] std::uint64_t count() const;
  // Whether a put of a message of so many bytes would find room now.
  [[nodiscard]] bool has_room(std::uint64_t message) const;
  void stop_insisting();

  [[nodiscard]] std::uint64_t capacity() const { return capacity_; }
  [[nodiscard]] std::uint64_t max_items() const { return max_items_; }
  [[nodiscard]] std::uint64_t max_bytes() const { return max_bytes_; }
  [[nodiscard]] ipc_priority_queue& shared() const { return segment_->body<ipc_priority_queue>(); }

  bool ready(Condition condition, std::uint64_t need, Look look) override;
  ipc_wait_set* waiters(Condition condition) override;
  void leave(Leaving) override { stop_insisting(); }
  void woken_in_vain(Condition condition) override;
  [[nodiscard]] bool damaged() const override { return slab_.damaged() || SharedObject::damaged(); }

 private:
  explicit PriorityQueue(std::unique_ptr<Segment> segment) : SharedObject(std::move(segment)), heap_(slab_) {}
  Status attach();
  [[nodiscard]] std::uint32_t state() const;

  // ---- Under the lock.
  // Whatever the last holder left: chunks it added, and the derived words where it died.
  Status settle();
  Status rebuild();
  void begin_change();
  void end_change();
  // What is derived was found wrong: the next one makes it again, and finds out whether what is said is wrong as well.
  void distrust() { store_relaxed(shared().dirty, std::uint32_t{1}); }
  [[nodiscard]] bool fits(std::uint64_t payload) const;
  Status insert(std::span<const std::byte> message);
  Status take_first(std::span<std::byte> into, std::uint64_t& length);
  // Unlocks and wakes whom it concerns.
  void unlock(bool everyone);

  Slab slab_;
  PriorityHeap heap_;
  Turn turn_;
  std::uint64_t capacity_ = 0;
  std::uint64_t max_items_ = 0;
  std::uint64_t max_bytes_ = 0;
};

}  // namespace interproc
