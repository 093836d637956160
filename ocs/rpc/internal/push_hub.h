// Who listens for demands, and what is pending: the engine tells of each change, streams come and
// go. Nothing here is durable: what is lost with the process the engine asks again.

#ifndef OCS_RPC_INTERNAL_PUSH_HUB_H_
#define OCS_RPC_INTERNAL_PUSH_HUB_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "ocs/engine/push_operation.h"
#include "ocs/push/v1/push.pb.h"
#include "ocs/rpc/internal/gate.h"
#include "ocs/rpc/services.h"

namespace ocs::rpc::internal {

/// Accounts whose pending demands are kept for who begins to listen; of others the next asking is
/// waited for.
inline constexpr int kPendingAccountsMax = 100'000;
/// Demands that wait for one listener; what is beyond is asked again.
inline constexpr int kPushesWaitingMax = 10'000;
inline constexpr int kPushesPerBatchMax = 100;

class PushHub;

/// One listener. Thread-safe.
class PushStream final : public grpc::ServerWriteReactor<push::v1::PushBatch> {
 public:
  /// Begins to listen; the stream keeps itself until gRPC is done with it. The hub and the gate
  /// outlive the server.
  static grpc::ServerWriteReactor<push::v1::PushBatch>* Start(PushHub* hub, Gate* gate, Pass pass,
                                                              std::string origin_host);

  /// Whether a demand on a session of that gateway, of a customer of that tenant, is for it.
  bool Wants(const std::string& tenant, const std::string& origin_host) const;
  /// False: too many wait already, or it is over.
  bool Offer(std::vector<push::v1::Push> pushes);
  void Close(const grpc::Status& status);

 private:
  PushStream(PushHub* hub, Gate* gate, Pass pass, std::string origin_host);
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  // What is to be done when the lock is not held any more.
  enum class Step : uint8_t { kNothing, kWrite, kFinish };
  Step Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Take(Step step);

  PushHub* const hub_;
  Gate* const gate_;
  const std::string tenant_;  // Whose it may hear of; empty: of all.
  const std::string origin_host_;
  std::shared_ptr<PushStream> self_;  // Shared with the hub's callers: until gRPC is done.
  absl::Mutex mutex_;
  Pass pass_ ABSL_GUARDED_BY(mutex_);
  std::deque<push::v1::Push> waiting_ ABSL_GUARDED_BY(mutex_);
  push::v1::PushBatch batch_;  // Of the write that is under way.
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
};

/// Thread-safe.
class PushHub final {
 public:
  /// What an account's demands are now. What is new or is asked again goes to who listens.
  void Take(const engine::PendingDemands& now);
  /// Sends it what is pending.
  void Join(const std::shared_ptr<PushStream>& stream);
  void Leave(const PushStream* stream);
  void Stop();  ///< Ends all streams, and who comes.
  DemandStatistics statistics() const;

 private:
  using Streams = std::vector<std::shared_ptr<PushStream>>;
  void Deliver(const Streams& streams, const engine::PendingDemands& of,
               const std::vector<size_t>& which);

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<uint64_t, engine::PendingDemands> pending_ ABSL_GUARDED_BY(mutex_);
  Streams streams_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::atomic<int64_t> sent_{0};
  std::atomic<int64_t> unheard_{0};
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_PUSH_HUB_H_
