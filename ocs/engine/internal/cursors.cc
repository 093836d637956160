#include "ocs/engine/internal/cursors.h"

#include <string>

#include "balance/journal.h"
#include "ocs/base/bytes.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::engine {
namespace {

std::string CursorKey(std::string_view consumer) {
  return Cat(balance::meta_key::kCursorPrefix, consumer);
}

}  // namespace

absl::StatusOr<Position> DecodeCursor(std::string_view row) {
  ByteReader in(row);
  Position position;
  position.group = in.Varint();
  position.index = static_cast<uint32_t>(in.Varint());
  if (!in.ok()) return absl::DataLossError("a consumer's cursor is damaged");
  return position;
}

absl::StatusOr<Position> ReadCursor(const balance::Store& store, std::string_view consumer) {
  OCS_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       store.Get(balance::Table::kMeta, CursorKey(consumer)));
  return row ? DecodeCursor(*row) : Position{};
}

void WriteCursor(std::string_view consumer, Position position, balance::StoreBatch* batch) {
  std::string row;
  ByteWriter out(&row);
  out.Varint(position.group);
  out.Varint(position.index);
  batch->Put(balance::Table::kMeta, CursorKey(consumer), row);
}

}  // namespace ocs::engine
