#include "ocs/simulation/internal/world.h"

#include <algorithm>

#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"

namespace ocs::simulation::internal {

World::World(const Population& population, const Variant& variant, const RunOptions& options)
    : population_(population),
      variant_(variant),
      catalogue_(variant.tariff),
      service_context_(Cat(options_.service_context, "@simulation")),
      full_(options.full),
      explain_(options.explain) {
  const rating::Tariff& tariff = *variant.tariff;
  const PopulationTerms& terms = population.terms();
  for (size_t p = 0; p < terms.plans.size(); ++p) {
    SoldPlan& sold = plans_.emplace_back();
    sold.plan = &terms.plans[p];
    sold.tops_up = terms.plans[p].top_up.amount_micros != 0;
    sold.segment = rating::SymbolOf(terms.plans[p].segment);
    sold.offers = variant.offers.empty() ? terms.plans[p].offers : variant.offers[p];
    for (const std::string& id : sold.offers) {
      const auto index = tariff.FindOffer(id);
      OCS_CHECK(index.has_value());  // CheckVariants.
      const rating::Offer& offer = tariff.offer(*index);
      sold.fees_micros += offer.fee_micros;
      if (offer.cycle.kind != WindowKind::kNone) sold.recurring_micros += offer.fee_micros;
      sold.has_package =
          sold.has_package || std::any_of(offer.grants.begin(), offer.grants.end(),
                                          [](const auto& grant) { return !grant.unit.is_money(); });
    }
  }
  for (Instant month = StartOfMonth(terms.begins, tariff.zone());;) {
    month = AddMonths(month, 1, tariff.zone());
    month_ends_.push_back(std::min(month, terms.ends));
    if (month >= terms.ends) break;
  }
  size_t packages = 0;
  for (uint32_t o = 0; o < tariff.offer_count(); ++o) {
    package_begin_.push_back(packages);
    packages += tariff.offer({o}).grants.size();
  }
  package_begin_.push_back(packages);
}

void World::TakeNames(const Names& names) {
  static const rating::Symbol kStandard = rating::SymbolOf("standard");
  using rating::Dimension;
  while (models_.size() < names.model_count()) {
    Model& model = models_.emplace_back();
    model.name = names.model(static_cast<uint16_t>(models_.size() - 1));
    if (model.name.size() <= static_cast<size_t>(kModelNameLengthMax))
      model.index = tariff().FindModel(model.name);
  }
  while (uses_.size() < names.use_count()) {
    const UseNames& use = uses_.emplace_back(names.use(static_cast<uint16_t>(uses_.size())));
    rating::UseContext context;
    context.of(Dimension::kProduct) = rating::SymbolOf(use.product);
    context.of(Dimension::kScenario) = rating::SymbolOf(use.scenario);
    context.of(Dimension::kServiceTier) =
        use.service_tier.empty() ? kStandard : rating::SymbolOf(use.service_tier);
    context.of(Dimension::kRegion) = rating::SymbolOf(use.region);
    context.of(Dimension::kChannel) = rating::SymbolOf(use.channel);
    values_.push_back(context.values);
    may_state_.push_back(std::max({use.product.size(), use.scenario.size(), use.service_tier.size(),
                                   use.region.size(), use.channel.size()}) <=
                         static_cast<size_t>(kDimensionLengthMax));
  }
}

}  // namespace ocs::simulation::internal
