// The compiled tariff beside a slow reference that reads the page literally: every rule is asked
// whether it holds, the strongest that does prices the use, and every adjustment that holds
// multiplies.

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "rating/internal/prices.h"
#include "rating/internal/ratio.h"
#include "rating/tariff.h"
#include "tests/rating/generator.h"
#include "tests/rating/support.h"
#include "tests/support/seed.h"

namespace ocs::rating {
namespace {

// What a use is like, as texts.
struct Situation {
  std::array<std::string, kDimensionCount> values;
  int64_t prompt = 0;
  Instant at = {};
  Instant began = Instant::Never();

  UseContext Context() const {
    UseContext context{.at = at, .prompt_tokens = prompt, .began_at = began};
    for (size_t d = 0; d < kDimensionCount; ++d) context.values[d] = SymbolOf(values[d]);
    return context;
  }
};

// What the page says that a use costs.
struct Expected {
  KindRatios ratios;
  std::string applied;
};

class Reference final {
 public:
  Reference(const Catalogue& catalogue, const Situation& situation)
      : catalogue_(catalogue), now_(situation) {}

  std::optional<Expected> PriceOf(const PriceBook& book, const Model& model) {
    for (const RateRule* rule : HoldingRules(book.rules, model)) {
      auto priced = PriceBy(book, *rule, model);
      if (!priced) continue;
      Ratio factor{.numerator = 1, .denominator = 1};
      std::set<std::string> names;
      for (const Adjustment& adjustment : book.adjustments) {
        if (!LevelOf(adjustment.matchers, model) || !Holds(adjustment.when)) continue;
        factor = *internal::Multiply(factor, adjustment.factor);
        names.insert(adjustment.name);
      }
      Multiply(&priced->ratios, factor);
      const std::string adjusted = absl::StrJoin(names, "; ");
      if (adjusted.empty()) return priced;
      priced->applied = adjusted + (priced->applied.empty() ? "" : "; " + priced->applied);
      return priced;
    }
    return std::nullopt;
  }

 private:
  static void Multiply(KindRatios* ratios, const Ratio& factor) {
    for (Ratio& ratio : *ratios) {
      if (ratio.stated()) ratio = *internal::Multiply(ratio, factor);
    }
  }

  static std::optional<MatchLevel> LevelOf(const std::vector<Matcher>& matchers,
                                           const Model& model) {
    std::optional<MatchLevel> best;
    for (const Matcher& matcher : matchers) {
      const bool of_class =
          std::count(model.classes.begin(), model.classes.end(), matcher.name) != 0;
      const bool matches =
          matcher.level == MatchLevel::kAny ||
          (matcher.level == MatchLevel::kProvider && matcher.name == model.provider) ||
          (matcher.level == MatchLevel::kClass && of_class) ||
          (matcher.level == MatchLevel::kFamily && matcher.name == model.family) ||
          (matcher.level == MatchLevel::kModel && matcher.name == model.id);
      if (matches && (!best || matcher.level > *best)) best = matcher.level;
    }
    return best;
  }

  bool ClockHolds(const Conditions& when) const {
    absl::TimeZone zone;
    OCS_CHECK(absl::LoadTimeZone(when.zone, &zone));
    const absl::CivilSecond civil = absl::ToCivilSecond(now_.at.ToTime(), zone);
    const absl::CivilDay day(civil);
    if (when.hours) {
      const int second = civil.hour() * 3600 + civil.minute() * 60 + civil.second();
      const bool after_begin = second >= when.hours->begin_second;
      const bool before_end = second < when.hours->end_second;
      const bool over_midnight = when.hours->begin_second > when.hours->end_second;
      if (over_midnight ? !after_begin && !before_end : !after_begin || !before_end) return false;
    }
    const int weekday = static_cast<int>(absl::GetWeekday(day));  // Monday is 0.
    if (when.weekdays != 0 && (when.weekdays >> weekday & 1) == 0) return false;
    const auto is_in = [&](const std::string& id) {
      for (const Calendar& calendar : catalogue_.calendars) {
        if (calendar.id != id) continue;
        return std::count(calendar.days.begin(), calendar.days.end(),
                          day - absl::CivilDay(1970, 1, 1)) != 0;
      }
      OCS_CHECK(false);
      return false;
    };
    if (!when.holidays.empty() && !is_in(when.holidays)) return false;
    return when.workdays.empty() || !is_in(when.workdays);
  }

