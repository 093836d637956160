#include "rating/rater.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "ocs/base/check.h"

namespace ocs::rating {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr size_t kPotsMax = 255;

// What a pot has left, and what was drawn from it. Inline for the pots of a usual account.
template <typename T>
using PerPot = absl::InlinedVector<T, 8>;

bool IsSold(TokenKind kind, std::span<const Pot> pots) {
  return std::any_of(pots.begin(), pots.end(),
                     [kind](const Pot& pot) { return pot.row->of(kind).sold(); });
}

bool AllSold(const Quantities& used, std::span<const Pot> pots) {
  return std::all_of(used.begin(), used.end(), [pots](const KindQuantity& item) {
    OCS_CHECK(item.quantity >= 0);
    return item.quantity == 0 || IsSold(item.kind, pots);
  });
}

// What this charge already left on the line, else what the account carries on it.
int64_t CarryOf(const Rate& rate, const ChargeLines& lines, std::span<const Carry> carries) {
  if (rate.line == 0) return 0;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (line->rate.line == rate.line) return line->carry_out;
  }
  const auto found =
      std::lower_bound(carries.begin(), carries.end(), rate.line,
                       [](const Carry& carry, uint64_t line) { return carry.line < line; });
  // The denominator is part of what names a line; another one could only be a collision of hashes.
  const bool known =
      found != carries.end() && found->line == rate.line && found->denominator == rate.denominator;
  return known ? found->remainder : 0;
}

// LargestAffordable for a rate; most products fit 64 bits and divide in hardware. REQUIRES: left >=
// 0.
int64_t MostFor(int64_t left, const Rate& rate, int64_t carry) {
  if (left == 0 && rate.denominator == 1) return rate.numerator == 0 ? kMax : 0;
  int64_t top = 0;
  if (rate.numerator > 0 && !__builtin_mul_overflow(left, rate.denominator, &top) &&
      !__builtin_add_overflow(top, rate.denominator - 1 - carry, &top)) {
    return top / rate.numerator;
  }
  return LargestAffordable(left, rate.numerator, rate.denominator, carry);
}

// What a quantity costs at most, which is when the largest carry is; nothing when it does not fit.
std::optional<int64_t> MostCost(int64_t quantity, const Rate& rate) {
  const auto division =
      MultiplyDivideCarry(quantity, rate.numerator, rate.denominator, rate.denominator - 1);
  if (!division) return std::nullopt;
  return division->whole;
}

// One charge in the making.
class Charging final {
 public:
  Charging(std::span<const Pot> pots, std::span<const Carry> carries, ChargeLines* lines)
      : pots_(pots), carries_(carries), lines_(lines), drawn_(pots.size(), 0) {
    for (const Pot& pot : pots) left_.push_back(std::max<int64_t>(pot.available, 0));
  }

