#include "ocs/rpc/internal/operations_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "ocs/base/text.h"
#include "ocs/engine/operation.h"
#include "ocs/rpc/internal/status.h"
#include "ocs/rpc/internal/type_translation.h"
#include "ocs/rpc/internal/unary_call.h"

namespace ocs::rpc {

bool IsBackupName(const std::string& name) {
  constexpr size_t kLengthMax = 64;
  constexpr std::string_view kUnfinished = ".part";
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > kLengthMax || !plain(name[0])) return false;
  if (name.size() > kUnfinished.size() &&
      name.compare(name.size() - kUnfinished.size(), kUnfinished.size(), kUnfinished) == 0) {
    return false;
  }
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return plain(c) || c == '-' || c == '_' || c == '.'; });
}

namespace internal {
namespace {

namespace operations_pb = ::ocs::operations::v1;

void BackupToWire(const BackupMade& in, operations_pb::BackUpResponse* out) {
  out->set_folder(in.folder);
  out->set_bytes(in.bytes);
  out->set_took_ms(in.took_ms);
  for (const BackupMade::Shard& shard : in.shards) {
    operations_pb::BackedUpShard* to = out->add_shard();
    to->set_shard(shard.shard);
    to->set_group(shard.group);
    to->set_hash(shard.hash);
  }
}

void UsageToWire(const StoreUsage& in, operations_pb::GetStoreUsageResponse* out) {
  out->set_free_bytes(in.free_bytes);
  for (const StoreUsage::Shard& shard : in.shards) {
    operations_pb::ShardUsage* to = out->add_shard();
    to->set_shard(shard.shard);
    to->set_total_bytes(shard.total_bytes);
    to->set_log_bytes(shard.log_bytes);
    for (const StoreUsage::Table& table : shard.tables) {
      to->add_table()->set_name(table.name);
      to->mutable_table(to->table_size() - 1)->set_bytes(table.bytes);
    }
  }
}

grpc::Status NoCare() {
  return {grpc::StatusCode::FAILED_PRECONDITION, "this server's stores cannot be looked after"};
}

grpc::Status NoLogCare() {
  return {grpc::StatusCode::FAILED_PRECONDITION, "this server's log cannot be set"};
}

static_assert(operations_pb::LEVEL_DEBUG == static_cast<int>(LoggedFrom::kDebug));
static_assert(operations_pb::LEVEL_ERROR == static_cast<int>(LoggedFrom::kError));

constexpr std::string_view kLogLevelWords[] = {"", "debug", "info", "warning", "error"};

}  // namespace

// The entry first; what it says is done when it is durable.
class SetLogLevelCall : public engine::OperatorActCall {
 public:
  LogCare* care = nullptr;
  std::string component;
  LoggedFrom level = LoggedFrom::kInfo;
};

struct SetLogLevelInput {
  const operations_pb::SetLogLevelRequest& request;
  LogCare* care;
};

static std::optional<FieldFault> CheckComponent(const LogCare& care, const std::string& component) {
  std::string known;
  for (const LogCare::Component& one : care.Levels()) {
    if (component.empty() || one.name == component) return std::nullopt;
    known += Cat(known.empty() ? "" : ", ", one.name);
  }
  return FieldFault{"component", Cat("expected one of ", known, ", or nothing for all")};
}

std::optional<FieldFault> FromWire(const SetLogLevelInput& in, SetLogLevelCall* out) {
  const operations_pb::SetLogLevelRequest& request = in.request;
  if (auto fault = FromWire(request.change(), &out->change)) return fault;
  if (request.level() < operations_pb::LEVEL_DEBUG || request.level() > operations_pb::LEVEL_ERROR)
    return FieldFault{"level", Cat("is ", static_cast<int>(request.level()), "; expected 1 to 4")};
  if (auto fault = CheckComponent(*in.care, request.component())) return fault;
  out->care = in.care;
  out->component = request.component();
  out->level = static_cast<LoggedFrom>(request.level());
  out->what = Cat("log level of ", out->component.empty() ? "all" : out->component, ": ",
                  kLogLevelWords[request.level()]);
  return std::nullopt;
}

template <typename Response>
static void WriteLevels(const LogCare& care, Response* out) {
  for (const LogCare::Component& one : care.Levels()) {
    operations_pb::ComponentLevel* to = out->add_component();
    to->set_name(std::string(one.name));
    to->set_level(static_cast<operations_pb::LogLevel>(one.level));
  }
}

void ToWire(const SetLogLevelCall& in, operations_pb::SetLogLevelResponse* out) {
  in.care->Set(in.component, in.level);
  WriteLevels(*in.care, out);
}

grpc::ServerUnaryReactor* OperationsService::BackUp(grpc::CallbackServerContext* context,
                                                    const operations_pb::BackUpRequest* request,
                                                    operations_pb::BackUpResponse* response) {
  auto* reactor = context->DefaultReactor();
  if (Refused(gate_->Enter(context, Method::kBackUp), reactor)) return reactor;
  if (!IsBackupName(request->name())) {
    reactor->Finish(ToGrpcStatus(
        {FieldFault{"name",
                    "expected 1 to 64 of a-z, 0-9, '-', '_', '.', beginning with a letter or a "
                    "digit and not ending with '.part'"}}));
  } else if (care_ == nullptr) {
    reactor->Finish(NoCare());
  } else {
    // gRPC keeps the response until the reactor is finished, whatever the client does.
    care_->BackUp(request->name(), [reactor, response](const absl::StatusOr<BackupMade>& made) {
      if (made.ok()) BackupToWire(*made, response);
      reactor->Finish(ToGrpcStatus(made.status(), "name"));
    });
  }
  return reactor;
}

grpc::ServerUnaryReactor* OperationsService::GetStoreUsage(
    grpc::CallbackServerContext* context, const operations_pb::GetStoreUsageRequest* /*request*/,
    operations_pb::GetStoreUsageResponse* response) {
  auto* reactor = context->DefaultReactor();
  if (Refused(gate_->Enter(context, Method::kGetStoreUsage), reactor)) return reactor;
  if (care_ == nullptr) {
    reactor->Finish(NoCare());
    return reactor;
  }
  UsageToWire(care_->Usage(), response);
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* OperationsService::SetLogLevel(
    grpc::CallbackServerContext* context, const operations_pb::SetLogLevelRequest* request,
    operations_pb::SetLogLevelResponse* response) {
  const Entry entry = gate_->Enter(context, Method::kSetLogLevel);
  if (entry.refusal == nullptr && log_care_ == nullptr) {
    auto* reactor = context->DefaultReactor();
    reactor->Finish(NoLogCare());
    return reactor;
  }
  return RunUnary<SetLogLevelCall>(*engine_, *gate_, entry, SetLogLevelInput{*request, log_care_},
                                   response);
}

grpc::ServerUnaryReactor* OperationsService::GetLogLevels(
    grpc::CallbackServerContext* context, const operations_pb::GetLogLevelsRequest* /*request*/,
    operations_pb::GetLogLevelsResponse* response) {
  auto* reactor = context->DefaultReactor();
  if (Refused(gate_->Enter(context, Method::kGetLogLevels), reactor)) return reactor;
  if (log_care_ == nullptr) {
    reactor->Finish(NoLogCare());
    return reactor;
  }
  WriteLevels(*log_care_, response);
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace internal
}  // namespace ocs::rpc
