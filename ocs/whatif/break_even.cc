#include "ocs/whatif/break_even.h"

#include <limits>

#include "absl/numeric/int128.h"

namespace ocs::whatif {
namespace {

constexpr int64_t kOnce = 1'000'000;

int64_t Clamped(absl::int128 value) {
  constexpr absl::int128 kMost = std::numeric_limits<int64_t>::max();
  if (value > kMost) return std::numeric_limits<int64_t>::max();
  return value < -kMost ? -std::numeric_limits<int64_t>::max() : static_cast<int64_t>(value);
}

}  // namespace

std::vector<BreakEven> BreakEvens(const simulation::VariantResult& variant) {
  std::vector<BreakEven> plans;
  for (const simulation::Group& group : variant.by_plan) {
    BreakEven plan = {.plan = group.name,
                      .customers = group.customers,
                      .revenue_micros = group.figures.revenue_micros(),
                      .cost_micros = group.figures.cost_micros};
    if (plan.cost_micros > 0) {
      plan.factor_ppm = Clamped(absl::int128(plan.revenue_micros) * kOnce / plan.cost_micros);
    }
    plans.push_back(std::move(plan));
  }
  return plans;
}

int64_t MarginAt(const BreakEven& plan, int64_t factor_ppm) {
  const absl::int128 scaled = absl::int128(plan.cost_micros) * factor_ppm;
  // The cost rounded up is the margin rounded down.
  const absl::int128 cost = (scaled + (kOnce - 1)) / kOnce;
  return Clamped(absl::int128(plan.revenue_micros) - cost);
}

}  // namespace ocs::whatif
