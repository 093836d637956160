// The bills of one range of accounts, folded from the spool: which records are billed, which are
// kept for the next run, and which cycle each bill has.

#ifndef CDR_INTERNAL_BILL_FOLD_H_
#define CDR_INTERNAL_BILL_FOLD_H_

#include <cstdint>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cdr/bill.h"
#include "cdr/internal/bill_files.h"
#include "cdr/internal/bill_spool.h"
#include "cdr/record.h"

namespace ocs::cdr::internal {

struct FoldTerms {
  Instant from;  ///< [from, until).
  Instant until;
  absl::TimeZone zone = absl::UTCTimeZone();
  int64_t minimum_fen = 0;
  bool by_billing_day = false;  ///< As BillRunOptions.
  bool had_open = false;        ///< The spool has records from before `from`.
};

struct FoldedRange {
  std::vector<Bill> bills;  ///< By account.
  std::vector<Bill> open;   ///< Of the records that are kept: only their sums are of use.
};

/// What accounts carry in.
using Carried = absl::btree_map<AccountId, std::vector<CarriedMicros>>;

/// Of the accounts of a range, which come next in the reader. Errors: as the reader's.
absl::StatusOr<Carried> CarriedInto(size_t range, CarriedReader& reader);

/// Whether a run bills the record, or keeps it.
bool IsDue(const FoldTerms& terms, const Record& record);

/// The bills of the accounts with records and of those with something carried in. Thread-safe for
/// different ranges: it touches its own only. Errors: InvalidArgument when a record cannot be
/// billed; OutOfRange when a sum does not fit; else as BillSpool.
absl::StatusOr<FoldedRange> FoldRange(const FoldTerms& terms, size_t range, Carried carried,
                                      BillSpool& spool);

}  // namespace ocs::cdr::internal

#endif  // CDR_INTERNAL_BILL_FOLD_H_
