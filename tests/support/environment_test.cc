#include "tests/support/environment.h"

#include <optional>
#include <string>

#include "tests/support/catch.h"

namespace ocs::testing {
namespace {

TEST_CASE("a variable is as it was before, set or not", "[support][unit]") {
  const ScopedVariable outer("OCS_TEST_VARIABLE", "outer");
  {
    const ScopedVariable inner("OCS_TEST_VARIABLE", "inner");
    CHECK(std::string(::getenv("OCS_TEST_VARIABLE")) == "inner");
    const ScopedVariable none("OCS_TEST_VARIABLE", std::nullopt);
    CHECK(::getenv("OCS_TEST_VARIABLE") == nullptr);
  }
  CHECK(std::string(::getenv("OCS_TEST_VARIABLE")) == "outer");
}

}  // namespace
}  // namespace ocs::testing
