// Offers that live: they renew, refill, carry over, are bought by themselves.

#ifndef TESTS_ENGINE_LIFE_CATALOGUE_H_
#define TESTS_ENGINE_LIFE_CATALOGUE_H_

namespace ocs::engine::tests {

/// The clock of the tests begins on 2026-05-17, 14:40 in Shanghai.
inline constexpr char kLifeCatalogue[] = R"(
catalogue: life
currency: CNY
time_zone: Asia/Shanghai
units:
  - unit: loyalty_point
    burn:
      - {class: other, tokens: 1}
models:
  - {id: plain, provider: acme, class: cheap}
  - {id: side, provider: acme, class: other}
taxes:
  - {tax: vat-6, name: VAT, rate: 6}
price_books:
  - id: book
    rules:
      - {model: plain, per: 1M tokens, tokens: 2}
offers:
  - {id: pay, name: Pay per use, charge_code: PAY, fee: 0, prices: book}
  - id: monthly
    name: By the month
    charge_code: MONTHLY
    fee: 31
    renews: month
    first_cycle: pro_rata
    prices: book
    grants:
      - name: tokens of the month
        unit: token
        amount: 3_100
        validity: cycle
        covers: {class: cheap}
        when_used_up: bill_on
        carry_over: {cycles: 1, at_most: 1_000, drawn: first}
  - id: cycle
    name: From the day of purchase
    charge_code: CYCLE
    fee: 10
    renews: cycle
    cycles: 3
    grants:
      - name: cycle tokens
        unit: token
        amount: 1_000
        validity: cycle
        covers: {class: cheap}
        when_used_up: stop
        carry_over: {cycles: 2, drawn: last}
    limits:
      - {name: hundred a day, unit: token, amount: 100, per: day, alerts: [50, 100]}
  - id: daily
    name: Refilled every day
    charge_code: DAILY
    fee: 30
    grants:
      - name: ten a day
        unit: token
        amount: 10
        validity: until 2026-06-16T00:00:00+08:00
        refill: day
        covers: {class: cheap}
        when_used_up: wait
  - id: hourly
    name: Refilled every hour
    charge_code: HOURLY
    fee: 7.2
    grants:
      - {name: ten an hour, unit: token, amount: 10, validity: 30 days, refill: hour,
         covers: {class: cheap}, when_used_up: wait}
  - id: seat
    name: A seat
    charge_code: SEAT
    fee: 9.9
    renews: month
    grants:
      - {name: seat tokens, unit: token, amount: 500, validity: cycle, covers: {class: cheap},
         when_used_up: stop}
  - id: trial
    name: Once
    charge_code: TRIAL
    fee: 0
    once_per_customer: true
    sold: {from: 2026-05-01T00:00:00+08:00, until: 2026-06-01T00:00:00+08:00, segments: [founders]}
    grants:
      - {name: trial tokens, unit: token, amount: 100, validity: 30 days, starts: first_use,
         covers: {class: cheap}, when_used_up: stop}
  - id: pack
    name: A pack
    charge_code: PACK
    fee: 1
    at_most: 2 per month
    grants:
      - name: pack tokens
        unit: token
        amount: 100
        validity: 30 days
        covers: {class: cheap}
        when_used_up: {then: buy, at_most: 1 per month}
  - id: points
    name: Points
    charge_code: POINTS
    fee: 5
    grants:
      - {name: loyalty, unit: loyalty_point, amount: 300, validity: none, covers: {class: other},
         when_used_up: stop}
  - id: gift
    name: For points
    charge_code: GIFT
    fee: 200 loyalty_point
    grants:
      - {name: gift tokens, unit: token, amount: 50, validity: 30 days, covers: {class: cheap},
         when_used_up: stop}
  - id: bundle
    name: Tokens, desktop, assistant
    charge_code: BUNDLE
    fee: 100
    tax: vat-6
    parts:
      - {name: tokens, charge_code: B-TOK, share: 60, grant: bundle tokens}
      - {name: desktop, charge_code: B-DESK, share: 30}
      - {name: assistant, charge_code: B-ASSIST, share: 10}
    grants:
      - {name: bundle tokens, unit: token, amount: 600, validity: 30 days, covers: {class: cheap},
         when_used_up: stop}
  - id: guarded
    name: Free quota only
    charge_code: GUARDED
    fee: 0
    prices: book
    switches:
      - {id: free_only, name: Free quota only, at_first: off, locked_while: free tokens}
    grants:
      - name: free tokens
        unit: token
        amount: 100
        validity: 30 days
        covers: {class: cheap}
        when_used_up: {then: bill_on, unless: free_only}
)";

}  // namespace ocs::engine::tests

#endif  // TESTS_ENGINE_LIFE_CATALOGUE_H_
