// Final units: CC-50 to CC-60 of docs/CREDIT_CONTROL.md.

#include <string>

#include "tests/engine/catalogues.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

// `pay` redirects, `shield` restricts, `pack` restricts at the end of its tokens, `plain` says
// nothing. A token is a micro.
constexpr char kEnds[] = R"(
catalogue: ends
currency: CNY
time_zone: Asia/Shanghai
models: [{id: m, provider: acme}]
price_books: [{id: book, rules: [{any: true, per: 1M tokens, tokens: 1}]}]
offers:
  - id: pay
    name: Pay
    charge_code: PAY
    fee: 0
    prices: book
    when_used_up: {then: redirect, to: https://shop.example/top-up}
  - id: shield
    name: Shield
    charge_code: SHIELD
    fee: 0
    prices: book
    when_used_up: {then: restrict, filters: [small-models, help]}
  - {id: plain, name: Plain, charge_code: PLAIN, fee: 0, prices: book}
  - id: pack
    name: Pack
    charge_code: PACK
    fee: 0
    grants:
      - name: tokens
        unit: token
        amount: 100
        validity: 30 days
        covers: {any: true}
        when_used_up: {then: restrict, filters: gate}
)";

TEST_CASE("the last units say that they are, and what happens then",
          "[engine][unit][CC-50][CC-51][CC-52][CC-53][CC-60]") {
  Harness h;
  h.Publish(kEnds);
  Script script(h);
  script.Run(R"(
    account A money=100
    account B money=100
    account C money=100
    account D
    buy A plain
    buy B pay
    buy C shield
    buy D pack
    initial a 0 A 1/m/output:200/_               -> 2001 | 1 2001 granted=output:100 final
    initial b 0 B 1/m/output:200/_               -> 2001 | 1 2001 granted=output:100 final=https://shop.example/top-up
    initial c 0 C 1/m/output:200/_               -> 2001 | 1 2001 granted=output:100 final=small-models=help
    initial d 0 D 1/m/output:200/_               -> 2001 | 1 2001 granted=output:100 final=gate
    # TERMINATE: the group is reported and stops; the session stays.
    update a 1 A 1/_/_/output:100                -> 2001 cost=100 | 1 2001 charged=100
    sessions A                                   -> a
    terminate a 2 A                              -> 2001 cost=100
  )");
}

TEST_CASE("the configuration says what happens where the catalogue does not",
          "[engine][unit][CC-52][CC-60]") {
  EngineOptions options;
  options.credit.final_units = {.action = rating::FinalUnits::Action::kRedirect,
                                .redirect_to = "sip:care@example.com"};
  Harness h(nullptr, options);
  h.Publish(kEnds);
  Script script(h);
  script.Run(R"(
    account A money=100
    account C money=100
    buy A plain
    buy C shield
    initial a 0 A 1/m/output:200/_               -> 2001 | 1 2001 granted=output:100 final=sip:care@example.com
    initial c 0 C 1/m/output:200/_               -> 2001 | 1 2001 granted=output:100 final=small-models=help
  )");
}

TEST_CASE("a restricted service is reported without a wish, waits, and asks again",
          "[engine][unit][CC-54][CC-55]") {
  EngineOptions options;
  options.credit.restricted_seconds = 1'000;
  Harness h(nullptr, options);
  h.Publish(kEnds);
  Script script(h);
  script.Run(R"(
    account B money=100
    buy B pay
    initial b 0 B 1/m/output:200/_               -> 2001 | 1 2001 granted=output:100 final=https://shop.example/top-up
    # Debited, nothing reserved, nothing granted: the restricted state begins.
    update b 1 B 1/_/_/output:100                -> 2001 cost=100 | 1 2001 final=https://shop.example/top-up for=1000 charged=100
    bucket B 1                                   -> granted=100 available=0 held=0 spent=100 expired=0
    # Its time is over and nothing has been paid in: restricted again.
    update b 2 B 1/_/_/_                         -> 2001 cost=100 | 1 2001 final=https://shop.example/top-up for=1000
    # The session lives as long as the state may: twice a thousand seconds.
    tick 1999
    sessions B                                   -> b
    top_up B 5000
    restart
    # Without a wish in so many words: a new grant lifts the restriction.
    update b 3 B 1/_/_/_                         -> 2001 cost=100 | 1 2001 granted=output:2000
    update b 4 B 1/_/output:10/output:2000       -> 2001 cost=2100 | 1 2001 granted=output:10 charged=2000
    # And a report without a wish is again what it was before.
    update b 5 B 1/_/_/output:10                 -> 2001 cost=2110 | 1 2001 charged=10
    update b 6 B 1/_/_/_                         -> 2001 cost=2110 | 1 2001
    terminate b 7 B                              -> 2001 cost=2110
    bucket B 1                                   -> granted=5100 available=2990 held=0 spent=2110 expired=0
  )");
}

