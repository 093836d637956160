// Lets the front of the journal go: what is older than the retention time, behind every consumer's
// cursor and behind the checkpoint (DESIGN 2.5).

#ifndef OCS_ENGINE_INTERNAL_TRIMMING_H_
#define OCS_ENGINE_INTERNAL_TRIMMING_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "balance/store.h"
#include "ocs/base/time.h"

namespace ocs::engine {

/// Confined to its shard.
class Trimming final {
 public:
  /// `store` outlives this.
  Trimming(const balance::Store* store, int64_t retention_seconds)
      : store_(store), retention_seconds_(retention_seconds) {}

  /// Reads where the journal begins. Errors: DataLoss, Unavailable.
  absl::Status Load();

  /// Adds to the batch the deletion of what may go now, if anything may; looks at a few groups
  /// only, so that a long journal goes in steps. `checkpoint` is durable. Errors: DataLoss,
  /// Unavailable.
  absl::Status Trim(Instant now, uint64_t checkpoint, balance::StoreBatch* batch);

  uint64_t first_group() const { return first_group_; }

 private:
  absl::StatusOr<uint64_t> LimitByCursors(uint64_t limit) const;
  absl::StatusOr<bool> IsOlder(uint64_t group, Instant than) const;

  const balance::Store* store_;
  int64_t retention_seconds_;
  uint64_t first_group_ = 1;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_TRIMMING_H_
