// Catalogue calls between their wire form and the engine's.

#ifndef OCS_RPC_INTERNAL_CATALOGUE_TRANSLATION_H_
#define OCS_RPC_INTERNAL_CATALOGUE_TRANSLATION_H_

#include <optional>

#include "ocs/catalog/v1/catalog.pb.h"
#include "ocs/engine/catalogue_operation.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/operation.h"
#include "ocs/rpc/internal/status.h"

namespace ocs::rpc::internal {

/// Faults: the text or its name is missing or too long; the change.
std::optional<FieldFault> FromWire(const catalog::v1::CheckCatalogueRequest& in);
std::optional<FieldFault> FromWire(const catalog::v1::PublishCatalogueRequest& in,
                                   engine::PublishCatalogueCall* out);
/// Faults: the change; the revision is missing; a simulation without the text that it names.
std::optional<FieldFault> FromWire(const catalog::v1::RollBackCatalogueRequest& in,
                                   engine::PublishCatalogueCall* out);
/// Also: the revision or the action is missing or unknown.
std::optional<FieldFault> FromWire(const catalog::v1::DecideRevisionRequest& in,
                                   engine::DecideRevisionCall* out);

void ToWire(const engine::CatalogueCheck& in, catalog::v1::CheckCatalogueResponse* out);
void ToWire(const engine::DecideRevisionCall& in, catalog::v1::DecideRevisionResponse* out);
void ToWire(const engine::PublishCatalogueCall& in, catalog::v1::PublishCatalogueResponse* out);
void ToWire(const engine::RevisionView& in, catalog::v1::Revision* out);

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_CATALOGUE_TRANSLATION_H_
