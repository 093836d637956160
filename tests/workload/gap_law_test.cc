#include "ocs/workload/internal/gap_law.h"

#include <cmath>

#include "ocs/workload/internal/alias_table.h"
#include "tests/support/catch.h"

using ocs::workload::internal::AliasTable;
using ocs::workload::internal::GammaBelow;
using ocs::workload::internal::GapForm;
using ocs::workload::internal::GapLaws;
using ocs::workload::internal::GapTable;
using ocs::workload::internal::kGapsPerLaw;

namespace {

bool Near(double a, double b, double part) { return std::abs(a - b) <= part * std::abs(b); }

double Mean(const GapTable& table) {
  double sum = 0;
  for (const uint32_t gap : table) sum += gap;
  return sum / kGapsPerLaw / 65536;
}

double SquaredVariation(const GapTable& table) {
  double sum = 0;
  for (const uint32_t gap : table) sum += std::pow(gap / 65536.0 / Mean(table) - 1, 2);
  return sum / kGapsPerLaw;
}

}  // namespace

TEST_CASE("the gamma law's share is right where it is known otherwise", "[workload][unit]") {
  // Shape 1 is the exponential law; shape 1/2 is the error function.
  for (const double x : {0.01, 0.5, 1.0, 1.9, 2.1, 7.0, 30.0}) {
    CAPTURE(x);
    CHECK(Near(GammaBelow(1, x), 1 - std::exp(-x), 1e-12));
    CHECK(Near(GammaBelow(0.5, x), std::erf(std::sqrt(x)), 1e-12));
  }
}

TEST_CASE("gaps have mean one and the variation of their law", "[workload][unit]") {
  GapLaws laws;
  const GapTable& gamma4 = laws.table(laws.Add(GapForm::kGamma, 4));
  CHECK(Near(Mean(gamma4), 1, 0.001));
  CHECK(Near(SquaredVariation(gamma4), 0.25, 0.03));
  const GapTable& weibull2 = laws.table(laws.Add(GapForm::kWeibull, 2));
  CHECK(Near(SquaredVariation(weibull2), 4 / 3.14159265 - 1, 0.03));
  const GapTable& bursty = laws.table(laws.Add(GapForm::kGamma, 0.06));
  CHECK(SquaredVariation(bursty) > 10);  // 16.7 before the ends of the table are cut.
}

TEST_CASE("one shape has one table; nearly equal ones share it", "[workload][unit]") {
  GapLaws laws;
  const uint16_t first = laws.Add(GapForm::kGamma, 2.0);
  CHECK(laws.Add(GapForm::kGamma, 2.01) == first);
  CHECK(laws.Add(GapForm::kWeibull, 2.0) != first);
  CHECK(laws.Add(GapForm::kGamma, 2.2) != first);
  CHECK(laws.Add(GapForm::kGamma, 1e-9) == laws.Add(GapForm::kGamma, 1.0 / 64));
  CHECK(laws.Add(GapForm::kGamma, 0) == laws.Add(GapForm::kGamma, 1.0 / 64));
}

TEST_CASE("an alias table gives each index its share", "[workload][unit]") {
  const std::vector<double> weights = {1, 0, 5, 2, 0.5, 1.5};
  const AliasTable table = AliasTable::Make(weights);
  std::vector<int> seen(weights.size());
  constexpr int kDraws = 1'000'000;
  // An even grid over all numbers: what is counted is the table itself, not a generator.
  for (int64_t i = 0; i < kDraws; ++i) {
    const uint64_t uniform = static_cast<uint64_t>(i) * 0x9e3779b97f4a7c15ULL;
    ++seen[table.Pick(uniform)];
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(seen[i] - weights[i] / 10 * kDraws) <= 2000);
  }
  CHECK(seen[1] == 0);
}
