// The table of rates: which client makes how many calls in which window, and how bursty.

#ifndef OCS_WORKLOAD_INTERNAL_RATES_H_
#define OCS_WORKLOAD_INTERNAL_RATES_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ocs/workload/internal/gap_law.h"

namespace ocs::workload::internal {

struct WindowRate {
  uint32_t window = 0;
  uint16_t law = 0;
  double calls = 0;  ///< Mean number of calls in the window; above 0.
};

struct ClientRates {
  int64_t number = 0;               ///< As published.
  std::vector<WindowRate> windows;  ///< In order of window; idle ones are not here.
};

struct Rates {
  std::vector<ClientRates> clients;  ///< In order of number.
  GapLaws laws;
  int64_t span_windows = 0;
};

/// Errors: InvalidArgument "rates:LINE: ...".
absl::StatusOr<Rates> ReadRates(std::string_view text);

}  // namespace ocs::workload::internal

#endif  // OCS_WORKLOAD_INTERNAL_RATES_H_
