// When units end (RFC 8506 section 5.6): what the network then does with the service, and the
// restricted state between the last units and new ones.

#include "ocs/engine/internal/charging.h"

namespace ocs::engine {
namespace {

using rating::FinalUnits;

constexpr uint8_t CodeOf(FinalUnits::Action action) {
  return static_cast<uint8_t>(static_cast<uint8_t>(action) + 1);
}

// Redirected or restricted: the client goes on with the session, and asks again.
bool GoesOn(uint8_t final_units) { return final_units > CodeOf(FinalUnits::Action::kTerminate); }

}  // namespace

bool Charging::IsRestricted(const ServiceRequest& service) const {
  const balance::Grant* grant = FindGrant(session_, service.rating_group);
  return grant != nullptr && GoesOn(grant->final_units);
}

bool Charging::WantsQuota(const ServiceRequest& service) const {
  if (service.requests_quota) return true;
  // The time of the restricted state is over (CC-55), or the client was told to ask (CC-59).
  return request_.type == RequestType::kUpdate && !service.has_used && IsRestricted(service);
}

const FinalUnits& Charging::FinalUnitsOf(const Pots& pots) const {
  const FinalUnits& otherwise = shard_.options().credit.final_units;
  if (pots.sources.empty() || pots.sources.back().final_units == nullptr) return otherwise;
  const FinalUnits& stated = *pots.sources.back().final_units;
  return stated.action == FinalUnits::Action::kTerminate ? otherwise : stated;
}

void Charging::TellFinalUnits(const FinalUnits& final_units, ServiceAnswer* answer,
                              ServiceOutcome* outcome) {
  answer->final_unit = static_cast<FinalUnitAction>(final_units.action);
  answer->redirect_to = final_units.redirect_to;
  answer->filters = final_units.filters;
  outcome->final_units = CodeOf(final_units.action);
}

void Charging::TellRestricted(const FinalUnits& final_units, ServiceAnswer* answer,
                              ServiceOutcome* outcome) {
  TellFinalUnits(final_units, answer, outcome);
  answer->validity_seconds = shard_.options().credit.restricted_seconds;
}

void Charging::TellLastUse(const ServiceRequest& service, ServiceAnswer* answer,
                           ServiceOutcome* outcome) {
  if (request_.type != RequestType::kUpdate || !IsRestricted(service) || WantsQuota(service))
    return;
  if (answer->code != ResultCode::kSuccess) return;
  const FinalUnits& final_units = FinalUnitsOf(PotsOf(service, *outcome));
  // What the catalogue says may have changed meanwhile; a restricted state ends by asking only.
  if (final_units.action == FinalUnits::Action::kTerminate) return;
  TellRestricted(final_units, answer, outcome);
}

bool Charging::EndsWithoutUnits(const ServiceRequest& service, const Affordance& a,
                                ServiceAnswer* answer, ServiceOutcome* outcome) {
  const CreditPolicy& policy = shard_.options().credit;
  // What a limit or a price stops, a top-up does not bring back.
  if (a.limiting != nullptr || a.held.outcome == rating::HoldResult::Outcome::kStopped)
    return false;
  const FinalUnits& final_units = FinalUnitsOf(a.pots);
  if (final_units.action == FinalUnits::Action::kTerminate) {
    if (!policy.zero_grant_at_end || request_.type != RequestType::kUpdate) return false;
    TellFinalUnits(final_units, answer, outcome);
    outcome->sets_grant = true;
    answer->has_grant = true;
    return true;
  }
  if (IsRestricted(service) && !service.has_used && !policy.restricts_again) return false;
  TellRestricted(final_units, answer, outcome);
  return true;
}

}  // namespace ocs::engine
