// The manifest of a file of records: what is in it, so that whoever holds both can prove that the
// file is the one that was written, and, because each manifest holds the hash of the one before it,
// that no file of the series is missing, doubled or exchanged. Text, a fact a line;
// docs/format/cdr-manifest.md.

#ifndef CDR_MANIFEST_H_
#define CDR_MANIFEST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "cdr/file_32297.h"
#include "cdr/file_writer.h"
#include "cdr/record.h"

namespace ocs::cdr {

inline constexpr std::string_view kManifestFormat = "ocs-cdr-manifest-1";
/// Behind the name of the file that it is of.
inline constexpr std::string_view kManifestSuffix = ".manifest";
/// `previous` of the first file of a series.
inline constexpr std::string_view kNoPrevious =
    "0000000000000000000000000000000000000000000000000000000000000000";

struct Manifest {
  /// The records of one shard in the file.
  struct Shard {
    uint64_t first_sequence = 0;
    uint64_t last_sequence = 0;
    uint64_t records = 0;
    friend bool operator==(const Shard&, const Shard&) = default;
  };
  /// The last record of a shard in this file or one before it: where the series goes on.
  struct Cursor {
    uint64_t sequence = 0;
    Position position;
    friend bool operator==(const Cursor&, const Cursor&) = default;
  };

  std::string file;  ///< Its name, without a folder.
  std::string node_id;
  uint32_t sequence = 0;  ///< Of the file in the series, from 1.
  FileFormat format = FileFormat::kCsv;
  Compression compression = Compression::kNone;
  uint64_t size_bytes = 0;
  std::string sha256;    ///< Of the file.
  std::string previous;  ///< SHA-256 of the manifest before this one.
  FileClosure closure = FileClosure::kNormal;
  Instant opened_at;
  Instant closed_at;
  uint64_t records = 0;
  uint64_t lines = 0;
  absl::btree_map<ShardId, Shard> shards;
  absl::btree_map<ShardId, Cursor> cursors;
  std::vector<std::string> sums;  ///< As SumLines gives them.
  std::vector<uint32_t> digests;  ///< RecordDigest of each record, in order.

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

/// What a line of SumLines begins with that is of cost. Manifests of earlier releases have none.
inline constexpr std::string_view kCostSum = "cost ";

/// The totals by type, charge code and unit: "usage ds-usage 0.004936 CNY"; then what use costs by
/// provider and currency: "cost deepseek 0.002 CNY". What would break a line is escaped as in C.
std::vector<std::string> SumLines(const ControlTotals& totals);

/// The text, which ends in a hash of itself. The same manifest always gives the same bytes.
std::string FormatManifest(const Manifest& manifest);

/// Errors: DataLoss with the line when the text is not exactly what FormatManifest gives.
absl::StatusOr<Manifest> ParseManifest(std::string_view text);

/// What the next manifest holds as `previous`.
std::string ManifestHash(std::string_view text);

/// The name of a file of TS 32.297: "ocs01_-_0000007.20260519_-_1200+0800.ber", with the time at
/// which it was opened.
std::string SeriesFileName(std::string_view node_id, uint32_t sequence, Instant opened_at,
                           const FileOptions& options);

/// Bounds of a manifest that is read.
inline constexpr uint64_t kManifestBytesMax = 64 << 20;
inline constexpr uint64_t kFileRecordsMax = 5'000'000;  ///< 45 MB of digests.

}  // namespace ocs::cdr

#endif  // CDR_MANIFEST_H_
