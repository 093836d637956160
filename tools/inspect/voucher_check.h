// Vouchers: each issued once and redeemed once, while its batch was good; and the table of vouchers
// says what the journal says.

#ifndef TOOLS_INSPECT_VOUCHER_CHECK_H_
#define TOOLS_INSPECT_VOUCHER_CHECK_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "balance/entry.h"
#include "balance/store.h"
#include "balance/voucher.h"
#include "ocs/base/time.h"
#include "tools/inspect/other_shards.h"
#include "tools/inspect/report.h"

namespace ocs::tools {

/// Keeps some 60 bytes for each voucher. Codes are nowhere, so none can be shown; a voucher is
/// named by its entry. Thread-compatible.
class VoucherCheck final {
 public:
  /// `store`, `others` and `report` outlive this. Of a trimmed journal (`first_group` above 1)
  /// vouchers may have been issued before it begins.
  VoucherCheck(const balance::Store* store, uint64_t first_group, OtherShards* others,
               Report* report)
      : store_(store), first_group_(first_group), others_(others), report_(report) {}

  /// The next entry of the journal.
  void Add(const balance::EntryView& entry, Instant logged_at);

  /// Compares the table. Errors: Unavailable.
  absl::Status Finish();

 private:
  struct Seen {
    std::string batch = {};
    Position redeemed = {};
    AccountId claimed_by = {};
  };
  struct Batch {
    balance::VoucherTerms terms;
    bool known = false;  ///< Some of it was issued in this journal.
    bool cancelled = false;
  };
  struct Counts {
    int64_t issued = 0;
    int64_t redeemed = 0;
  };

  bool trimmed() const { return first_group_ > 1; }
  void Fail(Position at, std::string what);
  void AddIssued(const balance::EntryView& entry, std::string_view bytes);
  void AddRedeemed(const balance::EntryView& entry, std::string_view bytes, Instant logged_at);
  void AddElsewhere(const balance::EntryView& entry, const balance::VoucherUse& use);
  void AddClaim(const balance::EntryView& entry, std::string_view bytes, Instant logged_at);
  void CheckBatchOf(const balance::EntryView& entry, const balance::VoucherUse& use,
                    Instant logged_at);
  void CheckRow(const balance::VoucherHash& hash, std::string_view row, uint64_t number);
  void CheckBatchRow(std::string_view row);

  const balance::Store* store_;
  const uint64_t first_group_;
  OtherShards* others_;
  Report* report_;
  absl::flat_hash_map<balance::VoucherHash, Seen> vouchers_;
  absl::flat_hash_map<balance::VoucherHash, Position>
      elsewhere_;  // Redeemed here, of another shard.
  std::map<std::string, Batch> batches_;
  std::map<std::string, Counts> counts_;  // By the rows of the table.
  uint64_t rows_ = 0;                     // Of vouchers that the journal has.
};

}  // namespace ocs::tools

#endif  // TOOLS_INSPECT_VOUCHER_CHECK_H_
