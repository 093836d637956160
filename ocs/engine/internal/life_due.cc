// What falls due for an account, in time order.

#include <algorithm>
#include <optional>
#include <string>

#include "balance/changes.h"
#include "balance/ledger.h"
#include "ocs/base/check.h"
#include "ocs/engine/internal/closing.h"
#include "ocs/engine/internal/demands.h"
#include "ocs/engine/internal/life.h"
#include "ocs/engine/internal/life_renewal.h"
#include "ocs/engine/internal/notices.h"
#include "ocs/engine/internal/supervision.h"
#include "ocs/engine/internal/transfers.h"
#include "ocs/engine/internal/volume.h"
#include "ocs/engine/internal/watching.h"

namespace ocs::engine {
namespace {

/// In the order in which things happen that fall due at the same instant: what a session frees can
/// be carried over, a closed account does not renew, what a volume price gives back can pay the
/// next fee, and what is carried over does not expire.
enum class DueKind : uint8_t {
  kSessionEnd = 0,
  kDatedChange = 1,
  kVolumeEnd = 2,
  kRenewal = 3,
  kBucketEnd = 4,
  kRefill = 5,
  kSubscriptionEnd = 6,
  kLimitEnd = 7,
  kTransfer = 8,
  kBucketNotice = 9,
  kDemand = 10,
  kWatchEnd = 11,
  kWatchLook = 12,
};

struct Due {
  Instant at = Instant::Never();
  DueKind kind = DueKind::kSessionEnd;
  size_t index = 0;  ///< Of the account's list.
};

bool Before(const Due& a, const Due& b) {
  return std::pair(a.at, a.kind) < std::pair(b.at, b.kind);
}

void Consider(const Due& due, Due* first) {
  if (Before(due, *first)) *first = due;
}

void ConsiderBuckets(const balance::Account& account, Due* first) {
  for (size_t i = 0; i < account.buckets.size(); ++i) {
    const balance::Bucket& bucket = account.buckets[i];
    if (bucket.refills_at < bucket.valid_until)
      Consider({bucket.refills_at, DueKind::kRefill, i}, first);
    Consider({balance::NoticeAt(bucket), DueKind::kBucketNotice, i}, first);
    // A bucket of which all is held has nothing to expire yet: the end of the session settles it.
    if (bucket.available == 0 && bucket.held != 0) continue;
    Consider({bucket.valid_until, DueKind::kBucketEnd, i}, first);
  }
}

void ConsiderSubscriptions(const balance::Account& account, Due* first) {
  for (size_t i = 0; i < account.subscriptions.size(); ++i) {
    const balance::Subscription& subscription = account.subscriptions[i];
    if (subscription.id == 0) continue;  // Written before they had cycles: ends by itself.
    const bool ends = subscription.cancelled || subscription.valid_until <= subscription.renews_at;
    if (ends) {
      Consider({subscription.valid_until, DueKind::kSubscriptionEnd, i}, first);
    } else {
      Consider({subscription.renews_at, DueKind::kRenewal, i}, first);
    }
  }
}

Due FindFirst(const Shard& shard, const balance::Account& account) {
  Due first;
  for (size_t i = 0; i < account.sessions.size(); ++i) {
    Consider({account.sessions[i].ends_at, DueKind::kSessionEnd, i}, &first);
  }
  for (size_t i = 0; i < account.dated_changes.size(); ++i) {
    Consider({account.dated_changes[i].at, DueKind::kDatedChange, i}, &first);
  }
  for (size_t i = 0; i < account.volume_windows.size(); ++i) {
    Consider({account.volume_windows[i].ends_at, DueKind::kVolumeEnd, i}, &first);
  }
  ConsiderBuckets(account, &first);
  ConsiderSubscriptions(account, &first);
  for (size_t i = 0; i < account.limits.size(); ++i) {
    Consider({account.limits[i].until, DueKind::kLimitEnd, i}, &first);
  }
  for (size_t i = 0; i < account.transfers.size(); ++i) {
    if (IsOnItsWay(shard, account.transfers[i])) continue;
    Consider({account.transfers[i].sent_at, DueKind::kTransfer, i}, &first);
  }
  for (size_t i = 0; i < account.demands.size(); ++i) {
    Consider({account.demands[i].ask_at, DueKind::kDemand, i}, &first);
  }
  for (size_t i = 0; i < account.watches.size(); ++i) {
    Consider({account.watches[i].expires_at, DueKind::kWatchEnd, i}, &first);
    Consider({balance::LookAt(account.watches[i]), DueKind::kWatchLook, i}, &first);
  }
  return first;
}

void ExpireBuckets(Shard& shard, balance::Account* account, Instant at) {
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kBucketsExpired, account->id);
  OCS_CHECK(PostExpiries(*account, at, &entry) > 0);
  OCS_CHECK(Judge(*account, entry) == balance::Verdict::kAllowed);
  shard.Append(account);
}

void DoFirst(Shard& shard, balance::Account* account, const Due& due) {
  switch (due.kind) {
    case DueKind::kSessionEnd: {
      const balance::Session session = account->sessions[due.index];
      return ExpireSession(shard, account, session);
    }
    case DueKind::kDatedChange:
      return ChangeAsDated(shard, account);
    case DueKind::kVolumeEnd: {
      const balance::VolumeWindow window = account->volume_windows[due.index];
      return SettleVolumeWindow(shard, account, window);
    }
    case DueKind::kRenewal:
      return Renew(shard, account, account->subscriptions[due.index].id, due.at);
    case DueKind::kBucketEnd:
      return ExpireBuckets(shard, account, due.at);
    case DueKind::kRefill:
      return Refill(shard, account, account->buckets[due.index].id, due.at);
    case DueKind::kSubscriptionEnd:
      return EndSubscription(shard, account, account->subscriptions[due.index].id);
    case DueKind::kLimitEnd:
      return EndLimit(shard, account, account->limits[due.index].id);
    case DueKind::kTransfer: {
      const balance::Transfer transfer = account->transfers[due.index];
      return FinishTransfer(shard, account, transfer);
    }
    case DueKind::kBucketNotice:
      return TellOfEnd(shard, account, account->buckets[due.index]);
    case DueKind::kDemand: {
      const balance::Demand demand = account->demands[due.index];
      return AskAgain(shard, account, demand);
    }
    case DueKind::kWatchEnd: {
      const std::string watch = account->watches[due.index].id;
      return EndWatch(shard, account, watch);
    }
    case DueKind::kWatchLook:
      return TellStatuses(shard, account);
  }
}

}  // namespace

void DoDueWork(Shard& shard, balance::Account* account) {
  const Instant now = shard.logged_at();
  if (account->NextDue() > now) return;
  for (int step = 0; step < kDueStepsMax && !shard.stopped(); ++step) {
    const Due due = FindFirst(shard, *account);
    if (due.at == Instant::Never() || due.at > now) return;
    DoFirst(shard, account, due);
  }
}

}  // namespace ocs::engine
