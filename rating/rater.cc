#include "rating/rater.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ocs/base/check.h"
#include "rating/internal/call_counter.h"
#include "rating/internal/plan.h"
#include "rating/internal/rate_math.h"
#include "rating/internal/tiers.h"

namespace ocs::rating {
namespace {

using internal::kMax;
using internal::kPotsMax;
using internal::PerPot;
using internal::Plan;
using internal::Stretch;

bool AllSold(const Quantities& used, std::span<const Pot> pots) {
  return std::all_of(used.begin(), used.end(), [pots](const KindQuantity& item) {
    OCS_CHECK(item.quantity >= 0);
    return item.quantity == 0 || internal::IsSold(item.kind, pots);
  });
}

// What this charge already left on the line, else what the account carries on it.
int64_t CarryOf(const Rate& rate, const ChargeLines& lines, std::span<const Carry> carries) {
  if (rate.line == 0) return 0;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (line->rate.line == rate.line) return line->carry_out;
  }
  return internal::CarryIn(rate, carries);
}

// What pieces of a stretch cost: at its rate with what is carried, or, of a volume price, by how
// much they raise the whole.
class StretchPrice final {
 public:
  // `base` is the carry, or the whole so far.
  StretchPrice(const Stretch& stretch, int64_t counted, int64_t base)
      : stretch_(stretch), counted_(counted), base_(base) {}

  // Nothing when it does not fit. REQUIRES: counted + pieces fits.
  std::optional<Division> Cost(int64_t pieces) const {
    const Rate& rate = stretch_.rate;
    if (!stretch_.volume) {
      return MultiplyDivideCarry(pieces, rate.numerator, rate.denominator, base_);
    }
    const auto whole = MultiplyDivideCarry(counted_ + pieces, rate.numerator, rate.denominator, 0);
    if (!whole) return std::nullopt;
    return Division{.whole = std::max<int64_t>(whole->whole - base_, 0), .remainder = 0};
  }

  // The most pieces that cost no more than the budget. REQUIRES: budget >= 0.
  int64_t Most(int64_t budget) const {
    const Rate& rate = stretch_.rate;
    if (!stretch_.volume) return internal::MostFor(budget, rate, base_);
    const int64_t whole = AddExact(base_, budget).value_or(kMax);
    const int64_t top = LargestAffordable(whole, rate.numerator, rate.denominator, 0);
    return top == kMax ? kMax : std::max<int64_t>(top - counted_, 0);
  }

 private:
  const Stretch& stretch_;
  int64_t counted_;
  int64_t base_;
};

// One charge in the making.
class Charging final {
 public:
  Charging(std::span<const Pot> pots, std::span<const Carry> carries, ChargeLines* lines)
      : pots_(pots), carries_(carries), lines_(lines), drawn_(pots.size(), 0) {
    for (const Pot& pot : pots) {
      left_.push_back(std::max<int64_t>(pot.available, 0));
      if (pot.shape != nullptr) MeterOf(pot);
    }
  }

  // Charges one kind; false on overflow. REQUIRES: some pot sells it.
  [[nodiscard]] bool Add(const KindQuantity& item) {
    int64_t quantity = item.quantity;
    size_t last = 0;
    for (size_t p = 0; p < pots_.size() && quantity > 0; ++p) {
      if (pots_[p].shape != nullptr) [[unlikely]] {
        if (!internal::BaseRate(pots_[p], item.kind).sold()) continue;
        last = p;
        if (!PaysMinimum(p) && internal::IsSold(item.kind, pots_.subspan(p + 1))) continue;
        const auto taken = DrawShaped(item.kind, p, quantity, Marked::kNo);
        if (!taken) return false;
        quantity -= *taken;
        continue;
      }
      const Rate& rate = pots_[p].row->of(item.kind);
      if (!rate.sold()) continue;
      last = p;
      const int64_t carry = CarryOf(rate, *lines_, carries_);
      auto division = MultiplyDivideCarry(quantity, rate.numerator, rate.denominator, carry);
      int64_t taken = quantity;
      if (!division || division->whole > left_[p]) {
        taken = std::min(quantity, internal::MostFor(left_[p], rate, carry));
        if (taken == 0) continue;
        division = MultiplyDivideCarry(taken, rate.numerator, rate.denominator, carry);
      }
      if (!Draw(item.kind, p, taken, carry, *division, Marked::kNo)) return false;
      quantity -= taken;
    }
    return quantity == 0 || Overshoot(item.kind, last, quantity);
  }

 private:
  enum class Marked : uint8_t { kNo, kYes };

