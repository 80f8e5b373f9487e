// The golden segments: what another build of this version wrote, and any that this build meets, is read the same.
#include <fcntl.h>
#include <semaphore.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "abi_support.h"
#include "check/check.h"

using namespace test;

namespace {

// golden/segments.py says how the files are written.
std::vector<char> read_golden(const std::string& kind) {
  std::ifstream file(INTERPROC_SOURCE_DIR "/golden/v" + std::to_string(IPC_LAYOUT_VERSION) + "/" + kind + ".hex");
  std::string line;
  REQUIRE(std::getline(file, line));
  const auto size = line.rfind(' ', line.rfind(' ') - 1);
  std::vector<char> content(std::stoul(line.substr(size)));
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::size_t at = 0;
    words >> std::hex >> at;
    for (unsigned byte = 0; words >> byte; ++at) {
      REQUIRE(at < content.size());
      content[at] = static_cast<char>(byte);
    }
  }
  return content;
}

// A copy of a golden segment under a name of its own.
class Golden {
 public:
  using Change = std::function<void(const std::string& name, std::vector<char>& content)>;

  explicit Golden(const std::string& kind, const Change& change = {}) : name_("golden") {
    std::vector<char> content = read_golden(kind);
    if (change) change(name(), content);
    std::ofstream file(path(), std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    REQUIRE(file.good());
  }
  Golden(const Golden&) = delete;
  Golden& operator=(const Golden&) = delete;
  ~Golden() { std::remove(path().c_str()); }
  [[nodiscard]] ip_options options() const { return name_.options(); }
  [[nodiscard]] const std::string& name() const { return name_.text(); }

 private:
  [[nodiscard]] std::string path() const { return "/dev/shm/interproc." + name_.text(); }
  AbiName name_;
};

}  // namespace

TEST_CASE("golden: no segment breaks a rule") {
  for (const std::string kind :
       {"queue", "pipe", "value", "array", "lock", "priority-queue", "event", "condition", "barrier"}) {
    CAPTURE(kind);
    const Golden golden(kind);
    std::vector<std::string> violations;
    REQUIRE_OK(find_violations(golden.name(), Moment::kQuiet, violations));
    for (const std::string& one : violations) FAIL_CHECK(one);
  }
}

TEST_CASE("golden: a queue has two messages and a loan in it, and a priority queue its order") {
  const Golden golden("queue");
  ip_options options = golden.options();
  Object queue;
  REQUIRE(ip_queue(IP_OPEN, &options, nullptr, IP_QUEUE, queue.out()) == IP_OK);
  CHECK(got(queue, 0) == "one");
  CHECK(got(queue, 0).empty());
  char meta[8];
  ip_lent lent{};
  REQUIRE(ip_queue_get_loan(queue, meta, sizeof meta, &lent, 0, 0) == IP_OK);
  CHECK(std::string_view(static_cast<char*>(lent.bytes), lent.length) == "lent bytes");
  CHECK(std::string_view(meta, lent.meta_length) == "\x81\xa1k\x01");
  CHECK(ip_loan_release(lent.loan) == IP_OK);
  CHECK(got(queue, 0) == "status " + std::to_string(IP_EMPTY));
  CHECK(put(queue, "goes on") == IP_OK);
  CHECK(got(queue, 0) == "goes on");

  const Golden ordered("priority-queue");
  options = ordered.options();
  Object priorities;
  REQUIRE(ip_queue(IP_OPEN, &options, nullptr, IP_PRIORITY_QUEUE, priorities.out()) == IP_OK);
  CHECK(got(priorities, 0).size() == 100);
  CHECK(got(priorities, 0) == "last");
}

