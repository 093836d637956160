// The care of the stores, as the rpc layer asks for it: copies and figures. Who has the stores
// implements it (ocs/ocsd_backup.h); nothing is decided here.
// Tested in: tests/rpc/operations_service_test.cc

#ifndef OCS_RPC_STORE_CARE_H_
#define OCS_RPC_STORE_CARE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace ocs::rpc {

struct BackupMade {
  struct Shard {
    uint16_t shard = 0;
    uint64_t group = 0;  ///< The last of the journal that is in the copy.
    std::string hash;    ///< 32 bytes: the head of the chain.
  };
  std::string folder;
  std::vector<Shard> shards;
  int64_t bytes = 0;
  int64_t took_ms = 0;
};

struct StoreUsage {
  struct Table {
    std::string name;
    int64_t bytes = 0;
  };
  struct Shard {
    uint16_t shard = 0;
    int64_t total_bytes = 0;
    int64_t log_bytes = 0;
    std::vector<Table> tables;
  };
  std::vector<Shard> shards;
  int64_t free_bytes = 0;
};

/// Thread-safe.
class StoreCare {
 public:
  using BackUpDone = std::function<void(const absl::StatusOr<BackupMade>&)>;

  virtual ~StoreCare() = default;
  /// Begins a copy of that name and returns; calls `done` once, on any thread, possibly before it
  /// returns. REQUIRES: IsBackupName(name). Errors as in operations.proto.
  virtual void BackUp(const std::string& name, BackUpDone done) = 0;
  /// Walks the folders.
  virtual StoreUsage Usage() const = 0;
};

/// 1 to 64 of a-z, 0-9, '-', '_', '.'; begins with a letter or a digit, does not end with ".part".
bool IsBackupName(const std::string& name);

}  // namespace ocs::rpc

#endif  // OCS_RPC_STORE_CARE_H_
