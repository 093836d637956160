#include "ocs/engine/internal/change.h"

#include "ocs/base/hash.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/life.h"

namespace ocs::engine {

bool FailField(Operation* call, std::string_view field, std::string_view message) {
  call->failed_field = std::string(field);
  call->status = absl::InvalidArgumentError(Cat(field, ": ", message));
  return false;
}

bool RefuseField(Operation* call, std::string_view field, absl::StatusCode code,
                 std::string_view why) {
  const std::string message = Cat(field, ": ", why);
  call->failed_field = std::string(field);
  call->status = absl::Status(code, message);
  return false;
}

bool CheckNotClosed(Operation* call, const balance::Account& account) {
  if (account.state != balance::AccountState::kClosed) return true;
  return RefuseField(call, "account_id", absl::StatusCode::kFailedPrecondition,
                     "the account is closed");
}

absl::TimeZone ZoneInForce(const Revisions& revisions) {
  const Revision* newest = revisions.NewestPublished();
  return newest == nullptr ? absl::UTCTimeZone() : newest->tariff->zone();
}

bool CheckChange(Operation* call, const Change& change) {
  const auto too_long = [](const std::string& text) {
    return text.size() > static_cast<size_t>(kIdempotencyKeyLengthMax);
  };
  if (change.key.empty())
    return FailField(call, "idempotency_key",
                     "is missing: expected a key that is new for each change");
  const std::string limit = Cat("expected at most ", kIdempotencyKeyLengthMax, " characters");
  if (too_long(change.key)) return FailField(call, "idempotency_key", limit);
  if (too_long(change.actor)) return FailField(call, "actor", limit);
  if (change.reason.size() > static_cast<size_t>(kReasonLengthMax)) {
    return FailField(call, "reason", Cat("expected at most ", kReasonLengthMax, " characters"));
  }
  return true;
}

bool CheckEventTime(Operation* call, const Shard& shard, Instant at) {
  const EngineOptions& options = shard.options();
  const Instant now = shard.logged_at();
  if (at >= now.PlusSeconds(-options.event_time_past_max_seconds) &&
      at <= now.PlusSeconds(options.event_time_ahead_max_seconds)) {
    return true;
  }
  return FailField(
      call, "event_timestamp",
      Cat("expected at most ", options.event_time_past_max_seconds, " seconds ago and ",
          options.event_time_ahead_max_seconds, " seconds ahead"));
}

bool MayReach(Operation* call, const balance::Account& account) {
  if (call->caller_tenant.empty() || account.tenant == call->caller_tenant) return true;
  call->foreign = true;
  return false;
}

balance::Account* FindPayer(Operation* call, Shard& shard, AccountId account) {
  balance::Account* payer = account.valid() ? shard.FindAccount(account) : nullptr;
  if (payer != nullptr && !MayReach(call, *payer)) payer = nullptr;
  if (payer == nullptr && !shard.stopped()) {
    call->failed_field = "account_id";
    call->status = absl::NotFoundError("account_id: there is no such account");
  }
  return payer;
}

balance::Account* FindPayerToChange(Operation* call, Shard& shard, AccountId account) {
  balance::Account* payer = FindPayer(call, shard, account);
  if (payer != nullptr) DoDueWork(shard, payer);
  return payer;
}

ChangeRecord::ChangeRecord(Shard& shard, const Change& change, PartitionId partition,
                           balance::EntryKind kind, Fields fields)
    : shard_(shard),
      change_(change),
      key_(change.tenant.empty() ? change.key : Cat(change.tenant, "/", change.key)),
      partition_(partition),
      kind_(kind),
      fields_(std::move(fields)) {
  fingerprint_.push_back(static_cast<uint32_t>(kind_));
  for (const auto& field : fields_)
    fingerprint_.push_back(static_cast<uint32_t>(StableHash64(field.second)));
}

bool ChangeRecord::Repeats(Operation* call, const std::function<void(ByteReader&)>& read) {
  absl::StatusOr<std::unique_ptr<balance::StoredEntry>> known =
      shard_.book().FindChange(partition_, key_);
  if (!known.ok()) {
    shard_.Stop(known.status());
    return true;
  }
  if (*known == nullptr) return false;
  const balance::EntryView& entry = (*known)->view;
  const auto conflict = [&](std::string_view field) {
    call->failed_field = std::string(field);
    call->status = absl::AlreadyExistsError(Cat("idempotency_key: was used before with another ",
                                                field, ": a new change needs a new key"));
    return true;
  };
  if (entry.kind != kind_) return conflict("operation");
  for (size_t i = 1; i < fingerprint_.size(); ++i) {
    if (i >= entry.fingerprint.size() || entry.fingerprint[i] != fingerprint_[i])
      return conflict(fields_[i - 1].first);
  }
  ByteReader in(entry.answer);
  read(in);
  shard_.CountReplayed();
  return true;
}

balance::EntryBuilder& ChangeRecord::Begin(AccountId account) {
  balance::EntryBuilder& entry = shard_.entry();
  entry.Begin(kind_, account);
  entry.SetKey({.type = balance::EntryKey::Type::kChange, .text = key_, .number = 0});
  entry.SetFingerprint(fingerprint_);
  if (!change_.actor.empty() || !change_.reason.empty()) {
    ByteWriter note(entry.Attach(balance::AttachmentType::kNote));
    note.Text(change_.actor);
    note.Text(change_.reason);
  }
  return entry;
}

}  // namespace ocs::engine
