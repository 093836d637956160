// Products that operators sell, through the engine, with amounts worked out by hand from their rows
// in the products' list.

#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

TEST_CASE("A01: ten million tokens for 9.9, and then it stops", "[engine][unit]") {
  Harness h;
  h.PublishFile(OCS_OPERATORS_CATALOGUE);
  Script script(h);
  script.Run(R"(
    account A money=20000000
    buy A ct-personal-light                                   -> ok fee=9900000 bucket=2
    bucket A 1                                                -> granted=20000000 available=10100000 held=0 spent=9900000 expired=0
    # Input, output and cached tokens count alike.
    initial s 0 A 1/xingchen/input:4000000,cache_read:1000000,output:2000000/_ -> 2001 | 1 2001 granted=input:4000000,cache_read:1000000,output:2000000
    terminate s 1 A 1/_/_/input:4000000,cache_read:1000000,output:2000000 -> 2001 cost=0 | 1 2001 drawn=7000000
    # The rest is three million, of either model, and the money is not touched.
    initial t 0 A 1/deepseek-v3.2/output:4000000/_            -> 2001 | 1 2001 granted=output:3000000 final
    update t 1 A 1/_/output:1/output:3000000                  -> 2001 cost=0 | 1 4012 drawn=3000000
    terminate t 2 A                                           -> 2001 cost=0
    initial u 0 A 1/xingchen/output:1/_                       -> 4012
    initial v 0 A 1/glm-5/output:1/_                          -> 5031 field=multiple_services_credit_control.requested_service_unit
    bucket A 2                                                -> granted=10000000 available=0 held=0 spent=10000000 expired=0
    bucket A 1                                                -> granted=20000000 available=10100000 held=0 spent=9900000 expired=0
  )");
}

TEST_CASE("A02: forty million tokens for 29.9, then the price of quota points", "[engine][unit]") {
  Harness h;
  h.PublishFile(OCS_OPERATORS_CATALOGUE);
  Script script(h);
  // A quota point is 1 / 250,000 CNY = 4 micros; xingchen burns one a token.
  script.Run(R"(
    account A money=40000000
    buy A ct-personal-standard                                -> ok fee=29900000 bucket=2
    debit e 0 A 1/xingchen/_/output:39000000                  -> 2001 cost=0 | 1 2001 granted=output:39000000 drawn=39000000
    initial s 0 A 1/xingchen/input:600000,output:900000/_     -> 2001 | 1 2001 granted=input:600000,output:900000
    # 500,000 beyond the pack are held at 4 micros.
    bucket A 1                                                -> granted=40000000 available=8100000 held=2000000 spent=29900000 expired=0
    terminate s 1 A 1/_/_/input:600000,output:500000          -> 2001 cost=400000 | 1 2001 charged=400000 drawn=1000000
    bucket A 1                                                -> granted=40000000 available=9700000 held=0 spent=30300000 expired=0
    # What is left pays 9,700,000 / 4 tokens.
    initial t 0 A 1/xingchen/output:9000000/_                 -> 2001 | 1 2001 granted=output:2425000 final
  )");
}

TEST_CASE("A08: pay per use on the phone bill, up to the credit limit", "[engine][unit]") {
  Harness h;
  h.PublishFile(OCS_OPERATORS_CATALOGUE);
  Script script(h);
  // 4 micros a point; glm-5 burns 2 points a token, deepseek-v4-pro 10.
  script.Run(R"(
    account A limit=1000000
    buy A sh-pay-per-use                                      -> ok fee=0
    debit e 0 A 1/xingchen/_/output:100000                    -> 2001 cost=400000 | 1 2001 granted=output:100000 charged=400000
    debit e 1 A 1/glm-5/_/output:25000                        -> 2001 cost=200000 | 1 2001 granted=output:25000 charged=200000
    bucket A 1                                                -> granted=0 available=-600000 held=0 spent=600000 expired=0
    price p 0 A 1/deepseek-v4-pro/output:1000/_               -> 2001 cost=40000 calls=10 | 1 2001 charged=40000
    initial s 0 A 1/deepseek-v4-pro/input:5000,output:9000/_  -> 2001 | 1 2001 granted=input:5000,output:5000 final
    bucket A 1                                                -> granted=0 available=-1000000 held=400000 spent=600000 expired=0
    terminate s 1 A 1/_/_/input:5000,output:5100              -> 2001 cost=404000 | 1 2001 charged=404000 overshoot
    bucket A 1                                                -> granted=0 available=-1004000 held=0 spent=1004000 expired=0
    debit e 2 A 1/xingchen/_/output:1                         -> 4012
    # Paying the bill makes room again.
    top_up A 1004000                                          -> ok available=0
    debit e 3 A 1/xingchen/_/output:250000                    -> 2001 cost=1000000 | 1 2001 granted=output:250000 charged=1000000
  )");
}

}  // namespace
}  // namespace ocs::engine::tests
