// A target over one kind of object: two attachments of one process to it, and stores into all that they share.
#pragma once

#include <sys/mman.h>

#include <memory>

#include "exercise.h"

namespace fuzz {

// Shared bytes of a file, as a foreign process has them: at another address than the code under test.
class Seen {
 public:
  Seen(int fd, std::uint64_t offset, std::uint64_t bytes) : bytes_(bytes) {
    base_ = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, static_cast<off_t>(offset));
    must(base_ != MAP_FAILED, "the fuzzer maps the file as well");
  }
  Seen(const Seen&) = delete;
  Seen& operator=(const Seen&) = delete;
  ~Seen() { ::munmap(base_, bytes_); }
  [[nodiscard]] std::span<std::byte> all() const { return {static_cast<std::byte*>(base_), bytes_}; }
  [[nodiscard]] std::span<std::byte> from(std::uint64_t offset) const { return all().subspan(offset); }

 private:
  void* base_ = nullptr;
  std::uint64_t bytes_;
};

// Slots that anybody has, and everything behind them. Where it matters more is spoiled more.
inline void spoil_segment(Input& in, const Seen& seen, std::uint64_t body_bytes) {
  switch (number(in, 7)) {
    case 0:
      spoil(in, seen.all().first(IPC_PARTICIPANTS_OFFSET));  // the header, which nobody reads again
      break;
    case 1:
      spoil(in, seen.from(IPC_PARTICIPANTS_OFFSET).first(4 * sizeof(ipc_participant)));
      break;
    case 2:
    case 3:
      spoil(in, seen.from(IPC_BODY_OFFSET + body_bytes));
      break;
    default:
      spoil(in, seen.from(IPC_BODY_OFFSET).first(body_bytes));
  }
}

// Runs an input on an object that `create` and `Object::open` give, until its end.
template <class Object, class Body, class Create>
void run_on(Input& in, const char* stem, Create create) {
  const std::string name = name_of(stem);
  clear_shm(name);
  {
    std::unique_ptr<Object> a, b;
    must(create(name, a), "a fresh object can be made");
    must(Object::open(name, b), "and opened");
    const Seen seen(a->segment().fd(), 0, a->segment().header().total_size);
    each_step(in, [&] {
      if (number(in, 3) == 0) {
        spoil_segment(in, seen, sizeof(Body));
      } else if (number(in, 30) == 0) {
        // Refused, or attached to what the bytes say by now.
        if (std::unique_ptr<Object> fresh; Object::open(name, fresh).ok()) b = std::move(fresh);
      } else {
        use(in, in.ConsumeBool() ? *a : *b);
      }
    });
    a->leave(Leaving::kOrderly);
    b->leave(Leaving::kFailing);
  }
  clear_shm(name);
}

}  // namespace fuzz
