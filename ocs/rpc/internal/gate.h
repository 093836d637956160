// Where every call enters: who is it, may it, and is it within its rate? Handlers give the method
// and get an Entry; without one they cannot go on.
//
// Cheap by design: with authentication off one atomic is read; with it on, a bearer token that this
// thread has seen is found without hashing it.

#ifndef OCS_RPC_INTERNAL_GATE_H_
#define OCS_RPC_INTERNAL_GATE_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "ocs/base/time.h"
#include "ocs/engine/operation.h"
#include "ocs/rpc/access.h"
#include "ocs/rpc/credentials.h"
#include "ocs/rpc/internal/rate_limit.h"
#include "ocs/rpc/services.h"

namespace ocs::rpc::internal {

/// A caller by tenant and name, whatever its key is at the moment: what must outlive a change of
/// the credentials file. Thread-safe.
struct Source {
  std::string tenant;
  std::string name;
  std::string actor;    ///< "tenant/name".
  std::string reach;    ///< Whose accounts it reaches: its tenant's; empty: all.
  uint16_t number = 0;  ///< Of engine::Operation::source; 1 and up.
  RateLimit rate;
  std::atomic<int64_t> admitted{0};
  std::atomic<int64_t> refused_rate{0};
};

/// Immutable.
struct Credential {
  std::string key;
  RoleSet roles;
  Instant until;
  // Shared: a credential of the file before this one may still be in use by a stream.
  std::shared_ptr<Source> source;
};

/// What the file says. Immutable.
struct CredentialSet {
  absl::flat_hash_map<std::string, std::unique_ptr<const Credential>> by_key;
};

/// How a call was received.
struct Entry {
  /// Null: go on. Otherwise finish with it; it lives as long as the program.
  const grpc::Status* refusal = nullptr;
  /// Null when authentication is off. Valid until this thread's next Enter.
  const Credential* credential = nullptr;
  const grpc::CallbackServerContext* context = nullptr;  ///< Valid as long as the call.
  Method method = Method::kCreditControl;

  /// Null when authentication is off. Valid as long as the gate.
  const Source* caller() const {
    return credential == nullptr ? nullptr : credential->source.get();
  }
  /// Of engine::Operation::caller_tenant. Valid as long as the gate.
  std::string_view tenant() const {
    return credential == nullptr ? std::string_view() : credential->source->reach;
  }
  uint16_t source() const {
    return credential == nullptr ? uint16_t{0} : credential->source->number;
  }
};

/// Keeps a stream's right to go on. Confined to its stream.
class Pass final {
 public:
  Pass() = default;

 private:
  friend class Gate;
  Method method_ = Method::kCreditControlStream;
  uint64_t version_ = 0;
  std::shared_ptr<const CredentialSet> set_;  // Shared: keeps the credential.
  const Credential* credential_ = nullptr;
};

/// Thread-safe.
class Gate final {
 public:
  explicit Gate(const ServicesOptions& options);

  /// Replaces the credentials and turns authentication on. Errors: ResourceExhausted when more
  /// callers were known since the start than there are numbers for; nothing was changed then.
  absl::Status SetCredentials(const std::vector<CredentialLine>& lines);

  /// Receives a call.
  Entry Enter(const grpc::CallbackServerContext* context, Method method);

  /// Receives a stream. Fills the pass when it may go on.
  Entry EnterStream(const grpc::CallbackServerContext* context, Method method, Pass* pass);
  /// Null while the stream may go on; otherwise what to finish it with.
  const grpc::Status* Renew(Pass* pass);
  /// How many of a stream's next `wanted` requests are within its rate.
  int64_t Take(const Pass& pass, int64_t wanted);
  static uint16_t SourceOf(const Pass& pass);
  /// Null when authentication is off. Valid as long as the gate.
  static const Source* CallerOf(const Pass& pass);
  /// Of engine::Operation::caller_tenant. Valid as long as the gate.
  static std::string_view TenantOf(const Pass& pass);
  /// Counts and reports a call that named what is another tenant's. Caller and context may be null.
  void CountForeign(Method method, const Source* caller,
                    const grpc::CallbackServerContext* context);
  /// Tells of an answered request, where the options want to be told. The caller may be null.
  void TellAnswer(const engine::CreditControlCall& call, const Source* caller) const;
  /// What a request beyond the rate is refused with.
  static const grpc::Status& RateRefusal(const Pass& pass);

  AccessStatistics statistics() const;

 private:
  struct Found {
    const Credential* credential = nullptr;
    AccessRefusal why = AccessRefusal::kMissing;
  };
  Found Authenticate(const grpc::CallbackServerContext* context);
  std::optional<AccessRefusal> Judge(const Credential& credential, Method method) const;
  Entry Refuse(AccessRefusal why, Method method, const Credential* credential,
               const grpc::CallbackServerContext* context);
  void Report(AccessRefusal why, Method method, const Source* caller,
              const grpc::CallbackServerContext* context);
  std::shared_ptr<const CredentialSet> Current(uint64_t* version) const;
  static const Credential* FindToken(std::string_view token);
  absl::StatusOr<std::shared_ptr<Source>> SourceFor(const CredentialLine& line)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ServicesOptions options_;
  std::atomic<uint64_t> version_{0};  // 0: authentication is off. No two sets share one.
  mutable absl::Mutex mutex_;
  std::shared_ptr<const CredentialSet> set_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, std::shared_ptr<Source>> sources_
      ABSL_GUARDED_BY(mutex_);
  std::array<std::atomic<int64_t>, kAccessRefusalCount> refused_{};
  RateLimit report_rate_;
};

/// A stream that is refused: finishes at once.
template <typename Reactor>
class RefusedStream final : public Reactor {
 public:
  explicit RefusedStream(const grpc::Status& refusal) { this->Finish(refusal); }

 private:
  void OnDone() override { delete this; }
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_GATE_H_
