#include "crash_support.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "system/crash_point.h"

namespace test {
namespace {

const std::vector<std::string>& all_points() {
  static const std::vector<std::string> sorted = [] {
    const auto points = crash_points([](std::string_view) { return true; });
    return std::vector<std::string>(points.begin(), points.end());
  }();
  return sorted;
}

std::size_t index_of(std::string_view point) {
  const auto& points = all_points();
  const auto found = std::lower_bound(points.begin(), points.end(), point);
  return found != points.end() && *found == point ? static_cast<std::size_t>(found - points.begin()) : points.size();
}

// Of the process that is armed.
std::atomic<int>* passed = nullptr;
std::atomic<Nanoseconds>* killed = nullptr;
std::size_t armed_point = 0;
int armed_passage = 0;

void watch(const char* name) {
  const std::size_t point = index_of(name);
  if (point == all_points().size()) return;
  if (passed[point].fetch_add(1) + 1 != armed_passage || point != armed_point) return;
  killed->store(monotonic_now());
  ::kill(::getpid(), SIGKILL);
}

std::vector<double>& delays() {
  static std::vector<double> milliseconds;
  return milliseconds;
}

}  // namespace

Victim::Victim(const std::string& point, int passage, const std::function<int()>& work)
    : child_([&, this] {
        armed_point = point.empty() ? SIZE_MAX : index_of(point);
        armed_passage = passage;
        passed = passages_->of.data();
        killed = &passages_->killed_at;
        watch_crash_points(&watch);
        return work();
      }) {
  REQUIRE(all_points().size() < passages_->of.size());
}

Census Victim::census() const {
  Census census;
  for (std::size_t point = 0; point < all_points().size(); ++point) {
    if (const int count = passages_->of[point].load(); count > 0) census[all_points()[point]] = count;
  }
  return census;
}

double Victim::milliseconds_since_death() const {
  return static_cast<double>(monotonic_now() - passages_->killed_at.load()) / 1e6;
}

std::vector<Scenario>& scenarios() {
  static std::vector<Scenario> all;
  return all;
}

void went_on(const Victim& victim) { delays().push_back(victim.milliseconds_since_death()); }

void kill_everywhere(Census (*run)(const std::string& point, int passage)) {
  delays().clear();
  std::size_t kills = 0;
  for (const auto& [name, passages] : run("", 0)) {
    const std::string& point = name;  // a lambda of CAPTURE cannot hold a structured binding
    for (const int passage : std::set<int>{1, std::min(3, passages), passages}) {
      CAPTURE(point);
      CAPTURE(passage);
      run(point, passage);
      ++kills;
    }
  }
  // Measured from the instant before the SIGKILL to the end of the survivors' next operations, on whatever machine this
  // is: the median has to keep the promise, each alone may have met a busy processor.
  REQUIRE(delays().size() == kills);
  std::sort(delays().begin(), delays().end());
  MESSAGE(kills << " kills; work went on after " << delays()[kills / 2] << " ms, at the most " << delays().back());
  CHECK(delays()[kills / 2] <= 100);
  CHECK(delays().back() <= 5'000);
}

void check_rules(std::string_view name) {
  std::vector<std::string> violations;
  CHECK_OK(find_violations(name, Moment::kQuiet, violations));
  for (const std::string& violation : violations) FAIL_CHECK(violation);
}

}  // namespace test
