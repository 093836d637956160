#include "tests/support/seed.h"

#include <optional>
#include <string>

#include "ocs/base/random.h"
#include "tests/support/catch.h"
#include "tests/support/environment.h"

namespace ocs::testing {
namespace {

TEST_CASE("without OCS_SEED the fixed seed is used", "[support][unit]") {
  const ScopedVariable none("OCS_SEED", std::nullopt);
  OCS_SEEDED_RANDOM(random, 17);
  Random same(17);
  CHECK(random_seed == 17);
  CHECK(random.Next() == same.Next());
}

TEST_CASE("OCS_SEED replays another run", "[support][unit]") {
  const ScopedVariable set("OCS_SEED", "18446744073709551615");
  CHECK(Seed(17) == 18446744073709551615ULL);
  CHECK(SeedNote(Seed(17)) == "replay with OCS_SEED=18446744073709551615 tools/dev test");
}

TEST_CASE("random bytes are as many as asked for, and others each time", "[support][unit]") {
  Random random(17);
  const std::string first = RandomBytes(random, 32);
  CHECK(first.size() == 32);
  CHECK(first != RandomBytes(random, 32));
}

}  // namespace
}  // namespace ocs::testing
