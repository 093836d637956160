// Amounts and shares as people read them. Exact until the last step, which rounds half to even.

#ifndef OCS_WHATIF_INTERNAL_FIGURES_H_
#define OCS_WHATIF_INTERNAL_FIGURES_H_

#include <cstdint>
#include <string>

#include "ocs/base/unit.h"

namespace ocs::whatif::internal {

/// "1,234,567.89 CNY": rounded to hundredths.
std::string Money(int64_t micros, const Unit& currency);
/// "1,234,567.89": the same without the currency.
std::string Money(int64_t micros);
/// "+12.30 CNY", "-0.05 CNY", "0.00 CNY".
std::string MoneyChange(int64_t micros, const Unit& currency);
/// "1234567.89": for a chart.
std::string PlainMoney(int64_t micros);
/// "12.3 %" of 123,000 parts per million.
std::string Percent(int64_t ppm);
std::string PercentChange(int64_t ppm);  ///< "+12.3 %"
/// "12.3": for a chart.
std::string PlainPercent(int64_t ppm);
/// part / whole in parts per million, half to even; 0 of nothing is 0. At most 10^12 either way.
int64_t ShareOf(int64_t part, int64_t whole);

}  // namespace ocs::whatif::internal

#endif  // OCS_WHATIF_INTERNAL_FIGURES_H_
