// How RocksDB is set up for the job, every choice spelled with its reason.

#ifndef BALANCE_INTERNAL_ROCKS_TUNING_H_
#define BALANCE_INTERNAL_ROCKS_TUNING_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "balance/rocks_store.h"
#include "balance/store.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "rocksdb/write_buffer_manager.h"

namespace ocs::balance {

class RocksMemory final {
 public:
  RocksMemory(int64_t block_cache_bytes, int64_t write_buffer_bytes);
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
};

}  // namespace ocs::balance

namespace ocs::balance::internal {

/// The time before which answers may be dropped, in seconds since 1970. The store sets it,
/// RocksDB's threads read it.
using ExpiryFloor = std::atomic<uint32_t>;

/// Options of the database as a whole, but for its env.
rocksdb::DBOptions DatabaseOptions(const RocksOptions& options);

/// The column families in the order of Table; the first is RocksDB's unused "default". `floor`
/// outlives the database.
std::vector<rocksdb::ColumnFamilyDescriptor> TableOptions(const RocksOptions& options,
                                                          const ExpiryFloor* floor);

}  // namespace ocs::balance::internal

#endif  // BALANCE_INTERNAL_ROCKS_TUNING_H_
