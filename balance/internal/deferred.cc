#include "balance/internal/deferred.h"

#include "ocs/base/check.h"
#include "ocs/base/exact.h"

namespace ocs::balance::internal {
namespace {

// What has gone with the first `gone` pieces.
int64_t GoneWith(const Bucket& bucket, int64_t gone) {
  const int64_t pieces = bucket.planned != 0 ? bucket.planned : bucket.granted;
  if (gone <= 0 || pieces <= 0) return 0;
  if (gone >= pieces) return bucket.deferred_micros;
  const auto share = MultiplyDivide(bucket.deferred_micros, gone, pieces, Rounding::kDown);
  OCS_CHECK(share.has_value());  // At most deferred_micros, since gone < pieces.
  return *share;
}

}  // namespace

int64_t DeferredWith(const Bucket& bucket, int64_t amount) {
  if (bucket.deferred_micros == 0 || amount == 0) return 0;
  // What expires in a refilled bucket was paid for too. In every other one it ends the bucket, and
  // all that is left of the revenue goes then.
  const int64_t expired = bucket.refill_amount != 0 ? bucket.expired : 0;
  // Sums of what fits in `granted`; overshoot beyond the last micro changes nothing.
  const auto before = AddExact(bucket.spent, bucket.transferred);
  if (!before) return 0;
  const auto gone = AddExact(*before, expired);
  if (!gone) return 0;
  const auto after = AddExact(*gone, amount);
  return (after ? GoneWith(bucket, *after) : bucket.deferred_micros) - GoneWith(bucket, *gone);
}

}  // namespace ocs::balance::internal
