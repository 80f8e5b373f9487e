// What concerns the process as a whole and outlives any one environment in it.
#include <cerrno>
#include <csignal>
#include <ctime>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exports.h"
#include "results.h"
#include "system/file_lock.h"

namespace interproc::addon {
namespace {

struct Identity {
  std::mutex mutex;
  std::string text;
};

Identity& identity() {
  static Identity* const everlasting = new Identity;
  return *everlasting;
}

// Text that every environment of the process sees: worker threads of a child know that they are in a child.
napi_value set_identity(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  std::string value = call.text(0);
  if (!call.valid()) return nullptr;
  const std::lock_guard guard(identity().mutex);
  identity().text = std::move(value);
  return nullptr;
}

// Random bytes for names, from the kernel: node:crypto takes longer to load than all of this library's addon.
napi_value random_bytes(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  auto left = call.bytes(0);
  if (!call.valid()) return nullptr;
  while (!left.empty()) {
    const ssize_t got = ::getrandom(left.data(), left.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Environment::of(env).fail(Status::system(errno, "getrandom"), {});
    left = left.subspan(static_cast<std::size_t>(got));
  }
  return nullptr;
}

napi_value get_identity(napi_env env, napi_callback_info) {
  const std::lock_guard guard(identity().mutex);
  return text(env, identity().text);
}

// Node.js runs its own script on the process's first thread, and every worker on another.
napi_value is_main_thread(napi_env env, napi_callback_info) {
  return boolean(env, ::syscall(SYS_gettid) == ::getpid());
}

void end_this_process() {
  ::kill(::getpid(), SIGTERM);
  const timespec grace{1, 0};
  ::nanosleep(&grace, nullptr);
  ::kill(::getpid(), SIGKILL);
}

// Ends this process (SIGTERM, a second later SIGKILL) when the participant that owns the other end of the pipe is gone:
// at once, whatever this process's threads are doing, because a thread of its own sleeps in the kernel until that lock
// falls.
napi_value die_with_peer(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::uint32_t id = call.u32(0), end = call.u32(1) & 1;
  if (!call.valid()) return nullptr;
  Environment& environment = Environment::of(env);
  Pipe* pipe = environment.get<Pipe>(id);
  if (pipe == nullptr) return nullptr;
  const std::optional<Participant> peer = pipe->owner(1 - end);
  const int fd = ::fcntl(pipe->segment().fd(), F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return environment.fail(Status::system(errno, "fcntl"), pipe->segment().name());
  try {
    std::thread([fd, peer] {
      if (peer) static_cast<void>(await_unlocked(fd, IPC_LOCK_SLOT + peer->slot));
      end_this_process();
    }).detach();
  } catch (const std::system_error& error) {
    ::close(fd);
    return environment.fail(Status::system(error.code().value(), "pthread_create"), {});
  }
  return nullptr;
}

}  // namespace

void export_process(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {
      {"setIdentity", set_identity},  {"identity", get_identity},    {"isMainThread", is_main_thread},
      {"dieWithPeer", die_with_peer}, {"randomBytes", random_bytes},
  };
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
