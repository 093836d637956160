// Random catalogues as text: most of the language, and accepted more often than not.

#ifndef TESTS_RATING_GENERATOR_H_
#define TESTS_RATING_GENERATOR_H_

#include <algorithm>
#include <string>
#include <vector>

#include "ocs/base/random.h"
#include "ocs/base/text.h"

namespace ocs::rating {

/// The parts of a catalogue, so that a test may shuffle what must not depend on order.
struct GeneratedCatalogue {
  std::string head;
  std::vector<std::string> rules;        ///< Of the book "retail".
  std::vector<std::string> adjustments;  ///< Of that book.
  std::string offers;

  std::string Text() const {
    std::string text = head + "  - id: retail\n    tax: vat\n    rules:\n";
    for (const std::string& rule : rules) text += "      - " + rule + "\n";
    if (!adjustments.empty()) text += "    adjustments:\n";
    for (const std::string& adjustment : adjustments) text += "      - " + adjustment + "\n";
    return text + offers;
  }
};

class CatalogueGenerator final {
 public:
  explicit CatalogueGenerator(Random* random) : random_(*random) {}

  GeneratedCatalogue Make() {
    GeneratedCatalogue made;
    made.head = kHead;
    // A few conditions shared by many rules, so that strengths tie and overlaps happen.
    for (int64_t i = random_.Between(1, 8); i > 0; --i) made.rules.push_back(Rule());
    for (int64_t i = random_.Between(0, 3); i > 0; --i) {
      made.adjustments.push_back(Cat("{name: a", i, ", ", Matcher(), Conditions(3),
                                     ", factor: ", Pick({"0", "0.8", "1.25", "3"}), "}"));
    }
    made.offers =
        "offers:\n  - {id: o, name: O, charge_code: O, fee: 0, prices: retail}\n" + Plan();
    return made;
  }

 private:
  static constexpr const char* kHead = R"(catalogue: generated
currency: CNY
time_zone: Asia/Shanghai
calendars:
  - {calendar: autumn, days: [2026-10-01..2026-10-08, 2026-09-25]}
  - {calendar: spring, days: 2026-02-17}
taxes:
  - {tax: vat, name: "VAT \"6\" %", rate: 6}
  - {tax: low, name: low, rate: 0.25}
models:
  - {id: m1, provider: p, family: f, class: [big, new], alias: m1-latest}
  - {id: m2, provider: p, family: f, class: big}
  - {id: m3, provider: q, class: new}
  - {id: "null", provider: q}
units:
  - unit: point
    shown_per: 1000
    burn: [{any: true, tokens: 1}, {model: m1, hours: 08:00-20:00, tokens: 2.5, output: 3}]
  - {unit: request}
  - {unit: gem, name: Gems}
exchange:
  - {from: USD, to: CNY, rate: 7.1, from_time: 2026-01-01T00:00:00+08:00}
  - {from: USD, to: CNY, rate: 7, from_time: 2026-07-01T00:00:00+08:00}
price_books:
  - id: cost
    kind: wholesale
    currency: USD
    rules:
      - {any: true, per: 1M tokens, tokens: 1, request: 0.001 per 3 requests}
      - {class: big, prompt: 200K+, per: 1M tokens, input: 2, output: 9, audio_input: 3}
)";

  std::string Pick(const std::vector<std::string>& texts) {
    return texts[static_cast<size_t>(random_.Below(static_cast<int64_t>(texts.size())))];
  }

  std::string Matcher() {
    return Pick({"any: true", "any: true", "provider: p", "class: big", "class: [big, new]",
                 "family: f", "model: m1", "model: [m2, m3]", "model: \"null\"",
                 "provider: q, model: m1"});
  }

