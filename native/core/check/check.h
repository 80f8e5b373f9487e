// Says what in a segment breaks the rules that every use of it keeps, whoever was killed wherever.
//
// For tests, soaks and people who look into a segment. It attaches to nothing, changes nothing and waits for nobody.
// Every word is checked before it leads anywhere, so a segment full of garbage gives a list, not a crash.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "system/status.h"

namespace interproc {

enum class Moment : bool {
  // Somebody may be inside a call: only what holds between any two instructions is asked.
  kBusy,
  // Nobody living is inside a call, by the asker's word. Then whole structures are walked: records, runs of pages,
  // chains of blocks, the heap, accounts. What a dead one left unfinished is no violation where the next user's repair
  // provides for it.
  kQuiet,
};

// Adds a sentence for each rule that is broken. The status says why there was nothing to check: ENOENT, kForeign, ...
Status find_violations(std::string_view name, Moment moment, std::vector<std::string>& violations);

}  // namespace interproc
