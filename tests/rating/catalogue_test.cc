#include "rating/catalogue.h"

#include <algorithm>

#include "ocs/base/limits.h"
#include "ocs/base/random.h"
#include "tests/rating/fault_cases.h"
#include "tests/rating/support.h"
#include "tests/support/seed.h"

namespace ocs::rating {
namespace {

const std::vector<FaultCase> kRuleCases = {
    {"a price without a unit", R"(price_books:
  - id: b
    rules:
      - model: m1
        input: 1
        output: 2 per 1M tokens
)",
     "c.yaml:14: price_books[0].rules[0].input: this price does not say what it is for; expected "
     "'per' in "
     "the rule or '0.01 per 1 request' here, found '1'\n"},
    {"a misspelt key", R"(price_books:
  - id: b
    rules:
      - model: m1
        per: 1M tokens
        inptu: 1
        output: 2
)",
     "c.yaml:15: price_books[0].rules[0].inptu: unknown key 'inptu'; did you mean 'input'?\n"},
    {"a strange key", R"(weather: []
)",
     "c.yaml:10: weather: unknown key 'weather'; expected one of: catalogue, "
     "currency, "
     "time_zone, calendars, taxes, models, units, exchange, price_books, wholesale, offers, "
     "calls, open_sessions, note\n"},
    {"two rules for one model at one time", R"(price_books:
  - id: b
    rules:
      - {model: m1, per: 1M tokens, input: 1}
      - {model: [m2, m1], per: 1M tokens, input: 2}
)",
     "c.yaml:14: price_books[0].rules[1]: lines 13 and 14 both hold for model 'm1' at the same "
     "time and "
     "neither is narrower\n"},
    {"two times that meet", R"(price_books:
  - id: b
    rules:
      - {model: m1, until: 2026-02-01T00:00:00Z, per: 1M tokens, input: 1}
      - {model: m1, from: 2026-01-31T23:59:59Z, per: 1M tokens, input: 2}
      - {any: true, hours: 08:00-12:00, per: 1M tokens, input: 1}
      - {any: true, hours: 22:00-08:01, per: 1M tokens, input: 1}
)",
     "c.yaml:14: price_books[0].rules[1]: lines 13 and 14 both hold for model 'm1' at the same "
     "time and "
     "neither is narrower\n"
     "c.yaml:16: price_books[0].rules[3]: lines 15 and 16 both hold for any model at the same time "
     "and "
     "neither is narrower\n"},
    {"two classes of one model", R"(price_books:
  - id: b
    rules:
      - {class: big, per: 1M tokens, input: 1}
      - {class: new, per: 1M tokens, input: 2}
)",
     "c.yaml:14: price_books[0].rules[1]: lines 13 and 14 both hold for model 'm1' at the same "
     "time and "
     "neither is narrower\n"},
    {"hours in two zones", R"(price_books:
  - id: b
    rules:
      - {any: true, hours: 00:00-08:00, zone: UTC, per: 1M tokens, input: 1}
      - {any: true, hours: 16:00-24:00, per: 1M tokens, input: 2}
)",
     "c.yaml:14: price_books[0].rules[1]: lines 13 and 14 both hold for any model at the same time "
     "and "
     "neither is narrower; hours in different zones cannot be told apart\n"},
    {"unknown names", R"(price_books:
  - id: b
    rules:
      - {model: m4, per: 1M tokens, input: 1}
      - {model: m1-latest, per: 1M tokens, input: 1}
      - {class: bigg, per: 1M tokens, input: 1}
      - {provider: nobody-at-all, per: 1M tokens, input: 1}
      - {per: 1M tokens, input: 1}
)",
     "c.yaml:13: price_books[0].rules[0].model: unknown model 'm4'; did you mean 'm1'?\n"
     "c.yaml:14: price_books[0].rules[1].model: 'm1-latest' is an alias; write the model's id "
     "'m1'\n"
     "c.yaml:15: price_books[0].rules[2].class: unknown class 'bigg': no model has it; did you "
     "mean "
     "'big'?\n"
     "c.yaml:16: price_books[0].rules[3].provider: unknown provider 'nobody-at-all': no model has "
     "it\n"
     "c.yaml:17: price_books[0].rules[4]: does not say which models it is about; expected one of "
     "'model', 'family', 'class', 'provider' or 'any: true'\n"},
    {"numbers that are none", R"(price_books:
  - id: b
    rules:
      - {model: m1, per: 1M tokens, input: -1, output: 1e3, cache_read: 0.1234567890123}
      - {model: m2, per: 0 tokens, input: 1}
      - {model: m3, per: 1M tokns, input: 1}
      - {class: big, per: 1M tokens, input: 99999999999999}
      - {class: new, per: 1M tokens, input: }
)",
     "c.yaml:13: price_books[0].rules[0].input: a price is never negative; expected a decimal "
     "number with "
     "at most 12 decimals, found '-1'\n"
     "c.yaml:13: price_books[0].rules[0].cache_read: expected a decimal number with at most 12 "
     "decimals, "
     "found '0.1234567890123'\n"
     "c.yaml:13: price_books[0].rules[0].output: expected a decimal number with at most 12 "
     "decimals, found "
     "'1e3'\n"
     "c.yaml:14: price_books[0].rules[1].per: expected what the price is for, such as '1M tokens', "
     "'1 "
     "request' or '250000 quota_point', found '0 tokens'\n"
     "c.yaml:15: price_books[0].rules[2].per: expected what the price is for, such as '1M tokens', "
     "'1 "
     "request' or '250000 quota_point', found '1M tokns'; did you mean 'tokens'?\n"
     "c.yaml:16: price_books[0].rules[3].input: this price does not fit 64 bits\n"
     "c.yaml:17: price_books[0].rules[4].input: expected a price such as 0.27, found nothing\n"},
    {"a price for other pieces", R"(price_books:
  - id: b
    rules:
      - {model: m1, per: 1M tokens, input: 1, request: 0.01}
      - {model: m2, per: 1 point, price: 1, input: 1}
      - {model: m3, per: 1 point, price: 1}
      - {class: big, per: 1M tokens, price: 1}
      - {class: new, per: 1M tokens}
)",
     "c.yaml:13: price_books[0].rules[0].request: expected a price for request, found one for "
     "'tokens'\n"
     "c.yaml:14: price_books[0].rules[1].per: a rule in point has one 'price' and no prices by "
     "kind: the "
     "burn factors of the unit tell what each kind takes\n"
     "c.yaml:15: price_books[0].rules[2].per: the unit 'point' has no burn factor for any model of "
     "this "
     "rule\n"
     "c.yaml:16: price_books[0].rules[3].price: is for prices in a named unit; expected a price by "
     "kind "
     "such as 'input'\n"
     "c.yaml:17: price_books[0].rules[4]: this rule has no price\n"},
    {"times that are none", R"(price_books:
  - id: b
    rules:
      - {model: m1, from: 2026-02-01, per: 1M tokens, input: 1}
      - {model: m2,from: 2026-02-01T00:00:00Z,until: 2026-02-01T00:00:00Z,per: 1 token,input: 1}
      - {model: m3, hours: 8-9, zone: Asia/Atlantis, per: 1M tokens, input: 1}
      - {class: big, zone: UTC, per: 1M tokens, input: 1}
)",
     "c.yaml:13: price_books[0].rules[0].from: expected an instant such as "
     "2026-05-18T10:00:00+08:00, "
     "found '2026-02-01'\n"
     "c.yaml:14: price_books[0].rules[1].until: expected an instant after 'from'\n"
     "c.yaml:15: price_books[0].rules[2].zone: unknown time zone 'Asia/Atlantis'; expected a name "
     "such as "
     "Asia/Shanghai or UTC\n"
     "c.yaml:15: price_books[0].rules[2].hours: expected two different times of day such as "
     "00:30-16:30 "
     "or 22:00-24:00, found '8-9'\n"
     "c.yaml:16: price_books[0].rules[3].zone: has no meaning without 'hours', 'weekdays', "
     "'holidays' or 'workdays'\n"},
};

