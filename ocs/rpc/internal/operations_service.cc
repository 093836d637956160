#include "ocs/rpc/internal/operations_service.h"

#include <algorithm>

#include "ocs/rpc/internal/status.h"
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

}  // namespace

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

}  // namespace internal
}  // namespace ocs::rpc
