#include "cdr/internal/bill_fold.h"

#include <algorithm>
#include <utility>

#include "cdr/bill_cycle.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr::internal {
namespace {

using Cycles = absl::btree_map<AccountId, CycleTimes>;

// The cycle that the record asks its bill to have.
CycleTimes CycleOf(const FoldTerms& terms, const Record& record) {
  const CycleTimes own = BillCycleAt(record.billing_day, record.recorded_at, terms.zone);
  if (terms.by_billing_day) return own;
  return {record.recorded_at < terms.from ? own.from : terms.from, terms.until};
}

// The cycle of each account with records: all that its records ask for.
absl::StatusOr<Cycles> CyclesOf(const FoldTerms& terms, size_t range, BillSpool& spool) {
  Cycles cycles;
  if (!terms.by_billing_day && !terms.had_open) return cycles;
  OCS_RETURN_IF_ERROR(spool.ForEach(range, [&](const RecordId&, const Record& record) {
    if (!IsDue(terms, record)) return absl::OkStatus();
    const CycleTimes asked = CycleOf(terms, record);
    CycleTimes& cycle = cycles.try_emplace(record.account, asked).first->second;
    cycle = {std::min(cycle.from, asked.from), std::max(cycle.until, asked.until)};
    return absl::OkStatus();
  }));
  return cycles;
}

}  // namespace

bool IsDue(const FoldTerms& terms, const Record& record) {
  if (!terms.by_billing_day) return true;
  return BillCycleAt(record.billing_day, record.recorded_at, terms.zone).until <= terms.until;
}

absl::StatusOr<Carried> CarriedInto(size_t range, CarriedReader& reader) {
  Carried into;
  while (reader.next().has_value() && BillSpool::RangeOf(*reader.next()) == range) {
    const AccountId account = *reader.next();
    OCS_ASSIGN_OR_RETURN(into[account], reader.Take());
  }
  return into;
}

absl::StatusOr<FoldedRange> FoldRange(const FoldTerms& terms, size_t range, Carried carried,
                                      BillSpool& spool) {
  using Builders = absl::btree_map<AccountId, BillBuilder>;
  OCS_ASSIGN_OR_RETURN(const Cycles cycles, CyclesOf(terms, range, spool));
  Builders due;
  Builders open;
  const auto add_builder = [&](AccountId account, std::vector<CarriedMicros> in) {
    const auto own = cycles.find(account);
    const CycleTimes cycle =
        own == cycles.end() ? CycleTimes{terms.from, terms.until} : own->second;
    return due.emplace(account, BillBuilder({account, cycle.from, cycle.until}, std::move(in)))
        .first;
  };
  for (auto& [account, amounts] : carried) add_builder(account, std::move(amounts));
  OCS_RETURN_IF_ERROR(spool.ForEach(range, [&](const RecordId& id, const Record& record) {
    Builders::iterator at;
    if (IsDue(terms, record)) {
      at = due.find(record.account);
      if (at == due.end()) at = add_builder(record.account, {});
    } else {
      at = open.try_emplace(record.account, BillCycle{record.account, {}, Instant::Never()},
                            std::vector<CarriedMicros>())
               .first;
    }
    const BillAddOutcome added = at->second.Add(id, record);
    if (added == BillAddOutcome::kAdded) return absl::OkStatus();
    return absl::InvalidArgumentError(
        Cat("record ", FormatRecordId(id), " cannot be billed, outcome ", static_cast<int>(added)));
  }));
  FoldedRange folded;
  folded.bills.reserve(due.size());
  for (auto& [account, builder] : due) {
    OCS_ASSIGN_OR_RETURN(Bill bill, builder.Finish());
    for (CurrencyBill& part : bill.currencies) CarryBelow(terms.minimum_fen, &part);
    folded.bills.push_back(std::move(bill));
  }
  for (auto& [account, builder] : open) {
    OCS_ASSIGN_OR_RETURN(Bill bill, builder.Finish());
    folded.open.push_back(std::move(bill));
  }
  return folded;
}

}  // namespace ocs::cdr::internal