const std::vector<FaultCase> kOfferCases = {
    {"an offer without its parts", R"(offers:
  - id: o
    fee: -1
    prices: nowhere
    grants: [{amount: 5}]
)",
     "c.yaml:11: offers[0].name: is missing; expected a name for people\n"
     "c.yaml:11: offers[0].charge_code: is missing; expected 1 to 128 letters, digits and ._-:/@+\n"
     "c.yaml:12: offers[0].fee: expected a fee such as 9.9, or 0, found '-1'\n"
     "c.yaml:13: offers[0].prices: unknown price book 'nowhere'\n"
     "c.yaml:14: offers[0].grants[0].name: is missing; expected a name for people\n"
     "c.yaml:14: offers[0].grants[0].unit: is missing; expected token, a declared unit or the "
     "offer's "
     "currency\n"
     "c.yaml:14: offers[0].grants[0].validity: is missing; expected a time such as '1 month', '30 "
     "days' or "
     "none\n"
     "c.yaml:14: offers[0].grants[0].covers: is missing; expected which models the grant pays for, "
     "such as "
     "'any: true'\n"
     "c.yaml:14: offers[0].grants[0].when_used_up: is missing; expected stop or bill_on\n"},
    {"grants that cannot be", R"(offers:
  - id: o
    name: O
    charge_code: O
    fee: 1
    grants:
      - {name: a,unit: token,amount: 0,validity: none,covers: {model: m1},when_used_up: bill_on}
      - {name: b,unit: tokens,amount: 1,validity: 2 years,covers: {model: m1},when_used_up: halt}
      - {name: c, unit: point, amount: 1.5, validity: none, covers: {any: true}, when_used_up: stop}
      - {name: d,unit: USD,amount: 5,validity: none,covers: {any: y},when_used_up: stop,priority: 0}
)",
     "c.yaml:16: offers[0].grants[0].amount: expected an amount above 0 such as 10M, 250_000 or "
     "1.5K, found "
     "'0'\n"
     "c.yaml:16: offers[0].grants[0].when_used_up: bill_on needs the offer to name a price book "
     "under "
     "'prices'\n"
     "c.yaml:17: offers[0].grants[1].unit: unknown unit 'tokens'; did you mean 'token'?\n"
     "c.yaml:17: offers[0].grants[1].validity: expected a time such as '1 month', '30 days' or "
     "none, found "
     "'2 years'\n"
     "c.yaml:17: offers[0].grants[1].when_used_up: expected stop, bill_on, wait, throttle, "
     "fallback, buy, redirect or restrict, found 'halt'\n"
     "c.yaml:18: offers[0].grants[2].amount: expected an amount above 0 such as 10M, 250_000 or "
     "1.5K, found "
     "'1.5'\n"
     "c.yaml:18: offers[0].grants[2].covers: nothing says how many 'point' model 'm3' draws; "
     "expected a "
     "burn factor of the unit or a weight\n"
     "c.yaml:19: offers[0].grants[3].priority: expected a number from 1 (first) to 1000, found "
     "'0'\n"
     "c.yaml:19: offers[0].grants[3].covers.any: expected true, found 'y'\n"
     "c.yaml:19: offers[0].grants[3].unit: the offer is in CNY, this grant in USD\n"
     "c.yaml:19: offers[0].grants[3].unit: money is drawn at the offer's prices, and this offer "
     "names no "
     "price book\n"},
    {"two currencies", R"(price_books:
  - {id: b, currency: USD, rules: [{any: true, per: 1M tokens, tokens: 1}]}
offers:
  - {id: o, name: O, charge_code: O, fee: 1, prices: b}
  - {id: q, name: Q, charge_code: Q, fee: 1, currency: usd}
)",
     "c.yaml:13: offers[0].prices: the offer is in CNY, the price book 'b' in USD\n"
     "c.yaml:14: offers[1].currency: expected three capital letters such as CNY, found 'usd'\n"},
    {"names used twice", R"(price_books:
  - {id: b, rules: [{any: true, per: 1M tokens, tokens: 1, charge_code: X}]}
  - {id: b, rules: [{any: true, per: 1M tokens, tokens: 1}]}
offers:
  - {id: o, name: O, charge_code: X, fee: 1}
  - {id: o, name: O, charge_code: Y, fee: 1}
  - {id: r, name: O, charge_code: Y, fee: 1, fee: 2}
)",
     "c.yaml:12: price_books[1].id: the price book 'b' is there twice\n"
     "c.yaml:14: offers[0].charge_code: charge code 'X' already names prices of book 'b' at line "
     "11\n"
     "c.yaml:15: offers[1].id: the offer 'o' is there twice\n"
     "c.yaml:16: offers[2].fee: this key is written twice\n"
     "c.yaml:16: offers[2].charge_code: charge code 'Y' already names the fee of offer 'o' at line "
     "15\n"},
    {"prices that cannot bill, and grants that disagree", R"(price_books:
  - {id: b, rules: [{any: true, per: 1M tokens, tokens: 1}]}
offers:
  - id: o
    name: O
    charge_code: O
    fee: 1
    prices: b
    grants: [{name: a,unit: token,amount: 1,validity: none,covers: {any: true},when_used_up: stop}]
  - id: q
    name: Q
    charge_code: Q
    fee: 1
    prices: b
    grants:
      - {name: a,unit: token,amount: 1,validity: none,covers: {any: true},when_used_up: bill_on}
      - {name: b, unit: token, amount: 1, validity: none, covers: {model: m2}, when_used_up: stop}
)",
     "c.yaml:17: offers[0].prices: are never used: every model is covered by a grant that says "
     "stop\n"
     "c.yaml:24: offers[1].grants: for model 'm2' one grant says stop and another bill_on\n"},
};

}  // namespace

