#include "rating/tariff.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "ocs/base/check.h"
#include "ocs/base/hash.h"
#include "ocs/base/text.h"
#include "rating/catalogue.h"
#include "rating/internal/compiled.h"
#include "rating/internal/compiler.h"

namespace ocs::rating {

struct Tariff::Compiled {
  internal::CompiledTariff tariff;
};

std::unique_ptr<const Tariff> Tariff::Compile(const Catalogue& catalogue, uint32_t revision) {
  auto compiled = std::make_unique<Compiled>();
  std::vector<internal::CompileFault> faults;
  compiled->tariff = internal::CompileCatalogue(catalogue, revision, &faults);
  OCS_CHECK(faults.empty());
  return std::unique_ptr<const Tariff>(new Tariff(std::move(compiled)));
}

Tariff::Tariff(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}

Tariff::~Tariff() = default;

uint32_t Tariff::revision() const { return compiled_->tariff.revision; }

const std::string& Tariff::name() const { return compiled_->tariff.name; }

absl::TimeZone Tariff::zone() const { return compiled_->tariff.zone; }

std::optional<ModelIndex> Tariff::FindModel(std::string_view name_or_alias) const {
  const uint32_t found = compiled_->tariff.FindModel(name_or_alias);
  if (found == internal::kNone) return std::nullopt;
  return ModelIndex{found};
}

const std::string& Tariff::model_id(ModelIndex model) const {
  OCS_CHECK(model.value < model_count());
  return compiled_->tariff.model_ids[model.value];
}

const std::string& Tariff::model_provider(ModelIndex model) const {
  OCS_CHECK(model.value < model_count());
  return compiled_->tariff.model_providers[model.value];
}

const std::string& Tariff::model_family(ModelIndex model) const {
  OCS_CHECK(model.value < model_count());
  return compiled_->tariff.model_families[model.value];
}

const std::vector<std::string>& Tariff::model_classes(ModelIndex model) const {
  OCS_CHECK(model.value < model_count());
  return compiled_->tariff.model_classes[model.value];
}

uint32_t Tariff::model_count() const {
  return static_cast<uint32_t>(compiled_->tariff.model_ids.size());
}

std::optional<OfferIndex> Tariff::FindOffer(std::string_view id) const {
  const auto& ids = compiled_->tariff.offer_ids;
  const auto found = ids.find(ToAbsl(id));
  if (found == ids.end()) return std::nullopt;
  return OfferIndex{found->second};
}

const Offer& Tariff::offer(OfferIndex index) const {
  OCS_CHECK(index.value < offer_count());
  return compiled_->tariff.offers[index.value];
}

uint32_t Tariff::offer_count() const {
  return static_cast<uint32_t>(compiled_->tariff.offers.size());
}

const RateRow* Tariff::FindPrice(OfferIndex offer, ModelIndex model,
                                 const UseContext& context) const {
  OCS_CHECK(offer.value < offer_count());
  OCS_CHECK(model.value < model_count());
  const uint32_t table = compiled_->tariff.offer_tables[offer.value].prices;
  return table == internal::kNone ? nullptr : compiled_->tariff.Find(table, model.value, context);
}

const RateRow* Tariff::FindDraw(OfferIndex offer, uint32_t grant, ModelIndex model,
                                const UseContext& context) const {
  OCS_CHECK(offer.value < offer_count());
  OCS_CHECK(model.value < model_count());
  const auto& draws = compiled_->tariff.offer_tables[offer.value].draws;
  OCS_CHECK(grant < draws.size());
  return compiled_->tariff.Find(draws[grant], model.value, context);
}

const RateRow* Tariff::FindCost(ModelIndex served, const UseContext& context) const {
  OCS_CHECK(served.value < model_count());
  const uint32_t table = compiled_->tariff.costs;
  return table == internal::kNone ? nullptr : compiled_->tariff.Find(table, served.value, context);
}

Unit Tariff::cost_currency(const RateRow& row) const {
  OCS_CHECK(row.rule < compiled_->tariff.rules.size());
  return compiled_->tariff.rule_currencies[row.rule];
}

const std::array<std::vector<std::string>, kDimensionCount>& Tariff::cover_values(
    OfferIndex offer, uint32_t grant) const {
  OCS_CHECK(offer.value < offer_count());
  const auto& values = compiled_->tariff.offer_tables[offer.value].cover_values;
  OCS_CHECK(grant < values.size());
  return values[grant];
}

Instant Tariff::NextPriceSwitch(OfferIndex offer, ModelIndex model, const UseContext& context,
                                Instant until) const {
  OCS_CHECK(offer.value < offer_count());
  OCS_CHECK(model.value < model_count());
  const uint32_t table = compiled_->tariff.offer_tables[offer.value].prices;
  return table == internal::kNone
             ? Instant::Never()
             : compiled_->tariff.NextSwitch(table, model.value, context, until);
}

Instant Tariff::NextDrawSwitch(OfferIndex offer, uint32_t grant, ModelIndex model,
                               const UseContext& context, Instant until) const {
  OCS_CHECK(offer.value < offer_count());
  OCS_CHECK(model.value < model_count());
  const auto& draws = compiled_->tariff.offer_tables[offer.value].draws;
  OCS_CHECK(grant < draws.size());
  return compiled_->tariff.NextSwitch(draws[grant], model.value, context, until);
}

Instant Tariff::PriceHoldsUntil(OfferIndex offer, ModelIndex model, const UseContext& context,
                                Instant until) const {
  OCS_CHECK(offer.value < offer_count());
  OCS_CHECK(model.value < model_count());
  const uint32_t table = compiled_->tariff.offer_tables[offer.value].prices;
  return table == internal::kNone
             ? until
             : compiled_->tariff.HoldsUntil(table, model.value, context, until);
}

Instant Tariff::DrawHoldsUntil(OfferIndex offer, uint32_t grant, ModelIndex model,
                               const UseContext& context, Instant until) const {
  OCS_CHECK(offer.value < offer_count());
  OCS_CHECK(model.value < model_count());
  const auto& draws = compiled_->tariff.offer_tables[offer.value].draws;
  OCS_CHECK(grant < draws.size());
  return compiled_->tariff.HoldsUntil(draws[grant], model.value, context, until);
}

Instant Tariff::CostHoldsUntil(ModelIndex served, const UseContext& context, Instant until) const {
  OCS_CHECK(served.value < model_count());
  const uint32_t table = compiled_->tariff.costs;
  return table == internal::kNone
             ? until
             : compiled_->tariff.HoldsUntil(table, served.value, context, until);
}

PromptBand Tariff::PromptsAround(int64_t prompt_tokens) const {
  PromptBand around;
  for (const PromptBand& band : compiled_->tariff.prompts) {
    for (const int64_t edge : {band.over, band.up_to}) {
      if (edge < prompt_tokens) {
        around.over = std::max(around.over, edge);
      } else {
        around.up_to = std::min(around.up_to, edge);
      }
    }
  }
  return around;
}

uint32_t Tariff::PriceDependsOn(OfferIndex offer, ModelIndex model) const {
  OCS_CHECK(offer.value < offer_count());
  OCS_CHECK(model.value < model_count());
  const uint32_t table = compiled_->tariff.offer_tables[offer.value].prices;
  return table == internal::kNone ? 0 : compiled_->tariff.DependsOn(table, model.value);
}

uint32_t Tariff::DrawDependsOn(OfferIndex offer, uint32_t grant, ModelIndex model) const {
  OCS_CHECK(offer.value < offer_count());
  OCS_CHECK(model.value < model_count());
  const auto& draws = compiled_->tariff.offer_tables[offer.value].draws;
  OCS_CHECK(grant < draws.size());
  return compiled_->tariff.DependsOn(draws[grant], model.value);
}

bool Tariff::switches_sessions() const { return compiled_->tariff.switches_sessions; }

const CallTerms& Tariff::calls() const { return compiled_->tariff.calls; }

const UnitDisplay* Tariff::FindUnit(const Unit& unit) const {
  for (const UnitDisplay& known : compiled_->tariff.units) {
    if (known.unit == unit) return &known;
  }
  return nullptr;
}

const Shape& Tariff::shape(const RateRow& row) const {
  OCS_CHECK(row.shape != 0);
  OCS_CHECK(row.shape < compiled_->tariff.shapes.size());
  return compiled_->tariff.shapes[row.shape];
}

std::vector<const Shape*> Tariff::ShapesOf(uint64_t counter) const {
  std::vector<const Shape*> found;
  const std::vector<Shape>& shapes = compiled_->tariff.shapes;
  for (size_t i = 1; i < shapes.size(); ++i) {  // The first stands for none.
    if (shapes[i].counter.id == counter) found.push_back(&shapes[i]);
  }
  return found;
}

const Rule& Tariff::rule(uint32_t index) const {
  OCS_CHECK(index < compiled_->tariff.rules.size());
  return compiled_->tariff.rules[index];
}

Instant EndOf(Instant from, Validity validity, absl::TimeZone zone) {
  constexpr int64_t kHourMillis = 3'600'000;
  OCS_CHECK(validity.months >= 0);
  OCS_CHECK(validity.days >= 0);
  OCS_CHECK(validity.hours >= 0);
  const int64_t hours = int64_t{validity.days} * 24 + validity.hours;
  if (validity.months == 0 && hours == 0) return validity.until;
  if (from == Instant::Never()) return from;
  const Instant after_months = validity.months == 0 ? from : AddMonths(from, validity.months, zone);
  return std::min(after_months.PlusMillis(hours * kHourMillis), validity.until);
}

std::string_view DimensionName(Dimension dimension) {
  switch (dimension) {
    case Dimension::kProduct:
      return "product";
    case Dimension::kScenario:
      return "scenario";
    case Dimension::kServiceTier:
      return "service_tier";
    case Dimension::kRegion:
      return "region";
    case Dimension::kChannel:
      return "channel";
    case Dimension::kSegment:
      return "segment";
  }
  return "unknown";
}

Symbol SymbolOf(std::string_view text) { return text.empty() ? 0 : StableHash64(text); }

bool Counts(Counted counted, TokenKind kind) {
  switch (counted) {
    case Counted::kTokens:
      return kind < TokenKind::kRequest;
    case Counted::kRequests:
      return kind == TokenKind::kRequest;
    case Counted::kSearches:
      return kind == TokenKind::kSearch;
    case Counted::kImages:
      return kind == TokenKind::kImage;
    case Counted::kSeconds:
      return kind == TokenKind::kSecond;
  }
  return false;
}

std::string_view AtEndName(AtEnd at_end) {
  switch (at_end) {
    case AtEnd::kStop:
      return "stop";
    case AtEnd::kBillOn:
      return "bill_on";
    case AtEnd::kWait:
      return "wait";
    case AtEnd::kThrottle:
      return "throttle";
    case AtEnd::kFallback:
      return "fallback";
    case AtEnd::kBuyNext:
      return "buy_next";
  }
  return "unknown";
}

std::string_view CallChargeName(CallCharge charge) {
  switch (charge) {
    case CallCharge::kCharged:
      return "charged";
    case CallCharge::kPrompt:
      return "prompt";
    case CallCharge::kFree:
      return "free";
  }
  return "unknown";
}

std::optional<RedirectType> RedirectTypeOf(std::string_view address) {
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  if (address.empty() || address.size() > kRedirectLengthMax ||
      !std::all_of(address.begin(), address.end(), printable)) {
    return std::nullopt;
  }
  if (address.starts_with("sip:") || address.starts_with("sips:")) return RedirectType::kSipUri;
  const size_t scheme = address.find("://");
  if (scheme != std::string_view::npos && scheme > 0 && scheme + 3 < address.size())
    return RedirectType::kUrl;
  if (address.find_first_not_of("0123456789.") == std::string_view::npos) {
    int parts = 0;
    for (const absl::string_view part : absl::StrSplit(ToAbsl(address), '.')) {
      int value = 0;
      if (part.empty() || part.size() > 3 || !absl::SimpleAtoi(part, &value) || value > 255)
        return std::nullopt;
      ++parts;
    }
    return parts == 4 ? std::optional(RedirectType::kIpv4) : std::nullopt;
  }
  const bool colons = std::count(address.begin(), address.end(), ':') >= 2;
  const bool digits =
      address.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
  return colons && digits ? std::optional(RedirectType::kIpv6) : std::nullopt;
}

}  // namespace ocs::rating
