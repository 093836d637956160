#include "tests/support/seed.h"

#include <stdlib.h>

#include <optional>
#include <string>

#include "ocs/base/random.h"
#include "tests/support/catch.h"

namespace ocs::testing {
namespace {

// Sets OCS_SEED and puts back what was there.
class SeedVariable final {
 public:
  explicit SeedVariable(const char* value) {
    if (const char* before = ::getenv("OCS_SEED")) before_ = before;
    if (value == nullptr) {
      ::unsetenv("OCS_SEED");
    } else {
      ::setenv("OCS_SEED", value, 1);
    }
  }
  ~SeedVariable() {
    if (before_) {
      ::setenv("OCS_SEED", before_->c_str(), 1);
    } else {
      ::unsetenv("OCS_SEED");
    }
  }
  SeedVariable(const SeedVariable&) = delete;
  SeedVariable& operator=(const SeedVariable&) = delete;

 private:
  std::optional<std::string> before_;
};

TEST_CASE("without OCS_SEED the fixed seed is used", "[support][unit]") {
  const SeedVariable none(nullptr);
  OCS_SEEDED_RANDOM(random, 17);
  Random same(17);
  CHECK(random_seed == 17);
  CHECK(random.Next() == same.Next());
}

TEST_CASE("OCS_SEED replays another run", "[support][unit]") {
  const SeedVariable set("18446744073709551615");
  CHECK(Seed(17) == 18446744073709551615ULL);
  CHECK(SeedNote(Seed(17)) == "replay with OCS_SEED=18446744073709551615 tools/dev test");
}

}  // namespace
}  // namespace ocs::testing
