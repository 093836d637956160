#include "tools/inspect/restore.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::tools {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(const fs::path& path, std::string_view what) {
  return absl::UnavailableError(Cat(path.string(), ": ", what));
}

absl::Status Sync(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Failed(path, "cannot be opened");
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  return synced ? absl::OkStatus() : Failed(path, "cannot be made durable");
}

// Depth is that of a data folder: a folder for each shard, and files in them.
absl::Status CopyInto(const fs::path& from, const fs::path& to, int depth) {
  std::error_code error;
  if (!fs::create_directory(to, error)) return Failed(to, "cannot be made: " + error.message());
  fs::directory_iterator at(from, error);
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
    const fs::path target = to / at->path().filename();
    std::error_code failure;
    if (at->is_directory(failure)) {
      if (depth == 0) return Failed(at->path(), "is deeper than a data folder goes");
      OCS_RETURN_IF_ERROR(CopyInto(at->path(), target, depth - 1));
      continue;
    }
    // A lock is held by a process, not by a file.
    if (at->path().filename() == "LOCK") continue;
    fs::copy_file(at->path(), target, failure);
    if (failure) return Failed(at->path(), "cannot be copied: " + failure.message());
    OCS_RETURN_IF_ERROR(Sync(target));
  }
  if (error) return Failed(from, "cannot be read: " + error.message());
  return Sync(to);
}

}  // namespace

absl::Status CopyFolder(const std::string& from, const std::string& to) {
  std::error_code error;
  if (!fs::is_directory(from, error))
    return absl::NotFoundError(Cat(from, ": there is no such folder"));
  if (fs::exists(to, error)) {
    return absl::AlreadyExistsError(
        Cat(to, ": is there already; name a folder that is not, and nothing is overwritten"));
  }
  OCS_RETURN_IF_ERROR(CopyInto(from, to, /*depth=*/1));
  const fs::path above = fs::absolute(to, error).parent_path();
  return error ? Failed(to, error.message()) : Sync(above);
}

}  // namespace ocs::tools
