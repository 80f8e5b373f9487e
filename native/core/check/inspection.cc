#include "check/inspection.h"

#include <cstdio>

#include "system/atomic.h"

namespace interproc {
namespace {

constexpr std::size_t kMostViolations = 100;
constexpr std::uint32_t kLockGenerations = 1u << IPC_LOCK_GENERATION_BITS;

}  // namespace

void Inspection::report(const char* format, ...) const {
  if (violations_.size() >= kMostViolations) return;
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  violations_.emplace_back(text);
}

void Inspection::participants() const {
  for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
    const ipc_participant& entry = view_.participant(slot);
    const std::uint32_t mode = load_acquire(entry.sleep_mode);
    if ((mode & ~std::uint32_t{IPC_SLEEP_FUTEX | IPC_SLEEP_DOORBELL}) != 0)
      report("participant %u sleeps in a way that is none (%#x)", slot, mode);
    if (!quiet_) continue;
    if ((mode & IPC_SLEEP_DOORBELL) != 0 && load_relaxed(entry.doorbell) == 0)
      report("participant %u sleeps on a doorbell and has none", slot);
    const std::uint32_t generation = load_acquire(entry.generation);
    if (generation == 0 && view_.occupied(slot)) report("participant %u lives and never claimed its slot", slot);
    if (generation != 0 && (load_relaxed(entry.pid) == 0 || load_relaxed(entry.attached_at) == 0))
      report("participant %u has no process or no time of attaching", slot);
  }
}

void Inspection::wait_set(const char* what, const ipc_wait_set& set) const {
  for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
    // Acquire: pairs with announce(), so that the generation read next is the announcer's or a later one.
    if ((load_acquire(set.bits[slot / 64]) >> (slot % 64) & 1) == 0) continue;
    const std::uint32_t generation = load_acquire(view_.participant(slot).generation);
    if (generation == 0) report("%s: a slot that nobody ever had, %u, waits", what, slot);
    if (!quiet_ || !view_.alive({slot, generation})) continue;
    if (load_acquire(view_.participant(slot).sleep_mode) == 0)
      report("%s: participant %u is to be woken and does not sleep; its wake would be lost", what, slot);
  }
  if (const std::uint32_t next = load_relaxed(set.next); next > IPC_PARTICIPANTS)
    report("%s: the next one to be woken is %u", what, next);
}

void Inspection::generation(const char* what, std::uint32_t slot, std::uint32_t generation) const {
  const std::uint32_t now = load_acquire(view_.participant(slot).generation);
  if (generation > now)
    report("%s names generation %u of participant %u, which has come to %u", what, generation, slot, now);
}

bool Inspection::owner_word(const char* what, std::uint32_t word) const {
  if (word == 0) return false;
  const std::uint32_t slot = (word >> IPC_LOCK_GENERATION_BITS) - 1;  // 0 wraps: no slot
  if (slot >= IPC_PARTICIPANTS) {
    report("%s names no participant (%#x)", what, word);
    return false;
  }
  const std::uint32_t low = word & (kLockGenerations - 1);
  const std::uint32_t now = load_acquire(view_.participant(slot).generation);
  // The word keeps the low bits only; before they have wrapped, they are the whole.
  if (now < kLockGenerations) generation(what, slot, low);
  return (now & (kLockGenerations - 1)) == low && view_.alive({slot, now});
}

void Inspection::inner_lock(const char* what, const ipc_owned_lock& lock) const {
  const bool held = owner_word(what, load_acquire(lock.word));
  if (quiet_ && held) report("%s is held by a living participant that is in no call", what);
  wait_set(what, lock.waiters);
}

void Inspection::public_lock(const char* what, const ipc_owned_lock& lock) const {
  const bool held = owner_word(what, load_acquire(lock.word));
  if (quiet_ && held && load_relaxed(lock.depth) == 0) report("%s is held, and was never acquired", what);
  wait_set(what, lock.waiters);
}

}  // namespace interproc
