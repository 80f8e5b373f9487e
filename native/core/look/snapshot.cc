#include "look/snapshot.h"

#include <algorithm>
#include <memory>

#include "segment/segment.h"
#include "segment/segment_check.h"
#include "system/file_lock.h"

namespace interproc {
namespace {

// How often words that contradict each other are read again: a holder that left between two reads looks dead once.
constexpr int kLooks = 4;

void read_participants(const QuietFile& file, Snapshot& snapshot) {
  const std::array<std::uint64_t, 4> living = file.living();
  const auto table = std::make_unique<std::array<ipc_participant, IPC_PARTICIPANTS>>();
  if (!file.read(IPC_PARTICIPANTS_OFFSET, *table)) {
    snapshot.status = {Code::kTruncated};
    return;
  }
  if ((*table)[0].generation == 1) snapshot.creator = (*table)[0].pid;
  for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
    if ((living[slot / 64] >> slot % 64 & 1) == 0) continue;
    const ipc_participant& entry = (*table)[slot];
    snapshot.participants.push_back(
        {slot, entry.generation, entry.pid, entry.start_time, entry.attached_at, entry.doorbell, entry.sleep_mode});
  }
}

Snapshot look_once(std::string_view name) {
  Snapshot snapshot;
  QuietFile file;
  snapshot.status = file.open(segment_path(name), snapshot.file);
  if (snapshot.status.ok()) snapshot.status = check_header(file.fd(), file.about(), snapshot.header);
  if (snapshot.status.ok() || snapshot.status.code == Code::kTruncated)
    snapshot.unused = !locked_by_other(file.fd(), IPC_LOCK_SLOT, IPC_PARTICIPANTS);
  if (!snapshot.status.ok()) return snapshot;
  snapshot.meta.resize(snapshot.header.meta_size);
  if (!file.read_bytes(snapshot.header.meta_offset, std::as_writable_bytes(std::span(snapshot.meta)))) {
    snapshot.status = {Code::kTruncated};
    return snapshot;
  }
  snapshot.admin_held = file.locked(IPC_LOCK_ADMIN);
  read_participants(file, snapshot);
  if (snapshot.status.ok()) look_into_body(file, name, snapshot);
  return snapshot;
}

}  // namespace

const ParticipantView* Snapshot::participant(std::uint32_t slot) const {
  const auto found = std::find_if(participants.begin(), participants.end(),
                                  [slot](const ParticipantView& one) { return one.slot == slot; });
  return found == participants.end() ? nullptr : &*found;
}

bool Snapshot::lives(std::uint32_t slot) const { return participant(slot) != nullptr; }

bool Snapshot::doubtful() const {
  const auto dead = [](const auto& one) { return !one.alive; };
  return !findings.empty() || std::any_of(counts.begin(), counts.end(), dead) ||
         std::any_of(locks.begin(), locks.end(), [](const LockView& lock) { return lock.held && !lock.alive; });
}

Snapshot take_snapshot(std::string_view name) {
  Snapshot snapshot = look_once(name);
  for (int look = 1; look < kLooks && snapshot.doubtful(); ++look) snapshot = look_once(name);
  return snapshot;
}

}  // namespace interproc
