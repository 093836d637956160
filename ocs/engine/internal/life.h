// The life of what an account has bought: what time does to it, and what is bought by itself.
//
// Everything that falls due is decided as of the instant at which it was due, the earliest first:
// who comes late (after a downtime, behind a long queue) writes the same books as who was on time.

#ifndef OCS_ENGINE_INTERNAL_LIFE_H_
#define OCS_ENGINE_INTERNAL_LIFE_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/time/time.h"
#include "balance/account.h"
#include "balance/entry.h"
#include "balance/ledger.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"
#include "ocs/engine/internal/shard.h"
#include "rating/tariff.h"

namespace ocs::engine {

/// Who bought what was bought by itself, in the note of an entry.
inline constexpr std::string_view kSystemActor = "charging system";

/// Entries that one call of DoDueWork writes at most: an hourly refill that was missed for ten
/// days. What is left then is done by the next call; the account stays in the due index.
inline constexpr int kDueStepsMax = 256;

/// Writes the entries of everything that is due for the account by the shard's logged time, in time
/// order: sessions whose gateway has gone silent end (CC-07, CC-90), dated changes happen, cycles
/// renew, buckets refill and expire, subscriptions and limits end. Each entry is appended at once:
/// pointers into the account's lists are not good afterwards, and shard.entry() is used. REQUIRES:
/// the shard has an open group.
void DoDueWork(Shard& shard, balance::Account* account);

/// What ran out, and what its terms say about buying the next.
struct NextPurchase {
  const rating::EndTerms* end = nullptr;  ///< With AtEnd::kBuyNext.
  balance::Terms origin = {};             ///< Of the bucket that is used up.
  balance::NodeId node = {};              ///< Whose pool that was: the next one goes there, too.
  Instant at = {};                        ///< Event time of the use that wants more.
  /// What the decision that wants more has taken so far and not written yet: not to be paid with.
  std::span<const balance::Movement> promised = {};
};

/// Buys the next package as an entry of its own, for whoever is about to refuse or to overshoot
/// because the last one is used up: true when it was bought, and the caller decides anew. False,
/// and nothing is written: the stated offer is not sold now, was bought by itself as often this
/// month as its terms allow, its fee is more than there is beside what is promised, or the account
/// has no room for it.
/// Pointers into the account's lists are not good after true, and shard.entry() is used.
/// REQUIRES: the shard has an open group; end->at_end is kBuyNext.
bool BuyNext(Shard& shard, balance::Account* account, const NextPurchase& what);

/// A bucket whose validity begins with the first draw is drawn upon: writes when it ends. Nothing
/// is written for other buckets and for later draws. `at` is the event time of the draw. REQUIRES:
/// the account has the bucket.
void StartOnFirstDraw(const balance::Account& account, BucketId bucket, Instant at,
                      absl::TimeZone zone, balance::EntryBuilder* entry);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_LIFE_H_
