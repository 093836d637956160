#include "ocs/ocsd_backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "balance/journal.h"
#include "balance/rocks_store.h"
#include "ocs/base/status.h"

namespace ocs::ocsd {
namespace {

namespace fs = std::filesystem;

// By balance::Table.
constexpr const char* kTableNames[balance::kTableCount] = {
    "meta", "journal", "accounts", "due", "answers", "identities", "vouchers"};

absl::Status Failed(const fs::path& path, const std::string& what) {
  return absl::UnavailableError(absl::StrCat(path.string(), ": ", what));
}

// A new name in a folder is durable when the folder is.
absl::Status SyncFolder(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return Failed(path, "cannot be opened");
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  return synced ? absl::OkStatus() : Failed(path, "cannot be made durable");
}

// Copies one store and reads from the copy how far it goes.
absl::StatusOr<rpc::BackupMade::Shard> CopyShard(const balance::Store& store, uint16_t shard,
                                                 const std::string& folder) {
  OCS_RETURN_IF_ERROR(store.CopyTo(folder));
  OCS_ASSIGN_OR_RETURN(
      const auto copy,
      balance::OpenRocksStore({.folder = folder, .mode = balance::OpenMode::kReadOnly}));
  OCS_ASSIGN_OR_RETURN(const balance::Head head, balance::ReadHead(*copy));
  return rpc::BackupMade::Shard{
      .shard = shard,
      .group = head.group,
      .hash = std::string(reinterpret_cast<const char*>(head.hash.data()), head.hash.size())};
}

int64_t BytesIn(const fs::path& folder) {
  int64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored)) bytes += static_cast<int64_t>(at->file_size(ignored));
  }
  return bytes;
}

}  // namespace

Backups::Backups(std::string folder, std::vector<const balance::Store*> stores,
                 engine::Engine* engine)
    : folder_(std::move(folder)), stores_(std::move(stores)), engine_(engine), loop_("backup") {}

absl::Status Backups::Begin(BackUpDone* done) {
  if (folder_.empty()) {
    return absl::FailedPreconditionError("the server has no backup_folder in its configuration");
  }
  if (stopping_) return absl::UnavailableError("the server is stopping");
  // What a store whose write failed holds is only known after a restart.
  OCS_RETURN_IF_ERROR(engine_->health());
  if (running_) return absl::ResourceExhaustedError("another backup is being made");
  running_ = true;
  done_ = std::move(*done);
  return absl::OkStatus();
}

void Backups::BackUp(const std::string& name, BackUpDone done) {
  absl::Status begun;
  {
    absl::MutexLock lock(&mutex_);
    begun = Begin(&done);
  }
  if (!begun.ok()) return done(begun);
  loop_.Post([this, name] { Finish(Make(name)); });
}

void Backups::Finish(const absl::StatusOr<rpc::BackupMade>& made) {
  BackUpDone done;
  {
    absl::MutexLock lock(&mutex_);
    running_ = false;
    done = std::exchange(done_, nullptr);
  }
  if (done) done(made);
}

bool Backups::Stop() {
  BackUpDone done;
  bool running = false;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    running = running_;
    done = std::exchange(done_, nullptr);
  }
  if (done) done(absl::UnavailableError("the server is stopping; the backup is not finished"));
  return running;
}

// Copies that fit together: see Engine::HoldCrossings.
absl::Status Backups::CopyShards(const std::string& folder, rpc::BackupMade* made) const {
  engine_->HoldCrossings();
  const absl::Cleanup release = [this] { engine_->ReleaseCrossings(); };
  for (size_t i = stores_.size(); i-- > 0;) {
    const std::string shard = absl::StrFormat("%s/shard-%03d", folder, static_cast<int>(i));
    OCS_ASSIGN_OR_RETURN(auto copied, CopyShard(*stores_[i], static_cast<uint16_t>(i), shard));
    made->shards.insert(made->shards.begin(), std::move(copied));
  }
  return absl::OkStatus();
}

absl::StatusOr<rpc::BackupMade> Backups::Make(const std::string& name) const {
  const absl::Time begun = absl::Now();
  const fs::path whole = fs::path(folder_) / name;
  const fs::path part = whole.string() + ".part";
  std::error_code error;
  if (fs::exists(whole, error)) {
    return absl::AlreadyExistsError(
        absl::StrCat("name: there is a backup ", name, " already; nothing was changed"));
  }
  fs::remove_all(part, error);  // Of one that was cut off.
  if (!error) fs::create_directories(part, error);
  if (error) return Failed(part, absl::StrCat("cannot be made: ", error.message()));
  rpc::BackupMade made;
  made.folder = whole.string();
  OCS_RETURN_IF_ERROR(CopyShards(part.string(), &made));
  OCS_RETURN_IF_ERROR(SyncFolder(part));
  made.bytes = BytesIn(part);
  fs::rename(part, whole, error);
  if (error) return Failed(part, absl::StrCat("cannot be renamed: ", error.message()));
  OCS_RETURN_IF_ERROR(SyncFolder(folder_));
  made.took_ms = absl::ToInt64Milliseconds(absl::Now() - begun);
  return made;
}

rpc::StoreUsage Backups::Usage() const {
  rpc::StoreUsage usage;
  for (size_t i = 0; i < stores_.size(); ++i) {
    const balance::DiskUsage disk = stores_[i]->Usage();
    usage.free_bytes = disk.free_bytes;
    rpc::StoreUsage::Shard shard;
    shard.shard = static_cast<uint16_t>(i);
    shard.total_bytes = disk.total_bytes;
    shard.log_bytes = disk.log_bytes;
    for (int table = 0; table < balance::kTableCount; ++table)
      shard.tables.push_back({.name = kTableNames[table], .bytes = disk.table_bytes[table]});
    usage.shards.push_back(std::move(shard));
  }
  return usage;
}

}  // namespace ocs::ocsd
