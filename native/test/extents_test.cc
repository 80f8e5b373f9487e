// Messages in pages of their own: whole, reused while warm, merged, bounded, and free again when somebody dies.
#include "messages/extents.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <thread>

#include "support.h"

using namespace test;

namespace {

constexpr std::size_t kPage = IPC_EXTENT_PAGE;

std::unique_ptr<Queue> create(std::string_view name, std::uint64_t capacity = 1 << 20) {
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::create(name, {capacity, 0, 0}, {}, queue));
  return queue;
}
std::unique_ptr<Queue> open(std::string_view name) {
  std::unique_ptr<Queue> queue;
  REQUIRE_OK(Queue::open(name, queue));
  return queue;
}

std::uint32_t pages(const std::unique_ptr<Queue>& queue) { return queue->channel().shared().extent_pages; }

bool get_is(Queue& queue, const Bytes& wanted) {
  Bytes into(wanted.size() + 1);
  std::uint64_t length = 0;
  return queue.get(into, length).ok() && length == wanted.size() &&
         std::equal(wanted.begin(), wanted.end(), into.begin());
}

}  // namespace

TEST_CASE("large messages of any size arrive whole and in order among small ones") {
  const Name name("sizes");
  const auto a = create(name, 1 << 20), b = open(name);
  Random random(3);
  std::deque<Bytes> queued;
  for (std::uint64_t i = 0; i < 1500; ++i) {
    if (random.below(2) == 0) {
      const std::uint64_t kind = random.below(4);
      const std::size_t size = kind == 0   ? random.between(16, 1000)
                               : kind == 1 ? kPage * random.between(1, 6)
                               : kind == 2 ? kPage * random.between(1, 6) + random.between(1, 9)
                                           : random.between(kPage, kPage * 12);
      const Bytes sent = message(1, i, size);
      const Status s = (i % 3 == 0 ? b : a)->put(sent, false);
      if (s.ok()) queued.push_back(sent);
      if (!s.ok()) REQUIRE(s.code == Code::kFull);
    } else if (!queued.empty()) {
      REQUIRE(get_is(i % 5 == 0 ? *a : *b, queued.front()));
      queued.pop_front();
    }
  }
  // A megabyte may be queued, and the largest messages are twelve pages: there is no reason for much more.
  CHECK(pages(a) <= 2 * (16 + 13));
}

TEST_CASE("a message of 64 MiB and one byte arrives whole") {
  const Name name("64-mib");
  const auto a = create(name), b = open(name);
  const Bytes sent = message(5, 6, (std::size_t{64} << 20) + 1);
  for (int round = 0; round < 2; ++round) {
    REQUIRE_OK(a->put(sent, false));
    CHECK(get_is(*b, sent));
  }
  CHECK(pages(a) == 1025);
}

TEST_CASE("one message may be larger than the queue's capacity, a second has to wait for it") {
  const Name name("admission");
  const auto a = create(name, 65536), b = open(name);
  const Bytes first = message(1, 1, 300'000), second = message(1, 2, 70'000);
  REQUIRE_OK(a->put(first, false));
  CHECK(a->put(second, false).code == Code::kFull);
  CHECK_FALSE(a->ready(Queue::kNotFull, second.size(), Look::kShared));
  CHECK(a->ready(Queue::kNotFull, 100, Look::kShared));
  CHECK_OK(a->put(text("small ones pass"), false));
  CHECK(get_is(*b, first));
  CHECK(a->ready(Queue::kNotFull, second.size(), Look::kShared));
  CHECK_OK(a->put(second, false));
  CHECK(get_is(*b, text("small ones pass")));
  CHECK(get_is(*b, second));
}

TEST_CASE("neighbours that were freed serve a longer message together") {
  const Name name("merge");
  const auto a = create(name, 1 << 20), b = open(name);
  for (std::uint64_t i = 0; i < 5; ++i) REQUIRE_OK(a->put(message(1, i, 3 * kPage), false));
  CHECK(pages(a) == 15);
  for (std::uint64_t i = 0; i < 5; ++i) CHECK(get_is(*b, message(1, i, 3 * kPage)));
  const Bytes long_one = message(2, 1, 15 * kPage);
  REQUIRE_OK(a->put(long_one, false));
  CHECK(get_is(*b, long_one));
  CHECK(pages(a) == 15);
  // The last free run is extended rather than left behind.
  const Bytes longer = message(2, 2, 16 * kPage - 5);
  REQUIRE_OK(a->put(longer, false));
  CHECK(get_is(*b, longer));
  CHECK(pages(a) == 16);
  // And split again.
  for (std::uint64_t i = 0; i < 4; ++i) REQUIRE_OK(a->put(message(3, i, 4 * kPage), false));
  for (std::uint64_t i = 0; i < 4; ++i) CHECK(get_is(*b, message(3, i, 4 * kPage)));
  CHECK(pages(a) == 16);
}

