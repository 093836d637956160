// Credit pools: CC-80 to CC-85 of docs/CREDIT_CONTROL.md.

#include <cmath>
#include <string>
#include <vector>

#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

// The services of RFC 8506 A.9: `access` 1 USD a megabyte, counted in kilobytes; `group-1` 0.1 a
// minute; services 3 and 4 0.2 and 0.5 a megabyte. `third` has no exact decimal price.
constexpr char kServices[] = R"(
catalogue: services
currency: USD
time_zone: UTC
models:
  - {id: access, provider: acme}
  - {id: group-1, provider: acme}
  - {id: service-3, provider: acme}
  - {id: service-4, provider: acme}
  - {id: kinds, provider: acme}
  - {id: third, provider: acme}
price_books:
  - id: book
    rules:
      - {model: access, per: 1K tokens, output: 1}
      - {model: group-1, per: 1 second, second: 0.1}
      - {model: service-3, per: 1K tokens, output: 0.2}
      - {model: service-4, per: 1K tokens, output: 0.5}
      - {model: kinds, per: 1M tokens, input: 3, output: 15}
      - {model: third, per: 3K tokens, tokens: 1}
offers:
  - {id: pay, name: Pay, charge_code: PAY, fee: 0, prices: book}
  - id: pack
    name: Pack
    charge_code: PACK
    fee: 0
    prices: book
    grants:
      - {name: tokens, unit: token, amount: 100, validity: 30 days, covers: {model: kinds}, when_used_up: bill_on}
)";

EngineOptions FiveDollars() {
  EngineOptions options;
  options.grants.money_micros = 5'000'000;
  options.grants.tokens_max = 1'000'000;
  return options;
}

TEST_CASE("the example of RFC 8506 A.9, to the cent", "[engine][unit][CC-80][CC-81][CC-85]") {
  Harness h(nullptr, FiveDollars());
  h.Publish(kServices);
  Script script(h);
  // The RFC counts in tenths of a dollar: its multipliers 10, 1, 2 and 5 are ours times ten, of a
  // megabyte times 1,000.
  script.Run(R"(
    account A money=15000000 currency=USD
    buy A pay
    # (3) 5 USD reserved: 5 MB, multiplier 10.
    initial s 0 A 0/access/any/_/pool:1          -> 2001 | 0 2001 granted=output:5000 pool=1:output*1e-3
    bucket A 1                                   -> granted=15000000 available=10000000 held=5000000 spent=0 expired=0
    # (6) 5 USD more, now 10: 50 minutes, multiplier 1. S = 5 * 10 + 50 * 1 = 100.
    update s 1 A 1/group-1/any/_/pool:1          -> 2001 cost=0 | 1 2001 granted=second:50 pool=1:second*1e-1
    bucket A 1                                   -> granted=15000000 available=5000000 held=10000000 spent=0 expired=0
    # (10) The last 5 USD: 12.5 MB at 2, 5 MB at 5, and that is the end for service 4. S = 25 + 25.
    update s 2 A 2/service-3/output:12500/_/pool:2 3/service-4/output:6000/_/pool:2 -> 2001 cost=0 | 2 2001 granted=output:12500 pool=2:output*2e-4 | 3 2001 granted=output:5000 final pool=2:output*5e-4
    bucket A 1                                   -> granted=15000000 available=0 held=15000000 spent=0 expired=0
    # In the RFC the second pool is another account's.
    top_up A 5000000 currency=USD
    # (12) 4 MB reported: S = 60, 4 USD debited. 5 more reserved, now 11: 5 MB, S = 110.
    update s 3 A 0/_/any/output:4000/pool:1      -> 2001 cost=4000000 | 0 2001 granted=output:5000 pool=1:output*1e-3 charged=4000000
    bucket A 1                                   -> granted=20000000 available=0 held=16000000 spent=4000000 expired=0
    # (13) C1 * 2 + C2 * 5 = 20 + 30 = S: the pool is used up, one service by more than its grant. The
    # last 5 USD are debited. (The RFC lets service 3 go on unpaid, 4011; here nothing does.)
    update s 4 A 2/_/any/output:10000/pool:2 3/_/_/output:6000 -> 2001 cost=9000000 | 2 4012 charged=2000000 | 3 2001 charged=3000000
    bucket A 1                                   -> granted=20000000 available=0 held=11000000 spent=9000000 expired=0
    restart
    # (16) C0 * 10 + C1 * 1 = 50 + 60 = S.
    terminate s 5 A 0/_/_/output:5000 1/_/_/second:60 -> 2001 cost=20000000 | 0 2001 charged=5000000 | 1 2001 charged=6000000
    bucket A 1                                   -> granted=20000000 available=0 held=0 spent=20000000 expired=0
  )");
}

