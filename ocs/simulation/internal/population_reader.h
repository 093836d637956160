// A population's text as terms.

#ifndef OCS_SIMULATION_INTERNAL_POPULATION_READER_H_
#define OCS_SIMULATION_INTERNAL_POPULATION_READER_H_

#include <string_view>

#include "ocs/simulation/internal/text_map.h"
#include "ocs/simulation/population.h"

namespace ocs::simulation::internal {

/// The terms; not to be used when there are faults.
PopulationTerms ReadPopulation(std::string_view text, Faults* faults);

}  // namespace ocs::simulation::internal

#endif  // OCS_SIMULATION_INTERNAL_POPULATION_READER_H_
