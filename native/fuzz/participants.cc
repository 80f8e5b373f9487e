// Participants: slots and bits of waiters that say what they like, and doorbells whose numbers lead anywhere.
#include <sys/stat.h>

#include "file.h"
#include "object.h"
#include "waiting/doorbell.h"

using namespace fuzz;

namespace {

// What the number of a doorbell may lead to. 0 and most numbers: to nothing.
constexpr std::uint64_t kFifo = 1, kFile = 2, kLink = 3, kDirectory = 4;

std::string bell_path(std::uint64_t bell) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(bell));
  return "/dev/shm/" + std::string(kDoorbellPrefix) + text;
}

// Made once: none of them ever changes.
struct Bells {
  Bells() {
    must(::mkfifo(bell_path(kFifo).c_str(), 0600) == 0, "mkfifo");
    fifo = ::open(bell_path(kFifo).c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    file = ::open(bell_path(kFile).c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    must(::symlink(bell_path(kFile).c_str(), bell_path(kLink).c_str()) == 0, "symlink");
    must(::mkdir(bell_path(kDirectory).c_str(), 0700) == 0, "mkdir");
  }
  ~Bells() {
    for (const std::uint64_t bell : {kFifo, kFile, kLink}) ::unlink(bell_path(bell).c_str());
    ::rmdir(bell_path(kDirectory).c_str());
  }
  int fifo = -1;
  int file = -1;
};

void change_slot(Input& in, ipc_participant& slot) {
  switch (number(in, 3)) {
    case 0:
      store_relaxed(slot.sleep_mode, static_cast<std::uint32_t>(number(in, 7)));
      break;
    case 1:
      store_relaxed(slot.doorbell, number(in, 6));
      break;
    case 2:
      store_relaxed(slot.generation, static_cast<std::uint32_t>(spoiled(in, load_relaxed(slot.generation))));
      break;
    default:
      spoil(in, {reinterpret_cast<std::byte*>(&slot), sizeof slot});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!private_shm()) return -1;  // fixed numbers: not where others have theirs
  static const Bells bells;
  Input in(data, size);
  const std::string name = name_of("participants");
  clear_shm(name);
  {
    std::unique_ptr<Event> a, b;
    must(Event::create(name, {.meta = "{}"}, a), "a fresh event can be made");
    must(Event::open(name, b), "and opened");
    ipc_wait_set& set = *a->waiters(Event::kSet);
    each_step(in, [&] {
      Event& event = in.ConsumeBool() ? *a : *b;
      const auto slot = static_cast<std::uint32_t>(in.ConsumeBool() ? number(in, 3) : number(in, UINT32_MAX));
      switch (number(in, 7)) {
        case 0:
        case 1:
          change_slot(in, a->segment().participant(slot));
          break;
        case 2:
          spoil(in, {reinterpret_cast<std::byte*>(&set), sizeof set});
          break;
        case 3:
          atomic(set.bits[0]).fetch_or(number(in, 255), std::memory_order_relaxed);
          break;
        case 4:
          wake(event.segment(), set, static_cast<std::uint32_t>(number(in, 300)));
          break;
        case 5:
          if (slot < IPC_PARTICIPANTS) wake_slot(event.segment(), set, slot);
          break;
        case 6:
          must(!event.segment().alive({slot | IPC_PARTICIPANTS, 1}), "nobody lives in a slot that is none");
          static_cast<void>(event.segment().alive({slot, static_cast<std::uint32_t>(number(in, 3))}));
          break;
        default:
          use(in, event);
      }
    });
  }
  clear_shm(name);
  struct stat about {};
  must(::fstat(bells.file, &about) == 0 && about.st_size == 0, "no doorbell is rung in a file");
  char rung[4096];
  while (::read(bells.fifo, rung, sizeof rung) > 0) {
  }
  return 0;
}
