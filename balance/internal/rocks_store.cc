// The store on RocksDB. What RocksDB does with a damaged log is decided in wal_guard.h, its options
// in rocks_tuning.h.

#include "balance/rocks_store.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "balance/internal/rocks_open.h"
#include "balance/internal/rocks_status.h"
#include "balance/internal/rocks_tuning.h"
#include "balance/internal/wal_guard.h"
#include "ocs/base/check.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "rocksdb/convenience.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/iterator.h"
#include "rocksdb/utilities/checkpoint.h"
#include "rocksdb/write_batch.h"

namespace ocs::balance::internal {
namespace {

rocksdb::Slice ToSlice(std::string_view view) { return {view.data(), view.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

rocksdb::ReadOptions Reading() {
  rocksdb::ReadOptions reading;
  reading.verify_checksums = true;
  reading.total_order_seek = true;  // Cursors are in key order, whatever a table keeps in memory.
  return reading;
}

/// For a reader that may change nothing: RocksDB would start an info log in the folder even when it
/// only reads.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

class RocksCursor final : public StoreCursor {
 public:
  RocksCursor(std::unique_ptr<rocksdb::Iterator> iterator, const std::string& folder)
      : iterator_(std::move(iterator)), folder_(folder) {}

  bool valid() const override { return iterator_->Valid(); }
  void Next() override {
    OCS_CHECK(iterator_->Valid());
    iterator_->Next();
  }
  std::string_view key() const override {
    OCS_CHECK(iterator_->Valid());
    return ToView(iterator_->key());
  }
  std::string_view value() const override {
    OCS_CHECK(iterator_->Valid());
    return ToView(iterator_->value());
  }
  absl::Status status() const override { return FromRocks(iterator_->status(), folder_); }

 private:
  std::unique_ptr<rocksdb::Iterator> iterator_;
  const std::string& folder_;  // The store's, which outlives its cursors.
};

/// Every store has these; later ones are added when an older store is opened for writing.
constexpr size_t kTablesAtFirst = 6;

/// What the database uses and must outlive it, made before it.
struct Foundation {
  std::string folder;
  std::unique_ptr<ExpiryFloor> floor;
  std::unique_ptr<rocksdb::Env> env;  ///< Keeps its file system alive.
};

class RocksStore final : public Store {
 public:
  RocksStore(Foundation foundation, std::unique_ptr<rocksdb::DB> database,
             std::vector<rocksdb::ColumnFamilyHandle*> families)
      : foundation_(std::move(foundation)), database_(std::move(database)) {
    OCS_CHECK(families.size() >= kTablesAtFirst + 1);
    OCS_CHECK(families.size() <= kTableCount + 1);
    for (size_t i = 0; i < families.size(); ++i) families_[i].reset(families[i]);
  }
  RocksStore(const RocksStore&) = delete;
  RocksStore& operator=(const RocksStore&) = delete;
  ~RocksStore() override {
    for (auto& family : families_) family.reset();  // Handles go before their database.
  }

  absl::Status Write(const StoreBatch& batch) override ABSL_LOCKS_EXCLUDED(write_mutex_);
  absl::StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) const override;
  absl::StatusOr<bool> GetInto(Table table, std::string_view key,
                               std::string* value) const override;
  std::unique_ptr<StoreCursor> Seek(Table table, std::string_view from) const override;
  absl::StatusOr<std::optional<std::string>> LastKey(Table table) const override;
  void AnswersMayExpire(Instant now) override;
  int64_t DiskBytes() const override;
  DiskUsage Usage() const override;
  absl::Status CopyTo(const std::string& folder) const override;

 private:
  rocksdb::ColumnFamilyHandle* family(Table table) const {
    const auto& own = families_[static_cast<size_t>(table) + 1];  // The first is "default".
    // Nothing is ever written to "default": it stands for a table that an old store does not have.
    return own != nullptr ? own.get() : families_.front().get();
  }
  const std::string& folder() const { return foundation_.folder; }

  /// Gives back the space of a trimmed journal at once: table files that hold nothing else go
  /// without being read. REQUIRES: the batch was written, and nothing since.
  void DropTrimmedFiles(const StoreBatch& batch);

  Foundation foundation_;  // Before the database: destroyed after it.
  std::unique_ptr<rocksdb::DB> database_;
  std::array<std::unique_ptr<rocksdb::ColumnFamilyHandle>, kTableCount + 1> families_;
  absl::Mutex write_mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(write_mutex_);  ///< The first failed write's; sticks.
};

absl::Status AddChange(const StoreBatch::Change& change, rocksdb::ColumnFamilyHandle* family,
                       const std::string& folder, rocksdb::WriteBatch* out) {
  const rocksdb::Slice key = ToSlice(change.key);
  switch (change.kind) {
    case StoreBatch::Kind::kPut:
      return FromRocks(out->Put(family, key, ToSlice(change.value)), folder);
    case StoreBatch::Kind::kDelete:
      return FromRocks(out->Delete(family, key), folder);
    case StoreBatch::Kind::kDeleteRange:
      // RocksDB refuses a range whose end is before its start; nothing lies in it.
      if (change.key >= change.value) return absl::OkStatus();
      return FromRocks(out->DeleteRange(family, key, ToSlice(change.value)), folder);
  }
  return absl::InternalError("a change of no known kind");
}

absl::Status RocksStore::Write(const StoreBatch& batch) {
  const absl::MutexLock lock(&write_mutex_);
  if (!failure_.ok()) return Annotate(failure_, "a write failed before, reopen the store");
  rocksdb::WriteBatch writes(batch.byte_count() + 32 * batch.size() + 64);
  // As they come: sorting the answers' random keys first was measured and gains nothing.
  for (size_t i = 0; i < batch.size(); ++i) {
    const StoreBatch::Change change = batch.change(i);
    OCS_RETURN_IF_ERROR(AddChange(change, family(change.table), folder(), &writes));
  }
  rocksdb::WriteOptions options;
  options.sync = true;
  options.disableWAL = false;
  options.no_slowdown = false;
  failure_ = FromRocks(database_->Write(options, &writes), folder());
  if (failure_.ok()) DropTrimmedFiles(batch);
  return failure_;
}

void RocksStore::DropTrimmedFiles(const StoreBatch& batch) {
  for (size_t i = 0; i < batch.size(); ++i) {
    const StoreBatch::Change change = batch.change(i);
    if (change.kind != StoreBatch::Kind::kDeleteRange || change.table != Table::kJournal) continue;
    if (change.key >= change.value) continue;
    const rocksdb::Slice first = ToSlice(change.key);
    const rocksdb::Slice last = ToSlice(change.value);
    constexpr bool kWithLast = false;
    // The deletion is durable already, this only spares a compaction that would read it all. When
    // it fails, RocksDB itself refuses the next write.
    rocksdb::DeleteFilesInRange(database_.get(), family(Table::kJournal), &first, &last, kWithLast)
        .PermitUncheckedError();
  }
}

absl::StatusOr<bool> RocksStore::GetInto(Table table, std::string_view key,
                                         std::string* value) const {
  const rocksdb::Status status = database_->Get(Reading(), family(table), ToSlice(key), value);
  if (status.ok()) return true;
  if (status.IsNotFound()) return false;
  return FromRocks(status, folder());
}

absl::StatusOr<std::optional<std::string>> RocksStore::Get(Table table,
                                                           std::string_view key) const {
  std::string value;
  OCS_ASSIGN_OR_RETURN(const bool found, GetInto(table, key, &value));
  if (!found) return std::optional<std::string>();
  return std::optional<std::string>(std::move(value));
}

std::unique_ptr<StoreCursor> RocksStore::Seek(Table table, std::string_view from) const {
  rocksdb::ReadOptions reading = Reading();
  reading.fill_cache = false;  // Scans read once; what look-ups need shall stay cached.
  std::unique_ptr<rocksdb::Iterator> iterator(database_->NewIterator(reading, family(table)));
  iterator->Seek(ToSlice(from));
  return std::make_unique<RocksCursor>(std::move(iterator), folder());
}

absl::StatusOr<std::optional<std::string>> RocksStore::LastKey(Table table) const {
  const std::unique_ptr<rocksdb::Iterator> iterator(
      database_->NewIterator(Reading(), family(table)));
  iterator->SeekToLast();
  if (iterator->Valid()) return std::optional<std::string>(ToView(iterator->key()));
  OCS_RETURN_IF_ERROR(FromRocks(iterator->status(), folder()));
  return std::optional<std::string>();
}

void RocksStore::AnswersMayExpire(Instant now) {
  const int64_t seconds = now.unix_ms / 1000;
  if (seconds < 0 || seconds > std::numeric_limits<uint32_t>::max()) return;
  foundation_.floor->store(static_cast<uint32_t>(seconds), std::memory_order_relaxed);
}

int64_t RocksStore::DiskBytes() const {
  std::error_code error;
  int64_t bytes = 0;
  // Files come and go meanwhile; one that is gone when its size is asked counts nothing.
  for (std::filesystem::directory_iterator at(folder(), error), end; !error && at != end;
       at.increment(error)) {
    std::error_code gone;
    const uintmax_t size = at->file_size(gone);
    if (!gone) bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

DiskUsage RocksStore::Usage() const {
  DiskUsage usage{.total_bytes = DiskBytes()};
  for (int i = 0; i < kTableCount; ++i) {
    uint64_t bytes = 0;
    if (database_->GetIntProperty(family(static_cast<Table>(i)),
                                  rocksdb::DB::Properties::kTotalSstFilesSize, &bytes)) {
      usage.table_bytes[i] = static_cast<int64_t>(bytes);
    }
  }
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder(), error), end; !error && at != end;
       at.increment(error)) {
    std::error_code gone;
    if (at->path().extension() != ".log") continue;
    const uintmax_t size = at->file_size(gone);
    if (!gone) usage.log_bytes += static_cast<int64_t>(size);
  }
  const std::filesystem::space_info space = std::filesystem::space(folder(), error);
  if (!error) usage.free_bytes = static_cast<int64_t>(space.available);
  return usage;
}

absl::Status RocksStore::CopyTo(const std::string& folder) const {
  std::error_code error;
  if (std::filesystem::exists(folder, error)) {
    return absl::AlreadyExistsError(
        Cat("copy ", folder, ": the folder is there already; name one that is not"));
  }
  rocksdb::Checkpoint* made = nullptr;
  OCS_RETURN_IF_ERROR(FromRocks(rocksdb::Checkpoint::Create(database_.get(), &made), folder));
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  // 0: what is only in the log is written to table files first, so that no log must be copied while
  // it grows.
  constexpr uint64_t kAlwaysFlush = 0;
  return FromRocks(checkpoint->CreateCheckpoint(folder, kAlwaysFlush), folder);
}

/// NotFound when there is no store; DataLoss when there are data files but not the file that names
/// the current state: RocksDB would make an empty store there and delete the others.
absl::Status CheckFolder(rocksdb::Env* env, const RocksOptions& options) {
  const rocksdb::Status current = env->FileExists(options.folder + "/CURRENT");
  if (current.ok()) return absl::OkStatus();
  if (!current.IsNotFound()) return FromRocks(current, options.folder);
  std::vector<std::string> names;
  const rocksdb::Status listed = env->GetChildren(options.folder, &names);
  if (listed.ok()) {
    for (const std::string& name : names) {
      if (name.ends_with(".sst") || name.ends_with(".blob") || name.ends_with(".log")) {
        return absl::DataLossError(Cat("store ", options.folder,
                                       ": the file CURRENT is missing, but ", name,
                                       " is there: restore the folder from a copy"));
      }
    }
  }
  if (options.mode == OpenMode::kCreateIfMissing) return absl::OkStatus();
  return absl::NotFoundError(Cat("store ", options.folder, ": there is no store in this folder"));
}

/// Leaves out the tables that a store has not got yet, for a reader that may not add them.
absl::Status KeepExisting(const rocksdb::DBOptions& options, const std::string& folder,
                          std::vector<rocksdb::ColumnFamilyDescriptor>* families) {
  std::vector<std::string> there;
  OCS_RETURN_IF_ERROR(FromRocks(rocksdb::DB::ListColumnFamilies(options, folder, &there), folder));
  while (families->size() > kTablesAtFirst + 1 &&
         std::find(there.begin(), there.end(), families->back().name) == there.end()) {
    families->pop_back();
  }
  return absl::OkStatus();
}

/// Makes the folder and makes its name durable in the folder above it.
absl::Status CreateFolder(rocksdb::Env* env, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::UnavailableError(
        Cat("store ", folder, ": cannot make the folder: ", error.message()));
  }
  const std::filesystem::path above = std::filesystem::absolute(folder, error).parent_path();
  std::unique_ptr<rocksdb::Directory> directory;
  OCS_RETURN_IF_ERROR(FromRocks(env->NewDirectory(above.string(), &directory), folder));
  return FromRocks(directory->Fsync(), folder);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStoreOn(
    const std::shared_ptr<rocksdb::FileSystem>& files, const RocksOptions& options) {
  Foundation foundation;
  foundation.folder = options.folder;
  foundation.floor = std::make_unique<ExpiryFloor>(0);
  foundation.env = rocksdb::NewCompositeEnv(GuardWals(files));
  rocksdb::Env* env = foundation.env.get();
  OCS_RETURN_IF_ERROR(CheckFolder(env, options));

  rocksdb::DBOptions database_options = DatabaseOptions(options);
  database_options.env = env;
  auto families = TableOptions(options, foundation.floor.get());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status;
  if (options.mode == OpenMode::kReadOnly) {
    database_options.info_log = std::make_shared<SilentLogger>();
    OCS_RETURN_IF_ERROR(KeepExisting(database_options, options.folder, &families));
    constexpr bool kRefuseLogs = false;  // A log is replayed into memory, not refused.
    status = rocksdb::DB::OpenForReadOnly(database_options, options.folder, families, &handles,
                                          &opened, kRefuseLogs);
  } else {
    if (options.mode == OpenMode::kCreateIfMissing) {
      OCS_RETURN_IF_ERROR(CreateFolder(env, options.folder));
    }
    status = rocksdb::DB::Open(database_options, options.folder, families, &handles, &opened);
  }
  OCS_RETURN_IF_ERROR(FromRocks(status, options.folder));
  OCS_CHECK(opened != nullptr);
  return std::make_unique<RocksStore>(std::move(foundation), std::unique_ptr<rocksdb::DB>(opened),
                                      std::move(handles));
}

}  // namespace ocs::balance::internal

namespace ocs::balance {

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const RocksOptions& options) {
  return internal::OpenRocksStoreOn(rocksdb::FileSystem::Default(), options);
}

}  // namespace ocs::balance