  bool Holds(const Conditions& when) const {
    for (size_t d = 0; d < kDimensionCount; ++d) {
      std::string value = now_.values[d];
      if (d == static_cast<size_t>(Dimension::kServiceTier) && value.empty()) value = "standard";
      const auto& wanted = when.values[d];
      if (!wanted.empty() && std::count(wanted.begin(), wanted.end(), value) == 0) return false;
    }
    if (when.prompt && (now_.prompt <= when.prompt->over || now_.prompt > when.prompt->up_to)) {
      return false;
    }
    if (now_.at < when.from || now_.at >= when.until) return false;
    if (!when.zone.empty() && !ClockHolds(when)) return false;
    if (!when.first.stated()) return true;
    if (now_.began == Instant::Never() || now_.at < now_.began) return false;
    const Instant end = AddMonths(now_.began, when.first.months, catalogue_.zone)
                            .PlusMillis(when.first.days * int64_t{86'400'000});
    return now_.at < end;
  }

  // The page's order, word by word.
  static auto Strength(MatchLevel level, const Conditions& when) {
    std::array<bool, kDimensionCount> dimensions{};
    for (size_t d = 0; d < kDimensionCount; ++d) dimensions[d] = !when.values[d].empty();
    const bool holidays = !when.holidays.empty();
    const bool workdays = !when.workdays.empty();
    const bool weekdays = when.weekdays != 0;
    const bool hours = when.hours.has_value();
    const int clock = holidays + workdays + weekdays + hours;
    return std::make_tuple(level, dimensions, when.prompt.has_value(), clock, holidays, workdays,
                           weekdays, hours, when.first.stated(), when.bounded());
  }

  std::vector<const RateRule*> HoldingRules(const std::vector<RateRule>& rules,
                                            const Model& model) const {
    std::vector<const RateRule*> holding;
    for (const RateRule& rule : rules) {
      if (LevelOf(rule.matchers, model) && Holds(rule.when)) holding.push_back(&rule);
    }
    const auto strength = [&](const RateRule* rule) {
      return Strength(*LevelOf(rule->matchers, model), rule->when);
    };
    std::sort(holding.begin(), holding.end(),
              [&](const auto* a, const auto* b) { return strength(a) > strength(b); });
    for (size_t i = 1; i < holding.size(); ++i) {
      // Two that are equally strong and both hold should have been refused.
      OCS_CHECK(strength(holding[i - 1]) != strength(holding[i]) ||
                strength(holding[i]) < strength(holding[0]));
    }
    return holding;
  }

  std::optional<Expected> PriceBy(const PriceBook& book, const RateRule& rule, const Model& model) {
    Expected expected;
    if (!rule.of_book.empty()) {
      for (const PriceBook& other : catalogue_.books) {
        if (other.id != rule.of_book) continue;
        auto priced = PriceOf(other, model);
        if (!priced) return std::nullopt;
        Multiply(&priced->ratios, rule.of_factor);
        return Exchange(*priced, other.currency, book.currency);
      }
    }
    if (rule.per_unit.empty()) {
      expected.ratios =
          rule.tiers ? internal::Overlay(rule.tiers->steps[0].ratios, rule.ratios) : rule.ratios;
      return expected;
    }
    for (const UnitTerms& unit : catalogue_.units) {
      if (unit.unit != rule.per_unit) continue;
      const auto burns = HoldingRules(unit.burn, model);
      if (burns.empty()) return std::nullopt;
      expected.ratios = burns.front()->ratios;
      Multiply(&expected.ratios, rule.unit_price);
    }
    return expected;
  }

