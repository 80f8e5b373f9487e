// What creating and opening have in common, whatever the object is.
#pragma once

#include <memory>
#include <string>

#include "results.h"

namespace interproc::addon {

// Arguments 0 to 4 of every create function: name, mode, persist, codec, meta.
template <std::size_t N>
struct Creation {
  explicit Creation(Call<N>& call)
      : name(call.text(0)), mode(call.u32(1)), persist(call.boolean(2)), codec(call.u32(3)), meta(call.text(4)) {}
  [[nodiscard]] CreateOptions options() const { return {persist, static_cast<mode_t>(mode), codec, meta}; }
  std::string name;
  std::uint32_t mode;
  bool persist;
  std::uint32_t codec;
  std::string meta;
};

template <class T>
napi_value adopt(Environment& environment, Status status, const std::string& name, std::unique_ptr<T> object) {
  if (!status.ok()) return environment.fail(status, name);
  return number(environment.env(), environment.add(std::move(object)));
}

template <class T>
napi_value open_object(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  const std::string name = call.text(0);
  if (!call.valid()) return nullptr;
  std::unique_ptr<T> object;
  const Status status = T::open(name, object);
  return adopt(Environment::of(env), status, name, std::move(object));
}

}  // namespace interproc::addon
