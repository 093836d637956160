#include "ocs/base/limits.h"

#include <cstdint>
#include <limits>

#include "ocs/base/exact.h"
#include "ocs/base/quantity.h"
#include "tests/base/support.h"
#include "tests/support/catch.h"

namespace ocs {
namespace {

TEST_CASE("the bounds fit each other", "[base][unit]") {
  // A full batch with the longest names fits its message.
  STATIC_REQUIRE(int64_t{kBatchItemsMax} * (kSessionIdLengthMax + kIdentityLengthMax +
                                            kModelNameLengthMax + kIdempotencyKeyLengthMax + 512) <=
                 kMessageBytesMax);
  // A catalogue travels in one message, with room for what goes around it.
  STATIC_REQUIRE(kCatalogueBytesMax < kMessageBytesMax);
  // One batch is decided as one group, and a queue holds several.
  STATIC_REQUIRE(kGroupEntriesMax >= kBatchItemsMax);
  STATIC_REQUIRE(kQueueMax >= 4 * kGroupEntriesMax);
  STATIC_REQUIRE(kHoldsPerGrantMax <= kBucketsPerAccountMax);
}

TEST_CASE("sums of the largest requests do not overflow", "[base][unit]") {
  // Every kind of every service of a request at its largest.
  STATIC_REQUIRE(kQuantityMax <= kMax / (kTokenKindCount * kServicesPerSessionMax));
  // A thousand of the largest operations, and the whole path of an account's buckets.
  STATIC_REQUIRE(kAmountMicrosMax <= kMax / 1'000);
  STATIC_REQUIRE(kAmountMicrosMax <= kMax / kBucketsPerAccountMax);
}

TEST_CASE("the largest quantity at a high price is still a number", "[base][unit]") {
  // 1,000 of a currency for a million tokens.
  CHECK(MultiplyDivide(kQuantityMax, 1'000'000'000, 1'000'000, Rounding::kUp) == kAmountMicrosMax);
}

}  // namespace
}  // namespace ocs
