// Finds the shards' stores under a folder and opens them for reading.

#ifndef TOOLS_INSPECT_STORE_FILES_H_
#define TOOLS_INSPECT_STORE_FILES_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "balance/store.h"
#include "tools/inspect/prove.h"

namespace ocs::tools {

struct OpenedStore {
  std::string folder;
  std::unique_ptr<balance::Store> store;
  StoreFormat format;
  int used_by_process = 0;  ///< A process that has it open now, 0 for none: figures may be stale.
};

/// The stores in `folder` (a shard's own, or one with a folder for each shard), in order of shard;
/// only shard `only` when it is given. Errors, with what to mend: NotFound when the folder or the
/// shard is not there; FailedPrecondition for a newer format; DataLoss; Unavailable.
absl::StatusOr<std::vector<OpenedStore>> OpenStores(const std::string& folder,
                                                    std::optional<uint16_t> only);

}  // namespace ocs::tools

#endif  // TOOLS_INSPECT_STORE_FILES_H_
