// Where a counter stands among the tiers of a shape, what holds there, and the most that pieces can
// cost wherever it stands.

#ifndef RATING_INTERNAL_TIERS_H_
#define RATING_INTERNAL_TIERS_H_

#include <cstdint>
#include <optional>

#include "rating/rater.h"
#include "rating/tariff.h"

namespace ocs::rating::internal {

/// True when pieces of the kind move the pot's counter through tiers. REQUIRES: pot.shape.
bool InTiers(const Pot& pot, TokenKind kind);

/// Pieces of one kind that are charged alike: from where the counter stands to the end of its tier.
struct Stretch {
  Rate rate = {};       ///< Where nothing is sold: of the last tier that sells.
  int64_t pieces = 0;   ///< To the border; INT64_MAX where there is none.
  int64_t flat = 0;     ///< Due with the first piece.
  uint16_t tier = 0;    ///< As ChargeLine::tier.
  bool sold = true;     ///< False in a stopping tier.
  bool volume = false;  ///< The price is the whole's: see VolumeWhole.
};
/// REQUIRES: pot.shape; counted >= 0.
Stretch StretchAt(const Pot& pot, TokenKind kind, int64_t counted);

/// What the whole of a volume price cost at most while the counter went up to `counted`: the
/// largest value of pieces * price of the tier reached. Nothing when it does not fit. REQUIRES: a
/// shape of form kVolume.
std::optional<int64_t> VolumeWhole(const Pot& pot, TokenKind kind, int64_t counted);

/// The counter's value from which on the kind is not sold: the begin of the first stopping tier at
/// or behind `counted`, or `counted` within it; INT64_MAX when it never stops.
int64_t StopsAt(const Pot& pot, TokenKind kind, int64_t counted);

/// True when a tier of the pot's shape stops.
bool HasStop(const Pot& pot);

/// What the window's use may still come to: INT64_MAX without a maximum.
int64_t RoomOf(const Pot& pot);

/// What the call may still have to be charged at its end for its minimum.
int64_t MinimumLeft(const Pot& pot);

/// The smallest counter value that a later charge may find: `counted` where the window cannot begin
/// anew.
int64_t LeastCounted(const Pot& pot);

/// The most that a later charge can come to: RoomOf, or the whole maximum where the window may
/// begin anew.
int64_t MostRoom(const Pot& pot);

/// The dearest rate of the kind that a later piece may meet.
Rate DearestRate(const Pot& pot, TokenKind kind);

/// The most that `pieces` consecutive ones of a kind cost by their own prices, wherever a later
/// charge finds the counter, rounded up; nothing when it does not fit. Of a volume price, and of
/// one with more than 64 tiers, all of them at the dearest rate.
std::optional<int64_t> MostOfPieces(const Pot& pot, TokenKind kind, int64_t pieces);

/// The most that `pieces` consecutive ones can add to their own prices, wherever they begin: the
/// flat amounts of the tiers that they go into, and one micro for each border that they cross,
/// since the lines on both sides of it are rounded with a carry of their own. INT64_MAX when it
/// does not fit.
int64_t MostBeside(const Pot& pot, int64_t pieces);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_TIERS_H_