TEST_CASE("each fault of a rule is told with its line, its place and what was expected",
          "[rating][unit]") {
  CHECK(DiagnosticsOf(kHead).empty());
  CheckCases(kRuleCases);
}

TEST_CASE("each fault of an offer is told with its line, its place and what was expected",
          "[rating][unit]") {
  CheckCases(kOfferCases);
}

TEST_CASE("faults of the head, of models and of units are told together", "[rating][unit]") {
  CHECK(DiagnosticsOf(R"(catalogue: a b
time_zone: Mars/Base
models:
  - {id: m1, provider: p, alias: m2}
  - {id: m2, provider: p}
  - {provider: p}
  - m4
units:
  - {unit: token}
  - {unit: Points}
  - {unit: gem, burn: [{any: true}, {model: m1, tokens: x}, {model: m1, tokens: 1}]}
  - {unit: gem}
)") == R"(c.yaml:1: catalogue: expected 1 to 128 letters, digits and ._-:/@+, found 'a b'
c.yaml:1: currency: is missing; expected a currency such as CNY
c.yaml:2: time_zone: unknown time zone 'Mars/Base'; expected a name such as Asia/Shanghai or UTC
c.yaml:5: models[1].id: the name 'm2' is already used for a model at line 4
c.yaml:6: models[2].id: is missing; expected 1 to 128 letters, digits and ._-:/@+
c.yaml:7: models[3]: expected a map of keys and values, found a single value
c.yaml:9: units[0].unit: 'token' is always there and is not declared
c.yaml:10: units[1].unit: expected 2 to 15 lower-case letters, digits or '_', found 'Points'
c.yaml:11: units[2].burn[0]: has no factor; expected 'tokens' or a kind such as 'input'
)"
       "c.yaml:11: units[2].burn[1].tokens: expected a factor such as 2 or 0.67 with at most "
       "12 decimals, found 'x'\n"
       "c.yaml:11: units[2].burn[2]: lines 11 and 11 both hold for model 'm1' at the same "
       "time and neither is narrower\n"
       R"(c.yaml:12: units[3].unit: the unit 'gem' is declared twice
)");
}

