// Section A of the products' list: operators' token packages, bought, used and billed. Each amount
// is worked out by hand from the row; what the row does not give stands in docs/PRODUCTS.md.

#include "tests/products/shop.h"

namespace ocs::products {
namespace {

TEST_CASE("A01: personal light, 9.9 for 10 M of any kind, then it stops", "[products][a]") {
  Shop shop("operators");
  // 4 + 1 + 2 = 7 M are drawn; of 1 + 4 M asked for then, 3 M are there: 1 M input, 2 M output.
  shop.Run(R"(
    account A money=20
    buy A ct-personal-light                                             -> 9.9
    call A xingchen input:4000000,cache_read:1000000,output:2000000     -> ok drawn=7000000
    call A deepseek-v3.2 input:1000000,output:4000000 -> ok granted=input:1000000,output:2000000 drawn=3000000 then stop
    call A xingchen output:1                                            -> refused 4012
    call A glm-5 output:1                                               -> refused 5031
    left A                                                              -> money 10.1, 10 M tokens 0
    bill A 2026-05 -> CT-P-LIGHT 9.9, total 9.9, fen 990, carried 0, CT-P-LIGHT/grant-1 deepseek-v3.2 covered 3000000 token, CT-P-LIGHT/grant-1 xingchen covered 7000000 token
    # A month later it is renewed; the month after there is no money.
    offers A                                      -> ct-personal-light renews 2026-06-17T00:00:00+08:00
    at 2026-06-17T00:00:00+08:00
    left A                                                              -> money 0.2, 10 M tokens 10000000
    call A telechat input:6,reasoning:4                                 -> ok drawn=10
    at 2026-07-17T00:00:00+08:00
    left A                                                              -> money 0.2
    bill A 2026-06 -> CT-P-LIGHT 9.9, total 9.9, fen 990, carried 0, CT-P-LIGHT/grant-1 xingchen covered 10 token
    bill A 2026-07                                                      -> nothing
  )");
}

TEST_CASE("A02: personal standard, 29.9 for 40 M, then the price of quota points",
          "[products][a]") {
  Shop shop("operators");
  // A point is 1 / 250,000 CNY = 4 micros; deepseek-v3.2 burns one a token: 2.5 M are 10 CNY.
  shop.Run(R"(
    account A money=40
    buy A ct-personal-standard                                          -> 29.9
    calls A 3 xingchen input:10000000,output:3000000                    -> served=3 drawn=39000000
    call A deepseek-v3.2 input:600000,output:900000                     -> ok drawn=1000000 charged=2 then bill_on
    left A                                                              -> money 8.1, 40 M tokens 0
    call A xingchen output:2025001 -> ok granted=output:2025000 charged=8.1 then stop
    bill A 2026-05 -> CT-P-STANDARD 29.9, QUOTA-POINTS 10.1, total 40, fen 4000, carried 0, CT-P-STANDARD/grant-1 deepseek-v3.2 covered 1000000 token, CT-P-STANDARD/grant-1 xingchen covered 39000000 token
  )");
}

TEST_CASE("A03: personal premium, 49.9 for 80 M that a family shares", "[products][a]") {
  Shop shop("operators");
  // 30 M of 80 M earn 49.9 x 3 / 8 = 18.7125; at 1.2 a million output they cost 36.
  shop.Run(R"(
    account A money=50
    node A mother
    node A son
    buy A ct-personal-premium                                           -> 49.9
    call A xingchen input:50000000 by=mother                            -> ok drawn=50000000
    call A deepseek-v3.2 output:40000000 by=son -> ok granted=output:30000000 drawn=30000000 then stop
    record A -> usage deepseek-v3.2 son, CT-P-PREMIUM/grant-1 output:30000000 30000000 token earns 18.7125 tax 600, cost output:30000000 36
    call A xingchen output:1 by=mother                                  -> refused 4012
    left A                                                              -> money 0.1, 80 M tokens 0
    bill A 2026-05 -> CT-P-PREMIUM 49.9, total 49.9, fen 4990, carried 0, CT-P-PREMIUM/grant-1 deepseek-v3.2 covered 30000000 token, CT-P-PREMIUM/grant-1 xingchen covered 50000000 token
  )");
}

TEST_CASE("A04: developer basic, 39.9 for 15 M, then it stops", "[products][a]") {
  Shop shop("operators");
  shop.Run(R"(
    account A money=39.9
    buy A ct-developer-basic                                            -> 39.9
    call A glm5 input:9000000,cache_read:5000000,output:999999          -> ok drawn=14999999
    call A xingchen output:2             -> ok granted=output:1 drawn=1 then stop
    call A deepseek-v3.2 output:1                                       -> refused 5031
    left A                                                              -> money 0, 15 M tokens 0
    bill A 2026-05 -> CT-D-BASIC 39.9, total 39.9, fen 3990, carried 0, CT-D-BASIC/grant-1 glm-5 covered 14999999 token, CT-D-BASIC/grant-1 xingchen covered 1 token
  )");
}

TEST_CASE("A05: developer professional, 159.9 for 70 M, then the price of quota points",
          "[products][a]") {
  Shop shop("operators");
  // Beyond the package glm-5 burns 2 points a token, 8 micros: 1,250 tokens are 0.01 CNY.
  shop.Run(R"(
    account A money=160
    buy A ct-developer-professional                                     -> 159.9
    call A glm-5 input:69999000,output:2250                             -> ok drawn=70000000 charged=0.01 then bill_on
    call A glm-5 input:1000,output:250                                  -> ok charged=0.01 then bill_on
    left A                                                              -> money 0.08, 70 M tokens 0
    bill A 2026-05 -> CT-D-PROFESSIONAL 159.9, QUOTA-POINTS 0.02, total 159.92, fen 15992, carried 0, CT-D-PROFESSIONAL/grant-1 glm-5 covered 70000000 token
  )");
}

TEST_CASE("A06: developer flagship, 299.9 for 150 M, with flat fees beside it", "[products][a]") {
  Shop shop("operators");
  // 299.9 + 20 + 10 = 329.9 each month.
  shop.Run(R"(
    account A money=700
    buy A ct-developer-flagship                                         -> 299.9
    buy A ct-uplink-acceleration                                        -> 20
    record A  -> fee ct-uplink-acceleration, CT-UPLINK request:1 20 tax 900
    buy A ct-security                                                   -> 10
    left A                                             -> money 370.1, 150 M tokens 150000000
    call A glm-5 input:100000000,output:50000001 -> ok granted=input:100000000,output:50000000 drawn=150000000 then stop
    at 2026-06-17T00:00:00+08:00
    left A                                              -> money 40.2, 150 M tokens 150000000
    bill A 2026-05 -> CT-D-FLAGSHIP 299.9, CT-SECURITY 10, CT-UPLINK 20, total 329.9, fen 32990, carried 0, CT-D-FLAGSHIP/grant-1 glm-5 covered 150000000 token
    bill A 2026-06 -> CT-D-FLAGSHIP 299.9, CT-SECURITY 10, CT-UPLINK 20, total 329.9, fen 32990, carried 0
  )");
}

TEST_CASE("A07: one coin for all models, for money or for loyalty points", "[products][a]") {
  Shop shop("operators");
  // xingchen 1 a token, glm-5 3, deepseek-v4-pro 6 input, 1 cached, 24 output:
  // 100,000; 300,000; 60,000 + 10,000 + 120,000 = 190,000. 410,000 of the first million are left.
  shop.Run(R"(
    account A money=10
    buy A ct-coins                                                      -> 2
    call A xingchen input:60000,output:40000                            -> ok drawn=100000
    call A glm-5 input:90000,output:10000                               -> ok drawn=300000
    call A deepseek-v4-pro input:10000,cache_read:10000,output:5000     -> ok drawn=190000
    left A                                                              -> money 8, 1 M coins 410000
    # Points come from elsewhere, and pay for no call.
    buy A ct-coins-for-points                               -> refused FAILED_PRECONDITION
    buy A ct-loyalty-points quantity=18                                 -> 0
    buy A ct-coins-for-points                               -> 300 loyalty_point
    buy A ct-personal-light-for-points                      -> 1500 loyalty_point
    buy A ct-coins-for-points                               -> refused FAILED_PRECONDITION
    left A -> money 8, 1 M coins 410000, 100 loyalty points 0, 1 M coins 1000000, 10 M tokens 10000000
    # Coins and the package's tokens: what expires first is drawn first.
    call A xingchen output:1000                                         -> ok drawn=1000
    left A -> money 8, 1 M coins 410000, 100 loyalty points 0, 1 M coins 1000000, 10 M tokens 9999000
    # 410,000 coins are 17,083 output tokens at 24 and 8 coins; 1,000,000 are 41,666 and 16 coins:
    # a token is paid from one bucket, whole.
    call A deepseek-v4-pro output:60000           -> ok granted=output:58749 drawn=1409976 then stop
    left A -> money 8, 1 M coins 8, 100 loyalty points 0, 1 M coins 16, 10 M tokens 9999000
  )");
  shop.Run(R"(
    bill A 2026-05 -> CT-COINS 2, total 2, fen 200, carried 0, CT-COINS-POINTS ct-coins-for-points covered 300 loyalty_point, CT-P-LIGHT-POINTS ct-personal-light-for-points covered 1500 loyalty_point, CT-P-LIGHT-POINTS/grant-1 xingchen covered 1000 token, CT-COINS-POINTS/grant-1 deepseek-v4-pro covered 999984 token_coin, CT-COINS/grant-1 deepseek-v4-pro covered 599992 token_coin, CT-COINS/grant-1 glm-5 covered 300000 token_coin, CT-COINS/grant-1 xingchen covered 100000 token_coin
  )");
}

TEST_CASE("A08: pay per use, 1 for 250,000 points, on the phone bill", "[products][a]") {
  Shop shop("operators");
  // 4 micros a point. k = 1: 100,000 tokens are 0.4. k = 2: 25,000 are 0.2. k = 10: 1,003 are
  // 0.04012. In all 0.64012: 64 fen, and 120 micros stay for the next bill. There 2,470 tokens of
  // k = 1 are 0.00988, with what was left 0.01: one fen.
  shop.Run(R"(
    account A limit=1
    buy A sh-pay-per-use                                                -> 0
    call A xingchen output:100000                                       -> ok charged=0.4
    call A glm-5 input:20000,output:5000                                -> ok charged=0.2
    call A deepseek-v4-pro input:1000,output:3                          -> ok charged=0.04012
    left A                                                              -> money -0.64012
    bill A 2026-05 -> QUOTA-POINTS 0.64012, total 0.64012, fen 64, carried 120
    # The credit limit leaves 0.35988: 89,970 points, 8,997 tokens of k = 10.
    call A deepseek-v4-pro output:10000      -> ok granted=output:8997 charged=0.35988 then stop
    call A xingchen output:1                                            -> refused 4012
    top_up A 1
    at 2026-06-02T00:00:00+08:00
    call A deepseek-v3.2 cache_read:2470                                -> ok charged=0.00988
    bill A 2026-06                 -> QUOTA-POINTS 0.00988, total 0.00988, fen 1, carried 0
  )");
}

TEST_CASE("A09: 1 for 400,000 tokens of several models in the co-branded product",
          "[products][a]") {
  Shop shop("operators");
  shop.Run(R"(
    account A money=1.5
    buy A sm-workbuddy                                                  -> 1
    call A glm-5 input:100000,output:50000 product=workbuddy            -> ok drawn=150000
    call A deepseek-v3.2 output:200000 product=workbuddy                -> ok drawn=200000
    call A xingchen output:1 product=office                             -> refused 5031
    call A xingchen output:1                                            -> refused 5031
    # A second pack cannot be paid; what is left of the first lasts 30 days.
    buy A sm-workbuddy                                      -> refused FAILED_PRECONDITION
    left A                                                    -> money 0.5, 400,000 tokens 50000
    at 2026-06-16T14:40:00+08:00
    left A                                                              -> money 0.5
    bill A 2026-05 -> SM-WORKBUDDY 1, total 1, fen 100, carried 0, SM-WORKBUDDY/grant-1 deepseek-v3.2 covered 200000 token, SM-WORKBUDDY/grant-1 glm-5 covered 150000 token
  )");
}

TEST_CASE("A10: an entry pack, once, with an end date", "[products][a]") {
  Shop shop("operators");
  shop.Run(R"(
    account A money=6
    buy A bm-entry                                                      -> 5.99
    call A xingchen input:1000000                                       -> ok drawn=1000000
    # It does not renew, and what is left ends with the year.
    at 2026-12-31T23:59:59+08:00
    call A qwen3-max output:500000                                      -> ok drawn=500000
    left A                                                  -> money 0.01, 3 M tokens 1500000
    at 2027-01-01T00:00:00+08:00
    left A                                                              -> money 0.01
    call A xingchen output:1                                            -> refused 5031
    bill A 2026-05 -> BM-ENTRY 5.99, total 5.99, fen 599, carried 0, BM-ENTRY/grant-1 xingchen covered 1000000 token
    bill A 2026-12   -> BM-ENTRY/grant-1 qwen3-max covered 500000 token
    # 5.99 / 3 M: half is earned by use, half when it expires.
    book package revenue earned                                              -> 2995000
    book breakage                                                       -> 2995000
  )");
}

TEST_CASE("A11: 24.99 a month for 10 M", "[products][a]") {
  Shop shop("operators");
  shop.Run(R"(
    at 2026-05-31T08:00:00+08:00
    account A money=80
    buy A bm-monthly                                                    -> 24.99
    call A glm-5 input:9000000,output:1000001 -> ok granted=input:9000000,output:1000000 drawn=10000000 then stop
    at 2026-06-30T00:00:00+08:00
    at 2026-07-31T00:00:00+08:00
    left A                                               -> money 5.03, 10 M tokens 10000000
    bill A 2026-05 -> BM-MONTHLY 24.99, total 24.99, fen 2499, carried 0, BM-MONTHLY/grant-1 glm-5 covered 10000000 token
    bill A 2026-06                     -> BM-MONTHLY 24.99, total 24.99, fen 2499, carried 0
    bill A 2026-07                     -> BM-MONTHLY 24.99, total 24.99, fen 2499, carried 0
  )");
}

TEST_CASE("A12: the charge follows the class sold, the cost the model that served it",
          "[products][a]") {
  Shop shop("operators");
  // Sold at 1.2 and 3 a million: 0.12 + 0.03 = 0.15, whoever serves. The cost: deepseek-v3.2
  // 0.08 + 0.012 = 0.092; qwen3-max 0.4 + 0.16 = 0.56.
  shop.Run(R"(
    account A money=10
    buy A moma-pay-per-use                                              -> 0
    call A moma/standard input:100000,output:10000 served=deepseek-v3.2 -> ok charged=0.15
    record A -> usage moma/standard deepseek-v3.2, MOMA-STANDARD input:100000 0.12 tax 600, MOMA-STANDARD output:10000 0.03 tax 600, cost input:100000 0.08, cost output:10000 0.012
    call A moma/standard input:100000,output:10000 served=qwen3-max     -> ok charged=0.15
    record A -> usage moma/standard qwen3-max, MOMA-STANDARD input:100000 0.12 tax 600, MOMA-STANDARD output:10000 0.03 tax 600, cost input:100000 0.4, cost output:10000 0.16
    # 6 and 18 a million: 0.6 + 0.18.
    call A moma/flagship input:100000,output:10000 served=deepseek-v4-pro -> ok charged=0.78
    bill A 2026-05 -> MOMA-FLAGSHIP 0.78, MOMA-STANDARD 0.3, total 1.08, fen 108, carried 0
  )");
}

TEST_CASE("A13: a free trial of 30 M, once, for selected customers", "[products][a]") {
  Shop shop("operators");
  shop.Run(R"(
    account A segment=one-person-company
    account B
    buy B un-one-person-company                       -> refused FAILED_PRECONDITION offer
    buy A un-one-person-company                                         -> 0
    buy A un-one-person-company                       -> refused FAILED_PRECONDITION offer
    # Its three months begin with the first use.
    at 2026-06-20T10:00:00+08:00
    call A qwen3-max input:20000000,output:4000000                      -> ok drawn=24000000
    at 2026-09-20T09:59:59+08:00
    left A                                                    -> money 0, 30 M tokens 6000000
    at 2026-09-20T10:00:00+08:00
    left A                                                              -> money 0
    buy A un-one-person-company                       -> refused FAILED_PRECONDITION offer
    bill A 2026-05                                                      -> nothing
    bill A 2026-06 -> UN-OPC-TRIAL/grant-1 qwen3-max covered 24000000 token
  )");
}

TEST_CASE("A14: a bundle's price is split between its parts", "[products][a]") {
  Shop shop("operators");
  // 99 = 59 for tokens, 30 for the desktop, 10 for the assistant. The desktop and the assistant are
  // earned at once; of the 59 half with half of the tokens.
  shop.Run(R"(
    account A money=100
    buy A un-bundle                                                     -> 99
    record A -> fee un-bundle, UN-BUNDLE-TOKENS request:1 59 tax 600, UN-BUNDLE-DESKTOP request:1 30 tax 900, UN-BUNDLE-UNICLAW request:1 10 tax 600
    book earned revenue                                                         -> 40000000
    book deferred revenue                                                       -> 59000000
    call A glm-5 input:20000000,output:5000000                          -> ok drawn=25000000
    book package revenue earned                                              -> 29500000
    bill A 2026-05 -> UN-BUNDLE-DESKTOP 30, UN-BUNDLE-TOKENS 59, UN-BUNDLE-UNICLAW 10, total 99, fen 9900, carried 0, UN-BUNDLE/grant-1 glm-5 covered 25000000 token
  )");
}

TEST_CASE("A15: price and allowance are free of each other", "[products][a]") {
  Shop shop("operators");
  // 7.5 for 6 M are 1.25 a million, 359 for 18 M are 19.94: the bigger one is the dearer.
  shop.Run(R"(
    account A money=500
    buy A hb-small                                                      -> 7.5
    buy A hb-middle                                                     -> 99
    buy A hb-large                                                      -> 359
    left A      -> money 34.5, 6 M tokens 6000000, 10 M tokens 10000000, 18 M tokens 18000000
    call A xingchen input:20000000,output:14000001 -> ok granted=input:20000000,output:14000000 drawn=34000000 then stop
    bill A 2026-05 -> HB-LARGE 359, HB-MIDDLE 99, HB-SMALL 7.5, total 465.5, fen 46550, carried 0, HB-LARGE/grant-1 xingchen covered 18000000 token, HB-MIDDLE/grant-1 xingchen covered 10000000 token, HB-SMALL/grant-1 xingchen covered 6000000 token
  )");
}

TEST_CASE("A16: credits that a team shares, at another rate for each model", "[products][a]") {
  Shop shop("operators");
  // On 17 May 15 of 31 days are left: a seat is 68 x 15 / 31 = 32.903226 and 20,000 x 15 / 31 =
  // 9,678 credits, both rounded up; five are 164.51613 and 48,390.
  // A million xingchen at 0.002 are 2,000 credits, a million glm-5 at 0.01 are 10,000;
  // deepseek-v4-pro 300,000 x 0.02 + 100,000 x 0.002 + 50,000 x 0.08 = 10,200.
  shop.Run(R"(
    account A money=600
    node A anna
    node A bert
    buy A yj-team quantity=5                                            -> 164.51613
    left A                                             -> money 435.48387, 20,000 credits 48390
    call A xingchen input:1000000 by=anna                               -> ok drawn=2000
    call A glm-5 output:1000000 by=bert                                 -> ok drawn=10000
    call A deepseek-v4-pro input:300000,cache_read:100000,output:50000 by=anna -> ok drawn=10200
    left A                                             -> money 435.48387, 20,000 credits 26190
    # From the 1st on whole months: 5 x 68, 5 x 20,000.
    at 2026-06-01T00:00:00+08:00
    left A                                             -> money 95.48387, 20,000 credits 100000
    bill A 2026-05 -> YJ-TEAM 164.51613, total 164.51613, fen 16451, carried 6130, YJ-TEAM/grant-1 deepseek-v4-pro covered 10200 credit, YJ-TEAM/grant-1 glm-5 covered 10000 credit, YJ-TEAM/grant-1 xingchen covered 2000 credit
    bill A 2026-06              -> YJ-TEAM 340, total 340, fen 34000, carried 6130
  )");
}

TEST_CASE("A17: many small packs in a month, each bought when the last is used up",
          "[products][a]") {
  Shop shop("operators");
  // 40 calls of 600,000 are 24 M: 24 packs of 1 M at 3, 23 of them bought by themselves.
  shop.Run(R"(
    account A money=100
    buy A js-crayfish                                                   -> 3
    calls A 40 glm-5 input:500000,output:100000                   -> served=40 drawn=24000000
    bill A 2026-05 -> JS-CRAYFISH 72, total 72, fen 7200, carried 0, JS-CRAYFISH/grant-1 glm-5 covered 24000000 token
    # 28 are left for nine packs: nine million tokens, and then there is no money for another.
    calls A 20 xingchen output:600000 -> served=15 drawn=9000000 then refused 4012 buy_next
    money A                                                             -> 1
  )");
}

TEST_CASE("A18: computing grains, counted in thousandths and told in grains", "[products][a]") {
  Shop shop("operators");
  // 100,000 xingchen at 0.5 are 50,000 milligrains; 3 at 0.5 are 1.5: one now, and what is left
  // with the next: 1 at 0.5 makes one more. glm-5 at 2, deepseek-v4-pro at 12.5.
  shop.Run(R"(
    account A money=20
    buy A grains                                                        -> 15
    call A xingchen input:100000                                        -> ok drawn=50000
    call A xingchen input:3                                             -> ok drawn=1
    call A xingchen input:1                                             -> ok drawn=1
    call A glm-5 output:1000                                            -> ok drawn=2000
    call A deepseek-v4-pro input:2000                                   -> ok drawn=25000
    left A                                       -> money 5, 1,000 computing grains 922998
    bill A 2026-05 -> GRAINS 15, total 15, fen 1500, carried 0, GRAINS/grant-1 deepseek-v4-pro covered 25000 milli_grain, GRAINS/grant-1 glm-5 covered 2000 milli_grain, GRAINS/grant-1 xingchen covered 50002 milli_grain
  )");
}

}  // namespace
}  // namespace ocs::products
