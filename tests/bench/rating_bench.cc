// Rating one usage of three kinds against a catalogue of thousands of models.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ocs/base/check.h"
#include "ocs/base/random.h"
#include "rating/catalogue.h"
#include "rating/rater.h"
#include "rating/tariff.h"
#include "tests/bench/bench.h"

namespace ocs::bench {
namespace {

constexpr int kModels = 3'000;

// What the bench's catalogue has beside a price for each model.
enum class Conditions { kNone, kDimensions };

std::string BigCatalogue(Conditions conditions) {
  std::string text = "catalogue: bench\ncurrency: CNY\ntime_zone: Asia/Shanghai\nmodels:\n";
  for (int i = 0; i < kModels; ++i) {
    absl::StrAppend(&text, "  - id: model-", i, "\n    provider: p", i % 40, "\n    class: c",
                    i % 7, "\n");
  }
  absl::StrAppend(&text, "price_books:\n  - id: list\n    currency: CNY\n    rules:\n");
  for (int i = 0; i < kModels; ++i) {
    absl::StrAppend(&text, "      - model: model-", i, "\n        charge_code: M", i,
                    "\n        per: 1M tokens\n        input: ", 1 + i % 9,
                    "\n        cache_read: 0.", 1 + i % 9, "\n        output: ", 2 + i % 9, "\n");
    if (conditions == Conditions::kNone) continue;
    absl::StrAppend(&text, "      - {model: model-", i, ", service_tier: batch, charge_code: M", i,
                    ", per: 1M tokens, input: 0.5, output: ", 1 + i % 9, "}\n");
  }
  if (conditions == Conditions::kDimensions) {
    absl::StrAppend(&text,
                    "    adjustments:\n"
                    "      - {name: night, any: true, hours: 00:00-08:00, percent: -20}\n"
                    "      - {name: campus, any: true, segment: campus, percent: -50}\n");
  }
  absl::StrAppend(
      &text,
      "offers:\n  - id: pack\n    name: pack\n    charge_code: PACK\n    fee: 9.9\n    prices: "
      "list\n"
      "    grants:\n      - name: 10 M tokens\n        unit: token\n        amount: 10M\n"
      "        validity: 1 month\n        covers: {class: [c1, c2, c3]}\n        when_used_up: "
      "bill_on\n");
  return text;
}

// Nanoseconds to charge one usage to money, and to hold as much for the next call.
double ChargeAndHoldNanos(const rating::Pot& pot, double seconds) {
  const Quantities used = {
      {TokenKind::kInput, 5'000}, {TokenKind::kCacheRead, 2'000}, {TokenKind::kOutput, 700}};
  rating::Pot pots[1] = {pot};
  rating::ChargeLines lines;
  int64_t rounds = 0;
  int64_t sum = 0;
  const double begin = Seconds();
  while (Seconds() - begin < seconds) {
    for (int i = 0; i < 1'000; ++i) {
      pots[0].counted = pot.counted + i;
      OCS_CHECK(rating::Charge(used, pots, {}, &lines) == rating::RateOutcome::kRated);
      sum += lines[0].amount + rating::Hold(used, pots).holds[0].amount;
    }
    rounds += 1'000;
  }
  OCS_CHECK(sum > 0);
  return (Seconds() - begin) * 1e9 / static_cast<double>(rounds);
}

// A graduated price of three tiers with a flat amount, a minimum and a maximum, beside its first
// tier's rates alone.
void ShapedBench(const Options& options, Report* report) {
  rating::Shape shape{.form = rating::Shape::Form::kGraduated,
                      .counter = {.id = 1, .window = {.kind = WindowKind::kMonth}},
                      .minimum = 10,
                      .maximum = 1'000'000'000};
  rating::RateRow row;
  for (int64_t t = 0; t < 3; ++t) {
    rating::Tier tier{.up_to = t == 2 ? INT64_MAX : (t + 1) * 100'000'000, .flat = 5'000'000};
    for (size_t k = 0; k < 5; ++k) {
      tier.rates[k] = {.numerator = 27 - t, .denominator = 100, .line = 1 + 10 * k};
    }
    shape.tiers.push_back(tier);
  }
  row.rates = shape.tiers[0].rates;
  const rating::Pot linear{.row = &row, .available = 1'000'000'000};
  rating::Pot shaped = linear;
  shaped.shape = &shape;
  shaped.counted = 150'000'000;
  const double beside = ChargeAndHoldNanos(linear, options.seconds / 8);
  const double nanos = ChargeAndHoldNanos(shaped, options.seconds / 8);
  report->Add({.what = "charge and hold of one usage, 3 kinds, graduated price of 3 tiers",
               .measured = absl::StrFormat("%.0f ns", nanos),
               .beside = absl::StrFormat("without tiers: %.0f ns", beside),
               .ratio = absl::StrFormat("%.1f", nanos / beside),
               .to_reach = "-"});
}

rating::CatalogueCheck Parse(const std::string& text) {
  rating::CatalogueCheck check = rating::ParseCatalogue(text, "bench.yaml");
  for (const rating::Diagnostic& d : check.diagnostics)
    std::fprintf(stderr, "%s\n", d.ToString().c_str());
  OCS_CHECK(check.catalogue.has_value());
  return check;
}

// Nanoseconds to find the rows of one usage by the model's name, and to charge it.
double RateNanos(const rating::Tariff& tariff, const rating::UseContext& context, double seconds) {
  std::vector<std::string> names;
  Random random(1);
  for (int i = 0; i < 4'096; ++i) names.push_back(absl::StrCat("model-", random.Below(kModels)));
  const Quantities used = {
      {TokenKind::kInput, 5'000}, {TokenKind::kCacheRead, 2'000}, {TokenKind::kOutput, 700}};
  const std::vector<Carry> carries;
  const rating::OfferIndex offer = *tariff.FindOffer("pack");
  int64_t rounds = 0;
  int64_t sum = 0;
  const double begin = Seconds();
  rating::ChargeLines lines;
  while (Seconds() - begin < seconds) {
    for (const std::string& name : names) {
      const rating::ModelIndex model = *tariff.FindModel(name);
      rating::Pot pots[2];
      size_t count = 0;
      if (const auto* row = tariff.FindDraw(offer, 0, model, context))
        pots[count++] = {.row = row, .available = 6'000};
      if (const auto* row = tariff.FindPrice(offer, model, context))
        pots[count++] = {.row = row, .available = 1'000'000};
      OCS_CHECK(rating::Charge(used, {pots, count}, carries, &lines) ==
                rating::RateOutcome::kRated);
      sum += lines[0].amount;
    }
    rounds += static_cast<int64_t>(names.size());
  }
  OCS_CHECK(sum > 0);
  return (Seconds() - begin) * 1e9 / static_cast<double>(rounds);
}

void CompileBench(Report* report) {
  std::string text = BigCatalogue(Conditions::kNone);
  text = text.substr(0, text.find("price_books:"));
  absl::StrAppend(&text, "price_books:\n  - id: list\n    rules:\n");
  for (int i = 0; i < 20'000; ++i) {
    absl::StrAppend(&text, "      - {model: model-", i % kModels, ", region: r", i / kModels,
                    ", per: 1M tokens, input: ", 1 + i % 9, ", output: ", 2 + i % 9, "}\n");
  }
  absl::StrAppend(&text, "offers: [{id: o, name: o, charge_code: O, fee: 0, prices: list}]\n");
  const double begin = Seconds();
  const rating::CatalogueCheck check = Parse(text);
  const double parsed = Seconds();
  OCS_CHECK(rating::Tariff::Compile(*check.catalogue, 1)->offer_count() == 1);
  const double seconds = Seconds() - parsed;
  report->Add({.what = "compiling a catalogue of 20,000 rules",
               .measured = absl::StrFormat("%.2f s", seconds),
               .beside = absl::StrFormat("reading and checking it: %.2f s", parsed - begin),
               .ratio = "",
               .to_reach = "under 1 s",
               .reached = seconds < 1});
}

}  // namespace

void RatingBench(const Options& options, Report* report) {
  rating::UseContext context{.at = {1'779'000'000'000}, .prompt_tokens = 7'000};
  const auto add = [&](const char* what, double nanos) {
    report->Add({.what = what,
                 .measured = absl::StrFormat("%.0f ns", nanos),
                 .beside = "-",
                 .ratio = "",
                 .to_reach = "under 150 ns",
                 .reached = nanos < 150});
  };
  const auto plain = rating::Tariff::Compile(*Parse(BigCatalogue(Conditions::kNone)).catalogue, 1);
  add("rating one usage, 3 kinds, 3,000 models, by name",
      RateNanos(*plain, context, options.seconds / 4));
  context.of(rating::Dimension::kProduct) = rating::SymbolOf("office");
  context.of(rating::Dimension::kSegment) = rating::SymbolOf("campus");
  const auto finer =
      rating::Tariff::Compile(*Parse(BigCatalogue(Conditions::kDimensions)).catalogue, 1);
  add("the same with tiers of service, a discount by segment and one at night",
      RateNanos(*finer, context, options.seconds / 4));
  CompileBench(report);
  ShapedBench(options, report);
}

}  // namespace ocs::bench
