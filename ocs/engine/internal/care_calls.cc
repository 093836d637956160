// What customer care gives, takes, gives up and gives back.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "balance/changes.h"
#include "balance/ledger.h"
#include "cdr/record.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/care_operation.h"
#include "ocs/engine/internal/attach_record.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/charge_lookup.h"
#include "ocs/engine/internal/demands.h"
#include "ocs/engine/internal/quota.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/internal/volume.h"
#include "ocs/engine/record_id.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::Bucket;
using balance::EntryKind;

bool CheckReason(Operation* call, const Change& change) {
  if (!CheckChange(call, change)) return false;
  return !change.reason.empty() ||
         FailField(call, "reason", "is missing: expected why this is done; it is recorded");
}

const Bucket* FindBucket(Operation* call, const Account& payer, BucketId id) {
  const Bucket* bucket = payer.FindBucket(id);
  if (bucket == nullptr) {
    RefuseField(call, "bucket_id", absl::StatusCode::kNotFound,
                Cat("the account has no bucket ", id.value));
  }
  return bucket;
}

bool NotAllGivenBack(RefundChargeCall* call, const ChargeFound& charge) {
  return !charge.all_given_back ||
         RefuseField(call, "record_id", absl::StatusCode::kFailedPrecondition,
                     "all of it was given back before");
}

// What is to be given back now, line by line.
struct RefundPart {
  uint32_t record = 0;
  uint32_t line = 0;
  int64_t amount = 0;
};

bool FindOnePart(RefundChargeCall* call, const ChargeFound& charge,
                 std::vector<RefundPart>* parts) {
  const cdr::Record& record = charge.records[charge.record];
  const uint32_t number = *call->line;
  if (number >= record.lines.size()) {
    return RefuseField(call, "line", absl::StatusCode::kNotFound,
                       Cat("the record has ", record.lines.size(), " lines, counted from 0"));
  }
  const cdr::RecordLine& line = record.lines[number];
  const int64_t left = line.amount - GivenBack(charge, charge.record, number);
  const int64_t amount = call->amount == 0 ? left : call->amount;
  if (amount <= 0 || amount > left) {
    return RefuseField(
        call, "amount", absl::StatusCode::kFailedPrecondition,
        Cat("of this line ", FormatAmount(left, line.unit), " have not been given back yet"));
  }
  parts->push_back({.record = charge.record, .line = number, .amount = amount});
  return true;
}

bool FindParts(RefundChargeCall* call, const Account& payer, const ChargeFound& charge,
               std::vector<RefundPart>* parts) {
  if (call->line) {
    if (!FindOnePart(call, charge, parts)) return false;
  } else {
    for (uint32_t r = 0; r < charge.records.size(); ++r) {
      const auto& lines = charge.records[r].lines;
      if (IsCredit(charge.records[r].type)) continue;  // Of a correction: what it gave back.
      for (uint32_t l = 0; l < lines.size(); ++l) {
        const int64_t left = lines[l].amount - GivenBack(charge, r, l);
        if (left > 0) parts->push_back({.record = r, .line = l, .amount = left});
      }
    }
  }
  // What came from a bucket that is gone cannot go back there.
  std::erase_if(*parts, [&](const RefundPart& part) {
    return payer.FindBucket(charge.records[part.record].lines[part.line].bucket) == nullptr;
  });
  return !parts->empty() ||
         RefuseField(call, "record_id", absl::StatusCode::kFailedPrecondition,
                     "nothing of it is left to give back: all was, or its buckets are gone");
}

using Revenue = absl::InlinedVector<std::pair<BucketId, int64_t>, 4>;

