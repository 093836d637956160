#include "ocs/rpc/internal/catalogue_service.h"

#include "ocs/rpc/internal/catalogue_translation.h"
#include "ocs/rpc/internal/unary_call.h"

namespace ocs::rpc::internal {

namespace catalog_pb = ::ocs::catalog::v1;

grpc::ServerUnaryReactor* CatalogueService::CheckCatalogue(
    grpc::CallbackServerContext* context, const catalog_pb::CheckCatalogueRequest* request,
    catalog_pb::CheckCatalogueResponse* response) {
  auto* reactor = context->DefaultReactor();
  if (Refused(gate_->Enter(context, Method::kCheckCatalogue), reactor)) return reactor;
  if (const auto fault = FromWire(*request)) {
    reactor->Finish(ToGrpcStatus({*fault}));
    return reactor;
  }
  std::optional<uint32_t> compare_with;
  if (request->has_compare_with()) compare_with = request->compare_with();
  const auto check = engine_->CheckCatalogue(request->text(), request->file_name(), compare_with);
  if (check.ok()) ToWire(*check, response);
  reactor->Finish(ToGrpcStatus(check.status(), check.ok() ? "" : "compare_with"));
  return reactor;
}

grpc::ServerUnaryReactor* CatalogueService::PublishCatalogue(
    grpc::CallbackServerContext* context, const catalog_pb::PublishCatalogueRequest* request,
    catalog_pb::PublishCatalogueResponse* response) {
  return RunUnary<engine::PublishCatalogueCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kPublishCatalogue), *request, response);
}

grpc::ServerUnaryReactor* CatalogueService::RollBackCatalogue(
    grpc::CallbackServerContext* context, const catalog_pb::RollBackCatalogueRequest* request,
    catalog_pb::PublishCatalogueResponse* response) {
  return RunUnary<engine::PublishCatalogueCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kRollBackCatalogue), *request, response);
}

grpc::ServerUnaryReactor* CatalogueService::DecideRevision(
    grpc::CallbackServerContext* context, const catalog_pb::DecideRevisionRequest* request,
    catalog_pb::DecideRevisionResponse* response) {
  return RunUnary<engine::DecideRevisionCall>(
      *engine_, *gate_, gate_->Enter(context, Method::kDecideRevision), *request, response);
}

grpc::ServerUnaryReactor* CatalogueService::ListRevisions(
    grpc::CallbackServerContext* context, const catalog_pb::ListRevisionsRequest* /*request*/,
    catalog_pb::ListRevisionsResponse* response) {
  auto* reactor = context->DefaultReactor();
  if (Refused(gate_->Enter(context, Method::kListRevisions), reactor)) return reactor;
  for (const auto& revision : engine_->revisions()) ToWire(revision, response->add_revision());
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* CatalogueService::GetRevision(
    grpc::CallbackServerContext* context, const catalog_pb::GetRevisionRequest* request,
    catalog_pb::GetRevisionResponse* response) {
  auto* reactor = context->DefaultReactor();
  if (Refused(gate_->Enter(context, Method::kGetRevision), reactor)) return reactor;
  auto text = engine_->revision_text(request->revision());
  auto simulation = engine_->revision_simulation(request->revision());
  if (text.ok()) response->set_text(*std::move(text));
  if (simulation.ok()) response->set_simulation(*std::move(simulation));
  reactor->Finish(ToGrpcStatus(text.status(), ""));
  return reactor;
}

}  // namespace ocs::rpc::internal
