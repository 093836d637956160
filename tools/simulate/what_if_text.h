// A study as a person reads it on a terminal: the answer, the reasons, the tables that were asked
// for.

#ifndef TOOLS_SIMULATE_WHAT_IF_TEXT_H_
#define TOOLS_SIMULATE_WHAT_IF_TEXT_H_

#include <cstddef>
#include <string>

#include "ocs/whatif/study.h"

namespace ocs::simulate {

struct WhatIfTextOptions {
  size_t customers = 10;  ///< Of those whose bills rise most.
};

std::string DescribeStudy(const whatif::Study& study, const WhatIfTextOptions& options);

}  // namespace ocs::simulate

#endif  // TOOLS_SIMULATE_WHAT_IF_TEXT_H_
