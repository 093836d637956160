#include "ocs/engine/internal/bounds.h"

#include <algorithm>
#include <limits>

#include "ocs/base/check.h"
#include "ocs/base/exact.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::Counter;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

int64_t LeftOf(int64_t amount, const CounterState& state) {
  return AddWithin(AddWithin(amount, -state.counted), -state.held);
}

bool StandsOver(const Bound& bound, const Pots::Source& source) {
  if (bound.what != Bound::What::kDraws || source.unit != bound.unit) return false;
  return bound.bucket == BucketId{} || bound.bucket == source.bucket;
}

Bound MakeBound(const Account& account, const CounterChanges& changes, const CounterPlace& place,
                int64_t amount, Instant at) {
  Bound bound;
  bound.place = place;
  bound.left = LeftOf(amount, StateOf(account, changes, place.id, place.owner, at));
  const Counter* counter = account.FindCounter(place.id, place.owner);
  if (counter != nullptr) bound.frees_at = counter->FreesAt(at);
  return bound;
}

void AddGrantLimits(const Account& account, const CounterChanges& changes,
                    const Pots::Source& source, balance::NodeId node, Instant at, Bounds* bounds) {
  for (const rating::LimitTerms& terms : source.grant->limits) {
    const CounterPlace place{
        .id = terms.id,
        .owner = balance::CounterOwner(terms.per_member ? node : balance::kRootNode, source.bucket),
        .window = terms.window,
        .anchor = source.anchor};
    Bound bound = MakeBound(account, changes, place, terms.amount, at);
    bound.alert_only = terms.alert_only;
    bound.name = terms.name;
    bound.unit = source.unit;
    bound.bucket = source.bucket;
    if (terms.per_member) bound.node = node;
    bounds->push_back(bound);
  }
}

Bound::What WhatOf(const Unit& unit) {
  if (unit.code() == "token") return Bound::What::kTokens;
  return unit.code() == "request" ? Bound::What::kRequests : Bound::What::kDraws;
}

void AddNodeLimits(const Account& account, const CounterChanges& changes, balance::NodeId node,
                   Instant at, Bounds* bounds) {
  for (const balance::Limit& limit : account.limits) {
    if (at >= limit.until || !account.IsAtOrAbove(limit.node, node)) continue;
    const CounterPlace place{.id = limit.id,
                             .owner = balance::CounterOwner(limit.node, BucketId{}),
                             .window = limit.window,
                             .anchor = limit.anchor};
    Bound bound = MakeBound(account, changes, place, limit.amount, at);
    bound.what = WhatOf(limit.unit);
    bound.alert_only = limit.alert_only;
    bound.name = limit.name;
    bound.unit = limit.unit;
    bound.node = limit.node;
    bounds->push_back(bound);
  }
}

// What a use or a grant comes to for one limit; nothing when it does not fit.
std::optional<int64_t> AmountOf(const Bound& bound, const Pots& pots, const Counting& counting) {
  switch (bound.what) {
    case Bound::What::kTokens:
      return counting.tokens;
    case Bound::What::kRequests:
      return counting.requests;
    case Bound::What::kDraws:
      break;
  }
  std::optional<int64_t> sum = 0;
  for (const rating::ChargeLine& line : counting.lines) {
    if (sum && StandsOver(bound, pots.sources[line.pot])) sum = AddExact(*sum, line.amount);
  }
  for (const rating::HoldLine& line : counting.holds) {
    if (sum && StandsOver(bound, pots.sources[line.pot])) sum = AddExact(*sum, line.amount);
  }
  return sum;
}

void NarrowTo(int64_t left, Quantities* requested) {
  for (KindQuantity& q : *requested) {
    if (IsPromptKind(q.kind) || !rating::Counts(rating::Counted::kTokens, q.kind)) continue;
    q.quantity = std::min(q.quantity, left);
    left -= q.quantity;
  }
}

}  // namespace

Bounds CollectBounds(const Account& account, const CounterChanges& changes, const Pots& pots,
                     balance::NodeId node, Instant at) {
  Bounds bounds;
  for (const Pots::Source& source : pots.sources) {
    if (source.grant != nullptr && !source.grant->limits.empty())
      AddGrantLimits(account, changes, source, node, at, &bounds);
  }
  if (!account.limits.empty()) AddNodeLimits(account, changes, node, at, &bounds);
  return bounds;
}

void NarrowPots(Bounds* bounds, Pots* pots) {
  for (Bound& bound : *bounds) {
    if (bound.what != Bound::What::kDraws || bound.alert_only) continue;
    int64_t left = std::max<int64_t>(bound.left, 0);
    for (size_t i = 0; i < pots->pots.size(); ++i) {
      if (!StandsOver(bound, pots->sources[i])) continue;
      int64_t& available = pots->pots[i].available;
      if (available > left) {
        available = left;
        bound.narrowed = true;
      }
      left -= std::max<int64_t>(available, 0);
    }
  }
}

bool NarrowQuantities(Bounds* bounds, int64_t requests, Quantities* requested) {
  for (Bound& bound : *bounds) {
    if (bound.alert_only || bound.what == Bound::What::kDraws) continue;
    if (bound.what == Bound::What::kRequests) {
      if (requests <= std::max<int64_t>(bound.left, 0)) continue;
      bound.narrowed = true;
      return false;
    }
    const int64_t all = TokensOf(*requested);
    if (all <= bound.left) continue;
    bound.narrowed = true;
    int64_t prompt = 0;
    for (const KindQuantity& q : *requested) {
      if (IsPromptKind(q.kind) && rating::Counts(rating::Counted::kTokens, q.kind))
        prompt += q.quantity;
    }
    if (prompt >= bound.left) return false;
    NarrowTo(bound.left - prompt, requested);
  }
  return true;
}

const Bound* Narrowest(const Bounds& bounds) {
  const Bound* narrowest = nullptr;
  for (const Bound& bound : bounds) {
    if (bound.narrowed && (narrowest == nullptr || bound.left < narrowest->left))
      narrowest = &bound;
  }
  return narrowest;
}

int64_t TokensOf(const Quantities& quantities) {
  int64_t sum = 0;
  for (const KindQuantity& q : quantities) {
    if (rating::Counts(rating::Counted::kTokens, q.kind)) sum = AddWithin(sum, q.quantity);
  }
  return sum;
}

bool CountUse(const Account& account, const Bounds& bounds, const Pots& pots, const Counting& use,
              Instant at, CounterChanges* changes) {
  for (const Bound& bound : bounds) {
    const auto amount = AmountOf(bound, pots, use);
    if (!amount) return false;
    if (*amount == 0) continue;
    CounterChange& change = ChangeOf(account, bound.place, at, pots.zone, changes);
    const auto counted = AddExact(change.counted, *amount);
    if (!counted) return false;
    change.counted = *counted;
  }
  return true;
}

void HoldCounters(const Account& account, const Bounds& bounds, const Pots& pots,
                  const Counting& grant, Instant at, CounterChanges* changes,
                  absl::InlinedVector<balance::CounterHold, 1>* held) {
  for (const Bound& bound : bounds) {
    if (bound.alert_only) continue;
    const auto amount = AmountOf(bound, pots, grant);
    OCS_CHECK(amount.has_value());  // Each hold was narrowed to what the limit leaves.
    if (*amount == 0) continue;
    ChangeOf(account, bound.place, at, pots.zone, changes).held += *amount;
    held->push_back({.id = bound.place.id, .owner = bound.place.owner, .amount = *amount});
  }
}

}  // namespace ocs::engine
