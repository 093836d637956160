// What was charged for use, by the id of its record, and what of it has been given back.

#ifndef OCS_ENGINE_INTERNAL_CHARGE_LOOKUP_H_
#define OCS_ENGINE_INTERNAL_CHARGE_LOOKUP_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "balance/book.h"
#include "balance/entry.h"
#include "cdr/record.h"
#include "ocs/base/ids.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {

/// A charge for use. Records of credits stand among its records only for their numbers: they are no
/// part of it.
struct ChargeFound {
  Position position;
  std::unique_ptr<balance::StoredEntry> entry;
  std::vector<cdr::Record> records;           ///< Less what rebates gave back (volume.h).
  uint32_t record = 0;                        ///< The one that was named.
  std::vector<balance::RefundedLine> so_far;  ///< Of any of its records.
  bool all_given_back = false;                ///< At once; `so_far` is then empty.
};

/// Finds the charge of an account that the record id names. False: the call has failed at
/// `record_id` (it names no charge for use of this account), or the shard has stopped.
[[nodiscard]] bool FindCharge(Operation* call, Shard& shard, AccountId account,
                              const std::string& record_id, ChargeFound* charge);

/// How much of a line has been given back, and whether anything is known of it.
int64_t GivenBack(const ChargeFound& charge, uint32_t record, uint32_t line);
bool IsNoted(const ChargeFound& charge, uint32_t record, uint32_t line);

/// So much more of a line is given back.
void NoteGivenBack(uint32_t record, uint32_t line, int64_t amount, ChargeFound* charge);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_CHARGE_LOOKUP_H_
