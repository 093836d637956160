// The sale of an offer to an account: who may buy, what it costs, what it gives. The same for a
// purchase that somebody asks for, for the next package that is bought by itself and for the next
// cycle of what renews.
//
// Cycles (C05): `renews: month` goes from the 1st to the 1st, whatever the account's billing day.
// `renews: cycle` goes from 00:00 of the account's billing day, where that is another than the 1st,
// else from the day of purchase; a day that a month lacks is its last.
//
// A first cycle pro rata: days of the offer's zone, the day of purchase included, over the days of
// the whole cycle; the fee is rounded up to the micro and each amount to the piece, for one, and
// then taken `quantity` times. What refills within the cycle is given in full.

#ifndef OCS_ENGINE_INTERNAL_SALE_H_
#define OCS_ENGINE_INTERNAL_SALE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "balance/account.h"
#include "balance/entry.h"
#include "balance/ledger.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"
#include "ocs/engine/internal/catalogue_registry.h"
#include "ocs/engine/internal/shard.h"
#include "rating/tariff.h"

namespace ocs::engine {

inline constexpr int64_t kQuantityBoughtMax = 100'000;  ///< Seats of the largest enterprises.

/// Whether it is sold; in order of precedence.
enum class SaleOutcome : uint8_t {
  kSold = 0,
  kNoCatalogue = 1,
  kUnknownOffer = 2,
  kOtherCurrency = 3,
  kAccountState = 4,  ///< Only a pre-active or active account buys.
  kUnknownNode = 5,   ///< The node that is to have it is not there.
  kNodeState = 6,     ///< It, or a node above it, is not active.
  kNotSoldYet = 7,
  kNotSoldAnyMore = 8,
  kOtherSegment = 9,
  kBoughtBefore = 10,    ///< Once per customer.
  kBoughtTooOften = 11,  ///< So often a month.
  kTooMuch = 12,         ///< An amount would not fit.
  kNotEnoughMoney = 13,
  kNotEnoughPoints = 14,
  kNoRoom = 15,  ///< For its buckets, its subscription or its limits.
};

struct SaleRequest {
  std::string_view offer;  ///< Its id.
  Instant at = {};         ///< When it is bought.
  balance::NodeId node = {};
  int64_t quantity = 1;  ///< 1 to kQuantityBoughtMax.
};

/// What one grant of the sale becomes.
struct SoldGrant {
  int64_t amount = 0;    ///< In all, of the first issue.
  int64_t deferred = 0;  ///< Of the fee: not earned before it is used.
};

/// One line of the fee's record.
struct SoldPart {
  std::string_view name;  ///< Of a bundle's part; "" where the fee is one thing.
  std::string_view charge_code;
  int64_t each_micros = 0;
  int32_t tax_basis_points = 0;
};

/// A sale worked out. Texts and pointers live as long as the shard's revisions of this round.
struct Sale {
  const Revision* revision = nullptr;
  rating::OfferIndex index;
  const rating::Offer* offer = nullptr;
  Instant at = {};
  balance::NodeId node = {};
  int64_t quantity = 1;
  // Of an offer that renews; else begin is `at` and end is Never().
  Instant anchor = {};
  Instant cycle_end = Instant::Never();
  // What is paid and given.
  int64_t fee_micros = 0;  ///< In all.
  int64_t fee_points = 0;
  std::vector<SoldPart> parts;
  std::vector<SoldGrant> grants;
  int64_t deferred_micros = 0;  ///< Of all grants.
  uint32_t subscription = 0;    ///< That it makes or goes on with; 0: none.

  const rating::Tariff& tariff() const { return *revision->tariff; }
  /// True when it is kept as a subscription: it renews, has prices, limits or switches.
  bool lasts() const;
};

/// Works out the sale of an offer in the revision in force at its time, and whether the account may
/// have it. On anything but kSold the sale is filled as far as it was found.
SaleOutcome FindSale(const Revisions& revisions, const balance::Account& account,
                     const SaleRequest& request, Sale* sale);

/// Works out the next cycle of a subscription, which begins at `at`: in the revision in force then
/// where that still has the offer, in the same currency and renewing, else in the one that it was
/// bought in. Outcomes: kSold, kAccountState, kTooMuch, kNotEnoughMoney, kNotEnoughPoints, kNoRoom.
SaleOutcome FindRenewal(const Revisions& revisions, const balance::Account& account,
                        const balance::Subscription& subscription, Instant at, Sale* sale);

/// A refusal as a status that names the field (in *field) and says how to mend it. REQUIRES: the
/// outcome is not kSold.
absl::Status SaleRefusal(SaleOutcome outcome, const SaleRequest& request,
                         const balance::Account& account, const Sale& sale, std::string* field);

/// Points that were taken from a bucket.
struct PaidPoints {
  BucketId bucket;
  int64_t points = 0;
  int64_t revenue_micros = 0;  ///< That the use of these points earns.
};
/// How a sale was paid, for its record.
struct Payment {
  std::vector<PaidPoints> points;
  /// What new buckets have earned at once, by paying what was owed in older ones.
  int64_t recovered_micros = 0;
};
/// Takes the fee, in money or in points. REQUIRES: the entry was begun.
Payment WriteFee(const Sale& sale, const balance::Account& account, balance::EntryBuilder* entry);
/// Makes the sale's buckets, with ids from `first_bucket` on; what was used beyond older buckets of
/// the same unit is paid from them first.
void WriteGrants(const Sale& sale, const balance::Account& account, uint32_t first_bucket,
                 Payment* payment, balance::EntryBuilder* entry);
/// The subscription that a purchase makes, with its limits. REQUIRES: sale.lasts().
void WriteSubscription(const Sale& sale, const balance::Account& account,
                       balance::EntryBuilder* entry);
/// Makes room by dropping buckets that are used up and subscriptions that have ended.
void DropWhatIsOver(const Sale& sale, const balance::Account& account,
                    balance::EntryBuilder* entry);
/// Counts the purchase: of the offer, and in the same way of what `also` names where it is not 0.
void WriteBought(const Sale& sale, const balance::Account& account, uint64_t also,
                 balance::EntryBuilder* entry);
/// The record of the fee, with a line for each part; none when it was free. `key` is its session
/// id. Returns its id, or "".
std::string AttachFeeRecord(const Sale& sale, const balance::Account& account,
                            const Payment& payment, std::string_view key, Shard& shard);

/// Where cycles that begin on a billing day are counted from: 00:00 of the last such day up to `at`
/// in a month that has it.
Instant BillingAnchor(int billing_day, Instant at, absl::TimeZone zone);

/// How often the account has bought what `key` names in the month that holds `at`.
uint32_t BoughtInMonth(const balance::Account& account, uint64_t key, Instant at,
                       absl::TimeZone zone);
/// Keys of Account::bought: of all purchases of an offer, and of those made by itself.
uint64_t BoughtKey(std::string_view offer);
uint64_t BoughtByItselfKey(std::string_view offer);

/// The bucket that a grant of the sale makes, all amounts 0 but what is deferred.
balance::Bucket BucketOf(const Sale& sale, uint32_t grant, BucketId id);

/// Where a limit of an offer stands that the node buys: there, or at each member at or below it.
std::vector<balance::NodeId> NodesLimited(const balance::Account& account, balance::NodeId node,
                                          const rating::LimitTerms& terms);
/// How the limit of an offer stands at a node. Its `until` is left to the caller.
balance::Limit LimitOf(const Sale& sale, const rating::LimitTerms& terms, uint32_t id,
                       balance::NodeId node);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_SALE_H_
