// The records of a final cycle that are not billed in it, because their accounts' own cycles go on:
// the next run begins with them. docs/SETTLEMENT.md names the file.

#ifndef CDR_INTERNAL_OPEN_RECORDS_H_
#define CDR_INTERNAL_OPEN_RECORDS_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cdr/internal/bill_files.h"
#include "cdr/internal/bill_manifest.h"
#include "cdr/record.h"

namespace ocs::cdr::internal {

inline constexpr std::string_view kOpenName = "open.records";

/// Writes them, account range by account range. Thread-compatible. Errors: as cdr/file_writer.h.
class OpenRecords final {
 public:
  static absl::StatusOr<std::unique_ptr<OpenRecords>> Create(const std::string& folder);
  absl::Status Add(const RecordId& id, const Record& record);
  absl::StatusOr<BillManifest::File> Close();

 private:
  OpenRecords() = default;
  std::unique_ptr<HashedFile> file_;
};

/// Gives each record of the file to `visit`, in the order in which they were added, until that
/// returns an error. Errors: DataLoss when the file is not what its manifest tells.
using OpenVisit = std::function<absl::Status(const RecordId& id, const Record& record)>;
absl::Status ReadOpenRecords(const std::string& path, const BillManifest::File& expected,
                             const OpenVisit& visit);

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_OPEN_RECORDS_H_
