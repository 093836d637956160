// A small catalogue whose amounts can be worked out by hand.

#ifndef TESTS_ENGINE_CATALOGUES_H_
#define TESTS_ENGINE_CATALOGUES_H_

namespace ocs::engine::tests {

/// Prices in micros of CNY: `plain` 2 an input token, 0.2 a cached one, 3 an output token; `odd`
/// one third of a micro a token. `pack` is 1,000 tokens of `plain` or `odd` for 10 CNY that stops;
/// `pack-on` the same, billed on; `bonus` is 10 CNY for 5.
inline constexpr char kSmallCatalogue[] = R"(
catalogue: small
currency: CNY
time_zone: Asia/Shanghai
models:
  - {id: plain, provider: acme, class: cheap, alias: simple}
  - {id: odd, provider: acme, class: cheap}
  - {id: unsold, provider: acme, class: dear}
price_books:
  - id: book
    rules:
      - {model: plain, per: 1M tokens, input: 2, cache_read: 0.2, output: 3}
      - {model: odd, per: 3M tokens, tokens: 1}
offers:
  - {id: pay, name: Pay per use, charge_code: PAY, fee: 0, prices: book}
  - id: pack
    name: A thousand tokens
    charge_code: PACK
    fee: 10
    grants:
      - name: 1,000 tokens
        unit: token
        amount: 1_000
        validity: 30 days
        covers: {class: cheap}
        when_used_up: stop
  - id: pack-on
    name: A thousand tokens and more
    charge_code: PACK-ON
    fee: 10
    prices: book
    grants:
      - name: 1,000 tokens
        unit: token
        amount: 1_000
        validity: 30 days
        covers: {class: cheap}
        when_used_up: bill_on
  - id: bonus
    name: Ten for five
    charge_code: BONUS
    fee: 5
    prices: book
    grants:
      - {name: ten, unit: CNY, amount: 10, validity: 30 days, covers: {class: cheap}, when_used_up: stop}
  - {id: short, name: A fee, charge_code: SHORT, fee: 1.5}
  - {id: dollars, name: In dollars, charge_code: USD, currency: USD, fee: 1}
)";

}  // namespace ocs::engine::tests

#endif  // TESTS_ENGINE_CATALOGUES_H_
