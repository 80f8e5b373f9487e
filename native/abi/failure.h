// What a call of the C interface returns, and what it remembers for ip_last_message().
#pragma once

#include <string_view>

#include "interproc.h"
#include "system/status.h"

namespace interproc::abi {

// Remembers the failure for this thread and returns its number. `subject`: the name of the object, where there is one.
ip_status fail(ip_code code, std::string_view message);
ip_status fail(Status status, std::string_view subject);

// For what is no failure but an outcome: remembers nothing.
constexpr ip_status outcome(ip_code code) { return code; }

}  // namespace interproc::abi
