// RocksDB's statuses in our words: the one place where they are translated.

#ifndef BALANCE_INTERNAL_ROCKS_STATUS_H_
#define BALANCE_INTERNAL_ROCKS_STATUS_H_

#include <string_view>

#include "absl/status/status.h"
#include "rocksdb/status.h"

namespace ocs::balance::internal {

/// What `status` means to our callers, with `folder` in the message:
///   no space, too large, memory or file limits -> ResourceExhausted   back off, make room, reopen
///   corruption, a checksum, a missing file     -> DataLoss            page a human
///   the folder's lock is held                  -> AlreadyExists       says how to mend it
///   a store of another version or shape        -> FailedPrecondition  do not retry
///   input and output, busy, shutting down      -> Unavailable         reopen, then ask again
///   not found                                  -> NotFound
/// OK stays OK. Thread-safe.
absl::Status FromRocks(const rocksdb::Status& status, std::string_view folder);

}  // namespace ocs::balance::internal

#endif  // BALANCE_INTERNAL_ROCKS_STATUS_H_
