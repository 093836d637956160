// The files of one cycle's bills, written bill by bill: bills.csv, items.csv, nodes.csv,
// carried.csv, bills.jsonl. docs/SETTLEMENT.md says what is in them.

#ifndef CDR_INTERNAL_BILL_FILES_H_
#define CDR_INTERNAL_BILL_FILES_H_

#include <array>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cdr/bill.h"
#include "cdr/internal/bill_manifest.h"
#include "cdr/internal/disk.h"
#include "cdr/internal/sha256.h"

namespace ocs::cdr::internal {

inline constexpr std::string_view kCarriedName = "carried.csv";

/// One file that is written from its beginning to its end. Thread-compatible.
class HashedFile final {
 public:
  static absl::StatusOr<std::unique_ptr<HashedFile>> Create(const std::string& folder,
                                                            std::string_view name);
  /// What is to be appended next; written when there is enough of it.
  std::string* buffer() { return &buffer_; }
  absl::Status WriteIfLarge();
  /// Writes the rest and syncs.
  absl::StatusOr<BillManifest::File> Close();

 private:
  HashedFile(std::string path, std::string_view name, Descriptor file);
  absl::Status Write();

  std::string path_;
  std::string name_;
  Descriptor file_;
  std::string buffer_;
  uint64_t size_bytes_ = 0;
  Sha256Stream hash_;
};

/// Thread-compatible. Errors: as cdr/file_writer.h.
class BillFiles final {
 public:
  static absl::StatusOr<std::unique_ptr<BillFiles>> Create(const std::string& folder,
                                                           std::string_view cycle,
                                                           absl::TimeZone zone);
  /// Adds a bill; `number` is of the document, 0 where there is none (KindOf is kNone).
  absl::Status Add(uint64_t number, const Bill& bill);
  absl::StatusOr<std::vector<BillManifest::File>> Close();

 private:
  enum File : size_t { kBills, kItems, kNodes, kCarried, kJson, kFileCount };
  BillFiles() = default;
  void AddItem(std::string_view document, AccountId account, const BillItem& item);

  std::string cycle_;
  absl::TimeZone zone_;
  std::array<std::unique_ptr<HashedFile>, kFileCount> files_;
};

/// What an earlier cycle carried, account by account. Thread-compatible.
class CarriedReader final {
 public:
  /// Nothing is carried before the first cycle: an empty path. Errors: DataLoss.
  static absl::StatusOr<std::unique_ptr<CarriedReader>> Open(const std::string& path);
  /// The account that comes next, or nothing at the end.
  std::optional<AccountId> next() const;
  /// What the next account carries; goes on to the one behind it. Errors: DataLoss.
  absl::StatusOr<std::vector<CarriedMicros>> Take();

 private:
  absl::Status ReadRow();

  std::ifstream in_;
  std::string path_;
  std::optional<AccountId> account_;
  CarriedMicros carried_;
};

/// "2026-05-00000017".
std::string DocumentName(std::string_view cycle, uint64_t number);

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_BILL_FILES_H_
