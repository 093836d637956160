#include "ocs/whatif/comparison.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "ocs/base/check.h"
#include "ocs/base/text.h"
#include "ocs/whatif/internal/figures.h"

namespace ocs::whatif {
namespace {

using simulation::Customer;
using simulation::Figures;

int64_t FeesOf(const Figures& figures) {
  return figures.billed_micros - figures.usage_micros - figures.overage_micros;
}

Lot LotOf(int64_t bill_change, int64_t ran_change) {
  if (bill_change == 0 && ran_change == 0) return Lot::kUnchanged;
  if (bill_change <= 0 && ran_change >= 0) return Lot::kBetter;
  if (bill_change >= 0 && ran_change <= 0) return Lot::kWorse;
  return bill_change < 0 ? Lot::kLessForLess : Lot::kMoreForMore;
}

CustomerChange ChangeOf(const Customer& before, const Customer& after) {
  OCS_CHECK(before.number == after.number);
  const Figures& old = before.figures;
  const Figures& now = after.figures;
  CustomerChange change = {.number = before.number, .plan = before.plan};
  change.before_micros = old.billed_micros;
  change.after_micros = now.billed_micros;
  change.fee_change_micros = FeesOf(now) - FeesOf(old);
  change.usage_change_micros = now.usage_micros - old.usage_micros;
  change.overage_change_micros = now.overage_micros - old.overage_micros;
  change.ran_change = now.completed() - old.completed();
  change.margin_change_micros = now.margin_micros() - old.margin_micros();
  change.lot = LotOf(change.change_micros(), change.ran_change);
  OCS_CHECK(change.fee_change_micros + change.usage_change_micros + change.overage_change_micros ==
            change.change_micros());
  return change;
}

size_t ClassOf(const CustomerChange& customer) {
  if (customer.before_micros == 0 && customer.after_micros > 0) return kChangeBounds.size();
  const int64_t ppm = BillChangePpm(customer);
  // Nothing is in the class of 0 but what did not change.
  if (customer.change_micros() == 0) return 4;
  for (size_t i = 0; i < kChangeBounds.size(); ++i) {
    if (i == 4) continue;
    if (ppm <= kChangeBounds[i] * 10'000) return ppm > 0 || i < 4 ? i : size_t{3};
  }
  return kChangeBounds.size();
}

void FillDeciles(Comparison* comparison) {
  std::vector<const CustomerChange*> order;
  for (const CustomerChange& customer : comparison->customers) order.push_back(&customer);
  std::sort(order.begin(), order.end(), [](const CustomerChange* a, const CustomerChange* b) {
    if (a->before_micros != b->before_micros) return a->before_micros > b->before_micros;
    return a->number < b->number;
  });
  const size_t tenths = comparison->deciles.size();
  for (size_t i = 0; i < order.size(); ++i) {
    DecileChange& decile = comparison->deciles[i * tenths / order.size()];
    ++decile.customers;
    ++decile.lots[static_cast<size_t>(order[i]->lot)];
    decile.before_micros += order[i]->before_micros;
    decile.after_micros += order[i]->after_micros;
  }
}

std::vector<const CustomerChange*> Largest(const std::vector<CustomerChange>& customers,
                                           size_t count, int64_t sign) {
  std::vector<const CustomerChange*> found;
  for (const CustomerChange& customer : customers) {
    if (customer.change_micros() * sign > 0) found.push_back(&customer);
  }
  const auto larger = [sign](const CustomerChange* a, const CustomerChange* b) {
    const int64_t left = a->change_micros() * sign;
    const int64_t right = b->change_micros() * sign;
    return left != right ? left > right : a->number < b->number;
  };
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min(count, found.size()));
  std::partial_sort(found.begin(), end, found.end(), larger);
  found.erase(end, found.end());
  return found;
}

}  // namespace

std::string_view LotName(Lot lot) {
  switch (lot) {
    case Lot::kUnchanged:
      return "unchanged";
    case Lot::kBetter:
      return "better";
    case Lot::kWorse:
      return "worse";
    case Lot::kLessForLess:
      return "less for less";
    case Lot::kMoreForMore:
      return "more for more";
  }
  return "";
}

std::vector<const CustomerChange*> Comparison::LargestRises(size_t count) const {
  return Largest(customers, count, 1);
}

std::vector<const CustomerChange*> Comparison::LargestFalls(size_t count) const {
  return Largest(customers, count, -1);
}

Comparison Compare(const simulation::VariantResult& before,
                   const simulation::VariantResult& after) {
  OCS_CHECK(before.customers.size() == after.customers.size());
  Comparison comparison;
  comparison.before = before.label;
  comparison.after = after.label;
  comparison.customers.reserve(before.customers.size());
  for (size_t i = 0; i < before.customers.size(); ++i) {
    comparison.customers.push_back(ChangeOf(before.customers[i], after.customers[i]));
    const CustomerChange& customer = comparison.customers.back();
    ++comparison.lots[static_cast<size_t>(customer.lot)];
    ++comparison.classes[ClassOf(customer)];
  }
  FillDeciles(&comparison);
  return comparison;
}

int64_t BillChangePpm(const CustomerChange& customer) {
  return internal::ShareOf(customer.change_micros(),
                           std::max(customer.before_micros, kMicrosPerMoney));
}

std::string ExplainChange(const CustomerChange& customer, const Unit& currency) {
  struct Cause {
    std::string_view name;
    int64_t micros;
  };
  std::array<Cause, 3> causes = {{{"fees", customer.fee_change_micros},
                                  {"use paid by the call", customer.usage_change_micros},
                                  {"use beyond the package", customer.overage_change_micros}}};
  std::stable_sort(causes.begin(), causes.end(), [](const Cause& a, const Cause& b) {
    return std::abs(a.micros) > std::abs(b.micros);
  });
  std::string text;
  for (const Cause& cause : causes) {
    if (cause.micros == 0) continue;
    text += Cat(text.empty() ? "" : ", ", cause.name, " ",
                internal::MoneyChange(cause.micros, currency));
  }
  if (customer.ran_change != 0) {
    const int64_t calls = std::abs(customer.ran_change);
    text += Cat(text.empty() ? "" : "; ", FormatGrouped(calls), calls == 1 ? " call " : " calls ",
                customer.ran_change > 0 ? "more ran" : "fewer ran");
  }
  return text.empty() ? "nothing changed" : text;
}

}  // namespace ocs::whatif
