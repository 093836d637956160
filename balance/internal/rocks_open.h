// Opening a RocksStore on a file system of one's choice: tests plant faults there.

#ifndef BALANCE_INTERNAL_ROCKS_OPEN_H_
#define BALANCE_INTERNAL_ROCKS_OPEN_H_

#include <memory>

#include "absl/status/statusor.h"
#include "balance/rocks_store.h"
#include "balance/store.h"
#include "rocksdb/file_system.h"

namespace ocs::balance::internal {

/// As OpenRocksStore, with all files on `files`, which the store keeps alive.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksStoreOn(
    const std::shared_ptr<rocksdb::FileSystem>& files, const RocksOptions& options);

}  // namespace ocs::balance::internal

#endif  // BALANCE_INTERNAL_ROCKS_OPEN_H_
