#include "balance/direct.h"

#include <limits>

#include "balance/ledger.h"
#include "ocs/base/limits.h"
#include "tests/balance/samples.h"
#include "tests/support/seed.h"

namespace ocs::balance::tests {

TEST_CASE("use that is done directly is what its entry does when it is applied",
          "[balance][property]") {
  OCS_SEEDED_RANDOM(random, 12);
  Account by_entry = NewAccount(5'000, 50);
  Bucket tokens = TokenBucket(2, 0);
  tokens.granted = tokens.available = 10'000;
  tokens.deferred_micros = 9'900'007;
  by_entry.buckets.push_back(tokens);
  Account directly = by_entry;
  int64_t revenue = 0;
  for (uint32_t i = 0; i < 300; ++i) {
    const BucketId bucket{random.OneIn(3) ? 1U : 2U};
    const int64_t amount = random.Between(0, 90);
    const Carry carry{.line = static_cast<uint64_t>(random.Between(1, 9)),
                      .denominator = 100,
                      .remainder = random.Below(100)};
    EntryBuilder entry;
    entry.Begin(EntryKind::kEventCharged, by_entry.id);
    const int64_t earned = PostMovement(
        by_entry, {.bucket = bucket, .released = 0, .spent = amount, .held = 0}, &entry);
    entry.SetCarry(carry);
    const auto read = ReadEntry(entry, {.group = 2, .index = i});
    Applier applier;
    REQUIRE(applier.Apply(read->view, &by_entry).ok());

    CHECK(SpendDirectly(amount, directly.FindBucket(bucket)) == earned);
    CHECK(CarryDirectly(carry, &directly));
    directly.last = by_entry.last;
    directly.last_group = by_entry.last_group;
    REQUIRE(directly == by_entry);
    revenue += earned;
  }
  CHECK(revenue > 1'000'000);
  CHECK(directly.FindBucket({1})->available < 5'000);
}

TEST_CASE("use that does not fit changes nothing", "[balance][unit]") {
  Account account = NewAccount(5'000, 50);
  Bucket* main = account.FindBucket(kMainBucket);
  main->available = std::numeric_limits<int64_t>::min() + 3;
  const Account before = account;
  CHECK_FALSE(SpendDirectly(4, main).has_value());
  CHECK(account == before);
  account.carries.clear();
  for (uint64_t line = 1; line <= static_cast<uint64_t>(kCarriesPerAccountMax); ++line)
    account.carries.push_back({.line = line, .denominator = 7, .remainder = 1});
  const Account full = account;
  CHECK_FALSE(CarryDirectly({.line = 1'000'000, .denominator = 7, .remainder = 2}, &account));
  CHECK(account == full);
  CHECK(CarryDirectly({.line = 5, .denominator = 7, .remainder = 2}, &account));
  CHECK(account.carries[4].remainder == 2);
}

}  // namespace ocs::balance::tests
