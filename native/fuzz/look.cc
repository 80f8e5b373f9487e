// Looking into a segment, as the command line does: what comes out is about those who live, and bounded by the layout.
#include <cmath>

#include "look/description.h"
#include "look/directory.h"
#include "look/snapshot.h"
#include "memory/bare_memory.h"
#include "onlooker.h"

using namespace fuzz;

namespace {

void view(const std::string& name, bool kept) {
  const Snapshot seen = take_snapshot(name);
  must(seen.participants.size() <= IPC_PARTICIPANTS && seen.counts.size() <= IPC_PARTICIPANTS,
       "no more are seen than there can be");
  must(seen.meta.size() <= IPC_META_MAX, "creation options are no longer than they can be");
  for (const LockView& lock : seen.locks) {
    must(!lock.alive || (lock.held && seen.lives(lock.slot)), "a living holder is a participant");
  }
  for (const WaitView& wait : seen.waits) {
    for (const std::uint32_t slot : wait.slots) must(seen.lives(slot), "only who lives waits");
  }
  for (const CountView& count : seen.counts) {
    must(count.slot < IPC_PARTICIPANTS && (!count.alive || seen.lives(count.slot)), "a count is a participant's");
  }
  for (const Group& group : seen.groups) {
    for (const Fact& fact : group.facts) must(std::isfinite(fact.value), "a fact is a number");
  }
  Description description;
  if (describe(name, description)) must(description.meta.size() <= IPC_META_MAX, "creation options are bounded");
  if (!kept) return;
  must(seen.status, "an object in use can be looked at");
  must(seen.participants.size() == 2 && !seen.unused, "who uses it is seen, and nobody else");
  if (!seen.findings.empty()) broken(seen.findings.front());
}

// A file that says it is marked memory, and a marker that says whatever it likes.
void look_at_marked(Input& in) {
  const std::string name = name_of("look-memory");
  const std::string path = memory_path(name);
  ::unlink(path.c_str());
  std::unique_ptr<BareMemory> memory;
  must(BareMemory::create(name, {.size = 64}, memory), "bare memory can be made");
  struct stat about {};
  must(::stat(path.c_str(), &about) == 0, "stat");
  const std::string marker = "/dev/shm/" + std::string(kMemoryMarkerPrefix) + std::to_string(about.st_ino);
  {
    const Descriptor fd(::open(marker.c_str(), O_RDWR | O_CLOEXEC));
    must(static_cast<bool>(fd), "it has a marker");
    const bool said_true = look_at_memory(name).marked;
    must(said_true, "memory of ours is known by its marker");
    Bytes bytes = read_file(fd.get());
    const Bytes before = bytes;
    each_step(in, [&] { spoil(in, bytes); });
    must(::pwrite(fd.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()), "pwrite");
    const MemoryView view = look_at_memory(name);
    must(view.status.ok() && view.held, "who is attached is seen, whatever the marker says");
    // Behind the name nothing counts.
    const std::size_t counted = 40 + name.size();
    if (view.marked)
      must(std::equal(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(counted), bytes.begin()),
           "a marker is another file's, or nobody's");
    must(::pwrite(fd.get(), before.data(), before.size(), 0) == static_cast<ssize_t>(before.size()), "pwrite");
  }
  memory->detach();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  if (number(in, 15) == 0) {
    look_at_marked(in);
  } else {
    look_at_any(in, "look", &view);
  }
  return 0;
}