  bool Overshoot(TokenKind kind, size_t p, int64_t quantity) {
    if (pots_[p].shape != nullptr) {
      return DrawShaped(kind, p, quantity, Marked::kYes).has_value();
    }
    const Rate& rate = pots_[p].row->of(kind);
    const int64_t carry = CarryOf(rate, *lines_, carries_);
    const auto division = MultiplyDivideCarry(quantity, rate.numerator, rate.denominator, carry);
    return division && Draw(kind, p, quantity, carry, *division, Marked::kYes);
  }

  bool Draw(TokenKind kind, size_t p, int64_t quantity, int64_t carry, const Division& division,
            Marked overshoot) {
    const auto drawn = AddExact(drawn_[p], division.whole);
    if (!drawn) return false;
    drawn_[p] = *drawn;
    left_[p] = std::max<int64_t>(left_[p] - division.whole, 0);
    const RateRow& row = *pots_[p].row;
    lines_->push_back(ChargeLine{.kind = kind,
                                 .pot = static_cast<uint8_t>(p),
                                 .overshoot = overshoot == Marked::kYes,
                                 .quantity = quantity,
                                 .amount = division.whole,
                                 .rate = row.of(kind),
                                 .rule = row.rule,
                                 .carry_in = carry,
                                 .carry_out = division.remainder});
    return true;
  }

  // Where a shape's counter stands, and what its maximum leaves.
  struct Meter {
    const Shape* shape;
    int64_t counted;
    int64_t room;
  };

  // Not inlined: a charge without shapes is the usual one, and is faster without this beside it.
  [[gnu::noinline]] Meter& MeterOf(const Pot& pot) {
    for (Meter& meter : meters_) {
      if (meter.shape == pot.shape) return meter;
    }
    OCS_CHECK(pot.counted >= 0);
    return meters_.emplace_back(Meter{pot.shape, pot.counted, internal::RoomOf(pot)});
  }

  // True when the call's minimum, which falls on the last pot of the shape, is there.
  [[gnu::noinline]] bool PaysMinimum(size_t p) const {
    const int64_t minimum = internal::MinimumLeft(pots_[p]);
    if (minimum == 0) return true;
    size_t last = pots_.size() - 1;
    while (pots_[last].shape != pots_[p].shape) --last;
    return pots_[last].available >= std::min(minimum, internal::RoomOf(pots_[p]));
  }

  // Charges as many pieces as the pot affords, or, marked, all of them; how many that is. Nothing
  // on overflow. REQUIRES: the pot has a shape and sells the kind.
  [[gnu::noinline]] std::optional<int64_t> DrawShaped(TokenKind kind, size_t p, int64_t quantity,
                                                      Marked overshoot) {
    const Pot& pot = pots_[p];
    Meter& meter = MeterOf(pot);
    const bool counts = Counts(pot.shape->counter.counted, kind);
    if (!AddExact(meter.counted, counts ? quantity : 0)) return std::nullopt;
    int64_t taken = 0;
    while (taken < quantity) {
      const Stretch stretch = internal::StretchAt(pot, kind, meter.counted);
      if (!stretch.sold && overshoot == Marked::kNo) break;
      const auto base = stretch.volume
                            ? internal::VolumeWhole(pot, kind, meter.counted)
                            : std::optional<int64_t>(CarryOf(stretch.rate, *lines_, carries_));
      if (!base) return std::nullopt;
      const StretchPrice price(stretch, meter.counted, *base);
      int64_t pieces = std::min(quantity - taken, stretch.pieces);
      // Within the maximum everything is affordable that what is left to it affords.
      if (overshoot == Marked::kNo && left_[p] < meter.room) {
        const int64_t left = left_[p] - stretch.flat;
        pieces = left < 0 ? 0 : std::min(pieces, price.Most(left));
      }
      if (pieces == 0) break;
      ChargeLine line{.kind = kind,
                      .pot = static_cast<uint8_t>(p),
                      .overshoot = overshoot == Marked::kYes,
                      .rule = pot.row->rule,
                      .tier = stretch.tier};
      if (!DrawFlat(stretch.flat, line, &meter)) return std::nullopt;
      if (!DrawPieces(stretch, price, pieces, line, &meter)) return std::nullopt;
      taken += pieces;
      if (counts) meter.counted += pieces;
    }
    return taken;
  }

  bool DrawFlat(int64_t flat, ChargeLine line, Meter* meter) {
    const int64_t amount = std::min(flat, meter->room);
    if (amount == 0) return true;
    line.form = ChargeLine::Form::kFlat;
    line.quantity = 1;
    line.amount = amount;
    line.rate = {.numerator = amount, .denominator = 1, .line = 0};
    return DrawLine(line, meter);
  }

