// Records from one producer to one consumer: whole, in order, and published all at once.
#include <cstring>
#include <thread>

#include "messages/ring.h"
#include "support.h"
#include "system/atomic.h"

using namespace test;

namespace {

constexpr std::uint64_t kUnitsEnd = std::uint64_t{1} << IPC_POSITION_BITS;
constexpr std::uint64_t kCountEnd = std::uint64_t{1} << IPC_COUNT_BITS;

// A ring in plain memory of exactly its size, so that a sanitizer sees a step outside.
struct Memory {
  explicit Memory(std::uint64_t bytes, std::uint64_t units = 0, std::uint64_t count = 0) : data(bytes) {
    channel.ring_bytes = bytes;
    channel.head = channel.tail = count << IPC_POSITION_BITS | units;
  }
  Ring ring() { return {channel, data.data(), data.size()}; }
  ipc_channel channel{};
  Bytes data;
};

Status write(Ring& ring, std::span<const std::byte> bytes) {
  std::span<std::byte> room;
  if (Status s = ring.reserve(static_cast<std::uint32_t>(bytes.size()), IPC_RECORD_DATA, room); !s.ok()) return s;
  if (!bytes.empty()) std::memcpy(room.data(), bytes.data(), bytes.size());
  return {};
}

Status push(Ring& ring, std::span<const std::byte> bytes) {
  if (Status s = ring.begin_write(); !s.ok()) return s;
  if (Status s = write(ring, bytes); !s.ok()) return s;
  ring.publish();
  return {};
}

Status pull(Ring& ring, Bytes& out) {
  ring.begin_read();
  ipc_record header;
  std::span<const std::byte> payload;
  if (Status s = ring.peek(header, payload); !s.ok()) return s;
  out.assign(payload.begin(), payload.end());
  ring.pass(header);
  ring.advance();
  return {};
}

std::string pull_text(Ring& ring) {
  Bytes bytes;
  const Status s = pull(ring, bytes);
  return s.ok() ? text_of(bytes) : s.code == Code::kEmpty ? "(empty)" : "(error)";
}

void stress(std::uint64_t bytes, std::uint64_t units, std::uint64_t count, std::uint64_t messages, std::uint64_t seed) {
  Memory memory(bytes, units, count);
  std::atomic<int> trouble{0};
  std::atomic<bool> give_up{false};
  std::thread producer([&] {
    Ring ring = memory.ring();
    Random random(seed);
    for (std::uint64_t sent = 0; sent < messages && !give_up;) {
      if (!ring.begin_write().ok()) trouble++;
      std::uint64_t batch = 0;
      for (const std::uint64_t most = random.between(1, 8); batch < most && sent + batch < messages; ++batch) {
        // An empty one at times; at most a quarter of the ring, as a channel has it.
        const std::uint64_t size =
            random.below(16) == 0 ? 0 : random.between(16, random.below(8) == 0 ? bytes / 4 : 100);
        const Status s = write(ring, size == 0 ? Bytes{} : message(7, sent + batch, size));
        if (s.code == Code::kFull) break;
        if (!s.ok()) trouble++;
      }
      if (batch == 0) {
        std::this_thread::yield();
        continue;
      }
      ring.publish();
      sent += batch;
    }
  });
  Ring ring = memory.ring();
  std::uint64_t received = 0, wrong = 0;
  for (bool more = true; more && received < messages;) {
    ring.begin_read();
    for (;;) {
      ipc_record header;
      std::span<const std::byte> payload;
      const Status s = ring.peek(header, payload);
      if (s.code == Code::kEmpty) {
        std::this_thread::yield();
        break;
      }
      if (!s.ok()) {
        wrong++;
        more = false;
        break;
      }
      const Sent sent = payload.empty() ? Sent{7, received, true} : read_message(payload);
      if (!sent.intact || sent.number != received) wrong++;
      ring.pass(header);
      ++received;
      if (received % 3 == 0) break;
    }
    ring.advance();
    if (wrong > 0) more = false;
  }
  CHECK(wrong == 0);
  give_up = wrong != 0;
  producer.join();
  CHECK(trouble == 0);
  CHECK(received == messages);
  CHECK(memory.channel.head == memory.channel.tail);
  const Position first{count << IPC_POSITION_BITS | units};
  CHECK(Position{memory.channel.tail}.records_since(first) == messages % kCountEnd);
}

}  // namespace

