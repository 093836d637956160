#include "tools/inspect/store_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "balance/rocks_store.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::tools {
namespace {

namespace fs = std::filesystem;

// A store's folder has a file that names its current state; CheckFolder in the store tells of
// folders that have lost it.
bool IsStore(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / "CURRENT", error)) return true;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string extension = at->path().extension().string();
    if (extension == ".sst" || extension == ".log") return true;
  }
  return false;
}

absl::StatusOr<std::vector<std::string>> FindFolders(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return absl::NotFoundError(
        Cat(folder, ": there is no such folder; give the server's data folder"));
  }
  if (IsStore(folder)) return std::vector<std::string>{folder};
  std::vector<std::string> folders;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;  // What cannot be looked at is no store of ours.
    if (at->is_directory(ignored) && IsStore(at->path())) folders.push_back(at->path().string());
  }
  if (error) return absl::UnavailableError(Cat(folder, ": cannot be read: ", error.message()));
  if (folders.empty()) {
    return absl::NotFoundError(
        Cat(folder, ": holds no store, nor does a folder in it; give the server's data folder"));
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

// The process that holds the store's lock, or 0.
int ProcessUsing(const std::string& folder) {
  const int file = ::open((folder + "/LOCK").c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return 0;
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const int asked = ::fcntl(file, F_GETLK, &lock);
  ::close(file);
  return asked == 0 && lock.l_type != F_UNLCK ? lock.l_pid : 0;
}

}  // namespace

absl::StatusOr<std::vector<OpenedStore>> OpenStores(const std::string& folder,
                                                    std::optional<uint16_t> only) {
  OCS_ASSIGN_OR_RETURN(const std::vector<std::string> folders, FindFolders(folder));
  std::vector<OpenedStore> stores;
  for (const std::string& at : folders) {
    OpenedStore opened;
    opened.folder = at;
    opened.used_by_process = ProcessUsing(at);
    OCS_ASSIGN_OR_RETURN(opened.store, balance::OpenRocksStore(
                                           {.folder = at, .mode = balance::OpenMode::kReadOnly}));
    auto format = ReadFormat(*opened.store);
    if (!format.ok()) return Annotate(format.status(), Cat("store ", at));
    opened.format = *format;
    if (only && opened.format.shard.value != *only) continue;
    stores.push_back(std::move(opened));
  }
  if (stores.empty()) {
    return absl::NotFoundError(Cat(folder, ": has no shard ", only.value_or(0), "; it has ",
                                   folders.size(), " shards, numbered from 0"));
  }
  std::sort(stores.begin(), stores.end(), [](const OpenedStore& a, const OpenedStore& b) {
    return a.format.shard < b.format.shard;
  });
  return stores;
}

}  // namespace ocs::tools
