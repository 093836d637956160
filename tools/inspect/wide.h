// Sums that may exceed 64 bits: over a whole journal, nothing may wrap.

#ifndef TOOLS_INSPECT_WIDE_H_
#define TOOLS_INSPECT_WIDE_H_

#include <string>

#include "absl/container/btree_map.h"
#include "absl/numeric/int128.h"
#include "ocs/base/unit.h"

namespace ocs::tools {

using UnitSums = absl::btree_map<Unit, absl::int128>;

/// In decimal, not grouped.
std::string WideText(absl::int128 number);

/// "12.34 CNY", "1,234 token": as FormatAmount, for any size.
std::string WideAmount(absl::int128 amount, const Unit& unit);

}  // namespace ocs::tools

#endif  // TOOLS_INSPECT_WIDE_H_
