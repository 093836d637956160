// A file system that checks each log before RocksDB replays it, and hides a tail that power loss
// tore.

#ifndef BALANCE_INTERNAL_WAL_GUARD_H_
#define BALANCE_INTERNAL_WAL_GUARD_H_

#include <memory>

#include "rocksdb/file_system.h"

namespace ocs::balance::internal {

/// `files`, but opening a log ("000012.log", "MANIFEST-000011") to read it in order checks it first
/// (wal_check.h): of a torn one only the whole records are seen, a damaged one is refused as
/// corruption. Nothing on disk is changed. A write-ahead log may be torn only when no newer one has
/// content: RocksDB leaves one behind only when all of it was synced.
std::shared_ptr<rocksdb::FileSystem> GuardWals(const std::shared_ptr<rocksdb::FileSystem>& files);

}  // namespace ocs::balance::internal

#endif  // BALANCE_INTERNAL_WAL_GUARD_H_
