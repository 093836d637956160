#include "ocs/simulation/internal/collect.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_format.h"
#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs::simulation::internal {
namespace {

constexpr int kDeciles = 10;
constexpr int64_t kShockTimes = 2;
constexpr int64_t kShockMoreMicros = 10 * kMicrosPerMoney;

std::vector<Group> Groups(const std::map<std::string, Figures>& cells) {
  std::vector<Group> groups;
  for (const auto& [name, figures] : cells) {
    if (figures != Figures{}) groups.push_back({.name = name, .figures = figures});
  }
  return groups;
}

// The account of population number n.
struct Place {
  const Lane* lane;
  size_t seat;
};
Place PlaceOf(const std::vector<std::unique_ptr<Lane>>& lanes, uint32_t number) {
  const auto lane = static_cast<uint32_t>(number % lanes.size());
  return {.lane = lanes[lane].get(), .seat = number / lanes.size()};
}

void CollectModels(const World& world, const Names& names, const Tally& tally,
                   VariantResult* result) {
  std::map<std::string, Figures> models;
  for (size_t i = 0; i < tally.models.size(); ++i) {
    std::string name;
    if (i > 0) {
      const auto& model = world.model(static_cast<uint16_t>(i - 1));
      name = model.index ? world.tariff().model_id(*model.index) : model.name;
    }
    models[name].Add(tally.models[i]);
  }
  result->by_model = Groups(models);
  std::map<std::string, Figures> products;
  for (size_t i = 0; i < tally.uses.size(); ++i)
    products[i == 0 ? "" : names.use(static_cast<uint16_t>(i - 1)).product].Add(tally.uses[i]);
  result->by_product = Groups(products);
}

void CollectTimes(const World& world, const Tally& tally, VariantResult* result) {
  std::map<std::string, Figures> hours;
  std::map<std::string, Figures> days;
  for (size_t i = 0; i < tally.slots.size(); ++i) {
    const Figures& figures = tally.slots[i];
    if (figures == Figures{}) continue;
    const Instant at{(tally.first_slot + static_cast<int64_t>(i)) * kSlotMs};
    const auto civil = absl::ToCivilMinute(at.ToTime(), world.tariff().zone());
    hours[absl::StrFormat("%02d", civil.hour())].Add(figures);
    days[absl::FormatCivilTime(absl::CivilDay(civil))].Add(figures);
    result->total.Add(figures);
  }
  result->by_hour = Groups(hours);
  result->by_day = Groups(days);
}

void CollectCustomers(const World& world, const std::vector<std::unique_ptr<Lane>>& lanes,
                      VariantResult* result) {
  for (const SoldPlan& plan : world.plans()) result->by_plan.push_back({.name = plan.plan->name});
  for (uint32_t n = 0; n < world.population().account_count(); ++n) {
    const Place place = PlaceOf(lanes, n);
    const Seat& seat = place.lane->seats()[place.seat];
    OCS_CHECK(seat.number == n);
    Customer customer{.number = n,
                      .plan = seat.plan,
                      .has_package = world.plans()[seat.plan].has_package,
                      .figures = seat.figures};
    for (size_t month = 0; month < world.month_ends().size(); ++month) {
      customer.largest_bill_micros =
          std::max(customer.largest_bill_micros, place.lane->bill(place.seat, month));
    }
    result->by_plan[seat.plan].figures.Add(seat.figures);
    ++result->by_plan[seat.plan].customers;
    result->customers.push_back(customer);
  }
}

void CollectDeciles(VariantResult* result) {
  std::vector<const Customer*> order;
  for (const Customer& customer : result->customers) order.push_back(&customer);
  std::sort(order.begin(), order.end(), [](const Customer* a, const Customer* b) {
    return std::pair(-a->figures.billed_micros, a->number) <
           std::pair(-b->figures.billed_micros, b->number);
  });
  for (int d = 0; d < kDeciles; ++d) result->by_decile.push_back({.name = Cat(d + 1)});
  for (size_t i = 0; i < order.size(); ++i) {
    Group& decile = result->by_decile[i * kDeciles / order.size()];
    ++decile.customers;
    decile.figures.Add(order[i]->figures);
  }
}

void Fill(std::vector<int64_t>* bills, int64_t recurring_micros, BillDistribution* to) {
  std::sort(bills->begin(), bills->end());
  to->bills = static_cast<int64_t>(bills->size());
  if (bills->empty()) return;
  for (size_t q = 0; q < kBillQuantiles.size(); ++q) {
    const size_t rank = (bills->size() * static_cast<size_t>(kBillQuantiles[q]) + 99) / 100;
    to->quantile_micros[q] = (*bills)[std::max<size_t>(rank, 1) - 1];
  }
  const int64_t median = to->quantile_micros[3];
  const int64_t expected = recurring_micros > 0 ? recurring_micros : median;
  for (const int64_t bill : *bills) {
    to->sum_micros += bill;
    size_t bound = 0;
    while (bound < kBillBounds.size() && bill > kBillBounds[bound] * kMicrosPerMoney) ++bound;
    ++to->histogram[bound];
    if (bill >= kShockTimes * expected && bill >= expected + kShockMoreMicros) ++to->shocks;
  }
}

void CollectBills(const World& world, const std::vector<std::unique_ptr<Lane>>& lanes,
                  VariantResult* result) {
  const Population& population = world.population();
  Instant begin = population.terms().begins;
  for (size_t month = 0; month < world.month_ends().size(); ++month) {
    const Instant end = world.month_ends()[month];
    std::vector<std::vector<int64_t>> bills(world.plans().size());
    std::vector<int64_t> all;
    for (uint32_t n = 0; n < population.account_count(); ++n) {
      if (population.joins_at(n) >= end) continue;
      const Place place = PlaceOf(lanes, n);
      const int64_t bill = place.lane->bill(place.seat, month);
      bills[population.plan_of(n)].push_back(bill);
      all.push_back(bill);
    }
    BillDistribution of_all{.month = begin, .plan = ""};
    Fill(&all, 0, &of_all);
    of_all.shocks = 0;
    const size_t place_of_all = result->bills.size();
    result->bills.push_back(of_all);
    for (size_t p = 0; p < bills.size(); ++p) {
      BillDistribution& of_plan = result->bills.emplace_back(
          BillDistribution{.month = begin, .plan = world.plans()[p].plan->name});
      Fill(&bills[p], world.plans()[p].recurring_micros, &of_plan);
      result->bills[place_of_all].shocks += of_plan.shocks;
    }
    begin = end;
  }
}

void CollectPackages(const World& world, const Tally& tally, VariantResult* result) {
  const rating::Tariff& tariff = world.tariff();
  for (uint32_t o = 0; o < tariff.offer_count(); ++o) {
    const rating::Offer& offer = tariff.offer({o});
    for (uint32_t g = 0; g < offer.grants.size(); ++g) {
      const PackageTally& package = tally.packages[world.PackageOf(o, g)];
      if (package.sold == 0) continue;
      result->packages.push_back(
          {.offer = offer.id,
           .grant = offer.grants[g].name.empty() ? Cat("grant ", g + 1) : offer.grants[g].name,
           .unit = offer.grants[g].unit,
           .sold = package.sold,
           .used_up = package.used_up,
           .granted = package.granted,
           .used = package.used,
           .expired = package.expired,
           .left = package.left,
           .deferred_micros = package.deferred_micros});
    }
  }
}

}  // namespace

VariantResult Collect(const World& world, const Names& names,
                      const std::vector<std::unique_ptr<Lane>>& lanes, const Tally& tally) {
  VariantResult result;
  result.label = world.variant().label;
  result.catalogue = world.tariff().name();
  result.text_sha256 = world.variant().text_sha256;
  result.currency = world.population().terms().plans.front().currency;
  CollectModels(world, names, tally, &result);
  CollectTimes(world, tally, &result);
  CollectCustomers(world, lanes, &result);
  CollectDeciles(&result);
  CollectBills(world, lanes, &result);
  CollectPackages(world, tally, &result);
  result.deferred_end_micros = tally.deferred_end_micros;
  result.written_off_micros = tally.written_off_micros;
  result.paid_in_micros = tally.paid_in_micros;
  for (const auto& [currency, micros] : tally.other_costs)
    result.other_costs[std::string(currency.code())] = micros;
  result.decided_in_full = tally.decided_in_full;
  return result;
}

}  // namespace ocs::simulation::internal
