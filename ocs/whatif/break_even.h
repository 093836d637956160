// How far vendors' prices may rise before a plan earns nothing. Pure.

#ifndef OCS_WHATIF_BREAK_EVEN_H_
#define OCS_WHATIF_BREAK_EVEN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ocs/simulation/result.h"

namespace ocs::whatif {

/// A plan's figures when all wholesale prices are multiplied alike: what customers do and pay does
/// not depend on them, so the cost is multiplied by the same factor.
struct BreakEven {
  std::string plan;
  int64_t customers = 0;
  int64_t revenue_micros = 0;
  int64_t cost_micros = 0;
  /// The factor, in parts per million, at which the margin is 0: revenue / cost, rounded down;
  /// nothing where there is no cost.
  std::optional<int64_t> factor_ppm = {};

  int64_t margin_micros() const { return revenue_micros - cost_micros; }
  friend bool operator==(const BreakEven&, const BreakEven&) = default;
};

/// Of each plan, in the result's order.
std::vector<BreakEven> BreakEvens(const simulation::VariantResult& variant);

/// The margin where all wholesale prices are multiplied by the factor, rounded down to the micro.
int64_t MarginAt(const BreakEven& plan, int64_t factor_ppm);

}  // namespace ocs::whatif

#endif  // OCS_WHATIF_BREAK_EVEN_H_
