#include "sync/semaphore_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sync/permits.h"
#include "system/descriptor.h"

namespace interproc {
namespace {

// Where the C library keeps named semaphores.
#ifdef __GLIBC__
constexpr std::string_view kPrefix = "/dev/shm/sem.";
#else
constexpr std::string_view kPrefix = "/dev/shm/";
#endif

FileIdentity identity_of(const struct stat& about) {
  return {static_cast<std::uint64_t>(about.st_dev), static_cast<std::uint64_t>(about.st_ino)};
}

}  // namespace

std::string semaphore_path(std::string_view name) { return std::string(kPrefix) + std::string(name); }

Status SemaphoreFile::make(std::uint32_t value, mode_t mode, std::shared_ptr<SemaphoreFile>& out) {
  std::shared_ptr<SemaphoreFile> file(new SemaphoreFile);
  file->unnamed_ = ::open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  const int fd = file->unnamed_;
  if (fd < 0) return Status::system(errno, "open");
  if (::fchmod(fd, mode) != 0) return Status::system(errno, "fchmod");
  sem_t fresh;
  std::memset(static_cast<void*>(&fresh), 0, sizeof fresh);
  if (::sem_init(&fresh, 1, value) != 0) return Status::system(errno, "sem_init");
  // A full /dev/shm is an error now, not a SIGBUS at the first post.
  const ssize_t written = ::pwrite(fd, &fresh, sizeof fresh, 0);
  if (written != static_cast<ssize_t>(sizeof fresh)) return Status::system(written < 0 ? errno : ENOSPC, "pwrite");
  if (Status s = file->map(fd); !s.ok()) return s;
  out = std::move(file);
  return {};
}

Status SemaphoreFile::publish(std::string_view name) {
  char self[32];
  std::snprintf(self, sizeof self, "/proc/self/fd/%d", unnamed_);
  if (::linkat(AT_FDCWD, self, AT_FDCWD, semaphore_path(name).c_str(), AT_SYMLINK_FOLLOW) != 0)
    return Status::system(errno, "sem_open");
  ::close(unnamed_);
  unnamed_ = -1;
  return {};
}

Status SemaphoreFile::open(std::string_view name, std::shared_ptr<SemaphoreFile>& out) {
  Descriptor fd(::open(semaphore_path(name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return Status::system(errno, "sem_open");
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return Status::system(errno, "fstat");
  if (about.st_uid != ::geteuid()) return {Code::kForeignOwner};
  if (!S_ISREG(about.st_mode) || about.st_size < static_cast<off_t>(sizeof(sem_t))) return {Code::kForeign};
  std::shared_ptr<SemaphoreFile> file(new SemaphoreFile);
  if (Status s = file->map(fd.get()); !s.ok()) return s;
  out = std::move(file);
  return {};
}

Status SemaphoreFile::map(int fd) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) return Status::system(errno, "fstat");
  identity_ = identity_of(about);
  void* at = ::mmap(nullptr, sizeof(sem_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return Status::system(errno, "mmap");
  mapping_ = std::make_unique<Mapping>(static_cast<std::byte*>(at), sizeof(sem_t));
  return {};
}

SemaphoreFile::~SemaphoreFile() {
  if (unnamed_ >= 0) ::close(unnamed_);
}

std::uint32_t SemaphoreFile::value() const { return Permits(*get()).count(); }

bool leads_to(std::string_view name, FileIdentity file) {
  struct stat about {};
  return ::lstat(semaphore_path(name).c_str(), &about) == 0 && identity_of(about) == file;
}

bool remove_semaphore(std::string_view name, FileIdentity file) {
  return leads_to(name, file) && ::unlink(semaphore_path(name).c_str()) == 0;
}

void remove_companion(int fd, const ipc_header& header, std::string_view name) {
  if (header.kind != IPC_KIND_SEMAPHORE) return;
  ipc_semaphore body{};
  if (::pread(fd, &body, sizeof body, IPC_BODY_OFFSET) != static_cast<ssize_t>(sizeof body)) return;
  // UNNAMED counts as well: its creator may have died right after it gave the file its name.
  if (body.state != IPC_SEMAPHORE_FOREIGN) remove_semaphore(name, {body.device, body.inode});
}

}  // namespace interproc
