// What falls due for an account, in time order.

#include <algorithm>
#include <optional>
#include <string>

#include "balance/ledger.h"
#include "ocs/base/check.h"
#include "ocs/engine/internal/life.h"
#include "ocs/engine/internal/supervision.h"

namespace ocs::engine {
namespace {

/// In the order in which things happen that fall due at the same instant: what a session frees can
/// be carried over, and what is carried over does not expire.
enum class DueKind : uint8_t {
  kSessionEnd = 0,
  kBucketEnd = 4,
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

Due FindFirst(const balance::Account& account) {
  Due first;
  for (size_t i = 0; i < account.sessions.size(); ++i) {
    Consider({account.sessions[i].ends_at, DueKind::kSessionEnd, i}, &first);
  }
  for (size_t i = 0; i < account.buckets.size(); ++i) {
    const balance::Bucket& bucket = account.buckets[i];
    // A bucket of which all is held has nothing to expire yet: the end of the session settles it.
    if (bucket.available == 0 && bucket.held != 0) continue;
    Consider({bucket.valid_until, DueKind::kBucketEnd, i}, &first);
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

}  // namespace

void DoDueWork(Shard& shard, balance::Account* account) {
  const Instant now = shard.logged_at();
  for (int step = 0; step < kDueStepsMax; ++step) {
    const Due due = FindFirst(*account);
    if (due.at == Instant::Never() || due.at > now) return;
    switch (due.kind) {
      case DueKind::kSessionEnd: {
        const balance::Session session = account->sessions[due.index];
        ExpireSession(shard, account, session);
        break;
      }
      case DueKind::kBucketEnd:
        ExpireBuckets(shard, account, due.at);
        break;
    }
  }
}

}  // namespace ocs::engine
