// What operators do to the server itself is written down.

#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/catalogue_text.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {

void OperatorActCall::Execute(Shard& shard) {
  if (!CheckChange(this, change)) return;
  if (change.reason.empty()) {
    FailField(this, "reason", "is missing: expected why this is done; it is recorded");
    return;
  }
  if (what.empty() || what.size() > static_cast<size_t>(kReasonLengthMax)) {
    FailField(this, "what", Cat("expected 1 to ", kReasonLengthMax, " bytes"));
    return;
  }
  ChangeRecord record(shard, change, kCataloguePartition, balance::EntryKind::kOperated,
                      {{"what", what}});
  if (record.Repeats(this, [](ByteReader& /*in*/) {})) return;

  // Past this line the command cannot fail.
  balance::EntryBuilder& entry = record.Begin(AccountId{});
  entry.answer()->append(what);
  shard.Append(nullptr);
}

}  // namespace ocs::engine
