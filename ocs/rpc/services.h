// The gRPC services: they translate, hand over to the engine, translate back and finish. No
// decision is made here. One file per service stands in internal/.

#ifndef OCS_RPC_SERVICES_H_
#define OCS_RPC_SERVICES_H_

#include <grpcpp/server_builder.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ocs/base/histogram.h"
#include "ocs/base/time.h"
#include "ocs/engine/engine.h"
#include "ocs/rpc/credentials.h"
#include "ocs/rpc/log_care.h"
#include "ocs/rpc/store_care.h"
#include "ocs/simulation/simulations.h"

namespace ocs::rpc {

/// Why a call was not let in, in the order in which it is looked at. Callers are told only whether
/// it is the credential (UNAUTHENTICATED), the role (PERMISSION_DENIED) or the rate
/// (RESOURCE_EXHAUSTED). Of another tenant they are told the same as of what is not there.
enum class AccessRefusal : uint8_t {
  kMissing = 0,  ///< No bearer token, and no client certificate.
  kUnknown = 1,  ///< A token or a certificate's subject that the file does not have.
  kExpired = 2,
  kRole = 3,
  kRate = 4,
  /// The method is the operator's, or the request named what is another tenant's.
  kTenant = 5,
};
inline constexpr int kAccessRefusalCount = 6;

/// "missing", "unknown", "expired", "role", "rate", "tenant".
std::string_view AccessRefusalName(AccessRefusal refusal);

/// A refused call, for the log. Views live for the call of the handler only.
struct RefusedCall {
  AccessRefusal why = AccessRefusal::kMissing;
  std::string_view method;
  std::string_view caller;    ///< "tenant/name"; empty when it is not known.
  std::string_view trace_id;  ///< Of the W3C traceparent; empty when there is none.
  std::string peer;           ///< "ipv4:192.0.2.1:5555".
};

/// An answered credit-control request, for the log. Views live for the call of the handler only.
struct AnsweredCharge {
  std::string_view session_id;
  uint32_t number = 0;
  int type = 0;               ///< CC-Request-Type.
  int result_code = 0;        ///< 0: there is no answer.
  std::string_view error;     ///< Of the status, where there is no answer.
  std::string_view caller;    ///< "tenant/name"; empty when it is not known.
  std::string_view trace_id;  ///< Of the W3C traceparent; empty when there is none.
};

/// Counts since start. Monotonic.
struct AccessStatistics {
  std::array<int64_t, kAccessRefusalCount> refused{};  ///< By AccessRefusal.
  struct Caller {
    std::string tenant;
    std::string name;
    int64_t admitted = 0;      ///< Requests; those of a batch are counted one by one.
    int64_t refused_rate = 0;  ///< The same.
  };
  std::vector<Caller> callers;  ///< Sorted by tenant and name; at most engine::kSourcesMax.
};

/// Of what is demanded of gateways.
struct DemandStatistics {
  int64_t listeners = 0;         ///< Now: streams.
  int64_t pending_accounts = 0;  ///< Now: with a demand that has no answer, as far as is known
                                 ///< since the start.
  int64_t sent = 0;              ///< Since the start: demands to listeners.
  int64_t unheard = 0;           ///< Since the start: for which nobody listened.
};

struct ServicesOptions {
  absl::TimeZone zone;           ///< Of the times in sentences: explanations and bills.
  const Clock* clock = nullptr;  ///< For credentials that end; needed by SetCredentials.
  int64_t rate_per_second = 0;   ///< Of a credential that names none; 0: no limit.
  int64_t burst = 0;             ///< Of a credential that names none; 0: a tenth of a second's.
  /// Whose callers reach everything; those of other tenants reach what is their tenant's.
  std::string operator_tenant = "operator";
  /// Told of refused calls, at most ten a second, on gRPC's threads.
  std::function<void(const RefusedCall&)> on_refused = {};
  /// Asked before each answer of credit control: true when on_answered is to be told of it.
  std::function<bool()> tells_answers = {};
  /// On the engine's threads or gRPC's: must not wait.
  std::function<void(const AnsweredCharge&)> on_answered = {};
  LogCare* log_care = nullptr;      ///< Outlives the services. Null: its levels are as they are.
  StoreCare* store_care = nullptr;  ///< Outlives the services. Null: no backups, no figures.
  simulation::Simulations* simulations = nullptr;  ///< Likewise. Null: no simulations.
};

/// All services of one engine. The engine must outlive this, this must outlive the server.
/// Thread-safe.
class Services final {
 public:
  Services(engine::Engine* engine, const ServicesOptions& options);
  ~Services();

  /// Replaces the credentials; from the first time on every call needs one. Calls of before go on;
  /// streams end at their next step when their credential is gone or has lost the role. Errors:
  /// ResourceExhausted when too many callers were known since the start; nothing was changed then.
  /// REQUIRES: the options have a clock.
  absl::Status SetCredentials(const std::vector<CredentialLine>& lines);

  AccessStatistics access_statistics() const;

  DemandStatistics demand_statistics() const;

  /// How long unary credit-control calls took that the engine got, in microseconds.
  HistogramCounts charge_micros() const;

  /// Adds the services to a server and sets the bounds of its messages.
  void RegisterWith(grpc::ServerBuilder* builder);

  /// From now on streams end with UNAVAILABLE at their next step: a stream of batches when its next
  /// batch comes, a stream of records within a tenth of a second. Unary calls are the engine's to
  /// refuse.
  void Stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ocs::rpc

#endif  // OCS_RPC_SERVICES_H_
