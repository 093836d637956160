#include "tools/inspect/key_check.h"

#include <string>

#include "balance/journal.h"
#include "cdr/record.h"
#include "ocs/base/bytes.h"
#include "ocs/base/hash.h"
#include "ocs/base/text.h"

namespace ocs::tools {
namespace {

using balance::EntryKey;
using balance::EntryKind;

bool IsEvent(EntryKind kind) {
  return kind == EntryKind::kEventCharged || kind == EntryKind::kEventRefunded;
}

bool MayBeRefunded(EntryKind kind) {
  return kind == EntryKind::kReRated || kind == EntryKind::kEventCharged ||
         kind == EntryKind::kSessionUpdated || kind == EntryKind::kSessionTerminated;
}

// Why a charge cannot have been given back in these parts; "" when it can.
std::string FaultOfParts(const balance::EntryView& charge,
                         const std::vector<balance::RefundedLine>& so_far) {
  for (const balance::RefundedLine& part : so_far) {
    uint32_t number = 0;
    int64_t charged = -1;
    for (const balance::EntryView::Attachment& attachment : charge.attachments) {
      if (attachment.type != balance::AttachmentType::kRecord) continue;
      if (number++ != part.record) continue;
      const auto record = cdr::DecodeRecord(attachment.bytes);
      if (!record.ok()) return std::string(record.status().message());
      if (part.line < record->lines.size()) charged = record->lines[part.line].amount;
    }
    if (part.amount >= 0 && part.amount <= charged) continue;
    return Cat("charged ", charged, " in line ", part.line, " of record ", part.record, ", not ",
               part.amount);
  }
  return "";
}

// What is known of the entry that a refund names, or why it is none that can be given back.
std::string FaultOfCharge(const balance::Store& store, const balance::EntryView& refund,
                          Position charged, const std::vector<balance::RefundedLine>& so_far) {
  if (!charged.valid() || charged >= refund.position) return "is not before it";
  const auto bytes = balance::ReadGroup(store, charged.group);
  if (absl::IsNotFound(bytes.status())) return "";  // Trimmed away.
  if (!bytes.ok()) return std::string(bytes.status().message());
  auto group = balance::GroupReader::Open(*bytes, charged.group);
  if (!group.ok()) return std::string(group.status().message());
  const auto body = group->FindBody(charged.index);
  if (!body.ok()) return std::string(body.status().message());
  const auto entry = balance::ParseEntry(*body, charged);
  if (!entry.ok()) return std::string(entry.status().message());
  if (entry->account != refund.account) return Cat("is of account ", entry->account.value);
  if (!MayBeRefunded(entry->kind)) return Cat("is '", EntryKindName(entry->kind), "'");
  return FaultOfParts(*entry, so_far);
}

}  // namespace

void KeyCheck::Add(const balance::EntryView& entry, Instant logged_at) {
  std::string text;
  ByteWriter out(&text);
  if (entry.key.type == EntryKey::Type::kRequest) {
    // A session id is its account's: two accounts may choose the same.
    out.Varint(entry.account.value);
    out.Varint(entry.key.number);
    out.Raw(entry.key.text);
    AddKey(Check::kRequests, {StableHash64(text, 1), StableHash64(text, 2)}, entry, logged_at);
  } else if (entry.key.type == EntryKey::Type::kChange) {
    out.Varint(entry.account.partition().value);
    out.Raw(entry.key.text);
    AddKey(Check::kChanges, {StableHash64(text, 3), StableHash64(text, 4)}, entry, logged_at);
  }
  for (balance::EffectReader effects(entry.effects); effects.Next();) {
    if (effects.effect() == balance::Effect::kRefundOf) {
      AddRefund(entry, effects.refund_of(), effects.refunded());
    }
  }
}

void KeyCheck::AddKey(Check check, const Hash& hash, const balance::EntryView& entry,
                      Instant logged_at) {
  report_->Count(check);
  // As the server remembers: refused events as long as sessions.
  const bool event = check == Check::kChanges || IsEvent(entry.kind);
  const int64_t seconds = event ? retention_.event_seconds : retention_.answer_seconds;
  const Seen now{.position = entry.position, .until = logged_at.PlusSeconds(seconds)};
  const auto [known, added] = seen_.try_emplace(hash, now);
  if (added) return;
  if (known->second.until <= logged_at) {
    ++reused_;
  } else {
    const std::string key = check == Check::kRequests
                                ? Cat("session ", entry.key.text, " request ", entry.key.number)
                                : Cat("key ", entry.key.text);
    report_->Fail(check, PlaceOf(entry.position),
                  Cat(key, " of account ", entry.account.value, " was answered by ",
                      PlaceOf(known->second.position), " already"));
  }
  known->second = now;
}

void KeyCheck::AddRefund(const balance::EntryView& entry, Position charged,
                         const std::vector<balance::RefundedLine>& so_far) {
  report_->Count(Check::kRefunds);
  const auto [known, added] =
      refunds_.try_emplace({charged.group, charged.index}, Refunded{entry.position, so_far});
  // Parts may follow parts; nothing may follow the whole, and the whole nothing.
  if (!added && (so_far.empty() || known->second.so_far.empty())) {
    report_->Fail(Check::kRefunds, PlaceOf(entry.position),
                  Cat("gives back ", PlaceOf(charged), ", which ", PlaceOf(known->second.position),
                      " gave back already"));
    return;
  }
  const std::string fault = FaultOfCharge(*store_, entry, charged, so_far);
  if (!fault.empty()) {
    report_->Fail(Check::kRefunds, PlaceOf(entry.position),
                  Cat("gives back ", PlaceOf(charged), ", which ", fault));
  }
  known->second = {.position = entry.position, .so_far = so_far};
}

void KeyCheck::Finish() {
  if (reused_ == 0) return;
  report_->notes.push_back(Cat(FormatGrouped(static_cast<int64_t>(reused_)),
                               " keys were used again after the time for which they are "
                               "remembered; that is allowed"));
}

}  // namespace ocs::tools
