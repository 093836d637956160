#include "ocs/simulation/internal/population_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "ocs/base/limits.h"
#include "ocs/base/text.h"

namespace ocs::simulation::internal {
namespace {

constexpr Range kShares{1, kMixSharesMax};
constexpr Range kMoney{0, kAmountMicrosMax};
constexpr size_t kMixMax = 4'096;  // Models of one mix: a large catalogue's worth.

std::vector<ModelMix> ReadModels(const TextMap& map, Faults* faults) {
  std::vector<ModelMix> models;
  int number = 0;
  for (const YAML::Node& item : map.Items("models")) {
    const TextMap entry(item, Cat(map.PathOf("models"), "[", number++, "]"), {"model", "share"},
                        faults);
    models.push_back(
        {.model = entry.NeedText("model"), .share = entry.NeedWhole("share", kShares)});
  }
  if (models.size() > kMixMax) map.Fault("models", Cat("expected at most ", kMixMax));
  return models;
}

std::vector<UseMix> ReadUses(const TextMap& map, Faults* faults) {
  std::vector<UseMix> uses;
  int number = 0;
  for (const YAML::Node& item : map.Items("uses")) {
    const TextMap entry(item, Cat("uses[", number++, "]"),
                        {"share", "product", "scenario", "service_tier", "region", "channel"},
                        faults);
    uses.push_back({.use = {.product = entry.Text("product", ""),
                            .scenario = entry.Text("scenario", ""),
                            .service_tier = entry.Text("service_tier", ""),
                            .region = entry.Text("region", ""),
                            .channel = entry.Text("channel", "")},
                    .share = entry.NeedWhole("share", kShares)});
  }
  if (uses.size() > kMixMax) map.Fault("uses", Cat("expected at most ", kMixMax));
  return uses;
}

AutoTopUp ReadTopUp(const TextMap& plan, Faults* faults) {
  AutoTopUp top_up;
  if (!plan.has("top_up")) return top_up;
  const TextMap map(plan.Child("top_up"), plan.PathOf("top_up"),
                    {"below", "amount", "most_per_month"}, faults);
  for (const char* key : {"below", "amount"}) {
    if (!map.has(key)) map.Fault(key, "is missing");
  }
  top_up.below_micros = map.Micros("below", 0, kMoney);
  top_up.amount_micros = map.Micros("amount", 0, {1, kAmountMicrosMax});
  top_up.most_per_month = map.Whole("most_per_month", 4, {1, 1'000});
  return top_up;
}

Plan ReadPlan(const YAML::Node& item, const std::string& path, Faults* faults) {
  const TextMap map(item, path,
                    {"plan", "share", "offers", "currency", "credit_limit", "money",
                     "money_each_month", "top_up", "use", "segment", "models"},
                    faults);
  Plan plan;
  plan.name = map.NeedText("plan");
  plan.share = map.NeedWhole("share", kShares);
  for (const YAML::Node& offer : map.Items("offers")) {
    if (offer.IsScalar()) {
      plan.offers.push_back(offer.Scalar());
    } else {
      map.Fault("offers", "expected ids of offers");
    }
  }
  if (plan.offers.size() > static_cast<size_t>(kOffersPerAccountMax))
    map.Fault("offers", Cat("expected at most ", kOffersPerAccountMax));
  const std::string currency = map.Text("currency", "CNY");
  const absl::StatusOr<Unit> unit = Unit::Parse(currency);
  if (unit.ok() && unit->is_money()) {
    plan.currency = *unit;
  } else {
    map.Fault("currency", Cat("is '", currency, "', expected a currency such as CNY"));
  }
  plan.credit_limit_micros = map.Micros("credit_limit", 0, kMoney);
  plan.money_micros = map.Micros("money", 0, kMoney);
  plan.money_each_month_micros = map.Micros("money_each_month", 0, kMoney);
  plan.top_up = ReadTopUp(map, faults);
  plan.use_permille = map.Permille("use", 1'000, {1, 1'000'000});
  plan.segment = map.Text("segment", "");
  plan.models = ReadModels(map, faults);
  return plan;
}

Instant ReadInstant(const TextMap& map, const std::string& key) {
  const std::string text = map.NeedText(key);
  if (text.empty()) return {};
  const absl::StatusOr<Instant> at = ParseInstant(text);
  if (at.ok()) return *at;
  map.Fault(key, Cat("is '", text, "', expected a time such as 2026-08-01T00:00:00+08:00"));
  return {};
}

void CheckPlans(const PopulationTerms& terms, const TextMap& map) {
  if (terms.plans.empty()) map.Fault("plans", "expected at least one plan");
  if (terms.plans.size() > static_cast<size_t>(kPlansMax))
    map.Fault("plans", Cat("expected at most ", kPlansMax));
  for (size_t i = 0; i < terms.plans.size(); ++i) {
    const Plan& plan = terms.plans[i];
    for (size_t j = 0; j < i; ++j) {
      if (terms.plans[j].name == plan.name)
        map.Fault("plans", Cat("the plan '", plan.name, "' is there twice"));
    }
    if (plan.currency != terms.plans[0].currency)
      map.Fault("plans", Cat("the plan '", plan.name, "' has another currency than the first"));
    if (plan.models.empty() && terms.models.empty()) {
      map.Fault("models",
                Cat("expected the models of the plan '", plan.name, "', or of the population"));
    }
  }
}

}  // namespace

PopulationTerms ReadPopulation(std::string_view text, Faults* faults) {
  PopulationTerms terms;
  const auto root = ReadTextMap(text, faults);
  if (!root) return terms;
  const TextMap map(*root, "",
                    {"population", "seed", "accounts", "begins", "ends", "growth", "skew", "plans",
                     "models", "uses"},
                    faults);
  terms.name = map.NeedText("population");
  terms.seed =
      static_cast<uint64_t>(map.Whole("seed", 1, {0, std::numeric_limits<int64_t>::max()}));
  terms.accounts = map.NeedWhole("accounts", {1, kPopulationAccountsMax});
  terms.begins = ReadInstant(map, "begins");
  terms.ends = ReadInstant(map, "ends");
  if (map.has("ends") && terms.ends <= terms.begins)
    map.Fault("ends", "expected a time after `begins`");
  if (terms.ends > AddMonths(terms.begins, kMonthsMax, absl::UTCTimeZone()))
    map.Fault("ends", Cat("expected at most ", kMonthsMax, " months"));
  terms.growth_permille = map.Permille("growth", 0, {0, 1'000});
  terms.skew_permille = map.Permille("skew", 1'000, {0, 4'000});
  int number = 0;
  for (const YAML::Node& item : map.Items("plans"))
    terms.plans.push_back(ReadPlan(item, Cat("plans[", number++, "]"), faults));
  terms.models = ReadModels(map, faults);
  terms.uses = ReadUses(map, faults);
  CheckPlans(terms, map);
  return terms;
}

}  // namespace ocs::simulation::internal
