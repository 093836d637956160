// What bounds use beside balances: the limits of what was bought and of the nodes on a call's path.
//
// A counter moves when use is reported, also beyond its limit (DESIGN law 4); what is granted is
// held in it until then, so that calls at the same time cannot together be granted more than there
// is.

#ifndef OCS_ENGINE_INTERNAL_BOUNDS_H_
#define OCS_ENGINE_INTERNAL_BOUNDS_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "balance/account.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "ocs/engine/internal/counters.h"
#include "ocs/engine/internal/pots.h"
#include "rating/rater.h"
#include "rating/tariff.h"

namespace ocs::engine {

/// A limit that stands over a use.
struct Bound {
  enum class What : uint8_t {
    kDraws = 0,     ///< What is drawn in `unit`: from `bucket`, or from any where that is 0.
    kTokens = 1,    ///< Tokens of every kind.
    kRequests = 2,  ///< Calls.
  };
  What what = What::kDraws;
  bool alert_only = false;
  bool narrowed = false;  ///< It left a pot or a quantity less than there was.
  CounterPlace place;
  std::string_view name;  ///< Of the catalogue or of the account: good until the next entry.
  Unit unit = {};
  BucketId bucket = {};
  balance::NodeId node =
      {};            ///< Whose limit it is, of a node's or of a member's part of a package.
  int64_t left = 0;  ///< What may still be held; below 0 when more was used.
  Instant frees_at = Instant::Never();
};
using Bounds = std::vector<Bound>;  ///< Empty for who has no limits: no allocation.

/// The limits over the use of these pots by a node.
Bounds CollectBounds(const balance::Account& account, const CounterChanges& changes,
                     const Pots& pots, balance::NodeId node, Instant at);

/// Lowers what the pots have available to what the limits leave, in draw order.
void NarrowPots(Bounds* bounds, Pots* pots);

/// Lowers the growing kinds of `requested` to what limits of tokens leave. `requests` is how many
/// calls it counts as. False when the prompt, the call or the first piece does not fit.
[[nodiscard]] bool NarrowQuantities(Bounds* bounds, int64_t requests, Quantities* requested);

/// The limit that left the least, of those that narrowed something; null when none did.
const Bound* Narrowest(const Bounds& bounds);

/// How many tokens these are.
int64_t TokensOf(const Quantities& quantities);

/// What a use or a grant comes to for each limit.
struct Counting {
  std::span<const rating::ChargeLine> lines = {};  ///< Of a use,
  std::span<const rating::HoldLine> holds = {};    ///< or of a grant.
  int64_t tokens = 0;
  int64_t requests = 0;
};
/// Moves the limits' counters by a use. False when a sum does not fit.
[[nodiscard]] bool CountUse(const balance::Account& account, const Bounds& bounds, const Pots& pots,
                            const Counting& use, Instant at, CounterChanges* changes);
/// Holds a grant in the limits' counters, alerts excepted, and lists it in `held`. REQUIRES: it was
/// narrowed by these bounds.
void HoldCounters(const balance::Account& account, const Bounds& bounds, const Pots& pots,
                  const Counting& grant, Instant at, CounterChanges* changes,
                  absl::InlinedVector<balance::CounterHold, 1>* held);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_BOUNDS_H_
