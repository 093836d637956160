// Proves the laws over one shard's store: walks its whole journal once, from the first group to the
// head, and builds everything that is derived from it again. Changes nothing.

#ifndef TOOLS_INSPECT_PROVE_H_
#define TOOLS_INSPECT_PROVE_H_

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "balance/journal.h"
#include "balance/store.h"
#include "tools/inspect/key_check.h"
#include "tools/inspect/other_shards.h"
#include "tools/inspect/report.h"
#include "tools/inspect/transfer_check.h"

namespace ocs::tools {

struct ProveOptions {
  KeyRetention retention = {};
  int64_t memory_bytes_max = int64_t{4} << 30;
  /// All stores of several shards, by shard: what an account has in another shard is looked up
  /// there. Where one is missing (null, or the list is shorter) that is left out, and noted.
  std::vector<const balance::Store*> shards = {};
  /// Sees every entry, beside those of the other shards: the halves of transfers are compared when
  /// all have been walked. May be null.
  TransferCheck* transfers = nullptr;
  /// Called after each group with its number and the head's; may be empty.
  std::function<void(uint64_t group, uint64_t head)> progress = {};
};

/// The report, with failed checks or without. Errors: NotFound when the store is empty of a format;
/// FailedPrecondition when it was written by a newer release; ResourceExhausted with the figure
/// needed when memory does not suffice; DataLoss when what says where the journal ends is damaged;
/// Unavailable when reading fails.
absl::StatusOr<Report> Prove(const balance::Store& store, const ProveOptions& options);

/// What a store says about itself.
struct StoreFormat {
  uint64_t version = 0;
  ShardId shard;
  uint32_t shard_count = 1;
};
/// Errors: NotFound, FailedPrecondition, DataLoss, Unavailable as Prove.
absl::StatusOr<StoreFormat> ReadFormat(const balance::Store& store);

/// The last group that was trimmed away: the first one that is there must follow from it.
struct Trimmed {
  uint64_t group = 0;  ///< 0: the journal is whole.
  balance::ChainHash hash = {};
};
/// Errors: DataLoss, Unavailable.
absl::StatusOr<Trimmed> ReadTrimmed(const balance::Store& store);
/// Stored states include every group up to this one. Errors: DataLoss, Unavailable.
absl::StatusOr<uint64_t> ReadCheckpoint(const balance::Store& store);

}  // namespace ocs::tools

#endif  // TOOLS_INSPECT_PROVE_H_
