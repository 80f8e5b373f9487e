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

}  // namespace interproc::addon