  std::optional<Expected> Exchange(Expected priced, const Unit& from, const Unit& to) const {
    if (from == to) return priced;
    const ExchangeRate* last = nullptr;
    for (const ExchangeRate& rate : catalogue_.exchange) {
      if (rate.from == from && rate.to == to && rate.from_time <= now_.at) last = &rate;
    }
    if (last == nullptr) return std::nullopt;
    Multiply(&priced.ratios, last->rate);
    priced.applied = Cat("USD to CNY at ", internal::FormatRatio(last->rate));
    return priced;
  }

  const Catalogue& catalogue_;
  const Situation& now_;
};

Situation RandomSituation(Random* random) {
  const std::array<std::vector<std::string>, kDimensionCount> kValues = {
      {{"", "office", "mail", "other"},
       {"", "agent"},
       {"", "standard", "batch", "flex"},
       {"", "\u4e0a\u6d77", "north"},
       {"", "app"},
       {"", "campus"}}};
  const std::vector<int64_t> kPrompts = {0, 1, 32'000, 32'001, 128'000, 128'001, 200'001};
  const auto pick = [&](const auto& list) {
    return list[static_cast<size_t>(random->Below(static_cast<int64_t>(list.size())))];
  };
  Situation now;
  for (size_t d = 0; d < kDimensionCount; ++d) now.values[d] = pick(kValues[d]);
  now.prompt = pick(kPrompts);
  const Instant begin = At("2025-12-15T00:00:00+08:00");
  now.at = begin.PlusMillis(random->Below(400) * 86'400'000 + random->Below(48) * 1'800'000 -
                            random->Below(2));
  if (random->OneIn(2)) now.began = now.at.PlusMillis(-random->Below(70) * 86'400'000);
  return now;
}

std::string Show(const RateRow& row, size_t kind) {
  const Rate& rate = row.rates[kind];
  return rate.sold() ? Cat(rate.numerator, "/", rate.denominator) : "-";
}

}  // namespace

TEST_CASE("the compiled tariff prices as the page says, whatever the order of rules",
          "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 33);
  int priced = 0;
  int adjusted = 0;
  for (int round = 0; round < 150; ++round) {
    GeneratedCatalogue made = CatalogueGenerator(&random).Make();
    const CatalogueCheck check = ParseCatalogue(made.Text(), "g.yaml");
    if (!check.catalogue) continue;
    std::reverse(made.rules.begin(), made.rules.end());
    std::reverse(made.adjustments.begin(), made.adjustments.end());
    const auto turned = CompileText(made.Text());
    const auto tariff = Tariff::Compile(*check.catalogue, 1);
    const OfferIndex offer = *tariff->FindOffer("o");
    for (int i = 0; i < 60; ++i) {
      const Situation now = RandomSituation(&random);
      const auto m = static_cast<uint32_t>(random.Below(tariff->model_count()));
      const RateRow* row = tariff->FindPrice(offer, {m}, now.Context());
      const RateRow* other = turned->FindPrice(offer, {m}, now.Context());
      const auto expected = Reference(*check.catalogue, now)
                                .PriceOf(check.catalogue->books.back(), check.catalogue->models[m]);
      INFO(made.Text() << "model " << m << " at " << FormatInstant(now.at, tariff->zone())
                       << " prompt " << now.prompt << " " << absl::StrJoin(now.values, ","));
      REQUIRE((row != nullptr) == expected.has_value());
      REQUIRE((row != nullptr) == (other != nullptr));
      if (row == nullptr) continue;
      ++priced;
      for (size_t k = 0; k < kTokenKindCount; ++k) {
        const Ratio& ratio = expected->ratios[k];
        const std::string wanted =
            ratio.stated() ? Cat(ratio.numerator, "/", ratio.denominator) : "-";
        REQUIRE(Show(*row, k) == wanted);
        REQUIRE(Show(*other, k) == wanted);
        REQUIRE(row->rates[k].line == other->rates[k].line);
      }
      const Rule& rule = tariff->rule(row->rule);
      REQUIRE(rule.applied == expected->applied);
      REQUIRE(rule.charge_code == turned->rule(other->rule).charge_code);
      if (!rule.applied.empty()) ++adjusted;
    }
  }
  CHECK(priced > 2'000);
  CHECK(adjusted > 500);
}

}  // namespace ocs::rating
