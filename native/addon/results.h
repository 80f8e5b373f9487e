// Outcomes that are no errors cross as small negative numbers; a JavaScript object is made for errors only.
// lib/native.ts has the same numbers.
#pragma once

#include "call.h"
#include "environment.h"

namespace interproc::addon {

enum Outcome : std::int32_t {
  kOutcomeEmpty = -1,
  kOutcomeFull = -2,
  kOutcomeBusy = -3,
  kOutcomeShutDown = -4,
  kOutcomeEndOfFile = -5,
  kOutcomeBrokenPipe = -6,
  kOutcomeSmallBuffer = -7,
  kOutcomeLoan = -8,
};

// `value` where the status is ok, the outcome's number where it has one, else null with an error thrown.
inline napi_value result(Environment& environment, const SharedObject& object, Status status, double value) {
  const napi_env env = environment.env();
  switch (status.code) {
    case Code::kOk:
      return number(env, value);
    case Code::kEmpty:
      return integer(env, kOutcomeEmpty);
    case Code::kFull:
      return integer(env, kOutcomeFull);
    case Code::kBusy:
      return integer(env, kOutcomeBusy);
    case Code::kShutDown:
      return integer(env, kOutcomeShutDown);
    case Code::kEndOfFile:
      return integer(env, kOutcomeEndOfFile);
    case Code::kBrokenPipe:
      return integer(env, kOutcomeBrokenPipe);
    case Code::kSmallBuffer:
      return integer(env, kOutcomeSmallBuffer);
    case Code::kLoan:
      return integer(env, kOutcomeLoan);
    default:
      return environment.fail(status, object.segment().name());
  }
}

// The [start, end) of the registered transmit buffer, or nothing where that is not inside it.
inline std::span<const std::byte> outgoing(const Environment& environment, std::uint32_t start, std::uint32_t end) {
  const auto bytes = environment.transmit.bytes();
  return start <= end && end <= bytes.size() ? std::span<const std::byte>(bytes.subspan(start, end - start))
                                             : std::span<const std::byte>();
}

// The registered table of message lengths, `count` entries at most.
inline std::span<std::uint32_t> lengths(const Environment& environment, std::uint32_t count) {
  const auto bytes = environment.lengths.bytes();
  const std::size_t entries = bytes.size() / sizeof(std::uint32_t);
  return {reinterpret_cast<std::uint32_t*>(bytes.data()), count < entries ? count : entries};
}

}  // namespace interproc::addon