TEST_CASE("golden: a pipe has a message each way, a value and an array their numbers") {
  const Golden golden("pipe");
  const char* expected[] = {"to the first", "to the second"};
  ip_object ends[2];
  for (unsigned end = 0; end < 2; ++end) REQUIRE(ip_pipe_claim(golden.name().c_str(), end, &ends[end]) == IP_OK);
  for (unsigned end = 0; end < 2; ++end) {
    char buffer[64];
    std::size_t length = 0;
    REQUIRE(ip_pipe_receive(ends[end], buffer, sizeof buffer, &length, 0) == IP_OK);
    CHECK(std::string_view(buffer, length) == expected[end]);
  }
  for (const ip_object end : ends) CHECK(ip_close(end) == IP_OK);

  const Golden number("value"), numbers("array");
  ip_options options = number.options();
  Object value, array;
  const ip_cell integer{"i", 1, 4, nullptr, 0, 0}, doubles{"d", 3, 8, nullptr, 0, 0};
  REQUIRE(ip_value(IP_OPEN, &options, &integer, value.out()) == IP_OK);
  options = numbers.options();
  REQUIRE(ip_array(IP_OPEN, &options, &doubles, array.out()) == IP_OK);
  void* at = nullptr;
  REQUIRE(ip_cell_memory(value, &at, nullptr, nullptr) == IP_OK);
  CHECK(*static_cast<std::int32_t*>(at) == -42);
  REQUIRE(ip_cell_memory(array, &at, nullptr, nullptr) == IP_OK);
  CHECK(static_cast<double*>(at)[0] == 1.5);
  CHECK(static_cast<double*>(at)[1] == -2);
}

TEST_CASE("golden: a bounded semaphore is that of the POSIX one beside it, which it names by device and inode") {
  sem_t* permits = SEM_FAILED;
  std::string posix;
  const Golden golden("semaphore", [&](const std::string& name, std::vector<char>& content) {
    posix = "/" + name;
    permits = ::sem_open(posix.c_str(), O_CREAT | O_EXCL, 0600, 2);
    struct stat about {};
    REQUIRE(::stat(("/dev/shm/sem." + name).c_str(), &about) == 0);
    const std::uint64_t device = about.st_dev, inode = about.st_ino;
    std::memcpy(content.data() + IPC_BODY_OFFSET + offsetof(ipc_semaphore, device), &device, sizeof device);
    std::memcpy(content.data() + IPC_BODY_OFFSET + offsetof(ipc_semaphore, inode), &inode, sizeof inode);
  });
  REQUIRE(permits != SEM_FAILED);
  const ip_options options = golden.options();
  Object semaphore;
  REQUIRE(ip_semaphore(IP_OPEN, &options, 0, 1, semaphore.out()) == IP_OK);
  CHECK(ip_semaphore_release(semaphore, 1) == IP_ABOVE_BOUND);
  CHECK(ip_semaphore_acquire(semaphore, 0) == IP_OK);
  int left = -1;
  CHECK(::sem_getvalue(permits, &left) == 0);
  CHECK(left == 1);
  CHECK(ip_semaphore_release(semaphore, 1) == IP_OK);
  std::vector<std::string> violations;
  REQUIRE_OK(find_violations(golden.name(), Moment::kQuiet, violations));
  for (const std::string& one : violations) FAIL_CHECK(one);
  CHECK(ip_unlink(semaphore) == IP_OK);
  CHECK(::sem_open(posix.c_str(), 0) == SEM_FAILED);
  ::sem_close(permits);
}

TEST_CASE("golden: a dead process's lock, an event that is set, a condition and a broken barrier") {
  const Golden held("lock"), flag("event"), told("condition"), broken("barrier");
  Object lock, event, condition, barrier;
  ip_options options = held.options();
  REQUIRE(ip_lock(IP_OPEN, &options, lock.out()) == IP_OK);
  int abandoned = 0;
  REQUIRE(ip_lock_acquire(lock, 30 * kSecond, &abandoned) == IP_OK);
  CHECK(abandoned == 1);
  CHECK(ip_lock_release(lock) == IP_OK);
  options = flag.options();
  REQUIRE(ip_event(IP_OPEN, &options, event.out()) == IP_OK);
  CHECK(ip_event_is_set(event) == 1);
  options = told.options();
  REQUIRE(ip_condition(IP_OPEN, &options, 0, condition.out()) == IP_OK);
  REQUIRE(ip_lock_acquire(condition, 0, nullptr) == IP_OK);
  CHECK(ip_condition_notify(condition, 1) == IP_OK);
  CHECK(ip_lock_release(condition) == IP_OK);
  options = broken.options();
  REQUIRE(ip_barrier(IP_OPEN, &options, 3, barrier.out()) == IP_OK);
  std::uint32_t parties = 0;
  int is_broken = 0;
  REQUIRE(ip_barrier_state(barrier, &parties, nullptr, &is_broken) == IP_OK);
  CHECK(parties == 3);
  CHECK(is_broken == 1);
}
