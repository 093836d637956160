// Lets the front of the journal go: what is older than the retention time, behind every consumer's
// cursor and behind the checkpoint (DESIGN 2.5). A consumer that stands still for too long, or
// makes the journal too large, holds it back no longer: it is cut off.

#ifndef OCS_ENGINE_INTERNAL_TRIMMING_H_
#define OCS_ENGINE_INTERNAL_TRIMMING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "balance/store.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"

namespace ocs::engine {

/// As in EngineOptions.
struct TrimmingPolicy {
  int64_t retention_seconds = 0;
  int64_t hold_seconds_max = 0;
  int64_t hold_bytes_max = 0;
};

/// Confined to its shard.
class Trimming final {
 public:
  /// `store` outlives this.
  Trimming(const balance::Store* store, const TrimmingPolicy& policy)
      : store_(store), policy_(policy) {}

  /// A consumer that has all records of what goes although it stood still: it is to stand here.
  struct Moved {
    std::string consumer;
    Position position;
  };

  /// Reads where the journal begins. Errors: DataLoss, Unavailable.
  absl::Status Load();

  /// Adds to the batch the deletion of what may go now, if anything may; looks at a few groups
  /// only, so that a long journal goes in steps. `checkpoint` is durable. Returns the consumers
  /// that the caller moves in the same batch. Errors: DataLoss, Unavailable.
  absl::StatusOr<std::vector<Moved>> Trim(Instant now, uint64_t checkpoint,
                                          balance::StoreBatch* batch);

  uint64_t first_group() const { return first_group_; }

 private:
  struct Standing {
    std::string consumer;
    Position position;
  };
  absl::StatusOr<std::vector<Standing>> Consumers() const;
  absl::StatusOr<uint64_t> LastOlder(uint64_t limit, Instant than) const;
  absl::StatusOr<uint64_t> LastHeldTooLong(uint64_t limit, Instant now) const;
  absl::StatusOr<std::vector<Moved>> PassOver(const std::vector<Standing>& consumers,
                                              uint64_t last) const;
  absl::StatusOr<bool> IsOlder(uint64_t group, Instant than) const;
  absl::Status Delete(uint64_t last, balance::StoreBatch* batch);

  const balance::Store* store_;
  TrimmingPolicy policy_;
  uint64_t first_group_ = 1;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_TRIMMING_H_
