// Names at every entry of the C interface: what would leave the namespace is refused, and nothing comes into being.
#include <dirent.h>

#include <functional>
#include <map>
#include <set>

#include "abi_support.h"

using namespace test;

namespace {

// What stands in /dev/shm, and one folder above it.
std::set<std::string> files() {
  std::set<std::string> found;
  for (const char* folder : {"/dev/shm", "/dev"}) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder), &::closedir);
    REQUIRE(directory);
    while (const dirent* entry = ::readdir(directory.get())) found.insert(std::string(folder) + "/" + entry->d_name);
  }
  return found;
}

using Act = std::function<ip_status(const char* name)>;
using Acts = std::map<std::string, Act>;

template <class Make>
void add(Acts& acts, const std::string& what, Make make) {
  for (const std::uint32_t how : {IP_CREATE, IP_OPEN, IP_OPEN_OR_CREATE}) {
    acts[what + " " + std::to_string(how)] = [make, how](const char* name) {
      const ip_options options = named(name);
      ip_object out = 0;
      return make(how, &options, &out);
    };
  }
}

Acts acts_of_segments() {
  Acts acts;
  for (const std::uint32_t kind : {0u, 1u, 2u, 3u})
    add(acts, "queue " + std::to_string(kind),
        [kind](auto how, auto* options, auto* out) { return ip_queue(how, options, nullptr, kind, out); });
  static const ip_cell cell{"i", 1, 4, nullptr, 0, 1};
  add(acts, "value", [](auto how, auto* options, auto* out) { return ip_value(how, options, &cell, out); });
  add(acts, "array", [](auto how, auto* options, auto* out) { return ip_array(how, options, &cell, out); });
  add(acts, "lock", [](auto how, auto* options, auto* out) { return ip_lock(how, options, out); });
  add(acts, "rlock", [](auto how, auto* options, auto* out) { return ip_rlock(how, options, out); });
  add(acts, "event", [](auto how, auto* options, auto* out) { return ip_event(how, options, out); });
  add(acts, "condition", [](auto how, auto* options, auto* out) { return ip_condition(how, options, 0, out); });
  add(acts, "barrier", [](auto how, auto* options, auto* out) { return ip_barrier(how, options, 2, out); });
  for (const int bounded : {0, 1})
    add(acts, "semaphore " + std::to_string(bounded),
        [bounded](auto how, auto* options, auto* out) { return ip_semaphore(how, options, 1, bounded, out); });
  acts["pipe"] = [](const char* name) {
    const ip_options options = named(name);
    ip_object ends[2];
    return ip_pipe(&options, nullptr, 1, ends);
  };
  acts["claim"] = [](const char* name) {
    ip_object out = 0;
    return ip_pipe_claim(name, 1, &out);
  };
  acts["unlink"] = [](const char* name) { return ip_unlink_name(name); };
  acts["unlink a semaphore"] = [](const char* name) { return ip_semaphore_unlink_name(name); };
  for (const char* kind :
       {"queue", "joinable-queue", "simple-queue", "priority-queue", "connection", "value", "array", "lock", "rlock",
        "cell-lock", "semaphore", "bounded-semaphore", "condition", "event", "barrier"}) {
    acts[std::string("attach to a ") + kind] = [kind](const char* name) {
      ip_object out = 0;
      const std::string handle =
          std::string(R"({"interproc":1,"kind":")") + kind + R"(","end":1,"name":")" + name + R"("})";
      return ip_attach(handle.c_str(), &out);
    };
  }
  return acts;
}

Acts acts_of_memory() {
  Acts acts;
  add(acts, "memory", [](auto how, auto* options, auto* out) { return ip_memory(how, options, 8, out); });
  acts["attach to a memory"] = [](const char* name) {
    ip_object out = 0;
    return ip_attach((std::string(R"({"interproc":1,"kind":"memory","name":")") + name + R"("})").c_str(), &out);
  };
  return acts;
}

void refused(const Acts& acts, const std::string& name) {
  CAPTURE(name);
  for (const auto& act : acts) {
    CAPTURE(act.first);
    CHECK(act.second(name.c_str()) == IP_INVALID);
  }
}

}  // namespace

TEST_CASE("C: a name that would leave the namespace is refused at every entry") {
  const std::set<std::string> before = files();
  for (const Acts& acts : {acts_of_segments(), acts_of_memory()}) {
    REQUIRE(acts.size() >= 4);
    for (const char* name : {"../x", "x/../../../tmp/x", "/tmp/x", "a/b", "a/", "/", ".", "..", ""})
      refused(acts, name);
  }
  CHECK(files() == before);
}

TEST_CASE("C: what is no name of an object is refused at every entry") {
  const std::set<std::string> before = files();
  for (const std::string& name :
       {std::string(201, 'n'), std::string("a b"), std::string("a\n"), std::string("na\xc3\xafve")})
    refused(acts_of_segments(), name);
  refused(acts_of_memory(), std::string(256, 'n'));
  CHECK(files() == before);
}
