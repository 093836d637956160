#include "rating/internal/call_counter.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "ocs/base/check.h"
#include "rating/internal/rate_math.h"

namespace ocs::rating::internal {
namespace {

// Counts calls by making them: many at once while each kind is paid from one pot, one by one where
// a call is split.
class CallCounter final {
 public:
  CallCounter(const Quantities& usage, std::span<const Pot> pots)
      : usage_(usage), pots_(pots.begin(), pots.end()) {
    for (Pot& pot : pots_) {
      pot.available = std::max<int64_t>(pot.available, 0);
      has_shape_ = has_shape_ || pot.shape != nullptr;
    }
  }

  // Makes up to `wanted` calls that are not split; returns how many.
  int64_t MakeMany(int64_t wanted) {
    if (has_shape_ || !FindSources()) return 0;
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
    if (ChargeMinimum(pots_, &lines) != RateOutcome::kRated) return false;
    for (const ChargeLine& line : lines) {
      OCS_CHECK(!line.overshoot);
      pots_[line.pot].available -= line.amount;
      SetCarry(line.rate, line.carry_out);
    }
    for (const CounterUse& use : CountersOf(lines, pots_)) {
      const Shape* shape = pots_[use.pot].shape;
      if (shape->counter.window.kind == WindowKind::kCall) continue;  // Each call has its own.
      for (Pot& pot : pots_) {
        if (pot.shape != shape) continue;
        pot.counted += use.counted;
        pot.charged_micros += use.charged_micros;
      }
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
        return rate.sold() && MostFor(pot.available, rate, CarryIn(rate, carries_)) > 0;
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
                                               CarryIn(rate, carries_));
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
    return Hold(usage_, before).outcome == HoldResult::Outcome::kGranted;
  }

  // REQUIRES: ManyFit(calls).
  void ChargeMany(int64_t calls) {
    for (size_t i = 0; i < usage_.size(); ++i) {
      if (usage_[i].quantity == 0) continue;
      Pot& pot = pots_[sources_[i]];
      const Rate& rate = pot.row->of(usage_[i].kind);
      const auto division = MultiplyDivideCarry(usage_[i].quantity * calls, rate.numerator,
                                                rate.denominator, CarryIn(rate, carries_));
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
  bool has_shape_ = false;
};

// Each round makes at least one call, and nearly all rounds make all that one pot pays. A usage
// that needs more rounds than this alternates between pots piece by piece; its count is then a
// lower bound.
constexpr int kCountRoundsMax = 10'000;

}  // namespace

int64_t CountCalls(const Quantities& usage, std::span<const Pot> pots, int64_t limit) {
  CallCounter counter(usage, pots);
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

}  // namespace ocs::rating::internal
