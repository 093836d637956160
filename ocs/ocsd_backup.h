// Copies of the stores while the server works, and where their bytes are.
//
// A backup is a data folder: shard-000, ... in BACKUP_FOLDER/NAME. It is made as NAME.part, opened
// once to see that it can be, and renamed: a folder without ".part" is whole.
// Tested in: tests/e2e/backup_test.cc

#ifndef OCS_OCSD_BACKUP_H_
#define OCS_OCSD_BACKUP_H_

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "balance/store.h"
#include "ocs/engine/engine.h"
#include "ocs/rpc/store_care.h"
#include "ocs/runtime/event_loop.h"

namespace ocs::ocsd {

/// Thread-safe. One copy at a time, on a thread of its own.
class Backups final : public rpc::StoreCare {
 public:
  /// `folder` may be empty: then there are no backups. The stores, by shard, and the engine outlive
  /// this.
  Backups(std::string folder, std::vector<const balance::Store*> stores, engine::Engine* engine);

  void BackUp(const std::string& name, BackUpDone done) override;
  rpc::StoreUsage Usage() const override;

  /// Answers the one that is under way with Unavailable, and all that come later. True when a copy
  /// is still being written: it cannot be broken off, only be left behind as ".part".
  bool Stop();

 private:
  absl::Status Begin(BackUpDone* done) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Finish(const absl::StatusOr<rpc::BackupMade>& made);
  absl::StatusOr<rpc::BackupMade> Make(const std::string& name) const;
  absl::Status CopyShards(const std::string& folder, rpc::BackupMade* made) const;

  const std::string folder_;
  const std::vector<const balance::Store*> stores_;
  engine::Engine* const engine_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  BackUpDone done_ ABSL_GUARDED_BY(mutex_);  // Of the one that is running; null when answered.
  runtime::EventLoop loop_;                  // Last: its task uses the rest.
};

}  // namespace ocs::ocsd

#endif  // OCS_OCSD_BACKUP_H_
