// The checker of segments: whatever stands in one, it gives a list of sentences, and an empty one where all is well.
#include "check/check.h"

#include "onlooker.h"

using namespace fuzz;

namespace {

constexpr std::size_t kMostViolations = 100;

void check(const std::string& name, bool kept) {
  for (const Moment moment : {Moment::kBusy, Moment::kQuiet}) {
    std::vector<std::string> violations;
    const Status status = find_violations(name, moment, violations);
    must(violations.size() <= kMostViolations, "of many violations only the first are kept");
    for (const std::string& one : violations) must(!one.empty(), "a violation is a sentence");
    if (!status.ok()) must(violations.empty(), "what cannot be checked has no violations");
    if (!kept) continue;
    must(status, "an object in use can be checked");
    if (violations.empty()) continue;
    std::fprintf(stderr, "%s\n", violations.front().c_str());
    broken("nothing is found where everybody kept the rules");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  look_at_any(in, "check", &check);
  return 0;
}