TEST_CASE("whatever one thread writes the other reads, in order and whole") {
  constexpr std::uint64_t kMessages = UNDER_TSAN ? 20'000 : 200'000;
  SUBCASE("a small ring") { stress(4096, 0, 0, kMessages, 1); }
  SUBCASE("a larger ring") { stress(65536, 0, 0, kMessages, 2); }
  SUBCASE("positions about to wrap") { stress(4096, kUnitsEnd - 777, 0, kMessages / 2, 3); }
  SUBCASE("counts about to wrap") { stress(4096, 0, kCountEnd - 555, kMessages / 2, 4); }
  SUBCASE("both about to wrap") { stress(8192, kUnitsEnd - 3000, kCountEnd - 333, kMessages / 2, 5); }
}

TEST_CASE("nothing is visible before it is published, and then everything at once") {
  Memory memory(4096);
  Ring producer = memory.ring(), consumer = memory.ring();
  REQUIRE_OK(producer.begin_write());
  REQUIRE_OK(write(producer, text("one")));
  CHECK(pull_text(consumer) == "(empty)");
  REQUIRE_OK(write(producer, text("two")));
  CHECK(pull_text(consumer) == "(empty)");
  std::uint64_t bytes = 1, records = 1;
  CHECK_OK(consumer.fill(bytes, records));
  CHECK(bytes == 0);
  CHECK(records == 0);
  CHECK(producer.written_records(false) == 2);
  producer.publish();
  CHECK_OK(consumer.fill(bytes, records));
  CHECK(bytes == 2 * record_bytes(3));
  CHECK(records == 2);
  CHECK(pull_text(consumer) == "one");
  CHECK(pull_text(consumer) == "two");
  CHECK(pull_text(consumer) == "(empty)");
}

TEST_CASE("what a writer left unpublished is overwritten by the next") {
  Memory memory(4096);
  Ring dead = memory.ring(), living = memory.ring(), consumer = memory.ring();
  REQUIRE_OK(push(dead, text("first")));
  REQUIRE_OK(dead.begin_write());
  REQUIRE_OK(write(dead, Bytes(500, std::byte{0xee})));
  REQUIRE_OK(push(living, text("second")));
  REQUIRE_OK(push(living, text("third")));
  CHECK(pull_text(consumer) == "first");
  CHECK(pull_text(consumer) == "second");
  CHECK(pull_text(consumer) == "third");
  CHECK(pull_text(consumer) == "(empty)");
}

TEST_CASE("what was known of the room behind forgotten records is forgotten with them") {
  Memory memory(4096);
  Ring producer = memory.ring(), consumer = memory.ring();
  Bytes bytes;
  const auto fill_up_to_the_end = [&] {
    for (int i = 0; i < 4; ++i) {
      REQUIRE_OK(push(producer, Bytes(900, std::byte(i))));
      REQUIRE_OK(pull(consumer, bytes));
    }
    // The first record at the beginning of the ring again: from there much is free.
    REQUIRE_OK(producer.begin_write());
    REQUIRE_OK(write(producer, Bytes(600)));
  };
  SUBCASE("by the next begin") {
    fill_up_to_the_end();
    REQUIRE_OK(producer.begin_write());
  }
  SUBCASE("by rewinding") {
    fill_up_to_the_end();
    producer.rewind({memory.channel.tail});
  }
  // Past the end of the memory, were it taken for room at the beginning: a sanitizer sees it, and so does the reader.
  REQUIRE_OK(write(producer, Bytes(700, std::byte{7})));
  producer.publish();
  REQUIRE_OK(pull(consumer, bytes));
  CHECK(bytes == Bytes(700, std::byte{7}));
}

