#include "tools/oracle/prices.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <variant>

#include "ocs/base/check.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "rating/catalogue.h"
#include "rating/rater.h"
#include "tools/import/json_value.h"

namespace ocs::tools {
namespace {

using usage::ProviderUsage;

constexpr int kMicroPlaces = kExactUsdPlaces - 6;
constexpr size_t kWholeDigitsMax = 13;

absl::int128 PowerOfTen(int exponent) {
  absl::int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

/// quantity * numerator / denominator micros. Nothing where that is no decimal of ours.
std::optional<ExactUsd> Exactly(int64_t quantity, const rating::Rate& rate) {
  const absl::int128 scale = PowerOfTen(kMicroPlaces);
  if (!rate.sold() || scale % rate.denominator != 0) return std::nullopt;
  // Both factors below 2^63; the product is a charge, which fits 64 bits of micros.
  const absl::int128 product = absl::int128(quantity) * rate.numerator;
  if (product / rate.denominator > PowerOfTen(18)) return std::nullopt;
  return ExactUsd{product / rate.denominator * scale +
                  product % rate.denominator * (scale / rate.denominator)};
}

/// The exact value of a line: what was charged and what is carried on.
std::optional<ExactUsd> Exactly(const rating::ChargeLine& line) {
  const absl::int128 scale = PowerOfTen(kMicroPlaces);
  if (scale % line.rate.denominator != 0 || line.amount > 1'000'000'000'000'000'000) {
    return std::nullopt;
  }
  return ExactUsd{line.amount * scale + line.carry_out * (scale / line.rate.denominator)};
}

bool IsOutput(TokenKind kind) {
  return kind == TokenKind::kOutput || kind == TokenKind::kReasoning ||
         kind == TokenKind::kAudioOutput || kind == TokenKind::kImageOutput;
}

ExactUsd& PartOf(PriceParts& parts, TokenKind kind) {
  if (kind >= TokenKind::kRequest) return parts.rest;
  return IsOutput(kind) ? parts.output : parts.input;
}

int64_t CountOf(const Flavour& flavour, std::string_view field) {
  const auto found = flavour.usage.find(field);
  return found == flavour.usage.end() ? 0 : found->second;
}

std::optional<PriceParts> TheirsOf(const Flavour& flavour) {
  const auto input = ParseExactUsd(flavour.input_price);
  const auto output = ParseExactUsd(flavour.output_price);
  if (!input || !output) return std::nullopt;
  PriceParts parts{.input = *input, .output = *output, .rest = {}};
  if (flavour.total_price.empty()) return parts;
  const auto total = ParseExactUsd(flavour.total_price);
  if (!total) return std::nullopt;
  parts.rest.units = total->units - input->units - output->units;
  return parts;
}

/// The calculator's counts as ours: disjoint, what is cached taken out of its modality. Video stays
/// in the input and citations in the output, as there. Nothing where a part is more than its sum.
std::optional<Quantities> TheirQuantities(const Flavour& flavour) {
  const auto count = [&](std::string_view field) { return CountOf(flavour, field); };
  const int64_t audio = count("input_audio_tokens") - count("cache_audio_read_tokens");
  const int64_t image = count("input_image_tokens") - count("cache_image_read_tokens");
  const int64_t hour = count("cache_write_1h_tokens");
  const int64_t write = count("cache_write_tokens");
  const int64_t read = count("cache_read_tokens");
  const int64_t reasoning = count("output_reasoning_tokens");
  const int64_t audio_out = count("output_audio_tokens");
  const int64_t image_out = count("output_image_tokens");
  const std::array<std::pair<TokenKind, int64_t>, 11> kinds = {{
      {TokenKind::kInput, count("input_tokens") - audio - image - read - write},
      {TokenKind::kCacheRead, read},
      {TokenKind::kCacheWrite5m, write - hour},
      {TokenKind::kCacheWrite1h, hour},
      {TokenKind::kOutput, count("output_tokens") - reasoning - audio_out - image_out},
      {TokenKind::kReasoning, reasoning},
      {TokenKind::kAudioInput, audio},
      {TokenKind::kAudioOutput, audio_out},
      {TokenKind::kImageInput, image},
      {TokenKind::kImageOutput, image_out},
      {TokenKind::kSearch, count("web_searches")},
  }};
  Quantities quantities;
  for (const auto& [kind, quantity] : kinds) {
    if (quantity < 0) return std::nullopt;
    if (quantity > 0 && !AddQuantity(quantities, kind, quantity)) return std::nullopt;
  }
  return quantities;
}

/// A price of the list that is of no kind of ours, and where those tokens are counted.
struct Uncarried {
  std::string_view price;
  std::string_view count;
  TokenKind within;
  std::string_view cause;
};
constexpr Uncarried kUncarried[] = {
    {"cache_audio_read_mtok", "cache_audio_read_tokens", TokenKind::kCacheRead, "cached-audio"},
    {"cache_image_read_mtok", "cache_image_read_tokens", TokenKind::kCacheRead, "cached-image"},
    {"cache_video_read_mtok", "cache_video_read_tokens", TokenKind::kCacheRead, "cached-video"},
    {"input_video_mtok", "input_video_tokens", TokenKind::kInput, "video"},
    {"output_video_mtok", "output_video_tokens", TokenKind::kOutput, "video"},
    {"output_citation_mtok", "output_citation_tokens", TokenKind::kOutput, "citations"},
};

}  // namespace

std::string ExactUsd::ToString() const {
  absl::int128 left = units < 0 ? -units : units;
  std::string digits;
  for (; left > 0; left /= 10)
    digits.push_back(static_cast<char>('0' + static_cast<int>(left % 10)));
  constexpr auto kPlaces = static_cast<size_t>(kExactUsdPlaces);
  if (digits.size() <= kPlaces) digits.resize(kPlaces + 1, '0');
  std::reverse(digits.begin(), digits.end());
  digits.insert(digits.size() - kPlaces, ".");
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
  return Cat(units < 0 ? "-" : "", digits);
}

std::optional<ExactUsd> ParseExactUsd(std::string_view decimal) {
  const std::optional<std::string> shifted = ShiftDecimal(decimal, kExactUsdPlaces);
  if (!shifted || shifted->find('.') != std::string::npos) return std::nullopt;
  if (shifted->size() > static_cast<size_t>(kExactUsdPlaces) + kWholeDigitsMax) return std::nullopt;
  ExactUsd usd;
  for (const char digit : *shifted) usd.units = usd.units * 10 + (digit - '0');
  return usd;
}

std::string_view PriceVerdictName(PriceVerdict verdict) {
  switch (verdict) {
    case PriceVerdict::kEqual:
      return "equal";
    case PriceVerdict::kExplained:
      return "explained";
    case PriceVerdict::kUnexplained:
      return "unexplained";
    case PriceVerdict::kNeither:
      return "no price";
  }
  return "?";
}

absl::StatusOr<std::unique_ptr<ListedTariff>> ListedTariff::Read(std::string_view text,
                                                                 Instant at) {
  OCS_ASSIGN_OR_RETURN(const JsonValue root, ParseJson(text));
  OCS_ASSIGN_OR_RETURN(PriceList list, ReadGenaiPrices(text));
  const std::string catalogue = WriteCatalogue(&list);
  const rating::CatalogueCheck check = rating::ParseCatalogue(catalogue, list.name);
  if (!check.catalogue.has_value()) {
    return absl::InvalidArgumentError(
        Cat("its catalogue has ", check.diagnostics.size(),
            " faults, the first: ", check.diagnostics.front().ToString()));
  }
  std::unique_ptr<ListedTariff> result(new ListedTariff());
  result->models_ = GenaiModels::Read(root);
  for (NotCarried& item : list.not_carried) {
    const std::string model = item.model;
    result->not_carried_[model].push_back(std::move(item));
  }
  result->tariff_ = rating::Tariff::Compile(*check.catalogue, 1);
  const auto offer = result->tariff_->FindOffer(Cat(list.name, "-pay-per-use"));
  OCS_CHECK(offer.has_value());
  result->offer_ = *offer;
  result->at_ = at;
  return result;
}

/// Something that was used, in kinds of ours.
struct ListedTariff::Use {
  std::string model;
  Quantities quantities;
  int64_t prompt_tokens = 0;
};

const rating::RateRow* ListedTariff::RowOf(const Use& use) const {
  const auto index = tariff_->FindModel(use.model);
  if (!index) return nullptr;
  // The list has no prices by service tier, region or anything else that a usage tells.
  rating::UseContext context;
  context.at = at_;
  context.prompt_tokens = use.prompt_tokens;
  return tariff_->FindPrice(offer_, *index, context);
}

std::optional<PriceParts> ListedTariff::Price(const Use& use, std::string* why_not) const {
  const rating::RateRow* row = RowOf(use);
  if (row == nullptr) {
    *why_not = use.model.empty() ? "no-model" : "not-carried";
    return std::nullopt;
  }
  // Searches and the call itself are in the total where they have a price, and free where not.
  Quantities charged;
  for (const KindQuantity& each : use.quantities) {
    if (each.kind < TokenKind::kRequest || row->of(each.kind).sold()) charged.push_back(each);
  }
  if (row->of(TokenKind::kRequest).sold()) {
    OCS_CHECK(AddQuantity(charged, TokenKind::kRequest, 1));
  }
  rating::Pot pot;
  pot.row = row;
  pot.available = std::numeric_limits<int64_t>::max();
  rating::ChargeLines lines;
  if (rating::Charge(charged, {&pot, 1}, {}, &lines) != rating::RateOutcome::kRated) {
    *why_not = "not-sold";
    return std::nullopt;
  }
  PriceParts parts;
  for (const rating::ChargeLine& line : lines) {
    const auto exact = Exactly(line);
    if (!exact) {
      *why_not = "no-decimal";
      return std::nullopt;
    }
    PartOf(parts, line.kind).units += exact->units;
  }
  return parts;
}

PriceComparison ListedTariff::Compare(const Comparison& counts) const {
  const auto& usage = std::get<ProviderUsage>(counts.answer);
  PriceComparison result;
  result.entry = counts.entry;
  result.flavour = counts.flavour;
  result.origin = Cat(counts.provider, " ", counts.api);
  const Use use{.model = models_.Find(counts.flavour->provider_id, usage.model).value_or(""),
                .quantities = usage.quantities,
                .prompt_tokens = usage.prompt_tokens};
  Judge(use, &counts, &result);
  return result;
}

PriceComparison ListedTariff::CompareReading(const ExpectedEntry& entry,
                                             const Flavour& flavour) const {
  PriceComparison result;
  result.entry = &entry;
  result.flavour = &flavour;
  result.origin = flavour.name();
  const Use use{.model = models_.Find(flavour.provider_id, entry.model).value_or(""),
                .quantities = TheirQuantities(flavour).value_or(Quantities{}),
                .prompt_tokens = CountOf(flavour, "input_tokens")};
  Judge(use, nullptr, &result);
  return result;
}

void ListedTariff::Judge(const Use& use, const Comparison* counts, PriceComparison* result) const {
  result->model = use.model;
  result->theirs = TheirsOf(*result->flavour);
  result->ours = Price(use, &result->cause);
  if (!result->ours && !result->theirs) {
    result->verdict = PriceVerdict::kNeither;
  } else if (result->ours == result->theirs) {
    result->verdict = PriceVerdict::kEqual;
  } else {
    if (!result->theirs) result->cause = "only-ours";
    const bool explained = result->theirs && (result->ours ? CountsExplain(use, counts, result)
                                                           : LeftOutExplains(use, result));
    result->verdict = explained ? PriceVerdict::kExplained : PriceVerdict::kUnexplained;
  }
}

/// What the list has no price for is free there, and not for sale here.
bool ListedTariff::LeftOutExplains(const Use& use, PriceComparison* result) const {
  if (result->cause == "not-carried") {
    const bool free = result->theirs == PriceParts{};
    if (free) result->cause = "unpriced";
    return free;
  }
  const rating::RateRow* row = RowOf(use);
  if (result->cause != "not-sold" || row == nullptr) return false;
  Use sold = use;
  sold.quantities.clear();
  for (const KindQuantity& each : use.quantities) {
    if (row->of(each.kind).sold()) sold.quantities.push_back(each);
  }
  std::string why_not;
  return Price(sold, &why_not) == result->theirs;
}

/// True when the calculator's counts at our prices are its price, so that only counts differ or
/// what the catalogue cannot say; `cause` then names that. REQUIRES: both sides have a price.
bool ListedTariff::CountsExplain(const Use& use, const Comparison* counts,
                                 PriceComparison* result) const {
  const Flavour& flavour = *result->flavour;
  const auto quantities = TheirQuantities(flavour);
  if (!quantities) return false;
  const Use theirs{.model = use.model,
                   .quantities = *quantities,
                   .prompt_tokens = CountOf(flavour, "input_tokens")};
  std::string why_not;
  std::optional<PriceParts> price = Price(theirs, &why_not);
  if (!price) return false;
  std::string cause = counts == nullptr ? "" : counts->cause;
  const auto more = [&](TokenKind kind) {
    return QuantityOf(use.quantities, kind) != QuantityOf(*quantities, kind);
  };
  const auto add = [&](std::string_view one) { cause += Cat(cause.empty() ? "" : " and ", one); };
  // Video frames are images here, and input there: a cause only where the two have two prices.
  const rating::RateRow* row = RowOf(theirs);
  if (CountOf(flavour, "input_video_tokens") > 0 && more(TokenKind::kImageInput) &&
      Exactly(1, row->of(TokenKind::kImageInput)) != Exactly(1, row->of(TokenKind::kInput))) {
    add("video");
  }
  if (more(TokenKind::kSearch)) add("searches");
  const std::string moved = MoveUncarried(theirs, flavour, &*price);
  if (!moved.empty()) add(moved);
  if (cause.empty() || price != result->theirs) return false;
  result->cause = cause;
  return true;
}

/// Gives tokens of which the catalogue cannot say the price what the list says; returns their
/// causes.
std::string ListedTariff::MoveUncarried(const Use& theirs, const Flavour& flavour,
                                        PriceParts* price) const {
  const auto left = not_carried_.find(theirs.model);
  const rating::RateRow* row = RowOf(theirs);
  if (left == not_carried_.end() || row == nullptr) return "";
  std::string causes;
  for (const Uncarried& kind : kUncarried) {
    const int64_t count = CountOf(flavour, kind.count);
    const auto item =
        std::find_if(left->second.begin(), left->second.end(),
                     [&](const NotCarried& each) { return each.field == kind.price; });
    if (count == 0 || item == left->second.end()) continue;
    const auto own = ShiftDecimal(item->value, -6);
    const auto each = own ? ParseExactUsd(*own) : std::nullopt;
    const auto before = Exactly(count, row->of(kind.within));
    if (!each || !before) continue;
    PartOf(*price, kind.within).units += each->units * count - before->units;
    causes += Cat(causes.empty() ? "" : " and ", kind.cause);
  }
  return causes;
}

std::vector<PriceComparison> ComparePrices(const std::vector<Comparison>& counts,
                                           const ListedTariff& tariff) {
  std::vector<PriceComparison> prices;
  for (const Comparison& each : counts) {
    if (each.flavour == nullptr || !std::holds_alternative<ProviderUsage>(each.answer)) continue;
    prices.push_back(tariff.Compare(each));
  }
  return prices;
}

std::vector<PriceComparison> CompareReadings(const std::vector<ExpectedEntry>& entries,
                                             const ListedTariff& tariff) {
  std::vector<PriceComparison> prices;
  for (const ExpectedEntry& entry : entries) {
    for (const Flavour& flavour : entry.flavours) {
      prices.push_back(tariff.CompareReading(entry, flavour));
    }
  }
  return prices;
}

}  // namespace ocs::tools
