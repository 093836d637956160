// Turns usage into priced lines, and money into the usage that it buys. Pure functions; a charge
// without shapes makes no allocation for up to 6 lines.
//
// A charge walks the kinds in their order (TokenKind), and for each kind the pots in the order
// given: each pot gives as much as it affords, the rest goes on to the next. What no pot affords is
// overshoot: it falls on the last pot that sells the kind, beyond what is available there (DESIGN
// law 4: always charged and marked, never dropped).
//
// A pot with a shape is charged as if its pieces came one by one: each that counts moves the
// counter and is charged where the counter then stands. So it does not matter how use is divided
// into calls. What depends on the counter:
//   - graduated: a line for each tier that is crossed, at that tier's rate, with its own carry;
//   - volume: the whole is what all pieces of the window cost at the price of the tier reached,
//     rounded down, and never less than it was before; a line is by how much the whole grew;
//   - the flat amount of a tier, with the first piece in it;
//   - a stopping tier sells nothing: what was used there all the same is overshoot at the price of
//     the last tier that sells;
//   - the maximum: what would go beyond it is free.
// A kind that does not count has the row's rate (where that does not sell it, the first tier's).

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
/// Pots with the same `shape` share its counter: they state the same numbers, and the second goes
/// on where the first left it.
struct Pot {
  const RateRow* row = nullptr;
  int64_t available = 0;  ///< What may be drawn, in the pot's smallest unit; credit limit included.
                          ///< Below 0 counts as 0.
  const Shape* shape = nullptr;  ///< Of a row whose `shape` is not 0. It must outlive the call.
  int64_t counted = 0;  ///< The shape's counter in its window before this charge; never negative.
  int64_t held = 0;     ///< What other sessions hold of the counter. Read by Hold, for stops only.
  int64_t charged_micros = 0;  ///< What the window's use was charged so far, by this shape.
  /// What this shape charged the call, and how much of it it counted, in earlier reports: that
  /// counts to the minimum, and tells that the call has used this price.
  int64_t call_charged_micros = 0;
  int64_t call_counted = 0;
};

/// A piece of one kind charged to one pot at one rate.
struct ChargeLine {
  TokenKind kind = TokenKind::kInput;
  uint8_t pot = 0;         ///< Index into the pots given.
  bool overshoot = false;  ///< Beyond what the pot had available, or beyond a stop; what was there
                           ///< is a line of its own.
  int64_t quantity = 0;
  int64_t amount =
      0;  ///< floor((quantity * numerator + carry_in) / denominator), in the pot's unit.
  Rate rate = {};
  uint32_t rule = 0;
  /// What the line is, beside pieces at a rate. Only kPieces carries: the others have carries and
  /// rate.line 0.
  enum class Form : uint8_t {
    kPieces = 0,
    kFlat = 1,  ///< The flat amount of the tier that the counter went into, or what of it the
                ///< maximum left; its kind is that of the piece that went in. Quantity 1, which is
                ///< no use.
    kMinimum = 2,  ///< What the call is short of its minimum; kind kRequest, quantity 1, which is
                   ///< no use.
    kFree = 3,  ///< Pieces beyond the maximum of the window, at rate 0: amount 0, or what was left
                ///< to it.
    kVolume = 4,  ///< Pieces at the price of the tier reached: `amount` is by how much they raise
                  ///< the whole, 0 while the whole was more before.
  };
  Form form = Form::kPieces;
  uint16_t tier = 0;  ///< From 1; 0 when the price has no tiers, or the kind does not count.
  int64_t carry_in = 0;
  int64_t carry_out = 0;  ///< Of kPieces, kFlat and kMinimum: amount * denominator + carry_out ==
                          ///< quantity * numerator + carry_in.
};
using ChargeLines = absl::InlinedVector<ChargeLine, 6>;

/// In order of precedence.
enum class RateOutcome : uint8_t {
  kRated = 0,
  kNotSold = 1,   ///< Some kind with a quantity above 0 is sold by no pot. Nothing was computed.
  kOverflow = 2,  ///< An amount or a counter does not fit 64 bits. Nothing was computed.
};

