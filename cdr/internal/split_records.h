// Where each record begins and ends in a file of any of our formats.

#ifndef CDR_INTERNAL_SPLIT_RECORDS_H_
#define CDR_INTERNAL_SPLIT_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "cdr/file_writer.h"
#include "cdr/record.h"

namespace ocs::cdr::internal {

struct RecordPiece {
  size_t offset = 0;       ///< In the file, uncompressed.
  std::string_view bytes;  ///< As the writer appended them.
  RecordId id;             ///< Default when `readable` is false.
  uint64_t local_sequence = 0;
  bool readable = false;  ///< Whether id and sequence could be told.
};

struct SplitFile {
  std::vector<RecordPiece> pieces;
  /// DataLoss with the place when the file cannot be followed to its end; `pieces` is then what
  /// stands before.
  absl::Status status;
};

/// The pieces point into `bytes`.
SplitFile SplitRecords(FileFormat format, std::string_view bytes);

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_SPLIT_RECORDS_H_
