#include "ocs/engine/internal/waiting_record.h"

#include <algorithm>

#include "balance/journal.h"
#include "ocs/base/status.h"
#include "ocs/engine/record_id.h"

namespace ocs::engine {
namespace {

absl::StatusOr<bool> HasRecordBehind(balance::GroupReader* group, Position after) {
  while (true) {
    OCS_ASSIGN_OR_RETURN(const auto entry, group->Next());
    if (!entry) return false;
    uint32_t record = 0;
    for (const balance::EntryView::Attachment& attachment : entry->attachments) {
      if (attachment.type != balance::AttachmentType::kRecord) continue;
      if (RecordIdOf({}, entry->position, record++).position > after) return true;
    }
  }
}

}  // namespace

absl::StatusOr<WaitingRecord> FindWaitingRecord(const balance::Store& store, Position after,
                                                uint64_t until, int groups_max) {
  const uint64_t first = std::max<uint64_t>(after.group, 1);
  if (first > until) return WaitingRecord{};
  auto cursor = store.Seek(balance::Table::kJournal, balance::GroupKey(first));
  if (cursor->valid() && cursor->key() != balance::GroupKey(first))
    return WaitingRecord{.kind = WaitingRecord::Kind::kGone};
  for (uint64_t number = first; cursor->valid() && number <= until; cursor->Next(), ++number) {
    OCS_ASSIGN_OR_RETURN(balance::GroupReader group,
                         balance::GroupReader::Open(cursor->value(), number));
    if (groups_max-- == 0) return WaitingRecord{WaitingRecord::Kind::kUnknown, group.logged_at()};
    OCS_ASSIGN_OR_RETURN(const bool found, HasRecordBehind(&group, after));
    if (found) return WaitingRecord{WaitingRecord::Kind::kFound, group.logged_at()};
  }
  OCS_RETURN_IF_ERROR(cursor->status());
  return WaitingRecord{};
}

}  // namespace ocs::engine
