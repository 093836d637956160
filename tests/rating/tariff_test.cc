#include "rating/tariff.h"

#include <algorithm>
#include <set>

#include "ocs/base/random.h"
#include "rating/catalogue.h"
#include "tests/rating/support.h"
#include "tests/support/seed.h"

namespace ocs::rating {
namespace {

constexpr const char* kHead = R"(catalogue: test
currency: CNY
time_zone: Asia/Shanghai
models:
  - {id: m1, provider: p, class: big, alias: [m1-latest]}
  - {id: m2, provider: p, class: big}
  - {id: m3, provider: p}
  - {id: m4, provider: q}
units:
  - {unit: point, burn: [{model: m1, input: 2, output: 2.5}, {class: big, tokens: 1}]}
)";

std::string With(const char* rest) { return std::string(kHead) + rest; }

ModelIndex ModelOf(const Tariff& tariff, std::string_view name) {
  const auto model = tariff.FindModel(name);
  REQUIRE(model.has_value());
  return *model;
}

OfferIndex OfferOf(const Tariff& tariff, std::string_view id) {
  const auto offer = tariff.FindOffer(id);
  REQUIRE(offer.has_value());
  return *offer;
}

// "270/1000" of the price of one kind, or "-" when it is not sold, "none" when the model is not.
std::string Show(const RateRow* row, TokenKind kind) {
  if (row == nullptr) return "none";
  const Rate& rate = row->of(kind);
  return rate.sold() ? std::to_string(rate.numerator) + "/" + std::to_string(rate.denominator)
                     : "-";
}

std::string PriceOf(const Tariff& tariff, std::string_view model, std::string_view at) {
  return Show(tariff.FindPrice(OfferOf(tariff, "o"), ModelOf(tariff, model), {.at = At(at)}), kIn);
}

std::string DrawOf(const Tariff& tariff, std::string_view model, std::string_view at) {
  return Show(tariff.FindDraw(OfferOf(tariff, "o"), 0, ModelOf(tariff, model), {.at = At(at)}),
              kIn);
}

}  // namespace

TEST_CASE("whole names win over beginnings, and the longest beginning over others",
          "[rating][unit]") {
  const auto check = ParseCatalogue(R"(catalogue: test
currency: CNY
time_zone: UTC
models:
  - {id: gpt-5, provider: p, alias: [gpt-5-*, gpt-5-mini-nano]}
  - {id: gpt-5-mini, provider: p, alias: gpt-5-mini-*}
  - {id: other, provider: p, alias: ["gpt-5-mini-x*", "gpt-5-b*", "z*"]}
)",
                                    "c.yaml");
  REQUIRE(check.catalogue.has_value());
  const auto tariff = Tariff::Compile(*check.catalogue, 1);
  const auto named = [&](std::string_view name) {
    const auto model = tariff->FindModel(name);
    return model ? tariff->model_id(*model) : std::string("none");
  };
  CHECK(named("gpt-5") == "gpt-5");
  CHECK(named("gpt-5-2025-08-07") == "gpt-5");
  CHECK(named("gpt-5-") == "gpt-5");
  CHECK(named("gpt-5-zzz") == "gpt-5");
  CHECK(named("gpt-5-mini") == "gpt-5-mini");
  CHECK(named("gpt-5-mini-2025") == "gpt-5-mini");
  CHECK(named("gpt-5-mini-nano") == "gpt-5");
  CHECK(named("gpt-5-mini-nanos") == "gpt-5-mini");
  CHECK(named("gpt-5-mini-x1") == "other");
  CHECK(named("gpt-5-mini-y") == "gpt-5-mini");
  CHECK(named("gpt-5-a") == "gpt-5");
  CHECK(named("gpt-5-b") == "other");
  CHECK(named("gpt-5-c") == "gpt-5");
  CHECK(named("z") == "other");
  CHECK(named("zz") == "other");
  for (const char* unknown : {"", "gpt", "GPT-5-1", "gpt-5*", "gpt-50", "a", "{"}) {
    INFO(unknown);
    CHECK(named(unknown) == "none");
  }
}