  // Charges one kind; false on overflow. REQUIRES: some pot sells it.
  [[nodiscard]] bool Add(const KindQuantity& item) {
    int64_t quantity = item.quantity;
    size_t last = 0;
    for (size_t p = 0; p < pots_.size() && quantity > 0; ++p) {
      const Rate& rate = pots_[p].row->of(item.kind);
      if (!rate.sold()) continue;
      last = p;
      const int64_t carry = CarryOf(rate, *lines_, carries_);
      auto division = MultiplyDivideCarry(quantity, rate.numerator, rate.denominator, carry);
      int64_t taken = quantity;
      if (!division || division->whole > left_[p]) {
        taken = std::min(quantity, MostFor(left_[p], rate, carry));
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

  std::span<const Pot> pots_;
  std::span<const Carry> carries_;
  ChargeLines* lines_;
  PerPot<int64_t> left_;
  PerPot<int64_t> drawn_;
};

// The most pieces that `left` pays for whatever is carried.
int64_t SurelyAffordable(int64_t left, const Rate& rate) {
  return MostFor(left, rate, rate.denominator - 1);
}

// Plans what later charges may draw from each pot, whatever is carried and if less is used than
// planned.
//
// A kind that goes on from one pot to the next may take any part of what the first had left, so
// behind it the first is closed: all that it had is kept, and later kinds count on nothing of it.
// That makes the plan monotone: less usage, or more in a pot, never needs more from the pots
// behind.
class Plan final {
 public:
  explicit Plan(std::span<const Pot> pots) : pots_(pots), used_(pots.size(), 0) {
    for (const Pot& pot : pots) left_.push_back(std::max<int64_t>(pot.available, 0));
  }

  // Places as much of the quantity as the pots surely pay; returns how much that is.
  int64_t Place(TokenKind kind, int64_t quantity) {
    int64_t placed = 0;
    for (size_t p = 0; p < pots_.size() && placed < quantity; ++p) {
      const Rate& rate = pots_[p].row->of(kind);
      if (!rate.sold()) continue;
      int64_t taken = quantity - placed;
      auto cost = MostCost(taken, rate);
      if (!cost || *cost > left_[p]) {
        taken = SurelyAffordable(left_[p], rate);
        cost = MoreBehind(kind, p) ? left_[p] : MostCost(taken, rate);
        OCS_CHECK(cost.has_value());
      }
      if (taken > 0) used_[p] = 1;
      placed += taken;
      left_[p] -= *cost;
    }
    return placed;
  }

  HoldLines Holds() const {
    HoldLines holds;
    for (size_t p = 0; p < pots_.size(); ++p) {
      const int64_t amount = std::max<int64_t>(pots_[p].available, 0) - left_[p];
      if (amount == 0 && used_[p] == 0) continue;
      holds.push_back(HoldLine{.pot = static_cast<uint8_t>(p), .amount = amount});
    }
    return holds;
  }

 private:
  bool MoreBehind(TokenKind kind, size_t p) const { return IsSold(kind, pots_.subspan(p + 1)); }

  std::span<const Pot> pots_;
  PerPot<int64_t> left_;
  PerPot<uint8_t> used_;
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

// Counts calls by making them: many at once while each kind is paid from one pot, one by one where
// a call is split.
class CallCounter final {
 public:
  CallCounter(const Quantities& usage, std::span<const Pot> pots)
      : usage_(usage), pots_(pots.begin(), pots.end()) {
    for (Pot& pot : pots_) pot.available = std::max<int64_t>(pot.available, 0);
  }

  // Makes up to `wanted` calls that are not split; returns how many.
  int64_t MakeMany(int64_t wanted) {
    if (!FindSources()) return 0;
    int64_t low = 0;
    int64_t high = wanted;
    while (low < high) {
      const int64_t middle = low + (high - low) / 2 + (high - low) % 2;
      if (ManyFit(middle)) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    if (low > 0) ChargeMany(low);
    return low;
  }

  // Makes one call as it will be made: held, then charged. False when it is not granted in full.
  bool MakeOne() {
    if (Hold(usage_, pots_).outcome != HoldResult::Outcome::kGranted) return false;
    ChargeLines lines;
    if (Charge(usage_, pots_, carries_, &lines) != RateOutcome::kRated) return false;
    for (const ChargeLine& line : lines) {
      OCS_CHECK(!line.overshoot);
      pots_[line.pot].available -= line.amount;
      SetCarry(line.rate, line.carry_out);
    }
    return true;
  }

 private:
  // For each kind the first pot that pays at least one piece of it; false when there is none.
  bool FindSources() {
    sources_.clear();
    for (const KindQuantity& item : usage_) {
      const auto pays = [&](const Pot& pot) {
        const Rate& rate = pot.row->of(item.kind);
        return rate.sold() && MostFor(pot.available, rate, CarryOf(rate, {}, carries_)) > 0;
      };
      const auto source = std::find_if(pots_.begin(), pots_.end(), pays);
      if (source == pots_.end() && item.quantity > 0) return false;
      sources_.push_back(source == pots_.end() ? 0 : static_cast<size_t>(source - pots_.begin()));
    }
    return true;
  }

  // True when the last of so many calls is granted and not split after the others were charged.
  // REQUIRES: calls > 0.
  bool ManyFit(int64_t calls) const {
    std::vector<Pot> before = pots_;
    PerPot<int64_t> last(pots_.size(), 0);  // What the last call may draw.
    for (size_t i = 0; i < usage_.size(); ++i) {
      const int64_t quantity = usage_[i].quantity;
      if (quantity == 0) continue;
      const auto all = MultiplyExact(quantity, calls);
      if (!all) return false;
      const size_t p = sources_[i];
      const Rate& rate = pots_[p].row->of(usage_[i].kind);
      const auto charged = MultiplyDivideCarry(*all - quantity, rate.numerator, rate.denominator,
                                               CarryOf(rate, {}, carries_));
      const auto held = MostCost(quantity, rate);
      if (!charged || charged->whole > before[p].available) return false;
      before[p].available -= charged->whole;
      const auto sum = held ? AddExact(last[p], *held) : std::nullopt;
      if (!sum) return false;
      last[p] = *sum;
    }
    for (size_t p = 0; p < before.size(); ++p) {
      if (last[p] > before[p].available) return false;
    }
    return Fits(usage_, before);
  }

  // REQUIRES: ManyFit(calls).
  void ChargeMany(int64_t calls) {
    for (size_t i = 0; i < usage_.size(); ++i) {
      if (usage_[i].quantity == 0) continue;
      Pot& pot = pots_[sources_[i]];
      const Rate& rate = pot.row->of(usage_[i].kind);
      const auto division = MultiplyDivideCarry(usage_[i].quantity * calls, rate.numerator,
                                                rate.denominator, CarryOf(rate, {}, carries_));
      OCS_CHECK(division.has_value());
      OCS_CHECK(division->whole <= pot.available);
      pot.available -= division->whole;
      SetCarry(rate, division->remainder);
    }
  }

  void SetCarry(const Rate& rate, int64_t remainder) {
    if (rate.line == 0) return;
    const auto at =
        std::lower_bound(carries_.begin(), carries_.end(), rate.line,
                         [](const Carry& carry, uint64_t line) { return carry.line < line; });
    const Carry carry{.line = rate.line, .denominator = rate.denominator, .remainder = remainder};
    if (at != carries_.end() && at->line == rate.line) {
      *at = carry;
    } else {
      carries_.insert(at, carry);
    }
  }

  const Quantities& usage_;
  std::vector<Pot> pots_;
  std::vector<Carry> carries_;
  std::vector<size_t> sources_;
};

// Each round makes at least one call, and nearly all rounds make all that one pot pays. A usage
// that needs more rounds than this alternates between pots piece by piece; its count is then a
// lower bound.
constexpr int kCountRoundsMax = 10'000;

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

HoldResult Hold(const Quantities& requested, std::span<const Pot> pots) {
  OCS_CHECK(pots.size() <= kPotsMax);
  if (!AllSold(requested, pots)) return HoldResult{.outcome = HoldResult::Outcome::kNotSold};
  Quantities wanted;
  for (const KindQuantity& item : requested) {
    if (item.quantity > 0) wanted.push_back(item);
  }
  Plan plan(pots);
  if (!PlaceAll(wanted, &plan)) return HoldPartly(wanted, pots);
  return HoldResult{.outcome = HoldResult::Outcome::kGranted,
                    .granted = std::move(wanted),
                    .holds = plan.Holds()};
}

int64_t Affordable(TokenKind kind, std::span<const Pot> pots) {
  OCS_CHECK(pots.size() <= kPotsMax);
  int64_t sum = 0;
  for (const Pot& pot : pots) {
    const Rate& rate = pot.row->of(kind);
    if (!rate.sold()) continue;
    const auto more = AddExact(sum, SurelyAffordable(std::max<int64_t>(pot.available, 0), rate));
    if (!more) return kMax;
    sum = *more;
  }
  return sum;
}

int64_t AffordableCalls(const Quantities& usage_per_call, std::span<const Pot> pots,
                        int64_t limit) {
  OCS_CHECK(pots.size() <= kPotsMax);
  OCS_CHECK(limit >= 0);
  if (!AllSold(usage_per_call, pots)) return 0;
  CallCounter counter(usage_per_call, pots);
  int64_t calls = 0;
  for (int round = 0; round < kCountRoundsMax && calls < limit; ++round) {
    const int64_t made = counter.MakeMany(limit - calls);
    calls += made;
    if (made > 0) continue;
    if (!counter.MakeOne()) break;
    ++calls;
  }
  return calls;
}

}  // namespace ocs::rating