TEST_CASE("a beginning of names is one model's, and nothing but a beginning", "[rating][unit]") {
  const std::string head = "catalogue: t\ncurrency: CNY\ntime_zone: UTC\nmodels:\n";
  CHECK(DiagnosticsOf(head + "  - {id: a, provider: p, alias: a-*}\n"
                             "  - {id: b, provider: p, alias: a-*}\n") ==
        "c.yaml:6: models[1].alias: the name 'a-*' is already used for a model at line 5\n");
  for (const char* wrong : {"*", "a**", "a*b", "a *"}) {
    INFO(wrong);
    CHECK(DiagnosticsOf(head + "  - {id: a, provider: p, alias: \"" + wrong + "\"}\n")
              .find("with a * behind them for all names that begin so") != std::string::npos);
  }
  CHECK(DiagnosticsOf(head + "  - {id: a*, provider: p}\n").find("models[0].id") !=
        std::string::npos);
  const auto check = ParseCatalogue(head + "  - {id: a, provider: p, alias: [b, a-*]}\n", "c.yaml");
  REQUIRE(check.catalogue.has_value());
  const auto again = ParseCatalogue(FormatCatalogue(*check.catalogue), "again.yaml");
  REQUIRE(again.catalogue.has_value());
  CHECK(*again.catalogue == *check.catalogue);
}

