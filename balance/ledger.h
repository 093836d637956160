// The ledger's pure core: what an entry does to an account, which entries are allowed, and the
// postings of use (those of all other changes: balance/changes.h). No clock, disk, thread, log or
// random number: the server, the replay, the simulator and the tests run the same code.
//
// Invariants, of every account after every entry:
//   1. Each bucket: granted == available + held + spent + expired + transferred.
//   2. Each bucket: held == the sum of its holds in open sessions, and is never negative.
//   3. The postings of the entry sum to zero in each unit.
//   4. No entry that raises what is held leaves a bucket's spendable amount below zero.
//   5. Each counter: held == the sum of its holds in open sessions, and is never negative.
//   6. The nodes form a tree, at most kNodeDepthMax deep; limits and identities are of its nodes.

#ifndef BALANCE_LEDGER_H_
#define BALANCE_LEDGER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "balance/account.h"
#include "balance/entry.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"

namespace ocs::balance {

/// Why an entry is not allowed; in order of precedence.
enum class Verdict : uint8_t {
  kAllowed = 0,
  kUnknownBucket = 1,     ///< A posting names a bucket that the account does not have.
  kOverflow = 2,          ///< An amount would not fit.
  kUnbalanced = 3,        ///< The postings do not sum to zero in some unit.
  kExceedsHeld = 4,       ///< More is taken from what is held than is held there (also: counters).
  kExceedsAvailable = 5,  ///< More is held than the bucket may give (law 4).
  kTooManyCounters = 6,   ///< The account would have more than kCountersPerAccountMax.
};
std::string_view VerdictName(Verdict verdict);

/// Judges an entry before it is written. Whether a limit lets a counter hold more is not judged
/// here: only that nothing is freed that is not held. Pure.
Verdict Judge(const Account& account, const EntryBuilder& entry);

/// True when `a` is drawn before `b`: priority, soonest end, narrowest scope, oldest (ids count
/// up). Total.
bool DrawnBefore(const Bucket& a, const Bucket& b);

/// What one entry does with one bucket.
struct Movement {
  BucketId bucket;
  int64_t released = 0;  ///< From held back to available.
  int64_t spent = 0;     ///< From available to earned (money) or consumed (pieces).
  int64_t held = 0;      ///< From available to held.
};

/// Writes the postings of a movement and of the deferred revenue that the use earns: its share of
/// what was paid for the bucket, so that after all is used all is earned, to the last micro. Use of
/// the main bucket is revenue itself; of every other bucket, also of money, only what was paid for
/// it is. Returns the deferred revenue that was earned, in micros. REQUIRES: the account has the
/// bucket; at most one movement per bucket in an entry.
int64_t PostMovement(const Account& account, const Movement& movement, EntryBuilder* entry);

// Everything else that moves an account's buckets stands in balance/changes.h.

/// Applies entries to accounts. Reuses its memory; thread-compatible.
class Applier final {
 public:
  /// Brings `account` to the state after `entry`. Errors: DataLoss when the entry is damaged or
  /// does not fit the account; the account is then unspecified.
  absl::Status Apply(const EntryView& entry, Account* account);

  /// After Apply: an instant no later than the earliest at which what the entry changed falls due.
  Instant earliest_due() const { return earliest_due_; }

 private:
  void NoteDue(const Account& account);
  absl::Status ApplyOne(const EntryView& entry, Account* account);
  EffectReader effects_;
  Instant earliest_due_ = Instant::Never();
};

/// True when the node may be added, or take the place of the one that has its id: its parent is
/// there and not below it, no node comes to lie deeper than kNodeDepthMax, and there are not more
/// than kNodesPerAccountMax. What does not fit must not be written.
bool NodeFits(const Account& account, const Node& node);

/// Checks invariants 1, 2, 5 and 6. Errors: Internal naming the bucket, counter or node and the
/// figures.
absl::Status CheckInvariants(const Account& account);

}  // namespace ocs::balance

#endif  // BALANCE_LEDGER_H_
