// The manifest of one cycle's bills: what is in its folder, which records it is made of and where
// the next cycle begins. Text, a fact a line, ended by a hash of itself.

#ifndef CDR_INTERNAL_BILL_MANIFEST_H_
#define CDR_INTERNAL_BILL_MANIFEST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "cdr/bill_run.h"
#include "cdr/manifest.h"

namespace ocs::cdr::internal {

struct BillManifest {
  struct File {
    std::string name;
    uint64_t size_bytes = 0;
    std::string sha256;
    friend bool operator==(const File&, const File&) = default;
  };
  using Cursors = absl::btree_map<ShardId, Manifest::Cursor>;

  std::string cycle;
  Instant from;
  Instant until;
  BillRunKind kind = BillRunKind::kDraft;
  int64_t minimum_fen = 0;
  bool by_billing_day = false;
  std::string previous;  ///< Hash of the manifest of the cycle before; kNoPrevious for the first.
  uint64_t first_number = 1;
  uint64_t bills = 0;
  uint64_t records = 0;
  Cursors start;  ///< Behind which record each shard began.
  Cursors end;    ///< The last record of each shard in this cycle or one before it.
  absl::btree_map<Unit, BillRunSum> sums;
  std::vector<File> files;

  friend bool operator==(const BillManifest&, const BillManifest&) = default;
};

std::string FormatBillManifest(const BillManifest& manifest);
/// Errors: DataLoss when the text is not exactly what FormatBillManifest gives.
absl::StatusOr<BillManifest> ParseBillManifest(std::string_view text);

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_BILL_MANIFEST_H_
