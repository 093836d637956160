// From lanes and tallies to the result of a variant.

#ifndef OCS_SIMULATION_INTERNAL_COLLECT_H_
#define OCS_SIMULATION_INTERNAL_COLLECT_H_

#include <memory>
#include <vector>

#include "ocs/simulation/internal/lane.h"
#include "ocs/simulation/internal/tally.h"
#include "ocs/simulation/internal/world.h"
#include "ocs/simulation/result.h"

namespace ocs::simulation::internal {

/// REQUIRES: all lanes are finished; `tally` is of all threads. Lanes in order.
VariantResult Collect(const World& world, const Names& names,
                      const std::vector<std::unique_ptr<Lane>>& lanes, const Tally& tally);

}  // namespace ocs::simulation::internal

#endif  // OCS_SIMULATION_INTERNAL_COLLECT_H_
