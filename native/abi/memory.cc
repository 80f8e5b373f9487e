// Bare memory, and descriptors of what is mapped.
#include <cerrno>
#include <cstring>

#include "memory/bare_memory.h"
#include "opening.h"
#include "system/atomic.h"

using namespace interproc;
using namespace interproc::abi;

namespace {

bool valid_memory_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

ip_status try_memory(bool create, const Creation& creation, std::uint64_t bytes, ip_object& out) {
  std::unique_ptr<BareMemory> memory;
  const Status s = create
                       ? BareMemory::create(creation.name, {bytes, creation.core.mode, creation.core.persist}, memory)
                       : BareMemory::open(creation.name, memory);
  if (!s.ok()) return fail(s, creation.name);
  auto record = std::make_shared<Record>();
  if (const Status mapped = map_for_callers(memory->fd(), memory->size(), record->mapping); !mapped.ok())
    return fail(mapped, creation.name);
  record->name = creation.name;
  record->kind = "memory";
  record->meta = "{}";
  record->description = {creation.core.mode, IP_CODEC_RAW, creation.core.persist ? 1u : 0u, 0};
  record->memory = std::move(memory);
  out = adopt(std::move(record), nullptr);
  return IP_OK;
}

}  // namespace

ip_status ip_memory(uint32_t how, const ip_options* options, size_t bytes, ip_object* out) {
  ip_options given = options != nullptr ? *options : ip_options{};
  const std::string name = given.name != nullptr ? given.name : "";
  if (given.name != nullptr && !valid_memory_name(name))
    return fail(IP_INVALID, "a name has 1 to 255 bytes without '/', and is not '.' or '..'");
  // The other options as everywhere; the name has more liberty here.
  if (given.name != nullptr) given.name = "any";
  Creation creation;
  if (const ip_status status = read_options(how, &given, "{}", creation); status != IP_OK) return status;
  if (out == nullptr) return fail(IP_INVALID, "there is nowhere to put the object");
  if (how != IP_OPEN && bytes == 0) return fail(IP_INVALID, "memory has at least one byte");
  const bool made_up = name.empty();
  const auto is = [](ip_status status, int error) { return status == IP_SYSTEM && ip_last_errno() == error; };
  for (;;) {
    creation.name = made_up ? unique_name() : name;
    if (how != IP_CREATE) {
      const ip_status opened = try_memory(false, creation, bytes, *out);
      if (how == IP_OPEN || !is(opened, ENOENT)) return opened;
    }
    const ip_status created = try_memory(true, creation, bytes, *out);
    if (!is(created, EEXIST) || (how == IP_CREATE && !made_up)) return created;
  }
}

ip_status ip_memory_bytes(ip_object number, void** at, size_t* bytes) {
  ip_status status = IP_OK;
  const auto record = record_of(number, status);
  if (!record) return status;
  const std::lock_guard guard(record->mutex);
  if (!record->memory) return fail(IP_INVALID, "the object is no bare memory");
  if (at != nullptr) *at = record->mapping->base;
  if (bytes != nullptr) *bytes = record->memory->size();
  return IP_OK;
}

ip_status ip_memory_file(ip_object number, int* descriptor, uint64_t* offset, uint64_t* bytes) {
  ip_status status = IP_OK;
  const auto record = record_of(number, status);
  if (!record) return status;
  int fd = -1;
  if (record->mapping && record->data_offset != 0) {
    const Use use(number);
    if (use.status() != IP_OK) return use.status();
    fd = open_again(use.object().segment().fd());
    *offset = record->data_offset;
    *bytes = record->data_bytes;
  } else {
    const std::lock_guard guard(record->mutex);
    if (!record->memory) return fail(IP_INVALID, "the object has no memory to map");
    fd = open_again(record->memory->fd());
    *offset = 0;
    *bytes = record->memory->size();
  }
  if (fd < 0) return fail(Status::system(errno, "open"), record->name);
  *descriptor = fd;
  return IP_OK;
}

// ---- Atomic steps

namespace {

template <class Word>
bool exchanged(void* at, void* expected, const void* desired) {
  Word before, after;
  std::memcpy(&before, expected, sizeof before);
  std::memcpy(&after, desired, sizeof after);
  const bool stored = atomic(*static_cast<Word*>(at)).compare_exchange_strong(before, after);
  std::memcpy(expected, &before, sizeof before);
  return stored;
}

}  // namespace

ip_status ip_compare_exchange(void* at, size_t size, void* expected, const void* desired, int* stored) {
  if (at == nullptr || expected == nullptr || desired == nullptr || stored == nullptr)
    return fail(IP_INVALID, "there is no memory");
  if (size == 0 || size > 8 || (size & (size - 1)) != 0 || reinterpret_cast<std::uintptr_t>(at) % size != 0)
    return fail(IP_INVALID, "an atomic step is on 1, 2, 4 or 8 bytes, aligned to that");
  const bool done = size == 1   ? exchanged<std::uint8_t>(at, expected, desired)
                    : size == 2 ? exchanged<std::uint16_t>(at, expected, desired)
                    : size == 4 ? exchanged<std::uint32_t>(at, expected, desired)
                                : exchanged<std::uint64_t>(at, expected, desired);
  *stored = done ? 1 : 0;
  return IP_OK;
}
