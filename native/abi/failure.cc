#include "failure.h"

#include <cstring>
#include <string>

namespace interproc::abi {
namespace {

struct Failure {
  std::string message;
  int error = 0;
};

Failure& last() {
  static thread_local Failure failure;
  return failure;
}

ip_code code_of_version(int who) {
  return who == kOlder ? IP_OLDER_LAYOUT : who == kNewer ? IP_NEWER_LAYOUT : IP_LAYOUT_MISMATCH;
}

ip_code code_of(Status status) {
  switch (status.code) {
    case Code::kOk:
      return IP_OK;
    case Code::kEmpty:
      return IP_EMPTY;
    case Code::kFull:
      return IP_FULL;
    case Code::kBusy:
    case Code::kAdminBusy:
      return IP_BUSY;
    case Code::kShutDown:
      return IP_SHUT_DOWN;
    case Code::kEndOfFile:
      return IP_END_OF_FILE;
    case Code::kBrokenPipe:
      return IP_BROKEN_PIPE;
    case Code::kNotOwned:
      return IP_NOT_OWNED;
    case Code::kOwnDeadlock:
      return IP_DEADLOCK;
    case Code::kTooLarge:
      return IP_TOO_LARGE;
    case Code::kSmallBuffer:
      return IP_SMALL_BUFFER;
    case Code::kLoan:
      return IP_LOAN;
    case Code::kSystem:
      return IP_SYSTEM;
    case Code::kCorrupt:
    case Code::kTruncated:
      return IP_CORRUPT;
    case Code::kForeign:
      return IP_FOREIGN;
    case Code::kVersion:
      return code_of_version(status.error);
    case Code::kKind:
      return IP_LAYOUT_MISMATCH;
    case Code::kForeignOwner:
      return IP_FOREIGN_OWNER;
    case Code::kParticipantsFull:
      return IP_TOO_MANY;
    case Code::kTaken:
      return IP_END_TAKEN;
    case Code::kAboveBound:
      return IP_ABOVE_BOUND;
    case Code::kClosed:
      break;
  }
  return IP_CLOSED;
}

// What the number alone does not say.
const char* detail_of(Status status) {
  switch (status.code) {
    case Code::kSystem:
      return std::strerror(status.error);
    case Code::kTruncated:
      return "the file is shorter than it says";
    case Code::kForeign:
      return "remove it or choose another name";
    case Code::kVersion:
      return status.error == kOtherByteOrder ? "its bytes have the other order"
                                             : "use the same version of interproc on both sides";
    case Code::kKind:
      return "it is another kind of object; open it as what it is";
    case Code::kAdminBusy:
      return "it is being attached or detached by a process that does not go on; is that stopped?";
    default:
      return status.call;
  }
}

}  // namespace

ip_status fail(ip_code code, std::string_view message) {
  last().message = message;
  last().error = 0;
  return code;
}

ip_status fail(Status status, std::string_view subject) {
  const ip_code code = code_of(status);
  // What is met in every queue and pipe allocates nothing.
  if (code == IP_EMPTY || code == IP_FULL || code == IP_SMALL_BUFFER || status.code == Code::kBusy)
    return fail(code, ip_strerror(code));
  std::string message = subject.empty() ? std::string() : "'" + std::string(subject) + "': ";
  if (status.code == Code::kSystem && status.call != nullptr) message += std::string(status.call) + ": ";
  const char* detail = detail_of(status);
  message += detail != nullptr && status.code != Code::kSystem ? std::string(ip_strerror(code)) + ": " + detail
             : detail != nullptr                               ? detail
                                                               : ip_strerror(code);
  fail(code, message);
  last().error = status.code == Code::kSystem ? status.error : 0;
  return code;
}

}  // namespace interproc::abi

uint32_t ip_abi_version(void) { return IP_ABI_MAJOR << 16 | IP_ABI_MINOR; }

const char* ip_last_message(void) { return interproc::abi::last().message.c_str(); }

int ip_last_errno(void) { return interproc::abi::last().error; }

const char* ip_strerror(ip_status status) {
  switch (status) {
    case IP_OK:
      return "success";
    case IP_EMPTY:
      return "the queue is empty";
    case IP_FULL:
      return "the queue is full";
    case IP_BUSY:
      return "another process stays inside the object's critical section";
    case IP_TIMEOUT:
      return "the wait ran out of time";
    case IP_INTERRUPTED:
      return "the wait was interrupted";
    case IP_SHUT_DOWN:
      return "the queue was shut down";
    case IP_END_OF_FILE:
      return "the other end was closed or its process died, and all it sent was read";
    case IP_BROKEN_PIPE:
      return "the other end was closed or its process died: nobody can read this message";
    case IP_SMALL_BUFFER:
      return "the buffer is too small; nothing was taken";
    case IP_TOO_LARGE:
      return "the message is larger than the object allows";
    case IP_NOT_OWNED:
      return "the lock is not held by this thread";
    case IP_DEADLOCK:
      return "this thread holds the lock itself, so waiting for it could never end";
    case IP_BROKEN_BARRIER:
      return "the barrier is broken";
    case IP_TASK_DONE:
      return "task_done was called more often than items were taken";
    case IP_TASKS_LOST:
      return "consumers died with items that they had not finished";
    case IP_ABOVE_BOUND:
      return "the semaphore would rise above its first value: it was released too often";
    case IP_END_TAKEN:
      return "this end of the pipe belongs to another process";
    case IP_NOT_READABLE:
      return "this end cannot be read from: it only writes";
    case IP_NOT_WRITABLE:
      return "this end cannot be written to: it only reads";
    case IP_NO_LOCK:
      return "this object has no lock of its own";
    case IP_WAIT_AGAIN:
      return "not yet";
    case IP_ACT:
      return "this party is to run the action";
    case IP_LOAN:
      return "the message at the head was put as a loan: take it as one";
    case IP_LOAN_FOREIGN:
      return "only a loan that this very object lent can be sent through it: alloc one, and copy the bytes";
    case IP_CLOSED:
      return "the object was closed";
    case IP_FORKED:
      return "the object belongs to the parent process; open it anew in this one";
    case IP_INVALID:
      return "an argument is out of range";
    case IP_SYSTEM:
      return "a system call failed";
    case IP_CORRUPT:
      return "the shared bytes break the layout's rules";
    case IP_LAYOUT_MISMATCH:
      return "the object is of another kind or byte order";
    case IP_OPTIONS_MISMATCH:
      return "what exists contradicts the options given";
    case IP_FOREIGN_OWNER:
      return "the object belongs to another user";
    case IP_FOREIGN:
      return "what has this name is no interproc object";
    case IP_OLDER_LAYOUT:
      return "the object was made by an older version of interproc";
    case IP_NEWER_LAYOUT:
      return "the object was made by a newer version of interproc";
    case IP_TOO_MANY:
      return "256 threads and processes are attached already";
    default:
      return "unknown status";
  }
}
