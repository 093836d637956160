// The last steps of every charging data record: what all of them have, and why a partial one was
// closed.

#ifndef OCS_ENGINE_INTERNAL_ATTACH_RECORD_H_
#define OCS_ENGINE_INTERNAL_ATTACH_RECORD_H_

#include "balance/account.h"
#include "cdr/record.h"
#include "ocs/base/quantity.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {

/// Attaches the record to the open entry and counts it. The account's billing day goes into it, by
/// which a bill run finds the cycle that it belongs to.
void AttachRecord(Shard& shard, const balance::Account& account, cdr::Record* record);

/// Why a record was closed whose session goes on (TS 32.298 5.1.2.2.5): it has as many tokens, or
/// lasted as long, as the configuration lets one record; else it is a partial record of this
/// report. Where both hold, the tokens are told.
cdr::ClosingCause PartialCause(const EngineOptions& options, const Quantities& used,
                               const cdr::Record& record);

/// Validity-Time of a grant: the configured one, or the time that a record may last where that is
/// shorter, so that a report comes in time.
uint32_t GrantValiditySeconds(const EngineOptions& options);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_ATTACH_RECORD_H_
