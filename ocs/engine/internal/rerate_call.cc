// A record charged once more: the preview, and the entry that puts it right.

#include <algorithm>
#include <string>
#include <utility>

#include "balance/ledger.h"
#include "cdr/record.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/attach_record.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/charge_lookup.h"
#include "ocs/engine/internal/quota.h"
#include "ocs/engine/internal/rerate.h"
#include "ocs/engine/record_id.h"
#include "ocs/engine/rerate_operation.h"

namespace ocs::engine {
namespace {

using balance::Account;
using cdr::RecordLine;

constexpr std::string_view kOutcomeNames[] = {
    "corrected",     "corrected before", "nothing charged", "given back",       "partly given back",
    "model unknown", "package gone",     "not sold",        "needs its window", "unchanged"};

// The key of a correction names the run and the record, whose id has at most 38 characters.
constexpr std::string_view kKeyPrefix = "rerate/";
constexpr size_t kRunLengthMax = 64;
static_assert(kKeyPrefix.size() + kRunLengthMax + 1 + 38 <= kIdempotencyKeyLengthMax);

const Revision* FindCorrected(ReRateCall* call, const Shard& shard) {
  const Revision* revision = shard.revisions().Find(call->revision);
  if (revision == nullptr || !revision->published() || revision->tariff == nullptr) {
    RefuseField(call, "tariff_revision", absl::StatusCode::kNotFound,
                Cat("there is no published revision ", call->revision, " of the catalogue"));
    return nullptr;
  }
  return revision;
}

// Whether the named record was given back before; nothing where it was not.
std::optional<ReRateOutcome> GivenBackBefore(const ChargeFound& charge) {
  if (charge.all_given_back) return ReRateOutcome::kGivenBack;
  const auto& lines = charge.records[charge.record].lines;
  bool any = false;
  bool all = true;
  for (uint32_t l = 0; l < lines.size(); ++l) {
    any = any || IsNoted(charge, charge.record, l);
    all = all && GivenBack(charge, charge.record, l) == lines[l].amount;
  }
  if (!any) return std::nullopt;
  return all ? ReRateOutcome::kGivenBack : ReRateOutcome::kPartlyGivenBack;
}

// What is the same in both records of a correction.
cdr::Record BeginRecord(const ReRateCall& call, const ChargeFound& charge, Shard& shard) {
  cdr::Record record = charge.records[charge.record];
  record.local_sequence = shard.book().NextRecordSequence();
  record.lines.clear();
  record.costs.clear();  // The vendor is owed what it was.
  record.session_id = call.change.key;
  record.request_number = 0;
  record.recorded_at = shard.logged_at();
  record.refers_to_shard = shard.id().value;
  record.refers_to = RecordIdOf(shard.id(), charge.position, charge.record).position;
  return record;
}

// False where nothing was charged, so that there is nothing to give back.
bool AttachRefund(const ReRateCall& call, const Account& payer, const ChargeFound& charge,
                  Shard& shard) {
  const auto& lines = charge.records[charge.record].lines;
  if (std::none_of(lines.begin(), lines.end(), [](const RecordLine& l) { return l.amount > 0; }))
    return false;
  cdr::Record record = BeginRecord(call, charge, shard);
  record.type = cdr::RecordType::kRefund;
  record.record_sequence = 0;
  record.cause = cdr::ClosingCause::kManagementIntervention;
  record.opened_at = record.closed_at = shard.logged_at();
  for (RecordLine line : lines) {
    if (line.amount == 0) continue;
    line.revenue_micros = 0;  // The correction has what the two together earn.
    record.lines.push_back(line);
  }
  AttachRecord(shard, payer, &record);
  return true;
}

using Revenue = absl::InlinedVector<std::pair<BucketId, int64_t>, 4>;

void AttachCorrection(const ReRateCall& call, const Account& payer, const ChargeFound& charge,
                      std::vector<RecordLine> lines, Revenue revenue, Shard& shard) {
  cdr::Record record = BeginRecord(call, charge, shard);
  record.type = cdr::RecordType::kCorrection;
  record.tariff_revision = call.revision;
  for (RecordLine& line : lines) {
    for (auto& [bucket, micros] : revenue) {
      if (bucket == line.bucket) line.revenue_micros = std::exchange(micros, 0);
    }
    record.lines.push_back(line);
  }
  AttachRecord(shard, payer, &record);
}

// By how much more each bucket is drawn on. Nothing when a sum does not fit.
std::optional<Movements> MovementsOf(const cdr::Record& before,
                                     const std::vector<RecordLine>& after) {
  Movements movements;
  for (const RecordLine& line : before.lines) {
    if (line.bucket == BucketId{}) continue;  // Nothing had priced it.
    int64_t& spent = MovementOf(movements, line.bucket).spent;
    if (__builtin_sub_overflow(spent, line.amount, &spent)) return std::nullopt;
  }
  for (const RecordLine& line : after) {
    int64_t& spent = MovementOf(movements, line.bucket).spent;
    if (__builtin_add_overflow(spent, line.amount, &spent)) return std::nullopt;
  }
  return movements;
}

size_t NewCarries(const Account& account, const std::vector<RecordLine>& lines) {
  const auto is_new = [&](const RecordLine& line) {
    return line.carry_line != 0 &&
           std::none_of(account.carries.begin(), account.carries.end(),
                        [&](const Carry& carry) { return carry.line == line.carry_line; });
  };
  return static_cast<size_t>(std::count_if(lines.begin(), lines.end(), is_new));
}

void WriteAnswer(const ReRateCall& call, std::string* answer) {
  ByteWriter out(answer);
  out.Varint(call.amounts.size());
  for (const ReRatedAmount& amount : call.amounts) {
    out.Text(amount.unit.code());
    out.U8(amount.own_money ? 1 : 0);
    out.Signed(amount.before);
    out.Signed(amount.after);
  }
  out.Text(call.correction_record_id);
}

void ReadAnswer(ByteReader& in, ReRateCall* call) {
  call->outcome = ReRateOutcome::kCorrectedBefore;
  const uint64_t count = in.Varint();
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    ReRatedAmount amount;
    const auto unit = Unit::Parse(in.Text());
    if (unit.ok()) amount.unit = *unit;
    amount.own_money = in.U8() != 0;
    amount.before = in.Signed();
    amount.after = in.Signed();
    call->amounts.push_back(amount);
  }
  call->correction_record_id = in.Text();
}

void Correct(ReRateCall* call, Shard& shard, Account* payer, ChangeRecord* changes,
             ChargeFound* charge, const ReRated& rated) {
  const cdr::Record& before = charge->records[charge->record];
  const auto movements = MovementsOf(before, rated.lines);
  const bool room = payer->carries.size() + NewCarries(*payer, rated.lines) <=
                    static_cast<size_t>(kCarriesPerAccountMax);
  balance::EntryBuilder& entry = changes->Begin(call->account);
  Revenue revenue;
  if (movements) {
    for (const balance::Movement& movement : *movements) {
      if (movement.spent != 0)
        revenue.push_back({movement.bucket, balance::PostMovement(*payer, movement, &entry)});
    }
  }
  if (!movements || !room || Judge(*payer, entry) != balance::Verdict::kAllowed) {
    call->status = absl::ResourceExhaustedError("the balance or its carries would not fit");
    return;
  }

  // Past this line the correction cannot fail.
  for (const RecordLine& line : rated.lines) {
    if (line.carry_line == 0 || line.carry_in == line.carry_out) continue;
    entry.SetCarry({.line = line.carry_line,
                    .denominator = line.price_denominator,
                    .remainder = line.carry_out});
  }
  for (uint32_t l = 0; l < before.lines.size(); ++l)
    NoteGivenBack(charge->record, l, before.lines[l].amount, charge);
  entry.RefundOf(charge->position, charge->so_far);
  const bool gives_back = AttachRefund(*call, *payer, *charge, shard);
  call->correction_record_id = cdr::FormatRecordId(
      RecordIdOf(shard.id(), shard.book().NextPosition(), /*record=*/gives_back ? 1 : 0));
  AttachCorrection(*call, *payer, *charge, rated.lines, std::move(revenue), shard);
  WriteAnswer(*call, entry.answer());
  shard.Append(payer);
}

}  // namespace

