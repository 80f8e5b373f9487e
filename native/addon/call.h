// Reading arguments and making results, without a JavaScript object where a number will do.
//
// The binding's callers are lib/*.ts alone, which have checked what users gave. An argument of the wrong type here is a
// bug of ours: it is reported, never undefined behaviour.
#pragma once

#include <node_api.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace interproc::addon {

template <std::size_t N>
class Call {
 public:
  Call(napi_env env, napi_callback_info info) : env_(env) {
    std::size_t count = N;
    ok_ = napi_get_cb_info(env, info, &count, values_.data(), nullptr, nullptr) == napi_ok && count == N;
  }

  [[nodiscard]] napi_value value(std::size_t index) const { return values_[index]; }
  std::uint32_t u32(std::size_t index) {
    std::uint32_t out = 0;
    expect(napi_get_value_uint32(env_, values_[index], &out));
    return out;
  }
  double number(std::size_t index) {
    double out = 0;
    expect(napi_get_value_double(env_, values_[index], &out));
    return out;
  }
  std::uint64_t u64(std::size_t index) {
    const double out = number(index);
    if (!(out >= 0 && out <= 9007199254740991.0)) ok_ = false;
    return ok_ ? static_cast<std::uint64_t>(out) : 0;
  }
  bool boolean(std::size_t index) {
    bool out = false;
    expect(napi_get_value_bool(env_, values_[index], &out));
    return out;
  }
  std::string text(std::size_t index) {
    std::size_t length = 0;
    if (!expect(napi_get_value_string_utf8(env_, values_[index], nullptr, 0, &length))) return {};
    std::string out(length, '\0');
    expect(napi_get_value_string_utf8(env_, values_[index], out.data(), length + 1, &length));
    return out;
  }
  // The bytes of a Uint8Array. Empty where it is detached.
  std::span<std::byte> bytes(std::size_t index) {
    void* data = nullptr;
    std::size_t length = 0;
    if (!expect(napi_get_buffer_info(env_, values_[index], &data, &length))) return {};
    return {static_cast<std::byte*>(data), length};
  }

  // False after any argument was not what was asked for. Throws then, and the function returns null.
  [[nodiscard]] bool valid() {
    if (ok_) return true;
    bool pending = false;
    napi_is_exception_pending(env_, &pending);
    if (!pending) napi_throw_type_error(env_, "ERR_INTERNAL", "interproc: the binding was called with wrong arguments");
    return false;
  }

 private:
  bool expect(napi_status status) {
    if (status != napi_ok) ok_ = false;
    return status == napi_ok;
  }

  napi_env env_;
  std::array<napi_value, N> values_{};
  bool ok_ = false;
};

inline napi_value number(napi_env env, double value) {
  napi_value out = nullptr;
  napi_create_double(env, value, &out);
  return out;
}
inline napi_value integer(napi_env env, std::int32_t value) {
  napi_value out = nullptr;
  napi_create_int32(env, value, &out);
  return out;
}
inline napi_value boolean(napi_env env, bool value) {
  napi_value out = nullptr;
  napi_get_boolean(env, value, &out);
  return out;
}
inline napi_value text(napi_env env, std::string_view value) {
  napi_value out = nullptr;
  napi_create_string_utf8(env, value.data(), value.size(), &out);
  return out;
}

struct Function {
  const char* name;
  napi_callback call;
};

inline void export_functions(napi_env env, napi_value exports, std::span<const Function> functions) {
  for (const Function& function : functions) {
    napi_value value = nullptr;
    napi_create_function(env, function.name, NAPI_AUTO_LENGTH, function.call, nullptr, &value);
    napi_set_named_property(env, exports, function.name, value);
  }
}

}  // namespace interproc::addon
