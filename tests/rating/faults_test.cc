// Each fault of conditions, tiers, adjustments, money and subscriptions, as its author reads it.

#include "rating/catalogue.h"
#include "tests/rating/fault_cases.h"

namespace ocs::rating {
namespace {

// Under kHead: calendars, exchange and the rest, each fault once.
const std::vector<FaultCase> kConditionCases = {
    {"conditions that are none", R"(price_books:
  - id: b
    rules:
      - {model: m1, prompt: 32K-8K, weekdays: mon-fry, holidays: eid, first: 0 days,
         per: 1M tokens, input: 1}
      - {model: m2, product: [], per: 1M tokens, input: 1}
      - {model: m3, family: glm, per: 1M tokens, input: 1}
)",
     "c.yaml:13: price_books[0].rules[0].prompt: expected a band such as 0-32K, 32K-128K or 128K+, "
     "found '32K-8K'\n"
     "c.yaml:13: price_books[0].rules[0].weekdays: expected days of the week such as mon-fri or "
     "[sat, sun], found 'mon-fry'\n"
     "c.yaml:13: price_books[0].rules[0].holidays: unknown calendar 'eid'\n"
     "c.yaml:13: price_books[0].rules[0].first: expected a time such as '1 month' or '30 days', "
     "found '0 days'\n"
     "c.yaml:15: price_books[0].rules[1].product: expected a product or a list of them, found an "
     "empty list\n"
     "c.yaml:16: price_books[0].rules[2].family: unknown family 'glm': no model has it\n"},
    {"rules that only conditions tell apart, and do not", R"(price_books:
  - id: b
    rules:
      - {any: true, product: [x, y], per: 1M tokens, input: 1}
      - {any: true, product: [y, z], per: 1M tokens, input: 2}
      - {any: true, product: w, prompt: 0-32K, per: 1M tokens, input: 3}
      - {any: true, product: w, prompt: 31K+, per: 1M tokens, input: 4}
      - {any: true, weekdays: mon-fri, per: 1M tokens, input: 5}
      - {any: true, weekdays: fri, per: 1M tokens, input: 6}
)",
     "c.yaml:14: price_books[0].rules[1]: lines 13 and 14 both hold for any model at the same time "
     "and neither is narrower\n"
     "c.yaml:16: price_books[0].rules[3]: lines 15 and 16 both hold for any model at the same time "
     "and neither is narrower\n"
     "c.yaml:18: price_books[0].rules[5]: lines 17 and 18 both hold for any model at the same time "
     "and neither is narrower\n"},
    {"tiers that are none", R"(price_books:
  - id: b
    rules:
      - model: m1
        per: 1M tokens
        tiers: {form: stairs, per: year, of: tokens, steps: [{up_to: 5, tokens: 1}]}
      - model: m2
        per: 1M tokens
        tiers: {form: volume, per: month, steps: [{up_to: 5, tokens: 1}, {tokens: 2}]}
      - model: m3
        per: 1M tokens
        tiers:
          form: graduated
          per: month
          steps:
            - {up_to: 5, tokens: 1}
            - {up_to: 5, input: 1}
            - {stop: true, tokens: 1}
            - {repeat: 0, steps: [{tokens: 1}]}
)",
     "c.yaml:15: price_books[0].rules[0].tiers.form: expected graduated or volume, found 'stairs'\n"
     "c.yaml:15: price_books[0].rules[0].tiers.per: expected one of month day week cycle hour call "
     "lifetime 'sliding 5 hours', found 'year'\n"
     "c.yaml:15: price_books[0].rules[0].tiers.steps: the last step needs no 'up_to', or 'stop: "
     "true'\n"
     "c.yaml:18: price_books[0].rules[1].tiers.steps: volume prices may not rise, and input does "
     "in "
     "step 2\n"
     "c.yaml:24: price_books[0].rules[2].tiers.steps: each step prices the same kinds: output has "
     "a "
     "price in step 1 and none in step 2; what is free is written as 0\n"
     "c.yaml:26: price_books[0].rules[2].tiers.steps[1].up_to: expected a count above the step "
     "before's, such as 100M, found '5'\n"
     "c.yaml:27: price_books[0].rules[2].tiers.steps[2].tokens: a step that stops sells nothing\n"
     "c.yaml:28: price_books[0].rules[2].tiers.steps[3].repeat: expected a number from 1 to 1000, "
     "found '0'\n"
     "c.yaml:28: price_books[0].rules[2].tiers.steps[3].steps[0]: is never reached: the step "
     "before "
     "has no end\n"
     "c.yaml:28: price_books[0].rules[2].tiers.steps[3].steps[0]: each step of a group needs "
     "'up_to'\n"},
    {"bounds and prices of other books", R"(price_books:
  - id: b
    rules:
      - {model: m1, per: 1M tokens, input: 1, minimum: 2, maximum: 1}
      - {model: m2, per: 1M tokens, input: 1, maximum_per: month}
      - {model: m3, percent: 105.5, of: a, input: 1}
      - {class: big, percent: 1.2345678, of: c}
  - {id: c, rules: [{any: true, percent: 100, of: b}, {model: m1, percent: 100, of: usd}]}
  - {id: usd, currency: USD, rules: [{any: true, per: 1M tokens, input: 1}]}
)",
     "c.yaml:13: price_books[0].rules[0].maximum: is below the minimum\n"
     "c.yaml:14: price_books[0].rules[1].maximum_per: has no meaning without 'maximum'\n"
     "c.yaml:15: price_books[0].rules[2].percent: a rule has prices of its own or takes another "
     "book's, not both\n"
     "c.yaml:15: price_books[0].rules[2].of: unknown price book 'a'; did you mean 'b'?\n"
     "c.yaml:16: price_books[0].rules[3].percent: expected per cent of the other book's prices, "
     "such as 105.5, with at most 6 decimals, found '1.2345678'\n"
     "c.yaml:17: price_books[1].rules[0].of: the price book 'b' takes its prices from this one: "
     "prices go round in a circle\n"
     "c.yaml:17: price_books[1].rules[1].of: this book is in CNY, the price book 'usd' in USD, and "
     "'exchange' has no rate from USD to CNY\n"},
    {"adjustments", R"(price_books:
  - id: b
    rules: [{any: true, per: 1M tokens, input: 1}]
    adjustments:
      - {name: a, any: true, percent: -101}
      - {name: a, any: true, percent: 5, factor: 2}
      - {any: true}
)",
     "c.yaml:14: price_books[0].adjustments[0].percent: expected a change in per cent such as -20, "
     "not below -100, found '-101'\n"
     "c.yaml:15: price_books[0].adjustments[1].name: is already the name of the adjustment at line "
     "14\n"
     "c.yaml:15: price_books[0].adjustments[1].factor: stands beside 'percent'; expected one of "
     "the "
     "two\n"
     "c.yaml:16: price_books[0].adjustments[2].name: is missing; expected a name for people\n"
     "c.yaml:16: price_books[0].adjustments[2].factor: is missing; expected 'percent: -20' or "
     "'factor: 3'\n"},
    {"more adjustments than may hold together, and a product that does not fit", R"(price_books:
  - id: b
    rules:
      - {model: m1, per: 1M tokens, input: 9000000000000}
      - {model: m2, per: 1M tokens, input: 1}
    adjustments:
      - {name: a, model: m1, factor: 9999999}
      - {name: b, class: big, product: x, factor: 2}
      - {name: c, class: big, product: x, factor: 2}
      - {name: d, class: big, product: x, factor: 2}
      - {name: e, class: big, product: x, factor: 2}
      - {name: f, class: big, product: x, factor: 2}
      - {name: g, class: big, product: x, factor: 2}
      - {name: h, model: m2, factor: 2}
)",
     "c.yaml:13: price_books[0].rules[0]: expected at most 6 adjustments that may hold together, "
     "found 7\n"
     "c.yaml:14: price_books[0].rules[1]: expected at most 6 adjustments that may hold together, "
     "found 7\n"},
    {"a product that does not fit", R"(price_books:
  - id: b
    rules: [{model: m1, per: 1M tokens, input: 9000000000000}]
    adjustments: [{name: a, model: m1, factor: 9999999}]
)",
     "c.yaml:12: price_books[0].rules[0]: times its factors, adjustments and exchange rates this "
     "does not fit 64 bits\n"},
    {"calendars, taxes, exchange rates, wholesale", R"(calendars:
  - {calendar: c, days: [2026-02-30, 2026-10-08..2026-10-01]}
taxes:
  - {tax: t, name: T, rate: 6.125}
exchange:
  - {from: USD, to: CNY, rate: 0, from_time: 2026-01-01T00:00:00Z}
  - {from: USD, to: CNY, rate: 7, from_time: 2026-01-01T00:00:00Z}
price_books:
  - {id: w, kind: wholesale, tax: u, rules: [{any: true, per: 1M tokens, input: 1}]}
wholesale: [{book: w}, {book: w}, {book: v}]
offers:
  - {id: o, name: O, charge_code: O, fee: 0, prices: w}
)",
     "c.yaml:11: calendars[0].days[0]: expected days such as 2026-10-01 or 2026-10-02..2026-10-08, "
     "found '2026-02-30'\n"
     "c.yaml:11: calendars[0].days[1]: expected days such as 2026-10-01 or 2026-10-02..2026-10-08, "
     "found '2026-10-08..2026-10-01'\n"
     "c.yaml:13: taxes[0].rate: expected per cent such as 6 or 8.25, at most 100, with at most 2 "
     "decimals, found '6.125'\n"
     "c.yaml:15: exchange[0].rate: expected what one of the first is worth in the second, such as "
     "7.1, found '0'\n"
     "c.yaml:16: exchange[1]: lines 15 and 16 both begin at the same time\n"
     "c.yaml:18: price_books[0].tax: unknown tax 'u'; did you mean 't'?\n"
     "c.yaml:19: wholesale[1].book: names 'w' twice\n"
     "c.yaml:19: wholesale[2].book: unknown price book 'v'; did you mean 'w'?\n"
     "c.yaml:21: offers[0].prices: the price book 'w' says what models cost us; expected a retail "
     "book, which may take its prices from it with 'percent' and 'of'\n"},
};

