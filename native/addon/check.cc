// What the checker of segments has to say, for tests and for people who look into one.
#include "check/check.h"

#include "exports.h"
#include "results.h"

namespace interproc::addon {
namespace {

// (name, quiet): a sentence for each rule that is broken. `quiet` says that nobody living is inside a call.
napi_value check_object(napi_env env, napi_callback_info info) {
  Call<2> call(env, info);
  const std::string name = call.text(0);
  const Moment moment = call.boolean(1) ? Moment::kQuiet : Moment::kBusy;
  if (!call.valid()) return nullptr;
  std::vector<std::string> violations;
  const Status status = find_violations(name, moment, violations);
  if (!status.ok()) return Environment::of(env).fail(status, name);
  napi_value list = nullptr;
  napi_create_array_with_length(env, violations.size(), &list);
  for (std::uint32_t at = 0; at < violations.size(); ++at) napi_set_element(env, list, at, text(env, violations[at]));
  return list;
}

}  // namespace

void export_check(napi_env env, napi_value exports) {
  static constexpr Function functions[] = {{"checkSegment", check_object}};
  export_functions(env, exports, functions);
}

}  // namespace interproc::addon
