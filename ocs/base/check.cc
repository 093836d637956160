#include "ocs/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace ocs {

void CheckFailed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, expression);
  std::fflush(stderr);
  std::abort();
}

}  // namespace ocs
