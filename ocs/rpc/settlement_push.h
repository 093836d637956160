// Pushes charging records to a phone-bill settlement system (proto/ocs/settlement/v1/
// phone_bill.proto): store and forward out of the journal, with a durable cursor of its own among
// the consumers. The receiver's answer says how far a shard is safe with it, and that alone decides
// what is sent next, so each record has its effect there exactly once.
//
// Nothing that charges waits for it: it reads durable groups on gRPC's threads, has one call in
// flight for each shard, and its acknowledgements are the only work that the engine gets of it.
//
// Invariants: 1. A shard's cursor never passes what the receiver has said to be safe. 2. For each
// shard exactly one thing is under way at a time: a call, an acknowledgement or a wait.

#ifndef OCS_RPC_SETTLEMENT_PUSH_H_
#define OCS_RPC_SETTLEMENT_PUSH_H_

#include <grpcpp/channel.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ocs/base/ids.h"
#include "ocs/engine/engine.h"

namespace ocs::rpc {

/// What became of a shard's push, told once for each change.
struct PushEvent {
  enum class Kind : uint8_t {
    kFailing = 0,    ///< The last call failed; `error` says why. It is tried again.
    kDelivering = 1  ///< The receiver answers, for the first time or again.
  };
  Kind kind = Kind::kFailing;
  ShardId shard;
  std::string error;
};

struct PushOptions {
  std::string sender;                   ///< Names the installation to the receiver.
  std::string consumer = "settlement";  ///< Among the consumers of records.
  std::string bearer_token = {};        ///< Sent with each call; empty: none.
  std::string tenant = {};              ///< Only of its customers; empty: of all.
  std::string operator_tenant = {};     ///< Whose records are those that name no tenant.
  int records_max = 1'000;              ///< Of one call; 1 to 10,000.
  int64_t call_ms_max = 30'000;         ///< Then a call has failed.
  int64_t pause_ms_min = 100;           ///< After a failure; doubles with each that follows.
  int64_t pause_ms_max = 30'000;        ///< Up to this.
  int64_t poll_ms = 200;                ///< How long a shard without news rests.
  /// With a tenant: how many polls without news, or batches without a record of its, go by before
  /// the receiver is told that there was none. Until then the cursor stays behind.
  int quiet_steps_max = 50;
  uint64_t seed = 1;  ///< Of the pauses' spread.
  /// Told of changes, on gRPC's threads; must not call back.
  std::function<void(const PushEvent&)> on_event = {};
};

/// Of one shard. Monotonic since the start, but for `failing`.
struct PushStatistics {
  int64_t records = 0;   ///< Sent, and safe with the receiver.
  int64_t calls = 0;     ///< That brought them there.
  int64_t failures = 0;  ///< Calls that failed, and answers that make no sense.
  bool failing = false;  ///< The last call was one of them.
};

/// Thread-safe.
class SettlementPush final {
 public:
  /// Begins at once. The engine must outlive this. REQUIRES: options as their comments say.
  SettlementPush(engine::Engine* engine, const std::shared_ptr<grpc::Channel>& channel,
                 const PushOptions& options);
  /// As Stop().
  ~SettlementPush();
  SettlementPush(const SettlementPush&) = delete;
  SettlementPush& operator=(const SettlementPush&) = delete;

  /// Ends what is under way and returns when nothing is: a call is cancelled, so that what it
  /// carried is sent again after the next start. REQUIRES: the engine still runs or is drained, so
  /// that an acknowledgement comes back; not called on a thread of gRPC or the engine.
  void Stop();

  /// By shard.
  std::vector<PushStatistics> statistics() const;

 private:
  class Lane;
  std::vector<std::shared_ptr<Lane>> lanes_;
};

/// How long to wait after so many failures in a row: the pause doubles from `pause_ms_min` to
/// `pause_ms_max`, less up to a quarter by `draw`, so that senders do not come all at once.
/// REQUIRES: failures >= 1.
int64_t PauseMillis(const PushOptions& options, int64_t failures, uint64_t draw);

}  // namespace ocs::rpc

#endif  // OCS_RPC_SETTLEMENT_PUSH_H_
