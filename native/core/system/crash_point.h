// Named points at which a test may kill the process: INTERPROC_CRASH=name[:n] raises SIGKILL in the n-th passage.
// Each name stands at one place. Compiled to nothing unless INTERPROC_CRASH_POINTS is defined. docs/crash-safety.md
// says what each leaves behind, and who repairs it.
#pragma once

#ifdef INTERPROC_CRASH_POINTS
namespace interproc {
void reach_crash_point(const char* name);
// Is told of every passage of every point, whatever the environment says. Null for nobody.
using CrashPointWatcher = void (*)(const char* name);
void watch_crash_points(CrashPointWatcher watcher);
}  // namespace interproc
#define INTERPROC_CRASH_POINT(name) ::interproc::reach_crash_point(name)
#else
#define INTERPROC_CRASH_POINT(name) static_cast<void>(0)
#endif
