// What a consumer of records has not yet got, as far as its lag and the trimming of the journal
// need it.

#ifndef OCS_ENGINE_INTERNAL_WAITING_RECORD_H_
#define OCS_ENGINE_INTERNAL_WAITING_RECORD_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "balance/store.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"

namespace ocs::engine {

struct WaitingRecord {
  enum class Kind : uint8_t {
    kNone = 0,     ///< No record lies in between.
    kFound = 1,    ///< `logged_at` is its group's.
    kUnknown = 2,  ///< Not in the first `groups_max` groups; `logged_at` is that of the next one.
    kGone = 3,     ///< The journal at `after` was trimmed away.
  };
  Kind kind = Kind::kNone;
  Instant logged_at = Instant::Never();
};

/// What is known of the first record behind `after` in groups up to `until`. Looks at `groups_max`
/// groups at most. Thread-safe; reads the store. Errors: DataLoss, Unavailable.
absl::StatusOr<WaitingRecord> FindWaitingRecord(const balance::Store& store, Position after,
                                                uint64_t until, int groups_max);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_WAITING_RECORD_H_
