// A grid over values of a catalogue, and which of its points are worth a thought. Pure: who runs
// the points is elsewhere.

#ifndef OCS_WHATIF_SWEEP_H_
#define OCS_WHATIF_SWEEP_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ocs/simulation/result.h"
#include "ocs/whatif/comparison.h"
#include "rating/edit.h"

namespace ocs::whatif {

inline constexpr size_t kSweepPointsMax = 256;  ///< Each is a catalogue that charges all the use.

/// Changes of which each point has one.
struct Axis {
  std::vector<rating::Edit> edits;  ///< The same path and action, other values.
};

/// Reads "offers/light/fee = 8.9, 9.9, 10.9": a change with several values. Errors: as
/// rating::ParseEdit; a value that is missing or there twice.
absl::StatusOr<Axis> ParseAxis(std::string_view text);

/// Every combination, the last axis fastest. Errors: InvalidArgument: no axis, or more than
/// kSweepPointsMax points.
absl::StatusOr<std::vector<std::vector<rating::Edit>>> GridOf(const std::vector<Axis>& axes);

/// What a point came to, against the catalogue without changes.
struct SweepPoint {
  std::vector<rating::Edit> edits;
  std::string text_sha256;  ///< Of the changed catalogue.
  int64_t revenue_micros = 0;
  int64_t margin_micros = 0;
  int64_t customers = 0;
  int64_t better = 0;            ///< Customers.
  int64_t worse = 0;             ///< Customers, less for less included.
  int64_t max_increase_ppm = 0;  ///< Of a bill.
  int64_t not_run = 0;           ///< Calls that were blocked or not sold.
  bool frontier = false;  ///< No other point has more margin and at least as many customers better
                          ///< off, or the same margin and more of them.
  friend bool operator==(const SweepPoint&, const SweepPoint&) = default;
};

SweepPoint SummarisePoint(std::vector<rating::Edit> edits, const simulation::VariantResult& before,
                          const simulation::VariantResult& after);

/// Sets `frontier` of each.
void MarkFrontier(std::vector<SweepPoint>* points);

/// "fee = 9.9, amount = 12M": the edits with the last steps of their paths.
std::string PointLabel(const std::vector<rating::Edit>& edits);

}  // namespace ocs::whatif

#endif  // OCS_WHATIF_SWEEP_H_
