#include "ocs/rpc/internal/push_service.h"

#include "absl/strings/str_cat.h"
#include "ocs/rpc/internal/account_translation.h"
#include "ocs/rpc/internal/notice_stream.h"
#include "ocs/rpc/internal/record_stream.h"
#include "ocs/rpc/internal/type_translation.h"
#include "ocs/rpc/internal/unary_call.h"

namespace ocs::rpc::internal {

namespace push_pb = ::ocs::push::v1;

std::optional<FieldFault> FromWire(const push_pb::AnswerPushRequest& in,
                                   engine::AnswerDemandCall* out) {
  if (!engine::ParseDemandId(in.demand_id()))
    return FieldFault{"demand_id", "is no demand's name, as the push had it"};
  const uint32_t code = in.result_code();
  if (code != 2001 && code != 2002 && code != 5002 && code != 5012)
    return FieldFault{"result_code",
                      absl::StrCat("is ", code, "; expected 2001, 2002, 5002, 5012")};
  out->demand_id = in.demand_id();
  out->session_id = in.session_id();
  out->result_code = static_cast<uint16_t>(code);
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const push_pb::ReauthoriseSessionsRequest& in,
                                   engine::DemandCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  out->session_id = in.session_id();
  if (in.has_rating_group()) out->rating_group = in.rating_group();
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const push_pb::AbortSessionsRequest& in,
                                   engine::DemandCall* out) {
  if (auto fault = ReadChangeOfAccount(in, &out->change, &out->account)) return fault;
  out->session_id = in.session_id();
  out->kind = balance::DemandKind::kAbort;
  return std::nullopt;
}

std::optional<FieldFault> FromWire(const AcknowledgeNoticesWire& in, engine::AcknowledgeCall* out) {
  if (auto fault = CheckConsumer("consumer", in.wire_request.consumer())) return fault;
  if (auto fault = CheckShard("shard", in.wire_request.shard(), in.shard_count)) return fault;
  out->shard = {static_cast<uint16_t>(in.wire_request.shard())};
  out->consumer = NoticeConsumerOf(in.tenant, in.wire_request.consumer());
  out->position = FromWire(in.wire_request.position());
  return std::nullopt;
}

void ToWire(const engine::AnswerDemandCall& /*in*/, push_pb::AnswerPushResponse* /*out*/) {}
void ToWire(const engine::DemandCall& in, push_pb::ReauthoriseSessionsResponse* out) {
  out->set_asked(in.asked);
}
void ToWire(const engine::DemandCall& in, push_pb::AbortSessionsResponse* out) {
  out->set_asked(in.asked);
}
void ToWire(const engine::AcknowledgeCall& /*in*/, push_pb::AcknowledgeNoticesResponse* /*out*/) {}

grpc::ServerWriteReactor<push_pb::PushBatch>* PushService::StreamPushes(
    grpc::CallbackServerContext* context, const push_pb::StreamPushesRequest* request) {
  using Refusal = RefusedStream<grpc::ServerWriteReactor<push_pb::PushBatch>>;
  Pass pass;
  const Entry entry = scope_.gate->EnterStream(context, Method::kStreamPushes, &pass);
  if (entry.refusal != nullptr) return new Refusal(*entry.refusal);
  if (auto fault =
          CheckLength("origin_host", request->origin_host(), engine::kOriginHostLengthMax)) {
    return new Refusal(ToGrpcStatus({*fault}));
  }
  return PushStream::Start(scope_.hub, scope_.gate, std::move(pass), request->origin_host());
}

grpc::ServerUnaryReactor* PushService::AnswerPush(grpc::CallbackServerContext* context,
                                                  const push_pb::AnswerPushRequest* request,
                                                  push_pb::AnswerPushResponse* response) {
  return RunUnary<engine::AnswerDemandCall>(*scope_.engine, *scope_.gate,
                                            scope_.gate->Enter(context, Method::kAnswerPush),
                                            *request, response);
}

grpc::ServerUnaryReactor* PushService::ReauthoriseSessions(
    grpc::CallbackServerContext* context, const push_pb::ReauthoriseSessionsRequest* request,
    push_pb::ReauthoriseSessionsResponse* response) {
  return RunUnary<engine::DemandCall>(*scope_.engine, *scope_.gate,
                                      scope_.gate->Enter(context, Method::kReauthoriseSessions),
                                      *request, response);
}

grpc::ServerUnaryReactor* PushService::AbortSessions(grpc::CallbackServerContext* context,
                                                     const push_pb::AbortSessionsRequest* request,
                                                     push_pb::AbortSessionsResponse* response) {
  return RunUnary<engine::DemandCall>(*scope_.engine, *scope_.gate,
                                      scope_.gate->Enter(context, Method::kAbortSessions), *request,
                                      response);
}

grpc::ServerWriteReactor<push_pb::NoticeBatch>* PushService::StreamNotices(
    grpc::CallbackServerContext* context, const push_pb::StreamNoticesRequest* request) {
  Pass pass;
  const Entry entry = scope_.gate->EnterStream(context, Method::kStreamNotices, &pass);
  if (entry.refusal != nullptr) {
    return new RefusedStream<grpc::ServerWriteReactor<push_pb::NoticeBatch>>(*entry.refusal);
  }
  return new NoticeStream({scope_.engine, scope_.gate, scope_.stopping}, std::move(pass), *request);
}

grpc::ServerUnaryReactor* PushService::AcknowledgeNotices(
    grpc::CallbackServerContext* context, const push_pb::AcknowledgeNoticesRequest* request,
    push_pb::AcknowledgeNoticesResponse* response) {
  const Entry entry = scope_.gate->Enter(context, Method::kAcknowledgeNotices);
  return RunUnary<engine::AcknowledgeCall>(
      *scope_.engine, *scope_.gate, entry,
      AcknowledgeNoticesWire{*request, scope_.engine->shard_count(), entry.tenant()}, response);
}

}  // namespace ocs::rpc::internal
