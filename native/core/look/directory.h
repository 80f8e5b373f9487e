// What else than segments stands in /dev/shm and is ours: bare memory, and doorbells.
#pragma once

#include <string_view>

#include "look/quiet_file.h"
#include "system/status.h"

namespace interproc {

struct MemoryView {
  FileFacts file;
  Status status;
  bool marked = false;      // made by this library for this user, and not to persist
  bool held = false;        // somebody is attached through this library
  bool admin_held = false;  // somebody attaches, detaches or unlinks at this moment
};
MemoryView look_at_memory(std::string_view name);

enum class DoorbellState { kOther, kDead, kLives };
// Of a file in /dev/shm that is named as a doorbell. Whether its owner lives: nothing is written to it.
DoorbellState look_at_doorbell(const char* file);

}  // namespace interproc
