#include "rating/volume.h"

#include <algorithm>

#include "ocs/base/check.h"
#include "ocs/base/exact.h"

namespace ocs::rating {
namespace {

// Where each counter stands while the lines are walked through.
class Counters final {
 public:
  // The counter of the pot's shape.
  int64_t& Of(const Pot& pot) {
    for (auto& [shape, counted] : counted_) {
      if (shape == pot.shape) return counted;
    }
    // Of pots that share a shape, all say the same.
    return counted_.emplace_back(pot.shape, pot.counted).second;
  }

 private:
  absl::InlinedVector<std::pair<const Shape*, int64_t>, 1> counted_;
};

bool IsVolume(const Pot& pot) {
  return pot.shape != nullptr && pot.shape->form == Shape::Form::kVolume;
}

// Adds one line to what its pot did.
bool AddLine(const ChargeLine& line, const Shape& shape, int64_t* counted, VolumeUse* use) {
  const auto before = VolumeCost(shape, line.kind, *counted);
  const auto reached = AddExact(*counted, line.quantity);
  if (!before || !reached) return false;
  const auto after = VolumeCost(shape, line.kind, *reached);
  if (!after) return false;
  *counted = *reached;
  const auto more = SubtractExact(line.amount, *after - *before);  // Both are 0 or more.
  return more && !__builtin_add_overflow(use->charged, line.amount, &use->charged) &&
         !__builtin_add_overflow(use->excess, *more, &use->excess);
}

}  // namespace

std::optional<int64_t> VolumeCost(const Shape& shape, TokenKind kind, int64_t counted) {
  OCS_CHECK(shape.form == Shape::Form::kVolume);
  OCS_CHECK(counted >= 0);
  const auto k = static_cast<size_t>(kind);
  const Rate* rate = &shape.tiers.front().rates[k];
  int64_t begin = 0;
  for (const Tier& tier : shape.tiers) {
    if (begin > 0 && counted <= begin) break;
    if (!tier.stops && tier.rates[k].sold()) rate = &tier.rates[k];
    begin = tier.up_to;
  }
  OCS_CHECK(rate->sold());
  const auto cost = MultiplyDivideCarry(counted, rate->numerator, rate->denominator, 0);
  if (!cost) return std::nullopt;
  return cost->whole;
}

std::optional<VolumeUses> VolumesOf(const ChargeLines& lines, std::span<const Pot> pots) {
  absl::InlinedVector<VolumeUse, 4> by_pot;
  Counters counters;
  for (const ChargeLine& line : lines) {
    const Pot& pot = pots[line.pot];
    const bool pieces =
        line.form == ChargeLine::Form::kVolume || line.form == ChargeLine::Form::kFree;
    if (!IsVolume(pot) || !pieces || !Counts(pot.shape->counter.counted, line.kind)) continue;
    auto use = std::find_if(by_pot.begin(), by_pot.end(),
                            [&](const VolumeUse& u) { return u.pot == line.pot; });
    if (use == by_pot.end()) use = by_pot.insert(use, VolumeUse{.pot = line.pot});
    if (!AddLine(line, *pot.shape, &counters.Of(pot), &*use)) return std::nullopt;
  }
  std::sort(by_pot.begin(), by_pot.end(),
            [](const VolumeUse& a, const VolumeUse& b) { return a.pot < b.pot; });
  return VolumeUses(by_pot.begin(), by_pot.end());
}

std::optional<int64_t> ExcessAfterRefund(const Shape& shape, TokenKind kind, int64_t counted,
                                         int64_t pieces, int64_t charged) {
  const auto before = VolumeCost(shape, kind, counted);
  const auto after = VolumeCost(shape, kind, std::max<int64_t>(counted - pieces, 0));
  if (!before || !after) return std::nullopt;
  return SubtractExact(*before - *after, charged);
}

}  // namespace ocs::rating