  // Pieces at their price while the maximum has room, the rest free.
  bool DrawPieces(const Stretch& stretch, const StretchPrice& price, int64_t pieces,
                  const ChargeLine& like, Meter* meter) {
    int64_t paid = pieces;
    auto cost = price.Cost(paid);
    if (!cost || cost->whole > meter->room) {
      if (meter->room == kMax) return false;
      paid = std::min(pieces, price.Most(meter->room));
      cost = price.Cost(paid);
      if (!cost) return false;
    }
    if (paid > 0) {
      ChargeLine line = like;
      line.quantity = paid;
      line.amount = cost->whole;
      line.rate = stretch.rate;
      if (stretch.volume) {
        line.form = ChargeLine::Form::kVolume;
        line.rate.line = 0;
      } else {
        line.carry_in = CarryOf(stretch.rate, *lines_, carries_);
        line.carry_out = cost->remainder;
      }
      if (!DrawLine(line, meter)) return false;
    }
    if (paid == pieces) return true;
    ChargeLine line = like;
    line.form = ChargeLine::Form::kFree;
    line.quantity = pieces - paid;
    line.amount = meter->room;
    line.rate = {.numerator = 0, .denominator = 1, .line = 0};
    return DrawLine(line, meter);
  }

  bool DrawLine(const ChargeLine& line, Meter* meter) {
    const auto drawn = AddExact(drawn_[line.pot], line.amount);
    if (!drawn) return false;
    drawn_[line.pot] = *drawn;
    left_[line.pot] = std::max<int64_t>(left_[line.pot] - line.amount, 0);
    if (meter->room != kMax) meter->room -= line.amount;
    lines_->push_back(line);
    return true;
  }

