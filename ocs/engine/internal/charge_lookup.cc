#include "ocs/engine/internal/charge_lookup.h"

#include <algorithm>
#include <utility>

#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/volume.h"
#include "ocs/engine/record_id.h"

namespace ocs::engine {
namespace {

using balance::EntryKind;
using balance::RefundedLine;

bool ChargesOrCorrects(EntryKind kind) {
  return kind == EntryKind::kEventCharged || kind == EntryKind::kSessionUpdated ||
         kind == EntryKind::kSessionTerminated || kind == EntryKind::kReRated;
}

// Reads what earlier refunds gave back. False: the shard has stopped.
bool ReadRefunds(Shard& shard, AccountId account, ChargeFound* charge) {
  const auto before = shard.book().FindRefund(account.partition(), charge->position);
  if (!before.ok()) return shard.Stop(before.status()), false;
  if (!before->has_value()) return true;
  const auto refund = shard.book().ReadEntry(**before);
  if (absl::IsNotFound(refund.status())) {  // Trimmed: so long ago that nothing is known of it.
    charge->all_given_back = true;
    return true;
  }
  if (!refund.ok()) return shard.Stop(refund.status()), false;
  balance::EffectReader effects((*refund)->view.effects);
  while (effects.Next()) {
    if (effects.effect() != balance::Effect::kRefundOf) continue;
    charge->so_far = effects.refunded();
    charge->all_given_back = charge->so_far.empty();
  }
  return true;
}

// The records of the charge's entry, less what rebates gave back. False: the shard has stopped.
bool ReadRecords(Shard& shard, ChargeFound* charge) {
  for (const balance::EntryView::Attachment& attachment : charge->entry->view.attachments) {
    if (attachment.type != balance::AttachmentType::kRecord) continue;
    auto record = cdr::DecodeRecord(attachment.bytes);
    if (!record.ok()) return shard.Stop(record.status()), false;
    charge->records.push_back(*std::move(record));
  }
  const absl::Status net = TakeOffRebates(shard, *charge->entry, &charge->records);
  return net.ok() || (shard.Stop(net), false);
}

auto FindNote(const ChargeFound& charge, uint32_t record, uint32_t line) {
  return std::find_if(charge.so_far.begin(), charge.so_far.end(),
                      [&](const RefundedLine& r) { return r.record == record && r.line == line; });
}

}  // namespace

bool FindCharge(Operation* call, Shard& shard, AccountId account, const std::string& record_id,
                ChargeFound* charge) {
  const auto unknown = [&] {
    return RefuseField(call, "record_id", absl::StatusCode::kNotFound,
                       "names no charge for use of this account");
  };
  const auto id = cdr::ParseRecordId(record_id);
  if (!id.ok() || id->shard != shard.id() || !id->position.valid()) return unknown();
  charge->position = EntryOf(*id);
  charge->record = id->position.index % kRecordsPerEntry;
  auto entry = shard.book().ReadEntry(charge->position);
  if (absl::IsNotFound(entry.status())) return unknown();
  if (!entry.ok()) return shard.Stop(entry.status()), false;
  charge->entry = *std::move(entry);
  const balance::EntryView& view = charge->entry->view;
  if (view.account != account || !ChargesOrCorrects(view.kind)) return unknown();
  if (!ReadRecords(shard, charge)) return false;
  if (charge->record >= charge->records.size() || IsCredit(charge->records[charge->record].type)) {
    return unknown();
  }
  return ReadRefunds(shard, account, charge);
}

int64_t GivenBack(const ChargeFound& charge, uint32_t record, uint32_t line) {
  const auto found = FindNote(charge, record, line);
  return found == charge.so_far.end() ? 0 : found->amount;
}

bool IsNoted(const ChargeFound& charge, uint32_t record, uint32_t line) {
  return FindNote(charge, record, line) != charge.so_far.end();
}

void NoteGivenBack(uint32_t record, uint32_t line, int64_t amount, ChargeFound* charge) {
  const auto found =
      std::find_if(charge->so_far.begin(), charge->so_far.end(),
                   [&](const RefundedLine& r) { return r.record == record && r.line == line; });
  if (found == charge->so_far.end()) {
    charge->so_far.push_back({.record = record, .line = line, .amount = amount});
  } else {
    found->amount += amount;
  }
}

}  // namespace ocs::engine
