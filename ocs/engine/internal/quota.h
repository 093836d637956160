// From an account to the pots that rating draws on, and from rated lines back to movements of
// buckets. Here rating and balance are introduced to each other; neither knows the other.

#ifndef OCS_ENGINE_INTERNAL_QUOTA_H_
#define OCS_ENGINE_INTERNAL_QUOTA_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "balance/account.h"
#include "balance/ledger.h"
#include "ocs/engine/internal/catalogue_registry.h"
#include "rating/rater.h"
#include "rating/tariff.h"

namespace ocs::engine {

/// What one request does to the buckets so far, before it is written.
using Movements = absl::InlinedVector<balance::Movement, 4>;

/// The movement of a bucket, made when it is not there yet.
balance::Movement& MovementOf(Movements& movements, BucketId bucket);

/// The pots of one model at one instant, in draw order: packages that cover it first, then money
/// with a price for it.
struct Pots {
  absl::InlinedVector<rating::Pot, 6> pots;
  struct Source {
    BucketId bucket;
    Unit unit;
    const rating::Tariff* tariff = nullptr;  ///< Whose rules the pot's row names.
    bool ended = false;                      ///< Past its end: gives only what was held.
  };
  absl::InlinedVector<Source, 6> sources;  ///< One for each pot.
};

/// Collects the pots. `revision` is the session's; packages keep the terms that they were bought
/// with. What `movements` have released, spent and held counts as done. Buckets that have ended
/// give what these released; where nothing else sells the model, they stand at the end with
/// nothing, so that overshoot has somewhere to fall.
/// `context` says what the use is like and when it is; of what was bought, when and with which
/// switches is put in for each.
Pots CollectPots(const balance::Account& account, const Revisions& revisions,
                 const Revision& revision, std::string_view model,
                 const rating::UseContext& context, const Movements& movements);

/// Adds a request to the quantities where none is stated and some pot sells requests.
void AddRequest(const Pots& pots, Quantities* quantities);

/// Takes the lines' amounts out of the pots and into the movements. False when a sum does not fit.
[[nodiscard]] bool TakeCharges(const rating::ChargeLines& lines, Pots* pots, Movements* movements);

/// The account's carries with the lines' new remainders put in, sorted.
std::vector<Carry> WithLines(const std::vector<Carry>& carries, const rating::ChargeLines& lines);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_QUOTA_H_