TEST_CASE("a reader knows of more as long as nobody else has read, and only of what it has seen") {
  Memory memory(4096);
  Ring producer = memory.ring(), reader = memory.ring(), other = memory.ring();
  CHECK_FALSE(reader.knows_of_more());
  REQUIRE_OK(push(producer, text("one")));
  REQUIRE_OK(push(producer, text("two")));
  CHECK_FALSE(reader.knows_of_more());
  CHECK(pull_text(reader) == "one");
  CHECK(reader.knows_of_more());
  CHECK(pull_text(other) == "two");
  CHECK_FALSE(reader.knows_of_more());
  CHECK(pull_text(reader) == "(empty)");
  CHECK_FALSE(reader.knows_of_more());
}

TEST_CASE("a reader that never advanced has taken nothing") {
  Memory memory(4096);
  Ring producer = memory.ring(), dead = memory.ring(), living = memory.ring();
  REQUIRE_OK(push(producer, text("one")));
  REQUIRE_OK(push(producer, text("two")));
  dead.begin_read();
  ipc_record header;
  std::span<const std::byte> payload;
  REQUIRE_OK(dead.peek(header, payload));
  dead.pass(header);
  REQUIRE_OK(dead.peek(header, payload));
  CHECK(pull_text(living) == "one");
  CHECK(pull_text(living) == "two");
}

TEST_CASE("a side that takes over goes on where the one before left off") {
  std::uint64_t units = 0;
  SUBCASE("from the start") {}
  SUBCASE("far on") { units = 123'456'789; }
  Memory memory(4096, units, 17);
  Ring first_writer = memory.ring(), first_reader = memory.ring(), second_writer = memory.ring(),
       second_reader = memory.ring();
  for (int i = 0; i < 300; ++i) {
    REQUIRE_OK(push(first_writer, text("a" + std::to_string(i))));
    REQUIRE_OK(push(first_writer, text("b" + std::to_string(i))));
    CHECK(pull_text(first_reader) == "a" + std::to_string(i));
    REQUIRE_OK(push(second_writer, text("c" + std::to_string(i))));
    CHECK(pull_text(second_reader) == "b" + std::to_string(i));
    CHECK(pull_text(second_reader) == "c" + std::to_string(i));
    CHECK(pull_text(second_reader) == "(empty)");
    Ring late_writer = memory.ring(), late_reader = memory.ring();
    REQUIRE_OK(push(late_writer, text("d")));
    CHECK(pull_text(late_reader) == "d");
  }
}

TEST_CASE("a writer that comes fresh to positions past their wrap does not overwrite what is unread") {
  // Tail has just come around to zero; the unread records lie before it.
  Memory memory(4096, kUnitsEnd - 4096 / 8, 0);
  Ring producer = memory.ring(), consumer = memory.ring();
  for (int i = 0; i < 4; ++i) REQUIRE_OK(push(producer, Bytes(1016, std::byte(i))));
  REQUIRE((memory.channel.tail & (kUnitsEnd - 1)) == 0);
  memory.channel.head &= kUnitsEnd - 1;
  memory.channel.head |= (kCountEnd - 4) << IPC_POSITION_BITS;
  memory.channel.tail = 0;
  Ring fresh = memory.ring();
  CHECK(push(fresh, Bytes(16)).code == Code::kFull);
  for (int i = 0; i < 4; ++i) {
    Bytes bytes;
    REQUIRE_OK(pull(consumer, bytes));
    CHECK(bytes == Bytes(1016, std::byte(i)));
  }
}

TEST_CASE("a full ring refuses, and takes again what was given back") {
  Memory memory(4096);
  Ring producer = memory.ring(), consumer = memory.ring();
  int fitted = 0;
  while (push(producer, Bytes(120)).ok()) ++fitted;
  CHECK(fitted == 4096 / 128);
  CHECK(push(producer, {}).code == Code::kFull);
  CHECK(producer.written_bytes(true) == 4096);
  Bytes bytes;
  REQUIRE_OK(pull(consumer, bytes));
  CHECK_OK(push(producer, Bytes(120)));
  CHECK(push(producer, {}).code == Code::kFull);
  std::uint64_t used = 0, records = 0;
  CHECK_OK(producer.fill(used, records));
  CHECK(used == 4096);
  CHECK(records == 32);
}