/// Charges `used` to the pots. `carries` are the account's, sorted by line; a line that is not
/// there carries 0. Where one line is charged in two pots, the second goes on with what the first
/// left. Lines of quantity 0 are not made. On any outcome but kRated, `lines` is empty. A pot
/// whose price stops where the counter stands, or that has less than the call's minimum, is passed
/// over while another one pays.
/// REQUIRES: quantities >= 0; pots.size() <= 255.
RateOutcome Charge(const Quantities& used, std::span<const Pot> pots,
                   std::span<const Carry> carries, ChargeLines* lines);

/// At the end of a call: charges what it is short of its minimum, as a line added to `lines`, to
/// the last pot whose shape has one; marked where the pot has not as much left. `lines` are those
/// of the call's last Charge with the same pots (they may be none). Nothing is due of a call that
/// did not use the price: the shape has no line there, and neither counted nor charged before. The
/// maximum of the window bounds this too. kRated, also when nothing is due; kOverflow, and `lines`
/// is as it was.
RateOutcome ChargeMinimum(std::span<const Pot> pots, ChargeLines* lines);

/// How far lines move the counter of a pot's shape.
struct CounterUse {
  uint8_t pot = 0;
  int64_t counted = 0;         ///< Pieces that count; free and overshoot ones too.
  int64_t charged_micros = 0;  ///< All that the shape charged: the minimum and what does not count
                               ///< included.
  friend bool operator==(const CounterUse&, const CounterUse&) = default;
};
using CounterUses = absl::InlinedVector<CounterUse, 2>;

/// What lines that Charge (and ChargeMinimum) made of these pots do to the counters: one for each
/// pot with a shape that has a line, in pot order. Of pots that share a shape, the counter moves by
/// the sum.
CounterUses CountersOf(const ChargeLines& lines, std::span<const Pot> pots);

/// What must be kept aside in one pot.
struct HoldLine {
  uint8_t pot = 0;
  int64_t amount = 0;
  int64_t counted = 0;  ///< Pieces that may come to count in the pot's shape: what the grant holds
                        ///< of its counter. Of pots that share a shape, the first has it all.
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
    kStopped = 5,  ///< As kNothing, but money is not what is short: a price stops here, and with
                   ///< its counter at the begin of a window something would be granted.
  };
  Outcome outcome = Outcome::kNothing;
  Quantities granted = {};  ///< Empty unless granted or granted partly.
  /// One per pot that is drawn on, or whose counter may be moved, in pot order; amounts may be 0
  /// for what is free.
  HoldLines holds = {};
};

/// Decides how much of `requested` the pots afford, and what to hold so that any later Charge of at
/// most that usage fits, and ChargeMinimum after it, whatever is carried by then: each amount is
/// rounded up, with room for the largest carry. Prompt kinds (IsPromptKind) are granted whole or
/// nothing is; growing kinds are granted as far as the pots reach, in order of kind.
/// Later charges fit when each pot then has at least what was held in it. A pot that a kind used up
/// and went on from is held whole: what it has left by then depends on the carries.
///
/// Of a pot with a shape, later charges fit wherever the counter stands by then: other sessions
/// move it, and its window may begin anew (but one of kNone, kCall or kLifetime, which only grows
/// from `counted`). So each kind is held at the most that so many pieces cost in a row, with the
/// most flat amounts that they can go into, a micro for each border that they can cross (a carry on
/// either side), and at least the minimum; never more than the maximum. Before a stop only as many
/// pieces are granted as are left to it beyond `counted` and `held`: they all fit before it while
/// the counter has by then not gone beyond that sum. REQUIRES: quantities >= 0; pots.size() <= 255.
HoldResult Hold(const Quantities& requested, std::span<const Pot> pots);

/// The largest quantity of one kind that Hold grants; INT64_MAX when nothing limits it, 0 when it
/// is not sold. What Hold keeps for it fits the pots, and what it would keep for one more does not.
int64_t Affordable(TokenKind kind, std::span<const Pot> pots);

/// How many calls of this usage the pots pay, one after the other, each granted in full by Hold and
/// then charged, with its minimum; at most `limit`. Counters move from call to call, and no window
/// ends meanwhile. Carries begin at 0. 0 when some kind is not sold. A lower bound where the calls
/// change pots or tiers more than 10,000 times. REQUIRES: quantities >= 0, limit >= 0. Allocates.
int64_t AffordableCalls(const Quantities& usage_per_call, std::span<const Pot> pots, int64_t limit);

}  // namespace ocs::rating

#endif  // RATING_RATER_H_
