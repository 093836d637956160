#include "ocs/rpc/internal/record_service.h"

#include "absl/strings/str_cat.h"
#include "ocs/rpc/internal/record_stream.h"
#include "ocs/rpc/internal/type_translation.h"
#include "ocs/rpc/internal/unary_call.h"

namespace ocs::rpc::internal {

std::optional<FieldFault> FromWire(const AcknowledgeWireRequest& in, engine::AcknowledgeCall* out) {
  const cdr::v1::AcknowledgeRequest& request = in.wire_request;
  if (auto fault = CheckConsumer("consumer", request.consumer())) return fault;
  if (auto fault = CheckShard("shard", request.shard(), in.shard_count)) return fault;
  out->consumer = ConsumerOf(in.tenant, request.consumer());
  out->shard = {static_cast<uint16_t>(request.shard())};
  out->position = FromWire(request.position());
  return std::nullopt;
}

void ToWire(const engine::AcknowledgeCall& /*in*/, cdr::v1::AcknowledgeResponse* /*out*/) {}

grpc::ServerWriteReactor<cdr::v1::RecordBatch>* RecordService::StreamRecords(
    grpc::CallbackServerContext* context, const cdr::v1::StreamRecordsRequest* request) {
  Pass pass;
  const Entry entry = scope_.gate->EnterStream(context, Method::kStreamRecords, &pass);
  if (entry.refusal != nullptr) {
    return new RefusedStream<grpc::ServerWriteReactor<cdr::v1::RecordBatch>>(*entry.refusal);
  }
  return new RecordStream(scope_, std::move(pass), *request);
}

grpc::ServerUnaryReactor* RecordService::Acknowledge(grpc::CallbackServerContext* context,
                                                     const cdr::v1::AcknowledgeRequest* request,
                                                     cdr::v1::AcknowledgeResponse* response) {
  const Entry entry = scope_.gate->Enter(context, Method::kAcknowledge);
  const AcknowledgeWireRequest known{*request, scope_.engine->shard_count(), entry.tenant()};
  return RunUnary<engine::AcknowledgeCall>(*scope_.engine, *scope_.gate, entry, known, response);
}

grpc::ServerUnaryReactor* RecordService::ListConsumers(
    grpc::CallbackServerContext* context, const cdr::v1::ListConsumersRequest* /*request*/,
    cdr::v1::ListConsumersResponse* response) {
  auto* reactor = context->DefaultReactor();
  const Entry entry = scope_.gate->Enter(context, Method::kListConsumers);
  if (Refused(entry, reactor)) return reactor;
  const std::string own = entry.tenant().empty() ? "" : ConsumerOf(entry.tenant(), "");
  for (const engine::Engine::Consumer& consumer : scope_.engine->consumers()) {
    if (consumer.name.compare(0, own.size(), own) != 0) continue;
    auto* added = response->add_consumer();
    added->set_name(consumer.name.substr(own.size()));
    added->set_shard(consumer.shard.value);
    ToWire(consumer.position, added->mutable_position());
    added->set_groups_behind(consumer.groups_behind);
    if (consumer.oldest_waiting != Instant::Never())
      added->set_oldest_waiting_unix_ms(consumer.oldest_waiting.unix_ms);
    added->set_cut_off(consumer.cut_off);
  }
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace ocs::rpc::internal
