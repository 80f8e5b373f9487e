// What must hold of a file before a byte of it is trusted. Each broken rule has its own status.
#pragma once

#include <sys/stat.h>

#include "layout.h"
#include "system/status.h"

namespace interproc {

// Reads the header once into `header`; everything is checked on that copy, and only the copy is used later.
Status check_segment(int fd, const struct stat& about, ipc_header& header);
// The same of a regular file of whosever, for one who only looks.
Status check_header(int fd, const struct stat& about, ipc_header& header);

}  // namespace interproc
