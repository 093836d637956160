// CreditControl with retries: the same request until it is answered, within a budget.
// Tested in: tests/client/charging_client_test.cc

#ifndef TOOLS_CLIENT_CHARGING_CLIENT_H_
#define TOOLS_CLIENT_CHARGING_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "ocs/charging/v1/charging.grpc.pb.h"
#include "tools/client/retry.h"

namespace ocs::client {

struct ClientOptions {
  std::string token = {};  ///< Bearer token; empty: none.
  RetryPolicy retry = {};
  RetryTime* time = nullptr;  ///< Null: the machine's. Outlives the client.
};

struct ClientStatistics {
  int64_t requests = 0;  ///< Asked for by the caller.
  int64_t repeats = 0;   ///< Sent again beyond the first try.
  int64_t given_up = 0;  ///< Without an answer within the budget.
};

/// Thread-safe.
class ChargingClient final {
 public:
  ChargingClient(const std::shared_ptr<grpc::Channel>& channel, ClientOptions options);

  /// Sends until it is answered; blocks at most for the budget. OK: `answer` is the server's,
  /// whatever its result code. Otherwise the last status: after one that Judge() calls kRepeat it
  /// is not known whether it was done, and the very same request must be sent again one day.
  grpc::Status Ask(const charging::v1::CreditControlRequest& request,
                   charging::v1::CreditControlAnswer* answer);
  /// The same with a policy of its own for this request.
  grpc::Status Ask(const charging::v1::CreditControlRequest& request, const RetryPolicy& policy,
                   charging::v1::CreditControlAnswer* answer);

  const RetryPolicy& retry_policy() const { return options_.retry; }
  ClientStatistics statistics() const;

 private:
  const ClientOptions options_;
  std::unique_ptr<charging::v1::Charging::Stub> stub_;
  std::atomic<int64_t> requests_{0};
  std::atomic<int64_t> repeats_{0};
  std::atomic<int64_t> given_up_{0};
};

}  // namespace ocs::client

#endif  // TOOLS_CLIENT_CHARGING_CLIENT_H_