TEST_CASE("who asks again without credit is refused where the policy says so",
          "[engine][unit][CC-55]") {
  EngineOptions options;
  options.credit.restricts_again = false;
  Harness h(nullptr, options);
  h.Publish(kEnds);
  Script script(h);
  script.Run(R"(
    account B money=100
    buy B pay
    initial b 0 B 1/m/output:200/_               -> 2001 | 1 2001 granted=output:100 final=https://shop.example/top-up
    update b 1 B 1/_/_/output:100                -> 2001 cost=100 | 1 2001 final=https://shop.example/top-up for=600 charged=100
    update b 2 B 1/_/_/_                         -> 2001 cost=100 | 1 4012
    # The first time it is a report that ends the units, not a second try.
    initial c 0 B 1/m/output:10/_                -> 2001 | 1 2001 final=https://shop.example/top-up for=600
  )");
}

TEST_CASE("an empty account is restricted at once, or refused", "[engine][unit][CC-56]") {
  Harness h;
  h.Publish(kEnds);
  Script script(h);
  script.Run(R"(
    account A
    account B
    account C
    buy A plain
    buy B pay
    buy C shield
    initial a 0 A 1/m/output:10/_                -> 4012
    initial b 0 B 1/m/output:10/_                -> 2001 | 1 2001 final=https://shop.example/top-up for=600
    initial c 0 C 1/m/any/_                      -> 2001 | 1 2001 final=small-models=help for=600
    sessions A                                   -> none
    sessions B                                   -> b
    top_up B 1000
    update b 1 B 1/_/output:10/_                 -> 2001 cost=0 | 1 2001 granted=output:10
  )");
}

TEST_CASE("a final grant of nothing stops at once", "[engine][unit][CC-57]") {
  EngineOptions options;
  options.credit.zero_grant_at_end = true;
  Harness h(nullptr, options);
  h.Publish(kEnds);
  Script script(h);
  script.Run(R"(
    account A money=100
    buy A plain
    initial a 0 A 1/m/output:50/_                -> 2001 | 1 2001 granted=output:50
    update a 1 A 1/_/output:50/output:100        -> 2001 cost=100 | 1 2001 granted=none final charged=100 overshoot
    terminate a 2 A                              -> 2001 cost=100
    # A first interrogation is refused: no session is opened to stop at once.
    initial b 0 A 1/m/output:50/_                -> 4012
  )");
}

TEST_CASE("a limit stops what a top-up would not bring back", "[engine][unit][CC-50]") {
  Harness h;
  std::string text = kEnds;
  const std::string from = "    when_used_up: {then: redirect, to: https://shop.example/top-up}\n";
  text.insert(text.find(from) + from.size(),
              "    limits: [{name: daily, amount: 50, unit: token, per: day}]\n");
  h.Publish(text);
  Script script(h);
  script.Run(R"(
    account B money=1000
    buy B pay
    initial b 0 B 1/m/output:200/_               -> 2001 | 1 2001 granted=output:50 final
    update b 1 B 1/_/output:1/output:50          -> 2001 cost=50 | 1 4012 charged=50
  )");
}

}  // namespace
}  // namespace ocs::engine::tests
