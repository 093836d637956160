// Records on their way from the order of shards to the order of accounts: one unnamed file for each
// of 256 ranges of accounts. A spool that a killed process left is worth nothing: what it held is
// read again.

#ifndef CDR_INTERNAL_BILL_SPOOL_H_
#define CDR_INTERNAL_BILL_SPOOL_H_

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "cdr/internal/disk.h"
#include "cdr/record.h"

namespace ocs::cdr::internal {

inline constexpr size_t kSpoolRanges = 256;

/// Thread-compatible. Errors: as cdr/file_writer.h.
class BillSpool final {
 public:
  explicit BillSpool(std::string folder) : folder_(std::move(folder)) {}

  /// In which range an account is; ranges follow each other as account numbers do.
  static size_t RangeOf(AccountId account);

  absl::Status Add(const RecordId& id, const Record& record);

  /// Every record of a range, in the order in which they were added, until `visit` returns an
  /// error.
  /// Ranges may be read on several threads at once, each range on one; nothing is added any more.
  using Visit = std::function<absl::Status(const RecordId& id, const Record& record)>;
  absl::Status ForEach(size_t range, const Visit& visit);
  /// Forgets what is in a range: its space on the disk is free again.
  void Drop(size_t range) { ranges_[range].file.Close(); }

 private:
  struct Range {
    Descriptor file{-1};
    std::string buffer;
  };
  absl::Status Flush(size_t range);

  std::string folder_;
  std::array<Range, kSpoolRanges> ranges_;
};

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_BILL_SPOOL_H_
