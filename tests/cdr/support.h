// What the tests of the cdr room share beside its samples.

#ifndef TESTS_CDR_SUPPORT_H_
#define TESTS_CDR_SUPPORT_H_

#include <unistd.h>

#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "cdr/bill.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "tests/support/golden.h"

namespace ocs::cdr::testing {

inline const Unit kCny = Unit::Of("CNY");
inline const Unit kUsd = Unit::Of("USD");

/// From 2026-05-01T00:00:00+08:00 until 2026-06-01.
inline constexpr BillCycle kMayCycle = {{42}, {1'777'564'800'000}, {1'780'243'200'000}};

inline std::string Hex(std::string_view bytes) { return absl::BytesToHexString(ToAbsl(bytes)); }

/// A file that others wrote.
inline std::string FromOutside(const std::string& name) {
  return ocs::testing::ReadFile(std::string(OCS_GOLDEN_FOLDER) + "/ts32298/" + name);
}

/// Ends the process at its n-th step on the disk: for internal::SetDiskStepHook.
inline int steps_left = 0;
inline void DieAtStep() {
  if (--steps_left < 0) ::_exit(9);
}

}  // namespace ocs::cdr::testing

#endif  // TESTS_CDR_SUPPORT_H_
