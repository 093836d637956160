// What the ledger says was earned, read from the journal's postings alone: the side of the books
// that charging records must agree with.
// Tested in: tests/engine/ledger_reading_test.cc

#ifndef OCS_ENGINE_LEDGER_READING_H_
#define OCS_ENGINE_LEDGER_READING_H_

#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"

namespace ocs::engine {

/// What an entry's postings earn by use and fees from one bucket of an account: money, or pieces
/// used. Below 0 where a refund gives back. In the unit of the bucket.
struct Earned {
  BucketId bucket;
  int64_t amount = 0;
  friend bool operator==(const Earned&, const Earned&) = default;
};

struct EarningEntry {
  Position position;  ///< Of the entry: EntryOf of the ids of its records.
  AccountId account;
  Instant logged_at;                      ///< `recorded_at` of its records.
  absl::InlinedVector<Earned, 4> earned;  ///< By bucket; none of them 0.
};

struct EarningsPage {
  std::vector<EarningEntry> entries;  ///< Those that earn something.
  Position last;                      ///< Of the last entry that was looked at: go on behind it.
  bool at_end = false;                ///< There is nothing durable behind it.
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_LEDGER_READING_H_
