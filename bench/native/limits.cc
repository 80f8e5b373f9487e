// The limits of this machine, without Node.js: limits WHAT MS [BYTES [BATCH]] measures for about MS milliseconds and
// prints one line of JSON, { "value": …, "cpu": CPU seconds per million } or { "times": [µs, …] }.
//
//   line       a cache line to another process and back, both spinning
//   ring-trip  a record of BYTES there and back through our ring, both spinning
//   ring       records of BYTES one way through our ring, published BATCH at a time: records a second
//   futex      a sleeping process woken, and this one woken by it
//   memcpy     BYTES copied again and again: bytes a second
//   add, adds  one word raised by one process, by two at once: increments a second
//
// The other process is a fork, which the kernel ends with this one.
#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "messages/ring.h"
#include "system/atomic.h"
#include "system/futex.h"

using namespace interproc;

namespace {

constexpr std::uint64_t kRingBytes = 1 << 20;
constexpr int kTripsPerTime = 64;  // reading the clock costs as much as a trip

double seconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}
double now() { return seconds(CLOCK_MONOTONIC); }

// Everything that both processes touch, each word on lines of its own.
struct Shared {
  alignas(128) std::uint32_t there = 0;
  alignas(128) std::uint32_t back = 0;
  alignas(128) std::uint64_t counter = 0;
  alignas(128) std::array<ipc_channel, 2> channels{};
  alignas(128) std::array<std::array<std::byte, kRingBytes>, 2> data{};

  Ring ring(std::size_t i) {
    channels.at(i).ring_bytes = kRingBytes;
    return {channels.at(i), data.at(i).data(), kRingBytes};
  }
};

struct Unmap {
  void operator()(Shared* shared) const { ::munmap(shared, sizeof(Shared)); }
};
using Mapping = std::unique_ptr<Shared, Unmap>;

Mapping map_shared() {
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("mmap");
    std::_Exit(1);
  }
  return Mapping(new (memory) Shared);
}

