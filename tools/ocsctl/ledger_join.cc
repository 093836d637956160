#include "tools/ocsctl/ledger_join.h"

#include <limits>
#include <utility>

#include "ocs/base/exact.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "tools/ocsctl/values.h"

namespace ocs::tools {
namespace {

// As the schema says: the index of a record's id is 32 times its entry's, plus its number there.
constexpr uint32_t kRecordsPerEntry = 32;

constexpr int64_t kDayMillis = 86'400'000;

std::string PlaceOf(Position position) { return Cat(position.group, ".", position.index); }

absl::Status TooLarge() { return absl::OutOfRangeError("a sum does not fit 64 bits"); }

}  // namespace

Position EntryOf(Position record) {
  return {.group = record.group, .index = record.index / kRecordsPerEntry};
}

LedgerJoin::LedgerJoin(ShardId shard, const Times& times, NextEntry next)
    : shard_(shard), times_(times), next_(std::move(next)) {}

absl::Status LedgerJoin::Add(const cdr::RecordId& id, const cdr::Record& record) {
  const Position entry = EntryOf(id.position);
  if (open_ && open_->position != entry) OCS_RETURN_IF_ERROR(CloseEntry());
  if (!open_) {
    open_ = Charged{.position = entry,
                    .account = record.account,
                    .recorded_at = record.recorded_at,
                    .record = cdr::FormatRecordId(id)};
  }
  for (const cdr::RecordLine& line : record.lines) {
    if (line.unit.empty()) continue;  // Nothing priced it, so nothing was earned.
    int64_t& amount = open_->amounts[line.bucket];
    const auto sum = record.type == cdr::RecordType::kRefund ? SubtractExact(amount, line.amount)
                                                             : AddExact(amount, line.amount);
    if (!sum) return TooLarge();
    amount = *sum;
    open_->units[line.bucket] = line.unit;
  }
  return absl::OkStatus();
}

absl::Status LedgerJoin::Finish() {
  if (open_) OCS_RETURN_IF_ERROR(CloseEntry());
  return SkipTo({.group = std::numeric_limits<uint64_t>::max(), .index = 0});
}

// Entries before that position that have no record: each is a difference. Afterwards waiting_ is
// the first at or behind it.
absl::Status LedgerJoin::SkipTo(Position position) {
  while (!at_end_) {
    if (!waiting_) {
      OCS_ASSIGN_OR_RETURN(waiting_, next_());
      at_end_ = !waiting_.has_value();
      continue;
    }
    if (waiting_->position >= position) break;
    if (IsIn(waiting_->recorded_at)) {
      ++entry_count_;
      for (const auto& [bucket, amount] : waiting_->earned) {
        Differ(Cat("entry ", PlaceOf(waiting_->position), " of shard ", shard_.value, " earns ",
                   amount, " of bucket ", bucket.value, " of account ", waiting_->account.value,
                   " without a record"));
      }
    }
    waiting_.reset();
  }
  return absl::OkStatus();
}

absl::Status LedgerJoin::CloseEntry() {
  const Charged charged = *std::exchange(open_, std::nullopt);
  OCS_RETURN_IF_ERROR(SkipTo(charged.position));
  // A record of nothing but free use has no entry here.
  LedgerEntry entry{
      .position = charged.position, .account = charged.account, .recorded_at = charged.recorded_at};
  if (waiting_ && waiting_->position == charged.position)
    entry = *std::exchange(waiting_, std::nullopt);
  if (!IsIn(charged.recorded_at)) return absl::OkStatus();
  return Compare(charged, entry);
}

absl::Status LedgerJoin::Compare(const Charged& charged, const LedgerEntry& entry) {
  ++entry_count_;
  const std::string place = Cat("record ", charged.record, " (entry ", PlaceOf(entry.position),
                                " of shard ", shard_.value, ")");
  if (entry.account != charged.account) {
    Differ(Cat(place, ": is of account ", charged.account.value, ", its entry of account ",
               entry.account.value));
  }
  if (entry.recorded_at != charged.recorded_at)
    Differ(Cat(place, ": says another time than its entry"));
  absl::btree_map<BucketId, int64_t> rest = entry.earned;
  for (const auto& [bucket, amount] : charged.amounts) {
    const Unit& unit = charged.units.at(bucket);
    const auto found = rest.find(bucket);
    const int64_t earned = found == rest.end() ? 0 : found->second;
    if (found != rest.end()) rest.erase(found);
    OCS_RETURN_IF_ERROR(AddSum(charged.recorded_at, bucket, unit, earned));
    if (earned == amount) continue;
    Differ(Cat(place, ": charges ", AmountText(amount, unit.code()), " of bucket ", bucket.value,
               ", the ledger earned ", AmountText(earned, unit.code())));
  }
  for (const auto& [bucket, amount] : rest) {
    Differ(Cat(place, ": the ledger earned ", amount, " of bucket ", bucket.value,
               ", of which no line tells"));
  }
  return absl::OkStatus();
}

absl::Status LedgerJoin::AddSum(Instant at, BucketId bucket, const Unit& unit, int64_t amount) {
  const bool payable = unit.is_money() && bucket <= cdr::kOwnMoneyBucket;
  int64_t& sum =
      sums_[{.day = (at.unix_ms - times_.from.unix_ms) / kDayMillis,
             .unit = unit,
             .kind = payable ? cdr::NodeAmountKind::kPayable : cdr::NodeAmountKind::kCovered}];
  const auto added = AddExact(sum, amount);
  if (!added) return TooLarge();
  sum = *added;
  return absl::OkStatus();
}

void LedgerJoin::Differ(std::string what) {
  ++difference_count_;
  if (differences_.size() < kDifferencesMax) differences_.push_back(std::move(what));
}

}  // namespace ocs::tools
