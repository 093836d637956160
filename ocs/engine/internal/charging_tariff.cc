// A change of prices inside a session (RFC 8506 section 5.1.1, DESIGN law 7): a grant that spans it
// tells when it comes and is held for the dearer side; what is reported on its sides is charged by
// each side's own price.

#include <algorithm>
#include <utility>

#include "absl/numeric/int128.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/engine/internal/attach_record.h"
#include "ocs/engine/internal/charging.h"
#include "ocs/engine/internal/context.h"

namespace ocs::engine {
namespace {

using rating::Rate;

// True when a piece at `a` costs more than one at `b`. REQUIRES: both are sold.
bool Dearer(const Rate& a, const Rate& b) {
  return absl::int128(a.numerator) * b.denominator > absl::int128(b.numerator) * a.denominator;
}

// By kind the dearer of two rows; nothing when only one of them sells a kind.
std::optional<rating::RateRow> DearerOfBoth(const rating::RateRow& now,
                                            const rating::RateRow& then) {
  rating::RateRow row = now;
  for (size_t kind = 0; kind < row.rates.size(); ++kind) {
    if (now.rates[kind].sold() != then.rates[kind].sold()) return std::nullopt;
    if (now.rates[kind].sold() && Dearer(then.rates[kind], now.rates[kind]))
      row.rates[kind] = then.rates[kind];
  }
  return row;
}

// What lines come to: money first, then pieces of packages.
std::pair<int64_t, int64_t> SumsOf(const rating::ChargeLines& lines, const Pots& pots) {
  std::pair<int64_t, int64_t> sums = {0, 0};
  for (const rating::ChargeLine& line : lines) {
    int64_t& sum = pots.sources[line.pot].unit.is_money() ? sums.first : sums.second;
    sum = AddExact(sum, line.amount).value_or(sum);
  }
  return sums;
}

void TakeOff(const Quantities& used, Quantities* rest) {
  for (KindQuantity& q : *rest) q.quantity -= std::min(q.quantity, QuantityOf(used, q.kind));
}

}  // namespace

const Revision& Charging::RevisionAt(Instant at) const {
  if (at == at_) return *revision_;
  const uint32_t opened_with = session_ != nullptr ? session_->revision : revision_->view.revision;
  const Revision* revision = shard_.revisions().ForSession(opened_with, at);
  OCS_CHECK(revision != nullptr);
  return *revision;
}

Instant Charging::NextChange(const Pots& pots, const ServiceOutcome& outcome,
                             const rating::UseContext& context, Instant until) const {
  const uint32_t opened_with = session_ != nullptr ? session_->revision : revision_->view.revision;
  return std::min(NextSwitch(pots, outcome.model, context, until),
                  shard_.revisions().NextForSession(opened_with, context.at, until));
}

void Charging::SpanSwitch(const ServiceRequest& service, const ServiceOutcome& outcome,
                          Affordance* a) const {
  const Instant until = at_.PlusSeconds(GrantValiditySeconds(shard_.options()));
  const Instant next = NextChange(a->pots, outcome, outcome.context, until);
  if (next == Instant::Never()) return;
  rating::UseContext context = outcome.context;
  context.at = next;
  const Pots then = PotsAt(service, outcome, context);
  // Only what draws on the same sources before and after can be held for both; else the grant ends
  // with the price.
  a->valid_until = next;
  if (then.pots.size() != a->pots.pots.size()) return;
  std::vector<rating::RateRow> rows;
  rows.reserve(then.pots.size());
  for (size_t i = 0; i < then.pots.size(); ++i) {
    const rating::Pot& pot = a->pots.pots[i];
    if (then.sources[i].bucket != a->pots.sources[i].bucket) return;
    if (pot.shape != nullptr || then.pots[i].shape != nullptr) return;
    const auto row = DearerOfBoth(*pot.row, *then.pots[i].row);
    if (!row) return;
    rows.push_back(*row);
  }
  a->envelope = std::move(rows);
  for (size_t i = 0; i < a->pots.pots.size(); ++i) a->pots.pots[i].row = &a->envelope[i];
  a->switches_at = next;
  a->valid_until = NextChange(then, outcome, context, until);
}

void Charging::HoldSpanned(Affordance* a) {
  // Either side's line of a kind may have a carry of its own: a micro or a piece more for each.
  const auto room = static_cast<int64_t>(a->asked.size());
  for (rating::Pot& pot : a->pots.pots) pot.available -= room;
  a->held = rating::Hold(a->asked, a->pots.pots);
  for (rating::HoldLine& line : a->held.holds) {
    if (line.amount > 0) line.amount += room;
  }
  for (rating::Pot& pot : a->pots.pots) pot.available += room;
}

bool Charging::ChargeSides(const ServiceRequest& service, CallPart part, Instant switches_at,
                           ServiceAnswer* answer, ServiceOutcome* outcome) {
  std::vector<Side> sides;
  Quantities rest = service.used;
  const auto add = [&](TariffChangeUsage wanted) {
    for (const TariffUsage& usage : service.by_tariff) {
      if (usage.side != wanted) continue;
      TakeOff(usage.used, &rest);
      sides.push_back({.used = usage.used, .tariff_change = static_cast<uint8_t>(usage.side) + 1U});
    }
  };
  add(TariffChangeUsage::kBefore);
  add(TariffChangeUsage::kIndeterminate);
  add(TariffChangeUsage::kAfter);
  const bool any_left =
      std::any_of(rest.begin(), rest.end(), [](const KindQuantity& q) { return q.quantity > 0; });
  if (any_left) sides.push_back({.used = rest, .tariff_change = 0});
  ServiceOutcome so_far = *outcome;
  std::vector<ServiceOutcome> earlier;
  bool overshoot = false;
  for (size_t i = 0; i < sides.size(); ++i) {
    const bool last = i + 1 == sides.size();
    ServiceRequest one = service;
    one.used = sides[i].used;
    so_far.model = ModelOf(service);  // What a side has bought moves the session.
    ServiceOutcome charged = so_far;
    if (!last) charged.uncharged.clear();  // The last record names it.
    charged.side = sides[i];
    charged.context.at = PricedAt(one, part, sides[i], switches_at, so_far);
    charged.side.priced_at = charged.context.at;
    if (!ChargePart(one, last ? part : CallPart::kGoesOn, answer, &charged)) return false;
    overshoot = overshoot || answer->overshoot;
    so_far.counts_request = charged.counts_request;
    so_far.call_counted = charged.call_counted;
    so_far.call_charged_micros = charged.call_charged_micros;
    if (last) {
      *outcome = std::move(charged);
      outcome->context.at = at_;
    } else {
      earlier.push_back(std::move(charged));
    }
  }
  outcome->earlier = std::move(earlier);
  outcome->switched_at = switches_at;
  const balance::Grant* grant = FindGrant(session_, service.rating_group);
  answer->overshoot = overshoot || (grant->pool == 0 && UsedBeyond(service.used, grant->granted));
  return true;
}

Instant Charging::PricedAt(const ServiceRequest& service, CallPart part, const Side& side,
                           Instant switches_at, const ServiceOutcome& so_far) {
  const Instant before = switches_at.PlusMillis(-1);
  absl::InlinedVector<Instant, 3> instants;
  switch (side.tariff_change) {
    case 1:
      return before;
    case 2:
      instants = {switches_at};  // And what holds now, where yet another change lies between.
      break;
    case 3:
      instants = {before, switches_at};
      break;
    default:
      return at_;
  }
  if (at_ > switches_at) instants.push_back(at_);
  Instant dearest = instants.front();
  std::pair<int64_t, int64_t> most = {-1, -1};
  for (const Instant instant : instants) {
    ServiceOutcome trial = so_far;
    trial.lines.clear();
    trial.context.at = instant;
    const Pots pots = PotsAt(service, trial, trial.context);
    if (Rate(service, part, pots, &trial) != rating::RateOutcome::kRated) continue;
    const auto sums = SumsOf(trial.lines, pots);
    if (sums <= most) continue;
    most = sums;
    dearest = instant;
  }
  return dearest;
}

}  // namespace ocs::engine
