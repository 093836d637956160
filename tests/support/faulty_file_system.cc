#include "tests/support/faulty_file_system.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "ocs/base/check.h"

namespace ocs::testing {
namespace {

constexpr uint64_t kSectorBytes = 512;

/// One file being written. The file system outlives it.
class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(FaultyFileSystem* files, std::string path,
             std::unique_ptr<rocksdb::FSWritableFile>&& file)
      : FSWritableFileOwnerWrapper(std::move(file)), files_(files), path_(std::move(path)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    size_t kept = 0;
    const rocksdb::IOStatus planned = files_->OnAppend(path_, data.size(), &kept);
    OCS_CHECK(kept <= data.size());
    if (kept > 0) {
      rocksdb::IOStatus done = target()->Append(rocksdb::Slice(data.data(), kept), options, debug);
      if (!done.ok()) return done;
      files_->Appended(path_, kept);
    }
    return planned;
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& /*verification*/,
                           rocksdb::IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus planned = files_->OnSync(path_);
    if (!planned.ok()) return planned;
    rocksdb::IOStatus done = target()->Sync(options, debug);
    if (done.ok()) files_->Synced(path_);
    return done;
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    return Sync(options, debug);
  }

 private:
  FaultyFileSystem* files_;
  std::string path_;
};

void ZeroSomeSectors(const std::string& path, uint64_t begin, uint64_t end, Random* random) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  OCS_CHECK(file.is_open());
  while (begin < end) {
    const uint64_t sector_end = std::min(end, (begin / kSectorBytes + 1) * kSectorBytes);
    if (random->OneIn(2)) {
      file.seekp(static_cast<std::streamoff>(begin));
      const std::string zeros(sector_end - begin, '\0');
      file.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
    }
    begin = sector_end;
  }
  OCS_CHECK(file.good());
}

}  // namespace

FaultyFileSystem::FaultyFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

void FaultyFileSystem::Plan(FileFault fault, int64_t nth, std::string_view suffix) {
  OCS_CHECK(nth > 0);
  const absl::MutexLock lock(&mutex_);
  planned_ = true;
  struck_ = false;
  fault_ = fault;
  countdown_ = nth;
  suffix_ = std::string(suffix);
}

void FaultyFileSystem::Heal() {
  const absl::MutexLock lock(&mutex_);
  planned_ = false;
}

bool FaultyFileSystem::struck() const {
  const absl::MutexLock lock(&mutex_);
  return struck_;
}

rocksdb::IOStatus FaultyFileSystem::Powered() const {
  const absl::MutexLock lock(&mutex_);
  const bool gone = planned_ && struck_ && fault_ == FileFault::kPowerLoss;
  return gone ? rocksdb::IOStatus::IOError("planned: no power") : rocksdb::IOStatus::OK();
}

bool FaultyFileSystem::Strikes(std::string_view path) {
  if (!planned_) return false;
  const bool lasting = fault_ == FileFault::kDiskFull || fault_ == FileFault::kPowerLoss;
  if (struck_) return lasting;
  if (!path.ends_with(suffix_) || --countdown_ > 0) return false;
  struck_ = true;
  return true;
}

rocksdb::IOStatus FaultyFileSystem::OnAppend(const std::string& path, size_t size, size_t* kept) {
  const absl::MutexLock lock(&mutex_);
  *kept = size;
  if (fault_ == FileFault::kFailSync || !Strikes(path)) return rocksdb::IOStatus::OK();
  *kept = fault_ == FileFault::kTearAppend ? size / 2 : 0;
  if (fault_ == FileFault::kDiskFull) return rocksdb::IOStatus::NoSpace("planned: disk full");
  return rocksdb::IOStatus::IOError("planned: append failed");
}

rocksdb::IOStatus FaultyFileSystem::OnSync(const std::string& path) {
  const absl::MutexLock lock(&mutex_);
  const bool mine = fault_ == FileFault::kFailSync || fault_ == FileFault::kPowerLoss;
  if (!mine || !Strikes(path)) return rocksdb::IOStatus::OK();
  return rocksdb::IOStatus::IOError("planned: sync failed");
}

void FaultyFileSystem::Appended(const std::string& path, size_t size) {
  const absl::MutexLock lock(&mutex_);
  extents_[path].size += size;
}

void FaultyFileSystem::Synced(const std::string& path) {
  const absl::MutexLock lock(&mutex_);
  extents_[path].synced = extents_[path].size;
}

void FaultyFileSystem::LosePower(UnsyncedTail tail, Random* random) {
  const absl::MutexLock lock(&mutex_);
  for (auto& [path, extent] : extents_) {
    OCS_CHECK(extent.synced <= extent.size);
    const uint64_t unsynced = extent.size - extent.synced;
    uint64_t kept = 0;
    if (tail == UnsyncedTail::kHoles) kept = unsynced;
    if (tail == UnsyncedTail::kPrefix) {
      kept = static_cast<uint64_t>(random->Below(static_cast<int64_t>(unsynced) + 1));
    }
    const uint64_t size = extent.synced + kept;
    std::filesystem::resize_file(path, size);
    if (tail == UnsyncedTail::kHoles) ZeroSomeSectors(path, extent.synced, size, random);
    extent = {size, size};
  }
}

rocksdb::IOStatus FaultyFileSystem::NewWritableFile(
    const std::string& path, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  rocksdb::IOStatus status = Powered();
  if (status.ok()) status = target()->NewWritableFile(path, options, &file, debug);
  if (!status.ok()) return status;
  {
    const absl::MutexLock lock(&mutex_);
    extents_[path] = Extent();
  }
  *result = std::make_unique<FaultyFile>(this, path, std::move(file));
  return status;
}

rocksdb::IOStatus FaultyFileSystem::ReopenWritableFile(
    const std::string& path, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  rocksdb::IOStatus status = Powered();
  if (status.ok()) status = target()->ReopenWritableFile(path, options, &file, debug);
  if (!status.ok()) return status;
  {
    const absl::MutexLock lock(&mutex_);
    Extent& extent = extents_[path];
    if (extent.size == 0) extent.size = extent.synced = std::filesystem::file_size(path);
  }
  *result = std::make_unique<FaultyFile>(this, path, std::move(file));
  return status;
}

rocksdb::IOStatus FaultyFileSystem::RenameFile(const std::string& from, const std::string& to,
                                               const rocksdb::IOOptions& options,
                                               rocksdb::IODebugContext* debug) {
  rocksdb::IOStatus status = Powered();
  if (status.ok()) status = target()->RenameFile(from, to, options, debug);
  const absl::MutexLock lock(&mutex_);
  auto moved = extents_.extract(from);
  if (!status.ok() || moved.empty()) return status;
  extents_.erase(to);
  moved.key() = to;
  extents_.insert(std::move(moved));
  return status;
}

rocksdb::IOStatus FaultyFileSystem::DeleteFile(const std::string& path,
                                               const rocksdb::IOOptions& options,
                                               rocksdb::IODebugContext* debug) {
  rocksdb::IOStatus status = Powered();
  if (status.ok()) status = target()->DeleteFile(path, options, debug);
  const absl::MutexLock lock(&mutex_);
  if (status.ok()) extents_.erase(path);
  return status;
}

}  // namespace ocs::testing
