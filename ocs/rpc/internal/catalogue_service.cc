#include "ocs/rpc/internal/catalogue_service.h"

#include "ocs/rpc/internal/catalogue_translation.h"
#include "ocs/rpc/internal/unary_call.h"

namespace ocs::rpc::internal {

namespace pb = ::ocs::catalog::v1;

grpc::ServerUnaryReactor* CatalogueService::CheckCatalogue(grpc::CallbackServerContext* context,
                                                           const pb::CheckCatalogueRequest* request,
                                                           pb::CheckCatalogueResponse* response) {
  auto* reactor = context->DefaultReactor();
  if (Refused(gate_->Enter(context, Method::kCheckCatalogue), reactor)) return reactor;
  if (const auto fault = FromWire(*request)) {
    reactor->Finish(ToGrpcStatus({*fault}));
    return reactor;
  }
  for (auto& diagnostic : engine_->CheckCatalogue(request->text(), request->file_name())) {
    response->add_diagnostic(std::move(diagnostic));
  }
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* CatalogueService::PublishCatalogue(
    grpc::CallbackServerContext* context, const pb::PublishCatalogueRequest* request,
    pb::PublishCatalogueResponse* response) {
  return RunUnary<engine::PublishCatalogueCall>(
      *engine_, gate_->Enter(context, Method::kPublishCatalogue), *request, response);
}

grpc::ServerUnaryReactor* CatalogueService::ListRevisions(
    grpc::CallbackServerContext* context, const pb::ListRevisionsRequest* /*request*/,
    pb::ListRevisionsResponse* response) {
  auto* reactor = context->DefaultReactor();
  if (Refused(gate_->Enter(context, Method::kListRevisions), reactor)) return reactor;
  for (const auto& revision : engine_->revisions()) ToWire(revision, response->add_revision());
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* CatalogueService::GetRevision(grpc::CallbackServerContext* context,
                                                        const pb::GetRevisionRequest* request,
                                                        pb::GetRevisionResponse* response) {
  auto* reactor = context->DefaultReactor();
  if (Refused(gate_->Enter(context, Method::kGetRevision), reactor)) return reactor;
  auto text = engine_->revision_text(request->revision());
  if (text.ok()) response->set_text(*std::move(text));
  reactor->Finish(ToGrpcStatus(text.status(), ""));
  return reactor;
}

}  // namespace ocs::rpc::internal
