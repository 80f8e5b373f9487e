// That no crash point is without a kill, and none without a line in docs/crash-safety.md.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "crash_support.h"

using namespace test;

namespace {

std::set<std::string> points_in_document() {
  std::ifstream document(std::filesystem::path(INTERPROC_SOURCE_DIR) / "docs" / "crash-safety.md");
  std::set<std::string> points;
  for (std::string line; std::getline(document, line);) {
    if (!line.starts_with("| `")) continue;
    points.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return points;
}

}  // namespace

TEST_CASE("every crash point of the sources is passed, and killed at, in some scenario") {
  std::set<std::string> passed;
  for (const Scenario& scenario : scenarios()) {
    CAPTURE(scenario.name);
    for (const auto& [point, passages] : scenario.run("", 0)) {
      if (passages > 0) passed.insert(point);
    }
  }
  for (const std::string& point : crash_points([](std::string_view) { return true; }))
    CHECK_MESSAGE(passed.contains(point), "no process is killed at " << point);
}

TEST_CASE("the table in docs/crash-safety.md has exactly the points of the sources") {
  const std::set<std::string> points = crash_points([](std::string_view) { return true; });
  const std::set<std::string> described = points_in_document();
  for (const std::string& point : points) CHECK_MESSAGE(described.contains(point), "not described: " << point);
  for (const std::string& point : described) CHECK_MESSAGE(points.contains(point), "there is no such point: " << point);
}