TEST_CASE("the longest beginning is found as by trying all of them", "[rating][property]") {
  const uint64_t seed = testing::Seed(21);
  INFO(testing::SeedNote(seed));
  Random random(seed);
  const auto word = [&](int64_t longest) {
    std::string text;
    for (auto n = random.Between(1, longest); n > 0; --n)
      text.push_back(random.Between(0, 1) == 0 ? 'a' : 'b');
    return text;
  };
  for (int round = 0; round < 200; ++round) {
    std::set<std::string> prefixes;
    for (auto n = random.Between(1, 12); n > 0; --n) prefixes.insert(word(6));
    std::string text = "catalogue: t\ncurrency: CNY\ntime_zone: UTC\nmodels:\n";
    for (const std::string& prefix : prefixes)
      text += "  - {id: m." + prefix + ", provider: p, alias: \"" + prefix + "*\"}\n";
    const auto check = ParseCatalogue(text, "c.yaml");
    REQUIRE(check.catalogue.has_value());
    const auto tariff = Tariff::Compile(*check.catalogue, 1);
    for (int name = 0; name < 50; ++name) {
      const std::string wanted = word(9);
      std::string expected = "none";
      for (size_t length = wanted.size(); length > 0 && expected == "none"; --length) {
        const std::string beginning = wanted.substr(0, length);
        if (prefixes.count(beginning) != 0) expected = "m." + beginning;
      }
      const auto found = tariff->FindModel(wanted);
      INFO(text << wanted);
      CHECK((found ? tariff->model_id(*found) : "none") == expected);
    }
  }
}

