// Writes records to one file that is there whole or not at all: under a temporary name, synced,
// then renamed, then the folder is synced. A file that is there already is never touched. Whoever
// reads the folder skips names that end in ".part".

#ifndef CDR_FILE_WRITER_H_
#define CDR_FILE_WRITER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cdr/control_totals.h"
#include "cdr/file_32297.h"
#include "cdr/record.h"

namespace ocs::cdr {

enum class FileFormat : uint8_t {
  kCsv = 1,        ///< cdr/csv.h, with its header row.
  kJsonLines = 2,  ///< cdr/json_lines.h.
  kBer = 3,        ///< cdr/ber.h in a file of TS 32.297.
  kFocus = 4,      ///< cdr/focus.h, with its header row.
};
/// "csv", "jsonl", "ber", "focus".
std::string_view FileFormatName(FileFormat format);
std::optional<FileFormat> ParseFileFormat(std::string_view name);
/// What names of such files end in: ".csv", ".jsonl", ".ber", ".focus.csv".
std::string_view FileFormatSuffix(FileFormat format);

enum class Compression : uint8_t { kNone = 0, kGzip = 1 };

struct FileOptions {
  FileFormat format = FileFormat::kCsv;
  absl::TimeZone zone = absl::UTCTimeZone();
  /// A compressed file is held in memory while it is closed: keep it under some hundred MB.
  Compression compression = Compression::kNone;

  // Of kBer.
  std::string node_id = "ocs";  ///< IsNodeId (cdr/ber.h).
  FileHeader header = {};       ///< Node address, releases, filter, extension; the rest is filled.

  // Of kFocus.
  std::string issuer = {};       ///< Who sends the invoice.
  std::string currency = "CNY";  ///< Of packages' revenue, in records that name no currency.
};

/// One file being written. Not committed, it leaves nothing behind. Errors of all functions say in
/// their message what to mend; after one, the temporary is gone, no file is under the name, and
/// every later call returns the same error. Thread-compatible.
class FileWriter final {
 public:
  inline static constexpr std::string_view kTemporarySuffix = ".part";

  /// A writer of that file. A temporary that a killed process left is used
  /// again; that of a living writer is not. Errors: AlreadyExists when the file is there; NotFound
  /// when its folder is not; PermissionDenied; ResourceExhausted when the disk is full; Aborted
  /// when another writer is at it; else Unavailable.
  static absl::StatusOr<std::unique_ptr<FileWriter>> Create(std::string_view path,
                                                            FileOptions options);

  /// Removes the temporary when the file was not committed.
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  /// Appends a record. Errors: ResourceExhausted, Unavailable; OutOfRange when the control totals
  /// do not fit, or, of kBer, the record or the file is too long for the standard. REQUIRES:
  /// neither sealed nor committed.
  absl::Status Add(const RecordId& id, const Record& record);

  /// What a file says of itself when it is closed; only kBer has a place for it.
  struct Closing {
    Instant opened_at;
    Instant last_append_at;
    uint32_t sequence = 0;
    FileClosure closure = FileClosure::kNormal;
  };
  struct Sealed {
    std::string sha256;       ///< Of the file as it will be delivered: 64 hexadecimal digits.
    uint64_t size_bytes = 0;  ///< Of the same.
  };
  /// Finishes the temporary and syncs it: nothing is added any more, but it has no name yet. It
  /// then stays, whatever happens to the writer. Errors: as Create and Add.
  absl::StatusOr<Sealed> Seal(const Closing& closing);

  /// Gives the file its name. On success it is durable under it. Errors: as Create and Add.
  /// REQUIRES: not committed; of kBer, sealed.
  absl::Status Commit();

  /// Of the records added.
  const ControlTotals& totals() const;
  /// Before compression.
  uint64_t size_bytes() const;
  /// A hash of each record's bytes in the file, in order: to find a record that was changed.
  const std::vector<uint32_t>& digests() const;

 private:
  struct State;
  explicit FileWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The hash that digests() has of a record's bytes.
uint32_t RecordDigest(std::string_view bytes);

}  // namespace ocs::cdr

#endif  // CDR_FILE_WRITER_H_
