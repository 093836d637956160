// A stream of notices to one reader: asks the engine for the next ones, sends them, and when there
// are none waits a little.

#ifndef OCS_RPC_INTERNAL_NOTICE_STREAM_H_
#define OCS_RPC_INTERNAL_NOTICE_STREAM_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "ocs/engine/account_operation.h"
#include "ocs/engine/engine.h"
#include "ocs/push/v1/push.pb.h"
#include "ocs/rpc/internal/gate.h"

namespace ocs::rpc::internal {

/// How the engine knows a consumer of notices: "acme/crm:notices"; of the operator: "crm:notices".
std::string NoticeConsumerOf(std::string_view tenant, const std::string& name);

/// Deletes itself when gRPC is done with it. One thing is under way at a time: a call of the
/// engine, a write, or a wait; so nothing here needs a lock.
class NoticeStream final : public grpc::ServerWriteReactor<push::v1::NoticeBatch> {
 public:
  /// What it works with: must outlive the server.
  struct Scope {
    engine::Engine* engine = nullptr;
    Gate* gate = nullptr;
    const std::atomic<bool>* stopping = nullptr;
  };
  /// The request is not kept.
  NoticeStream(const Scope& scope, Pass pass, const push::v1::StreamNoticesRequest& request);
  ~NoticeStream() override;

 private:
  class Call;
  void OnWriteDone(bool ok) override;
  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }
  void OnDone() override { delete this; }

  absl::Status Begin(const push::v1::StreamNoticesRequest& request);
  // Asks for the next notices, or finishes. Must be the last thing that a callback does.
  void Continue();
  void Answered(const Call& call);  // On gRPC's threads.
  void After(int64_t wait_ms, std::function<void()> then);

  const Scope scope_;
  Pass pass_;
  std::atomic<bool> cancelled_{false};
  absl::flat_hash_set<std::string> types_;  // Empty: all.
  bool follow_ = false;
  ShardId shard_;
  Position after_;
  std::unique_ptr<Call> call_;
  push::v1::NoticeBatch batch_;
  std::unique_ptr<grpc::Alarm> alarm_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_NOTICE_STREAM_H_