  std::span<const Pot> pots_;
  std::span<const Carry> carries_;
  ChargeLines* lines_;
  PerPot<int64_t> left_;
  PerPot<int64_t> drawn_;
  absl::InlinedVector<Meter, 1> meters_;  // One for each shape.
};

// Places all of the usage, in the order in which it will be charged; false when the pots do not
// surely pay it.
bool PlaceAll(const Quantities& usage, Plan* plan) {
  return std::all_of(usage.begin(), usage.end(), [plan](const KindQuantity& item) {
    return plan->Place(item.kind, item.quantity) == item.quantity;
  });
}

bool Fits(const Quantities& usage, std::span<const Pot> pots) {
  Plan plan(pots);
  return PlaceAll(usage, &plan);
}

// The most of `kind`, up to `wanted`, that fits beside what is already granted.
int64_t LargestThatFits(const Quantities& granted, TokenKind kind, int64_t wanted,
                        std::span<const Pot> pots) {
  const auto fits = [&](int64_t quantity) {
    Quantities trial = granted;
    return AddQuantity(trial, kind, quantity) && Fits(trial, pots);
  };
  Plan before(pots);
  for (const KindQuantity& item : granted) {
    if (item.kind < kind) before.Place(item.kind, item.quantity);
  }
  int64_t low = 0;                            // Fits.
  int64_t high = before.Place(kind, wanted);  // More than this does not.
  if (fits(high)) return high;  // Unless kinds that are charged later need some of it.
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

HoldResult Granted(Quantities granted, HoldResult::Outcome outcome, std::span<const Pot> pots) {
  Plan plan(pots);
  const bool fits = PlaceAll(granted, &plan);
  OCS_CHECK(fits);
  return HoldResult{.outcome = outcome, .granted = std::move(granted), .holds = plan.Holds()};
}

HoldResult HoldPartly(const Quantities& requested, std::span<const Pot> pots) {
  Quantities granted;
  for (const KindQuantity& item : requested) {
    if (item.quantity > 0 && IsPromptKind(item.kind)) granted.push_back(item);
  }
  if (!Fits(granted, pots)) return HoldResult{};
  bool grown = false;
  for (const KindQuantity& item : requested) {
    if (item.quantity == 0 || IsPromptKind(item.kind)) continue;
    const int64_t quantity = LargestThatFits(granted, item.kind, item.quantity, pots);
    if (quantity == 0) continue;
    grown = true;
    OCS_CHECK(AddQuantity(granted, item.kind, quantity));
  }
  if (!grown) return HoldResult{};
  return Granted(std::move(granted), HoldResult::Outcome::kGrantedPartly, pots);
}

HoldResult HoldWanted(const Quantities& wanted, std::span<const Pot> pots) {
  Plan plan(pots);
  if (!PlaceAll(wanted, &plan)) return HoldPartly(wanted, pots);
  return HoldResult{
      .outcome = HoldResult::Outcome::kGranted, .granted = wanted, .holds = plan.Holds()};
}

// True when some price stops, and with its counter at the begin of a window something is granted.
bool BeforeStops(const Quantities& wanted, std::span<const Pot> pots) {
  PerPot<Pot> fresh(pots.begin(), pots.end());
  bool any = false;
  for (Pot& pot : fresh) {
    if (pot.shape == nullptr || !internal::HasStop(pot)) continue;
    any = true;
    pot.counted = 0;
    pot.held = 0;
  }
  return any && HoldWanted(wanted, fresh).outcome != HoldResult::Outcome::kNothing;
}

}  // namespace

RateOutcome Charge(const Quantities& used, std::span<const Pot> pots,
                   std::span<const Carry> carries, ChargeLines* lines) {
  OCS_CHECK(pots.size() <= kPotsMax);
  lines->clear();
  if (!AllSold(used, pots)) return RateOutcome::kNotSold;
  Charging charging(pots, carries, lines);
  for (const KindQuantity& item : used) {
    if (charging.Add(item)) continue;
    lines->clear();
    return RateOutcome::kOverflow;
  }
  return RateOutcome::kRated;
}

RateOutcome ChargeMinimum(std::span<const Pot> pots, ChargeLines* lines) {
  size_t p = pots.size();
  while (p > 0 && (pots[p - 1].shape == nullptr || pots[p - 1].shape->minimum <= 0)) --p;
  if (p == 0) return RateOutcome::kRated;
  const Pot& pot = pots[--p];
  int64_t left = std::max<int64_t>(pot.available, 0);
  int64_t charged = 0;
  bool used = pot.call_charged_micros > 0 || pot.call_counted > 0;
  for (const ChargeLine& line : *lines) {
    if (line.pot == p) left = std::max<int64_t>(left - line.amount, 0);
    if (pots[line.pot].shape != pot.shape) continue;
    used = true;
    const auto sum = AddExact(charged, line.amount);
    if (!sum) return RateOutcome::kOverflow;
    charged = *sum;
  }
  if (!used) return RateOutcome::kRated;
  int64_t amount = internal::MinimumLeft(pot) - charged;
  const int64_t room = internal::RoomOf(pot);
  if (room != kMax) amount = std::min(amount, room - charged);
  if (amount <= 0) return RateOutcome::kRated;
  lines->push_back(ChargeLine{.kind = TokenKind::kRequest,
                              .pot = static_cast<uint8_t>(p),
                              .overshoot = amount > left,
                              .quantity = 1,
                              .amount = amount,
                              .rate = {.numerator = amount, .denominator = 1, .line = 0},
                              .rule = pot.row->rule,
                              .form = ChargeLine::Form::kMinimum});
  return RateOutcome::kRated;
}

CounterUses CountersOf(const ChargeLines& lines, std::span<const Pot> pots) {
  CounterUses uses;
  for (size_t p = 0; p < pots.size(); ++p) {
    if (pots[p].shape == nullptr) continue;
    CounterUse use{.pot = static_cast<uint8_t>(p)};
    bool any = false;
    for (const ChargeLine& line : lines) {
      if (line.pot != p) continue;
      any = true;
      use.charged_micros += line.amount;
      const bool pieces =
          line.form != ChargeLine::Form::kFlat && line.form != ChargeLine::Form::kMinimum;
      if (pieces && Counts(pots[p].shape->counter.counted, line.kind)) use.counted += line.quantity;
    }
    if (any) uses.push_back(use);
  }
  return uses;
}

HoldResult Hold(const Quantities& requested, std::span<const Pot> pots) {
  OCS_CHECK(pots.size() <= kPotsMax);
  if (!AllSold(requested, pots)) return HoldResult{.outcome = HoldResult::Outcome::kNotSold};
  Quantities wanted;
  for (const KindQuantity& item : requested) {
    if (item.quantity > 0) wanted.push_back(item);
  }
  HoldResult result = HoldWanted(wanted, pots);
  if (result.outcome == HoldResult::Outcome::kNothing && BeforeStops(wanted, pots)) {
    result.outcome = HoldResult::Outcome::kStopped;
  }
  return result;
}
int64_t Affordable(TokenKind kind, std::span<const Pot> pots) {
  OCS_CHECK(pots.size() <= kPotsMax);
  Plan plan(pots);
  return plan.Place(kind, kMax);
}

int64_t AffordableCalls(const Quantities& usage_per_call, std::span<const Pot> pots,
                        int64_t limit) {
  OCS_CHECK(pots.size() <= kPotsMax);
  OCS_CHECK(limit >= 0);
  if (!AllSold(usage_per_call, pots)) return 0;
  return internal::CountCalls(usage_per_call, pots, limit);
}

}  // namespace ocs::rating
