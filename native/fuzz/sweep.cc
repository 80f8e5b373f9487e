// Sweep: whatever lies in /dev/shm, it removes nothing that is used, nothing that is not ours, and follows no link.
#include <sys/stat.h>

#include "file.h"
#include "memory/bare_memory.h"
#include "object.h"
#include "waiting/doorbell.h"

using namespace fuzz;

namespace {

const std::string kBystander = "/dev/shm/a-bystander";

// What a true marker of bare memory says; made once.
const Bytes& marker_image() {
  static const Bytes image = [] {
    std::unique_ptr<BareMemory> memory;
    const std::string name = name_of("marked");
    must(BareMemory::create(name, {.size = 8}, memory), "bare memory can be made");
    struct stat about {};
    must(::stat(memory_path(name).c_str(), &about) == 0, "stat");
    const Descriptor fd(::open(("/dev/shm/" + std::string(kMemoryMarkerPrefix) + std::to_string(about.st_ino)).c_str(),
                               O_RDONLY | O_CLOEXEC));
    must(static_cast<bool>(fd), "it has a marker");
    return read_file(fd.get());
  }();
  return image;
}

const Bytes& segment_image() {
  static const Bytes image = [] {
    std::unique_ptr<Event> event;
    must(Event::create(name_of("image"), {.meta = "{}"}, event), "a fresh event can be made");
    return read_file(event->segment().fd());
  }();
  return image;
}

// A name of the input's choice, or one of those that the sweep looks for.
std::string file_name(Input& in, int which) {
  std::string tail = in.ConsumeRandomLengthString(24);
  std::erase_if(tail, [](char c) { return c == '/' || c == 0; });
  const std::string unique = std::to_string(which);
  switch (number(in, 3)) {
    case 0:
      return "interproc." + tail + unique;
    case 1:
      return std::string(kMemoryMarkerPrefix) + tail + unique;
    case 2:
      return std::string(kDoorbellPrefix) + tail + unique;
    default:
      return "x" + tail + unique;
  }
}

struct Left {
  std::string path;
  bool stays;
};

Left leave_something(Input& in, int which, std::vector<std::unique_ptr<PlantedFile>>& files) {
  const std::string name = file_name(in, which);
  const std::string path = "/dev/shm/" + name;
  const bool foreign = !name.starts_with("interproc");
  switch (number(in, 5)) {
    case 0:
      must(::symlink(kBystander.c_str(), path.c_str()) == 0, "symlink");
      return {path, true};
    case 1:
      must(::mkdir(path.c_str(), 0700) == 0, "mkdir");
      return {path, true};
    case 2:
      must(::mkfifo(path.c_str(), 0600) == 0, "mkfifo");
      return {path, !name.starts_with(kDoorbellPrefix)};
    default: {
      const bool marker = name.starts_with(kMemoryMarkerPrefix);
      Bytes bytes = marker ? marker_image() : segment_image();
      const std::uint64_t changes = number(in, 3);
      for (std::uint64_t i = 0; i < changes; ++i)
        spoil(in, std::span(bytes).first(marker ? bytes.size() / 8 * 8 : sizeof(ipc_header)));
      if (number(in, 3) == 0) bytes.resize(number(in, bytes.size()));
      const bool used = in.ConsumeBool();
      files.push_back(std::make_unique<PlantedFile>(path, bytes, used ? static_cast<int>(number(in, 255)) : -1));
      return {path, foreign || (used && !marker)};
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!private_shm()) return -1;  // it would sweep what is not the fuzzer's
  Input in(data, size);
  marker_image();
  segment_image();
  std::vector<std::unique_ptr<PlantedFile>> files;
  files.push_back(std::make_unique<PlantedFile>(kBystander, segment_image(), -1));
  std::vector<Left> all = {{kBystander, true}};
  for (int which = 0; which < 6 && in.remaining_bytes() > 0; ++which) all.push_back(leave_something(in, which, files));
  const int removed = sweep();
  int gone = 0;
  for (const Left& one : all) {
    struct stat about {};
    const bool there = ::lstat(one.path.c_str(), &about) == 0;
    must(there || !one.stays, "a sweep leaves what is used, and what is not ours");
    if (!there) ++gone;
    if (there) S_ISDIR(about.st_mode) ? ::rmdir(one.path.c_str()) : ::unlink(one.path.c_str());
  }
  must(gone == removed, "a sweep says how many files went");
  return 0;
}
