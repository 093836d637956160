// Writes records to one file that is there whole or not at all: under a temporary name, synced,
// then renamed, then the folder is synced. A file that is there already is never touched. Whoever
// reads the folder skips names that end in ".part".

#ifndef CDR_FILE_WRITER_H_
#define CDR_FILE_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cdr/control_totals.h"
#include "cdr/record.h"

namespace ocs::cdr {

enum class FileFormat : uint8_t {
  kCsv = 1,        ///< cdr/csv.h, with its header row.
  kJsonLines = 2,  ///< cdr/json_lines.h.
};

/// One file being written. Not committed, it leaves nothing behind. Errors of all functions say in
/// their message what to mend; after one, the temporary is gone, no file is under the name, and
/// every later call returns the same error. Thread-compatible.
class FileWriter final {
 public:
  inline static constexpr std::string_view kTemporarySuffix = ".part";

  /// A writer of that file, with times in that zone. A temporary that a killed process left is used
  /// again; that of a living writer is not. Errors: AlreadyExists when the file is there; NotFound
  /// when its folder is not; PermissionDenied; ResourceExhausted when the disk is full; Aborted
  /// when another writer is at it; else Unavailable.
  static absl::StatusOr<std::unique_ptr<FileWriter>> Create(std::string_view path,
                                                            FileFormat format, absl::TimeZone zone);

  /// Removes the temporary when the file was not committed.
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  /// Appends a record. Errors: ResourceExhausted, Unavailable; OutOfRange when the control totals
  /// do not fit. REQUIRES: not committed.
  absl::Status Add(const RecordId& id, const Record& record);

  /// Gives the file its name. On success it is durable under it. Errors: as Create and Add.
  /// REQUIRES: not committed.
  absl::Status Commit();

  /// Of the records added.
  const ControlTotals& totals() const;
  uint64_t size_bytes() const;

 private:
  struct State;
  explicit FileWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ocs::cdr

#endif  // CDR_FILE_WRITER_H_
