// How an event loop sleeps: it reads a FIFO that is its own, and wakers write one byte to it.
//
// The number of the FIFO stands in the participant's slot. A waker checks what it opens (a FIFO of this user, no link
// followed) because the number comes from shared memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "system/clock.h"
#include "system/status.h"

namespace interproc {

inline constexpr std::string_view kDoorbellPrefix = "interproc-bell.";

// What is written to it: that something watched may be ready, or that somebody has gone who had one of the objects
// open. Of no consequence but a look at what is watched, so that a false one does no harm.
inline constexpr char kWakeByte = 1;
inline constexpr char kDepartureByte = 2;

class Doorbell {
 public:
  Doorbell() = default;
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;
  ~Doorbell() { close(); }

  // Makes the FIFO. The descriptor is non-blocking and open for reading and writing, so that it never reads end of
  // file.
  Status create();
  // Removes the name and closes the descriptor unless release_descriptor() gave it away. Idempotent.
  void close();
  // In a forked child, for what it inherited: the parent keeps its doorbell.
  void disown();
  // Takes what was rung. For who owns the descriptor and polls it.
  void drain();
  [[nodiscard]] int fd() const { return fd_; }
  // The event loop's socket closes the descriptor from here on.
  int release_descriptor();
  // Blocks the thread until the doorbell rings or for `limit`, and takes what was rung. False where it did not ring;
  // may be early then (a signal).
  bool listen(Nanoseconds limit);

  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  int fd_ = -1;
  int ear_ = -1;  // a second reader's, for listen(): the first may have been given away
  std::uint64_t number_ = 0;
};

// Writes one byte to the FIFO. False where nobody reads it any more, or it is not one of ours. Open FIFOs are cached
// per thread. A full FIFO counts as rung: its owner has wakes enough to read.
bool ring_doorbell(std::uint64_t number, char byte = kWakeByte);

}  // namespace interproc
