// A refund gives back all of one charge, once, to the buckets that it came from (CC-71); less what
// a volume price's rebate gave back of it (volume.h).

#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/attach_record.h"
#include "ocs/engine/internal/charging.h"
#include "ocs/engine/record_id.h"

namespace ocs::engine {
namespace {

// Not a correction, as kReRated is: ChargesOrCorrects of charge_lookup.cc takes that, too.
bool ChargesAtOnce(balance::EntryKind kind) {
  return kind == balance::EntryKind::kEventCharged || kind == balance::EntryKind::kSessionUpdated ||
         kind == balance::EntryKind::kSessionTerminated;
}

}  // namespace

void Charging::DecideRefund() {
  constexpr std::string_view kField = "refund_information";
  const auto id = cdr::ParseRecordId(request_.refund_information);
  const auto unknown = [&] {
    RefuseRecorded(
        ResultCode::kInvalidAvpValue, kField,
        "names no charge of this account: expected that of the answer to what is to be refunded");
  };
  if (!id.ok() || id->shard != shard_.id() || !id->position.valid()) return unknown();
  refunded_ = EntryOf(*id);
  absl::StatusOr<std::unique_ptr<balance::StoredEntry>> charged =
      shard_.book().ReadEntry(refunded_);
  if (absl::IsNotFound(charged.status())) return unknown();
  if (!charged.ok()) return shard_.Stop(charged.status());
  if ((*charged)->view.account != account_->id || !ChargesAtOnce((*charged)->view.kind))
    return unknown();
  const auto before = shard_.book().FindRefund(account_->id.partition(), refunded_);
  if (!before.ok()) return shard_.Stop(before.status());
  if (before->has_value()) {
    return RefuseRecorded(ResultCode::kInvalidAvpValue, kField, "this charge was refunded before");
  }
  Refund(**charged);
}

bool Charging::AddRefundMovements(const cdr::Record& record) {
  for (const cdr::RecordLine& line : record.lines) {
    // What came from a bucket that is gone cannot go back there.
    if (account_->FindBucket(line.bucket) == nullptr) continue;
    balance::Movement& movement = MovementOf(movements_, line.bucket);
    const auto spent = SubtractExact(movement.spent, line.amount);
    if (!spent) return false;
    movement.spent = *spent;
    if (line.unit.is_money() &&
        __builtin_sub_overflow(charged_micros_, line.amount, &charged_micros_))
      return false;
  }
  return true;
}

void Charging::GiveBackCounts(const balance::StoredEntry& charged) {
  balance::EffectReader effects(charged.view.effects);
  while (effects.Next()) {
    if (effects.effect() != balance::Effect::kCount) continue;
    balance::CounterMove move = effects.counter();
    if (account_->FindCounter(move.id, move.owner) == nullptr) continue;
    move.counted = -move.counted;
    move.charged_micros = -move.charged_micros;
    move.held = 0;
    if (move.counted != 0 || move.charged_micros != 0) shard_.entry().Count(move);
  }
}

void Charging::Refund(const balance::StoredEntry& charged) {
  for (const balance::EntryView::Attachment& attachment : charged.view.attachments) {
    if (attachment.type != balance::AttachmentType::kRecord) continue;
    absl::StatusOr<cdr::Record> record = cdr::DecodeRecord(attachment.bytes);
    if (!record.ok()) return shard_.Stop(record.status());
    refund_records_.push_back(*std::move(record));
  }
  const absl::Status net = TakeOffRebates(shard_, charged, &refund_records_);
  if (!net.ok()) return shard_.Stop(net);
  std::vector<RefundOfLine> volumes;
  for (const cdr::Record& record : refund_records_) {
    if (!AddRefundMovements(record)) {
      return RefuseRecorded(ResultCode::kUnableToComply, "", "an amount would not fit");
    }
    for (const cdr::RecordLine& line : record.lines)
      volumes.push_back({.line = &line, .amount = line.amount, .pieces = line.quantity});
  }
  balance::EntryBuilder& entry = shard_.entry();
  entry.Begin(balance::EntryKind::kEventRefunded, account_->id);
  WriteKey();
  entry.RefundOf(refunded_);
  NoteNumber();
  absl::InlinedVector<std::pair<BucketId, int64_t>, 4> revenue;
  for (const balance::Movement& movement : movements_) {
    revenue.push_back({movement.bucket, balance::PostMovement(*account_, movement, &entry)});
  }
  RefundVolumes(shard_, *account_, charged, volumes);
  GiveBackCounts(charged);
  if (!EntryAllowed()) return;

  // Past this line the refund cannot fail.
  for (uint32_t i = 0; i < refund_records_.size(); ++i) {
    cdr::Record& record = refund_records_[i];
    record.type = cdr::RecordType::kRefund;
    record.costs.clear();  // The vendor gives nothing back.
    record.local_sequence = shard_.book().NextRecordSequence();
    record.session_id = request_.session_id;
    record.request_number = request_.number;
    record.record_sequence = 0;
    record.cause = cdr::ClosingCause::kNormalRelease;
    record.opened_at = at_;
    record.closed_at = at_;
    record.recorded_at = shard_.logged_at();
    record.refers_to_shard = shard_.id().value;
    record.refers_to = RecordIdOf(shard_.id(), refunded_, i).position;
    absl::InlinedVector<cdr::RecordLine, 6> lines;
    for (cdr::RecordLine& line : record.lines) {
      if (account_->FindBucket(line.bucket) == nullptr) continue;
      // The bucket's revenue is given back on its first line; what was carried stays carried.
      line.revenue_micros = 0;
      for (auto& [bucket, micros] : revenue) {
        if (bucket == line.bucket) line.revenue_micros = std::exchange(micros, 0);
      }
      lines.push_back(line);
    }
    record.lines = std::move(lines);
    AttachRecord(shard_, *account_, &record);
  }
  answer_->has_cost = true;
  answer_->cost_micros = charged_micros_;
  shard_.CountResult(answer_->code);
  EncodeAnswer(*answer_, entry.answer());
  shard_.Append(account_);
}

}  // namespace ocs::engine
