#include "failure.h"

#include <string>

#include "call.h"
#include "segment/segment.h"

namespace interproc::addon {
namespace {

struct Meaning {
  const char* code;
  std::string message;
};

const char* reason_of_version(int who) {
  switch (who) {
    case kOlder:
      return " was made by an older version of interproc; use the same version on both sides, or remove it";
    case kNewer:
      return " was made by a newer version of interproc; update this one, or remove it";
    default:
      return " has the other byte order: a machine of another kind made it; remove it or choose another name";
  }
}

// Which of the classes that share ERR_LAYOUT_MISMATCH, where it has one of its own.
const char* layout_of(Status status) {
  if (status.code == Code::kForeign) return "foreign";
  if (status.code != Code::kVersion) return nullptr;
  return status.error == kOlder ? "older" : status.error == kNewer ? "newer" : nullptr;
}

Meaning meaning_of(Status status, const std::string& subject) {
  switch (status.code) {
    case Code::kSystem:
      return {"SYSTEM", ""};
    case Code::kEmpty:
      return {"ERR_QUEUE_EMPTY", "the queue is empty"};
    case Code::kFull:
      return {"ERR_QUEUE_FULL", "the queue is full"};
    case Code::kShutDown:
      return {"ERR_QUEUE_SHUTDOWN", "the queue was shut down"};
    case Code::kEndOfFile:
      return {"ERR_EOF", "the other end was closed or its process died, and all it sent was read"};
    case Code::kBrokenPipe:
      return {"EPIPE", "the other end was closed or its process died: nobody can read this message"};
    case Code::kNotOwned:
      return {"ERR_LOCK_NOT_OWNED", "the lock is not held by this thread"};
    case Code::kOwnDeadlock:
      return {"ERR_DEADLOCK", "this thread holds the lock itself, so waiting for it could never end"};
    case Code::kTooLarge:
      return {"ERR_MESSAGE_TOO_LARGE", "the message is larger than maxBytes allows"};
    case Code::kCorrupt:
      return {"ERR_CORRUPT_SEGMENT",
              subject + " breaks the layout's rules: " + (status.call != nullptr ? status.call : "")};
    case Code::kTruncated:
      return {"ERR_CORRUPT_SEGMENT", subject + " is shorter than it says: the file was truncated"};
    case Code::kForeign:
      return {"ERR_LAYOUT_MISMATCH", subject + " is not an interproc object; remove it or choose another name"};
    case Code::kVersion:
      return {"ERR_LAYOUT_MISMATCH", subject + reason_of_version(status.error)};
    case Code::kKind:
      return {"ERR_LAYOUT_MISMATCH", subject + " is another kind of object; open it with its own class"};
    case Code::kForeignOwner:
      return {"EACCES",
              subject + " belongs to another user" + (status.call != nullptr ? std::string("; ") + status.call : "")};
    case Code::kParticipantsFull:
      return {"ERR_TOO_MANY_PARTICIPANTS", subject + " has 256 attached threads and processes already"};
    case Code::kAdminBusy:
      return {"ERR_TIMEOUT",
              subject + " is being attached or detached by a process that does not go on; is it stopped?"};
    case Code::kAboveBound:
      return {"ERR_SEMAPHORE_BOUND", "the semaphore would rise above its initial value: it was released too often"};
    case Code::kTaken:
      return {"ERR_END_TAKEN", "this end of the pipe belongs to another process"};
    case Code::kOk:
    case Code::kBusy:
    case Code::kSmallBuffer:
    case Code::kLoan:
    case Code::kClosed:
      break;
  }
  return {"ERR_CLOSED", "this handle was closed"};
}

void set(napi_env env, napi_value object, const char* name, napi_value value) {
  napi_set_named_property(env, object, name, value);
}

}  // namespace

std::string failure_code(Status status) {
  if (status.ok()) return {};
  return status.code == Code::kSystem ? "SYSTEM:" + std::to_string(status.error) : meaning_of(status, {}).code;
}

std::string failure_reason(Status status, const std::string& subject) {
  return status.ok() ? std::string() : meaning_of(status, "'" + subject + "'").message;
}

void throw_failure(napi_env env, napi_value factory, Status status, std::string_view name) {
  throw_failure_at(env, factory, status, name.empty() ? std::string() : segment_path(name));
}

void throw_failure_at(napi_env env, napi_value factory, Status status, const std::string& path) {
  const Meaning meaning = meaning_of(status, path.empty() ? "the segment" : "'" + path + "'");
  if (factory == nullptr) {
    napi_throw_error(env, meaning.code, meaning.message.c_str());
    return;
  }
  napi_value details = nullptr;
  napi_create_object(env, &details);
  if (status.code == Code::kSystem) {
    set(env, details, "errno", integer(env, -status.error));
    set(env, details, "syscall", text(env, status.call != nullptr ? status.call : "unknown"));
  } else if (status.code == Code::kForeignOwner) {
    set(env, details, "errno", integer(env, -13));
    set(env, details, "syscall", text(env, "open"));
  }
  if (!path.empty()) set(env, details, "path", text(env, path));
  if (const char* layout = layout_of(status)) set(env, details, "layout", text(env, layout));
  napi_value undefined = nullptr;
  napi_get_undefined(env, &undefined);
  const std::array<napi_value, 3> arguments{text(env, meaning.code), text(env, meaning.message), details};
  napi_value error = nullptr;
  if (napi_call_function(env, undefined, factory, arguments.size(), arguments.data(), &error) == napi_ok)
    napi_throw(env, error);
}

}  // namespace interproc::addon
