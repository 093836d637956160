// An entry in words: for an account's history, for the inspector, for whoever is asked "why".

#ifndef BALANCE_WORDS_H_
#define BALANCE_WORDS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "balance/entry.h"
#include "ocs/base/unit.h"

namespace ocs::balance {

struct EntryWords {
  std::string text;  ///< "session s-1 opened (request 0) under tariff revision 3; holds until ..."
  std::vector<std::string> postings;  ///< "bucket 2: available -120, held +120".
};

/// Describes an entry. `units` gives the unit of a bucket where it is known; it may return an empty
/// unit. Errors: DataLoss when the entry's effects are damaged.
absl::StatusOr<EntryWords> DescribeEntry(const EntryView& entry, absl::TimeZone zone,
                                         const std::vector<std::pair<BucketId, Unit>>& units);

}  // namespace ocs::balance

#endif  // BALANCE_WORDS_H_
