// The postings of everything that happens to buckets beside use: money that comes in, sales,
// refills, carry-over, ends, adjustments, transfers, refunds, debts. Pure, as balance/ledger.h.
//
// Deferred revenue is what was paid for a bucket. It is earned piece by piece as the bucket is
// used, goes along with what is moved elsewhere, and becomes breakage with what expires; at the end
// all of it, to the last micro, has gone one of these ways. The pieces that it pays for are
// Bucket::planned, or all that was granted where that is 0.

#ifndef BALANCE_CHANGES_H_
#define BALANCE_CHANGES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "balance/account.h"
#include "balance/entry.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"

namespace ocs::balance {

// ---- Money and sales ----

/// Money comes in to the main bucket. Where that was below zero, what was owed is recovered by this
/// alone: available is one number.
void PostTopUp(int64_t amount_micros, EntryBuilder* entry);

/// A fee is taken from the main bucket: `deferred_micros` of it pays for buckets that the same
/// entry adds and is earned as they are used, the rest is earned at once.
void PostFee(int64_t fee_micros, int64_t deferred_micros, EntryBuilder* entry);

/// Divides a fee in proportion to the weights, each part rounded down and the last with a weight
/// taking what is left: the parts sum to the fee. REQUIRES: fee >= 0, weights >= 0 whose sum fits;
/// where all are 0 every part is 0.
std::vector<int64_t> SplitFee(int64_t fee_micros, std::span<const int64_t> weights);

/// Who draws, and when.
struct Drawer {
  NodeId node = kRootNode;
  Instant at = {};
};

/// True when the bucket is valid then and the node's: of the node itself, or shared from above.
bool MayDraw(const Account& account, const Bucket& bucket, const Drawer& drawer);

/// A fee in pieces of a unit ("3,000 coins"), taken from buckets that the node may draw on, in draw
/// order: all of it or nothing. What was paid for those pieces is earned with it. Returns that
/// revenue, or nothing (and nothing is written) when there are not enough pieces. Buckets whose
/// validity has not begun are left alone.
std::optional<int64_t> PostFeeInPieces(const Account& account, const Unit& unit, int64_t amount,
                                       const Drawer& drawer, EntryBuilder* entry);

/// A bucket is filled at its making. Of money, what is beyond deferred_micros was not paid for: it
/// is given away (kGoodwill). REQUIRES: the entry adds the bucket.
void PostIssue(BucketId bucket, int64_t amount, EntryBuilder* entry);

/// What is owed in buckets of the unit of `fresh` (used beyond what they had) is paid from `fresh`,
/// in draw order, as far as that goes. `fresh` is as it will be when the entry has filled it: a
/// bucket that the entry adds, or the main bucket after a top-up. Returns the deferred revenue of
/// `fresh` that this earns, for the record of the sale.
int64_t PostRecovery(const Account& account, const Bucket& fresh, EntryBuilder* entry);

// ---- Time ----

/// When a bucket that is first drawn on at `at` will end. REQUIRES: WaitsForFirstUse(bucket).
Instant EndAfterFirstUse(const Bucket& bucket, Instant at, absl::TimeZone zone);

/// Its validity begins with its first draw, and nothing has been drawn.
bool WaitsForFirstUse(const Bucket& bucket);

/// The validity begins: [at, until).
void PostFirstUse(const Bucket& bucket, Instant at, Instant until, EntryBuilder* entry);

/// A refill window ends: what is available expires, its share of the deferred revenue is breakage,
/// and as much is issued as it takes to have refill_amount available and held together. What is
/// held thus counts against the new window, in which it will be reported; so does what is owed. The
/// next refill is at `next`. REQUIRES: refill_amount > 0.
void PostRefill(const Bucket& bucket, Instant next, EntryBuilder* entry);

/// Expires what is available in buckets that have ended, gives up what is owed there, turns their
/// unearned revenue into breakage, and drops what is then empty. Buckets with holds keep these and
/// are settled after the session. Never touches a bucket that waits for its first use. Returns how
/// many buckets were touched; 0 and nothing written when none is due.
int PostExpiries(const Account& account, Instant now, EntryBuilder* entry);

/// Moves `amount` of what is available in `from` to the bucket `to`, which this adds: with amounts
/// 0, and the deferred revenue that goes with what is moved. Write it before the entry that expires
/// the rest of `from`. REQUIRES: 0 < amount <= from.available; the same unit; to.deferred_micros is
/// 0.
void PostCarryOver(const Bucket& from, Bucket to, int64_t amount, EntryBuilder* entry);

/// The next cycle of a subscription begins; the one after it at `renews_at`.
void PostNextCycle(const Subscription& subscription, Instant renews_at, EntryBuilder* entry);

// ---- By hand ----

/// Why customer care adds to a bucket or takes from it.
enum class AdjustmentReason : uint8_t {
  kGoodwill,    ///< A present.
  kCorrection,  ///< Puts right what was wrong.
};

/// False where adding pieces would change what each of them has cost: a bucket that was paid for
/// and does not say for how many pieces. Make a new bucket instead.
bool MayAdjust(const Bucket& bucket);

/// Adds `amount` to what is available, or takes it away below 0; as far below zero as it goes.
/// REQUIRES: MayAdjust(bucket).
void PostAdjustment(const Bucket& bucket, int64_t amount, AdjustmentReason reason,
                    EntryBuilder* entry);

/// Gives up that much of what is owed. REQUIRES: 0 < amount <= -bucket.available.
void PostWriteOff(const Bucket& bucket, int64_t amount, EntryBuilder* entry);

/// Revenue is given back because a volume price fell. REQUIRES: amount > 0.
void PostRebate(const Bucket& bucket, int64_t amount, EntryBuilder* entry);

/// The house owes a model vendor that much for a use. Changes no bucket.
void PostVendorCost(int64_t cost_micros, EntryBuilder* entry);

// ---- Between accounts ----
//
// A transfer is two entries with one id, each whole in itself: out of the sender, which lists it as
// pending (Account::transfers), and into the receiver, under an idempotency key made from the id.
// When the receiver has it the sender drops it from the list. A crash in between leaves it pending,
// and it is sent in again.

/// The key under which the receiver's entry must be written.
std::string TransferKey(std::string_view transfer_id);

/// Takes transfer.amount from what is available in `from` and lists the transfer, with the deferred
/// revenue that goes along. REQUIRES: 0 < amount <= from.available; transfer.bucket has the unit of
/// `from`, deferred_micros 0, and the id kMainBucket exactly where `from` is the main bucket.
void PostTransferOut(const Bucket& from, Transfer transfer, EntryBuilder* entry);

/// Puts it into the receiver: into its main bucket, or into a new one, which is returned. Also into
/// the sender, when the receiver will not have it. REQUIRES: the receiver has the currency of the
/// sender where the transfer is of money or brings deferred revenue.
BucketId PostTransferIn(const Account& receiver, const Transfer& transfer, EntryBuilder* entry);

// ---- Refunds ----
//
// A charge is given back whole or in parts; EntryBuilder::RefundOf says what has been given back of
// each line of its records, so that it is never more than was charged.

/// Gives back, in a new bucket, what was used of one that is gone. `to` is added with amounts 0.
/// (What came from a bucket that is still there goes back by PostMovement, with spent below 0.)
/// REQUIRES: amount > 0; `to` is not paid for.
void PostRefundAnew(const Bucket& to, int64_t amount, EntryBuilder* entry);

}  // namespace ocs::balance

#endif  // BALANCE_CHANGES_H_
