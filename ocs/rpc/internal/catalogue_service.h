// ocs.catalog.v1.Catalogue.

#ifndef OCS_RPC_INTERNAL_CATALOGUE_SERVICE_H_
#define OCS_RPC_INTERNAL_CATALOGUE_SERVICE_H_

#include "ocs/catalog/v1/catalog.grpc.pb.h"
#include "ocs/engine/engine.h"
#include "ocs/rpc/internal/gate.h"

namespace ocs::rpc::internal {

/// `engine` and `gate` must outlive the server. Thread-safe.
class CatalogueService final : public catalog::v1::Catalogue::CallbackService {
 public:
  CatalogueService(engine::Engine* engine, Gate* gate) : engine_(engine), gate_(gate) {}

 private:
  grpc::ServerUnaryReactor* CheckCatalogue(grpc::CallbackServerContext* context,
                                           const catalog::v1::CheckCatalogueRequest* request,
                                           catalog::v1::CheckCatalogueResponse* response) override;
  grpc::ServerUnaryReactor* PublishCatalogue(
      grpc::CallbackServerContext* context, const catalog::v1::PublishCatalogueRequest* request,
      catalog::v1::PublishCatalogueResponse* response) override;
  grpc::ServerUnaryReactor* RollBackCatalogue(
      grpc::CallbackServerContext* context, const catalog::v1::RollBackCatalogueRequest* request,
      catalog::v1::PublishCatalogueResponse* response) override;
  grpc::ServerUnaryReactor* DecideRevision(grpc::CallbackServerContext* context,
                                           const catalog::v1::DecideRevisionRequest* request,
                                           catalog::v1::DecideRevisionResponse* response) override;
  grpc::ServerUnaryReactor* ListRevisions(grpc::CallbackServerContext* context,
                                          const catalog::v1::ListRevisionsRequest* request,
                                          catalog::v1::ListRevisionsResponse* response) override;
  grpc::ServerUnaryReactor* GetRevision(grpc::CallbackServerContext* context,
                                        const catalog::v1::GetRevisionRequest* request,
                                        catalog::v1::GetRevisionResponse* response) override;

  engine::Engine* const engine_;
  Gate* const gate_;
};

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_CATALOGUE_SERVICE_H_
