#include "ocs/engine/internal/supervision.h"

#include <string>
#include <vector>

#include "balance/ledger.h"
#include "cdr/record.h"
#include "ocs/base/check.h"
#include "ocs/engine/internal/quota.h"

namespace ocs::engine {
namespace {

void ExpireSession(Shard& shard, balance::Account* account, const balance::Session& session) {
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kSessionExpired, account->id);
  entry.SetKey({.type = balance::EntryKey::Type::kSession, .text = session.id, .number = 0});
  entry.SetSessionPrevious(session.last);
  Movements movements;
  for (const balance::Grant& grant : session.grants) {
    for (const balance::Hold& hold : grant.holds)
      MovementOf(movements, hold.bucket).released += hold.amount;
  }
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
  record.cause = cdr::ClosingCause::kAbnormalRelease;
  record.incomplete = true;
  record.opened_at = session.reported_at;
  record.closed_at = shard.logged_at();
  record.recorded_at = shard.logged_at();
  record.tariff_revision = session.revision;
  if (!session.grants.empty()) {
    record.rating_group = session.grants.front().rating_group;
    record.model = session.grants.front().model;
  }
  EncodeRecord(record, entry.Attach(balance::AttachmentType::kRecord));
  shard.CountRecord();
  shard.CountExpiredSession();
  shard.Append(account);
}

}  // namespace

void ExpireDueWork(Shard& shard, balance::Account* account) {
  const Instant now = shard.logged_at();
  std::vector<std::string> due;  // By id: applying an entry moves the sessions.
  for (const balance::Session& session : account->sessions) {
    if (session.ends_at <= now) due.push_back(session.id);
  }
  for (const std::string& id : due) {
    const balance::Session session = *account->FindSession(id);
    ExpireSession(shard, account, session);
  }
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kBucketsExpired, account->id);
  if (PostExpiries(*account, now, &entry) == 0) return;
  OCS_CHECK(Judge(*account, entry) == balance::Verdict::kAllowed);
  shard.Append(account);
}

}  // namespace ocs::engine
