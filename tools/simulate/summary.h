// What a person sees at the end of a simulation.

#ifndef TOOLS_SIMULATE_SUMMARY_H_
#define TOOLS_SIMULATE_SUMMARY_H_

#include <string>

#include "ocs/simulation/result.h"

namespace ocs::simulate {

/// The answer first, then plans, models, packages and bills.
std::string DescribeResult(const simulation::Result& result);

/// What happened to the customer that was followed, a line for each thing.
std::string DescribeExplained(const simulation::Result& result);

}  // namespace ocs::simulate

#endif  // TOOLS_SIMULATE_SUMMARY_H_
