// A folder of files of records that follow each other: each closed by size, time or count, each
// with a manifest that is chained to the one before (cdr/manifest.h). Each record that is added is
// in exactly one file, also when the process is killed or the power fails at any moment: whoever
// opens the folder again goes on behind the last record that is durable in it.
//
// Invariants:
// 1. The state file `.ocs-cdr-series` is the manifest of the last committed file. It is written
//    before that file has its name: from then on the file is finished, by this writer or the next.
// 2. A file under its own name is whole, durable and has its manifest beside it.
// 3. Whatever ends in ".part" is no file yet.

#ifndef CDR_FILE_SERIES_H_
#define CDR_FILE_SERIES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "cdr/file_writer.h"
#include "cdr/manifest.h"
#include "cdr/record.h"
#include "ocs/base/time.h"

namespace ocs::cdr {

/// In the folder: the manifest of the last file, for whoever goes on. It stays when files are taken
/// away.
inline constexpr std::string_view kSeriesStateName = ".ocs-cdr-series";
inline constexpr std::string_view kSeriesLockName = ".ocs-cdr-lock";

struct SeriesOptions {
  FileOptions file;
  uint64_t bytes_max = 64 << 20;     ///< Before compression: closed once it is reached. 1 to 2 GiB.
  uint64_t records_max = 100'000;    ///< 1 to kFileRecordsMax.
  int64_t open_seconds_max = 3'600;  ///< Since its first record was added. At least 1.
};

/// The one writer of a folder. Errors of all functions say in their message what to mend; after one
/// nothing is lost, but the series is of no more use: open it again. Thread-compatible.
class FileSeries final {
 public:
  /// Opens a folder, finishes what a killed writer had committed and removes what it had not.
  /// Errors: InvalidArgument for the options, also when the folder holds a series of another node
  /// or encoding; NotFound when the folder is not there; Aborted when another writer is at it;
  /// DataLoss when its state is damaged or lost; else as FileWriter::Create.
  static absl::StatusOr<std::unique_ptr<FileSeries>> Open(std::string_view folder,
                                                          SeriesOptions options);
  ~FileSeries();
  FileSeries(const FileSeries&) = delete;
  FileSeries& operator=(const FileSeries&) = delete;

  /// Behind which record each shard goes on: what is durable in closed files, and so what may be
  /// acknowledged. Shards of which there is none yet are not in it.
  const absl::btree_map<ShardId, Manifest::Cursor>& durable() const;

  /// Adds a record, into a file that is opened when there is none; closes it when it is full or has
  /// been open for too long. A record that the series has already is passed over. Errors: DataLoss
  /// when a sequence number was left out, so that no gap is ever written; else as FileWriter.
  absl::Status Add(const RecordId& id, const Record& record, Instant now);

  /// Closes the open file when it has been open for too long.
  absl::Status CloseIfDue(Instant now);

  /// Closes the open file, if there is one.
  absl::Status Close(FileClosure closure, Instant now);

  /// When the open file is due; Never() when none is open.
  Instant due_at() const;

  /// Since Open.
  uint64_t files_closed() const;
  uint64_t records_written() const;  ///< In closed files.
  uint64_t records_skipped() const;  ///< That the series had already.
  /// Of the last closed file of the series; empty when there is none.
  const std::string& last_file() const;
  const std::string& last_manifest_hash() const;

 private:
  struct State;
  explicit FileSeries(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ocs::cdr

#endif  // CDR_FILE_SERIES_H_
