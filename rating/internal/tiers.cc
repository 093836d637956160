#include "rating/internal/tiers.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/numeric/int128.h"
#include "ocs/base/check.h"
#include "rating/internal/rate_math.h"

namespace ocs::rating::internal {
namespace {

const std::vector<Tier>& TiersOf(const Pot& pot) {
  OCS_CHECK(pot.shape != nullptr);
  return pot.shape->tiers;
}

int64_t BeginOf(const std::vector<Tier>& tiers, size_t t) {
  return t == 0 ? 0 : tiers[t - 1].up_to;
}

// The tier that the next piece falls into. The last one has no end.
size_t TierAt(const std::vector<Tier>& tiers, int64_t counted) {
  const auto behind =
      std::upper_bound(tiers.begin(), tiers.end() - 1, counted,
                       [](int64_t value, const Tier& tier) { return value < tier.up_to; });
  return static_cast<size_t>(behind - tiers.begin());
}

bool SoldIn(const Tier& tier, TokenKind kind) {
  return !tier.stops && tier.rates[static_cast<size_t>(kind)].sold();
}

// The kind's rate in a tier, or of the nearest before it that sells.
const Rate& RateIn(const Pot& pot, const std::vector<Tier>& tiers, size_t t, TokenKind kind) {
  for (size_t i = t + 1; i > 0; --i) {
    if (SoldIn(tiers[i - 1], kind)) return tiers[i - 1].rates[static_cast<size_t>(kind)];
  }
  return BaseRate(pot, kind);
}

bool Dearer(const Rate& a, const Rate& b) {
  return absl::int128(a.numerator) * b.denominator > absl::int128(b.numerator) * a.denominator;
}

// True when the counter may be smaller by the time of a later charge.
bool BeginsAnew(const Pot& pot) {
  switch (pot.shape->counter.window.kind) {
    case WindowKind::kNone:
    case WindowKind::kCall:
    case WindowKind::kLifetime:
      return false;
    case WindowKind::kHour:
    case WindowKind::kDay:
    case WindowKind::kWeek:
    case WindowKind::kMonth:
    case WindowKind::kCycle:
    case WindowKind::kSliding:
      return true;
  }
  return true;
}

// True when lines of the tier may be rounded.
bool Rounds(const Tier& tier) {
  return !tier.stops && std::any_of(tier.rates.begin(), tier.rates.end(), [](const Rate& rate) {
    return rate.numerator > 0 && rate.denominator > 1;
  });
}

// What a kind costs in each tier, over one denominator. Nothing when there are too many tiers, as
// the work below grows with their square, or when a number does not fit.
struct TierScale {
  absl::InlinedVector<int64_t, 24> numerators;
  int64_t denominator = 1;
};
std::optional<TierScale> ScaleOf(const Pot& pot, TokenKind kind) {
  constexpr size_t kTiersMax = 64;
  const std::vector<Tier>& tiers = TiersOf(pot);
  if (tiers.size() > kTiersMax) return std::nullopt;
  TierScale scale;
  for (size_t t = 0; t < tiers.size(); ++t) {
    const int64_t denominator = RateIn(pot, tiers, t, kind).denominator;
    const int64_t factor = denominator / std::gcd(denominator, scale.denominator);
    if (__builtin_mul_overflow(scale.denominator, factor, &scale.denominator)) return std::nullopt;
  }
  for (size_t t = 0; t < tiers.size(); ++t) {
    const Rate& rate = RateIn(pot, tiers, t, kind);
    int64_t numerator = 0;
    if (__builtin_mul_overflow(rate.numerator, scale.denominator / rate.denominator, &numerator))
      return std::nullopt;
    scale.numerators.push_back(numerator);
  }
  return scale;
}

// What pieces cost that begin at `begin`, in 1/denominator. A product of two that fit 64 bits, and
// a sum of them for `pieces` in all, fit 127.
absl::int128 CostFrom(const std::vector<Tier>& tiers, const TierScale& scale, int64_t begin,
                      int64_t pieces) {
  absl::int128 cost = 0;
  for (size_t t = TierAt(tiers, begin); pieces > 0; ++t) {
    const int64_t to_border = (t + 1 == tiers.size() ? kMax : tiers[t].up_to) - begin;
    // What goes on behind the last number that a counter can have stays in the last tier.
    const int64_t here = t + 1 == tiers.size() ? pieces : std::min(pieces, to_border);
    cost += absl::int128(here) * scale.numerators[t];
    begin += t + 1 == tiers.size() ? 0 : here;
    pieces -= here;
  }
  return cost;
}

// The largest sum of weights of tiers whose begins lie within `width` consecutive values, tiers
// from `first` on. Two ends that only move on: each tier comes in once and goes out once.
template <typename Weight>
int64_t MostWithin(const std::vector<Tier>& tiers, size_t first, int64_t width,
                   const Weight& weight) {
  if (width == 0) return 0;
  int64_t most = 0;
  int64_t sum = 0;
  size_t out = first;
  for (size_t in = first; in < tiers.size(); ++in) {
    while (out < in && BeginOf(tiers, in) - BeginOf(tiers, out) >= width) {
      sum -= weight(tiers[out]);
      ++out;
    }
    const auto more = AddExact(sum, weight(tiers[in]));
    if (!more) return kMax;
    sum = *more;
    most = std::max(most, sum);
  }
  return most;
}

}  // namespace

bool InTiers(const Pot& pot, TokenKind kind) {
  return !TiersOf(pot).empty() && Counts(pot.shape->counter.counted, kind);
}

Stretch StretchAt(const Pot& pot, TokenKind kind, int64_t counted) {
  OCS_CHECK(counted >= 0);
  if (!InTiers(pot, kind)) return Stretch{.rate = BaseRate(pot, kind), .pieces = kMax};
  const std::vector<Tier>& tiers = TiersOf(pot);
  const size_t t = TierAt(tiers, counted);
  const bool sold = SoldIn(tiers[t], kind);
  return Stretch{.rate = RateIn(pot, tiers, t, kind),
                 .pieces = (t + 1 == tiers.size() ? kMax : tiers[t].up_to) - counted,
                 .flat = counted == BeginOf(tiers, t) && !tiers[t].stops ? tiers[t].flat : 0,
                 .tier = static_cast<uint16_t>(t + 1),
                 .sold = sold,
                 .volume = pot.shape->form == Shape::Form::kVolume};
}

std::optional<int64_t> VolumeWhole(const Pot& pot, TokenKind kind, int64_t counted) {
  const std::vector<Tier>& tiers = TiersOf(pot);
  int64_t whole = 0;
  for (size_t t = 0; t < tiers.size() && BeginOf(tiers, t) < counted; ++t) {
    const int64_t end = t + 1 == tiers.size() ? counted : std::min(counted, tiers[t].up_to);
    const Rate& rate = RateIn(pot, tiers, t, kind);
    const auto cost = MultiplyDivideCarry(end, rate.numerator, rate.denominator, 0);
    if (!cost) return std::nullopt;
    whole = std::max(whole, cost->whole);
  }
  return whole;
}

int64_t StopsAt(const Pot& pot, TokenKind kind, int64_t counted) {
  if (!InTiers(pot, kind)) return kMax;
  const std::vector<Tier>& tiers = TiersOf(pot);
  for (size_t t = TierAt(tiers, counted); t < tiers.size(); ++t) {
    if (!SoldIn(tiers[t], kind)) return std::max(counted, BeginOf(tiers, t));
  }
  return kMax;
}

bool HasStop(const Pot& pot) {
  const std::vector<Tier>& tiers = TiersOf(pot);
  return std::any_of(tiers.begin(), tiers.end(), [](const Tier& tier) { return tier.stops; });
}

int64_t RoomOf(const Pot& pot) {
  const int64_t maximum = pot.shape->maximum;
  if (maximum < 0) return kMax;
  return std::max<int64_t>(maximum - std::max<int64_t>(pot.charged_micros, 0), 0);
}

int64_t MinimumLeft(const Pot& pot) {
  return std::max<int64_t>(pot.shape->minimum - std::max<int64_t>(pot.call_charged_micros, 0), 0);
}

int64_t LeastCounted(const Pot& pot) { return BeginsAnew(pot) ? 0 : pot.counted; }

int64_t MostRoom(const Pot& pot) {
  const int64_t maximum = pot.shape->maximum;
  if (maximum < 0) return kMax;
  return BeginsAnew(pot) ? maximum : RoomOf(pot);
}

Rate DearestRate(const Pot& pot, TokenKind kind) {
  if (!InTiers(pot, kind)) return BaseRate(pot, kind);
  const std::vector<Tier>& tiers = TiersOf(pot);
  const size_t first = TierAt(tiers, LeastCounted(pot));
  Rate dearest = RateIn(pot, tiers, first, kind);
  for (size_t t = first + 1; t < tiers.size(); ++t) {
    if (!SoldIn(tiers[t], kind)) continue;
    const Rate& rate = tiers[t].rates[static_cast<size_t>(kind)];
    if (Dearer(rate, dearest)) dearest = rate;
  }
  return dearest;
}

std::optional<int64_t> MostOfPieces(const Pot& pot, TokenKind kind, int64_t pieces) {
  const Rate dearest = DearestRate(pot, kind);
  const auto at_dearest = MostCost(pieces, dearest);
  if (!InTiers(pot, kind) || pot.shape->form == Shape::Form::kVolume) return at_dearest;
  const std::vector<Tier>& tiers = TiersOf(pot);
  const int64_t least = LeastCounted(pot);
  for (size_t t = TierAt(tiers, least); t < tiers.size(); ++t) {
    const int64_t end = t + 1 == tiers.size() ? kMax : tiers[t].up_to;
    const bool whole = end - std::max(BeginOf(tiers, t), least) >= pieces;
    if (whole && !Dearer(dearest, RateIn(pot, tiers, t, kind))) return at_dearest;  // As usual.
  }
  const auto scale = ScaleOf(pot, kind);
  if (!scale) return at_dearest;
  // The cost as a function of where the pieces begin bends only where they begin or end at a
  // border, so it is largest at one of these, or where the counter is.
  absl::int128 most = CostFrom(tiers, *scale, least, pieces);
  for (size_t t = 0; t < tiers.size(); ++t) {
    const int64_t border = BeginOf(tiers, t);
    for (const int64_t begin : {border, border - pieces}) {
      if (begin >= least) most = std::max(most, CostFrom(tiers, *scale, begin, pieces));
    }
  }
  const absl::int128 micros = (most + (scale->denominator - 1)) / scale->denominator;
  if (micros > kMax) return std::nullopt;
  return static_cast<int64_t>(micros);
}

int64_t MostBeside(const Pot& pot, int64_t pieces) {
  const std::vector<Tier>& tiers = TiersOf(pot);
  if (tiers.empty() || pieces == 0) return 0;
  const int64_t least = LeastCounted(pot);
  const size_t here = TierAt(tiers, least);
  const size_t entered = BeginOf(tiers, here) < least ? here + 1 : here;
  const int64_t flats = MostWithin(tiers, entered, pieces,
                                   [](const Tier& tier) { return tier.stops ? 0 : tier.flat; });
  const int64_t borders = MostWithin(tiers, here + 1, pieces - 1,
                                     [](const Tier& tier) { return Rounds(tier) ? 1 : 0; });
  return AddExact(flats, borders).value_or(kMax);
}

}  // namespace ocs::rating::internal
