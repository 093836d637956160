#include "rating/diff.h"

#include "ocs/base/random.h"
#include "tests/rating/generator.h"
#include "tests/rating/support.h"
#include "tests/support/seed.h"

namespace ocs::rating {
namespace {

constexpr const char* kBefore = R"(catalogue: before
currency: CNY
time_zone: Asia/Shanghai
models:
  - {id: m1, provider: p, class: big}
  - {id: m2, provider: p}
  - {id: old, provider: q}
units:
  - {unit: point, burn: [{any: true, tokens: 1}, {model: m1, tokens: 2}]}
price_books:
  - id: b
    rules:
      - {model: m1, per: 1M tokens, input: 2, output: 8, image: 0.04 per 1 image}
      - {model: m1, product: office, per: 1M tokens, tokens: 0}
      - {model: m2, per: 1M tokens, tokens: 3, minimum: 0.01}
      - model: old
        per: 1M tokens
        tiers: {form: graduated, per: month, steps: [{up_to: 1M, tokens: 4, flat: 5}, {tokens: 3}]}
    adjustments:
      - {name: night, any: true, hours: 00:00-08:00, factor: 0.8}
offers:
  - id: o
    name: Offer
    charge_code: O
    fee: 9.9
    prices: b
    grants:
      - {name: g, unit: token, amount: 10M, validity: 1 month, covers: {model: m1},
         weights: [{any: true, cache_read: 0.1}], when_used_up: stop}
  - {id: gone, name: Gone, charge_code: GONE, fee: 1}
)";

Catalogue Parse(std::string_view text) {
  INFO(text << DiagnosticsOf(text));
  CatalogueCheck check = ParseCatalogue(text, "c.yaml");
  REQUIRE(check.catalogue.has_value());
  return *check.catalogue;
}

std::string Replaced(std::string text, const std::vector<std::pair<std::string, std::string>>& by) {
  for (const auto& [from, to] : by) {
    const size_t at = text.find(from);
    OCS_CHECK(at != std::string::npos);
    text.replace(at, from.size(), to);
  }
  return text;
}

// The changes, one per line, of kBefore with these replacements.
std::string ChangesWith(const std::vector<std::pair<std::string, std::string>>& by) {
  std::string all;
  for (const Change& change : CompareTariffs(Parse(kBefore), Parse(Replaced(kBefore, by)))) {
    all += change.ToString() + "\n";
  }
  return all;
}

}  // namespace

TEST_CASE("the price of a piece of a unit is told as one", "[rating][unit]") {
  const std::string in_points =
      Replaced(kBefore, {{"{model: m2, per: 1M tokens, tokens: 3, minimum: 0.01}",
                          "{model: m2, price: 1, per: 250000 point}"}});
  const std::vector<Change> changes =
      CompareTariffs(Parse(in_points), Parse(Replaced(in_points, {{"price: 1,", "price: 1.1,"}})));
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].ToString() ==
        "price_rises: price book b, model m2, price of a point: 0.000004 per 1 point -> "
        "0.0000044 per 1 point (+10 %)");
}

TEST_CASE("prices that rise or fall are told by kind with the exact ratio", "[rating][unit]") {
  CHECK(ChangesWith({{"input: 2, output: 8", "input: 3, output: 7"}, {"0.04 per", "0.05 per"}}) ==
        "price_rises: price book b, model m1, input: 2 per 1M tokens -> 3 per 1M tokens (+50 %)\n"
        "price_rises: price book b, model m1, cache_read: 2 per 1M tokens -> 3 per 1M tokens "
        "(+50 %)\n"
        "price_rises: price book b, model m1, cache_write_5m: 2 per 1M tokens -> 3 per 1M tokens "
        "(+50 %)\n"
        "price_rises: price book b, model m1, cache_write_1h: 2 per 1M tokens -> 3 per 1M tokens "
        "(+50 %)\n"
        "price_rises: price book b, model m1, image: 0.04 per 1 image -> 0.05 per 1 image "
        "(+25 %)\n"
        "price_falls: price book b, model m1, output: 8 per 1M tokens -> 7 per 1M tokens "
        "(-12.5 %)\n"
        "price_falls: price book b, model m1, reasoning: 8 per 1M tokens -> 7 per 1M tokens "
        "(-12.5 %)\n");
  const auto changes =
      CompareTariffs(Parse(kBefore), Parse(Replaced(kBefore, {{"input: 2,", "input: 3,"}})));
  REQUIRE(changes.size() == 4);
  CHECK(changes[0].factor == Ratio{3, 2});
}

