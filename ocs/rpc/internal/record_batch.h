// Records out of the journal as messages, one batch at a time: for whoever reads a stream and for
// the one that records are pushed to.

#ifndef OCS_RPC_INTERNAL_RECORD_BATCH_H_
#define OCS_RPC_INTERNAL_RECORD_BATCH_H_

#include <optional>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_field.h"
#include "ocs/cdr/v1/cdr.pb.h"
#include "ocs/engine/engine.h"
#include "ocs/rpc/internal/status.h"

namespace ocs::rpc::internal {

/// Which records are wanted. Immutable once read.
class RecordFilter final {
 public:
  /// Faults: too many values, an unknown type.
  std::optional<FieldFault> Read(const cdr::v1::RecordFilter& wire);
  bool Passes(const cdr::Record& record) const;

 private:
  absl::flat_hash_set<uint64_t> accounts_;
  absl::flat_hash_set<std::string> models_;
  absl::flat_hash_set<std::string> providers_;
  uint32_t types_ = 0;  // A bit for each; 0: all.
};

enum class Explain : uint8_t { kNo = 0, kYes = 1 };

/// How records are read. Outlived by what it points to.
struct RecordReading {
  const engine::Engine* engine = nullptr;
  absl::TimeZone zone = {};  ///< Of the times in sentences.
  Explain explain = Explain::kNo;
  const RecordFilter* filter = nullptr;  ///< Null: all records.
  int records_max = 1'000;               ///< That are looked at.
  /// Only of its customers, "" the operator's own; nothing: of all.
  std::optional<std::string> tenant = {};
};

/// Adds the records of a shard behind `after` to `out`, about 2 MiB at most, and moves `after` to
/// the last that was looked at. True when there was any, wanted or not. Errors: as
/// Engine::ReadRecords; DataLoss for a record that cannot be read.
absl::StatusOr<bool> AddRecordsBehind(const RecordReading& reading, ShardId shard, Position* after,
                                      google::protobuf::RepeatedPtrField<cdr::v1::Record>* out);

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_RECORD_BATCH_H_
