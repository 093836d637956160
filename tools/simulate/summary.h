// What a person sees at the end of a simulation.

#ifndef TOOLS_SIMULATE_SUMMARY_H_
#define TOOLS_SIMULATE_SUMMARY_H_

#include <cstddef>
#include <string>

#include "ocs/simulation/result.h"

namespace ocs::simulate {

/// The answer first, then plans, models, packages and bills.
std::string DescribeResult(const simulation::Result& result);

/// The customers with the largest bills of each variant, at most `count`; "" for 0.
std::string DescribeCustomers(const simulation::Result& result, size_t count);

/// What happened to the customer that was followed, a line for each thing.
std::string DescribeExplained(const simulation::Result& result);

}  // namespace ocs::simulate

#endif  // TOOLS_SIMULATE_SUMMARY_H_
