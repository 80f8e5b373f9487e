#include "messages/queue.h"

#include <cstring>

#include "system/atomic.h"
#include "system/crash_point.h"

namespace interproc {
namespace {

// How long others defer to a producer that insists. One that was stopped while insisting must not hold them up for
// ever.
constexpr Nanoseconds kDeference = 100 * kMillisecond;

constexpr std::uint64_t kRingOffset = (IPC_BODY_OFFSET + sizeof(ipc_queue) + 127) & ~std::uint64_t{127};

std::uint64_t whole_words(std::uint64_t bytes) { return (bytes + 127) & ~std::uint64_t{127}; }

}  // namespace

Status Queue::create(std::string_view name, const ChannelPlan& plan, const CreateOptions& options,
                     std::unique_ptr<Queue>& out, bool joinable) {
  const std::uint64_t meta_offset = kRingOffset + ring_bytes_for(plan.capacity);
  const std::uint64_t total = meta_offset + whole_words(options.meta.size());
  const SegmentPlan segment_plan{IPC_KIND_QUEUE, options.codec, options.persist, options.mode,
                                 total,          options.meta,  meta_offset};
  std::unique_ptr<Segment> segment;
  const auto fill = [&](std::byte* base) {
    auto& queue = *reinterpret_cast<ipc_queue*>(base + IPC_BODY_OFFSET);
    plan_channel(queue.channel, plan, kRingOffset, extent_table_offset(total, 0));
    queue.tally.enabled = joinable ? 1 : 0;
  };
  if (Status s = Segment::create(name, segment_plan, fill, segment); !s.ok()) return s;
  out.reset(new Queue(std::move(segment)));
  return out->attach();
}

Status Queue::open(std::string_view name, std::unique_ptr<Queue>& out) {
  std::unique_ptr<Segment> segment;
  if (Status s = Segment::open(name, IPC_KIND_QUEUE, segment); !s.ok()) return s;
  return adopt(std::move(segment), out);
}

Status Queue::adopt(std::unique_ptr<Segment> segment, std::unique_ptr<Queue>& out) {
  if (segment->header().total_size < IPC_BODY_OFFSET + sizeof(ipc_queue)) return {Code::kTruncated};
  std::unique_ptr<Queue> queue(new Queue(std::move(segment)));
  if (Status s = queue->attach(); !s.ok()) return s;
  out = std::move(queue);
  return {};
}

Status Queue::attach() {
  if (Status s = channel_.attach(*segment_, shared().channel); !s.ok()) return s;
  if (!channel_.used()) return Status::corrupt("a queue without a ring");
  for (Condition condition : {kNotEmpty, kNotFull, kPutLock, kGetLock, kJoined})
    forget_predecessor(*waiters(condition));
  return {};
}

bool Queue::anothers_turn() {
  const std::uint32_t turn = load_relaxed(shared().channel.turn);
  if (turn == 0) seen_turn_ = 0;  // the same producer may insist again, and is deferred to afresh
  if (turn == 0 || turn == OwnedLock::word_of(segment_->me())) return false;
  const Nanoseconds now = monotonic_coarse();
  if (turn != seen_turn_) {
    seen_turn_ = turn;
    seen_turn_since_ = now;
  }
  return now - seen_turn_since_ < kDeference && OwnedLock::owner_alive(*segment_, turn);
}

// Runs `act` as the only producer, unless the queue was shut down. Afterwards a full fence has been passed.
template <class Act>
Status Queue::with_put_lock(Act act) {
  ipc_channel& channel = shared().channel;
  OwnedLock lock(*segment_, shared().put_lock);
  const Acquired acquired = lock.acquire_briefly();
  if (acquired == Acquired::kNo) return {Code::kBusy};
  // Under the lock, so that drained() can tell that no put which saw the queue open is still on its way.
  const Status result = load_seq_cst(channel.state) != 0 ? Status{Code::kShutDown} : act();
  // One fence serves the lock's waiters and the readers: it follows both release stores, the ring's tail and this word.
  INTERPROC_CRASH_POINT("queue.put.unlock");
  store_release(shared().put_lock.word, std::uint32_t{0});
  INTERPROC_CRASH_POINT("queue.put.unlocked");
  full_fence();  // pairs with the fence in announce()
  wake_fenced(*segment_, shared().put_lock.waiters, 1);
  // A reader that saw this lock held could not tell whether the queue was drained (see drained()). It announced itself
  // after it had seen the state, so who finds it announced finds the state as well.
  if (load_relaxed(channel.state) != 0) wake_fenced(*segment_, channel.not_empty, kEveryone);
  // The dead one may have published and not woken.
  if (acquired == Acquired::kRecovered) wake_fenced(*segment_, channel.not_empty, kEveryone);
  return result;
}

// Leaves the room to a producer that has asked for it, or asks for the next. The turn of one who has asked ends with a
// push that was not for want of room; `after` may keep it, where that was the first step of two.
template <class Push>
Status Queue::locked_put(bool insist, Push push, Turn after) {
  ipc_channel& channel = shared().channel;
  bool turn_ends = false;
  const Status result = with_put_lock([&]() -> Status {
    const bool deferred = anothers_turn();
    const Status pushed = deferred ? Status{Code::kFull} : push();
    const std::uint32_t me = OwnedLock::word_of(segment_->me());
    const bool stays = pushed.code == Code::kFull || (pushed.ok() && after == Turn::kStays);
    turn_ends = load_relaxed(channel.turn) == me && !stays;
    if (turn_ends) store_relaxed(channel.turn, std::uint32_t{0});
    INTERPROC_CRASH_POINT("queue.put.turn");
    // Two who insist must not take the turn from each other for ever: it stays with the first.
    if (pushed.code == Code::kFull && insist && !deferred) store_relaxed(channel.turn, me);
    return pushed;
  });
  // Those who deferred have used up the wakes that the readers sent meanwhile.
  if (turn_ends) wake_fenced(*segment_, channel.not_full, kEveryone);
  return result;
}

Status Queue::put(std::span<const std::byte> message, bool insist) {
  const Status result = channel_.in_pages(message.size()) ? put_large(message, insist)
                                                          : locked_put(insist, [&] { return channel_.push(message); });
  if (result.ok()) wake_fenced(*segment_, shared().channel.not_empty, 1);
  return result;
}

// Copies while the lock is free: a megabyte takes as long as some hundred puts of others. Killed in between, this one
// leaves pages that are free, as everything that a dead one was writing (extents.h). A turn is kept until the end.
Status Queue::put_large(std::span<const std::byte> message, bool insist) {
  Loan pages;
  const auto prepare = [&] { return channel_.prepare(message.size(), pages); };
  if (Status s = locked_put(insist, prepare, Turn::kStays); !s.ok()) return s;
  std::memcpy(pages.bytes().data(), message.data(), message.size());
  INTERPROC_CRASH_POINT("queue.put.copied");
  return locked_put(insist, [&] { return channel_.commit(pages); });
}

Status Queue::put_many(std::span<const std::byte> messages, std::span<const std::uint32_t> lengths, bool insist,
                       std::uint32_t& pushed) {
  pushed = 0;
  const Status result = locked_put(insist, [&] { return channel_.push_many(messages, lengths, pushed); });
  if (result.ok()) wake_fenced(*segment_, shared().channel.not_empty, pushed);
  return result;
}

// No turns: a loan takes no room in the queue before it is put.
Status Queue::lend(std::uint64_t bytes, Loan& out) {
  return with_put_lock([&] { return channel_.lend(bytes, out); });
}

Status Queue::put_loan(Loan& loan, std::span<const std::byte> meta, bool insist) {
  const Status result = locked_put(insist, [&] { return channel_.publish(loan, meta); });
  if (result.ok()) wake_fenced(*segment_, shared().channel.not_empty, 1);
  return result;
}

Status Queue::get(std::span<std::byte> into, std::uint64_t& length) {
  std::uint32_t one = 0;
  std::uint32_t count = 0;
  const Status s = get_many(into, {&one, 1}, count, length);
  if (s.ok()) length = one;
  return s;
}

// Runs `take(taking, context, count)` as the only consumer; it says in `count` how many messages it took, if not one.
template <class Take>
Status Queue::locked_get(Take take) {
  ipc_channel& channel = shared().channel;
  if ((load_acquire(channel.state) & IPC_CHANNEL_IMMEDIATE) != 0) return {Code::kShutDown};
  // Without the lock: most polls of an empty queue end here. A consumer that knows of more does not look at the tail,
  // which would take its cache line from the producer for every message.
  if (!channel_.knows_of_more() && channel_.empty()) return drained() ? Status{Code::kShutDown} : Status{Code::kEmpty};
  OwnedLock lock(*segment_, shared().get_lock);
  const Acquired acquired = lock.acquire_briefly();
  if (acquired == Acquired::kNo) return {Code::kBusy};
  Tally accounts = tally();
  const bool counted = accounts.enabled();
  if (counted && acquired == Acquired::kRecovered) accounts.settle({load_relaxed(channel.head)});
  const auto taking = [](void* to, Position head, std::uint32_t items) {
    static_cast<Tally*>(to)->begin_take(head, items);
  };
  std::uint32_t count = 1;
  const Status result = take(counted ? Channel::Taking(taking) : nullptr, &accounts, count);
  if (counted && result.ok()) accounts.end_take();
  INTERPROC_CRASH_POINT("queue.get.unlock");
  store_release(shared().get_lock.word, std::uint32_t{0});
  INTERPROC_CRASH_POINT("queue.get.unlocked");
  full_fence();  // pairs with the fence in announce(); follows the head's and the lock's release stores
  wake_fenced(*segment_, shared().get_lock.waiters, 1);
  if (result.ok()) wake_fenced(*segment_, channel.not_full, count);
  if (acquired == Acquired::kRecovered) wake_fenced(*segment_, channel.not_full, kEveryone);
  return result;
}

Status Queue::get_many(std::span<std::byte> into, std::span<std::uint32_t> lengths, std::uint32_t& count,
                       std::uint64_t& needed) {
  count = 0;
  Channel::Taken taken;
  const Status result = locked_get([&](Channel::Taking taking, void* context, std::uint32_t& items) {
    const Status s = channel_.take_many(into, lengths, count, taken, taking, context);
    items = count;
    return s;
  });
  needed = taken.length;
  if (!result.ok()) return result;
  channel_.finish(taken, into);
  if (taken.large) wake(*segment_, shared().channel.not_full, 1);
  return result;
}

Status Queue::get_loan(std::span<std::byte> into, Loan& loan, Channel::LoanTaken& what) {
  what = {};
  return locked_get([&](Channel::Taking taking, void* context, std::uint32_t&) {
    return channel_.take_loan(into, loan, what, taking, context);
  });
}

Status Queue::finish_one() {
  OwnedLock lock(*segment_, shared().get_lock);
  const Acquired acquired = lock.acquire_briefly();
  if (acquired == Acquired::kNo) return {Code::kBusy};
  Tally accounts = tally();
  if (acquired == Acquired::kRecovered) accounts.settle({load_relaxed(shared().channel.head)});
  const bool finished = accounts.finish_one();
  if (Status s = lock.release(); !s.ok()) return s;
  // Every finished item may be the last: joiners look for themselves.
  if (finished) accounts.tell_joiners();
  return finished ? Status{} : Status{Code::kNotOwned};
}

Status Queue::join(std::uint64_t& lost) {
  lost = 0;
  seen_finished_ = tally().finished();
  if ((load_acquire(shared().channel.state) & IPC_CHANNEL_IMMEDIATE) == 0 && !channel_.empty()) return {Code::kEmpty};
  OwnedLock lock(*segment_, shared().get_lock);
  const Acquired acquired = lock.acquire_briefly();
  if (acquired == Acquired::kNo) return {Code::kBusy};
  Tally accounts = tally();
  if (acquired == Acquired::kRecovered) accounts.settle({load_relaxed(shared().channel.head)});
  const Tally::Unfinished unfinished = accounts.count();
  // Under the lock nobody can have moved an item from the ring into an account meanwhile.
  const bool all_taken = (load_acquire(shared().channel.state) & IPC_CHANNEL_IMMEDIATE) != 0 || channel_.empty();
  if (Status s = lock.release(); !s.ok()) return s;
  lost = unfinished.lost;
  return all_taken && unfinished.open == 0 ? Status{} : Status{Code::kEmpty};
}

// Shut down, and nothing will ever come. A put looks at the state after it took its lock, and the state is set before
// it is read here, all in one total order: if a put saw the queue open, either its lock is seen held here, or it has
// published and the last look sees that.
bool Queue::drained() {
  if (load_seq_cst(shared().channel.state) == 0) return false;
  const std::uint32_t holder = load_seq_cst(shared().put_lock.word);
  if (holder != 0 && OwnedLock::owner_alive(*segment_, holder)) return false;
  return channel_.empty();
}

Status Queue::shut_down(bool immediate) {
  std::uint32_t bits = IPC_CHANNEL_SHUTDOWN;
  if (immediate) bits |= IPC_CHANNEL_IMMEDIATE;
  ipc_queue& queue = shared();
  // Pairs with the looks in locked_put() and drained(); see there for why it is sequentially consistent.
  atomic(queue.channel.state).fetch_or(bits, std::memory_order_seq_cst);
  INTERPROC_CRASH_POINT("queue.down");
  if (immediate) {
    OwnedLock lock(*segment_, queue.get_lock);
    if (const Acquired acquired = lock.acquire_briefly(); acquired != Acquired::kNo) {
      // Before the head moves: by the head is told whether a dead consumer had taken what it was about to.
      if (acquired == Acquired::kRecovered) tally().settle({load_relaxed(queue.channel.head)});
      const Status dropped = channel_.discard();
      if (Status s = lock.release(); !s.ok()) return s;
      if (!dropped.ok()) return dropped;
    }
  }
  INTERPROC_CRASH_POINT("queue.discarded");
  wake(*segment_, queue.channel.not_empty, kEveryone);
  wake_fenced(*segment_, queue.channel.not_full, kEveryone);
  wake_fenced(*segment_, queue.put_lock.waiters, kEveryone);
  wake_fenced(*segment_, queue.get_lock.waiters, kEveryone);
  if (immediate) tally().tell_joiners();
  return {};
}

bool Queue::is_shut_down() const { return load_acquire(shared().channel.state) != 0; }

Status Queue::count(std::uint64_t& records) const {
  records = 0;
  if ((load_acquire(shared().channel.state) & IPC_CHANNEL_IMMEDIATE) != 0) return {};
  std::uint64_t bytes = 0;
  return channel_.fill(bytes, records);
}

// Room that another producer has asked for, and the wake for it with it.
void Queue::woken_in_vain(Condition condition) {
  ipc_channel& channel = shared().channel;
  if (waiters(condition) != &channel.not_full || !anothers_turn()) return;
  const std::uint32_t slot = OwnedLock::slot_of(load_relaxed(channel.turn));
  if (slot < IPC_PARTICIPANTS) wake_slot(*segment_, channel.not_full, slot);
}

void Queue::stop_insisting() {
  std::uint32_t mine = OwnedLock::word_of(segment_->me());
  if (load_relaxed(shared().channel.turn) != mine) return;
  if (!atomic(shared().channel.turn).compare_exchange_strong(mine, 0, std::memory_order_relaxed)) return;
  INTERPROC_CRASH_POINT("queue.gave_up");
  wake(*segment_, shared().channel.not_full, kEveryone);
}

bool Queue::ready(Condition condition, std::uint64_t need, Look look) {
  const bool down = load_acquire(shared().channel.state) != 0;
  switch (condition) {
    case kNotEmpty:
      return !channel_.empty() || (down && drained());
    case kNotFull:
      return down || (channel_.has_room(need) && !anothers_turn());
    case kLendable:
      return down || channel_.has_room_to_lend(need);
    case kPublishable:
      return down || (channel_.has_room_to_publish(need) && !anothers_turn());
    case kPutLock:
      return down || OwnedLock(*segment_, shared().put_lock).obtainable(look == Look::kKernel);
    case kGetLock:
      return down || OwnedLock(*segment_, shared().get_lock).obtainable(look == Look::kKernel);
    case kJoined:
      // The lock is taken for a look at the accounts, so not at every poll: a finished item rings, the dead are found
      // in time.
      return look == Look::kKernel || tally().finished() != seen_finished_;
    default:
      return true;
  }
}

ipc_wait_set* Queue::waiters(Condition condition) {
  switch (condition) {
    case kNotEmpty:
      return &shared().channel.not_empty;
    case kNotFull:
    case kLendable:
    case kPublishable:
      return &shared().channel.not_full;
    case kPutLock:
      return &shared().put_lock.waiters;
    case kGetLock:
      return &shared().get_lock.waiters;
    case kJoined:
      return &shared().tally.joined;
    default:
      return nullptr;
  }
}

void Queue::leave(Leaving) { stop_insisting(); }

}  // namespace interproc
