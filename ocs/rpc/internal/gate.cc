#include "ocs/rpc/internal/gate.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/support/time.h>

#include "ocs/base/check.h"
#include "ocs/base/hash.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/engine/operation.h"
#include "ocs/rpc/internal/status.h"
#include "ocs/rpc/internal/token_hash.h"
#include "ocs/rpc/internal/trace_context.h"

namespace ocs::rpc::internal {
namespace {

constexpr int64_t kReportsPerSecondMax = 10;  // A flood must not push all else out of the log.

// Each set gets the next number, whichever gate it belongs to: a thread knows by it what it has.
std::atomic<uint64_t> last_version{0};

// What this thread has seen of the newest set. Only tokens that were found are kept, so that
// nobody can fill it with wrong ones.
struct Known {
  struct Token {
    std::string text;
    const Credential* credential = nullptr;
  };
  uint64_t version = 0;
  std::shared_ptr<const CredentialSet> set;  // Shared: keeps what the tokens point to.
  std::array<Token, 64> tokens;
};
thread_local Known known_tokens;

int64_t NowNanos() {
  const gpr_timespec now = gpr_now(GPR_CLOCK_MONOTONIC);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

std::string_view View(grpc::string_ref text) { return {text.data(), text.size()}; }

// The same words for a wrong and for a missing one: nobody learns which tokens are there.
const grpc::Status& Unauthenticated() {
  static const auto* const status =
      new grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "no credential that is accepted");
  return *status;
}

const grpc::Status& PermissionDenied() {
  static const auto* const status = new grpc::Status(
      grpc::StatusCode::PERMISSION_DENIED, "the roles of this credential do not allow the call");
  return *status;
}

}  // namespace

Gate::Gate(const ServicesOptions& options) : options_(options) {
  report_rate_.Set(kReportsPerSecondMax, kReportsPerSecondMax);
}

absl::StatusOr<std::shared_ptr<Source>> Gate::SourceFor(const CredentialLine& line) {
  std::shared_ptr<Source>& source = sources_[{line.tenant, line.name}];
  if (source == nullptr) {
    if (sources_.size() >= engine::kSourcesMax) {  // 0 is nobody's.
      sources_.erase({line.tenant, line.name});
      return absl::ResourceExhaustedError(
          Cat("more than ", engine::kSourcesMax - 1, " callers since the start: restart"));
    }
    source = std::make_shared<Source>();
    source->tenant = line.tenant;
    source->name = line.name;
    source->actor = Cat(line.tenant, "/", line.name);
    if (line.tenant != options_.operator_tenant) source->reach = line.tenant;
    source->number = static_cast<uint16_t>(sources_.size());
  }
  return source;
}

absl::Status Gate::SetCredentials(const std::vector<CredentialLine>& lines) {
  OCS_CHECK(options_.clock != nullptr);
  auto set = std::make_shared<CredentialSet>();
  const absl::MutexLock lock(&mutex_);
  for (const CredentialLine& line : lines) {
    auto credential = std::make_unique<Credential>();
    credential->key = line.key;
    credential->roles = line.roles;
    credential->until = line.until;
    OCS_ASSIGN_OR_RETURN(credential->source, SourceFor(line));
    set->by_key.emplace(line.key, std::move(credential));
  }
  for (const CredentialLine& line : lines) {
    const int64_t rate = line.rate_per_second > 0 ? line.rate_per_second : options_.rate_per_second;
    int64_t burst = line.burst > 0 ? line.burst : options_.burst;
    if (burst == 0) burst = std::max<int64_t>(rate / 10, 1);
    set->by_key.at(line.key)->source->rate.Set(rate, burst);
  }
  set_ = std::move(set);
  version_.store(last_version.fetch_add(1) + 1, std::memory_order_release);
  return absl::OkStatus();
}

std::shared_ptr<const CredentialSet> Gate::Current(uint64_t* version) const {
  const absl::MutexLock lock(&mutex_);
  *version = version_.load(std::memory_order_relaxed);
  return set_;
}

const Credential* Gate::FindToken(std::string_view token) {
  if (token.empty() || token.size() > kTokenLengthMax) return nullptr;
  Known::Token& slot = known_tokens.tokens[StableHash64(token) % known_tokens.tokens.size()];
  if (slot.credential != nullptr && SameSecret(slot.text, token)) return slot.credential;
  const auto found = known_tokens.set->by_key.find(TokenKey(token));
  if (found == known_tokens.set->by_key.end()) return nullptr;
  slot = {std::string(token), found->second.get()};
  return slot.credential;
}

Gate::Found Gate::Authenticate(const grpc::CallbackServerContext* context) {
  if (known_tokens.version != version_.load(std::memory_order_acquire)) {
    known_tokens = Known();
    known_tokens.set = Current(&known_tokens.version);
  }
  const auto& metadata = context->client_metadata();
  const auto [begin, end] = metadata.equal_range("authorization");
  if (begin != end) {
    constexpr std::string_view kBearer = "Bearer ";
    const std::string_view value = View(begin->second);
    if (std::next(begin) != end || value.substr(0, kBearer.size()) != kBearer) {
      return {nullptr, AccessRefusal::kUnknown};
    }
    return {FindToken(value.substr(kBearer.size())), AccessRefusal::kUnknown};
  }
  const auto peer = context->auth_context();
  if (peer == nullptr || !peer->IsPeerAuthenticated()) return {nullptr, AccessRefusal::kMissing};
  const auto subjects = peer->FindPropertyValues(GRPC_X509_SUBJECT_PROPERTY_NAME);
  if (subjects.size() != 1) return {nullptr, AccessRefusal::kMissing};
  const auto found = known_tokens.set->by_key.find(Cat("subject=", View(subjects[0])));
  if (found == known_tokens.set->by_key.end()) return {nullptr, AccessRefusal::kUnknown};
  return {found->second.get(), AccessRefusal::kUnknown};
}

std::optional<AccessRefusal> Gate::Judge(const Credential& credential, Method method) const {
  if (options_.clock->Now() >= credential.until) return AccessRefusal::kExpired;
  const MethodAccess& access = AccessOf(method);
  if (!credential.roles.HasAnyOf(access.roles)) return AccessRefusal::kRole;
  if (access.reach == Reach::kOperatorOnly && !credential.source->reach.empty())
    return AccessRefusal::kTenant;
  return std::nullopt;
}

Entry Gate::Enter(const grpc::CallbackServerContext* context, Method method) {
  if (version_.load(std::memory_order_relaxed) == 0) return {.context = context, .method = method};
  const Found found = Authenticate(context);
  if (found.credential == nullptr) return Refuse(found.why, method, nullptr, context);
  const Credential& credential = *found.credential;
  if (const auto why = Judge(credential, method)) return Refuse(*why, method, &credential, context);
  Source& source = *credential.source;
  // A stream's requests are counted when they come.
  if (method != Method::kCreditControlStream) {
    if (source.rate.Take(1, NowNanos()) == 0) {
      return Refuse(AccessRefusal::kRate, method, &credential, context);
    }
    source.admitted.fetch_add(1, std::memory_order_relaxed);
  }
  return {.credential = &credential, .context = context, .method = method};
}

Entry Gate::Refuse(AccessRefusal why, Method method, const Credential* credential,
                   const grpc::CallbackServerContext* context) {
  refused_[static_cast<size_t>(why)].fetch_add(1, std::memory_order_relaxed);
  Report(why, method, credential == nullptr ? nullptr : credential->source.get(), context);
  switch (why) {
    case AccessRefusal::kMissing:
    case AccessRefusal::kUnknown:
    case AccessRefusal::kExpired:
      break;
    case AccessRefusal::kRole:
    case AccessRefusal::kTenant:
      return {.refusal = &PermissionDenied(), .credential = credential};
    case AccessRefusal::kRate:
      credential->source->refused_rate.fetch_add(1, std::memory_order_relaxed);
      return {.refusal = &BusyStatus(credential->source->rate.WaitNanos(NowNanos())),
              .credential = credential};
  }
  return {.refusal = &Unauthenticated(), .credential = credential};
}

void Gate::Report(AccessRefusal why, Method method, const Source* caller,
                  const grpc::CallbackServerContext* context) {
  if (!options_.on_refused || report_rate_.Take(1, NowNanos()) == 0) return;
  RefusedCall call;
  call.why = why;
  call.method = AccessOf(method).path;
  if (caller != nullptr) call.caller = caller->actor;
  if (context == nullptr) return options_.on_refused(call);
  const auto& metadata = context->client_metadata();
  const auto traceparent = metadata.find("traceparent");
  if (traceparent != metadata.end()) call.trace_id = TraceIdOf(View(traceparent->second));
  call.peer = context->peer();
  options_.on_refused(call);
}

Entry Gate::EnterStream(const grpc::CallbackServerContext* context, Method method, Pass* pass) {
  const Entry entry = Enter(context, method);
  pass->method_ = method;
  if (entry.refusal != nullptr || entry.credential == nullptr) return entry;
  pass->version_ = known_tokens.version;
  pass->set_ = known_tokens.set;
  pass->credential_ = entry.credential;
  return entry;
}

const grpc::Status* Gate::Renew(Pass* pass) {
  const uint64_t version = version_.load(std::memory_order_acquire);
  if (version == 0) return nullptr;
  auto why = std::optional<AccessRefusal>(AccessRefusal::kMissing);
  if (pass->credential_ != nullptr && pass->version_ != version) {
    auto set = Current(&pass->version_);
    const auto found = set->by_key.find(pass->credential_->key);
    pass->credential_ = found == set->by_key.end() ? nullptr : found->second.get();
    pass->set_ = std::move(set);
    why = AccessRefusal::kUnknown;
  }
  if (pass->credential_ != nullptr) why = Judge(*pass->credential_, pass->method_);
  if (!why) return nullptr;
  refused_[static_cast<size_t>(*why)].fetch_add(1, std::memory_order_relaxed);
  const bool may_not = *why == AccessRefusal::kRole || *why == AccessRefusal::kTenant;
  return may_not ? &PermissionDenied() : &Unauthenticated();
}

int64_t Gate::Take(const Pass& pass, int64_t wanted) {
  if (pass.credential_ == nullptr) return wanted;
  Source& source = *pass.credential_->source;
  const int64_t taken = source.rate.Take(wanted, NowNanos());
  source.admitted.fetch_add(taken, std::memory_order_relaxed);
  if (taken < wanted) {
    source.refused_rate.fetch_add(wanted - taken, std::memory_order_relaxed);
    refused_[static_cast<size_t>(AccessRefusal::kRate)].fetch_add(wanted - taken,
                                                                  std::memory_order_relaxed);
  }
  return taken;
}

uint16_t Gate::SourceOf(const Pass& pass) {
  return pass.credential_ == nullptr ? uint16_t{0} : pass.credential_->source->number;
}

const Source* Gate::CallerOf(const Pass& pass) {
  return pass.credential_ == nullptr ? nullptr : pass.credential_->source.get();
}

std::string_view Gate::TenantOf(const Pass& pass) {
  const Source* caller = CallerOf(pass);
  return caller == nullptr ? std::string_view() : caller->reach;
}

void Gate::CountForeign(Method method, const Source* caller,
                        const grpc::CallbackServerContext* context) {
  refused_[static_cast<size_t>(AccessRefusal::kTenant)].fetch_add(1, std::memory_order_relaxed);
  Report(AccessRefusal::kTenant, method, caller, context);
}

void Gate::TellAnswer(const engine::CreditControlCall& call, const Source* caller) const {
  if (!options_.tells_answers || !options_.tells_answers()) return;
  AnsweredCharge answered;
  answered.session_id = call.request.session_id;
  answered.number = call.request.number;
  answered.type = static_cast<int>(call.request.type);
  if (call.status.ok()) {
    answered.result_code = static_cast<int>(call.answer.code);
  } else {
    answered.error = {call.status.message().data(), call.status.message().size()};
  }
  if (caller != nullptr) answered.caller = caller->actor;
  answered.trace_id = TraceIdOf(call.request.traceparent);
  options_.on_answered(answered);
}

const grpc::Status& Gate::RateRefusal(const Pass& pass) {
  return BusyStatus(
      pass.credential_ == nullptr ? 0 : pass.credential_->source->rate.WaitNanos(NowNanos()));
}

AccessStatistics Gate::statistics() const {
  AccessStatistics now;
  for (size_t i = 0; i < refused_.size(); ++i) {
    now.refused[i] = refused_[i].load(std::memory_order_relaxed);
  }
  const absl::MutexLock lock(&mutex_);
  for (const auto& [names, source] : sources_) {
    now.callers.push_back({source->tenant, source->name,
                           source->admitted.load(std::memory_order_relaxed),
                           source->refused_rate.load(std::memory_order_relaxed)});
  }
  return now;
}

}  // namespace ocs::rpc::internal
