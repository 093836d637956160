#include "balance/internal/rocks_status.h"

#include <string>

#include "ocs/base/text.h"

namespace ocs::balance::internal {
namespace {

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// RocksDB reports a held lock as a plain I/O error; only its words tell. The first text is for a
/// holder in this process, the second for one in another. Both are pinned by tests.
bool IsLockHeld(std::string_view text) {
  return Contains(text, "lock hold by current process") ||
         (Contains(text, "While lock file") && Contains(text, "Resource temporarily unavailable"));
}

/// Words of an I/O error that says that a file which must be there is not: table files are never
/// removed but by RocksDB.
bool IsFileMissing(const rocksdb::Status& status) {
  return status.IsPathNotFound() || Contains(status.ToString(), "No such file");
}

}  // namespace

absl::Status FromRocks(const rocksdb::Status& status, std::string_view folder) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  const std::string message = Cat("store ", folder, ": ", text);
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kSpaceLimit ||
      status.IsMemoryLimit()) {
    return absl::ResourceExhaustedError(message);
  }
  switch (status.code()) {
    case rocksdb::Status::kCorruption:
      return absl::DataLossError(message);
    case rocksdb::Status::kNotFound:
      return absl::NotFoundError(message);
    case rocksdb::Status::kInvalidArgument:
    case rocksdb::Status::kNotSupported:
    case rocksdb::Status::kColumnFamilyDropped:
      return absl::FailedPreconditionError(message);
    case rocksdb::Status::kIOError:
      if (IsLockHeld(text)) {
        return absl::AlreadyExistsError(
            Cat("store ", folder,
                " is open in another process (its LOCK file is held): stop that ocsd "
                "first, or choose another data folder"));
      }
      if (IsFileMissing(status)) return absl::DataLossError(message);
      return absl::UnavailableError(message);
    default:
      return absl::UnavailableError(message);
  }
}

}  // namespace ocs::balance::internal
