// A file system beneath RocksDB that fails on command and can lose power: the second rung of the
// crash tests.
// Tested in: tests/balance/rocks_crash_test.cc

#ifndef TESTS_SUPPORT_FAULTY_FILE_SYSTEM_H_
#define TESTS_SUPPORT_FAULTY_FILE_SYSTEM_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ocs/base/random.h"
#include "rocksdb/file_system.h"

namespace ocs::testing {

enum class FileFault : uint8_t {
  kFailSync,    ///< The nth sync fails; what was appended may or may not reach the disk.
  kFailAppend,  ///< The nth append fails and writes nothing.
  kTearAppend,  ///< The nth append writes its first half and fails.
  kDiskFull,    ///< The nth append and all after it fail for lack of space.
  kPowerLoss,   ///< The nth append or sync and everything after it fail: then call LosePower().
};

/// What power loss leaves of the bytes that were appended to a file and not synced.
enum class UnsyncedTail : uint8_t {
  kGone,    ///< None of them.
  kPrefix,  ///< Some first ones.
  kHoles,   ///< All, but some sectors read as zeros: they were not written in order.
};

/// Hands everything to the default file system, but for what it was told to fail. Follows for each
/// file written through it how much of it was synced. Files that were there before count as synced;
/// names of files survive at once. Thread-safe.
class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem();

  static const char* kClassName() { return "ocs.FaultyFileSystem"; }
  const char* Name() const override { return kClassName(); }

  /// Plans a fault at the nth such operation from now on (1 = the next) on files whose names end in
  /// `suffix` ("" = all files). Replaces the plan before. REQUIRES: nth > 0.
  void Plan(FileFault fault, int64_t nth, std::string_view suffix);
  /// Forgets the plan; what was lost stays lost.
  void Heal();
  /// Whether the planned fault came.
  bool struck() const;

  /// Brings the files into a state that power loss now would leave, and treats it as synced. To be
  /// called when the database is closed, which after kPowerLoss wrote nothing any more.
  void LosePower(UnsyncedTail tail, Random* random);

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  /// For the files: what an operation on `path` shall do. `kept` = how many of `size` bytes an
  /// append still writes.
  rocksdb::IOStatus OnAppend(const std::string& path, size_t size, size_t* kept);
  rocksdb::IOStatus OnSync(const std::string& path);
  void Appended(const std::string& path, size_t size);
  void Synced(const std::string& path);

 private:
  struct Extent {
    uint64_t size = 0;
    uint64_t synced = 0;
  };
  /// Fails when the power is gone.
  rocksdb::IOStatus Powered() const ABSL_LOCKS_EXCLUDED(mutex_);
  bool Strikes(std::string_view path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::string, Extent> extents_ ABSL_GUARDED_BY(mutex_);
  bool planned_ ABSL_GUARDED_BY(mutex_) = false;
  bool struck_ ABSL_GUARDED_BY(mutex_) = false;
  FileFault fault_ ABSL_GUARDED_BY(mutex_) = FileFault::kFailSync;
  int64_t countdown_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string suffix_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ocs::testing

#endif  // TESTS_SUPPORT_FAULTY_FILE_SYSTEM_H_
