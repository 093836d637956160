#include "ocs/engine/internal/trimming.h"

#include <algorithm>
#include <string>

#include "balance/journal.h"
#include "ocs/base/bytes.h"
#include "ocs/base/status.h"
#include "ocs/engine/internal/cursors.h"

namespace ocs::engine {
namespace {

constexpr uint64_t kStepMax = 4'096;  // Groups that go at once, at most.

}  // namespace

absl::Status Trimming::Load() {
  OCS_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       store_->Get(balance::Table::kMeta, balance::meta_key::kTrimmed));
  if (!row) return absl::OkStatus();
  ByteReader in(*row);
  first_group_ = in.Varint() + 1;
  return in.ok() ? absl::OkStatus() : absl::DataLossError("the store's row 'trimmed' is damaged");
}

absl::StatusOr<uint64_t> Trimming::LimitByCursors(uint64_t limit) const {
  const std::string_view prefix = balance::meta_key::kCursorPrefix;
  auto cursor = store_->Seek(balance::Table::kMeta, prefix);
  for (; cursor->valid() && cursor->key().substr(0, prefix.size()) == prefix; cursor->Next()) {
    OCS_ASSIGN_OR_RETURN(const Position position, DecodeCursor(cursor->value()));
    // The group that the cursor stands in may hold records that come after it.
    limit = std::min(limit, position.group == 0 ? 0 : position.group - 1);
  }
  OCS_RETURN_IF_ERROR(cursor->status());
  return limit;
}

absl::StatusOr<bool> Trimming::IsOlder(uint64_t group, Instant than) const {
  OCS_ASSIGN_OR_RETURN(const std::string bytes, balance::ReadGroup(*store_, group));
  OCS_ASSIGN_OR_RETURN(const balance::GroupReader reader, balance::GroupReader::Open(bytes, group));
  return reader.logged_at() < than;
}

absl::Status Trimming::Trim(Instant now, uint64_t checkpoint, balance::StoreBatch* batch) {
  // The group at the checkpoint stays: it anchors the chain of the replay.
  OCS_ASSIGN_OR_RETURN(const uint64_t limit, LimitByCursors(checkpoint == 0 ? 0 : checkpoint - 1));
  const Instant than = now.PlusSeconds(-retention_seconds_);
  uint64_t last =
      first_group_ - 1;  // Of those that go. Logged time never goes back: search by halves.
  for (uint64_t step = kStepMax; step > 0; step /= 2) {
    if (last + step > limit) continue;
    OCS_ASSIGN_OR_RETURN(const bool older, IsOlder(last + step, than));
    if (older) last += step;
  }
  if (last < first_group_) return absl::OkStatus();
  OCS_ASSIGN_OR_RETURN(const std::string bytes, balance::ReadGroup(*store_, last));
  const balance::ChainHash hash = balance::Sha256(bytes);
  std::string row;
  ByteWriter out(&row);
  out.Varint(last);
  out.Raw({hash.data(), hash.size()});
  batch->DeleteRange(balance::Table::kJournal, balance::GroupKey(first_group_),
                     balance::GroupKey(last + 1));
  batch->Put(balance::Table::kMeta, balance::meta_key::kTrimmed, row);
  first_group_ = last + 1;
  return absl::OkStatus();
}

}  // namespace ocs::engine
