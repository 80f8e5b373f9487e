// What the creator of an object chose, read from its file: for one who decides by that whether to attach.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "layout.h"
#include "segment/segment.h"

namespace interproc {

struct Description {
  ipc_header header{};
  std::string meta;
  // Of the body, where the kind has them. Judged by nobody yet: who attaches checks a copy of its own.
  std::uint64_t capacity = 0;
  std::uint64_t max_items = 0;
  std::uint64_t max_bytes = 0;
  std::uint32_t parties = 0;
  std::int64_t initial = -1;  // -1 where nobody knows
};

// Of the object that has the name, without a slot or a lock. False where there is nothing that could be attached to, or
// its creation options cannot be read: attaching says which.
bool describe(std::string_view name, Description& out);

// Of an object that one is attached to.
Description describe(const Segment& segment);

}  // namespace interproc
