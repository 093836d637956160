// A stream of records to one reader.

#ifndef OCS_RPC_INTERNAL_RECORD_STREAM_H_
#define OCS_RPC_INTERNAL_RECORD_STREAM_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ocs/cdr/v1/cdr.pb.h"
#include "ocs/engine/engine.h"
#include "ocs/rpc/internal/gate.h"
#include "ocs/rpc/internal/record_batch.h"
#include "ocs/rpc/internal/status.h"

namespace ocs::rpc::internal {

/// A fault when the name is not 1 to 64 of a-z, 0-9, '-', '_', '.'.
std::optional<FieldFault> CheckConsumer(std::string_view field, const std::string& name);

/// How the engine knows a tenant's consumer: "acme/billing"; of the operator: by its name.
std::string ConsumerOf(std::string_view tenant, const std::string& name);

/// A fault when there is no such shard.
std::optional<FieldFault> CheckShard(std::string_view field, uint32_t shard, int shard_count);

/// What the service and its streams work with. All of it must outlive the server.
struct RecordScope {
  engine::Engine* engine = nullptr;
  Gate* gate = nullptr;
  absl::TimeZone zone;
  const std::atomic<bool>* stopping = nullptr;
};

/// One stream. Deletes itself when gRPC is done with it. One thing is under way at a time: reading
/// the journal, writing a batch, or waiting for the alarm; so nothing here needs a lock.
class RecordStream final : public grpc::ServerWriteReactor<cdr::v1::RecordBatch> {
 public:
  /// The request is not kept.
  RecordStream(const RecordScope& scope, Pass pass, const cdr::v1::StreamRecordsRequest& request);

 private:
  struct Cursor {
    ShardId shard;
    Position after;
  };

  void OnWriteDone(bool ok) override;
  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }
  void OnDone() override { delete this; }

  std::optional<FieldFault> Read(const cdr::v1::StreamRecordsRequest& request);
  std::optional<FieldFault> ReadShards(const cdr::v1::StreamRecordsRequest& request);
  std::optional<FieldFault> ReadPositions(const cdr::v1::StreamRecordsRequest& request);
  absl::Status SeekConsumer(const std::string& consumer);

  // Sends the next batch, waits, or finishes. Must be the last thing that a callback does.
  void Continue();
  // True when batch_ is worth sending: something of that shard was read.
  absl::StatusOr<bool> FillBatch(Cursor& cursor);
  void Wait();

  const RecordScope scope_;
  Pass pass_;
  std::atomic<bool> cancelled_{false};

  std::vector<Cursor> cursors_;
  size_t turn_ = 0;  // Index of the cursor that is read next: shards take turns.
  RecordFilter filter_;
  RecordReading reading_;
  bool follow_ = false;
  cdr::v1::RecordBatch batch_;
  std::unique_ptr<grpc::Alarm> alarm_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_RECORD_STREAM_H_
