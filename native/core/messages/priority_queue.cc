#include "messages/priority_queue.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "messages/channel.h"
#include "system/crash_point.h"

namespace interproc {
namespace {

constexpr std::uint64_t kOffsetUnit = 65536;  // the largest page of any machine: what is mapped begins at one

std::uint64_t round_up(std::uint64_t bytes, std::uint64_t unit) { return (bytes + unit - 1) & ~(unit - 1); }

std::uint64_t cost_of(std::uint64_t payload) { return payload + IPC_ITEM_COST; }

}  // namespace

std::uint64_t PriorityQueue::key_of(double priority) {
  const auto bits = std::bit_cast<std::uint64_t>(priority + 0.0);  // -0 + 0 is 0
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

Status PriorityQueue::create(std::string_view name, const PriorityQueuePlan& plan, const CreateOptions& options,
                             std::unique_ptr<PriorityQueue>& out) {
  const std::uint64_t capacity = ring_bytes_for(plan.capacity);
  const std::uint64_t meta_offset = IPC_BODY_OFFSET + sizeof(ipc_priority_queue);
  const std::uint64_t offset = round_up(meta_offset + options.meta.size(), kOffsetUnit);
  const auto chunks =
      static_cast<std::uint32_t>((capacity + sizeof(ipc_chunk::blocks) - 1) / sizeof(ipc_chunk::blocks));
  const std::uint64_t total = offset + Slab::file_bytes(chunks);
  const SegmentPlan segment_plan{
      IPC_KIND_PRIORITY_QUEUE, options.codec, options.persist, options.mode, total, options.meta, meta_offset};
  const auto fill = [&](std::byte* base) {
    auto& queue = *reinterpret_cast<ipc_priority_queue*>(base + IPC_BODY_OFFSET);
    queue.capacity = capacity;
    queue.max_items = plan.max_items;
    queue.max_bytes = plan.max_bytes;
    queue.slab.offset = offset;
    queue.slab.chunks = chunks;
  };
  std::unique_ptr<Segment> segment;
  if (Status s = Segment::create(name, segment_plan, fill, segment); !s.ok()) return s;
  out.reset(new PriorityQueue(std::move(segment)));
  return out->attach();
}

Status PriorityQueue::open(std::string_view name, std::unique_ptr<PriorityQueue>& out) {
  std::unique_ptr<Segment> segment;
  if (Status s = Segment::open(name, IPC_KIND_PRIORITY_QUEUE, segment); !s.ok()) return s;
  return adopt(std::move(segment), out);
}

Status PriorityQueue::adopt(std::unique_ptr<Segment> segment, std::unique_ptr<PriorityQueue>& out) {
  if (segment->header().total_size < IPC_BODY_OFFSET + sizeof(ipc_priority_queue)) return {Code::kTruncated};
  std::unique_ptr<PriorityQueue> queue(new PriorityQueue(std::move(segment)));
  if (Status s = queue->attach(); !s.ok()) return s;
  out = std::move(queue);
  return {};
}

Status PriorityQueue::attach() {
  ipc_priority_queue& queue = shared();
  capacity_ = load_relaxed(queue.capacity);
  max_items_ = load_relaxed(queue.max_items);
  const std::uint64_t max_bytes = load_relaxed(queue.max_bytes);
  max_bytes_ = max_bytes == 0 ? kLargestMessage : std::min(max_bytes, kLargestMessage);
  const std::uint64_t offset = load_relaxed(queue.slab.offset);
  if (ring_bytes_for(capacity_) != capacity_)
    return Status::corrupt("a capacity that is not a power of two within bounds");
  if (offset % kOffsetUnit != 0 || offset < IPC_BODY_OFFSET + sizeof queue || offset > segment_->header().total_size)
    return Status::corrupt("a slab lies where it cannot");
  slab_ = Slab(*segment_, queue.slab, offset);
  turn_ = Turn(*segment_, queue.turn);
  for (Condition condition : {kNotEmpty, kNotFull, kPutLock}) forget_predecessor(*waiters(condition));
  return slab_.map();
}

std::uint32_t PriorityQueue::state() const { return load_acquire(shared().state); }

// ---- Under the lock

void PriorityQueue::begin_change() {
  store_relaxed(shared().dirty, std::uint32_t{1});
  // Before all that is changed next: who finds any of it changed by one who died finds it dirty.
  std::atomic_thread_fence(std::memory_order_release);
  INTERPROC_CRASH_POINT("priority.dirty");
}

void PriorityQueue::end_change() {
  INTERPROC_CRASH_POINT("priority.changed");
  store_release(shared().dirty, std::uint32_t{0});
  INTERPROC_CRASH_POINT("priority.clean");
}

Status PriorityQueue::settle() {
  if (Status s = slab_.map(); !s.ok()) return s;
  return load_relaxed(shared().dirty) == 0 ? Status{} : rebuild();
}

Status PriorityQueue::rebuild() {
  INTERPROC_CRASH_POINT("priority.rebuild");
  if (Status s = slab_.begin_rebuild(); !s.ok()) return s;
  ipc_priority_queue& queue = shared();
  std::uint32_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t sequence = load_relaxed(queue.next_sequence);
  for (std::uint32_t block = 0; block < slab_.blocks(); ++block) {
    if (!slab_.queued(block)) continue;
    const ipc_priority_item item = slab_.item(block);
    if (Status s = slab_.keep(block, Slab::blocks_for(item.length)); !s.ok()) return s;
    heap_.set(count++, {item.priority, item.sequence, block, 0});
    bytes += cost_of(item.length);
    sequence = std::max(sequence, item.sequence + 1);
  }
  heap_.order(count);
  slab_.end_rebuild();
  store_relaxed(queue.count, count);
  store_relaxed(queue.bytes, bytes);
  store_relaxed(queue.next_sequence, sequence);
  INTERPROC_CRASH_POINT("priority.rebuilt");
  store_release(queue.dirty, std::uint32_t{0});
  return {};
}

bool PriorityQueue::fits(std::uint64_t payload) const {
  const std::uint64_t count = load_relaxed(shared().count);
  if (count == 0) return true;
  const std::uint64_t bytes = load_relaxed(shared().bytes);
  return (max_items_ == 0 || count < max_items_) && bytes <= capacity_ && cost_of(payload) <= capacity_ - bytes;
}

Status PriorityQueue::insert(std::span<const std::byte> message) {
  if (message.size() < kPriorityBytes) return Status::corrupt("a message without its priority");
  const auto payload = message.first(message.size() - kPriorityBytes);
  if (payload.size() > max_bytes_) return {Code::kTooLarge};
  if (!fits(payload.size())) return {Code::kFull};
  const std::uint32_t blocks = Slab::blocks_for(payload.size());
  if (Status s = slab_.reserve(blocks); !s.ok()) return s;
  ipc_priority_queue& queue = shared();
  double priority;
  std::memcpy(&priority, message.data() + payload.size(), sizeof priority);
  const ipc_priority_item item{key_of(priority), load_relaxed(queue.next_sequence),
                               static_cast<std::uint32_t>(payload.size()), 0};
  const std::uint32_t count = load_relaxed(queue.count);
  if (count >= slab_.blocks()) return Status::corrupt("more items than there are blocks");
  begin_change();
  std::uint32_t first = 0;
  if (Status s = slab_.allocate(blocks, first); !s.ok()) return s;
  if (Status s = slab_.write(first, item, payload); !s.ok()) return s;
  INTERPROC_CRASH_POINT("priority.written");
  slab_.publish(first);
  INTERPROC_CRASH_POINT("priority.published");
  heap_.push(count, {item.priority, item.sequence, first, 0});
  store_relaxed(queue.next_sequence, item.sequence + 1);
  store_relaxed(queue.bytes, load_relaxed(queue.bytes) + cost_of(payload.size()));
  store_relaxed(queue.count, count + 1);
  end_change();
  return {};
}

Status PriorityQueue::take_first(std::span<std::byte> into, std::uint64_t& length) {
  ipc_priority_queue& queue = shared();
  const std::uint32_t count = load_relaxed(queue.count);
  // The caller has seen that there is one; read again, it may say anything.
  if (count == 0 || count > slab_.blocks()) return Status::corrupt("as many items as there cannot be");
  const ipc_heap_node node = heap_.first();
  if (node.block >= slab_.blocks() || !slab_.queued(node.block))
    return Status::corrupt("the heap names what is no item");
  const ipc_priority_item item = slab_.item(node.block);
  length = item.length;
  if (length > into.size()) return {Code::kSmallBuffer};
  if (Status s = slab_.read(node.block, into.first(length)); !s.ok()) return s;
  begin_change();
  slab_.unpublish(node.block);
  INTERPROC_CRASH_POINT("priority.unpublished");
  heap_.pop(count);
  if (Status s = slab_.release(node.block, Slab::blocks_for(length)); !s.ok()) return s;
  store_relaxed(queue.bytes, load_relaxed(queue.bytes) - cost_of(length));
  store_relaxed(queue.count, count - 1);
  end_change();
  return {};
}

void PriorityQueue::unlock(bool everyone) {
  ipc_priority_queue& queue = shared();
  store_release(queue.lock.word, std::uint32_t{0});
  INTERPROC_CRASH_POINT("priority.unlocked");
  full_fence();  // pairs with the fence in announce(); follows the stores that the conditions depend on
  wake_fenced(*segment_, queue.lock.waiters, 1);
  if (!everyone) return;
  wake_fenced(*segment_, queue.not_empty, kEveryone);
  wake_fenced(*segment_, queue.not_full, kEveryone);
}

// ---- Operations

Status PriorityQueue::put(std::span<const std::byte> message, bool insist) {
  const auto length = static_cast<std::uint32_t>(std::min<std::size_t>(message.size(), UINT32_MAX));
  std::uint32_t pushed = 0;
  // Beyond what the table of lengths can say, and in any case too large.
  if (length != message.size()) return {Code::kTooLarge};
  return put_many(message, {&length, 1}, insist, pushed);
}

Status PriorityQueue::put_many(std::span<const std::byte> messages, std::span<const std::uint32_t> lengths, bool insist,
                               std::uint32_t& pushed) {
  pushed = 0;
  if (is_shut_down()) return {Code::kShutDown};
  ipc_priority_queue& queue = shared();
  OwnedLock lock(*segment_, queue.lock);
  const Acquired acquired = lock.acquire_briefly();
  if (acquired == Acquired::kNo) return {Code::kBusy};
  const bool repair = acquired == Acquired::kRecovered || load_relaxed(queue.dirty) != 0;
  Status result;
  bool deferred = false;
  // Again, under the lock: behind a get that found the queue shut down and drained nothing goes in.
  if (is_shut_down()) {
    result = {Code::kShutDown};
  } else if (turn_.anothers()) {
    deferred = true;
    result = {Code::kFull};
  } else {
    result = settle();
    for (const std::uint32_t length : lengths) {
      if (!result.ok() || length > messages.size()) break;
      result = insert(messages.first(length));
      if (!result.ok()) break;
      messages = messages.subspan(length);
      ++pushed;
    }
  }
  if (result.code == Code::kCorrupt) distrust();
  if (pushed > 0) result = {};  // the next call meets the trouble first
  const bool turn_ends = turn_.mine() && result.code != Code::kFull;
  if (turn_ends) turn_.end();
  // Two who insist must not take the turn from each other for ever: it stays with the first.
  if (result.code == Code::kFull && insist && !deferred) turn_.take();
  unlock(repair);
  if (pushed > 0) wake_fenced(*segment_, queue.not_empty, pushed);
  // Those who deferred have used up the wakes that the consumers sent meanwhile.
  if (turn_ends) wake_fenced(*segment_, queue.not_full, kEveryone);
  return result;
}

Status PriorityQueue::get(std::span<std::byte> into, std::uint64_t& length) {
  std::uint32_t one = 0;
  std::uint32_t count = 0;
  const Status s = get_many(into, {&one, 1}, count, length);
  if (s.ok()) length = one;
  return s;
}

Status PriorityQueue::get_many(std::span<std::byte> into, std::span<std::uint32_t> lengths, std::uint32_t& count,
                               std::uint64_t& needed) {
  count = 0;
  ipc_priority_queue& queue = shared();
  const std::uint32_t state = this->state();
  if ((state & IPC_CHANNEL_IMMEDIATE) != 0) return {Code::kShutDown};
  // Without the lock: most polls of an empty queue end here. Where it is dirty, nobody can say whether it is empty.
  if (state == 0 && load_acquire(queue.count) == 0 && load_acquire(queue.dirty) == 0) return {Code::kEmpty};
  OwnedLock lock(*segment_, queue.lock);
  const Acquired acquired = lock.acquire_briefly();
  if (acquired == Acquired::kNo) return {Code::kBusy};
  const bool repair = acquired == Acquired::kRecovered || load_relaxed(queue.dirty) != 0;
  Status result = settle();
  while (result.ok() && count < lengths.size()) {
    if (load_relaxed(queue.count) == 0) {
      result = {is_shut_down() ? Code::kShutDown : Code::kEmpty};
      break;
    }
    result = take_first(into, needed);
    if (!result.ok()) break;
    into = into.subspan(needed);
    lengths[count++] = static_cast<std::uint32_t>(needed);
  }
  if (result.code == Code::kCorrupt) distrust();
  if (count > 0) result = {};  // the next call meets the trouble first
  unlock(repair);
  if (count > 0) wake_fenced(*segment_, queue.not_full, count);
  return result;
}

void PriorityQueue::shut_down(bool immediate) {
  std::uint32_t bits = IPC_CHANNEL_SHUTDOWN;
  if (immediate) bits |= IPC_CHANNEL_IMMEDIATE;
  ipc_priority_queue& queue = shared();
  // Without the lock, which a stopped process may hold. A put that holds it is still on its way in: whether the queue
  // is drained is decided under the lock.
  atomic(queue.state).fetch_or(bits, std::memory_order_acq_rel);
  INTERPROC_CRASH_POINT("priority.down");
  wake(*segment_, queue.not_empty, kEveryone);
  wake_fenced(*segment_, queue.not_full, kEveryone);
  wake_fenced(*segment_, queue.lock.waiters, kEveryone);
}

std::uint64_t PriorityQueue::count() const {
  return (state() & IPC_CHANNEL_IMMEDIATE) != 0 ? 0 : load_acquire(shared().count);
}

bool PriorityQueue::has_room(std::uint64_t message) const {
  const std::uint64_t payload = message < kPriorityBytes ? 0 : message - kPriorityBytes;
  return payload > max_bytes_ || fits(payload);  // what is too large: let the attempt report it
}

void PriorityQueue::stop_insisting() {
  if (turn_.give_up()) wake(*segment_, shared().not_full, kEveryone);
}

void PriorityQueue::woken_in_vain(Condition condition) {
  ipc_wait_set& not_full = shared().not_full;
  if (waiters(condition) == &not_full && turn_.anothers()) turn_.wake_owner(not_full);
}

bool PriorityQueue::ready(Condition condition, std::uint64_t need, Look look) {
  const auto obtainable = [&] { return OwnedLock(*segment_, shared().lock).obtainable(look == Look::kKernel); };
  // Left so by one who died: the attempt will repair it.
  const auto left_dirty = [&] { return look == Look::kKernel && load_acquire(shared().dirty) != 0 && obtainable(); };
  const std::uint32_t down = state();
  switch (condition) {
    case kNotEmpty:
      return load_acquire(shared().count) != 0 || down != 0 || left_dirty();
    case kNotFull:
      return down != 0 || (has_room(need) && !turn_.anothers()) || left_dirty();
    case kPutLock:
      return down != 0 || obtainable();
    case kGetLock:
      return (down & IPC_CHANNEL_IMMEDIATE) != 0 || obtainable();
    default:
      return true;
  }
}

ipc_wait_set* PriorityQueue::waiters(Condition condition) {
  switch (condition) {
    case kNotEmpty:
      return &shared().not_empty;
    case kNotFull:
      return &shared().not_full;
    case kPutLock:
    case kGetLock:
      return &shared().lock.waiters;
    default:
      return nullptr;
  }
}

}  // namespace interproc
