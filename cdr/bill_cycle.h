// Which bill cycle a record belongs to, by the account's billing day that it tells.

#ifndef CDR_BILL_CYCLE_H_
#define CDR_BILL_CYCLE_H_

#include <cstdint>

#include "absl/time/time.h"
#include "ocs/base/time.h"

namespace ocs::cdr {

/// [from, until): from one billing day to the next.
struct CycleTimes {
  Instant from;
  Instant until;
  friend bool operator==(const CycleTimes&, const CycleTimes&) = default;
};

/// The cycle that holds `at`: it begins and ends at midnight in that zone, on the billing day of a
/// month, or on the last day of a month that lacks it (31: 28 February, 30 April). 0 is the 1st, as
/// records tell it; more than 31 is taken as 31.
CycleTimes BillCycleAt(uint32_t billing_day, Instant at, absl::TimeZone zone);

}  // namespace ocs::cdr

#endif  // CDR_BILL_CYCLE_H_