TEST_CASE("models and offers are found by exact names", "[rating][unit]") {
  const auto tariff = CompileText(With(R"(offers:
  - {id: o, name: An offer, charge_code: O, fee: 9.9, validity: 1 month}
)"));
  CHECK(tariff->revision() == 1);
  CHECK(tariff->name() == "test");
  CHECK(tariff->zone().name() == "Asia/Shanghai");
  CHECK(tariff->model_count() == 4);
  CHECK(tariff->model_id(ModelOf(*tariff, "m1-latest")) == "m1");
  CHECK(tariff->model_provider(ModelOf(*tariff, "m4")) == "q");
  CHECK_FALSE(tariff->FindModel("M1").has_value());
  CHECK_FALSE(tariff->FindModel("").has_value());
  CHECK_FALSE(tariff->FindOffer("p").has_value());
  const Offer& offer = tariff->offer(OfferOf(*tariff, "o"));
  CHECK(tariff->offer_count() == 1);
  CHECK(offer.fee_micros == 9'900'000);
  CHECK(offer.name == "An offer");
  CHECK(offer.charge_code == "O");
  CHECK(offer.currency == Unit::Of("CNY"));
  CHECK(offer.validity.months == 1);
  CHECK_FALSE(offer.has_prices);
  CHECK(PriceOf(*tariff, "m1", "2026-05-01T00:00:00Z") == "none");
}

TEST_CASE("the narrowest rule wins: model, class, provider, any; then hours; then dates",
          "[rating][unit]") {
  const auto tariff = CompileText(With(R"(price_books:
  - id: b
    rules:
      - {any: true, per: 1M tokens, input: 1}
      - {any: true, until: 2026-01-01T00:00:00+08:00, per: 1M tokens, input: 2}
      - {any: true, hours: 22:00-06:00, per: 1M tokens, input: 3}
      - {any: true, hours: 22:00-06:00, until: 2026-01-01T00:00:00+08:00, per: 1M tokens, input: 4}
      - {provider: p, per: 1M tokens, input: 5}
      - {class: big, per: 1M tokens, input: 6}
      - {model: m1, per: 1M tokens, input: 7}
      - {model: m1, hours: 22:00-06:00, zone: UTC, per: 1M tokens, input: 8}
offers:
  - {id: o, name: O, charge_code: O, fee: 0, prices: b}
)"));
  struct Case {
    const char* model;
    const char* at;
    const char* expected;
  };
  for (const auto& [model, at, expected] :
       std::vector<Case>{{"m4", "2026-03-01T12:00:00+08:00", "1/1"},
                         {"m4", "2025-12-31T12:00:00+08:00", "2/1"},
                         {"m4", "2026-03-01T21:59:59.999+08:00", "1/1"},
                         {"m4", "2026-03-01T22:00:00+08:00", "3/1"},
                         {"m4", "2026-03-01T00:00:00+08:00", "3/1"},
                         {"m4", "2026-03-01T05:59:59.999+08:00", "3/1"},
                         {"m4", "2026-03-01T06:00:00+08:00", "1/1"},
                         {"m4", "2025-12-31T23:59:59.999+08:00", "4/1"},
                         {"m4", "2026-01-01T00:00:00+08:00", "3/1"},
                         {"m3", "2026-03-01T23:00:00+08:00", "5/1"},
                         {"m2", "2026-03-01T23:00:00+08:00", "6/1"},
                         {"m1", "2026-03-01T12:00:00+08:00", "8/1"},
                         {"m1", "2026-03-01T15:00:00+08:00", "7/1"}}) {
    INFO(model << " at " << at);
    CHECK(PriceOf(*tariff, model, at) == expected);
  }
}

TEST_CASE("a model without a rule at that instant is not sold", "[rating][unit]") {
  const auto tariff = CompileText(With(R"(price_books:
  - id: b
    rules:
      - {model: m1,from: 2026-01-01T00:00:00Z,until: 2026-02-01T00:00:00Z,per: 1M tokens,output: 1}
offers:
  - {id: o, name: O, charge_code: O, fee: 0, prices: b}
)"));
  CHECK(PriceOf(*tariff, "m1", "2025-12-31T23:59:59Z") == "none");
  CHECK(PriceOf(*tariff, "m1", "2026-01-01T00:00:00Z") == "-");  // Sold, but not its input.
  CHECK(PriceOf(*tariff, "m1", "2026-02-01T00:00:00Z") == "none");
  CHECK(PriceOf(*tariff, "m2", "2026-01-15T00:00:00Z") == "none");
}

TEST_CASE("prices in points are burn times price, exactly", "[rating][unit]") {
  const auto tariff = CompileText(With(R"(price_books:
  - {id: b, rules: [{any: true, price: 1, per: 250000 point}]}
offers:
  - {id: o, name: O, charge_code: O, fee: 0, prices: b}
)"));
  // 1 CNY is 1,000,000 micros: 4 micros a point; m1 burns 2 points an input token and 2.5 an output
  // token.
  const RateRow* row =
      tariff->FindPrice(OfferOf(*tariff, "o"), ModelOf(*tariff, "m1"), {.at = Instant{}});
  CHECK(Show(row, kIn) == "8/1");
  CHECK(Show(row, kOut) == "10/1");
  CHECK(Show(row, TokenKind::kRequest) == "-");
  CHECK(PriceOf(*tariff, "m2", "2026-01-01T00:00:00Z") == "4/1");
  CHECK(PriceOf(*tariff, "m3", "2026-01-01T00:00:00Z") == "none");  // Burns no points.
}

TEST_CASE("a grant draws one token a token, and by weight where a weight says so",
          "[rating][unit]") {
  const auto tariff = CompileText(With(R"(offers:
  - id: o
    name: O
    charge_code: O
    fee: 1
    grants:
      - name: tokens
        unit: token
        amount: 10M
        validity: 30 days
        priority: 2
        covers: {class: big, model: m4}
        weights:
          - {class: big, cache_read: 0.1}
          - {model: m1, hours: 14:00-18:00, tokens: 3}
          - {model: m1, tokens: 0.67}
        when_used_up: stop
      - name: points
        unit: point
        amount: 5
        validity: none
        covers: {class: big}
        when_used_up: stop
)"));
  const OfferIndex offer = OfferOf(*tariff, "o");
  const GrantTerms& terms = tariff->offer(offer).grants[0];
  CHECK(terms.amount == 10'000'000);
  CHECK(terms.unit == Unit::Of("token"));
  CHECK(terms.validity.days == 30);
  CHECK(terms.priority == 2);
  CHECK(tariff->offer(offer).grants[1].priority == 1);
  CHECK(DrawOf(*tariff, "m1", "2026-03-01T14:00:00+08:00") == "3/1");
  CHECK(DrawOf(*tariff, "m1", "2026-03-01T18:00:00+08:00") == "67/100");
  CHECK(DrawOf(*tariff, "m2", "2026-03-01T14:00:00+08:00") == "1/1");
  CHECK(DrawOf(*tariff, "m3", "2026-03-01T14:00:00+08:00") == "none");
  CHECK(DrawOf(*tariff, "m4", "2026-03-01T14:00:00+08:00") == "1/1");
  const RateRow* m2 = tariff->FindDraw(offer, 0, ModelOf(*tariff, "m2"), {.at = Instant{}});
  CHECK(Show(m2, TokenKind::kCacheRead) == "1/10");
  CHECK(Show(m2, kOut) == "1/1");
  CHECK(Show(m2, TokenKind::kRequest) == "-");
  const RateRow* points = tariff->FindDraw(offer, 1, ModelOf(*tariff, "m1"), {.at = Instant{}});
  CHECK(Show(points, kOut) == "5/2");
}

TEST_CASE("money that is granted is drawn at the offer's prices for what it covers",
          "[rating][unit]") {
  const auto tariff = CompileText(With(R"(price_books:
  - {id: b, rules: [{any: true, per: 1M tokens, tokens: 7}]}
offers:
  - id: o
    name: O
    charge_code: O
    fee: 100
    prices: b
    grants:
      - {name: bonus,unit: CNY,amount: 20,validity: 30 days,covers: {class: big},when_used_up: stop}
)"));
  CHECK(DrawOf(*tariff, "m1", "2026-03-01T14:00:00+08:00") == "7/1");
  CHECK(DrawOf(*tariff, "m3", "2026-03-01T14:00:00+08:00") == "none");
  CHECK(tariff->offer(OfferOf(*tariff, "o")).grants[0].amount == 20'000'000);
}

TEST_CASE("a grant that stops keeps the offer's prices from its models", "[rating][unit]") {
  const auto tariff = CompileText(With(R"(price_books:
  - {id: b, rules: [{any: true, per: 1M tokens, tokens: 7}]}
offers:
  - id: o
    name: O
    charge_code: O
    fee: 1
    prices: b
    grants:
      - {name: a, unit: token, amount: 5, validity: none, covers: {model: m1}, when_used_up: stop}
      - {name: b,unit: token,amount: 5,validity: none,covers: {model: m2},when_used_up: bill_on}
)"));
  CHECK(tariff->offer(OfferOf(*tariff, "o")).has_prices);
  CHECK(PriceOf(*tariff, "m1", "2026-03-01T14:00:00+08:00") == "none");
  CHECK(PriceOf(*tariff, "m2", "2026-03-01T14:00:00+08:00") == "7/1");
  CHECK(PriceOf(*tariff, "m3", "2026-03-01T14:00:00+08:00") == "7/1");
}

TEST_CASE("lines are named alike in every revision, and apart from each other", "[rating][unit]") {
  const auto text = [](const char* input, const char* output) {
    return With("") + R"(price_books:
  - id: b
    rules:
      - {model: m1, per: 1M tokens, input: )" +
           input + R"(, output: )" + output + R"(}
      - {any: true, hours: 00:00-08:00, per: 1M tokens, input: 0.27, output: 1.1}
      - {any: true, hours: 08:00-24:00, per: 1M tokens, input: 0.13, output: 1.1}
offers:
  - {id: o, name: O, charge_code: O, fee: 0, prices: b}
)";
  };
  const auto first = CompileText(text("0.27", "2"));
  const auto second = CompileText(text("0.31", "1.1"));
  const auto row = [](const Tariff& tariff, std::string_view model, std::string_view at) {
    return *tariff.FindPrice(OfferOf(tariff, "o"), ModelOf(tariff, model), {.at = At(at)});
  };
  const RateRow m1 = row(*first, "m1", "2026-03-01T12:00:00+08:00");
  CHECK(m1.of(kIn).line != 0);
  CHECK(m1.of(kIn).line == row(*second, "m1", "2026-03-01T12:00:00+08:00").of(kIn).line);
  CHECK(m1.of(kOut).line == 0);  // 2 micros a token leave nothing.
  const RateRow night = row(*first, "m4", "2026-03-01T04:00:00+08:00");
  const RateRow day = row(*first, "m3", "2026-03-01T12:00:00+08:00");
  CHECK(night.of(kIn).line == day.of(kIn).line);
  CHECK(night.of(kIn).line != m1.of(kIn).line);
  CHECK(night.of(kIn).line != night.of(kOut).line);
  CHECK(night.of(kIn).line != night.of(TokenKind::kCacheRead).line);
}

TEST_CASE("a rule tells its charge code and where it stands", "[rating][unit]") {
  const auto tariff = CompileText(With(R"(price_books:
  - id: b
    rules:
      - {any: true, per: 1M tokens, tokens: 7}
      - {model: m1, per: 1M tokens, tokens: 7, charge_code: M1}
offers:
  - id: o
    name: O
    charge_code: O
    fee: 1
    prices: b
    grants:
      - {name: a,unit: token,amount: 5,validity: none,covers: {model: m1},when_used_up: bill_on}
)"));
  const auto price = [&](std::string_view model) {
    return tariff->rule(
        tariff->FindPrice(OfferOf(*tariff, "o"), ModelOf(*tariff, model), {.at = Instant{}})->rule);
  };
  CHECK(price("m1").charge_code == "M1");
  CHECK(price("m1").origin == "price book b, line 15");
  CHECK(price("m2").charge_code == "b/any");
  const Rule& draw = tariff->rule(
      tariff->FindDraw(OfferOf(*tariff, "o"), 0, ModelOf(*tariff, "m1"), {.at = Instant{}})->rule);
  CHECK(draw.charge_code == "O/grant-1");
  CHECK(draw.origin == "offer o, grant 1");
}

TEST_CASE("what was bought ends by the calendar of the zone", "[rating][unit]") {
  absl::TimeZone zone;
  REQUIRE(absl::LoadTimeZone("Asia/Shanghai", &zone));
  const Instant from = At("2026-01-31T10:00:00+08:00");
  CHECK(EndOf(from, {.months = 1, .days = 0}, zone) == At("2026-02-28T10:00:00+08:00"));
  CHECK(EndOf(from, {.months = 0, .days = 30}, zone) == At("2026-03-02T10:00:00+08:00"));
  CHECK(EndOf(from, {}, zone) == Instant::Never());
  CHECK(EndOf(Instant::Never(), {.months = 1, .days = 0}, zone) == Instant::Never());
}

TEST_CASE("the order of the rules in the text does not matter", "[rating][property]") {
  const uint64_t seed = testing::Seed(9);
  INFO(testing::SeedNote(seed));
  Random random(seed);
  std::vector<std::string> rules = {
      "{any: true, per: 1M tokens, input: 1}",
      "{any: true, until: 2026-01-01T00:00:00Z, per: 1M tokens, input: 2}",
      "{any: true, from: 2026-03-01T00:00:00Z, per: 1M tokens, input: 3}",
      "{any: true, hours: 22:00-06:00, per: 1M tokens, input: 4}",
      "{provider: p, hours: 12:00-14:00, per: 1M tokens, input: 5}",
      "{provider: p, from: 2026-02-01T00:00:00Z, per: 1M tokens, input: 6}",
      "{class: big, from: 2026-02-01T00:00:00Z, per: 1M tokens, input: 7}",
      "{class: big, hours: 06:00-09:30, per: 1M tokens, input: 8}",
      "{model: m2, hours: 08:00-09:00, per: 1M tokens, input: 9}",
      "{model: m2, hours: 09:00-10:00, per: 1M tokens, input: 10}"};
  std::unique_ptr<const Tariff> first;
  std::set<std::string> seen;
  for (int round = 0; round < 20; ++round) {
    std::string text = With("price_books:\n  - id: b\n    rules:\n");
    for (const std::string& rule : rules) text += "      - " + rule + "\n";
    text += "offers:\n  - {id: o, name: O, charge_code: O, fee: 0, prices: b}\n";
    auto tariff = CompileText(text);
    if (first == nullptr) first = std::move(tariff);
    for (int i = 0; tariff != nullptr && i < 500; ++i) {
      const Instant at{
          random.Between(At("2025-12-01T00:00:00Z").unix_ms, At("2026-04-01T00:00:00Z").unix_ms)};
      const ModelIndex model{static_cast<uint32_t>(random.Below(4))};
      const std::string price = Show(tariff->FindPrice({0}, model, {.at = at}), kIn);
      REQUIRE(price == Show(first->FindPrice({0}, model, {.at = at}), kIn));
      seen.insert(price);
    }
    for (size_t i = rules.size(); i > 1; --i) {
      std::swap(rules[i - 1], rules[static_cast<size_t>(random.Below(static_cast<int64_t>(i)))]);
    }
  }
  CHECK(seen.size() == rules.size());  // Every rule decided somewhere.
}

TEST_CASE("the next change of a price is found: hours, days, dates, free periods, clock steps",
          "[rating][unit]") {
  const auto tariff = CompileText(With(R"(calendars: [{calendar: off, days: [2026-10-01]}]
price_books:
  - id: b
    rules:
      - {model: m1, per: 1M tokens, tokens: 4}
      - {model: m1, hours: 14:00-18:00, per: 1M tokens, tokens: 8}
      - {model: m1, from: 2027-01-01T00:00:00+08:00, per: 1M tokens, tokens: 5}
      - {model: m2, per: 1M tokens, tokens: 4}
      - {model: m2, holidays: off, per: 1M tokens, tokens: 2}
      - {model: m2, weekdays: [sat, sun], per: 1M tokens, tokens: 3}
      - {model: m3, per: 1M tokens, tokens: 4}
      - {model: m3, hours: 02:30-03:30, zone: America/New_York, per: 1M tokens, tokens: 8}
      - {model: m4, per: 1M tokens, tokens: 4}
      - {model: m4, first: 30 days, per: 1M tokens, tokens: 0}
offers:
  - {id: o, name: O, charge_code: O, fee: 0, prices: b}
)"));
  const auto next = [&](std::string_view model, std::string_view at, std::string_view until,
                        Instant began_at = Instant::Never()) -> std::string {
    UseContext context{.at = At(at)};
    context.began_at = began_at;
    const Instant found =
        tariff->NextPriceSwitch(OfferOf(*tariff, "o"), ModelOf(*tariff, model), context, At(until));
    return found == Instant::Never() ? "never" : FormatInstant(found, tariff->zone());
  };
  const std::string far = "2028-01-01T00:00:00+08:00";
  // Hours: the begin included, the end not; the instant itself is not after itself.
  CHECK(next("m1", "2026-05-18T13:59:59+08:00", far) == "2026-05-18T14:00:00+08:00");
  CHECK(next("m1", "2026-05-18T14:00:00+08:00", far) == "2026-05-18T18:00:00+08:00");
  CHECK(next("m1", "2026-05-18T18:00:00+08:00", far) == "2026-05-19T14:00:00+08:00");
  CHECK(next("m1", "2026-05-18T13:50:00+08:00", "2026-05-18T14:00:00+08:00") == "never");
  CHECK(next("m1", "2026-05-18T13:50:00+08:00", "2026-05-18T14:00:01+08:00") ==
        "2026-05-18T14:00:00+08:00");
  // A date.
  CHECK(next("m1", "2026-12-31T18:00:00+08:00", far) == "2027-01-01T00:00:00+08:00");
  // Days: a weekend, and a holiday.
  CHECK(next("m2", "2026-05-18T12:00:00+08:00", far) == "2026-05-23T00:00:00+08:00");
  CHECK(next("m2", "2026-05-24T12:00:00+08:00", far) == "2026-05-25T00:00:00+08:00");
  CHECK(next("m2", "2026-09-30T12:00:00+08:00", far) == "2026-10-01T00:00:00+08:00");
  // In New York on 2026-03-08 there is no 02:30: clocks go from 02:00 to 03:00, and 03:00 is
  // within.
  CHECK(next("m3", "2026-03-08T01:00:00-05:00", far) == "2026-03-08T15:00:00+08:00");
  CHECK(next("m3", "2026-03-08T03:00:00-04:00", far) == "2026-03-08T15:30:00+08:00");
  CHECK(next("m3", "2026-03-07T01:00:00-05:00", far) == "2026-03-07T15:30:00+08:00");
  // A free period ends when it does, for who has one.
  CHECK(next("m4", "2026-05-18T12:00:00+08:00", far, At("2026-05-01T08:00:00+08:00")) ==
        "2026-05-31T08:00:00+08:00");
  CHECK(next("m4", "2026-05-18T12:00:00+08:00", far) == "never");
}

TEST_CASE("before the next change of a price there is none, and there it is another's",
          "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 511);
  const auto tariff = CompileText(With(R"(price_books:
  - id: b
    rules:
      - {model: m1, per: 1M tokens, tokens: 4}
      - {model: m1, hours: 22:00-02:30, zone: Europe/Berlin, per: 1M tokens, tokens: 8}
      - {model: m1, hours: 02:15-02:45, weekdays: [sun], zone: Europe/Berlin, per: 1M tokens, tokens: 1}
      - {model: m1, from: 2026-03-20T12:00:00Z, until: 2026-03-21T12:00:00Z, per: 1M tokens, tokens: 2}
offers:
  - {id: o, name: O, charge_code: O, fee: 0, prices: b}
)"));
  const OfferIndex offer = OfferOf(*tariff, "o");
  const ModelIndex model = ModelOf(*tariff, "m1");
  const Instant begin = At("2026-03-15T00:00:00Z");
  int found = 0;
  for (int i = 0; i < 300; ++i) {
    const Instant at = begin.PlusMillis(random.Below(int64_t{20} * 86'400'000));
    const Instant until = at.PlusSeconds(random.Between(1, 20 * 3'600));
    const RateRow* now = tariff->FindPrice(offer, model, {.at = at});
    const Instant next = tariff->NextPriceSwitch(offer, model, {.at = at}, until);
    const Instant end = std::min(next, until);
    for (Instant t = at; t < end; t = t.PlusSeconds(60))
      REQUIRE(tariff->FindPrice(offer, model, {.at = t}) == now);
    REQUIRE(tariff->FindPrice(offer, model, {.at = end.PlusMillis(-1)}) == now);
    if (next == Instant::Never()) continue;
    ++found;
    REQUIRE(next > at);
    REQUIRE(next < until);
    REQUIRE(tariff->FindPrice(offer, model, {.at = next}) != now);
  }
  CHECK(found > 50);
}

TEST_CASE("a row that was found holds until the instant that is told, for all prompts around",
          "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 512);
  // Of the many hours only the last one's price is another: it is beyond the times that are looked
  // at, so what is told must come before it.
  std::string rules;
  for (int i = 0; i < 40; ++i) {
    const std::string hour = (i < 20 ? "0" : "") + std::to_string(i / 2);
    rules += "      - {model: m1, product: x" + std::to_string(i) + ", hours: " + hour +
             (i % 2 == 0 ? ":00-" : ":30-") + hour + (i % 2 == 0 ? ":10" : ":40") +
             ", per: 1M tokens, tokens: 9}\n";
  }
  const auto tariff = CompileText(With((R"(price_books:
  - id: b
    rules:
      - {model: m1, per: 1M tokens, tokens: 4}
      - {model: m1, prompt: 8K-32K, per: 1M tokens, tokens: 5}
      - {model: m1, prompt: 32K+, per: 1M tokens, tokens: 6}
      - {model: m1, hours: 21:00-23:00, per: 1M tokens, tokens: 8}
)" + rules + R"(  - id: w
    kind: wholesale
    rules:
      - {model: m1, per: 1M tokens, tokens: 1}
      - {model: m1, hours: 03:00-04:00, per: 1M tokens, tokens: 2}
offers:
  - id: o
    name: O
    charge_code: O
    fee: 1
    prices: b
    grants:
      - name: g
        unit: token
        amount: 1M
        validity: 30 days
        covers: {model: m1}
        adjustments: [{name: peak, any: true, hours: 14:00-18:00, factor: 3}]
        when_used_up: bill_on
)")
                                           .c_str()));
  const OfferIndex offer = OfferOf(*tariff, "o");
  const ModelIndex model = ModelOf(*tariff, "m1");
  const Instant begin = At("2026-05-18T00:00:00Z");
  int ended_early = 0;
  for (int i = 0; i < 400; ++i) {
    const UseContext use{.at = begin.PlusMillis(random.Below(int64_t{5} * 86'400'000)),
                         .prompt_tokens = random.Between(0, 60'000)};
    const Instant until = use.at.PlusSeconds(random.Between(1, 4 * 86'400));
    const Instant price = tariff->PriceHoldsUntil(offer, model, use, until);
    const Instant draw = tariff->DrawHoldsUntil(offer, 0, model, use, until);
    const Instant cost = tariff->CostHoldsUntil(model, use, until);
    const PromptBand around = tariff->PromptsAround(use.prompt_tokens);
    REQUIRE(around.over < use.prompt_tokens);
    REQUIRE(around.up_to >= use.prompt_tokens);
    for (const Instant told : {price, draw, cost}) {
      REQUIRE(told > use.at);
      REQUIRE(told <= until);
    }
    UseContext then = use;
    for (int j = 0; j < 60; ++j) {
      const auto between = [&](Instant end) {
        return random.OneIn(9) ? end.PlusMillis(-1)
                               : use.at.PlusMillis(random.Below(end.unix_ms - use.at.unix_ms));
      };
      then.prompt_tokens =
          random.OneIn(9)
              ? std::min<int64_t>(around.up_to, 1'000'000)
              : random.Between(around.over + 1, std::min<int64_t>(around.up_to, 70'000));
      then.at = between(price);
      REQUIRE(tariff->FindPrice(offer, model, then) == tariff->FindPrice(offer, model, use));
      then.at = between(draw);
      REQUIRE(tariff->FindDraw(offer, 0, model, then) == tariff->FindDraw(offer, 0, model, use));
      then.at = between(cost);
      REQUIRE(tariff->FindCost(model, then) == tariff->FindCost(model, use));
    }
    then = use;
    then.at = price;
    const bool switched =
        tariff->FindPrice(offer, model, then) != tariff->FindPrice(offer, model, use);
    ended_early += price < until && !switched ? 1 : 0;
    // Where there are few times it is told to the millisecond.
    then.at = draw;
    if (draw < until)
      REQUIRE(tariff->FindDraw(offer, 0, model, then) != tariff->FindDraw(offer, 0, model, use));
  }
  CHECK(ended_early > 50);
  CHECK(tariff->PromptsAround(32'000) == PromptBand{.over = 8'000, .up_to = 32'000});
  CHECK(tariff->PromptsAround(32'001) == PromptBand{.over = 32'000});
  CHECK(tariff->PromptsAround(0) == PromptBand{.over = -1, .up_to = 8'000});
}

}  // namespace ocs::rating
