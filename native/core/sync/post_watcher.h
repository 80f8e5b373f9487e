// Posts by foreign programs, for event loops that sleep.
//
// Who posts with this library rings the doorbells of the loops that wait. Another program knows nothing of doorbells,
// so one thread of ours per process looks at the semaphores that sleeping loops wait for, and rings for them. It only
// looks: a permit is never in its hands, so none is lost with it, and nobody sees a value that is one too low for a
// moment. It lives only while something is watched (and a tenth of a second longer, so that it is not made anew for
// each wait), is detached, holds no permit and no file lock, and so delays neither the end of a worker nor that of the
// process.
#pragma once

#include <cstdint>
#include <memory>

#include "sync/semaphore_file.h"
#include "system/clock.h"

namespace interproc {

// How long a foreign post may go unseen once a wait has lasted: the longest pause between two looks.
inline constexpr Nanoseconds kLongestLook = 2 * kMillisecond;

// Rings the doorbell, once, as soon as the semaphore has a permit. `key` is whose watch it is: each has one at the
// most.
void watch_posts(const void* key, std::shared_ptr<SemaphoreFile> file, std::uint64_t doorbell);
void unwatch_posts(const void* key);
// In a forked child, which has no such thread and whose parent may have been inside any of the above.
void forget_posts_after_fork();

}  // namespace interproc
