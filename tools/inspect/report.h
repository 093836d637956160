// What the inspector found: for each check how often it was made, how often it failed, and the
// first failures in detail.

#ifndef TOOLS_INSPECT_REPORT_H_
#define TOOLS_INSPECT_REPORT_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ocs/base/ids.h"
#include "ocs/base/unit.h"

namespace ocs::tools {

struct TransferReport;  // tools/inspect/transfer_check.h

/// In the order in which they are printed.
enum class Check : uint8_t {
  kChain = 0,     ///< Groups: each follows from the one before; the head names the last.
  kHistory,       ///< Entries: each names its account's entry before it.
  kRequests,      ///< Law 2: no request was answered by two entries.
  kChanges,       ///< Law 2: no administrative change either.
  kRefunds,       ///< Law 2: a charge is given back once, whole or in parts, to its own account.
  kVouchers,      ///< Law 2: a voucher is redeemed once; the table says what the journal says.
  kIdentities,    ///< Law 2: an identity leads to the one account that has it.
  kAnswers,       ///< Law 2: what is known of requests names entries that are there.
  kPostings,      ///< Law 3: an entry's postings sum to zero in each unit.
  kBuckets,       ///< Law 3: granted = available + held + spent + expired + transferred; holds.
  kStates,        ///< Law 3: stored states are what the journal makes of them.
  kDue,           ///< Law 3: what falls due is known, and nothing else.
  kRecordAmount,  ///< Law 3: records and ledger agree.
  kRevenue,       ///< Law 3: so they do about the revenue of packages.
  kSequence,      ///< Law 3: local record sequence numbers without gap or double.
  kLines,         ///< Law 5: a record's line adds up.
  kCarries,       ///< Law 5: what was carried out of a line is carried in by its next charge.
};
inline constexpr int kCheckCount = 17;

struct CheckInfo {
  std::string_view name;   ///< "chain": in JSON and in tests.
  std::string_view law;    ///< "1", "2", ...: DESIGN's number.
  std::string_view claim;  ///< "each group follows from the one before".
  std::string_view hint;   ///< How to go on when it fails.
};
const CheckInfo& InfoOf(Check check);

struct Failure {
  std::string place;  ///< "entry 12.3", "account 1099511627777".
  std::string what;   ///< What was found and what was expected.
};

struct CheckResult {
  uint64_t checked = 0;
  uint64_t failed = 0;
  std::vector<Failure> first;  ///< The first kFailuresKept.
};
inline constexpr size_t kFailuresKept = 5;

/// What was charged in one unit, by both accounts of it. As texts: sums may exceed 64 bits.
struct UnitTotal {
  Unit unit;
  std::string records;  ///< Usage and fees less refunds, over all records.
  std::string ledger;   ///< Postings to earned, deferred and consumed.
};

/// One shard's verdict. A value.
struct Report {
  std::string folder;
  ShardId shard;
  uint32_t shard_count = 1;
  uint64_t first_group = 1;  ///< Above 1: what was before has been trimmed away.
  uint64_t head_group = 0;
  std::string head_hash;
  uint64_t entries = 0;
  uint64_t accounts = 0;
  uint64_t records = 0;
  int64_t journal_bytes = 0;
  std::vector<UnitTotal> totals;
  std::vector<std::string> notes;  ///< What could not be proved, and what else should be known.
  std::array<CheckResult, kCheckCount> checks;

  CheckResult& of(Check check) { return checks[static_cast<size_t>(check)]; }
  void Count(Check check) { ++of(check).checked; }
  void Fail(Check check, std::string place, std::string what);
  bool ok() const;
};

/// "entry 12.3".
std::string PlaceOf(Position position);

/// The verdict for people: a table of the checks, then the first failures with how to go on.
std::string FormatReport(const Report& report);
/// Every report, and what became of transfers, for machines: one JSON object with a line feed.
std::string FormatReportsJson(const std::vector<Report>& reports, const TransferReport& transfers);

}  // namespace ocs::tools

#endif  // TOOLS_INSPECT_REPORT_H_
