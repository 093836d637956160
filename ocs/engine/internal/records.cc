// Records as they leave the house: read from the durable journal, and where each consumer stands.

#include <algorithm>
#include <string>
#include <utility>

#include "balance/journal.h"
#include "ocs/base/bytes.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/cursors.h"
#include "ocs/engine/internal/engine_state.h"
#include "ocs/engine/internal/waiting_record.h"
#include "ocs/engine/record_id.h"

namespace ocs::engine {
namespace {

constexpr size_t kConsumerNameMax = 64;
constexpr size_t kTenantNameMax = 48;

bool IsLower(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

// A tenant's name may precede, and ":notices" follow where it is no consumer of records.
bool IsConsumerName(std::string_view name) {
  constexpr std::string_view kOfNotices = ":notices";
  if (name.size() > kOfNotices.size() &&
      name.substr(name.size() - kOfNotices.size()) == kOfNotices) {
    name.remove_suffix(kOfNotices.size());
  }
  const size_t slash = name.find('/');
  if (slash != name.npos) {
    const std::string_view tenant = name.substr(0, slash);
    const bool good = !tenant.empty() && tenant.size() <= kTenantNameMax &&
                      std::all_of(tenant.begin(), tenant.end(),
                                  [](char c) { return IsLower(c) || (c >= 'A' && c <= 'Z'); });
    if (!good) return false;
    name.remove_prefix(slash + 1);
  }
  return !name.empty() && name.size() <= kConsumerNameMax &&
         std::all_of(name.begin(), name.end(), IsLower);
}

// How many groups are looked at for the oldest record that a consumer waits for: nearly always it
// is in the first or second, and an idle journal has few.
constexpr int kLagGroupsMax = 256;

void AddLag(const Shard& shard, Engine::Consumer* consumer) {
  const uint64_t durable = shard.durable_group();
  consumer->groups_behind = durable - std::min(durable, consumer->position.group);
  const auto waiting = FindWaitingRecord(shard.store(), consumer->position, durable, kLagGroupsMax);
  if (!waiting.ok()) return;  // Whoever reads there is told.
  consumer->oldest_waiting = waiting->logged_at;
  consumer->cut_off = waiting->kind == WaitingRecord::Kind::kGone;
}

}  // namespace

absl::StatusOr<std::vector<ReadRecord>> Engine::ReadRecords(ShardId shard, Position after,
                                                            int records_max,
                                                            int64_t bytes_max) const {
  if (shard.value >= state_->shards.size())
    return absl::InvalidArgumentError("there is no such shard");
  const Shard& from = *state_->shards[shard.value];
  std::vector<ReadRecord> records;
  int64_t bytes = 0;
  const uint64_t durable = from.durable_group();
  const uint64_t first = std::max<uint64_t>(after.group, 1);
  if (first > durable) return records;
  auto cursor = from.store().Seek(balance::Table::kJournal, balance::GroupKey(first));
  if (cursor->valid() && cursor->key() != balance::GroupKey(first)) {
    return absl::OutOfRangeError(
        Cat("journal group ", first, " was trimmed away: its records are gone from here"));
  }
  for (uint64_t number = first; cursor->valid() && number <= durable; cursor->Next(), ++number) {
    OCS_ASSIGN_OR_RETURN(balance::GroupReader group,
                         balance::GroupReader::Open(cursor->value(), number));
    while (true) {
      OCS_ASSIGN_OR_RETURN(const std::optional<balance::EntryView> entry, group.Next());
      if (!entry) break;
      uint32_t record = 0;
      for (const balance::EntryView::Attachment& attachment : entry->attachments) {
        if (attachment.type != balance::AttachmentType::kRecord) continue;
        const cdr::RecordId id = RecordIdOf(shard, entry->position, record++);
        if (id.position <= after) continue;
        if (static_cast<int>(records.size()) >= records_max ||
            (bytes >= bytes_max && !records.empty()))
          return records;
        records.push_back(
            {.id = id,
             .bytes = std::string(attachment.bytes),
             .tenant = std::string(entry->attachment(balance::AttachmentType::kTenant))});
        bytes += static_cast<int64_t>(attachment.bytes.size());
      }
    }
  }
  OCS_RETURN_IF_ERROR(cursor->status());
  return records;
}

absl::StatusOr<Position> Engine::ConsumerPosition(std::string_view consumer, ShardId shard) const {
  if (shard.value >= state_->shards.size())
    return absl::InvalidArgumentError("there is no such shard");
  if (!IsConsumerName(consumer)) {
    return absl::InvalidArgumentError(
        "consumer: expected 1 to 64 lower-case letters, digits, '-', '_' or '.'");
  }
  return ReadCursor(state_->shards[shard.value]->store(), consumer);
}

std::vector<Engine::Consumer> Engine::consumers() const {
  std::vector<Consumer> all;
  for (const auto& shard : state_->shards) {
    const std::string_view prefix = balance::meta_key::kCursorPrefix;
    auto cursor = shard->store().Seek(balance::Table::kMeta, prefix);
    for (; cursor->valid() && cursor->key().substr(0, prefix.size()) == prefix; cursor->Next()) {
      const auto position = DecodeCursor(cursor->value());
      if (!position.ok()) continue;  // ConsumerPosition tells.
      Consumer consumer{.name = std::string(cursor->key().substr(prefix.size())),
                        .shard = shard->id(),
                        .position = *position};
      AddLag(*shard, &consumer);
      all.push_back(std::move(consumer));
    }
  }
  std::sort(all.begin(), all.end(), [](const Consumer& a, const Consumer& b) {
    return std::pair(a.name, a.shard) < std::pair(b.name, b.shard);
  });
  return all;
}

void AcknowledgeCall::Execute(Shard& at) {
  if (shard != at.id()) {
    FailField(this, "shard", "there is no such shard");
    return;
  }
  if (!IsConsumerName(consumer)) {
    FailField(this, "consumer", "expected 1 to 64 lower-case letters, digits, '-', '_' or '.'");
    return;
  }
  if (position.group > at.durable_group()) {
    failed_field = "record_id";
    status = absl::OutOfRangeError("record_id: lies beyond the last durable record");
    return;
  }
  const auto before = at.FindAcknowledged(consumer);
  if (!before.ok()) return at.Stop(before.status());
  if (position > *before) at.Acknowledge(consumer, position);
}

}  // namespace ocs::engine
