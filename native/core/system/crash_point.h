// Named points at which a test may kill the process: INTERPROC_CRASH=name[:n] raises SIGKILL in the n-th passage.
// Compiled to nothing unless INTERPROC_CRASH_POINTS is defined. docs/crash-safety.md says what each leaves behind.
#pragma once

#ifdef INTERPROC_CRASH_POINTS
namespace interproc {
void reach_crash_point(const char* name);
}
#define INTERPROC_CRASH_POINT(name) ::interproc::reach_crash_point(name)
#else
#define INTERPROC_CRASH_POINT(name) static_cast<void>(0)
#endif
