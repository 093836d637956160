// The store on disk: RocksDB, one directory a shard, one column family a table.

#ifndef BALANCE_ROCKS_STORE_H_
#define BALANCE_ROCKS_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "balance/store.h"

namespace ocs::balance {

enum class OpenMode : uint8_t {
  kMustExist,  ///< Errors: NotFound when there is no store in the folder.
  kCreateIfMissing,
  kReadOnly,  ///< Changes nothing on disk; the folder must not be open elsewhere for the result to
              ///< be current.
};

/// Memory that several stores share: blocks read from disk, and what is not yet in table files.
class RocksMemory;
/// Bytes as in RocksOptions, of all stores together. Shared, as each store lives as long as it
/// likes.
std::shared_ptr<const RocksMemory> MakeRocksMemory(int64_t block_cache_bytes,
                                                   int64_t write_buffer_bytes);

struct RocksOptions {
  std::string folder;
  OpenMode mode = OpenMode::kMustExist;
  int64_t block_cache_bytes = 0;  ///< Shared by all tables of this store; 0 = 64 MiB.
  int64_t write_buffer_bytes =
      0;  ///< Memory for what is not yet in table files, all tables together; 0 = 256 MiB.
  std::shared_ptr<const RocksMemory> memory = nullptr;  ///< Instead of memory of its own.
};

/// Opens a store. Errors: NotFound (see mode); AlreadyExists when another process has it open (the
/// message names the folder and says how to mend it); DataLoss when it is corrupt; Unavailable for
/// I/O.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const RocksOptions& options);

}  // namespace ocs::balance

#endif  // BALANCE_ROCKS_STORE_H_
