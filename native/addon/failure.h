// From a core Status to the JavaScript error that api.md names for it.
#pragma once

#include <node_api.h>

#include <string>
#include <string_view>

#include "system/status.h"

namespace interproc::addon {

// `factory(code, message, { errno, syscall, path })` makes the error; without one (null) a plain Error with a code is
// thrown.
void throw_failure(napi_env env, napi_value factory, Status status, std::string_view name);
// The same for a file that is no segment; `path` is empty where there is none.
void throw_failure_at(napi_env env, napi_value factory, Status status, const std::string& path);

// The error's code ("SYSTEM:<errno>" for a failed system call) and its text, for who shows it and throws nothing. Both
// are empty where the status is ok.
std::string failure_code(Status status);
std::string failure_reason(Status status, const std::string& subject);

}  // namespace interproc::addon
