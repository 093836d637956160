// What a use costs us: that of the model which served it, by the wholesale prices of the revision.
// It is recorded beside what the customer pays and changes nothing of it.

#include <limits>

#include "ocs/base/exact.h"
#include "ocs/engine/internal/charging.h"
#include "ocs/engine/internal/context.h"

namespace ocs::engine {

// Wholesale prices are linear here: tiers, minimum and maximum of a vendor's contract are settled
// with the vendor's statement, not call by call.
void Charging::RateCost(const ServiceRequest& service, bool first, ServiceOutcome* outcome) {
  const rating::Tariff& tariff = *RevisionOf(*outcome).tariff;
  const std::string_view served =
      service.served_model.empty() ? outcome->model : service.served_model;
  const auto model = tariff.FindModel(served);
  if (!model) return;
  rating::UseContext context = outcome->context;
  context.began_at = Instant::Never();
  const rating::RateRow* row = tariff.FindCost(*model, context);
  if (row == nullptr) return;
  Quantities used;
  for (const KindQuantity& q : service.used) {
    if (row->of(q.kind).sold()) used.push_back(q);
  }
  // The vendor's price does not ask how the call ended.
  for (const KindQuantity& q : outcome->uncharged) {
    if (row->of(q.kind).sold() && !AddQuantity(used, q.kind, q.quantity)) return;
  }
  const bool stated = QuantityOf(service.used, TokenKind::kRequest) > 0;
  if (first && !stated && row->of(TokenKind::kRequest).sold() &&
      !AddQuantity(used, TokenKind::kRequest, 1)) {
    return;
  }
  const rating::Pot pot{.row = row, .available = std::numeric_limits<int64_t>::max()};
  const std::vector<Carry>& carries = carries_changed_ ? carries_ : account_->carries;
  // A cost that does not fit is none: the call is not refused for it.
  if (rating::Charge(used, {&pot, 1}, carries, &outcome->costs) != rating::RateOutcome::kRated)
    return;
  outcome->cost_currency = tariff.cost_currency(*row);
  if (carries_changed_ || request_.services.size() > 1 || !service.by_tariff.empty()) {
    carries_ = WithLines(carries, outcome->costs);
    carries_changed_ = true;
  }
}

void Charging::PostCosts() {
  int64_t sum = 0;
  // What does not fit is left out of the books, and stays in the record.
  const auto add = [&](const ServiceOutcome& outcome) {
    if (outcome.cost_currency != account_->currency) return true;
    for (const rating::ChargeLine& line : outcome.costs) {
      if (__builtin_add_overflow(sum, line.amount, &sum)) return false;
    }
    return true;
  };
  for (const ServiceOutcome& outcome : outcomes_) {
    for (const ServiceOutcome& side : outcome.earlier) {
      if (!add(side)) return;
    }
    if (!add(outcome)) return;
  }
  balance::EntryBuilder& entry = shard_.entry();
  entry.Post(balance::LedgerAccount::kVendorPayable, balance::kMainBucket, sum);
  entry.Post(balance::LedgerAccount::kVendorCost, balance::kMainBucket, -sum);
}

void Charging::AddCosts(const ServiceOutcome& outcome, cdr::Record* record) const {
  for (const rating::ChargeLine& line : outcome.costs) {
    const rating::Rule& rule = RevisionOf(outcome).tariff->rule(line.rule);
    record->costs.push_back({.kind = line.kind,
                             .quantity = line.quantity,
                             .unit = outcome.cost_currency,
                             .amount = line.amount,
                             .price_numerator = line.rate.numerator,
                             .price_denominator = line.rate.denominator,
                             .carry_in = line.carry_in,
                             .carry_out = line.carry_out,
                             .carry_line = line.rate.line,
                             .bucket = {},
                             .revenue_micros = 0,
                             .overshoot = false,
                             .charge_code = rule.charge_code,
                             .rule = rule.origin,
                             .form = cdr::LineForm::kPieces,
                             .tier = 0,
                             .tax_basis_points = rule.tax_basis_points,
                             .applied = rule.applied});
  }
}

}  // namespace ocs::engine
