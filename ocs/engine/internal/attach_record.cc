#include "ocs/engine/internal/attach_record.h"

#include <algorithm>

#include "ocs/engine/internal/bounds.h"

namespace ocs::engine {

void AttachRecord(Shard& shard, const balance::Account& account, cdr::Record* record) {
  record->billing_day = account.billing_day == 1 ? 0 : account.billing_day;
  EncodeRecord(*record, shard.entry().Attach(balance::AttachmentType::kRecord));
  shard.CountRecord();
}

cdr::ClosingCause PartialCause(const EngineOptions& options, const Quantities& used,
                               const cdr::Record& record) {
  constexpr int64_t kMillis = 1'000;
  if (options.partial_record_tokens > 0 && TokensOf(used) >= options.partial_record_tokens)
    return cdr::ClosingCause::kVolumeLimit;
  const int64_t lasted = record.closed_at.unix_ms - record.opened_at.unix_ms;
  if (options.partial_record_seconds > 0 && lasted >= options.partial_record_seconds * kMillis)
    return cdr::ClosingCause::kTimeLimit;
  return cdr::ClosingCause::kPartialRecord;
}

uint32_t GrantValiditySeconds(const EngineOptions& options) {
  const int64_t configured = options.validity_seconds;
  const int64_t most = options.partial_record_seconds;
  return static_cast<uint32_t>(most > 0 ? std::min(configured, most) : configured);
}

}  // namespace ocs::engine