// Writes what goes back into each bucket. Nothing when an amount would not fit.
std::optional<Revenue> WriteMovements(const Account& payer, const ChargeFound& charge,
                                      const std::vector<RefundPart>& parts, RefundChargeCall* call,
                                      balance::EntryBuilder* entry) {
  Movements movements;
  for (const RefundPart& part : parts) {
    const cdr::RecordLine& line = charge.records[part.record].lines[part.line];
    balance::Movement& movement = MovementOf(movements, line.bucket);
    const auto spent = SubtractExact(movement.spent, part.amount);
    if (!spent) return std::nullopt;
    movement.spent = *spent;
    (line.unit.is_money() ? call->refunded_micros : call->refunded_pieces) += part.amount;
  }
  Revenue revenue;
  for (const balance::Movement& movement : movements)
    revenue.push_back({movement.bucket, balance::PostMovement(payer, movement, entry)});
  return revenue;
}

// The record of what is given back of one record of the charge.
void AttachRefund(const RefundChargeCall& call, const Account& payer, const ChargeFound& charge,
                  const std::vector<RefundPart>& parts, uint32_t of_record, Shard& shard,
                  Revenue* revenue) {
  const cdr::Record& charged = charge.records[of_record];
  cdr::Record record = charged;
  record.lines.clear();
  record.costs.clear();  // The vendor gives nothing back.
  for (const RefundPart& part : parts) {
    if (part.record != of_record) continue;
    cdr::RecordLine line = charged.lines[part.line];
    line.revenue_micros = 0;
    for (auto& [bucket, micros] : *revenue) {
      if (bucket == line.bucket) line.revenue_micros = std::exchange(micros, 0);
    }
    if (part.amount != line.amount) {  // A part has no price of its own.
      line.amount = part.amount;
      line.quantity = 1;
      line.price_numerator = part.amount;
      line.price_denominator = 1;
      line.carry_in = 0;
      line.carry_out = 0;
      line.carry_line = 0;
    }
    record.lines.push_back(line);
  }
  if (record.lines.empty()) return;
  record.type = cdr::RecordType::kRefund;
  record.local_sequence = shard.book().NextRecordSequence();
  record.session_id = call.change.key;
  record.request_number = 0;
  record.record_sequence = 0;
  record.cause = cdr::ClosingCause::kManagementIntervention;
  record.opened_at = shard.logged_at();
  record.closed_at = shard.logged_at();
  record.recorded_at = shard.logged_at();
  record.refers_to_shard = shard.id().value;
  record.refers_to = RecordIdOf(shard.id(), charge.position, of_record).position;
  AttachRecord(shard, payer, &record);
}

}  // namespace

void AdjustCall::Execute(Shard& shard) {
  if (!CheckReason(this, change)) return;
  if (amount == 0 || amount > kAmountMicrosMax || amount < -kAmountMicrosMax) {
    FailField(this, "amount",
              Cat("is ", amount, ", expected 1 to ", kAmountMicrosMax, " or below 0"));
    return;
  }
  Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(shard, change, account.partition(), EntryKind::kAdjusted,
                      {{"account_id", Cat(account.value)},
                       {"bucket_id", Cat(bucket.value)},
                       {"amount", Cat(amount)},
                       {"kind", Cat(static_cast<int>(kind))}});
  if (record.Repeats(this, [&](ByteReader& in) { available = in.Signed(); })) return;
  if (!CheckNotClosed(this, *payer)) return;
  const Bucket* found = FindBucket(this, *payer, bucket);
  if (found == nullptr) return;
  if (!MayAdjust(*found)) {
    RefuseField(this, "bucket_id", absl::StatusCode::kFailedPrecondition,
                "was paid for: adjusting would change what its pieces cost; adjust the money");
    return;
  }
  if (amount < 0 && payer->Spendable(*found) < -amount) {
    RefuseField(this, "amount", absl::StatusCode::kFailedPrecondition,
                Cat("takes more than the ", FormatAmount(payer->Spendable(*found), found->unit),
                    " that are there"));
    return;
  }
  balance::EntryBuilder& entry = record.Begin(account);
  balance::PostAdjustment(*found, amount, kind, &entry);
  if (Judge(*payer, entry) != balance::Verdict::kAllowed) {
    status = absl::ResourceExhaustedError("amount: the balance would not fit");
    return;
  }

  // Past this line the command cannot fail.
  const bool was_out_of_money = IsOutOfMoney(*payer);
  available = found->available + amount;
  ByteWriter(entry.answer()).Signed(available);
  shard.Append(payer);
  AskAfterCredit(shard, payer, was_out_of_money);
}

