// Loans: runs of pages in somebody's hands, by references in the ring and a table that both say what they like.
#include <unistd.h>

#include "object.h"

using namespace fuzz;

namespace {

constexpr std::size_t kMostHeld = 6;

// The same calls of a queue and of a pipe.
struct OfQueue {
  using Object = Queue;
  static constexpr bool kOneRegion = true;
  static Status create(const std::string& name, Input& in, std::unique_ptr<Queue>& out) {
    return Queue::create(name, {1 << 17, number(in, 5), 0}, {.meta = "{}"}, out, in.ConsumeBool());
  }
  static ipc_channel& channel(Queue& queue, unsigned) { return queue.channel().shared(); }
  static Status lend(Queue& queue, unsigned, std::uint64_t bytes, Loan& out) { return queue.lend(bytes, out); }
  static Status put(Queue& queue, unsigned, Loan& loan, std::span<const std::byte> meta) {
    return queue.put_loan(loan, meta, true);
  }
  static Status send(Queue& queue, unsigned, std::uint64_t bytes) { return queue.put(payload(bytes), true); }
  static Status take(Queue& queue, unsigned, std::span<std::byte> into, Loan& out, Channel::LoanTaken& what) {
    return queue.get_loan(into, out, what);
  }
  static Status copy(Queue& queue, unsigned, std::span<std::byte> into, std::uint64_t& length) {
    return queue.get(into, length);
  }
  static Condition condition(unsigned end) { return end == 0 ? Queue::kLendable : Queue::kPublishable; }
};

struct OfPipe {
  using Object = Pipe;
  static constexpr bool kOneRegion = false;  // each way has its own pages, numbered alike
  static Status create(const std::string& name, Input& in, std::unique_ptr<Pipe>& out) {
    return Pipe::create(name, {{1 << 17, number(in, 5), 0}, true}, {.meta = "{}"}, out);
  }
  static ipc_channel& channel(Pipe& pipe, unsigned end) { return pipe.segment().body<ipc_pipe>().channel[end]; }
  static Status lend(Pipe& pipe, unsigned end, std::uint64_t bytes, Loan& out) { return pipe.lend(end, bytes, out); }
  static Status put(Pipe& pipe, unsigned end, Loan& loan, std::span<const std::byte> meta) {
    return pipe.send_loan(end, loan, meta);
  }
  static Status send(Pipe& pipe, unsigned end, std::uint64_t bytes) { return pipe.send(end, payload(bytes)); }
  static Status take(Pipe& pipe, unsigned end, std::span<std::byte> into, Loan& out, Channel::LoanTaken& what) {
    return pipe.receive_loan(end, into, out, what);
  }
  static Status copy(Pipe& pipe, unsigned end, std::span<std::byte> into, std::uint64_t& length) {
    return pipe.receive(end, into, length);
  }
  static Condition condition(unsigned end) { return end == 0 ? Pipe::lendable_of(0) : Pipe::publishable_of(1); }
};

// First and last byte: what lies between them is as much the holder's as they are.
void touch(const Loan& loan) {
  const std::span<std::byte> bytes = loan.bytes();
  if (bytes.empty()) return;
  const Mapping& all = *loan.mapping();
  must(bytes.data() >= all.base && bytes.size() <= all.size &&
           static_cast<std::size_t>(bytes.data() - all.base) <= all.size - bytes.size(),
       "a loan lies inside what is mapped");
  bytes.front() = bytes.back() = std::byte{0x5a};
  must(!all.damaged(), "a loan lies inside the file");
}

// The next record: its header and what it refers to. All that is known of the head is that it may lie.
std::span<std::byte> at_head(std::span<std::byte> ring, const ipc_channel& channel) {
  const std::uint64_t at = Position{load_relaxed(channel.head)}.units() * IPC_UNIT % ring.size();
  return ring.subspan(at, std::min<std::size_t>(24, ring.size() - at));
}

bool overlap(const ipc_extent_ref& a, const ipc_extent_ref& b) {
  return a.page < b.page + b.pages && b.page < a.page + a.pages;
}

// What one participant has in its hands.
struct Hands {
  std::vector<Loan> loans;

