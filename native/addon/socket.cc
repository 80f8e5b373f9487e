// What Node's own sockets have no option for.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>

#include "call.h"
#include "exports.h"

namespace interproc::addon {
namespace {

bool set(int fd, int level, int option, std::uint32_t value) {
  const int wanted = static_cast<int>(value);
  return ::setsockopt(fd, level, option, &wanted, sizeof wanted) == 0;
}

// Has the kernel end a TCP connection (ETIMEDOUT) whose other side has not been heard of for `limit` milliseconds.
// Probes alone would not do: they are only sent while nothing waits to be acknowledged. Else TCP_USER_TIMEOUT has the
// word; without it the kernel goes on for a quarter of an hour. False where the system refuses.
napi_value limit_silence(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const auto fd = static_cast<int>(call.u32(0));
  const std::uint32_t limit = call.u32(1);
  if (!call.valid()) return nullptr;
  const std::uint32_t seconds = limit / 1000;
  const bool done =
      set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) && set(fd, IPPROTO_TCP, TCP_KEEPIDLE, std::max(seconds / 2, 1U)) &&
      set(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(seconds / 8, 1U)) && set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, limit);
  return boolean(env, done);
}

}  // namespace

void export_socket(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {{"limitSilence", limit_silence}};
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
