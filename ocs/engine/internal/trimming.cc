#include "ocs/engine/internal/trimming.h"

#include <algorithm>
#include <limits>
#include <string>

#include "balance/journal.h"
#include "ocs/base/bytes.h"
#include "ocs/base/status.h"
#include "ocs/engine/internal/cursors.h"
#include "ocs/engine/internal/waiting_record.h"

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

absl::StatusOr<std::vector<Trimming::Standing>> Trimming::Consumers() const {
  std::vector<Standing> all;
  const std::string_view prefix = balance::meta_key::kCursorPrefix;
  auto cursor = store_->Seek(balance::Table::kMeta, prefix);
  for (; cursor->valid() && cursor->key().substr(0, prefix.size()) == prefix; cursor->Next()) {
    OCS_ASSIGN_OR_RETURN(const Position position, DecodeCursor(cursor->value()));
    all.push_back({std::string(cursor->key().substr(prefix.size())), position});
  }
  OCS_RETURN_IF_ERROR(cursor->status());
  return all;
}

absl::StatusOr<bool> Trimming::IsOlder(uint64_t group, Instant than) const {
  OCS_ASSIGN_OR_RETURN(const std::string bytes, balance::ReadGroup(*store_, group));
  OCS_ASSIGN_OR_RETURN(const balance::GroupReader reader, balance::GroupReader::Open(bytes, group));
  return reader.logged_at() < than;
}

absl::StatusOr<uint64_t> Trimming::LastOlder(uint64_t limit, Instant than) const {
  uint64_t last =
      first_group_ - 1;  // Of those that go. Logged time never goes back: search by halves.
  for (uint64_t step = kStepMax; step > 0; step /= 2) {
    if (last + step > limit) continue;
    OCS_ASSIGN_OR_RETURN(const bool older, IsOlder(last + step, than));
    if (older) last += step;
  }
  return last;
}

// What goes although a consumer stands before it. One group of it stays, so that a consumer that
// has all of them stands in a group that is there.
absl::StatusOr<uint64_t> Trimming::LastHeldTooLong(uint64_t limit, Instant now) const {
  int64_t seconds = std::max(policy_.hold_seconds_max, policy_.retention_seconds);
  if (policy_.hold_bytes_max > 0) {
    const balance::DiskUsage usage = store_->Usage();
    const int64_t journal_bytes =
        usage.log_bytes + usage.table_bytes[static_cast<size_t>(balance::Table::kJournal)];
    if (journal_bytes > policy_.hold_bytes_max) seconds = policy_.retention_seconds;
  }
  OCS_ASSIGN_OR_RETURN(const uint64_t last, LastOlder(limit, now.PlusSeconds(-seconds)));
  return last < first_group_ ? last : last - 1;
}

absl::StatusOr<std::vector<Trimming::Moved>> Trimming::PassOver(
    const std::vector<Standing>& consumers, uint64_t last) const {
  std::vector<Moved> moved;
  for (const Standing& standing : consumers) {
    if (standing.position.group > last || standing.position.group < first_group_) continue;
    // The group behind the last that goes is looked at too: it stays, and is stood in.
    OCS_ASSIGN_OR_RETURN(const WaitingRecord waiting,
                         FindWaitingRecord(*store_, standing.position, last + 1, kStepMax + 1));
    if (waiting.kind != WaitingRecord::Kind::kNone) continue;  // Cut off.
    moved.push_back({standing.consumer, {last + 1, std::numeric_limits<uint32_t>::max()}});
  }
  return moved;
}

absl::StatusOr<std::vector<Trimming::Moved>> Trimming::Trim(Instant now, uint64_t checkpoint,
                                                            balance::StoreBatch* batch) {
  // The group at the checkpoint stays: it anchors the chain of the replay.
  const uint64_t limit = checkpoint == 0 ? 0 : checkpoint - 1;
  OCS_ASSIGN_OR_RETURN(const std::vector<Standing> consumers, Consumers());
  uint64_t held_limit = limit;
  for (const Standing& standing : consumers) {
    // The group that the cursor stands in may hold records that come after it.
    const uint64_t group = standing.position.group;
    if (group >= first_group_) held_limit = std::min(held_limit, group - 1);
  }
  std::vector<Moved> moved;
  OCS_ASSIGN_OR_RETURN(uint64_t last,
                       LastOlder(held_limit, now.PlusSeconds(-policy_.retention_seconds)));
  if (held_limit < limit && last == held_limit) {
    OCS_ASSIGN_OR_RETURN(const uint64_t beyond, LastHeldTooLong(limit, now));
    if (beyond > last) {
      OCS_ASSIGN_OR_RETURN(moved, PassOver(consumers, beyond));
      last = beyond;
    }
  }
  if (last < first_group_) return moved;
  OCS_RETURN_IF_ERROR(Delete(last, batch));
  return moved;
}

absl::Status Trimming::Delete(uint64_t last, balance::StoreBatch* batch) {
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