TEST_CASE("text that is no YAML, or YAML beyond the language, is a diagnostic", "[rating][unit]") {
  CHECK(DiagnosticsOf("") == "c.yaml: expected a map of keys and values, found nothing\n");
  CHECK(DiagnosticsOf("- 1\n") == "c.yaml:1: expected a map of keys and values, found a list\n");
  CHECK(DiagnosticsOf("a: [1\nb: 2\n").rfind("c.yaml:", 0) == 0);
  CHECK(DiagnosticsOf("a: &x 1\nb: *x\n") ==
        "c.yaml:1: found an anchor (&name): anchors and aliases are not part of the language\n"
        "c.yaml:2: found an alias (*name): anchors and aliases are not part of the language\n");
  CHECK(DiagnosticsOf("a: 1\n---\nb: 1\n") ==
        "c.yaml: expected one document, found a second one\n");
  CHECK(DiagnosticsOf("a: " + std::string(17, '[') + std::string(17, ']')) ==
        "c.yaml:1: expected at most 16 levels of nesting\n");
  CHECK_FALSE(DiagnosticsOf("a: " + std::string(100'000, '[')).empty());
  CHECK(DiagnosticsOf(std::string(kCatalogueBytesMax + 1, ' ')) ==
        "c.yaml: expected at most 3145728 bytes, found 3145729\n");
}

TEST_CASE("a catalogue with too many faults says that there are more", "[rating][unit]") {
  std::string text = kHead;
  for (int i = 0; i < 500; ++i) text += "k" + std::to_string(i) + ": 1\n";
  const CatalogueCheck check = ParseCatalogue(text, "c.yaml");
  REQUIRE(check.diagnostics.size() == kDiagnosticsMax);
  CHECK(check.diagnostics.back().message == "more than 199 faults; the others are not shown");
}

TEST_CASE("no damaged text does more than give diagnostics", "[rating][property]") {
  const uint64_t seed = testing::Seed(8);
  INFO(testing::SeedNote(seed));
  Random random(seed);
  const std::string whole = ReadFile(OCS_CATALOGUES "/operators.yaml");
  int accepted = 0;
  for (int round = 0; round < 400; ++round) {
    std::string text = whole;
    for (int64_t i = random.Between(1, 6); i > 0; --i) {
      const auto at = static_cast<size_t>(random.Below(static_cast<int64_t>(text.size())));
      if (random.OneIn(2)) {
        text[at] = static_cast<char>(random.Below(256));
      } else {
        text.erase(at, static_cast<size_t>(random.Between(1, 30)));
      }
    }
    const CatalogueCheck check = ParseCatalogue(text, "c.yaml");
    REQUIRE(check.catalogue.has_value() == check.diagnostics.empty());
    if (!check.catalogue) continue;
    ++accepted;
    REQUIRE(Tariff::Compile(*check.catalogue, 1)->model_count() == check.catalogue->models.size());
  }
  CHECK(accepted > 0);  // Damage to comments and names is none.
  CHECK(accepted < 400);
}

TEST_CASE("prices are exact: decimals become reduced ratios of micros", "[rating][unit]") {
  const CatalogueCheck check = ParseCatalogue(std::string(kHead) + R"(price_books:
  - id: b
    rules:
      - {model: m1, per: 1M tokens, input: 0.27, cache_read: 0.07, output: 1.10,
         request: 0.01 per 1 request}
      - {model: m2, per: 1K tokens, tokens: 0.000000000001}
      - {class: big, per: 3 points, price: 1}
)",
                                              "c.yaml");
  REQUIRE(check.catalogue.has_value());
  const std::vector<RateRule>& rules = check.catalogue->books[0].rules;
  const auto of = [&](size_t rule, TokenKind kind) {
    return rules[rule].ratios[static_cast<size_t>(kind)];
  };
  CHECK(of(0, TokenKind::kInput) == Ratio{27, 100});
  CHECK(of(0, TokenKind::kCacheRead) == Ratio{7, 100});
  CHECK(of(0, TokenKind::kCacheWrite5m) == Ratio{27, 100});  // Falls back to input.
  CHECK(of(0, TokenKind::kOutput) == Ratio{11, 10});
  CHECK(of(0, TokenKind::kReasoning) == Ratio{11, 10});  // Falls back to output.
  CHECK(of(0, TokenKind::kRequest) == Ratio{10'000, 1});
  CHECK_FALSE(of(0, TokenKind::kAudioInput).stated());
  CHECK(of(1, TokenKind::kImageOutput) == Ratio{1, 1'000'000'000});
  CHECK_FALSE(of(1, TokenKind::kRequest).stated());
  CHECK(rules[2].per_unit == Unit::Of("point"));
  CHECK(rules[2].unit_price == Ratio{1'000'000, 3});
}

}  // namespace ocs::rating
