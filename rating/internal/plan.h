// What later charges may draw from each pot, whatever is carried, wherever counters stand and if
// less is used than planned.

#ifndef RATING_INTERNAL_PLAN_H_
#define RATING_INTERNAL_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/container/inlined_vector.h"
#include "ocs/base/quantity.h"
#include "rating/internal/rate_math.h"
#include "rating/rater.h"

namespace ocs::rating::internal {

/// Places usage on pots, in the order in which it will be charged.
///
/// A kind that goes on from one pot to the next may take any part of what the first had left, so
/// behind it the first is closed: all that it had is kept, and later kinds count on nothing of it.
/// That makes the plan monotone: less usage, or more in a pot, never needs more from the pots
/// behind. Thread-compatible; the pots must outlive it.
class Plan final {
 public:
  explicit Plan(std::span<const Pot> pots);

  /// Places as much of the quantity as the pots surely pay; returns how much that is. REQUIRES:
  /// kinds in their order, each once.
  int64_t Place(TokenKind kind, int64_t quantity);

  /// What is to be held for what was placed.
  HoldLines Holds() const;

 private:
  // What was placed on a pot with a shape.
  struct Shaped {
    size_t pot = 0;
    int64_t available = 0;
    int64_t pieces_cost = 0;  // Each kind where it is dearest.
    int64_t counted = 0;      // Pieces of kinds that go through tiers.
    // In the first pot of a shape, for all of them: pieces that reached the shape and may come to
    // count, those of kinds before this one, and of this one those that were placed.
    int64_t reached = 0;
    int64_t reached_before = 0;
    int64_t placed = 0;
    bool minimum = false;  // The call's minimum is kept here.
    bool closed = false;
  };

  bool MoreBehind(TokenKind kind, size_t p) const { return IsSold(kind, pots_.subspan(p + 1)); }
  int64_t PlaceLinear(TokenKind kind, size_t p, int64_t quantity);
  int64_t PlaceShaped(TokenKind kind, size_t p, int64_t quantity);
  int64_t BeforeStop(const Shaped& first, TokenKind kind, int64_t quantity) const;
  int64_t LargestIn(const Shaped& shaped, TokenKind kind, int64_t quantity) const;
  // The call's minimum falls on the last pot of the shape (ChargeMinimum), and is kept there as
  // soon as any of them is drawn on. False when it is not there.
  bool KeepMinimum(const Shape* shape);
  bool MinimumKept(const Shape* shape);

  // What must be kept in the pot for what was placed there and these pieces; nothing when no money
  // is surely enough.
  std::optional<int64_t> NeedWith(const Shaped& shaped, TokenKind kind, int64_t pieces) const;
  std::optional<int64_t> Need(const Shaped& shaped) const;

  int64_t ReachedFirst(size_t p) const;
  Shaped& ShapedOf(size_t p);
  Shaped& FirstOf(const Shape* shape);
  Shaped& LastOf(const Shape* shape);

  std::span<const Pot> pots_;
  PerPot<int64_t> left_;
  PerPot<uint8_t> used_;
  absl::InlinedVector<Shaped, 1> shaped_;  // In pot order.
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_PLAN_H_
