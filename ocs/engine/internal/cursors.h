// Where the consumers of records stand: rows of Table::kMeta.

#ifndef OCS_ENGINE_INTERNAL_CURSORS_H_
#define OCS_ENGINE_INTERNAL_CURSORS_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "balance/store.h"
#include "ocs/base/ids.h"

namespace ocs::engine {

/// The position in a row. Errors: DataLoss.
absl::StatusOr<Position> DecodeCursor(std::string_view row);

/// Where a consumer stands; a position that is not valid when it is unknown. Errors: DataLoss,
/// Unavailable.
absl::StatusOr<Position> ReadCursor(const balance::Store& store, std::string_view consumer);

/// Writes where it stands.
void WriteCursor(std::string_view consumer, Position position, balance::StoreBatch* batch);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_CURSORS_H_