  void keep(Loan loan) {
    if (!loan.held()) return;
    touch(loan);
    if (loans.size() < kMostHeld) loans.push_back(std::move(loan));
  }
  Loan* any(Input& in) { return loans.empty() ? nullptr : &loans[number(in, loans.size() - 1)]; }
};

// Where nobody broke the rules no page is in two hands.
void lent_once(const Hands& a, const Hands& b) {
  std::vector<const Loan*> all;
  for (const Hands* hands : {&a, &b}) {
    for (const Loan& loan : hands->loans) {
      if (loan.held()) all.push_back(&loan);
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      must(!overlap(all[i]->run(), all[j]->run()), "no page is lent to two at a time");
  }
}

template <class Of>
void run(Input& in) {
  const std::string name = name_of("loans");
  clear_shm(name);
  {
    std::unique_ptr<typename Of::Object> objects[2];
    must(Of::create(name, in, objects[0]), "a fresh object can be made");
    must(Of::Object::open(name, objects[1]), "and opened");
    Hands hands[2];
    const unsigned way = in.ConsumeBool() ? 1 : 0;
    ipc_channel& channel = Of::channel(*objects[0], way);
    must(Of::send(*objects[0], way, 100'000), "a table to spoil can be made");
    const int fd = objects[0]->segment().fd();
    const std::uint64_t longest = channel.extents_offset + Extents::kRegionBytes + (std::uint64_t{16} << 20);
    const Seen table(fd, channel.table_offset, 4096);
    const std::span<std::byte> ring(objects[0]->segment().base() + channel.ring_offset, channel.ring_bytes);
    const std::span<std::byte> first = ring.first(256);
    bool rules_kept = true;
    each_step(in, [&] {
      const std::uint64_t who = number(in, 1);
      auto& object = *objects[who];
      const auto end = static_cast<unsigned>(number(in, 1));
      const std::uint64_t step = number(in, 15);
      if (step < 4) rules_kept = false;
      switch (step) {
        case 0:
          spoil(in, table.all().first(12 * sizeof(ipc_run)));
          break;
        case 1:
          spoil(in, in.ConsumeBool() ? first : at_head(ring, channel));
          break;
        case 2:
          // A file as long as one can be, and nothing in it: no reference is beyond its end.
          if (number(in, 7) == 0) must(::ftruncate(fd, static_cast<off_t>(longest)) == 0, "ftruncate");
          store_relaxed(channel.extent_pages,
                        static_cast<std::uint32_t>(fuzz::spoiled(in, load_relaxed(channel.extent_pages))));
          break;
        case 3:
          spoil(in, {reinterpret_cast<std::byte*>(&channel) + offsetof(ipc_channel, tail), 256});
          break;
        case 4:
        case 5:
        case 6: {
          Loan loan;
          const std::uint64_t bytes = number(in, 300'000);
          if (Of::lend(object, end, bytes, loan).ok()) must(loan.bytes().size() == bytes, "as much is lent as asked");
          hands[who].keep(std::move(loan));
          break;
        }
        case 7:
        case 8:
        case 9:
          // Its own, or another's, or one that it got to read.
          if (Loan* loan = hands[in.ConsumeBool() ? who : 1 - who].any(in); loan != nullptr) {
            if (Of::put(object, end, *loan, payload(number(in, 1100))).ok())
              must(!loan->held(), "what is published is out of one's hands");
          }
          break;
        case 10:
        case 11: {
          Loan loan;
          Channel::LoanTaken what;
          const auto into = room(number(in, 70'000));
          if (Of::take(object, end, into, loan, what).ok()) {
            must(what.copied <= into.size(), "what was copied fits where it was put");
            must(!loan.held() || loan.bytes().size() == what.length, "a loan is as long as its message");
          }
          hands[who].keep(std::move(loan));
          break;
        }
        case 12: {
          std::uint64_t length = 0;
          const auto into = room(number(in, 200'000));
          if (Of::copy(object, end, into, length).ok()) must(length <= into.size(), "what was taken fits");
          break;
        }
        case 13:
          static_cast<void>(Of::send(object, end, number(in, 200'000)));
          break;
        case 14:
          static_cast<void>(object.ready(Of::condition(end), fuzz::spoiled(in, 100'000), Look::kShared));
          break;
        default:
          if (Loan* loan = hands[who].any(in); loan != nullptr) {
            if (loan->held()) touch(*loan);
            loan->release();
          }
      }
      if (rules_kept && Of::kOneRegion) lent_once(hands[0], hands[1]);
      for (Hands& one : hands) std::erase_if(one.loans, [](const Loan& loan) { return !loan.held(); });
    });
    // Who has detached gives nothing back: the kernel has done so, and the pages may be another's.
    if (in.ConsumeBool()) objects[number(in, 1)]->segment().detach();
    for (Hands& one : hands) one.loans.clear();
  }
  clear_shm(name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  if (in.ConsumeBool()) {
    run<OfQueue>(in);
  } else {
    run<OfPipe>(in);
  }
  return 0;
}