TEST_CASE("who leaves a pool takes with him what he has used, not what he was granted",
          "[engine][unit][CC-82]") {
  Harness h(nullptr, FiveDollars());
  h.Publish(kServices);
  Script script(h);
  script.Run(R"(
    account A money=20000000 currency=USD
    buy A pay
    initial s 0 A 0/access/any/_/pool:1 1/group-1/any/_/pool:1 -> 2001 | 0 2001 granted=output:5000 pool=1:output*1e-3 | 1 2001 granted=second:50 pool=1:second*1e-1
    bucket A 1                                   -> granted=20000000 available=10000000 held=10000000 spent=0 expired=0
    # 2 MB used, and no more wanted: 10 - 2 = 8 stay for the other.
    update s 1 A 0/_/_/output:2000               -> 2001 cost=2000000 | 0 2001 charged=2000000
    bucket A 1                                   -> granted=20000000 available=10000000 held=8000000 spent=2000000 expired=0
    # All of it, by far more minutes than were granted; nothing of it is overshoot.
    update s 2 A 1/_/_/second:80                 -> 2001 cost=10000000 | 1 2001 charged=8000000
    # The pool is empty and gone.
    bucket A 1                                   -> granted=20000000 available=10000000 held=0 spent=10000000 expired=0
    terminate s 3 A                              -> 2001 cost=10000000
  )");
}

TEST_CASE("use beyond the whole pool takes from what is free, then from nobody",
          "[engine][unit][CC-81]") {
  Harness h(nullptr, FiveDollars());
  h.Publish(kServices);
  Script script(h);
  script.Run(R"(
    account A money=11000000 currency=USD
    buy A pay
    initial s 0 A 0/access/any/_/pool:1 1/group-1/any/_/pool:1 -> 2001 | 0 2001 granted=output:5000 pool=1:output*1e-3 | 1 2001 granted=second:50 pool=1:second*1e-1
    update s 1 A 0/_/_/output:12000              -> 2001 cost=12000000 | 0 2001 charged=12000000 overshoot
    bucket A 1                                   -> granted=11000000 available=-1000000 held=0 spent=12000000 expired=0
    tick 1201
    sessions A                                   -> none
    bucket A 1                                   -> granted=11000000 available=-1000000 held=0 spent=12000000 expired=0
  )");
}

TEST_CASE("the kinds of a grant draw each by its own multiplier", "[engine][unit][CC-83]") {
  Harness h(nullptr, FiveDollars());
  h.Publish(kServices);
  Script script(h);
  script.Run(R"(
    account A money=20000000 currency=USD
    account B money=20000000 currency=USD
    buy A pay
    buy B pack
    initial s 0 A 1/kinds/input:1000,output:500/_/pool:7 -> 2001 | 1 2001 granted=input:1000,output:500 pool=7:input*3e-6 pool=7:output*15e-6
    # Outside of pools: where no pool is named, what a package pays for, and what has no decimal price.
    initial t 0 A 1/kinds/output:500/_           -> 2001 | 1 2001 granted=output:500
    initial u 0 A 1/third/output:500/_/pool:7    -> 2001 | 1 2001 granted=output:500
    initial v 0 B 1/kinds/output:500/_/pool:7    -> 2001 | 1 2001 granted=output:500
  )");
}

TEST_CASE("grants in a pool keep their own results and ends", "[engine][unit][CC-84]") {
  Harness h(nullptr, FiveDollars());
  h.Publish(kServices);
  Script script(h);
  script.Run(R"(
    account A money=7000000 currency=USD
    buy A pay
    initial s 0 A 0/access/any/_/pool:1          -> 2001 | 0 2001 granted=output:5000 pool=1:output*1e-3
    update s 1 A 1/group-1/second:30/_/pool:1 2/unknown/any/_/pool:1 -> 2001 cost=0 | 1 2001 granted=second:20 final pool=1:second*1e-1 | 2 5031 field=multiple_services_credit_control.model
    # One is refused more; what the pool has left stays held for both.
    update s 2 A 0/_/any/output:1000/pool:1      -> 2001 cost=1000000 | 0 4012 charged=1000000
    bucket A 1                                   -> granted=7000000 available=0 held=6000000 spent=1000000 expired=0
    restart
    # Silence frees all of it.
    tick 1201
    sessions A                                   -> none
    bucket A 1                                   -> granted=7000000 available=6000000 held=0 spent=1000000 expired=0
  )");
}

}  // namespace
}  // namespace ocs::engine::tests
