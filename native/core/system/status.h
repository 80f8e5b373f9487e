// What a core call returns. Nothing in core throws; a Status that reports trouble carries all that its message needs.
#pragma once

#include <cstdint>

namespace interproc {

enum class Code : std::uint8_t {
  kOk,
  kEmpty,             // nothing to take now
  kFull,              // no room now
  kBusy,              // a lock inside the object is held by someone who lives; come back soon
  kShutDown,          // the queue was shut down
  kEndOfFile,         // the peer is gone and all it sent was read
  kBrokenPipe,        // the peer is gone: nobody can ever read what would be sent
  kNotOwned,          // released by one who does not hold it
  kOwnDeadlock,       // this very thread holds the lock
  kTooLarge,          // larger than the object's largest message
  kSmallBuffer,       // the message at the head is larger than the buffer offered; it stays
  kLoan,              // the message at the head was lent, not encoded: it stays, and is taken as a loan
  kSystem,            // a system call failed: see error and call
  kCorrupt,           // shared bytes break the layout's rules
  kForeign,           // not a segment of ours
  kVersion,           // another layout version, byte order or unknown required features: see error
  kKind,              // another kind of object
  kForeignOwner,      // belongs to another user
  kTruncated,         // the file is shorter than its header says
  kParticipantsFull,  // all slots are taken by living participants
  kAdminBusy,         // another process kept the admin lock for longer than we wait
  kClosed,            // this end or handle was closed
  kTaken,             // this end of a pipe belongs to somebody else
  kAboveBound,        // a semaphore would rise above its bound
};

// What a kVersion's `error` says of the one who made the segment.
enum : int { kOtherByteOrder = 0, kOlder = 1, kNewer = 2 };

struct [[nodiscard]] Status {
  Code code = Code::kOk;
  int error = 0;               // errno where code is kSystem
  const char* call = nullptr;  // the system call, or what rule was broken

  [[nodiscard]] bool ok() const { return code == Code::kOk; }
  static Status system(int error, const char* call) { return {Code::kSystem, error, call}; }
  static Status corrupt(const char* rule) { return {Code::kCorrupt, 0, rule}; }
};

}  // namespace interproc
