#include "tools/inspect/record_check.h"

#include <algorithm>
#include <string>

#include "cdr/explain.h"
#include "ocs/base/text.h"

namespace ocs::tools {
namespace {

using balance::Account;
using balance::Effect;
using balance::EffectReader;
using balance::EntryView;
using balance::LedgerAccount;

bool IsRevenue(LedgerAccount account) {
  return account == LedgerAccount::kEarned || account == LedgerAccount::kDeferred ||
         account == LedgerAccount::kConsumed || account == LedgerAccount::kRebate;
}

const Carry* FindCarry(const std::vector<Carry>& carries, uint64_t line) {
  const auto found = std::find_if(carries.begin(), carries.end(),
                                  [&](const Carry& carry) { return carry.line == line; });
  return found == carries.end() ? nullptr : &*found;
}

// Those of an account are in order of line.
const Carry* FindSorted(const std::vector<Carry>& carries, uint64_t line) {
  const auto found = std::lower_bound(carries.begin(), carries.end(), line,
                                      [](const Carry& c, uint64_t key) { return c.line < key; });
  return found == carries.end() || found->line != line ? nullptr : &*found;
}

using AddedUnits = absl::InlinedVector<std::pair<BucketId, Unit>, 4>;

// The unit of a bucket before the entry, or as the entry adds it.
Unit UnitOf(const Account* before, BucketId id, const AddedUnits& added) {
  for (const auto& [bucket, unit] : added) {
    if (bucket == id) return unit;
  }
  const balance::Bucket* bucket = before == nullptr ? nullptr : before->FindBucket(id);
  return bucket == nullptr ? Unit() : bucket->unit;
}

}  // namespace

void RecordCheck::Begin(const EntryView& entry, const Account* before) {
  entry_charged_.clear();
  entry_earned_.clear();
  entry_revenue_ = 0;
  entry_released_ = 0;
  carried_.clear();
  for (const EntryView::Attachment& attachment : entry.attachments) {
    if (attachment.type != balance::AttachmentType::kRecord) continue;
    ++report_->records;
    const auto record = cdr::DecodeRecord(attachment.bytes);
    if (!record.ok()) {
      report_->Count(Check::kSequence);
      report_->Fail(Check::kSequence, PlaceOf(entry.position),
                    Cat("has a record that cannot be read: ", FromAbsl(record.status().message())));
      continue;
    }
    AddRecord(entry, *record, before);
  }
  AddedUnits added;
  for (EffectReader effects(entry.effects); effects.Next();) {
    if (effects.effect() == Effect::kAddBucket)
      added.push_back({effects.bucket().id, effects.bucket().unit});
    const balance::Posting& posting = effects.posting();
    if (effects.effect() == Effect::kPost && posting.account == LedgerAccount::kPackageEarned)
      entry_released_ += posting.amount;
    if (effects.effect() != Effect::kPost || !IsRevenue(posting.account)) continue;
    const Unit unit = UnitOf(before, posting.bucket, added);
    if (!unit.empty()) entry_earned_[unit] += posting.amount;
  }
}

void RecordCheck::AddRecord(const EntryView& entry, const cdr::Record& record,
                            const Account* before) {
  CheckSequence(entry, record);
  if (record.account != entry.account) {
    report_->Fail(Check::kRecordAmount, PlaceOf(entry.position),
                  Cat("is of account ", entry.account.value, ", its record of account ",
                      record.account.value));
  }
  for (const cdr::RecordLine& line : record.lines) AddLine(entry, record, line, before);
  // What the use costs us is not the customer's: its sums and remainders are checked alike.
  for (const cdr::RecordLine& line : record.costs) CheckLine(entry, record, line, before);
}

void RecordCheck::CheckSequence(const EntryView& entry, const cdr::Record& record) {
  report_->Count(Check::kSequence);
  const bool first = last_sequence_ == 0 && journal_ == Journal::kTrimmed;
  if (!first && record.local_sequence != last_sequence_ + 1) {
    report_->Fail(
        Check::kSequence, PlaceOf(entry.position),
        Cat("its record has number ", record.local_sequence, ", expected ", last_sequence_ + 1));
  }
  last_sequence_ = record.local_sequence;
}

void RecordCheck::AddLine(const EntryView& entry, const cdr::Record& record,
                          const cdr::RecordLine& line, const Account* before) {
  const bool refund = cdr::IsCredit(record.type);
  entry_charged_[line.unit] += refund ? -absl::int128{line.amount} : absl::int128{line.amount};
  entry_revenue_ += line.revenue_micros;
  CheckLine(entry, record, line, before);
}

void RecordCheck::CheckLine(const EntryView& entry, const cdr::Record& record,
                            const cdr::RecordLine& line, const Account* before) {
  report_->Count(Check::kLines);
  if (!cdr::AddsUp(line)) {
    report_->Fail(
        Check::kLines, PlaceOf(entry.position),
        Cat("a line of ", line.quantity, " ", TokenKindName(line.kind), " at ",
            line.price_numerator, "/", line.price_denominator, " with ", line.carry_in,
            " carried in gives amount ", line.amount, " and ", line.carry_out, " carried out"));
  }
  // A refund repeats the lines of the charge; what was carried stays carried.
  if (cdr::IsCredit(record.type) || line.carry_line == 0 || before == nullptr) return;
  report_->Count(Check::kCarries);
  const Carry* known = FindCarry(carried_, line.carry_line);
  if (known == nullptr) known = FindSorted(before->carries, line.carry_line);
  const Carry expected = known == nullptr ? Carry{.denominator = line.price_denominator} : *known;
  if (expected.remainder != line.carry_in || expected.denominator != line.price_denominator) {
    report_->Fail(
        Check::kCarries, PlaceOf(entry.position),
        Cat("carries in ", line.carry_in, "/", line.price_denominator, " of line ", line.carry_line,
            ", the charge before it carried out ", expected.remainder, "/", expected.denominator));
  }
  const Carry now{
      .line = line.carry_line, .denominator = line.price_denominator, .remainder = line.carry_out};
  carried_.insert(carried_.begin(), now);
}

void RecordCheck::End(const EntryView& entry, const Account* after) {
  if (after == nullptr) return;
  CheckAmounts(entry);
  for (size_t i = 0; i < carried_.size(); ++i) {
    const Carry& last = carried_[i];
    if (FindCarry(carried_, last.line) != &last) continue;  // There is a newer one.
    const Carry* stored = FindSorted(after->carries, last.line);
    const int64_t remainder = stored == nullptr ? 0 : stored->remainder;
    if (remainder == last.remainder) continue;
    report_->Fail(Check::kCarries, PlaceOf(entry.position),
                  Cat("its record carries out ", last.remainder, " of line ", last.line,
                      ", the account keeps ", remainder));
  }
  for (EffectReader effects(entry.effects); effects.Next();) {
    if (effects.effect() != Effect::kSetCarry) continue;
    if (FindCarry(carried_, effects.carry().line) != nullptr) continue;
    report_->Fail(
        Check::kCarries, PlaceOf(entry.position),
        Cat("keeps a remainder of line ", effects.carry().line, ", which no record of it charged"));
  }
}

void RecordCheck::CheckAmounts(const EntryView& entry) {
  if (entry_revenue_ != 0 || entry_released_ != 0) {
    report_->Count(Check::kRevenue);
    if (entry_revenue_ != entry_released_) {
      report_->Fail(Check::kRevenue, PlaceOf(entry.position),
                    Cat("its records say that packages earn ", WideText(entry_revenue_),
                        " micros, its postings ", WideText(entry_released_)));
    }
  }
  for (const auto& [unit, amount] : entry_earned_) {
    earned_[unit] += amount;
    entry_charged_.try_emplace(unit, 0);
  }
  for (const auto& [unit, amount] : entry_charged_) {
    charged_[unit] += amount;
    if (unit.empty()) continue;
    report_->Count(Check::kRecordAmount);
    const auto found = entry_earned_.find(unit);
    const absl::int128 earned = found == entry_earned_.end() ? absl::int128{0} : found->second;
    if (amount == earned) continue;
    report_->Fail(Check::kRecordAmount, PlaceOf(entry.position),
                  Cat("its records charge ", WideAmount(amount, unit), ", its postings earn ",
                      WideAmount(earned, unit)));
  }
}

void RecordCheck::Finish(uint64_t last_sequence) {
  if (last_sequence_ != 0 || journal_ == Journal::kWhole) {
    report_->Count(Check::kSequence);
    if (last_sequence_ != last_sequence) {
      report_->Fail(Check::kSequence, "head",
                    Cat("says that ", last_sequence, " records were written, the last has number ",
                        last_sequence_));
    }
  }
  for (const auto& [unit, amount] : charged_) {
    if (unit.empty()) continue;
    report_->Count(Check::kRecordAmount);
    const absl::int128 earned = earned_[unit];
    report_->totals.push_back(
        {.unit = unit, .records = WideAmount(amount, unit), .ledger = WideAmount(earned, unit)});
    if (amount == earned) continue;
    report_->Fail(
        Check::kRecordAmount, "all records",
        Cat("charge ", WideAmount(amount, unit), ", the ledger earned ", WideAmount(earned, unit)));
  }
}

}  // namespace ocs::tools
