#include "ocs/base/ids.h"

#include <cstdint>
#include <limits>

#include "absl/container/flat_hash_set.h"
#include "ocs/base/random.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs {
namespace {

constexpr uint64_t kSequenceMax = (uint64_t{1} << AccountId::kSequenceBits) - 1;

TEST_CASE("an account id is its partition and its number there", "[base][unit][golden]") {
  CHECK(AccountId::Of({0}, 1).value == 1);
  CHECK(AccountId::Of({1}, 0).value == 68'719'476'736);
  CHECK(AccountId::Of({4095}, kSequenceMax).value == (uint64_t{1} << 48) - 1);
  CHECK(AccountId::Of({4095}, kSequenceMax).partition() == PartitionId{4095});
  CHECK(AccountId::Of({0}, kSequenceMax).partition() == PartitionId{0});
}

TEST_CASE("routing an account needs nothing but its id", "[base][property]") {
  OCS_SEEDED_RANDOM(random, 21);
  for (int i = 0; i < 10'000; ++i) {
    const PartitionId partition{static_cast<uint16_t>(random.Below(kPartitionCount))};
    const uint64_t sequence = random.Next() & kSequenceMax;
    const AccountId id = AccountId::Of(partition, sequence);
    REQUIRE(id.partition() == partition);
    REQUIRE((id.value & kSequenceMax) == sequence);
    REQUIRE(id.valid() == (id.value != 0));
  }
}

TEST_CASE("0 and what has more than 48 bits is no account", "[base][unit]") {
  CHECK_FALSE(AccountId{}.valid());
  CHECK(AccountId{1}.valid());
  CHECK(AccountId{(uint64_t{1} << 48) - 1}.valid());
  CHECK_FALSE(AccountId{uint64_t{1} << 48}.valid());
  CHECK_FALSE(AccountId{std::numeric_limits<uint64_t>::max()}.valid());
}

TEST_CASE("account ids are keys of hash tables", "[base][unit]") {
  absl::flat_hash_set<AccountId> ids = {{1}, {2}, {1}};
  CHECK(ids.size() == 2);
  CHECK(ids.contains(AccountId{2}));
}

TEST_CASE("positions are ordered by group, then index; group 0 is before all", "[base][unit]") {
  CHECK_FALSE(Position{}.valid());
  CHECK_FALSE(Position{.group = 0, .index = 7}.valid());
  CHECK(Position{.group = 1, .index = 0}.valid());
  CHECK(Position{} < Position{.group = 1, .index = 0});
  CHECK(Position{.group = 1, .index = 9} < Position{.group = 2, .index = 0});
  CHECK(Position{.group = 2, .index = 0} < Position{.group = 2, .index = 1});
}

}  // namespace
}  // namespace ocs
