#include "cdr/internal/disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "cdr/internal/io_error.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr::internal {
namespace {

constexpr mode_t kFileMode = 0640;  // Charging data is not for everyone on the machine.

DiskStepHook disk_step_hook = nullptr;

void AnnounceStep() {
  if (disk_step_hook != nullptr) disk_step_hook();
}

bool IsSameFile(int descriptor, const std::string& path) {
  struct stat open_file = {};
  struct stat named_file = {};
  return ::fstat(descriptor, &open_file) == 0 && ::lstat(path.c_str(), &named_file) == 0 &&
         open_file.st_dev == named_file.st_dev && open_file.st_ino == named_file.st_ino;
}

}  // namespace

void SetDiskStepHook(DiskStepHook hook) { disk_step_hook = hook; }

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    Close();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

void Descriptor::Close() {
  if (number_ >= 0) ::close(number_);
  number_ = -1;
}

std::string FolderOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

absl::StatusOr<Descriptor> OpenTemporary(const std::string& path) {
  AnnounceStep();
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode));
  if (!file.valid()) return IoError(errno, "cannot create", path);
  if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) return IoError(errno, "cannot lock", path);
  if (!IsSameFile(file.number(), path)) return IoError(EWOULDBLOCK, "cannot lock", path);
  if (::ftruncate(file.number(), 0) != 0) return IoError(errno, "cannot empty", path);
  return file;
}

absl::Status WriteAll(const Descriptor& file, std::string_view bytes, std::string_view path) {
  AnnounceStep();
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return IoError(errno, "cannot write", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status OverwriteHead(const Descriptor& file, std::string_view bytes, std::string_view path) {
  AnnounceStep();
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t written =
        ::pwrite(file.number(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return IoError(errno, "cannot write", path);
    at += static_cast<size_t>(written);
  }
  return absl::OkStatus();
}

absl::Status Sync(const Descriptor& file, std::string_view path) {
  AnnounceStep();
  return ::fsync(file.number()) == 0 ? absl::OkStatus() : IoError(errno, "cannot sync", path);
}

absl::Status SyncFolder(const std::string& folder) {
  AnnounceStep();
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return IoError(errno, "cannot open to sync", folder);
  if (::fsync(directory.number()) != 0) return IoError(errno, "cannot sync", folder);
  return absl::OkStatus();
}

absl::Status Rename(const std::string& from, const std::string& to, IfTaken if_taken) {
  AnnounceStep();
  const unsigned flags = if_taken == IfTaken::kRefuse ? RENAME_NOREPLACE : 0;
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0)
    return absl::OkStatus();
  return IoError(errno, "cannot name the finished file", to);
}

void Unlink(const std::string& path) {
  AnnounceStep();
  ::unlink(path.c_str());
}

bool Exists(const std::string& path) {
  struct stat existing = {};
  return ::lstat(path.c_str(), &existing) == 0;
}

absl::Status ReplaceFile(const std::string& path, std::string_view bytes) {
  const std::string temporary = Cat(path, ".part");
  {
    OCS_ASSIGN_OR_RETURN(const Descriptor file, OpenTemporary(temporary));
    OCS_RETURN_IF_ERROR(WriteAll(file, bytes, temporary));
    OCS_RETURN_IF_ERROR(Sync(file, temporary));
  }
  OCS_RETURN_IF_ERROR(Rename(temporary, path, IfTaken::kReplace));
  return SyncFolder(FolderOf(path));
}

absl::StatusOr<std::string> ReadWhole(const std::string& path, uint64_t bytes_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return IoError(errno, "cannot open", path);
  struct stat status = {};
  if (::fstat(file.number(), &status) != 0) return IoError(errno, "cannot look at", path);
  if (!S_ISREG(status.st_mode)) return IoError(EISDIR, "cannot read", path);
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size > bytes_max) {
    return absl::OutOfRangeError(
        Cat(path, ": has ", size, " bytes, at most ", bytes_max, " are read"));
  }
  std::string bytes(size, '\0');
  size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t got = ::read(file.number(), bytes.data() + at, bytes.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return IoError(errno, "cannot read", path);
    if (got == 0) break;
    at += static_cast<size_t>(got);
  }
  bytes.resize(at);
  return bytes;
}

}  // namespace ocs::cdr::internal