TEST_CASE("what was free and is not has no ratio; minimum, steps and flats are prices too",
          "[rating][unit]") {
  const auto changes =
      CompareTariffs(Parse(kBefore), Parse(Replaced(kBefore, {{"tokens: 0}", "tokens: 1}"}})));
  REQUIRE(changes.size() == 10);
  CHECK(changes[0].kind == ChangeKind::kPriceRises);
  CHECK(changes[0].where == "price book b, model m1 {product: office}, input");
  CHECK_FALSE(changes[0].factor.stated());
  CHECK(ChangesWith({{"minimum: 0.01", "minimum: 0.02"}, {"flat: 5", "flat: 4"}}) ==
        "price_rises: price book b, model m2, minimum: 0.01 -> 0.02 (+100 %)\n"
        "price_falls: price book b, model old, step 1, flat: 5.00 -> 4.00 (-20 %)\n");
}

TEST_CASE("models that lose their price, and everything that is gone or new, are told",
          "[rating][unit]") {
  CHECK(ChangesWith({{"{model: m2, per: 1M tokens, tokens: 3, minimum: 0.01}",
                      "{provider: q, per: 1M tokens, tokens: 5}"}}) ==
        "model_loses_price: price book b, model m2: priced -> not sold\n"
        "rule_gone: price book b, model m2: {per: 1M tokens, tokens: 3, minimum: 0.01} -> "
        "nothing\n"
        "rule_added: price book b, provider q: nothing -> {per: 1M tokens, tokens: 5}\n");
  CHECK(ChangesWith({{"  - {id: gone, name: Gone, charge_code: GONE, fee: 1}",
                      "  - {id: new, name: New, charge_code: NEW, fee: 2}"}}) ==
        "offer_gone: offer gone: {id: gone, name: Gone, charge_code: GONE, fee: 1.00, currency: "
        "CNY} -> nothing\n"
        "offer_added: offer new: nothing -> {id: new, name: New, charge_code: NEW, fee: 2.00, "
        "currency: CNY}\n");
}

TEST_CASE("offers, grants, weights, burn factors and adjustments are compared key by key",
          "[rating][unit]") {
  CHECK(ChangesWith({{"fee: 9.9", "fee: 12"},
                     {"amount: 10M, validity: 1 month", "amount: 8M, validity: 30 days"},
                     {"cache_read: 0.1", "cache_read: 0.2"},
                     {"{model: m1, tokens: 2}", "{model: m1, tokens: 2, output: 3}"},
                     {"factor: 0.8", "factor: 0.9"}}) ==
        "price_rises: unit point, model m1, output: 2 -> 3 (+50 %)\n"
        "price_rises: unit point, model m1, reasoning: 2 -> 3 (+50 %)\n"
        "price_rises: offer o, grant g, any model, cache_read: 0.1 -> 0.2 (+100 %)\n"
        "offer_changed: offer o, fee: 9.90 -> 12.00\n"
        "grant_changed: offer o, grant g, amount: 10000000 -> 8000000\n"
        "grant_changed: offer o, grant g, validity: 1 month -> 30 days\n"
        "grant_changed: offer o, grant g, share: 9.90 -> 12.00\n"
        "other: price book b, adjustment night, factor: 0.8 -> 0.9\n");
}

TEST_CASE("equal catalogues have no changes, and generated ones compare", "[rating][property]") {
  OCS_SEEDED_RANDOM(random, 32);
  std::optional<Catalogue> last;
  int told = 0;
  for (int round = 0; round < 200; ++round) {
    const auto check = ParseCatalogue(CatalogueGenerator(&random).Make().Text(), "g.yaml");
    if (!check.catalogue) continue;
    REQUIRE(CompareTariffs(*check.catalogue, *check.catalogue).empty());
    if (last && *last != *check.catalogue) {
      REQUIRE_FALSE(CompareTariffs(*last, *check.catalogue).empty());
      ++told;
    }
    last = check.catalogue;
  }
  CHECK(told > 50);
}

}  // namespace ocs::rating
