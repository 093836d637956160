// Proves that a folder of files of records (cdr/file_series.h) is whole: no file and no record is
// missing, doubled, out of order or altered. It needs nothing but the folder, changes nothing, and
// says of each fault where it is and what to do.

#ifndef CDR_VERIFY_H_
#define CDR_VERIFY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "cdr/record.h"

namespace ocs::cdr {

enum class FaultKind : uint8_t {
  kFileMissing,      ///< By a gap in the file sequence, or a manifest without its file.
  kFileDoubled,      ///< A second file with a sequence number, or a copy under another name.
  kFileUnknown,      ///< A file of records without a manifest.
  kFileAltered,      ///< Not the bytes that its manifest tells.
  kManifestAltered,  ///< Not the text that it was.
  kChainBroken,      ///< Whole in itself, but not what the manifest behind it was chained to.
  kRecordMissing,
  kRecordDoubled,
  kRecordReordered,
  kRecordAltered,
};
/// "file_missing", "record_altered", ...
std::string_view FaultKindName(FaultKind kind);

struct Fault {
  FaultKind kind = FaultKind::kFileMissing;
  std::string where;       ///< A file's name, or a record in it.
  std::string what;        ///< What is wrong there.
  std::string what_to_do;  ///< One sentence.
};

struct VerifyOptions {
  /// Hash of the manifest before the first one here; empty: the series must begin with file 1.
  std::string previous;
  /// Hash that the last manifest must have; empty: what the folder's own state says, if it is here.
  std::string head;
  size_t faults_max = 100;  ///< Reading goes on; more are counted only.
};

struct Verdict {
  struct Shard {
    uint64_t first_sequence = 0;
    uint64_t last_sequence = 0;
    uint64_t records = 0;
  };
  uint64_t files = 0;  ///< With a manifest that could be read.
  uint64_t records = 0;
  uint32_t first_file = 0;
  uint32_t last_file = 0;
  std::string head;  ///< Hash of the last manifest: note it elsewhere, and nobody can rewrite all.
  absl::btree_map<ShardId, Shard> shards;
  uint64_t unfinished = 0;  ///< Temporaries; not files yet, and no fault.
  std::vector<Fault> faults;
  uint64_t fault_count = 0;
  bool ok() const { return fault_count == 0; }
};

/// Errors: NotFound when the folder is not there; InvalidArgument when it has no manifest or an
/// option is no hash; else Unavailable when the disk does not give what is in it. Faults are no
/// errors.
absl::StatusOr<Verdict> VerifyFolder(std::string_view folder, const VerifyOptions& options);

}  // namespace ocs::cdr

#endif  // CDR_VERIFY_H_