TEST_CASE("a record that does not fit before the end is written whole at the beginning") {
  Memory memory(4096);
  Ring producer = memory.ring(), consumer = memory.ring();
  Bytes bytes;
  for (int i = 0; i < 200; ++i) {
    REQUIRE_OK(push(producer, Bytes(700, std::byte(i))));
    REQUIRE_OK(push(producer, Bytes(90, std::byte(i))));
    REQUIRE_OK(pull(consumer, bytes));
    CHECK(bytes == Bytes(700, std::byte(i)));
    REQUIRE_OK(pull(consumer, bytes));
    CHECK(bytes == Bytes(90, std::byte(i)));
  }
}

TEST_CASE("an empty ring starts again at its beginning half way, and leaves the other half for a burst") {
  std::uint64_t size = 0;
  SUBCASE("a small ring") { size = 64 * 1024; }
  SUBCASE("a large ring") { size = 1 << 20; }
  Memory memory(size);
  Ring producer = memory.ring(), consumer = memory.ring();
  std::uint64_t furthest = 0;
  Bytes bytes;
  for (int i = 0; i < 20'000; ++i) {
    REQUIRE_OK(producer.begin_write());
    std::span<std::byte> room;
    REQUIRE_OK(producer.reserve(100, IPC_RECORD_DATA, room));
    if (i < 15'000) furthest = std::max(furthest, static_cast<std::uint64_t>(room.data() - memory.data.data()));
    room[0] = std::byte(i);
    producer.publish();
    if (i >= 15'000 && i % 97 == 0) {
      std::uint64_t burst = 0;
      while (push(producer, Bytes(100)).ok()) burst += record_bytes(100);
      CHECK(burst >= size / 2 - 2 * record_bytes(100));
      CHECK_OK(pull(consumer, bytes));
      CHECK(bytes[0] == std::byte(i));
      while (pull(consumer, bytes).ok()) {
      }
      continue;
    }
    REQUIRE_OK(pull(consumer, bytes));
    CHECK(bytes[0] == std::byte(i));
  }
  CHECK(furthest <= size / 2 + 16 * 1024 + record_bytes(100));
}

TEST_CASE("positions and records that contradict each other are corrupt, each by itself") {
  Memory memory(4096);
  Ring producer = memory.ring();
  REQUIRE_OK(push(producer, Bytes(100)));
  REQUIRE_OK(push(producer, Bytes(100)));
  const ipc_channel good = memory.channel;
  auto* const first = reinterpret_cast<ipc_record*>(memory.data.data());
  const ipc_record whole = *first;
  const auto tail = [&](std::uint64_t units, std::uint64_t count) {
    memory.channel.tail = count << IPC_POSITION_BITS | units;
  };
  const char* what = "";
  SUBCASE("a tail more than a ring ahead") {
    what = "more than a ring ahead";
    tail(4096 / IPC_UNIT + 1, 3);
  }
  SUBCASE("bytes and no records") {
    what = "counts of bytes and records disagree";
    tail(28, 0);
  }
  SUBCASE("records and no bytes") {
    what = "counts of bytes and records disagree";
    tail(0, 2);
  }
  SUBCASE("more records than bytes can hold") {
    what = "counts of bytes and records disagree";
    tail(28, 29);
  }
  SUBCASE("a record past the ring's end") {
    what = "past the ring's end";
    first->length = 4096;
  }
  SUBCASE("a record past the tail") {
    what = "or its tail";
    first->length = 217;
  }
  SUBCASE("a type that is none") {
    what = "unknown type";
    first->type = 9;
  }
  SUBCASE("a skip that does not reach the ring's end") {
    what = "a skip record out of place";
    first->type = IPC_RECORD_SKIP;
  }
  Ring consumer = memory.ring();
  consumer.begin_read();
  ipc_record header;
  std::span<const std::byte> payload;
  const Status s = consumer.peek(header, payload);
  REQUIRE(s.code == Code::kCorrupt);
  CHECK(std::string_view(s.call).find(what) != std::string_view::npos);
  // Put right again, nothing is lost.
  memory.channel = good;
  *first = whole;
  Ring again = memory.ring();
  Bytes bytes;
  CHECK_OK(pull(again, bytes));
  CHECK_OK(pull(again, bytes));
}
