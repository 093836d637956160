#include "ocs/engine/internal/closing.h"

#include "balance/ledger.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/engine/internal/notices.h"
#include "ocs/engine/internal/supervision.h"
#include "ocs/engine/internal/volume.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::AccountState;
using balance::Bucket;
using balance::LedgerAccount;

// What is left of a package is lost; what is owed there is given up.
void SettlePackage(const Bucket& bucket, balance::EntryBuilder* entry) {
  entry->Post(LedgerAccount::kAvailable, bucket.id, -bucket.available);
  entry->Post(bucket.available > 0 ? LedgerAccount::kExpired : LedgerAccount::kWrittenOff,
              bucket.id, bucket.available);
  const int64_t rest = bucket.deferred_micros - bucket.released_micros;
  entry->Post(LedgerAccount::kDeferredReleased, bucket.id, -rest);
  entry->Post(LedgerAccount::kBreakage, bucket.id, rest);
  entry->DropBucket(bucket.id);
}

int64_t SettleMoney(const Bucket& main, SetStateCall::Settle settle, balance::EntryBuilder* entry) {
  entry->Post(LedgerAccount::kAvailable, main.id, -main.available);
  if (main.available <= 0) {
    entry->Post(LedgerAccount::kWrittenOff, main.id, main.available);
    return 0;
  }
  const bool paid = settle == SetStateCall::Settle::kPayOut;
  entry->Post(paid ? LedgerAccount::kCash : LedgerAccount::kExpired, main.id, main.available);
  return paid ? main.available : 0;
}

}  // namespace

bool MayFollow(AccountState from, AccountState to) {
  if (from == to || from == AccountState::kClosed || to == AccountState::kPreActive) return false;
  return from != AccountState::kPreActive || to == AccountState::kActive ||
         to == AccountState::kClosed;
}

void EndSessions(Shard& shard, Account* account) {
  while (!account->sessions.empty()) {
    const balance::Session session = account->sessions.back();
    ExpireSession(shard, account, session, cdr::ClosingCause::kManagementIntervention);
  }
  while (!account->volume_windows.empty()) {
    const balance::VolumeWindow window = account->volume_windows.back();
    SettleVolumeWindow(shard, account, window);
  }
}

int64_t WriteState(const Account& account, const StateChange& change,
                   balance::EntryBuilder* entry) {
  entry->SetProfile({.state = change.state,
                     .credit_limit_micros = account.credit_limit_micros,
                     .segment = account.segment,
                     .tenant = account.tenant,
                     .billing_day = account.billing_day});
  AttachNotice({.type = balance::NoticeType::kStateChanged,
                .at = change.at,
                .name = std::string(balance::AccountStateName(change.state))},
               entry);
  if (change.state != AccountState::kClosed) return 0;
  OCS_CHECK(account.sessions.empty());
  int64_t paid_out = 0;
  for (const Bucket& bucket : account.buckets) {
    if (bucket.id == balance::kMainBucket) {
      paid_out = SettleMoney(bucket, change.settle, entry);
    } else {
      SettlePackage(bucket, entry);
    }
  }
  for (const balance::Subscription& subscription : account.subscriptions)
    entry->DropSubscription(subscription);
  for (const balance::DatedChange& dated : account.dated_changes) entry->DropDatedChange(dated);
  return paid_out;
}

void ChangeAsDated(Shard& shard, Account* account) {
  OCS_CHECK(!account->dated_changes.empty());
  const balance::DatedChange change = account->dated_changes.front();
  const bool follows = MayFollow(account->state, change.state);
  if (follows && change.state == AccountState::kClosed) EndSessions(shard, account);
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kAccountChanged, account->id);
  ByteWriter note(entry.Attach(balance::AttachmentType::kNote));
  note.Text("dated change");
  note.Text(change.reason);
  const bool drops_all = follows && change.state == AccountState::kClosed;
  if (!drops_all) entry.DropDatedChange(change);
  if (follows) WriteState(*account, {.state = change.state, .at = change.at}, &entry);
  OCS_CHECK(Judge(*account, entry) == balance::Verdict::kAllowed);
  shard.Append(account);
}

}  // namespace ocs::engine
