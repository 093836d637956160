// Where an account's packages can be used, and what comes after them.

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "ocs/base/check.h"
#include "ocs/base/text.h"
#include "ocs/engine/coverage_operation.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/quota.h"
#include "ocs/engine/internal/shard.h"
#include "rating/coverage.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::Bucket;
using rating::Dimension;

std::vector<PieceRateView> RatesOf(const rating::RateRow& row) {
  std::vector<PieceRateView> rates;
  for (int k = 0; k < kTokenKindCount; ++k) {
    const auto kind = static_cast<TokenKind>(k);
    const rating::Rate& rate = row.of(kind);
    if (!rate.sold()) continue;
    rates.push_back({.kind = kind, .numerator = rate.numerator, .denominator = rate.denominator});
  }
  return rates;
}

// One question about one account: what it asks about, and what is the same for all of its buckets.
class Coverer final {
 public:
  Coverer(CoverageCall& call, const Account& account, const Revisions& revisions,
          const Revision& revision, Instant at)
      : call_(call), account_(account), revisions_(revisions), revision_(revision), at_(at) {
    context_.at = at;
    context_.of(Dimension::kServiceTier) = rating::SymbolOf("standard");
    context_.of(Dimension::kSegment) = rating::SymbolOf(account.segment);
  }

  // REQUIRES: first < last; the models of the revision that are asked about.
  void Fill(uint32_t first, uint32_t last) {
    for (const Bucket& bucket : account_.buckets) {
      const bool open = (bucket.id == balance::kMainBucket || at_ >= bucket.valid_from) &&
                        at_ < bucket.valid_until;
      if (open && MayDraw(account_, bucket, call_.node)) AddBucket(bucket, first, last);
    }
    for (uint32_t m = first; m < last; ++m) AddPrice({m});
  }

 private:
  void AddBucket(const Bucket& bucket, uint32_t first, uint32_t last) {
    BucketCoverageView view{.id = bucket.id,
                            .name = "main balance",
                            .offer = "",
                            .unit = bucket.unit,
                            .available = bucket.available,
                            .valid_until = bucket.valid_until,
                            .subscription = bucket.subscription,
                            .models = {},
                            .classes = {},
                            .only_for = {},
                            .at_end = "",
                            .fallback_model = "",
                            .next_offer = ""};
    if (bucket.terms.revision != 0) {
      FillTerms(bucket, first, last, &view);
      if (!call_.model.empty() && view.models.empty()) return;
    }
    call_.buckets.push_back(std::move(view));
  }

  void FillTerms(const Bucket& bucket, uint32_t first, uint32_t last, BucketCoverageView* view) {
    const Revision* bought = revisions_.Find(bucket.terms.revision);
    OCS_CHECK(bought != nullptr);
    const rating::Tariff& tariff = *bought->tariff;
    const rating::OfferIndex offer{bucket.terms.offer};
    const uint32_t grant = bucket.terms.grant;
    const rating::UseContext use = UseOf(bucket, tariff.cover_values(offer, grant));
    const rating::Coverage coverage = rating::CoverageOf(tariff, offer, grant, use);
    for (uint32_t m = first; m < last; ++m) {
      // A call names its model by the catalogue in force; the package finds it under that name.
      const std::string& id = revision_.tariff->model_id({m});
      const auto index = tariff.FindModel(id);
      const auto covered =
          std::find_if(coverage.models.begin(), coverage.models.end(),
                       [&](const rating::CoveredModel& c) { return index && c.model == *index; });
      if (covered == coverage.models.end()) continue;
      view->models.push_back({.model = id,
                              .provider = revision_.tariff->model_provider({m}),
                              .classes = revision_.tariff->model_classes({m}),
                              .draw = RatesOf(*covered->draw)});
    }
    view->offer = tariff.offer(offer).id;
    view->name = tariff.offer(offer).grants[grant].name;
    view->classes = coverage.classes;
    for (size_t d = 0; d < rating::kDimensionCount; ++d) {
      if (coverage.only_for[d].empty()) continue;
      view->only_for.emplace_back(rating::DimensionName(static_cast<Dimension>(d)),
                                  coverage.only_for[d]);
    }
    FillEnd(tariff.offer(offer), tariff.offer(offer).grants[grant].end, use.switches, view);
  }

