#include "cdr/bill_cycle.h"

#include <algorithm>

#include "absl/time/civil_time.h"

namespace ocs::cdr {
namespace {

absl::CivilDay BillingDayOf(absl::CivilMonth month, int billing_day) {
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  return std::min(absl::CivilDay(month) + (billing_day - 1), last);
}

}  // namespace

CycleTimes BillCycleAt(uint32_t billing_day, Instant at, absl::TimeZone zone) {
  const int day = static_cast<int>(std::clamp<uint32_t>(billing_day, 1, 31));
  const absl::CivilDay today = absl::ToCivilDay(at.ToTime(), zone);
  absl::CivilMonth month(today);
  if (BillingDayOf(month, day) > today) --month;
  return {Instant::FromTime(absl::FromCivil(BillingDayOf(month, day), zone)),
          Instant::FromTime(absl::FromCivil(BillingDayOf(month + 1, day), zone))};
}

}  // namespace ocs::cdr
