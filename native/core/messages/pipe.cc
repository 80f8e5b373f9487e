#include "messages/pipe.h"

#include "system/atomic.h"
#include "system/crash_point.h"

namespace interproc {
namespace {

constexpr std::uint64_t kRingOffset = (IPC_BODY_OFFSET + sizeof(ipc_pipe) + 127) & ~std::uint64_t{127};

// A dead peer is noticed by a sender within this time, at the cost of one system call per interval.
constexpr Nanoseconds kAskAgain = 20 * kMillisecond;

constexpr unsigned kSlotShift = 8;
constexpr unsigned kGenerationShift = 32;

std::uint64_t end_word(ipc_end_state state, Participant who) {
  return static_cast<std::uint64_t>(state) | std::uint64_t{who.slot} << kSlotShift |
         std::uint64_t{who.generation} << kGenerationShift;
}
std::uint64_t state_of(std::uint64_t word) { return word & 0xff; }
Participant owner_of(std::uint64_t word) {
  return {static_cast<std::uint32_t>(word >> kSlotShift & 0xffff),
          static_cast<std::uint32_t>(word >> kGenerationShift)};
}

}  // namespace

Status Pipe::create(std::string_view name, const PipePlan& plan, const CreateOptions& options,
                    std::unique_ptr<Pipe>& out) {
  const std::uint64_t ring = ring_bytes_for(plan.channel.capacity);
  const std::uint64_t meta_offset = kRingOffset + ring * (plan.duplex ? 2 : 1);
  const std::uint64_t total = meta_offset + ((options.meta.size() + 127) & ~std::uint64_t{127});
  const SegmentPlan segment_plan{IPC_KIND_PIPE, options.codec, options.persist, options.mode,
                                 total,         options.meta,  meta_offset};
  const auto fill = [&](std::byte* base) {
    auto& pipe = *reinterpret_cast<ipc_pipe*>(base + IPC_BODY_OFFSET);
    plan_channel(pipe.channel[1], plan.channel, kRingOffset, extent_table_offset(total, 1));
    if (plan.duplex) plan_channel(pipe.channel[0], plan.channel, kRingOffset + ring, extent_table_offset(total, 0));
    // Before the name exists, so that no other process can claim an end first.
    for (ipc_end& end : pipe.end) end.word = end_word(IPC_END_OWNED, kCreator);
  };
  std::unique_ptr<Segment> segment;
  if (Status s = Segment::create(name, segment_plan, fill, segment); !s.ok()) return s;
  out.reset(new Pipe(std::move(segment)));
  return out->attach();
}

Status Pipe::open(std::string_view name, std::unique_ptr<Pipe>& out) {
  std::unique_ptr<Segment> segment;
  if (Status s = Segment::open(name, IPC_KIND_PIPE, segment); !s.ok()) return s;
  return adopt(std::move(segment), out);
}

Status Pipe::adopt(std::unique_ptr<Segment> segment, std::unique_ptr<Pipe>& out) {
  if (segment->header().total_size < IPC_BODY_OFFSET + sizeof(ipc_pipe)) return {Code::kTruncated};
  std::unique_ptr<Pipe> pipe(new Pipe(std::move(segment)));
  if (Status s = pipe->attach(); !s.ok()) return s;
  out = std::move(pipe);
  return {};
}

Status Pipe::attach() {
  for (unsigned end : {0u, 1u}) {
    if (Status s = channel_[end].attach(*segment_, shared().channel[end]); !s.ok()) return s;
  }
  if (!channel_[1].used()) return Status::corrupt("a pipe without a ring");
  for (Condition condition : {0u, 1u, 2u, 3u}) forget_predecessor(*waiters(condition));
  return {};
}

bool Pipe::owns(unsigned end) const {
  return load_relaxed(shared().end[end].word) == end_word(IPC_END_OWNED, segment_->me());
}

Status Pipe::claim(unsigned end) {
  ipc_end& shared_end = shared().end[end];
  std::uint64_t seen = load_acquire(shared_end.word);
  for (;;) {
    if (state_of(seen) == IPC_END_CLOSED) return {Code::kClosed};
    if (seen == end_word(IPC_END_OWNED, segment_->me())) return {};
    if (state_of(seen) == IPC_END_OWNED) return {segment_->alive(owner_of(seen)) ? Code::kTaken : Code::kClosed};
    // Acquire: pairs with the release in send_away(); the former owner's last advance of its positions is seen.
    if (atomic(shared_end.word)
            .compare_exchange_weak(seen, end_word(IPC_END_OWNED, segment_->me()), std::memory_order_acq_rel,
                                   std::memory_order_acquire)) {
      INTERPROC_CRASH_POINT("pipe.claimed");
      return {};
    }
  }
}

Status Pipe::send_away(unsigned end) {
  if (!owns(end)) return {Code::kClosed};
  // Release: pairs with the acquire in claim().
  store_release(shared().end[end].word, end_word(IPC_END_SENT, segment_->me()));
  INTERPROC_CRASH_POINT("pipe.sent");
  return {};
}

std::optional<Participant> Pipe::owner(unsigned end) const {
  const std::uint64_t seen = load_acquire(shared().end[end].word);
  const bool owned = state_of(seen) == IPC_END_OWNED || state_of(seen) == IPC_END_SENT;
  return owned && segment_->alive(owner_of(seen)) ? std::optional(owner_of(seen)) : std::nullopt;
}

bool Pipe::arrived(unsigned end) const {
  return load_acquire(shared().end[end].word) != end_word(IPC_END_SENT, segment_->me());
}

void Pipe::close_end(unsigned end) {
  std::uint64_t mine = end_word(IPC_END_OWNED, segment_->me());
  if (load_relaxed(shared().end[end].word) != mine) mine = end_word(IPC_END_SENT, segment_->me());
  // Release: pairs with the acquire in gone(); all that was sent is seen before the end is seen closed.
  if (!atomic(shared().end[end].word)
           .compare_exchange_strong(mine, end_word(IPC_END_CLOSED, segment_->me()), std::memory_order_acq_rel))
    return;
  INTERPROC_CRASH_POINT("pipe.closed");
  wake_peer(end);
}

void Pipe::wake_peer(unsigned end) {
  wake(*segment_, shared().channel[end].not_empty, kEveryone);
  wake_fenced(*segment_, shared().channel[1 - end].not_full, kEveryone);
}

bool Pipe::gone(unsigned end, Look look) {
  if (known_gone_[end]) return true;
  ipc_end& shared_end = shared().end[end];
  // Acquire: pairs with the release in close_end().
  std::uint64_t seen = load_acquire(shared_end.word);
  if (state_of(seen) == IPC_END_CLOSED) return known_gone_[end] = true;
  if (look == Look::kShared || state_of(seen) == IPC_END_FREE) return false;
  const Nanoseconds now = monotonic_coarse();
  if (now - asked_at_[end] < kAskAgain) return false;
  asked_at_[end] = now;
  if (segment_->alive(owner_of(seen))) return false;
  // Written down for whoever comes later; if the end was claimed meanwhile, it is not gone.
  known_gone_[end] =
      atomic(shared_end.word)
          .compare_exchange_strong(seen, end_word(IPC_END_CLOSED, owner_of(seen)), std::memory_order_acq_rel);
  INTERPROC_CRASH_POINT("pipe.gone");
  return known_gone_[end];
}

Status Pipe::send(unsigned end, std::span<const std::byte> message) {
  if (!owns(end) || !can_write(end)) return {Code::kClosed};
  if (gone(1 - end, Look::kKernel)) return {Code::kBrokenPipe};
  const Status s = channel_[end].push(message);
  if (s.ok()) wake(*segment_, shared().channel[end].not_empty, 1);
  return s;
}

// What was sent before the end closed, or its owner died, was published before that could be seen: where nothing was
// there and the peer is gone now, another look decides whether this was all.
template <class Take>
Status Pipe::look_twice(unsigned end, Take take) {
  Status s = take();
  if (s.code != Code::kEmpty) return s;
  INTERPROC_CRASH_POINT("pipe.empty");
  if (!gone(1 - end, Look::kShared)) return s;
  s = take();
  return s.code == Code::kEmpty ? Status{Code::kEndOfFile} : s;
}

Status Pipe::receive(unsigned end, std::span<std::byte> into, std::uint64_t& length) {
  if (!owns(end) || !can_read(end)) return {Code::kClosed};
  Channel& incoming = channel_[1 - end];
  Channel::Taken taken;
  const Status s = look_twice(end, [&] { return incoming.take(into, taken); });
  length = taken.length;
  if (!s.ok()) return s;
  incoming.finish(taken, into);
  wake(*segment_, incoming.shared().not_full, 1);
  return s;
}

Status Pipe::lend(unsigned end, std::uint64_t bytes, Loan& out) {
  if (!owns(end) || !can_write(end)) return {Code::kClosed};
  if (gone(1 - end, Look::kKernel)) return {Code::kBrokenPipe};
  return channel_[end].lend(bytes, out);
}

Status Pipe::send_loan(unsigned end, Loan& loan, std::span<const std::byte> meta) {
  if (!owns(end) || !can_write(end)) return {Code::kClosed};
  if (gone(1 - end, Look::kKernel)) return {Code::kBrokenPipe};
  const Status s = channel_[end].publish(loan, meta);
  if (s.ok()) wake(*segment_, shared().channel[end].not_empty, 1);
  return s;
}

Status Pipe::receive_loan(unsigned end, std::span<std::byte> into, Loan& loan, Channel::LoanTaken& what) {
  if (!owns(end) || !can_read(end)) return {Code::kClosed};
  Channel& incoming = channel_[1 - end];
  const Status s = look_twice(end, [&] { return incoming.take_loan(into, loan, what); });
  if (s.ok()) wake(*segment_, incoming.shared().not_full, 1);
  return s;
}

Status Pipe::next_length(unsigned end, std::uint64_t& length) {
  if (!owns(end) || !can_read(end)) return {Code::kClosed};
  Channel& incoming = channel_[1 - end];
  return look_twice(end, [&] { return incoming.next_length(length); });
}

bool Pipe::ready(Condition condition, std::uint64_t need, Look look) {
  const unsigned end = (condition / 2) % 2;
  const bool readable = condition % 2 == 0;
  if (!owns(end) || !(readable ? can_read(end) : can_write(end))) return true;
  const auto ready_now = [&] {
    if (readable) return !channel_[1 - end].empty();
    if (condition == lendable_of(end)) return channel_[end].has_room_to_lend(need);
    if (condition == publishable_of(end)) return channel_[end].has_room_to_publish(need);
    return channel_[end].has_room(need);
  };
  return ready_now() || gone(1 - end, look);
}

ipc_wait_set* Pipe::waiters(Condition condition) {
  const unsigned end = (condition / 2) % 2;
  return condition % 2 == 0 ? &shared().channel[1 - end].not_empty : &shared().channel[end].not_full;
}

void Pipe::leave(Leaving) {
  close_end(0);
  close_end(1);
}

}  // namespace interproc
