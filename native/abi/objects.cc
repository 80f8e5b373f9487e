// Objects in general: handles, names, closing, descriptions.
#include <cstring>

#include "memory/cell.h"
#include "messages/priority_queue.h"
#include "messages/queue.h"
#include "opening.h"
#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/event.h"
#include "sync/mutex.h"
#include "sync/named_semaphore.h"

using namespace interproc;
using namespace interproc::abi;

namespace {

ip_status open_by_kind(std::string_view kind, std::string_view name, ip_object& out) {
  if (kind == "queue" || kind == "joinable-queue" || kind == "simple-queue")
    return open_object<Queue>(name, IPC_KIND_QUEUE, kind, {}, out);
  if (kind == "priority-queue") return open_object<PriorityQueue>(name, IPC_KIND_PRIORITY_QUEUE, kind, {}, out);
  if (kind == "value" || kind == "array") return open_object<Cell>(name, IPC_KIND_CELL, kind, {}, out);
  if (kind == "cell-lock") {
    const ip_status as_value = open_object<Cell>(name, IPC_KIND_CELL, "value", {}, out);
    return as_value == IP_LAYOUT_MISMATCH ? open_object<Cell>(name, IPC_KIND_CELL, "array", {}, out) : as_value;
  }
  if (kind == "lock" || kind == "rlock") return open_object<Mutex>(name, IPC_KIND_LOCK, kind, {}, out);
  if (kind == "semaphore" || kind == "bounded-semaphore")
    return open_object<Semaphore>(name, IPC_KIND_SEMAPHORE, kind, {}, out);
  if (kind == "event") return open_object<Event>(name, IPC_KIND_EVENT, kind, {}, out);
  if (kind == "condition") return open_object<ConditionVariable>(name, IPC_KIND_CONDITION, kind, {}, out);
  if (kind == "barrier") return open_object<Barrier>(name, IPC_KIND_BARRIER, kind, {}, out);
  return fail(IP_INVALID, "a handle of the unknown kind '" + std::string(kind) + "'");
}

}  // namespace

ip_status ip_attach(const char* handle, ip_object* out) {
  if (handle == nullptr || out == nullptr) return fail(IP_INVALID, "no handle");
  const auto kind = text_member(handle, "kind");
  const auto name = text_member(handle, "name");
  if (number_member(handle, "interproc") != 1 || !kind || !name) return fail(IP_INVALID, "this is no handle");
  const std::string named(*name);
  if (*kind == "memory" || *kind == "shareable-list") {
    const ip_options options{named.c_str(), nullptr, 0, 0, 0, 0};
    return ip_memory(IP_OPEN, &options, 0, out);
  }
  if (!valid_name(named))
    return fail(IP_INVALID, "a name has 1 to 200 characters of A-Z a-z 0-9 . _ -, and is not '.' or '..'");
  if (*kind == "connection") {
    const auto end = number_member(handle, "end");
    if (!end || *end > 1) return fail(IP_INVALID, "the handle of a connection says no end");
    return ip_pipe_claim(named.c_str(), static_cast<std::uint32_t>(*end), out);
  }
  return open_by_kind(*kind, named, *out);
}

ip_status ip_handle(ip_object number, char* text, size_t capacity, size_t* needed) {
  ip_status status = IP_OK;
  std::uint32_t end = 0;
  const auto record = record_of(number, status, &end);
  if (!record) return status;
  const bool pipe = std::strcmp(record->kind, "connection") == 0;
  return copy_out(pipe ? handle_text(record->kind, record->name, end) : handle_text(record->kind, record->name), text,
                  capacity, needed);
}

const char* ip_kind(ip_object number) {
  ip_status status = IP_OK;
  const auto record = record_of(number, status);
  return record ? record->kind : nullptr;
}

ip_status ip_name(ip_object number, char* text, size_t capacity, size_t* needed) {
  ip_status status = IP_OK;
  const auto record = record_of(number, status);
  return record ? copy_out(record->name, text, capacity, needed) : status;
}

ip_status ip_meta(ip_object number, char* text, size_t capacity, size_t* needed) {
  ip_status status = IP_OK;
  const auto record = record_of(number, status);
  return record ? copy_out(record->meta, text, capacity, needed) : status;
}

ip_status ip_describe(ip_object number, ip_description* out) {
  ip_status status = IP_OK;
  std::uint32_t end = 0;
  const auto record = record_of(number, status, &end);
  if (!record) return status;
  if (out == nullptr) return fail(IP_INVALID, "there is nowhere to put the description");
  *out = record->description;
  out->end = end;
  return IP_OK;
}

ip_status ip_close(ip_object number) { return close_number(number); }

ip_status ip_unlink(ip_object number) {
  ip_status status = IP_OK;
  const auto record = record_of(number, status);
  if (!record) return status;
  {
    const std::lock_guard guard(record->mutex);
    SharedObject* pipe = record->pipe.get();
    if (pipe != nullptr || record->memory) {
      const Status s = pipe != nullptr ? pipe->segment().unlink_name() : record->memory->unlink_name();
      return s.ok() ? ip_status{IP_OK} : fail(s, record->name);
    }
  }
  Use use(number);
  if (use.status() != IP_OK) return use.status();
  auto* semaphore = use.as<Semaphore>(IPC_KIND_SEMAPHORE);
  const Status s = semaphore != nullptr ? semaphore->unlink_names() : use.object().segment().unlink_name();
  return s.ok() ? ip_status{IP_OK} : fail(s, record->name);
}

ip_status ip_unlink_name(const char* name) {
  if (name == nullptr || !valid_name(name)) return fail(IP_INVALID, "no name");
  const Status s = Segment::unlink(name);
  return s.ok() ? ip_status{IP_OK} : fail(s, name);
}

int ip_is_current(ip_object number) {
  ip_status status = IP_OK;
  const auto record = record_of(number, status);
  if (!record) return 0;
  {
    const std::lock_guard guard(record->mutex);
    if (record->pipe) return record->pipe->is_current() ? 1 : 0;
    if (record->memory) return 1;
  }
  const Use use(number);
  return use.status() == IP_OK && use.object().is_current() ? 1 : 0;
}

void ip_close_all(int orderly) { close_all(orderly != 0 ? Leaving::kOrderly : Leaving::kFailing); }

int ip_sweep(void) { return sweep(); }
