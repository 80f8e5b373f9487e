// Deaths told by the kernel, for event loops that sleep for long.
//
// A participant's life is an open file (system/file_lock.h). However it ends, the kernel closes that file, and tells
// who watches the file with inotify. One thread of ours per process sleeps until then, and rings the doorbells of the
// loops concerned with a byte of its own. It only tells: who died, and what that means, the loop asks itself.
//
// Linux tells a moment before it drops the dead one's locks, so a loop that was rung looks for a while, not just once.
// An end of that sort is the only change of who lives, orderly ends and new participants included. What it does not
// tell is a wake that was lost although the waker lives (it is stopped, or may not open the doorbell): against that
// every sleep stays bounded.
#pragma once

#include <cstdint>

namespace interproc {

// Rings `doorbell` with kDepartureByte whenever somebody has closed `fd`'s file from now on, until
// unwatch_departures(). `key` is whose watch it is: each has one at the most, and asking again changes nothing. False
// where the kernel will not tell (no inotify, none to spare, none for this file system): the caller goes on looking by
// itself.
bool watch_departures(const void* key, int fd, std::uint64_t doorbell);
void unwatch_departures(const void* key);

}  // namespace interproc
