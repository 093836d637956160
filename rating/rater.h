// Turns usage into priced lines, and money into the usage that it buys. Pure functions, no
// allocation for up to 6 lines.
//
// A charge walks the kinds in their order (TokenKind), and for each kind the pots in the order
// given: each pot gives as much as it affords, the rest goes on to the next. What no pot affords is
// overshoot: it falls on the last pot that sells the kind, beyond what is available there (DESIGN
// law 4: always charged and marked, never dropped).

#ifndef RATING_RATER_H_
#define RATING_RATER_H_

#include <cstdint>
#include <span>

#include "absl/container/inlined_vector.h"
#include "ocs/base/exact.h"
#include "ocs/base/quantity.h"
#include "rating/tariff.h"

namespace ocs::rating {

/// One source that a charge may draw on: a bucket with its draw rates, or money with its prices.
struct Pot {
  const RateRow* row = nullptr;
  int64_t available = 0;  ///< What may be drawn, in the pot's smallest unit; credit limit included.
                          ///< Below 0 counts as 0.
  const Shape* shape = nullptr;  ///< Of a row whose `shape` is not 0.
  int64_t counted = 0;  ///< The shape's counter in its window, before this charge, what other
                        ///< sessions hold not included.
  int64_t charged_micros = 0;  ///< What the window's use was charged so far, by this shape.
};

/// A piece of one kind charged to one pot at one rate.
struct ChargeLine {
  TokenKind kind = TokenKind::kInput;
  uint8_t pot = 0;  ///< Index into the pots given.
  bool overshoot =
      false;  ///< Beyond what the pot had available; what was there is a line of its own.
  int64_t quantity = 0;
  int64_t amount =
      0;  ///< floor((quantity * numerator + carry_in) / denominator), in the pot's unit.
  Rate rate;
  uint32_t rule = 0;
  /// What the line is, beside pieces at a rate.
  enum class Form : uint8_t {
    kPieces = 0,
    kFlat = 1,     ///< The flat amount of the tier that the counter went into; quantity 1.
    kMinimum = 2,  ///< What the call is short of its minimum; quantity 1.
    kFree = 3,     ///< Pieces beyond the maximum of the window: amount 0 or what was left to it.
    kVolume = 4,  ///< Pieces at the price of the tier reached, less what the window was charged too
                  ///< much: `amount` is what is left of it, and nothing is carried.
  };
  Form form = Form::kPieces;
  uint16_t tier = 0;  ///< From 1; 0 when the price has no tiers.
  int64_t carry_in = 0;
  int64_t carry_out = 0;  ///< amount * denominator + carry_out == quantity * numerator + carry_in.
};
using ChargeLines = absl::InlinedVector<ChargeLine, 6>;

/// In order of precedence.
enum class RateOutcome : uint8_t {
  kRated = 0,
  kNotSold = 1,   ///< Some kind with a quantity above 0 is sold by no pot. Nothing was computed.
  kOverflow = 2,  ///< An amount does not fit 64 bits. Nothing was computed.
};

/// Charges `used` to the pots. `carries` are the account's, sorted by line; a line that is not
/// there carries 0. Where one line is charged in two pots, the second goes on with what the first
/// left. Lines of quantity 0 are not made. On any outcome but kRated, `lines` is empty. REQUIRES:
/// quantities >= 0; pots.size() <= 255.
RateOutcome Charge(const Quantities& used, std::span<const Pot> pots,
                   std::span<const Carry> carries, ChargeLines* lines);

/// What must be kept aside in one pot.
struct HoldLine {
  uint8_t pot = 0;
  int64_t amount = 0;
};
using HoldLines = absl::InlinedVector<HoldLine, 4>;

struct HoldResult {
  enum class Outcome : uint8_t {
    kGranted = 0,        ///< All that was asked for.
    kGrantedPartly = 1,  ///< All prompt kinds, and fewer of the growing kinds than asked for.
    kNothing = 2,  ///< The prompt kinds are not affordable, or growing kinds were asked for and not
                   ///< one piece is.
    kNotSold = 3,  ///< As RateOutcome::kNotSold.
    kOverflow =
        4,  ///< Reserved: what does not fit 64 bits is more than any pot has, so it is kNothing.
  };
  Outcome outcome = Outcome::kNothing;
  Quantities granted = {};  ///< Empty unless granted or granted partly.
  /// One per pot that is drawn on, in pot order; amounts may be 0 for what is free.
  HoldLines holds = {};
};

/// Decides how much of `requested` the pots afford, and what to hold so that any later Charge of at
/// most that usage fits, whatever is carried by then: each amount is rounded up, with room for the
/// largest carry. Prompt kinds (IsPromptKind) are granted whole or nothing is; growing kinds are
/// granted as far as the pots reach, in order of kind.
/// Later charges fit when each pot then has at least what was held in it. A pot that a kind used up
/// and went on from is held whole: what it has left by then depends on the carries. REQUIRES:
/// quantities >= 0; pots.size() <= 255.
HoldResult Hold(const Quantities& requested, std::span<const Pot> pots);

/// The largest quantity of one kind that Hold grants; INT64_MAX when nothing limits it, 0 when it
/// is not sold. What Hold keeps for it fits the pots, and what it would keep for one more does not.
int64_t Affordable(TokenKind kind, std::span<const Pot> pots);

/// How many calls of this usage the pots pay, one after the other, each granted in full by Hold and
/// then charged; at most `limit`. Carries begin at 0. 0 when some kind is not sold. REQUIRES:
/// quantities >= 0, limit >= 0. Allocates.
int64_t AffordableCalls(const Quantities& usage_per_call, std::span<const Pot> pots, int64_t limit);

}  // namespace ocs::rating

#endif  // RATING_RATER_H_
