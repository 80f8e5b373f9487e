// Batches, bounds, and a look for room that agrees with what an attempt then finds.
#include <deque>

#include "messages/channel.h"
#include "messages/queue.h"
#include "support.h"

using namespace test;

namespace {

std::unique_ptr<Queue> create(std::string_view name, const ChannelPlan& plan) {
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, plan, {}, queue));
  return queue;
}

std::string take_text(Channel& channel) {
  static Bytes into(1 << 20);
  Channel::Taken taken;
  const Status s = channel.take(into, taken);
  if (!s.ok()) return s.code == Code::kEmpty ? "(empty)" : "(error)";
  channel.finish(taken, into);
  return text_of(std::span(into).first(taken.length));
}

}  // namespace

TEST_CASE("a batch goes in as far as it fits and comes out in order") {
  const Name name("batch");
  const auto queue = create(name, {4096, 0, 0});
  Channel& channel = queue->channel();
  const Bytes letters = text("abbcccdddd");
  const std::vector<std::uint32_t> lengths{1, 2, 0, 3, 4};
  std::uint32_t pushed = 0;
  REQUIRE_OK(channel.push_many(letters, lengths, pushed));
  CHECK(pushed == 5);
  Bytes into(9);
  std::vector<std::uint32_t> out(8, 77);
  std::uint32_t count = 0;
  Channel::Taken taken;
  REQUIRE_OK(channel.take_many(into, out, count, taken));
  CHECK(count == 4);  // the fifth does not fit into nine bytes
  CHECK(text_of(std::span(into).first(6)) == "abbccc");
  CHECK(std::vector(out.begin(), out.begin() + 4) == std::vector<std::uint32_t>{1, 2, 0, 3});
  CHECK(take_text(channel) == "dddd");
  CHECK(take_text(channel) == "(empty)");

  const Bytes many(100 * 100);
  const std::vector<std::uint32_t> hundred(100, 100);
  REQUIRE_OK(channel.push_many(many, hundred, pushed));
  CHECK(pushed > 30);
  CHECK(pushed <= 4096 / 112);
  std::uint32_t none = 1;
  CHECK(channel.push_many(many, hundred, none).code == Code::kFull);
  CHECK(none == 0);
}

TEST_CASE("the number of messages and the length of one are bounded as asked") {
  const Name name("bounds");
  const auto queue = create(name, {65536, 3, 100});
  Channel& channel = queue->channel();
  CHECK(channel.push(Bytes(101)).code == Code::kTooLarge);
  for (int i = 0; i < 3; ++i) CHECK_OK(channel.push(Bytes(100)));
  CHECK_FALSE(channel.has_room(1));
  CHECK(channel.push({}).code == Code::kFull);
  CHECK(take_text(channel).size() == 100);
  CHECK(channel.has_room(1));
  CHECK_OK(channel.push({}));
  CHECK_FALSE(channel.has_room(1));
}

TEST_CASE("a buffer that is too small leaves the message where it is and says how long it is") {
  const Name name("small-buffer");
  const auto queue = create(name, {65536, 0, 0});
  Channel& channel = queue->channel();
  std::size_t size = 0;
  SUBCASE("a message in the ring") { size = 1000; }
  SUBCASE("a message in pages") { size = 100'000; }
  const Bytes sent = message(1, 2, size);
  REQUIRE_OK(channel.push(sent));
  Bytes small(size - 1, std::byte{0xaa}), enough(size);
  Channel::Taken taken;
  CHECK(channel.take(small, taken).code == Code::kSmallBuffer);
  CHECK(taken.length == size);
  channel.finish(taken, small);  // as a caller does that finishes whatever it has tried
  CHECK(small == Bytes(size - 1, std::byte{0xaa}));
  std::uint64_t length = 0;
  CHECK_OK(channel.next_length(length));
  CHECK(length == size);
  std::uint64_t got = 0;
  CHECK(queue->get(small, got).code == Code::kSmallBuffer);
  CHECK(got == size);
  CHECK(small == Bytes(size - 1, std::byte{0xaa}));
  REQUIRE_OK(queue->get(enough, got));
  CHECK(enough == sent);
}

TEST_CASE("whoever is told that there is room finds it, and whoever is told there is none does not") {
  const Name name("room");
  Random random(11);
  std::uint64_t capacity = 4096;
  SUBCASE("a small ring") {}
  SUBCASE("a ring that is large enough to start again at its beginning") { capacity = 65536; }
  const auto queue = create(name, {capacity, 0, 0});
  Channel& channel = queue->channel();
  std::deque<std::size_t> queued;
  static Bytes into(1 << 20);
  int refused = 0, wrong = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (random.below(5) < 3) {
      const std::uint64_t kind = random.below(8);
      const std::size_t size = kind == 0   ? 0
                               : kind == 7 ? random.between(1, capacity * 2)
                                           : random.between(1, capacity / 4);
      const bool room = channel.has_room(size);
      const Status s = channel.push(Bytes(size));
      if (s.ok() != room || (!s.ok() && s.code != Code::kFull)) wrong++;
      if (s.ok()) queued.push_back(size);
      if (!s.ok()) refused++;
    } else if (!queued.empty()) {
      Channel::Taken taken;
      REQUIRE_OK(channel.take(into, taken));
      channel.finish(taken, into);
      if (taken.length != queued.front()) wrong++;
      queued.pop_front();
    }
    std::uint64_t bytes = 0, records = 0;
    if (!channel.fill(bytes, records).ok() || records != queued.size() || channel.empty() != queued.empty()) wrong++;
  }
  CHECK(wrong == 0);
  CHECK(refused > 1000);
}

TEST_CASE("what is discarded is gone, and its room is free") {
  const Name name("discard");
  const auto queue = create(name, {65536, 0, 0});
  Channel& channel = queue->channel();
  for (int round = 0; round < 50; ++round) {
    REQUIRE_OK(channel.push(Bytes(1000)));
    REQUIRE_OK(channel.push(Bytes(300'000)));
    REQUIRE_OK(channel.discard());
    CHECK(channel.empty());
  }
  CHECK(channel.shared().extent_pages <= 5);
  REQUIRE_OK(channel.push(text("after")));
  CHECK(take_text(channel) == "after");
}

TEST_CASE("a channel whose constants lie is refused at attachment") {
  const Name name("lies");
  const auto queue = create(name, {65536, 0, 0});
  ipc_channel& shared = queue->channel().shared();
  const ipc_channel good = shared;
  const std::uint64_t total = queue->segment().header().total_size;
  const auto refused = [&] {
    std::unique_ptr<Queue> other;
    const Status s = Queue::open(name, other);
    shared = good;
    return s.code == Code::kCorrupt;
  };
  shared.ring_bytes = 0;
  CHECK(refused());
  shared.ring_bytes = 65537;
  CHECK(refused());
  shared.ring_bytes = 2048;
  CHECK(refused());
  shared.ring_bytes = 1ull << 62;
  CHECK(refused());
  shared.ring_offset = total;
  CHECK(refused());
  shared.ring_offset = UINT64_MAX - 127;
  CHECK(refused());
  shared.ring_offset = 0;
  CHECK(refused());
  shared.ring_offset += 8;
  CHECK(refused());
  shared.table_offset += 65536;
  CHECK(refused());
  shared.extents_offset += 4096;
  CHECK(refused());
  shared.table_offset += 65536;
  shared.extents_offset += 65536;
  CHECK(refused());
  std::unique_ptr<Queue> other;
  CHECK_OK(Queue::open(name, other));
}
