// Laws 3 and 5 for records: each line adds up, remainders go on from charge to charge, records
// charge what the ledger earns, and none is missing.

#ifndef TOOLS_INSPECT_RECORD_CHECK_H_
#define TOOLS_INSPECT_RECORD_CHECK_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/numeric/int128.h"
#include "balance/account.h"
#include "balance/entry.h"
#include "cdr/record.h"
#include "ocs/base/exact.h"
#include "tools/inspect/report.h"
#include "tools/inspect/wide.h"

namespace ocs::tools {

/// Thread-compatible. For each entry: Begin, then the entry is applied to its account, then End.
class RecordCheck final {
 public:
  /// `report` outlives this. `trimmed`: the records before the first are not there.
  enum class Journal : uint8_t { kWhole, kTrimmed };
  RecordCheck(Journal journal, Report* report) : journal_(journal), report_(report) {}

  /// `before` is the account before the entry, or null where it is not known.
  void Begin(const balance::EntryView& entry, const balance::Account* before);
  void End(const balance::EntryView& entry, const balance::Account* after);

  /// `last_sequence`: the number of the last record, as the head says.
  void Finish(uint64_t last_sequence);

 private:
  void AddRecord(const balance::EntryView& entry, const cdr::Record& record,
                 const balance::Account* before);
  void AddLine(const balance::EntryView& entry, const cdr::Record& record,
               const cdr::RecordLine& line, const balance::Account* before);
  /// That a line adds up, and takes on the remainder that the line before it left.
  void CheckLine(const balance::EntryView& entry, const cdr::Record& record,
                 const cdr::RecordLine& line, const balance::Account* before);
  void CheckSequence(const balance::EntryView& entry, const cdr::Record& record);
  void CheckAmounts(const balance::EntryView& entry);

  Journal journal_;
  Report* report_;
  uint64_t last_sequence_ = 0;
  UnitSums charged_;             ///< Over all records: usage and fees less refunds.
  UnitSums earned_;              ///< Over the ledger: earned, deferred and consumed.
  UnitSums entry_charged_;       ///< Of the entry.
  UnitSums entry_earned_;        ///< Of the entry.
  absl::int128 entry_revenue_;   ///< Of packages, in micros: as the entry's records say ...
  absl::int128 entry_released_;  ///< ... and as it is posted.
  std::vector<Carry> carried_;   ///< By the entry's records so far, newest of each line.
};

}  // namespace ocs::tools

#endif  // TOOLS_INSPECT_RECORD_CHECK_H_