TEST_CASE("a message that is being copied out keeps its pages, until its reader has finished or died") {
  const Name name("reading");
  const auto a = create(name);
  auto b = open(name);
  const Bytes sent = message(1, 1, 100'000), other = message(1, 2, 100'000);
  REQUIRE_OK(a->put(sent, false));
  Bytes into(200'000);
  Channel::Taken taken;
  REQUIRE_OK(b->channel().take(into, taken));
  REQUIRE(taken.large);
  for (int i = 0; i < 3; ++i) {
    REQUIRE_OK(a->put(other, false));
    CHECK(get_is(*a, other));
  }
  CHECK(pages(a) == 4);
  SUBCASE("finished") {
    b->channel().finish(taken, into);
    CHECK(std::equal(sent.begin(), sent.end(), into.begin()));
  }
  SUBCASE("died") { b->segment().detach(); }
  const Bytes both = message(1, 3, 4 * kPage);
  REQUIRE_OK(a->put(both, false));
  CHECK(pages(a) == 4);
  CHECK(get_is(*a, both));
}

TEST_CASE("a message keeps its pages though who was about to take it was killed") {
  const Name name("about-to");
  Shared<std::atomic<bool>> made;
  Child child([&] {
    ::setenv("INTERPROC_CRASH", "extents.taken", 1);
    NEED(eventually([&] { return made->load(); }));
    std::unique_ptr<Queue> queue;
    NEED(Queue::open(name, queue).ok());
    Bytes into(1 << 20);
    std::uint64_t length = 0;
    static_cast<void>(queue->get(into, length));
    return 0;
  });
  const auto queue = create(name);
  const Bytes first = message(1, 1, 200'000), second = message(1, 2, 200'000);
  REQUIRE_OK(queue->put(first, false));
  *made = true;
  REQUIRE(child.wait() == -SIGKILL);
  REQUIRE_OK(put_wait(*queue, second));
  CHECK(get_is(*queue, first));
  CHECK(get_is(*queue, second));
}

TEST_CASE("a batch of large messages is published at once and each is delivered alone") {
  const Name name("batch");
  const auto a = create(name), b = open(name);
  Bytes batch;
  std::vector<std::uint32_t> lengths;
  for (std::uint64_t i = 0; i < 4; ++i) {
    const Bytes one = message(4, i, i % 2 == 0 ? 150'000 : 50);
    batch.insert(batch.end(), one.begin(), one.end());
    lengths.push_back(static_cast<std::uint32_t>(one.size()));
  }
  std::uint32_t pushed = 0;
  REQUIRE_OK(a->put_many(batch, lengths, false, pushed));
  REQUIRE(pushed == 4);
  for (std::uint64_t i = 0; i < 4; ++i) CHECK(get_is(*b, message(4, i, i % 2 == 0 ? 150'000 : 50)));
}

TEST_CASE("a file that cannot grow is an error for the large message, and nothing that is queued suffers") {
  const Name name("no-space");
  Child child([&] {
    std::unique_ptr<Queue> queue;
    NEED(Queue::create(name, {1 << 20, 0, 0}, {}, queue).ok());
    const Bytes first = message(1, 1, 100'000), second = message(1, 2, 400'000);
    NEED(queue->put(first, false).ok());
    rlimit limit{};
    NEED(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = queue->segment().file_size() + 4096;
    NEED(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    ::signal(SIGXFSZ, SIG_IGN);
    for (int attempt = 0; attempt < 3; ++attempt) {
      const Status s = queue->put(second, false);
      NEED(s.code == Code::kSystem);
      NEED(s.error == EFBIG);
    }
    NEED(queue->put(text("small"), false).ok());
    NEED(get_is(*queue, first));
    NEED(get_is(*queue, text("small")));
    NEED(queue->put(first, false).ok());  // the pages that are there still serve
    NEED(get_is(*queue, first));
    limit.rlim_cur = before;
    NEED(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    NEED(queue->put(second, false).ok());
    NEED(get_is(*queue, second));
    return 0;
  });
  CHECK(child.wait() == 0);
  sweep();
}

TEST_CASE("large messages pass between threads that put and get at the same time") {
  const Name name("threads");
  const auto queue = create(name, 1 << 19);
  constexpr std::uint64_t kEach = UNDER_TSAN ? 60 : 400;
  std::atomic<std::uint64_t> got{0}, sum{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint32_t p = 0; p < 2; ++p) {
    threads.emplace_back([&, p] {
      std::unique_ptr<Queue> mine;
      if (!Queue::open(name, mine).ok()) return;
      Random random(p);
      for (std::uint64_t i = 0; i < kEach; ++i) {
        if (!put_wait(*mine, message(p, i, random.between(60'000, 260'000)), 30, true).ok()) wrong++;
      }
    });
  }
  for (int c = 0; c < 2; ++c) {
    threads.emplace_back([&] {
      std::unique_ptr<Queue> mine;
      if (!Queue::open(name, mine).ok()) return;
      Bytes into(1 << 18);
      std::uint64_t length = 0;
      for (Status s; (s = get_wait(*mine, into, length)).code != Code::kShutDown;) {
        const Sent sent = read_message(std::span(into).first(s.ok() ? length : 0));
        if (!s.ok() || !sent.intact) wrong++;
        if (!s.ok()) return;
        sum += sent.number;
        got++;
      }
    });
  }
  threads[0].join();
  threads[1].join();
  CHECK_OK(queue->shut_down(false));
  threads[2].join();
  threads[3].join();
  CHECK(wrong == 0);
  CHECK(got == 2 * kEach);
  CHECK(sum == kEach * (kEach - 1));
  CHECK(pages(queue) < 64);
}
