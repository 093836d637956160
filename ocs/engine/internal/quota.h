// From an account to the pots that rating draws on, and from rated lines back to movements of
// buckets. Here rating and balance are introduced to each other; neither knows the other.

#ifndef OCS_ENGINE_INTERNAL_QUOTA_H_
#define OCS_ENGINE_INTERNAL_QUOTA_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "balance/account.h"
#include "balance/ledger.h"
#include "ocs/engine/internal/catalogue_registry.h"
#include "ocs/engine/internal/counters.h"
#include "ocs/engine/internal/pots.h"
#include "rating/rater.h"
#include "rating/tariff.h"

namespace ocs::engine {

/// What one request does to the buckets so far, before it is written.
using Movements = absl::InlinedVector<balance::Movement, 4>;

/// The movement of a bucket, made when it is not there yet.
balance::Movement& MovementOf(Movements& movements, BucketId bucket);

/// Whose use of which model is asked about.
struct PotQuestion {
  const balance::Account& account;
  const Revisions& revisions;
  const Revision& revision;  ///< The session's; packages keep the terms that they were bought with.
  std::string_view model;
  const rating::UseContext& context;  ///< Of what was bought, when and with which switches is put
                                      ///< in for each.
  balance::NodeId node = {};          ///< Who uses it.
  const balance::Grant* grant = nullptr;  ///< The call so far; null: it begins.
  const Movements& movements;             ///< What these have done counts as done,
  const CounterChanges& changes;          ///< and these.
};

/// Collects the pots. Buckets that have ended give what movements released; where nothing else
/// sells the model, they stand at the end with nothing, so that overshoot has somewhere to fall.
Pots CollectPots(const PotQuestion& question);

/// The price of a model for who uses it: of the newest subscription of the node or one above it
/// that has one. A subscription follows the question's revision where that still has its offer,
/// else it keeps the one it was bought in. No row: nothing sells it.
struct PriceFound {
  const rating::RateRow* row = nullptr;
  const rating::Tariff* tariff = nullptr;
  Instant anchor = {};
  rating::OfferIndex offer = {};        ///< Of `tariff`.
  Instant began_at = Instant::Never();  ///< Of its subscription, as the next.
  uint32_t switches = 0;
};
PriceFound FindPrice(const PotQuestion& question);

/// The first instant after `context.at`, and before `until`, at which a pot's price or draw is
/// another rule's; Never(). The model is by its canonical id.
Instant NextSwitch(const Pots& pots, std::string_view model, const rating::UseContext& context,
                   Instant until);

/// The price of a model by an offer of a revision; null when that has none. REQUIRES: the revision
/// has a tariff.
const rating::RateRow* PriceIn(const Revision& revision, std::string_view offer_id,
                               std::string_view model, const rating::UseContext& context);

/// True when the node may draw on the bucket: it is its own pool, or one above that is shared.
bool MayDraw(const balance::Account& account, const balance::Bucket& bucket, balance::NodeId node);

/// Whether a use is the first of its call.
enum class FirstUse : uint8_t { kNo = 0, kYes = 1 };

/// Fits the requests among the quantities to what counts them now. A call's first use is one
/// request where some pot sells requests and none is stated. Where only a package sells them that
/// waits until another is used up (throttle), calls do not count in it yet, stated or not: then
/// what is stated is taken out, and returned.
int64_t FitRequests(const Pots& pots, FirstUse first, Quantities* quantities);

/// Takes the lines' amounts out of the pots and into the movements. False when a sum does not fit.
[[nodiscard]] bool TakeCharges(const rating::ChargeLines& lines, Pots* pots, Movements* movements);

/// The account's carries with the lines' new remainders put in, sorted.
std::vector<Carry> WithLines(const std::vector<Carry>& carries, const rating::ChargeLines& lines);

/// The name of a node with those above it, from the top: "sales/anna/key-7"; "" for the root.
std::string NodePath(const balance::Account& account, balance::NodeId node);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_QUOTA_H_
