// What stands in a segment at one moment, for people: who is attached, who holds which lock, who waits for what, how
// much is queued.
//
// Looking takes no slot and no lock and writes nothing, so the object goes on meanwhile. Each word is what it was at
// some instant, and words that only mean something together are read until they agree (depth_of, take_snapshot), a
// bounded number of times. All that is read is hostile: indices are checked, loops are bounded by the layout's own
// limits, and what contradicts the layout becomes a finding, not an error.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "layout.h"
#include "look/quiet_file.h"
#include "system/status.h"

namespace interproc {

struct ParticipantView {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::uint32_t pid = 0;
  std::uint64_t start_time = 0;   // of its process, in clock ticks since boot
  std::uint64_t attached_at = 0;  // CLOCK_REALTIME nanoseconds
  std::uint64_t doorbell = 0;
  std::uint32_t sleep_mode = 0;
};

// An owned lock. `alive` is of its holder: a dead one's lock is free for the next who asks.
struct LockView {
  const char* role = "";
  bool held = false;
  bool alive = false;
  std::uint32_t slot = 0;
  std::uint32_t depth = 0;
  std::uint64_t acquired_at = 0;  // CLOCK_REALTIME nanoseconds; 0 where nobody says
};

// Living participants that wait for one condition.
struct WaitView {
  const char* role = "";
  std::vector<std::uint32_t> slots;
};

// A number for each participant that has one: items taken, waits, arrivals.
struct CountView {
  const char* role = "";
  std::uint32_t slot = 0;
  std::uint32_t count = 0;
  bool alive = false;
};

struct Fact {
  const char* name = "";
  double value = 0;
};
// The numbers of one part of an object: a channel, the tally, the barrier.
struct Group {
  const char* name = "";
  std::vector<Fact> facts;
};

struct Snapshot {
  FileFacts file;
  Status status;  // why the rest is missing, or kOk
  ipc_header header{};
  std::string meta;         // the creator's JSON, unparsed
  bool unused = false;      // whole or truncated, and nobody who lives holds it: what a sweep may remove
  bool admin_held = false;  // somebody attaches, detaches or unlinks at this moment
  std::vector<ParticipantView> participants;  // the living
  std::uint32_t creator = 0;                  // pid of slot 0's first owner; 0 where the slot has had others since
  std::vector<LockView> locks;
  std::vector<WaitView> waits;
  std::vector<CountView> counts;
  std::vector<Group> groups;
  std::vector<const char*> findings;  // what breaks the layout's rules

  [[nodiscard]] bool lives(std::uint32_t slot) const;
  [[nodiscard]] const ParticipantView* participant(std::uint32_t slot) const;
  // Whether a death or bad bytes show, which a second look may explain away.
  [[nodiscard]] bool doubtful() const;
};

// A snapshot of the segment that has the name. Never fails: `status` says what could not be read.
Snapshot take_snapshot(std::string_view name);

// Of snapshot_bodies.cc: what the body says. `snapshot.participants` is filled in.
void look_into_body(const QuietFile& file, std::string_view name, Snapshot& snapshot);

}  // namespace interproc
