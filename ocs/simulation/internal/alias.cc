#include "ocs/simulation/internal/alias.h"

#include "absl/numeric/int128.h"
#include "ocs/base/check.h"

namespace ocs::simulation::internal {

AliasTable::AliasTable(std::span<const uint64_t> weights) : columns_(weights.size()) {
  OCS_CHECK(weights.size() < UINT32_MAX);
  absl::uint128 sum = 0;
  for (const uint64_t weight : weights) sum += weight;
  OCS_CHECK(sum < absl::uint128(uint64_t{1} << 63U));
  // Each column holds sum / n; scaled by n, a weight fills weight * n of it.
  std::vector<absl::uint128> left(weights.size());
  std::vector<uint32_t> small;
  std::vector<uint32_t> large;
  for (size_t i = 0; i < weights.size(); ++i) {
    left[i] = absl::uint128(weights[i]) * weights.size();
    (left[i] < sum ? small : large).push_back(static_cast<uint32_t>(i));
  }
  while (!small.empty() && !large.empty()) {
    const uint32_t poor = small.back();
    const uint32_t rich = large.back();
    small.pop_back();
    columns_[poor] = {.own = static_cast<uint32_t>((left[poor] << 32U) / sum), .other = rich};
    left[rich] -= sum - left[poor];
    if (left[rich] >= sum) continue;
    large.pop_back();
    small.push_back(rich);
  }
  for (const uint32_t full : large) columns_[full] = {.own = UINT32_MAX, .other = full};
  for (const uint32_t full : small) columns_[full] = {.own = UINT32_MAX, .other = full};
}

}  // namespace ocs::simulation::internal
