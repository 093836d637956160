#include "rating/internal/plan.h"

#include <algorithm>
#include <optional>

#include "ocs/base/check.h"
#include "rating/internal/tiers.h"

namespace ocs::rating::internal {
namespace {

int64_t AddUpToMax(int64_t a, int64_t b) { return AddExact(a, b).value_or(kMax); }

}  // namespace

Plan::Plan(std::span<const Pot> pots) : pots_(pots), used_(pots.size(), 0) {
  for (size_t p = 0; p < pots.size(); ++p) {
    left_.push_back(std::max<int64_t>(pots[p].available, 0));
    if (pots[p].shape == nullptr) continue;
    OCS_CHECK(pots[p].counted >= 0);
    OCS_CHECK(pots[p].held >= 0);
    shaped_.push_back({.pot = p, .available = left_.back()});
  }
}

int64_t Plan::Place(TokenKind kind, int64_t quantity) {
  for (Shaped& shaped : shaped_) {
    shaped.reached_before = shaped.reached;
    shaped.placed = 0;
  }
  int64_t placed = 0;
  for (size_t p = 0; p < pots_.size() && placed < quantity; ++p) {
    if (!BaseRate(pots_[p], kind).sold()) continue;
    const bool shaped = pots_[p].shape != nullptr;
    const int64_t taken =
        shaped ? PlaceShaped(kind, p, quantity - placed) : PlaceLinear(kind, p, quantity - placed);
    if (taken > 0) used_[p] = 1;
    placed += taken;
  }
  return placed;
}

int64_t Plan::PlaceLinear(TokenKind kind, size_t p, int64_t quantity) {
  const Rate& rate = pots_[p].row->of(kind);
  int64_t taken = quantity;
  auto cost = MostCost(taken, rate);
  if (!cost || *cost > left_[p]) {
    taken = std::min(quantity, MostFor(left_[p], rate, rate.denominator - 1));
    cost = MoreBehind(kind, p) ? left_[p] : MostCost(taken, rate);
    OCS_CHECK(cost.has_value());
  }
  left_[p] -= *cost;
  return taken;
}

int64_t Plan::PlaceShaped(TokenKind kind, size_t p, int64_t quantity) {
  Shaped& shaped = ShapedOf(p);
  const Pot& pot = pots_[p];
  const bool tiers = InTiers(pot, kind);
  Shaped& first = FirstOf(pot.shape);
  if (&first == &shaped && Counts(pot.shape->counter.counted, kind)) {
    first.reached = AddUpToMax(first.reached, quantity);
  }
  const int64_t sellable = BeforeStop(first, kind, quantity);
  if (shaped.closed) {
    // Earlier kinds may go into any tier here, so only what is free in all of them is surely paid.
    const bool free = DearestRate(pot, kind).numerator == 0 && MinimumKept(pot.shape) &&
                      (!tiers || MostBeside(pot, kMax) == 0);
    const int64_t taken = free ? sellable : 0;
    first.placed = AddUpToMax(first.placed, taken);
    return taken;
  }
  const int64_t taken = KeepMinimum(pot.shape) ? LargestIn(shaped, kind, sellable) : 0;
  if (taken > 0) {
    const auto cost = MostOfPieces(pot, kind, taken);
    shaped.pieces_cost = AddUpToMax(shaped.pieces_cost, cost.value_or(kMax));
    if (tiers) shaped.counted = AddUpToMax(shaped.counted, taken);
    first.placed = AddUpToMax(first.placed, taken);
  }
  if (taken < quantity && MoreBehind(kind, p)) {
    shaped.closed = true;
    left_[p] = 0;
  } else {
    left_[p] = shaped.available - Need(shaped).value_or(shaped.available);
  }
  return taken;
}

int64_t Plan::BeforeStop(const Shaped& first, TokenKind kind, int64_t quantity) const {
  const Pot& pot = pots_[first.pot];
  int64_t counted = AddUpToMax(pot.counted, pot.held);
  const int64_t stop = StopsAt(pot, kind, counted);
  if (stop == kMax) return quantity;
  counted = AddUpToMax(counted, AddUpToMax(first.reached_before, first.placed));
  return std::clamp<int64_t>(stop - counted, 0, quantity);
}

int64_t Plan::LargestIn(const Shaped& shaped, TokenKind kind, int64_t quantity) const {
  const auto fits = [&](int64_t pieces) {
    const auto need = NeedWith(shaped, kind, pieces);
    return need && *need <= shaped.available;
  };
  if (fits(quantity)) return quantity;
  int64_t low = 0;
  int64_t high = quantity - 1;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2 + (high - low) % 2;
    if (fits(middle)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

Plan::Shaped& Plan::LastOf(const Shape* shape) {
  const auto found = std::find_if(shaped_.rbegin(), shaped_.rend(), [&](const Shaped& shaped) {
    return pots_[shaped.pot].shape == shape;
  });
  OCS_CHECK(found != shaped_.rend());
  return *found;
}

bool Plan::MinimumKept(const Shape* shape) {
  const Shaped& last = LastOf(shape);
  return last.minimum || MinimumLeft(pots_[last.pot]) == 0;
}

bool Plan::KeepMinimum(const Shape* shape) {
  if (MinimumKept(shape)) return true;
  Shaped& last = LastOf(shape);
  last.minimum = true;
  const auto need = Need(last);
  if (!need || *need > last.available) {
    last.minimum = false;
    return false;
  }
  left_[last.pot] = last.available - *need;
  used_[last.pot] = 1;
  return true;
}

std::optional<int64_t> Plan::NeedWith(const Shaped& shaped, TokenKind kind, int64_t pieces) const {
  const Pot& pot = pots_[shaped.pot];
  Shaped with = shaped;
  const auto cost = MostOfPieces(pot, kind, pieces);
  with.pieces_cost = AddUpToMax(with.pieces_cost, cost.value_or(kMax));
  if (InTiers(pot, kind)) with.counted = AddUpToMax(with.counted, pieces);
  return Need(with);
}

std::optional<int64_t> Plan::Need(const Shaped& shaped) const {
  const Pot& pot = pots_[shaped.pot];
  int64_t need = AddUpToMax(shaped.pieces_cost, MostBeside(pot, shaped.counted));
  if (shaped.minimum) need = std::max(need, MinimumLeft(pot));
  need = std::min(need, MostRoom(pot));
  if (need == kMax) return std::nullopt;
  return need;
}

Plan::Shaped& Plan::ShapedOf(size_t p) {
  const auto found = std::find_if(shaped_.begin(), shaped_.end(),
                                  [p](const Shaped& shaped) { return shaped.pot == p; });
  OCS_CHECK(found != shaped_.end());
  return *found;
}

Plan::Shaped& Plan::FirstOf(const Shape* shape) {
  const auto found = std::find_if(shaped_.begin(), shaped_.end(), [&](const Shaped& shaped) {
    return pots_[shaped.pot].shape == shape;
  });
  OCS_CHECK(found != shaped_.end());
  return *found;
}

HoldLines Plan::Holds() const {
  HoldLines holds;
  for (size_t p = 0; p < pots_.size(); ++p) {
    const int64_t amount = std::max<int64_t>(pots_[p].available, 0) - left_[p];
    const int64_t counted = ReachedFirst(p);
    if (amount == 0 && used_[p] == 0 && counted == 0) continue;
    holds.push_back(HoldLine{.pot = static_cast<uint8_t>(p), .amount = amount, .counted = counted});
  }
  return holds;
}

int64_t Plan::ReachedFirst(size_t p) const {
  // Only the first pot of a shape has it.
  for (const Shaped& shaped : shaped_) {
    if (shaped.pot == p) return shaped.reached;
  }
  return 0;
}

}  // namespace ocs::rating::internal