// Another process that does `work`, and ends with this object.
class Other {
 public:
  explicit Other(const std::function<void()>& work) {
    pid_ = ::fork();
    if (pid_ < 0) {
      std::perror("fork");
      std::_Exit(1);
    }
    if (pid_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    work();
    std::_Exit(0);
  }
  ~Other() { end(); }
  Other(const Other&) = delete;
  Other& operator=(const Other&) = delete;

  // CPU seconds that it has used in all.
  double end() {
    if (pid_ == 0) return 0;
    ::kill(pid_, SIGKILL);
    rusage used{};
    ::wait4(pid_, nullptr, 0, &used);
    pid_ = 0;
    const auto of = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return of(used.ru_utime) + of(used.ru_stime);
  }

 private:
  pid_t pid_ = 0;
};

void print_times(const std::vector<double>& microseconds) {
  std::printf("{\"times\":[");
  for (std::size_t i = 0; i < microseconds.size(); ++i) std::printf(i == 0 ? "%.4f" : ",%.4f", microseconds[i]);
  std::printf("]}\n");
}

void print_rate(double count, double took, double cpu) {
  std::printf("{\"value\":%.6g,\"cpu\":%.6g}\n", count / took, cpu / count * 1e6);
}

// The time of one trip, again and again, each the mean of some: what a scheduler's pause adds is seen in one of them.
void time_trips(double limit, const std::function<void()>& trip) {
  std::vector<double> times;
  const double until = now() + limit;
  do {
    const double start = now();
    for (int i = 0; i < kTripsPerTime; ++i) trip();
    times.push_back((now() - start) * 1e6 / kTripsPerTime);
  } while (now() < until);
  print_times(times);
}

void spin_until(const std::uint32_t& word, std::uint32_t value) {
  while (load_acquire(word) != value) cpu_relax();
}

void cache_line(Shared& shared, double limit) {
  Other other([&] {
    for (std::uint32_t turn = 1;; ++turn) {
      spin_until(shared.there, turn);
      store_release(shared.back, turn);  // pairs with the acquire in spin_until of the first process
    }
  });
  std::uint32_t turn = 0;
  time_trips(limit, [&] {
    store_release(shared.there, ++turn);  // pairs with the acquire in spin_until of the other process
    spin_until(shared.back, turn);
  });
}

void futex(Shared& shared, double limit) {
  const auto wait_for = [](std::uint32_t& word, std::uint32_t value) {
    while (load_acquire(word) != value) futex_wait(word, value - 1, 1'000'000'000);
  };
  Other other([&] {
    for (std::uint32_t turn = 1;; ++turn) {
      wait_for(shared.there, turn);
      store_release(shared.back, turn);  // pairs with the acquire in wait_for of the first process
      futex_wake(shared.back, 1);
    }
  });
  std::uint32_t turn = 0;
  time_trips(limit, [&] {
    store_release(shared.there, ++turn);  // pairs with the acquire in wait_for of the other process
    futex_wake(shared.there, 1);
    wait_for(shared.back, turn);
  });
}

// Up to `batch` records of `bytes`, published at once; how many there was room for.
std::size_t write_some(Ring& ring, const std::vector<std::byte>& payload, std::size_t batch) {
  if (!ring.begin_write().ok()) std::_Exit(1);
  std::size_t written = 0;
  std::span<std::byte> room;
  while (written < batch && ring.reserve(static_cast<std::uint32_t>(payload.size()), IPC_RECORD_DATA, room).ok()) {
    std::memcpy(room.data(), payload.data(), payload.size());
    ++written;
  }
  if (written > 0) ring.publish();
  return written;
}

// Up to `batch` records, copied out; how many there were.
std::size_t read_some(Ring& ring, std::vector<std::byte>& into, std::size_t batch) {
  ring.begin_read();
  std::size_t taken = 0;
  ipc_record header;
  std::span<const std::byte> payload;
  while (taken < batch && ring.peek(header, payload).ok()) {
    std::memcpy(into.data(), payload.data(), payload.size());
    ring.pass(header);
    ++taken;
  }
  if (taken > 0) ring.advance();
  return taken;
}

void ring_trip(Shared& shared, double limit, std::size_t bytes) {
  std::vector<std::byte> message(bytes);
  const auto send = [&](Ring& ring) {
    while (write_some(ring, message, 1) == 0) cpu_relax();
  };
  const auto receive = [&](Ring& ring) {
    while (read_some(ring, message, 1) == 0) cpu_relax();
  };
  Ring there = shared.ring(0);
  Ring back = shared.ring(1);
  Other other([&] {
    for (;;) {
      receive(there);
      send(back);
    }
  });
  time_trips(limit, [&] {
    send(there);
    receive(back);
  });
}

void ring_rate(Shared& shared, double limit, std::size_t bytes, std::size_t batch) {
  std::vector<std::byte> message(bytes);
  Ring ring = shared.ring(0);
  Other other([&] {
    for (;;) {
      if (write_some(ring, message, batch) == 0) cpu_relax();
    }
  });
  while (read_some(ring, message, batch) == 0) cpu_relax();
  const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  const double start = now();
  std::size_t count = 0;
  while (now() - start < limit) {
    for (int i = 0; i < 256; ++i) {
      const std::size_t taken = read_some(ring, message, batch);
      if (taken == 0) cpu_relax();
      count += taken;
    }
  }
  const double took = now() - start;
  const double used = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu + other.end();
  print_rate(static_cast<double>(count), took, used);
}

void copy_rate(double limit, std::size_t bytes) {
  std::vector<std::byte> from(bytes, std::byte{1});
  std::vector<std::byte> to(bytes);
  const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  const double start = now();
  double copies = 0;
  const std::size_t at_once = std::max<std::size_t>(1, (1 << 16) / bytes);
  while (now() - start < limit) {
    for (std::size_t i = 0; i < at_once; ++i) {
      std::memcpy(to.data(), from.data(), bytes);
      asm volatile("" : : "r"(to.data()) : "memory");  // the copy is used, so the compiler keeps it
    }
    copies += static_cast<double>(at_once);
  }
  const double took = now() - start;
  const double used = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  std::printf("{\"value\":%.6g,\"cpu\":%.6g}\n", copies * static_cast<double>(bytes) / took, used / copies * 1e6);
}

constexpr int kAddsPerLook = 1024;

void add_rate(Shared& shared, double limit, bool contended) {
  const auto raise = [&] {
    for (int i = 0; i < kAddsPerLook; ++i) atomic(shared.counter).fetch_add(1);
  };
  std::unique_ptr<Other> other;
  if (contended) {
    other = std::make_unique<Other>([&] {
      for (;;) raise();
    });
    while (load_acquire(shared.counter) == 0) cpu_relax();
  }
  const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  const std::uint64_t before = load_acquire(shared.counter);
  const double start = now();
  while (now() - start < limit) raise();
  const double took = now() - start;
  const auto count = static_cast<double>(load_acquire(shared.counter) - before);
  const double used = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu + (other ? other->end() : 0);
  print_rate(count, took, used);
}

std::size_t number(const char* text) {
  std::size_t value = 0;
  const std::string_view all(text);
  std::from_chars(all.data(), all.data() + all.size(), value);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "limits WHAT MS [BYTES [BATCH]]\n");
    return 2;
  }
  const std::string_view what(argv[1]);
  const double limit = static_cast<double>(number(argv[2])) / 1000;
  const std::size_t bytes = argc > 3 ? number(argv[3]) : 64;
  const std::size_t batch = argc > 4 ? number(argv[4]) : 1;
  // A record in the ring is at most a quarter of it, and nothing here is copied that is nothing.
  if (bytes == 0 || batch == 0 || (what.starts_with("ring") && bytes > kRingBytes / 4)) {
    std::fprintf(stderr, "BYTES or BATCH out of range\n");
    return 2;
  }
  const Mapping shared = map_shared();
  if (what == "line")
    cache_line(*shared, limit);
  else if (what == "futex")
    futex(*shared, limit);
  else if (what == "ring-trip")
    ring_trip(*shared, limit, bytes);
  else if (what == "ring")
    ring_rate(*shared, limit, bytes, batch);
  else if (what == "memcpy")
    copy_rate(limit, bytes);
  else if (what == "add")
    add_rate(*shared, limit, false);
  else if (what == "adds")
    add_rate(*shared, limit, true);
  else {
    std::fprintf(stderr, "no such limit: %s\n", argv[1]);
    return 2;
  }
  return 0;
}
