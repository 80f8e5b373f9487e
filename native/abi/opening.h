// What creating and opening have in common, whatever the object is.
#pragma once

#include <cerrno>
#include <functional>
#include <memory>
#include <string>

#include "meta.h"
#include "registry.h"

namespace interproc::abi {

// Options that were read and checked.
struct Creation {
  std::string name;  // empty: one is to be made up
  std::string meta;
  CreateOptions core;
};

// IP_INVALID for what has no meaning. `meta`: what goes into the segment where the options give none.
ip_status read_options(std::uint32_t how, const ip_options* options, std::string meta, Creation& out);
bool valid_name(std::string_view name);
std::string unique_name();

// The file once more, through an open file of its own, to which no lock belongs: a descriptor, or -1 with errno; and
// memory that a forked child inherits and that keeps nobody's slot.
int open_again(int fd);
Status map_for_callers(int fd, std::size_t size, std::shared_ptr<Mapping>& out, std::uint64_t offset = 0);

// A record for an object that was just created or opened. IP_CORRUPT where its creation options make no sense.
ip_status describe(const SharedObject& object, Record& out);

ip_status refuse_kind(std::string_view name, std::string_view kind);
ip_status refuse_options(std::string_view name, std::string_view option);

template <class T>
using Creator = std::function<Status(const Creation&, std::unique_ptr<T>&)>;
// Whether an object that exists is what was asked for; else the failure.
using Check = std::function<ip_status(const Record&, SharedObject&)>;

// Attaches by name, or gives one more number for what this process has open. `kind`: what it has to be.
template <class T>
ip_status open_object(std::string_view name, std::uint32_t segment_kind, std::string_view kind, const Check& check,
                      ip_object& out) {
  const std::lock_guard guard(opening_mutex());
  if (const auto known = find_open(name, segment_kind)) {
    if (known->kind != kind) return refuse_kind(name, kind);
    const ip_object number = number_again(known);
    ip_status status = IP_CLOSED;
    {
      const Use use(number);
      status = use.status();
      if (status == IP_OK && check) status = check(use.record(), use.object());
    }
    if (status == IP_OK)
      out = number;
    else if (number != 0)
      close_number(number);
    return status;
  }
  std::unique_ptr<T> object;
  if (const Status s = T::open(name, object); !s.ok()) return fail(s, name);
  auto record = std::make_shared<Record>();
  ip_status status = describe(*object, *record);
  if (status == IP_OK && record->kind != kind) status = refuse_kind(name, kind);
  if (status == IP_OK && check) status = check(*record, *object);
  if (status != IP_OK) {
    if (record->lock != 0) close_number(record->lock);
    object->segment().detach();
    return status;
  }
  out = adopt(std::move(record), std::move(object));
  return IP_OK;
}

template <class T>
ip_status create_object(Creation& creation, const Creator<T>& create, ip_object& out) {
  const bool made_up = creation.name.empty();
  for (;;) {
    if (made_up) creation.name = unique_name();
    creation.core.meta = creation.meta;
    std::unique_ptr<T> object;
    const Status s = create(creation, object);
    if (made_up && s.code == Code::kSystem && s.error == EEXIST) continue;
    if (!s.ok()) return fail(s, creation.name);
    auto record = std::make_shared<Record>();
    if (const ip_status status = describe(*object, *record); status != IP_OK) {
      object->segment().detach();
      return status;
    }
    out = adopt(std::move(record), std::move(object));
    return IP_OK;
  }
}

template <class T>
ip_status make_object(std::uint32_t how, Creation creation, std::uint32_t segment_kind, std::string_view kind,
                      const Creator<T>& create, const Check& check, ip_object* out) {
  if (out == nullptr) return fail(IP_INVALID, "there is nowhere to put the object");
  const auto is = [](ip_status status, int error) { return status == IP_SYSTEM && ip_last_errno() == error; };
  const Creation& given = creation;
  const Check both = [&](const Record& record, SharedObject& object) {
    if (how == IP_OPEN_OR_CREATE) {
      const ip_description& has = record.description;
      if (given.core.mode != 0600 && given.core.mode != has.mode) return refuse_options(record.name, "mode");
      if (given.core.codec != IP_CODEC_RAW && given.core.codec != has.codec)
        return refuse_options(record.name, "codec");
      if (given.core.persist && has.persist == 0) return refuse_options(record.name, "persist");
    }
    return check ? check(record, object) : ip_status{IP_OK};
  };
  for (;;) {
    if (how != IP_CREATE) {
      const ip_status opened = open_object<T>(creation.name, segment_kind, kind, both, *out);
      if (how == IP_OPEN || !is(opened, ENOENT)) return opened;
    }
    const ip_status created = create_object<T>(creation, create, *out);
    if (how == IP_CREATE || !is(created, EEXIST)) return created;
  }
}

// Copies a string out, with its NUL.
ip_status copy_out(std::string_view text, char* to, std::size_t capacity, std::size_t* needed);

}  // namespace interproc::abi
