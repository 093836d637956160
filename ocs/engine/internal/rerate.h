// Works a record out anew by another tariff. Pure: no clock, disk, thread, log or random number.

#ifndef OCS_ENGINE_INTERNAL_RERATE_H_
#define OCS_ENGINE_INTERNAL_RERATE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "balance/account.h"
#include "cdr/record.h"
#include "ocs/base/exact.h"
#include "ocs/engine/internal/catalogue_registry.h"
#include "ocs/engine/rerate_operation.h"

namespace ocs::engine {

struct ReRateQuestion {
  const balance::Account& account;
  const Revisions& revisions;
  const Revision& corrected;
  const cdr::Record& record;  ///< Of use, or a correction.
};

struct ReRated {
  ReRateOutcome outcome = ReRateOutcome::kUnchanged;
  /// What it charges now, where that was worked out. Texts point into the tariff. Revenue is not
  /// filled.
  std::vector<cdr::RecordLine> lines = {};
  std::vector<ReRatedAmount> amounts = {};
};

/// Errors: OutOfRange when an amount does not fit.
absl::StatusOr<ReRated> ReRate(const ReRateQuestion& question);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_RERATE_H_
