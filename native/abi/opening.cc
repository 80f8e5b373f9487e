#include "opening.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "memory/cell.h"
#include "system/descriptor.h"

namespace interproc::abi {
namespace {

constexpr std::string_view kNameCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

const char* queue_kind_of(std::string_view meta) {
  for (const char* kind : {"queue", "joinable-queue", "simple-queue"}) {
    if (text_member(meta, "kind") == kind) return kind;
  }
  return nullptr;
}

const char* kind_of(const SharedObject& object) {
  const std::string_view meta = object.segment().meta();
  switch (object.segment().header().kind) {
    case IPC_KIND_QUEUE:
      return queue_kind_of(meta);
    case IPC_KIND_PRIORITY_QUEUE:
      return "priority-queue";
    case IPC_KIND_PIPE:
      return "connection";
    case IPC_KIND_CELL:
      return text_member(meta, "kind") == "value" ? "value" : text_member(meta, "kind") == "array" ? "array" : nullptr;
    case IPC_KIND_LOCK:
      return is_true(meta, "recursive") ? "rlock" : "lock";
    case IPC_KIND_SEMAPHORE:
      return is_true(meta, "bounded") ? "bounded-semaphore" : "semaphore";
    case IPC_KIND_EVENT:
      return "event";
    case IPC_KIND_CONDITION:
      return "condition";
    case IPC_KIND_BARRIER:
      return "barrier";
    default:
      return nullptr;
  }
}

// The lock that a value, an array or a condition was given, where it has none of its own.
ip_status attach_lock(const SharedObject& object, Record& record) {
  const std::uint32_t kind = object.segment().header().kind;
  if (kind != IPC_KIND_CELL && kind != IPC_KIND_CONDITION) return IP_OK;
  const auto lock = member(record.meta, "lock");
  if (!lock) return fail(IP_CORRUPT, "'" + record.name + "' does not say which lock it has");
  if (lock->front() != '{') return IP_OK;
  const auto lock_kind = text_member(*lock, "kind");
  if (lock_kind != "lock" && lock_kind != "rlock" && lock_kind != "cell-lock")
    return fail(IP_CORRUPT, "'" + record.name + "' does not say which lock it has");
  // Made by hand, one object's lock may lead to the next for ever.
  static thread_local int depth = 0;
  if (depth >= 4) return fail(IP_CORRUPT, "'" + record.name + "' has a lock that leads nowhere");
  ++depth;
  const ip_status status = ip_attach(std::string(*lock).c_str(), &record.lock);
  --depth;
  return status;
}

}  // namespace

int open_again(int fd) {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return ::open(path, O_RDWR | O_CLOEXEC);
}

Status map_for_callers(int fd, std::size_t size, std::shared_ptr<Mapping>& out, std::uint64_t offset) {
  const Descriptor again(open_again(fd));
  if (!again) return Status::system(errno, "open");
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, again.get(),
                    static_cast<off_t>(offset));
  if (at == MAP_FAILED) return Status::system(errno, "mmap");
  out = std::make_shared<Mapping>(static_cast<std::byte*>(at), size);
  ::madvise(at, size, MADV_DOFORK);
  return {};
}

bool valid_name(std::string_view name) {
  return !name.empty() && name.size() <= IPC_NAME_MAX && name != "." && name != ".." &&
         name.find_first_not_of(kNameCharacters) == std::string_view::npos;
}

std::string unique_name() {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  unsigned char random[12];
  // So few bytes are never given in part.
  while (::getrandom(random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
  }
  std::string name;
  for (const unsigned char byte : random) name += kAlphabet[byte % kAlphabet.size()];
  return name;
}

ip_status read_options(std::uint32_t how, const ip_options* options, std::string meta, Creation& out) {
  const ip_options given = options != nullptr ? *options : ip_options{};
  if (how > IP_OPEN_OR_CREATE) return fail(IP_INVALID, "`how` is none of ip_how");
  if (given.name == nullptr && how != IP_CREATE) return fail(IP_INVALID, "there is no name to open");
  if (given.name != nullptr && !valid_name(given.name))
    return fail(IP_INVALID, "a name has 1 to 200 characters of A-Z a-z 0-9 . _ -, and is not '.' or '..'");
  if (given.mode > 0777) return fail(IP_INVALID, "a mode is 0 to 0777");
  if (given.codec > IP_CODEC_CUSTOM || given.reserved != 0) return fail(IP_INVALID, "an option is out of range");
  out.name = given.name != nullptr ? given.name : "";
  out.meta = given.meta != nullptr ? given.meta : std::move(meta);
  if (out.meta.size() > IPC_META_MAX) return fail(IP_INVALID, "the meta text is too long");
  out.core.persist = given.persist != 0;
  out.core.mode = given.mode != 0 ? given.mode : 0600;
  out.core.codec = given.codec;
  if (how != IP_OPEN) {
    static std::once_flag swept;
    std::call_once(swept, [] { static_cast<void>(sweep()); });
  }
  return IP_OK;
}

ip_status describe(const SharedObject& object, Record& out) {
  const Segment& segment = object.segment();
  out.name = segment.name();
  out.meta = segment.meta();
  const char* kind = kind_of(object);
  if (kind == nullptr) return fail(IP_CORRUPT, "'" + out.name + "' does not say what kind of object it is");
  out.kind = kind;
  out.description = {segment.header().mode, segment.header().codec,
                     (segment.header().flags & IPC_FLAG_PERSIST) != 0 ? 1u : 0u, 0};
  out.recursive = segment.header().kind == IPC_KIND_CONDITION || out.kind == std::string_view("rlock");
  out.bounded = out.kind == std::string_view("bounded-semaphore");
  if (segment.header().kind == IPC_KIND_CELL) {
    const auto data = static_cast<const Cell&>(object).data();
    if (const Status s = map_for_callers(segment.fd(), segment.header().total_size, out.mapping); !s.ok())
      return fail(s, out.name);
    out.data_offset = static_cast<std::uint64_t>(data.data() - segment.base());
    out.data_bytes = data.size();
  }
  return attach_lock(object, out);
}

ip_status refuse_kind(std::string_view name, std::string_view kind) {
  return fail(IP_LAYOUT_MISMATCH, "'" + std::string(name) + "' is no " + std::string(kind) + "; open it as what it is");
}

ip_status refuse_options(std::string_view name, std::string_view option) {
  return fail(IP_OPTIONS_MISMATCH, "'" + std::string(name) + "' exists with another " + std::string(option));
}

ip_status copy_out(std::string_view text, char* to, std::size_t capacity, std::size_t* needed) {
  if (needed != nullptr) *needed = text.size() + 1;
  if (to == nullptr || capacity <= text.size()) return outcome(IP_SMALL_BUFFER);
  std::memcpy(to, text.data(), text.size());
  to[text.size()] = '\0';
  return IP_OK;
}

}  // namespace interproc::abi
