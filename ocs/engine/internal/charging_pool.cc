// Credit pools (RFC 8506 section 5.1.2): rating groups of a session that draw on what is held for
// all of them. What one reports comes out of the whole; what it leaves there stays held for the
// others.

#include <algorithm>
#include <limits>

#include "absl/numeric/int128.h"
#include "ocs/base/exact.h"
#include "ocs/engine/internal/charging.h"

namespace ocs::engine {
namespace {

using balance::Grant;

int64_t HeldBy(const Grant& grant) {
  int64_t sum = 0;
  for (const balance::Hold& hold : grant.holds) sum = AddExact(sum, hold.amount).value_or(sum);
  return sum;
}

void SetHold(int64_t amount, Grant* grant) {
  grant->holds.clear();
  if (amount > 0) grant->holds.push_back({.bucket = balance::kMainBucket, .amount = amount});
}

// Micros a piece, as digits * 10^exponent of the currency's unit; nothing when that is not exact.
std::optional<PoolReference> ReferenceOf(uint32_t pool, TokenKind kind, const rating::Rate& rate) {
  constexpr int kDecimalsMax = 12;  // More than prices have.
  constexpr int32_t kMicroExponent = -6;
  absl::int128 scaled = rate.numerator;
  for (int decimals = 0; decimals <= kDecimalsMax; ++decimals, scaled *= 10) {
    if (scaled % rate.denominator != 0) continue;
    absl::int128 digits = scaled / rate.denominator;
    if (digits > std::numeric_limits<int64_t>::max()) return std::nullopt;
    int32_t exponent = kMicroExponent - decimals;
    while (digits != 0 && digits % 10 == 0) {
      digits /= 10;
      ++exponent;
    }
    return PoolReference{.pool = pool,
                         .kind = kind,
                         .value_digits = static_cast<int64_t>(digits),
                         .exponent = digits == 0 ? 0 : exponent};
  }
  return std::nullopt;
}

}  // namespace

void Charging::JoinPool(const ServiceRequest& service, const Affordance& a, ServiceAnswer* answer,
                        ServiceOutcome* outcome) const {
  if (service.pool == 0 || a.switches_at != Instant::Never() || !a.bounds.empty()) return;
  const rating::Pot* pot = nullptr;
  for (const rating::HoldLine& line : a.held.holds) {
    if (pot != nullptr || a.pots.sources[line.pot].grant != nullptr) return;
    pot = &a.pots.pots[line.pot];
  }
  if (pot == nullptr || pot->shape != nullptr) return;
  std::vector<PoolReference> references;
  for (const KindQuantity& granted : answer->granted) {
    const auto reference = ReferenceOf(service.pool, granted.kind, pot->row->of(granted.kind));
    if (!reference) return;
    references.push_back(*reference);
  }
  answer->pool = std::move(references);
  outcome->pool = service.pool;
}

void Charging::TakeBack(const Grant& grant) {
  grant.pool == 0 ? Release(grant) : OpenPool(grant.pool);
}

void Charging::OpenPool(uint32_t pool) {
  const bool open = std::any_of(opened_pools_.begin(), opened_pools_.end(),
                                [&](const OpenedPool& known) { return known.pool == pool; });
  if (open) return;
  OpenedPool opened{.pool = pool, .held = 0};
  for (const Grant& grant : session_->grants) {
    if (grant.pool != pool) continue;
    opened.held += HeldBy(grant);
    Release(grant);
  }
  opened_pools_.push_back(opened);
}

void Charging::SettlePools() {
  for (const OpenedPool& opened : opened_pools_) {
    int64_t left = opened.held;
    ServiceOutcome* keeper = nullptr;
    std::vector<const Grant*> others;
    for (const Grant& grant : session_->grants) {
      if (grant.pool == opened.pool) others.push_back(&grant);
    }
    for (size_t i = 0; i < request_.services.size(); ++i) {
      const ServiceRequest& service = request_.services[i];
      // Who stays, or comes as the last one goes, keeps what is left.
      if (keeper == nullptr && WantsQuota(service) && service.pool == opened.pool)
        keeper = &outcomes_[i];
      const Grant* before = FindGrant(session_, service.rating_group);
      if (before == nullptr || before->pool != opened.pool || !Touches(service)) continue;
      others.erase(std::find(others.begin(), others.end(), before));
      // What was charged elsewhere has taken nothing from the pool.
      left -= answer_->services[i].charged_micros;
    }
    left = std::max<int64_t>(left, 0);
    if (keeper == nullptr && others.empty()) continue;  // It is empty: nobody draws on it.
    MovementOf(movements_, balance::kMainBucket).held += left;
    for (const Grant* other : others) {
      Grant changed = *other;
      const int64_t kept = std::min(left, HeldBy(*other));
      left -= kept;
      SetHold(kept, &changed);
      pool_grants_.push_back(std::move(changed));
    }
    if (keeper != nullptr) {
      keeper->pool = opened.pool;
      if (left > 0) keeper->holds.push_back({.bucket = balance::kMainBucket, .amount = left});
    } else if (left > 0) {
      SetHold(HeldBy(pool_grants_.back()) + left, &pool_grants_.back());
    }
  }
}

}  // namespace ocs::engine
