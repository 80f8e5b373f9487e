// Victims, and the count of what they pass through.
//
// A scenario is a piece of work that passes through crash points, and what the survivors of its death do. It is run
// once without a kill, which counts how often each point is passed (the census), and then once for each point and each
// of some passages, with a kill there. The union of all scenarios' censuses has to be every point of the sources
// (crash_coverage_test.cc), so nobody adds a point at which no process is killed.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "check/check.h"
#include "support.h"
#include "system/clock.h"

namespace test {

using Census = std::map<std::string, int>;

class Victim {
 public:
  // Runs the work in a child, and kills it in that passage of that point. No point: it is counted only.
  Victim(const std::string& point, int passage, const std::function<int()>& work);
  int wait() { return child_.wait(); }
  [[nodiscard]] Census census() const;
  // How long ago it was killed: read when the survivors have done what they could not do before.
  [[nodiscard]] double milliseconds_since_death() const;

 private:
  struct Passages {
    std::array<std::atomic<int>, 512> of{};
    std::atomic<Nanoseconds> killed_at{0};
  };
  Shared<Passages> passages_;
  Child child_;
};

struct Scenario {
  const char* name;
  // Makes the objects, lets the victim work and, where it was killed, survives. Returns what the victim passed through.
  Census (*run)(const std::string& point, int passage);
};
// Of all scenarios, in no order.
std::vector<Scenario>& scenarios();
struct Register {
  Register(const char* name, Census (*run)(const std::string& point, int passage)) {
    scenarios().push_back({name, run});
  }
};

// Kills at each point that the scenario passes through, in its first, third and last passage.
void kill_everywhere(Census (*run)(const std::string& point, int passage));

// To be said by the survivors of each kill, as soon as they have gone on with their work.
void went_on(const Victim& victim);

// The checker finds nothing. Nobody living is inside a call.
void check_rules(std::string_view name);

}  // namespace test
