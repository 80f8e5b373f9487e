#include <unistd.h>

#include "fuzz.h"
#include "segment/segment.h"
#include "sync/semaphore_file.h"

namespace fuzz {

std::string name_of(const char* stem) { return "fuzz-" + std::to_string(::getpid()) + "-" + stem; }

void clear_shm(const std::string& name) {
  ::unlink(segment_path(name).c_str());
  ::unlink(semaphore_path(name).c_str());
}

bool private_shm() { return std::getenv("INTERPROC_FUZZ_PRIVATE_SHM") != nullptr; }

}  // namespace fuzz
