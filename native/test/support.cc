#include "support.h"

#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "system/clock.h"

namespace test {

namespace {

int next_number = 0;

Nanoseconds deadline_in(double seconds) { return monotonic_now() + static_cast<Nanoseconds>(seconds * 1e9); }

std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

}  // namespace

Name::Name(const char* stem)
    : name_(std::string("t") + std::to_string(::getpid()) + "." + std::to_string(next_number++) + "." + stem) {}

Name::~Name() {
  CHECK_MESSAGE(files_with(name_).empty(), "left behind: " << name_);
  for (const std::string& file : files_with(name_)) ::unlink(("/dev/shm/" + file).c_str());
}

bool Name::exists() const {
  struct stat about {};
  return ::lstat(path().c_str(), &about) == 0;
}

Child::Child(const std::function<int()>& body) {
  const pid_t parent = ::getpid();
  std::fflush(nullptr);
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(98);
  ::alarm(100);  // a child that hangs fails its test instead of stopping it
  const int code = body();
  std::fflush(nullptr);
  ::_exit(code);
}

void Child::signal(int number) const { REQUIRE(::kill(pid_, number) == 0); }

void Child::kill() {
  if (ended_) return;
  ::kill(pid_, SIGKILL);
  wait();
}

int Child::wait() {
  if (ended_) return result_;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ended_ = true;
  return result_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

bool eventually(const std::function<bool()>& holds, double seconds) {
  const Nanoseconds deadline = deadline_in(seconds);
  while (!holds()) {
    if (monotonic_now() > deadline) return false;
    sleep_ms(0.1);
  }
  return true;
}

void sleep_ms(double milliseconds) {
  const auto nanoseconds = static_cast<long>(milliseconds * 1e6);
  timespec rest{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
  while (::nanosleep(&rest, &rest) != 0 && errno == EINTR) {
  }
}

Bytes message(std::uint32_t sender, std::uint64_t number, std::size_t size) {
  Bytes bytes(std::max<std::size_t>(size, 16));
  std::memcpy(bytes.data(), &sender, 4);
  const std::uint32_t low = static_cast<std::uint32_t>(bytes.size());
  std::memcpy(bytes.data() + 4, &low, 4);
  std::memcpy(bytes.data() + 8, &number, 8);
  const std::uint64_t seed = mix(number * 31 + sender);
  for (std::size_t at = 16; at < bytes.size(); ++at)
    bytes[at] = static_cast<std::byte>((seed >> (at % 8 * 8)) + at / 8);
  return bytes;
}

Sent read_message(std::span<const std::byte> bytes) {
  Sent sent;
  if (bytes.size() < 16) return sent;
  std::memcpy(&sent.sender, bytes.data(), 4);
  std::memcpy(&sent.number, bytes.data() + 8, 8);
  const Bytes wanted = message(sent.sender, sent.number, bytes.size());
  sent.intact = std::memcmp(wanted.data(), bytes.data(), bytes.size()) == 0;
  return sent;
}

Bytes text(std::string_view of) {
  Bytes bytes(of.size());
  if (!of.empty()) std::memcpy(bytes.data(), of.data(), of.size());
  return bytes;
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Status put_wait(Queue& queue, std::span<const std::byte> bytes, double seconds, bool insist) {
  const Nanoseconds deadline = deadline_in(seconds);
  for (;;) {
    const Status s = queue.put(bytes, insist);
    if ((s.code != Code::kFull && s.code != Code::kBusy) || monotonic_now() > deadline) return s;
    queue.wait_for(s.code == Code::kFull ? Queue::kNotFull : Queue::kPutLock, bytes.size(), kSlice);
  }
}

Status get_wait(Queue& queue, std::span<std::byte> into, std::uint64_t& length, double seconds) {
  const Nanoseconds deadline = deadline_in(seconds);
  for (;;) {
    const Status s = queue.get(into, length);
    if ((s.code != Code::kEmpty && s.code != Code::kBusy) || monotonic_now() > deadline) return s;
    queue.wait_for(s.code == Code::kEmpty ? Queue::kNotEmpty : Queue::kGetLock, 0, kSlice);
  }
}

std::uint64_t Random::next() { return mix(state_ += 0x9e3779b97f4a7c15u); }

std::vector<std::string> files_with(std::string_view part) {
  std::vector<std::string> found;
  DIR* directory = ::opendir("/dev/shm");
  if (directory == nullptr) return found;
  while (const dirent* entry = ::readdir(directory)) {
    if (std::string_view(entry->d_name).find(part) != std::string_view::npos) found.emplace_back(entry->d_name);
  }
  ::closedir(directory);
  return found;
}

std::set<std::string> crash_points(const std::function<bool(std::string_view)>& chosen) {
  std::set<std::string> names;
  const auto core = std::filesystem::path(INTERPROC_SOURCE_DIR) / "native" / "core";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(core)) {
    if (!entry.is_regular_file() || !chosen(entry.path().filename().native())) continue;
    std::stringstream whole;
    whole << std::ifstream(entry.path()).rdbuf();
    const std::string content = whole.str(), mark = "INTERPROC_CRASH_POINT(\"";
    for (std::size_t at = 0; (at = content.find(mark, at)) != std::string::npos;) {
      at += mark.size();
      names.insert(content.substr(at, content.find('"', at) - at));
    }
  }
  return names;
}

}  // namespace test

doctest::String doctest::StringMaker<interproc::Status>::convert(const interproc::Status& status) {
  std::string text = "code " + std::to_string(static_cast<int>(status.code));
  if (status.error != 0) text += std::string(" ") + std::strerror(status.error);
  if (status.call != nullptr) text += std::string(" ") + status.call;
  return text.c_str();
}
