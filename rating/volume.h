// What use at a volume price was charged too much before a cheaper tier was reached. Pure
// functions.
//
// While a window goes on, a volume price charges by how much the whole of it grows, and never less
// than 0 (rating/rater.h): where a cheaper tier lowers the whole, use is free until it has caught
// up. The excess is what has been charged beyond the price of the tier that is reached. It is kept
// use by use, so that it stays right under a maximum and where adjustments change the price on the
// way; then each use counts by its own prices.

#ifndef RATING_VOLUME_H_
#define RATING_VOLUME_H_

#include <cstdint>
#include <optional>
#include <span>

#include "absl/container/inlined_vector.h"
#include "ocs/base/quantity.h"
#include "rating/rater.h"
#include "rating/tariff.h"

namespace ocs::rating {

/// What so many pieces cost, all at the price of the tier that the last of them is in, rounded
/// down; in a tier that stops, of the last that sells. Nothing when it does not fit. REQUIRES: the
/// shape's form is kVolume and its first tier sells the kind; counted >= 0.
std::optional<int64_t> VolumeCost(const Shape& shape, TokenKind kind, int64_t counted);

/// What the lines of a charge do in one pot with a volume price.
struct VolumeUse {
  uint8_t pot = 0;
  int64_t charged = 0;  ///< Of pieces that count.
  int64_t excess = 0;   ///< By how much that is more than they add to what the whole costs.
  friend bool operator==(const VolumeUse&, const VolumeUse&) = default;
};
using VolumeUses = absl::InlinedVector<VolumeUse, 1>;

/// Of lines that Charge made of these pots: one for each pot with a volume price and a line of
/// pieces that count, in pot order. Pots that share a shape are one counter, which the lines move
/// in their order. Nothing when a sum does not fit.
std::optional<VolumeUses> VolumesOf(const ChargeLines& lines, std::span<const Pot> pots);

/// By how much the excess of a window grows when pieces that its counter counted, and what they
/// were charged, are given back: below 0 where more was charged for them than they added.
/// `counted` is the counter before. Nothing when it does not fit.
std::optional<int64_t> ExcessAfterRefund(const Shape& shape, TokenKind kind, int64_t counted,
                                         int64_t pieces, int64_t charged);

}  // namespace ocs::rating

#endif  // RATING_VOLUME_H_
