#include "tools/inspect/wide.h"

#include <limits>
#include <sstream>

#include "ocs/base/text.h"

namespace ocs::tools {

std::string WideText(absl::int128 number) {
  std::ostringstream out;
  out << number;
  return out.str();
}

std::string WideAmount(absl::int128 amount, const Unit& unit) {
  if (amount >= std::numeric_limits<int64_t>::min() &&
      amount <= std::numeric_limits<int64_t>::max()) {
    return FormatAmount(static_cast<int64_t>(amount), unit);
  }
  return Cat(WideText(amount), unit.is_money() ? " micros " : " ", unit.code());
}

}  // namespace ocs::tools
