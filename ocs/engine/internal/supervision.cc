#include "ocs/engine/internal/supervision.h"

#include <algorithm>

#include "balance/ledger.h"
#include "cdr/record.h"
#include "ocs/base/check.h"
#include "ocs/engine/internal/attach_record.h"
#include "ocs/engine/internal/charging.h"
#include "ocs/engine/internal/context.h"
#include "ocs/engine/internal/quota.h"

namespace ocs::engine {

namespace {

// Charges what was granted as what was used; false, and nothing is written, where that cannot be.
bool ChargeHeld(Shard& shard, balance::Account* account, const balance::Session& session) {
  CreditControlRequest request;
  request.session_id = session.id;
  request.type = RequestType::kTermination;
  request.number = session.number_max;
  request.account = account->id;
  for (const balance::Grant& grant : session.grants) {
    if (!UsesAnything(grant.granted)) continue;
    ServiceRequest& service = request.services.emplace_back();
    service.rating_group = grant.rating_group;
    service.used = grant.granted;
    service.has_used = true;
    service.estimated = true;
  }
  if (request.services.empty()) return false;
  CreditControlAnswer answer;
  return Charging(shard, request, &answer).ChargeLost(account, session);
}

}  // namespace

void ExpireSession(Shard& shard, balance::Account* account, const balance::Session& session,
                   cdr::ClosingCause cause) {
  // What is closed before its time has not fallen silent, unless its gateway has lost it.
  const bool silent =
      session.ends_at <= shard.logged_at() ||
      (cause == cdr::ClosingCause::kAbnormalRelease && shard.origins().HasLost(*account, session));
  if (silent && shard.options().lost_use == LostUse::kChargedHeld &&
      ChargeHeld(shard, account, session)) {
    return;
  }
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kSessionExpired, account->id);
  entry.SetKey({.type = balance::EntryKey::Type::kSession, .text = session.id, .number = 0});
  entry.SetSessionPrevious(session.last);
  Movements movements;
  CounterChanges counters;
  for (const balance::Grant& grant : session.grants) {
    for (const balance::Hold& hold : grant.holds)
      MovementOf(movements, hold.bucket).released += hold.amount;
    ReleaseCounters(*account, grant, &counters);
  }
  WriteCounters(counters, session.ends_at, &entry);
  for (const balance::Movement& movement : movements) PostMovement(*account, movement, &entry);
  OCS_CHECK(Judge(*account, entry) == balance::Verdict::kAllowed);
  entry.CloseSession();
  cdr::Record record;
  record.type = cdr::RecordType::kUsage;
  record.local_sequence = shard.book().NextRecordSequence();
  record.account = account->id;
  record.session_id = session.id;
  record.request_number = session.number_max;
  record.record_sequence = session.record_sequence == 0 ? 0 : session.record_sequence + 1;
  record.cause = cause;
  record.incomplete = true;
  record.opened_at = session.reported_at;
  // As of when the timer ran out, however late this is.
  record.closed_at = std::max(std::min(session.ends_at, shard.logged_at()), record.opened_at);
  record.recorded_at = shard.logged_at();
  record.tariff_revision = session.revision;
  if (!session.grants.empty()) {
    record.rating_group = session.grants.front().rating_group;
    record.model = session.grants.front().model;
  }
  AttachRecord(shard, *account, &record);
  if (cause == cdr::ClosingCause::kAbnormalRelease) shard.CountExpiredSession();
  shard.Append(account);
}

}  // namespace ocs::engine
