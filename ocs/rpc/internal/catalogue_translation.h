// Catalogue calls between their wire form and the engine's.

#ifndef OCS_RPC_INTERNAL_CATALOGUE_TRANSLATION_H_
#define OCS_RPC_INTERNAL_CATALOGUE_TRANSLATION_H_

#include <optional>

#include "ocs/catalog/v1/catalog.pb.h"
#include "ocs/engine/operation.h"
#include "ocs/rpc/internal/status.h"

namespace ocs::rpc::internal {

/// Faults: the text or its name is missing or too long; the change.
std::optional<FieldFault> FromWire(const catalog::v1::CheckCatalogueRequest& in);
std::optional<FieldFault> FromWire(const catalog::v1::PublishCatalogueRequest& in,
                                   engine::PublishCatalogueCall* out);

void ToWire(const engine::PublishCatalogueCall& in, catalog::v1::PublishCatalogueResponse* out);
void ToWire(const engine::RevisionView& in, catalog::v1::Revision* out);

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_CATALOGUE_TRANSLATION_H_