const std::vector<FaultCase> kSubscriptionCases = {
    {"cycles, fees, parts, switches, limits", R"(offers:
  - id: o
    name: O
    charge_code: O
    fee: 500 gold
    cycles: 12
    at_most: 5 a month
    once_per_customer: maybe
    sold: {from: 2026-02-01T00:00:00Z, until: 2026-01-01T00:00:00Z}
    switches: [{id: s, name: S, at_first: yes, locked_while: nothing}]
    limits:
      - {name: l, amount: 5, per: year}
      - {name: l, amount: 0, unit: CNY, per: day, alerts: [80, 50], alert_only: yes}
  - id: p
    name: P
    charge_code: P
    fee: 100
    parts: [{name: a, charge_code: PA, share: 60, grant: g}]
)",
     "c.yaml:14: offers[0].fee: expected a fee such as 9.9, or 0, or so many of a declared unit, "
     "found '500 gold'\n"
     "c.yaml:15: offers[0].cycles: has no meaning without 'renews'\n"
     "c.yaml:16: offers[0].at_most: expected '5 per month', found '5 a month'\n"
     "c.yaml:17: offers[0].once_per_customer: expected yes or no, found 'maybe'\n"
     "c.yaml:18: offers[0].sold.until: expected an instant after 'from'\n"
     "c.yaml:19: offers[0].switches[0].at_first: expected on or off, found 'yes'\n"
     "c.yaml:19: offers[0].switches[0].locked_while: the offer has no grant 'nothing'\n"
     "c.yaml:21: offers[0].limits[0].unit: is missing; expected CNY, token or a declared unit\n"
     "c.yaml:21: offers[0].limits[0].per: expected one of hour day week month cycle lifetime "
     "'sliding 5 hours', found 'year'\n"
     "c.yaml:22: offers[0].limits[1].amount: expected an amount above 0 such as 100 or 10M, found "
     "'0'\n"
     "c.yaml:22: offers[0].limits[1].alerts[1]: expected per cents from 1 to 100, ascending, such "
     "as "
     "[50, 80, 100], found '50'\n"
     "c.yaml:22: offers[0].limits[1].name: the limit 'l' is there twice\n"
     "c.yaml:27: offers[1].parts[0].grant: the offer has no grant 'g'\n"
     "c.yaml:27: offers[1].parts: the shares are 60.00 together, the fee is 100.00\n"},
    {"grants", R"(price_books:
  - {id: b, rules: [{any: true, per: 1M tokens, input: 1}]}
offers:
  - id: o
    name: O
    charge_code: O
    fee: 10
    prices: b
    once_per_customer: yes
    grants:
      - name: a
        unit: token
        amount: unlimited
        validity: cycle
        refill: day
        share: 11
        carry_over: {cycles: 1}
        covers: {model: m1, kinds: [inputs]}
        when_used_up: {then: bill_on, unless: s, model: m2}
      - name: b
        unit: token
        amount: 1
        validity: none
        covers: {model: m2}
        when_used_up: {then: fallback, model: m9}
      - name: c
        unit: token
        amount: 1
        validity: none
        covers: {model: m3}
        when_used_up: {then: buy}
)",
     "c.yaml:13: offers[0].grants[2].when_used_up.offer: the offer 'o' is sold once per customer: "
     "it "
     "cannot be bought next\n"
     "c.yaml:19: offers[0].grants: the grants' shares are 11.00 together, the fee is 10.00\n"
     "c.yaml:23: offers[0].grants[0].validity: the offer has no cycle; expected 'renews' in the "
     "offer\n"
     "c.yaml:24: offers[0].grants[0].refill: an unlimited grant has nothing to refill\n"
     "c.yaml:26: offers[0].grants[0].carry_over: the offer has no cycle; expected 'renews' in the "
     "offer\n"
     "c.yaml:26: offers[0].grants[0].carry_over: an unlimited grant leaves nothing to carry\n"
     "c.yaml:26: offers[0].grants[0].carry_over: stands beside 'refill', which loses what is left\n"
     "c.yaml:27: offers[0].grants[0].covers.kinds[0]: unknown kind 'inputs'; did you mean "
     "'input'?\n"
     "c.yaml:28: offers[0].grants[0].when_used_up.model: has a meaning only beside 'then: "
     "fallback'\n"
     "c.yaml:28: offers[0].grants[0].when_used_up.unless: the offer has no switch 's'\n"
     "c.yaml:34: offers[0].grants[1].when_used_up.model: unknown model 'm9'; did you mean 'm1'?\n"},
    {"ends of units and of calls",
     R"(calls: {failed: gratis, refused: free, quota_holding_seconds: 2 days}
open_sessions: close
price_books: [{id: b, rules: [{any: true, per: 1M tokens, tokens: 1}]}]
offers:
  - {id: p, name: P, charge_code: P, fee: 0, prices: b, when_used_up: {then: redirect, to: shop}}
  - {id: q, name: Q, charge_code: Q, fee: 0, prices: b, when_used_up: restrict}
  - {id: r, name: R, charge_code: R, fee: 0, when_used_up: {then: restrict, to: "https://s.example"}}
  - id: s
    name: S
    charge_code: S
    fee: 0
    grants:
      - {name: a, unit: token, amount: 1, validity: none, covers: {model: m1}, when_used_up: redirect}
      - {name: b, unit: token, amount: 1, validity: none, covers: {model: m2}, when_used_up: {then: stop, to: "https://s.example"}}
)",
     "c.yaml:10: calls.refused: unknown key 'refused'; expected one of: failed, cancelled, "
     "moderated, quota_holding_seconds, note\n"
     "c.yaml:10: calls.failed: expected charged, prompt or free, found 'gratis'\n"
     "c.yaml:10: calls.quota_holding_seconds: expected a whole number of seconds from 0 to 86,400, "
     "found '2 days'\n"
     "c.yaml:11: open_sessions: expected keep or switch, found 'close'\n"
     "c.yaml:14: offers[0].when_used_up.to: expected an address such as "
     "https://example.com/top-up, sip:..., an IPv4 or an IPv6 address, found 'shop'\n"
     "c.yaml:15: offers[1].when_used_up: expected stop, {then: redirect, to: <address>} or {then: "
     "restrict, filters: [<name>]}, found 'restrict'\n"
     "c.yaml:16: offers[2].when_used_up.to: has no meaning beside 'then: restrict'\n"
     "c.yaml:16: offers[2].when_used_up: is about the money that prices are paid from: expected "
     "'prices'\n"
     "c.yaml:22: offers[3].grants[0].when_used_up: does not say where to; expected {then: "
     "redirect, to: <address>}\n"
     "c.yaml:23: offers[3].grants[1].when_used_up.to: has a meaning only beside 'then: "
     "redirect'\n"},
};

}  // namespace

TEST_CASE("each fault of conditions, tiers, bounds, adjustments and money is told",
          "[rating][unit]") {
  CheckCases(kConditionCases);
}

TEST_CASE("each fault of subscriptions is told", "[rating][unit]") {
  CheckCases(kSubscriptionCases);
}

}  // namespace ocs::rating