std::string_view ReRateOutcomeName(ReRateOutcome outcome) {
  return kOutcomeNames[static_cast<size_t>(outcome)];
}

void ReRateCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  if (change.reason.empty()) {
    FailField(this, "reason", "is missing: expected why this is done; it is recorded");
    return;
  }
  if (change.key.size() > kRunLengthMax) {
    FailField(this, "idempotency_key",
              Cat("expected at most ", kRunLengthMax, " characters: it names the run"));
    return;
  }
  const Revision* corrected = FindCorrected(this, shard);
  Account* payer = corrected == nullptr ? nullptr : FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  const auto id = cdr::ParseRecordId(record_id);
  Change of_record = change;
  of_record.key = Cat(kKeyPrefix, change.key, "/", id.ok() ? cdr::FormatRecordId(*id) : "");
  ChangeRecord changes(shard, of_record, account.partition(), balance::EntryKind::kReRated,
                       {{"account_id", Cat(account.value)}, {"tariff_revision", Cat(revision)}});
  if (changes.Repeats(this, [this](ByteReader& in) { ReadAnswer(in, this); })) return;
  ChargeFound charge;
  if (!CheckNotClosed(this, *payer) || !FindCharge(this, shard, account, record_id, &charge))
    return;
  if (const auto before = GivenBackBefore(charge)) {
    outcome = *before;
    return;
  }
  absl::StatusOr<ReRated> rated = ReRate({.account = *payer,
                                          .revisions = shard.revisions(),
                                          .corrected = *corrected,
                                          .record = charge.records[charge.record]});
  if (!rated.ok()) {
    status = absl::ResourceExhaustedError(rated.status().message());
    return;
  }
  outcome = rated->outcome;
  amounts = rated->amounts;
  if (!apply || outcome != ReRateOutcome::kCorrected) return;
  Correct(this, shard, payer, &changes, &charge, *rated);
}

}  // namespace ocs::engine
