// Catalogues with faults, and all that is told of them.

#ifndef TESTS_RATING_FAULT_CASES_H_
#define TESTS_RATING_FAULT_CASES_H_

#include <string>
#include <vector>

#include "rating/catalogue.h"
#include "tests/rating/support.h"

namespace ocs::rating {

// Lines 1 to 9 of each text below.
inline constexpr const char* kHead = R"(catalogue: test
currency: CNY
time_zone: Asia/Shanghai
models:
  - {id: m1, provider: p, class: [big, new], alias: m1-latest}
  - {id: m2, provider: p, class: big}
  - {id: m3, provider: q}
units:
  - {unit: point, burn: [{model: m1, tokens: 2}, {class: big, tokens: 1}]}
)";

struct FaultCase {
  const char* what;
  const char* text;      // From line 10 on.
  const char* expected;  // All diagnostics.
};

inline void CheckCases(const std::vector<FaultCase>& cases) {
  for (const FaultCase& c : cases) {
    INFO(c.what);
    const std::string text = std::string(kHead) + c.text;
    CHECK_FALSE(ParseCatalogue(text, "c.yaml").catalogue.has_value());
    CHECK(DiagnosticsOf(text) == c.expected);
  }
}

}  // namespace ocs::rating

#endif  // TESTS_RATING_FAULT_CASES_H_
