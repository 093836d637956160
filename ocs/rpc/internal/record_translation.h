// Records and bills on their way out.

#ifndef OCS_RPC_INTERNAL_RECORD_TRANSLATION_H_
#define OCS_RPC_INTERNAL_RECORD_TRANSLATION_H_

#include "absl/time/time.h"
#include "cdr/bill.h"
#include "cdr/record.h"
#include "ocs/cdr/v1/cdr.pb.h"
#include "ocs/settlement/v1/settlement.pb.h"

namespace ocs::rpc::internal {

/// Writes a record without its explanation. REQUIRES: out is cleared.
void ToWire(const cdr::RecordId& id, const cdr::Record& in, cdr::v1::Record* out);

/// Adds the record's sentences, one by one.
void AddExplanation(const cdr::RecordId& id, const cdr::Record& in, absl::TimeZone zone,
                    cdr::v1::Record* out);

/// Writes a bill with its text. REQUIRES: out is cleared.
void ToWire(const cdr::Bill& in, absl::TimeZone zone, settlement::v1::Bill* out);

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_RECORD_TRANSLATION_H_