  // ", key: value" for each condition; a key once in `rarity` times.
  std::string Conditions(int64_t rarity) {
    const std::vector<std::vector<std::string>> kKeys = {
        {"product: office", "product: mail", "product: [office, mail]"},
        {"scenario: agent"},
        {"service_tier: batch", "service_tier: [standard, flex]"},
        {"region: \"\u4e0a\u6d77\"", "region: north"},
        {"segment: campus"},
        {"prompt: 0-32K", "prompt: 32K-128K", "prompt: 128_000+"},
        {"from: 2026-03-01T00:00:00Z", "until: 2026-08-01T00:00:00.250Z",
         "from: 2026-03-01T00:00:00Z, until: 2026-04-01T00:00:00Z"},
        {"hours: 08:00-20:00", "hours: 20:00-08:00", "hours: 22:30-24:00, zone: UTC"},
        {"weekdays: mon-fri", "weekdays: [sat, sun]"},
        {"holidays: autumn", "workdays: autumn", "workdays: spring"},
        {"first: 30 days", "first: 1 month"}};
    std::string text;
    for (const auto& values : kKeys) {
      if (random_.OneIn(rarity)) text += ", " + Pick(values);
    }
    return text;
  }

  std::string Rule() {
    const std::string head = "{" + Matcher() + Conditions(6);
    const std::string tail =
        Pick({"", "", ", tax: low", ", charge_code: X, name: \"a: b # c\""}) + "}";
    return head +
           Pick({", per: 1M tokens, input: 0.27, cache_read: 0.07, output: 1.1",
                 ", per: 3 tokens, tokens: 0.01, image: 0.04 per 1 image",
                 ", per: 1K tokens, input: 1, output: 2, tokens: 3, minimum: 0.01",
                 ", price: 1, per: 250000 point", ", percent: 105.5, of: cost",
                 ", per: 1M tokens, tokens: 4, maximum: 5, maximum_per: month",
                 ", per: 1M tokens, image: 1 per 7 images, tiers: {form: graduated, per: day, "
                 "steps: [{up_to: 1M, tokens: 4, flat: 2}, {repeat: 3, steps: [{up_to: 10, "
                 "tokens: 2}, {up_to: 100, tokens: 0}]}, {stop: true}]}",
                 ", per: 1 second, tiers: {form: volume, per: sliding 90 minutes, of: second, "
                 "steps: [{up_to: 60, second: 0.01}, {second: 0.003}]}"}) +
           tail;
  }

  std::string Plan() {
    const std::string kind =
        Pick({"unit: token\n        amount: 1.5M", "unit: point\n        amount: unlimited",
              "unit: request\n        amount: 1_200", "unit: CNY\n        amount: 9.9"});
    return Cat(
        "  - id: plan\n    name: \"Plan: \\\\ 1\"\n    charge_code: PLAN\n    fee: ",
        Pick({"0", "9.99", "500 gem"}), "\n    prices: retail\n    renews: cycle\n",
        Pick({"", "    first_cycle: pro_rata\n    cycles: 3\n", "    at_most: 5 per month\n"}),
        Pick({"", "    tax: low\n", "    sold: {segments: [a, b], from: 2026-01-01T00:00:00Z}\n"}),
        "    switches: [{id: s, name: S, at_first: ", Pick({"on", "off"}),
        ", locked_while: g}]\n    limits: [{name: l, unit: ", Pick({"CNY", "token", "request"}),
        ", amount: 7, per: ", Pick({"month", "sliding 1 second", "lifetime"}),
        ", alerts: [50, 100]}]\n    grants:\n      - name: g\n        ", kind,
        "\n        validity: ",
        Pick({"1 month", "none", "cycle", "6 hours", "until 2026-12-31T00:00:00+08:00"}),
        "\n        covers: {", Pick({"any: true", "class: big", "any: true, product: office"}),
        Pick({"", ", kinds: [input, output]"}), "}\n        when_used_up: ",
        Pick({"stop", "bill_on", "wait", "throttle", "{then: bill_on, unless: s}",
              "{then: fallback, model: m3}", "{then: buy, at_most: 3 per month}"}),
        "\n", Pick({"", "        limits: [{name: w, amount: 5, per: week, per_member: yes}]\n"}));
  }

  Random& random_;
};

}  // namespace ocs::rating

#endif  // TESTS_RATING_GENERATOR_H_
