// How long prompts and answers are, by client and quarter of a day.

#ifndef OCS_WORKLOAD_INTERNAL_LENGTHS_H_
#define OCS_WORKLOAD_INTERNAL_LENGTHS_H_

#include <array>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ocs/workload/internal/alias_table.h"

namespace ocs::workload::internal {

inline constexpr int64_t kQuarterSeconds = 21'600;
inline constexpr int kQuartersPerDay = 4;

/// Values, each with its probability.
struct Law {
  AliasTable table;
  std::vector<int32_t> values;
  bool empty() const { return table.empty(); }
  int32_t Pick(uint64_t uniform) const { return values[table.Pick(uniform)]; }
};

struct QuarterLengths {
  Law input;
  Law output;
  Law reasoning_ppm;  ///< Of the output; empty: none.
  bool complete() const { return !input.empty() && !output.empty(); }
};

/// Each quarter of the day is complete: the gaps of the text are filled from the next that is.
using ClientLengths = std::array<QuarterLengths, kQuartersPerDay>;

/// By the client's published number; only clients with at least one complete quarter. Of the days
/// of the text the first counts. Errors: InvalidArgument "lengths:LINE: ...".
absl::StatusOr<std::map<int64_t, ClientLengths>> ReadLengths(std::string_view text);

}  // namespace ocs::workload::internal

#endif  // OCS_WORKLOAD_INTERNAL_LENGTHS_H_