  // A package that asks for a service tier is shown at its best: with it, not with the one that a
  // call has which states none.
  rating::UseContext UseOf(
      const Bucket& bucket,
      const std::array<std::vector<std::string>, rating::kDimensionCount>& asked) const {
    rating::UseContext use = context_;
    if (!asked[static_cast<size_t>(Dimension::kServiceTier)].empty())
      use.of(Dimension::kServiceTier) = 0;
    use.began_at = bucket.valid_from;
    const balance::Subscription* subscription =
        bucket.subscription == 0 ? nullptr : account_.FindSubscription(bucket.subscription);
    if (subscription == nullptr) return use;
    use.began_at = subscription->valid_from;
    use.switches = subscription->switches;
    return use;
  }

  static void FillEnd(const rating::Offer& offer, const rating::EndTerms& end, uint32_t switches,
                      BucketCoverageView* view) {
    const bool stopped = end.switch_index >= 0 && (switches >> end.switch_index & 1U) != 0;
    const rating::AtEnd at_end = stopped ? rating::AtEnd::kStop : end.at_end;
    view->at_end = std::string(rating::AtEndName(at_end));
    if (at_end == rating::AtEnd::kFallback) view->fallback_model = end.fallback_model;
    if (at_end == rating::AtEnd::kBuyNext)
      view->next_offer = end.buys.empty() ? offer.id : end.buys;
  }

  // What charging itself would take for the price: the pot of the account's own money.
  void AddPrice(rating::ModelIndex model) {
    const std::string& id = revision_.tariff->model_id(model);
    const Movements movements;
    const CounterChanges changes;
    const Pots pots = CollectPots({.account = account_,
                                   .revisions = revisions_,
                                   .revision = revision_,
                                   .model = id,
                                   .context = context_,
                                   .node = call_.node,
                                   .grant = nullptr,
                                   .movements = movements,
                                   .changes = changes});
    for (size_t i = 0; i < pots.pots.size(); ++i) {
      const Pots::Source& source = pots.sources[i];
      if (source.bucket != balance::kMainBucket) continue;
      const rating::RateRow& row = *pots.pots[i].row;
      call_.prices.push_back({.model = id,
                              .provider = revision_.tariff->model_provider(model),
                              .currency = source.unit,
                              .price = RatesOf(row),
                              .shaped = row.shape != 0,
                              .rule = source.tariff->rule(row.rule).origin});
    }
  }

  CoverageCall& call_;
  const Account& account_;
  const Revisions& revisions_;
  const Revision& revision_;
  const Instant at_;
  rating::UseContext context_;
};

}  // namespace

void CoverageCall::Execute(Shard& shard) {
  const Account* found = FindPayer(this, shard, account);
  if (found == nullptr) return;
  if (node != balance::kRootNode && found->FindNode(node) == nullptr) {
    RefuseField(this, "node_id", absl::StatusCode::kNotFound,
                Cat("the account has no node ", node.value));
    return;
  }
  const Instant now = shard.logged_at();
  const Revision* revision = shard.revisions().EffectiveAt(now);
  if (revision == nullptr) {
    RefuseField(this, "model", absl::StatusCode::kNotFound, "no catalogue is in force");
    return;
  }
  uint32_t first = 0;
  uint32_t last = revision->tariff->model_count();
  if (!model.empty()) {
    const auto index = revision->tariff->FindModel(model);
    if (!index) {
      RefuseField(this, "model", absl::StatusCode::kNotFound,
                  "the catalogue in force has no such model");
      return;
    }
    first = index->value;
    last = first + 1;
  }
  tariff_revision = revision->view.revision;
  Coverer(*this, *found, shard.revisions(), *revision, now).Fill(first, last);
}

}  // namespace ocs::engine