void WriteOffCall::Execute(Shard& shard) {
  if (!CheckReason(this, change)) return;
  if (amount && (*amount < 1 || *amount > kAmountMicrosMax)) {
    FailField(this, "amount", Cat("is ", *amount, ", expected 1 to ", kAmountMicrosMax));
    return;
  }
  Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(shard, change, account.partition(), EntryKind::kWrittenOff,
                      {{"account_id", Cat(account.value)},
                       {"bucket_id", Cat(bucket.value)},
                       {"amount", amount ? Cat(*amount) : ""}});
  if (record.Repeats(this, [&](ByteReader& in) { written_off = in.Signed(); })) return;
  const Bucket* found = FindBucket(this, *payer, bucket);
  if (found == nullptr) return;
  if (found->available >= 0) {
    RefuseField(this, "bucket_id", absl::StatusCode::kFailedPrecondition, "owes nothing");
    return;
  }
  const int64_t owed = -found->available;
  if (amount && *amount > owed) {
    RefuseField(this, "amount", absl::StatusCode::kFailedPrecondition,
                Cat("is more than the ", FormatAmount(owed, found->unit), " that are owed"));
    return;
  }

  // Past this line the command cannot fail.
  written_off = amount.value_or(owed);
  balance::EntryBuilder& entry = record.Begin(account);
  balance::PostWriteOff(*found, written_off, &entry);
  OCS_CHECK(Judge(*payer, entry) == balance::Verdict::kAllowed);
  ByteWriter(entry.answer()).Signed(written_off);
  shard.Append(payer);
}

void RefundChargeCall::Execute(Shard& shard) {
  if (!CheckReason(this, change)) return;
  if (amount < 0 || (amount != 0 && !line)) {
    FailField(this, "amount", "expected a part of a line: give the line, and 1 or more");
    return;
  }
  Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord changes(shard, change, account.partition(), EntryKind::kEventRefunded,
                       {{"account_id", Cat(account.value)},
                        {"record_id", record_id},
                        {"line", line ? Cat(*line) : ""},
                        {"amount", Cat(amount)}});
  const auto read = [&](ByteReader& in) {
    refunded_micros = in.Signed();
    refunded_pieces = in.Signed();
    refund_record_id = in.Text();
  };
  if (changes.Repeats(this, read)) return;
  ChargeFound charge;
  std::vector<RefundPart> parts;
  if (!CheckNotClosed(this, *payer) || !FindCharge(this, shard, account, record_id, &charge) ||
      !NotAllGivenBack(this, charge) || !FindParts(this, *payer, charge, &parts)) {
    return;
  }
  balance::EntryBuilder& entry = changes.Begin(account);
  std::optional<Revenue> revenue = WriteMovements(*payer, charge, parts, this, &entry);
  if (!revenue || Judge(*payer, entry) != balance::Verdict::kAllowed) {
    status = absl::ResourceExhaustedError("amount: the balance would not fit");
    return;
  }

  // Past this line the refund cannot fail. The use still counts.
  std::vector<RefundOfLine> volumes;
  for (const RefundPart& part : parts) {
    volumes.push_back(
        {.line = &charge.records[part.record].lines[part.line], .amount = part.amount});
  }
  RefundVolumes(shard, *payer, *charge.entry, volumes);
  for (const RefundPart& part : parts) NoteGivenBack(part.record, part.line, part.amount, &charge);
  entry.RefundOf(charge.position, charge.so_far);
  refund_record_id =
      cdr::FormatRecordId(RecordIdOf(shard.id(), shard.book().NextPosition(), /*record=*/0));
  for (uint32_t r = 0; r < charge.records.size(); ++r)
    AttachRefund(*this, *payer, charge, parts, r, shard, &*revenue);
  ByteWriter answer(entry.answer());
  answer.Signed(refunded_micros);
  answer.Signed(refunded_pieces);
  answer.Text(refund_record_id);
  shard.Append(payer);
}

}  // namespace ocs::engine
