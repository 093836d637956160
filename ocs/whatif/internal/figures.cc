#include "ocs/whatif/internal/figures.h"

#include <algorithm>
#include <limits>

#include "absl/numeric/int128.h"
#include "ocs/base/text.h"

namespace ocs::whatif::internal {
namespace {

constexpr int64_t kShareMax = 1'000'000'000'000;

// value / divisor, half to even. REQUIRES: divisor > 0.
absl::int128 Rounded(absl::int128 value, absl::int128 divisor) {
  const bool negative = value < 0;
  const absl::int128 positive = negative ? -value : value;
  absl::int128 whole = positive / divisor;
  const absl::int128 twice = (positive % divisor) * 2;
  if (twice > divisor || (twice == divisor && whole % 2 == 1)) ++whole;
  return negative ? -whole : whole;
}

std::string WithPlaces(int64_t scaled, int places, bool grouped) {
  int64_t unit = 1;
  for (int i = 0; i < places; ++i) unit *= 10;
  const bool negative = scaled < 0;
  const int64_t whole = negative ? -(scaled / unit) : scaled / unit;
  const int64_t rest = negative ? -(scaled % unit) : scaled % unit;
  std::string fraction = std::to_string(rest);
  fraction.insert(0, static_cast<size_t>(places) - fraction.size(), '0');
  return Cat(negative ? "-" : "", grouped ? FormatGrouped(whole) : std::to_string(whole), ".",
             fraction);
}

int64_t Hundredths(int64_t micros) { return static_cast<int64_t>(Rounded(micros, kMicrosPerFen)); }

int64_t TenthsOfPercent(int64_t ppm) { return static_cast<int64_t>(Rounded(ppm, 1'000)); }

}  // namespace

std::string Money(int64_t micros) { return WithPlaces(Hundredths(micros), 2, /*grouped=*/true); }

std::string Money(int64_t micros, const Unit& currency) {
  return Cat(Money(micros), " ", currency.code());
}

std::string MoneyChange(int64_t micros, const Unit& currency) {
  return Cat(Hundredths(micros) > 0 ? "+" : "", Money(micros, currency));
}

std::string PlainMoney(int64_t micros) {
  return WithPlaces(Hundredths(micros), 2, /*grouped=*/false);
}

std::string Percent(int64_t ppm) {
  return Cat(WithPlaces(TenthsOfPercent(ppm), 1, /*grouped=*/true), " %");
}

std::string PercentChange(int64_t ppm) {
  return Cat(TenthsOfPercent(ppm) > 0 ? "+" : "", Percent(ppm));
}

std::string PlainPercent(int64_t ppm) {
  return WithPlaces(TenthsOfPercent(ppm), 1, /*grouped=*/false);
}

int64_t ShareOf(int64_t part, int64_t whole) {
  if (whole == 0) return 0;
  const absl::int128 scaled = absl::int128(part) * 1'000'000;
  const absl::int128 share =
      whole > 0 ? Rounded(scaled, whole) : Rounded(-scaled, -absl::int128(whole));
  return static_cast<int64_t>(
      std::clamp<absl::int128>(share, absl::int128(-kShareMax), absl::int128(kShareMax)));
}

}  // namespace ocs::whatif::internal
