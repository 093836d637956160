// Section B of the products' list: model vendors' prices and plans, bought, used and billed. Each
// amount is worked out by hand from the row; what the row does not give stands in docs/PRODUCTS.md.

#include "tests/products/shop.h"

namespace ocs::products {
namespace {

TEST_CASE("B01: DeepSeek with discount hours, until 2025-09-05 16:00 UTC", "[products][b]") {
  Shop shop("vendors", "2025-08-01T00:29:59Z");
  // A million each of misses, hits and output. Standard: chat 0.27 + 0.07 + 1.10 = 1.44, reasoner
  // 0.55 + 0.14 + 2.19 = 2.88. Discount: both 0.135 + 0.035 + 0.55 = 0.72.
  shop.Run(R"(
    account A currency=USD money=100
    buy A deepseek-usd                                                            -> 0
    call A deepseek-chat input:1000000,cache_read:1000000,output:1000000          -> ok charged=0.72
    at 2025-08-01T00:30:00Z
    call A deepseek-chat input:1000000,cache_read:1000000,output:1000000          -> ok charged=1.44
    call A deepseek-reasoner input:1000000,cache_read:1000000,output:1000000      -> ok charged=2.88
    at 2025-08-01T16:29:59Z
    call A deepseek-chat input:1000000,cache_read:1000000,output:1000000          -> ok charged=1.44
    at 2025-08-01T16:30:00Z
    call A deepseek-chat input:1000000,cache_read:1000000,output:1000000          -> ok charged=0.72
    call A deepseek-reasoner input:1000000,cache_read:1000000,output:1000000      -> ok charged=0.72
    # 1,234 x 0.135 = 166.59 and 567 x 0.55 = 311.85 micros: what is left of them is carried, and
    # the second time makes 0.59 + 0.59 and 0.85 + 0.85 micros one more each.
    call A deepseek-chat input:1234,output:567                                -> ok charged=0.000477
    call A deepseek-chat input:1234,output:567                                -> ok charged=0.000479
    bill A 2025-08 zone=UTC -> deepseek-usd/deepseek-chat 4.320956, deepseek-usd/deepseek-reasoner 3.6, total 7.920956, fen 792, carried 956
  )");
}

TEST_CASE("B02: DeepSeek from 2025-09-05 16:00 UTC, one price at all hours", "[products][b]") {
  Shop shop("vendors", "2025-09-05T15:59:59Z");
  // Before: 1.44. After: both 0.56 + 0.07 + 1.68 = 2.31.
  shop.Run(R"(
    account A currency=USD money=100
    buy A deepseek-usd                                                            -> 0
    call A deepseek-chat input:1000000,cache_read:1000000,output:1000000          -> ok charged=1.44
    at 2025-09-05T16:00:00Z
    call A deepseek-chat input:1000000,cache_read:1000000,output:1000000          -> ok charged=2.31
    at 2025-09-05T20:00:00Z
    call A deepseek-chat input:1000000,cache_read:1000000,output:1000000          -> ok charged=2.31
    call A deepseek-reasoner input:1000000,cache_read:1000000,reasoning:1000000   -> ok charged=2.31
    bill A 2025-09 zone=UTC   -> deepseek-usd/deepseek-chat 6.06, deepseek-usd/deepseek-reasoner 2.31, total 8.37, fen 837, carried 0
  )");
}

TEST_CASE("B03: DeepSeek V4 Flash, hits at one tenth from 2026-04-26 20:15", "[products][b]") {
  Shop shop("vendors", "2026-04-26T20:14:59+08:00");
  // 1 M misses, 3 M hits, 1 M output: 1 + 0.6 + 2 = 3.6, then 1 + 0.06 + 2 = 3.06. Ten hits at 0.02
  // are 0.2 micros: five such calls are the first micro.
  shop.Run(R"(
    account A money=10
    buy A deepseek-cny                                                            -> 0
    call A deepseek-v4-flash input:1000000,cache_read:3000000,output:1000000      -> ok charged=3.6
    at 2026-04-26T20:15:00+08:00
    call A deepseek-v4-flash input:1000000,cache_read:3000000,output:1000000      -> ok charged=3.06
    calls A 4 deepseek-v4-flash cache_read:10                                     -> served=4
    call A deepseek-v4-flash cache_read:10                                -> ok charged=0.000001
    bill A 2026-04           -> deepseek-cny/deepseek-v4-flash 6.660001, total 6.660001, fen 666, carried 1
  )");
}

TEST_CASE("B04: DeepSeek V4 Pro, list price, then cheap hits, then 25 %", "[products][b]") {
  Shop shop("vendors", "2026-04-26T20:14:59+08:00");
  // 12 + 1 + 24 = 37; 12 + 0.1 + 24 = 36.1; 3 + 0.025 + 6 = 9.025.
  shop.Run(R"(
    account A money=100
    buy A deepseek-cny                                                            -> 0
    call A deepseek-v4-pro input:1000000,cache_read:1000000,output:1000000        -> ok charged=37
    at 2026-04-26T20:15:00+08:00
    call A deepseek-v4-pro input:1000000,cache_read:1000000,output:1000000        -> ok charged=36.1
    at 2026-05-22T00:00:00+08:00
    call A deepseek-v4-pro input:1000000,cache_read:1000000,output:1000000    -> ok charged=9.025
    at 2026-06-01T00:00:00+08:00
    call A deepseek-v4-pro input:1000000,cache_read:1000000,output:1000000    -> ok charged=9.025
    bill A 2026-04              -> deepseek-cny/deepseek-v4-pro 73.1, total 73.1, fen 7310, carried 0
    bill A 2026-05              -> deepseek-cny/deepseek-v4-pro 9.025, total 9.025, fen 902, carried 5000
    bill A 2026-06              -> deepseek-cny/deepseek-v4-pro 9.025, total 9.025, fen 903, carried 0
  )");
}

TEST_CASE("B05: cached input at 40 %, batch at 50 % without free quota and cache discount",
          "[products][b]") {
  Shop shop("vendors");
  // Batch: 0.2 + 0.2 + 0.6 = 1, the free quota stays whole. Standard after it: 0.4 + 0.16 + 1.2.
  shop.Run(R"(
    account A currency=USD money=10
    buy A model-studio                                                            -> 0
    call A qwen-plus input:1000000,cache_read:1000000,output:1000000 tier=batch   -> ok charged=1
    left A                                                     -> money 9, free quota 1000000
    call A qwen-plus input:800000,cache_read:200000          -> ok drawn=1000000 then bill_on
    call A qwen-plus input:1000000,cache_read:1000000,output:1000000 -> ok charged=1.76 then bill_on
    bill A 2026-05 -> model-studio-usd/qwen-plus 2.76, total 2.76, fen 276, carried 0, MODEL-STUDIO/grant-1 qwen-plus covered 1000000 token
  )");
}

TEST_CASE("B06: a savings plan is used after the free quota and before the balance",
          "[products][b]") {
  Shop shop("vendors");
  // After the free million, 8 M output at 1.2 are 9.6 of the plan's 10; the next million is 0.4 of
  // the plan and 0.8 of the money.
  shop.Run(R"(
    account A currency=USD money=11
    buy A model-studio                                                            -> 0
    buy A savings-plan-10                                                         -> 10
    call A qwen-plus output:1000000                                 -> ok drawn=1000000
    call A qwen-plus output:8000000                                 -> ok charged=9.6
    left A                                           -> money 1, free quota 0, savings 0.4
    call A qwen-plus output:1000000                                 -> ok charged=1.2
    left A                                           -> money 0.2, free quota 0, savings 0
    bill A 2026-05 -> SAVINGS-10 10, model-studio-usd/qwen-plus 0.8, total 10.8, fen 1080, carried 0, model-studio-usd/qwen-plus qwen-plus covered 10, MODEL-STUDIO/grant-1 qwen-plus covered 1000000 token
    # Three months for the small ones, six for the large ones.
    account B currency=USD money=56660
    buy B savings-plan-10                                                         -> 10
    buy B savings-plan-50                                                         -> 50
    buy B savings-plan-100                                                        -> 100
    buy B savings-plan-500                                                        -> 500
    buy B savings-plan-1000                                                       -> 1000
    buy B savings-plan-5000                                                       -> 5000
    buy B savings-plan-50000                                                      -> 50000
    at 2026-08-18T00:00:00Z
    left B -> money 0, savings 500, savings 1000, savings 5000, savings 50000
    at 2026-11-18T00:00:00Z
    left B                                                                        -> money 0
  )");
}

TEST_CASE("B07: free quota only: it stops there, and the switch stays on until then",
          "[products][b]") {
  Shop shop("vendors");
  shop.Run(R"(
    account A currency=USD money=10
    buy A model-studio                                                            -> 0
    switch A free_quota_only on                                                   -> ok
    switch A free_quota_only off              -> refused FAILED_PRECONDITION switch_id
    call A qwen-plus input:900000                                   -> ok drawn=900000
    call A qwen-plus input:50000,output:100000 -> ok granted=input:50000,output:50000 drawn=100000 then stop
    call A qwen-plus output:1                                       -> refused 4012
    left A                                                          -> money 10, free quota 0
    switch A free_quota_only off                                                  -> ok
    call A qwen-plus output:1000000                         -> ok charged=1.2 then bill_on
    bill A 2026-05 -> model-studio-usd/qwen-plus 1.2, total 1.2, fen 120, carried 0, MODEL-STUDIO/grant-1 qwen-plus covered 1000000 token
  )");
}

TEST_CASE("B06 and B07: free quota only stops before the balance, not before a plan paid for",
          "[products][b]") {
  Shop shop("vendors");
  // 8.3 M output at 1.2 are 9.96 of the plan's 10. Its last 0.04 pay 33,333 tokens: 0.0399996, of
  // which six tenths of a micro are carried.
  shop.Run(R"(
    account A currency=USD money=15
    buy A model-studio                                                            -> 0
    buy A savings-plan-10                                                         -> 10
    switch A free_quota_only on                                                   -> ok
    call A qwen-plus output:1000000                                 -> ok drawn=1000000
    call A qwen-plus output:8300000                                 -> ok charged=9.96
    call A qwen-plus output:1000000 -> ok granted=output:33333 charged=0.039999 then stop
    call A qwen-plus output:1000000                                 -> refused 4012
    left A                                    -> money 5, free quota 0, savings 0.000001
    switch A free_quota_only off                                                  -> ok
    call A qwen-plus output:1000000                                 -> ok charged=1.2
    left A                                           -> money 3.800001, free quota 0, savings 0
  )");
}

TEST_CASE("B08: credits for each seat and month, shared packs, then a hard stop", "[products][b]") {
  Shop shop("vendors", "2026-06-01T09:00:00+08:00");
  // qwen-plus: 1 credit for 1,000 input tokens; qwen3-max: 24 for 1,000 of output. Anna's seat
  // holds 25,000, Bert's 100,000: 25 M of input, 25 M of output at 4.
  shop.Run(R"(
    account A money=5000
    node A anna
    node A bert
    node A carl
    buy A token-plan-seat-standard node=anna                                      -> 198
    buy A token-plan-seat-pro node=bert                                           -> 698
    buy A token-plan-seat-max node=carl                                           -> 1398
    call A qwen-plus input:25000000 by=anna                         -> ok drawn=25000
    call A qwen-plus output:25000000 by=bert                        -> ok drawn=100000
    # Nobody has what is another's seat; without a seat there is nothing.
    call A qwen-plus input:2000000 by=anna -> refused 4012 wait until 2026-07-01T00:00:00+08:00
    call A qwen-plus input:1000                                     -> refused 5031
    # A shared pack of 62,500 is there for all, after each one's seat. A seat that is used up still
    # takes what makes less than a credit, 999 tokens and 41: the pack gives 1,999.001 and 59,999.016.
    buy A token-plan-shared-pack                                                  -> 500
    call A qwen-plus input:2000000 by=anna                          -> ok drawn=1999
    call A qwen3-max output:2500000 by=bert                         -> ok drawn=59999
    left A -> money 2206, 25,000 credits 0, 100,000 credits 0, 250,000 credits 250000, 62,500 credits 502
    at 2026-07-01T00:00:00+08:00
    call A qwen-plus input:25000000 by=anna                         -> ok drawn=25000
    bill A 2026-06 -> TOKEN-PLAN-MAX 1398, TOKEN-PLAN-PACK 500, TOKEN-PLAN-PRO 698, TOKEN-PLAN-STANDARD 198, total 2794, fen 279400, carried 0, TOKEN-PLAN-PACK/grant-1 qwen-plus covered 1999 credit, TOKEN-PLAN-PACK/grant-1 qwen3-max covered 59999 credit, TOKEN-PLAN-PRO/grant-1 qwen-plus covered 100000 credit, TOKEN-PLAN-PRO/grant-1 qwen3-max covered 0 credit, TOKEN-PLAN-STANDARD/grant-1 qwen-plus covered 25000 credit
  )");
}

TEST_CASE("B09: Tencent Token Plan, 39 for 35 M, and three larger tiers", "[products][b]") {
  Shop shop("vendors");
  shop.Run(R"(
    account A money=1036
    buy A tencent-lite                                                            -> 39
    call A hunyuan-turbos input:34999999,output:2 -> ok granted=input:34999999,output:1 drawn=35000000 then stop
    bill A 2026-05 -> TENCENT-LITE 39, total 39, fen 3900, carried 0, TENCENT-LITE/grant-1 hunyuan-turbos covered 35000000 token
    buy A tencent-standard                                                        -> 99
    buy A tencent-pro                                                             -> 299
    buy A tencent-max                                                             -> 599
    left A -> money 0, 35 M tokens 0, 100 M tokens 100000000, 320 M tokens 320000000, 650 M tokens 650000000
  )");
}

TEST_CASE("B10: trial, then paid packs, then post-paid, which the customer turns on",
          "[products][b]") {
  Shop shop("vendors");
  // Of 150,000 the trial pays 100,000. A pack used up stops until "packs only" is off; then 2 a
  // million.
  shop.Run(R"(
    account A limit=5 money=15
    buy A tencent-pay-per-use                                                     -> 0
    buy A tencent-pack-total                                                      -> 15
    call A hunyuan-turbos output:150000                             -> ok drawn=150000
    left A                                       -> money 0, trial 0, 10 M tokens 9950000
    call A hunyuan-turbos input:10000000            -> refused 4012
    call A hunyuan-turbos output:9960000 -> ok granted=output:9950000 drawn=9950000 then stop
    switch A packs_only off                                                       -> ok
    call A hunyuan-turbos output:2000000                            -> ok charged=4
    left A                                                  -> money -4, trial 0, 10 M tokens 0
    bill A 2026-05 -> TENCENT-TOTAL 15, graduated-cny/hunyuan-turbos 4, total 19, fen 1900, carried 0, TENCENT-POSTPAID/grant-1 hunyuan-turbos covered 100000 token, TENCENT-TOTAL/grant-1 hunyuan-turbos covered 10000000 token
  )");
}

TEST_CASE("B10: packs until expired, refilled by the day, in months of a year, unlimited",
          "[products][b]") {
  Shop shop("vendors");
  shop.Run(R"(
    account T money=15
    buy T tencent-pack-total                                                      -> 15
    # A million a day; what is left of the day is lost.
    account D money=30
    buy D tencent-pack-daily                                                      -> 30
    call D hunyuan-turbos output:400000                             -> ok drawn=400000
    at 2026-05-18T00:00:00+08:00
    left D                                              -> money 0, 1 M tokens a day 1000000
    call D hunyuan-turbos output:1000001 -> ok granted=output:1000000 drawn=1000000 then stop
    at 2026-05-19T00:00:00+08:00
    call D hunyuan-turbos output:5                                  -> ok drawn=5
    # 100 M in a year, at most 10 M of them in a month.
    account S money=150
    buy S tencent-pack-sharded                                                    -> 150
    call S hunyuan-turbos output:11000000 -> ok granted=output:10000000 drawn=10000000 then stop by a month until 2026-06-01T00:00:00+08:00
    call S hunyuan-turbos output:1 -> refused 4012 stop by a month until 2026-06-01T00:00:00+08:00
    at 2026-06-01T00:00:00+08:00
    call S hunyuan-turbos output:9000000                            -> ok drawn=9000000
    left S                                              -> money 0, 100 M tokens 81000000
    # Any number for a month.
    account U money=999
    buy U tencent-pack-unlimited                                                  -> 999
    calls U 10 hunyuan-turbos output:90000000                -> served=10 drawn=900000000
    at 2026-07-01T00:00:00Z
    call U hunyuan-turbos output:1                                  -> refused 5031
    left D                                                                        -> money 0
    at 2027-05-19T00:00:00+08:00
    left T                                                                        -> money 0
    left S                                                                        -> money 0
    # 100,000 an hour for a week.
    at 2027-06-01T00:00:00+08:00
    account H money=5
    buy H tencent-pack-hourly                                                     -> 5
    call H hunyuan-turbos output:150000 -> ok granted=output:100000 drawn=100000 then stop
    call H hunyuan-turbos output:1                                  -> refused 4012
    at 2027-06-01T01:00:00+08:00
    call H hunyuan-turbos output:60000                              -> ok drawn=60000
    at 2027-06-01T02:00:00+08:00
    left H                                              -> money 0, 100 K tokens an hour 100000
    at 2027-06-08T00:00:00+08:00
    left H                                                                        -> money 0
  )");
}

TEST_CASE("B11: Qianfan Coding Plan, 40 and 200 a month, counted in requests", "[products][b]") {
  Shop shop("vendors");
  shop.Run(R"(
    account A money=240
    buy A qianfan-coding-lite                                                     -> 40
    calls A 3 ernie-4.5 input:100000,output:5000                    -> served=3 drawn=3
    event A ernie-4.5 request:17996,output:1                        -> ok drawn=17996
    call A ernie-4.5 output:9000                                    -> ok drawn=1
    call A ernie-4.5 output:1                                       -> refused 4012
    bill A 2026-05 -> QIANFAN-LITE 40, total 40, fen 4000, carried 0, QIANFAN-LITE/grant-1 ernie-4.5 covered 18000 request
    buy A qianfan-coding-pro                                                      -> 200
    call A ernie-4.5 output:1                                       -> ok drawn=1
    left A                          -> money 0, 18,000 requests 0, 90,000 requests 89999
  )");
}

TEST_CASE("B12: 1,200 requests in any 5 hours, 9,000 a week, 18,000 a month", "[products][b]") {
  Shop shop("vendors", "2026-06-01T09:00:00+08:00");
  // Weeks begin on Monday: 1, 8 and 15 June are Mondays. A window of 5 hours is kept in slots of 5
  // minutes.
  shop.Run(R"(
    account A money=100
    buy A modelark-coding-lite                                                    -> 40
    calls A 1201 kimi-k2 input:3000,output:200 -> served=1200 drawn=1200 then refused 4012 wait by requests in 5 hours until 2026-06-01T14:05:00+08:00
    # Nothing else is drawn, though there is money.
    money A                                                                       -> 60
    at 2026-06-01T14:04:59+08:00
    call A kimi-k2 output:1 -> refused 4012 wait by requests in 5 hours until 2026-06-01T14:05:00+08:00
    at 2026-06-01T14:05:00+08:00
    event A kimi-k2 request:1200                                    -> ok drawn=1200
    at 2026-06-02T00:00:00+08:00
    event A kimi-k2 request:1200                                    -> ok drawn=1200
    at 2026-06-03T00:00:00+08:00
    event A kimi-k2 request:1200                                    -> ok drawn=1200
    at 2026-06-04T00:00:00+08:00
    event A kimi-k2 request:1200                                    -> ok drawn=1200
    at 2026-06-05T00:00:00+08:00
    event A kimi-k2 request:1200                                    -> ok drawn=1200
    at 2026-06-06T00:00:00+08:00
    event A kimi-k2 request:1200                                    -> ok drawn=1200
    # 8,400 so far: 600 are left in the week.
    at 2026-06-07T00:00:00+08:00
    calls A 601 kimi-k2 output:5 -> served=600 drawn=600 then refused 4012 wait by requests a week until 2026-06-08T00:00:00+08:00
    at 2026-06-08T00:00:00+08:00
    event A kimi-k2 request:1200                                    -> ok drawn=1200
    at 2026-06-08T06:00:00+08:00
    event A kimi-k2 request:1200                                    -> ok drawn=1200
    at 2026-06-08T12:00:00+08:00
    event A kimi-k2 request:1200                                    -> ok drawn=1200
    at 2026-06-08T18:00:00+08:00
    event A kimi-k2 request:1200                                    -> ok drawn=1200
    at 2026-06-09T00:00:00+08:00
    event A kimi-k2 request:1200                                    -> ok drawn=1200
    at 2026-06-09T06:00:00+08:00
    event A kimi-k2 request:1200                                    -> ok drawn=1200
    at 2026-06-09T12:00:00+08:00
    event A kimi-k2 request:1200                                    -> ok drawn=1200
    at 2026-06-10T00:00:00+08:00
    event A kimi-k2 request:600                                     -> ok drawn=600
    # The month's 18,000 are used up; the next begin on the day of purchase.
    at 2026-06-15T00:00:00+08:00
    call A kimi-k2 output:1    -> refused 4012 wait until 2026-07-01T00:00:00+08:00
    at 2026-07-01T00:00:00+08:00
    call A kimi-k2 output:1                                         -> ok drawn=1
    bill A 2026-06 -> MODELARK-LITE 40, total 40, fen 4000, carried 0, MODELARK-LITE/grant-1 kimi-k2 covered 18000 request
    # Pro: five times as much.
    account B money=200
    buy B modelark-coding-pro                                                     -> 200
    event B kimi-k2 request:6000                                    -> ok drawn=6000
    call B kimi-k2 output:1 -> refused 4012 wait by requests in 5 hours until 2026-07-01T05:05:00+08:00
    left B                                                     -> money 0, requests 84000
  )");
}

TEST_CASE("B13: prompts at 3 x in peak hours, later at 2 x and 0.67 x", "[products][b]") {
  Shop shop("vendors", "2026-05-18T13:00:00+08:00");
  // 120 prompts in 5 hours. GLM-5 before 14:00 at 1; from 14:00 on 3 each: 30 left are 10. Older
  // models at 1 at any hour.
  shop.Run(R"(
    account A money=100
    buy A glm-coding-lite                                                         -> 40
    calls A 90 glm-5 output:500                                     -> served=90 drawn=90
    at 2026-05-18T14:00:00+08:00
    calls A 11 glm-5 output:500 -> served=10 drawn=30 then refused 4012 wait by prompts in 5 hours until 2026-05-18T18:05:00+08:00
    at 2026-05-19T15:00:00+08:00
    calls A 121 glm-4.7 output:500 -> served=120 drawn=120 then refused 4012 wait by prompts in 5 hours until 2026-05-19T20:05:00+08:00
    # From June on 2 each in peak hours: 60.
    at 2026-06-01T14:00:00+08:00
    calls A 61 glm-5 output:500 -> served=60 drawn=120 then refused 4012 wait by prompts in 5 hours until 2026-06-01T19:05:00+08:00
    # And 0.67 else: 100 are 67, and what is left of a hundred hundredths is carried.
    at 2026-06-02T09:00:00+08:00
    calls A 100 glm-5 output:500                                    -> served=100 drawn=67
    account B money=600
    buy B glm-coding-pro                                                          -> 200
    event B glm-4.7 request:600                                     -> ok drawn=600
    call B glm-4.7 output:1 -> refused 4012 wait by prompts in 5 hours until 2026-06-02T14:05:00+08:00
    buy B glm-coding-max                                                          -> 400
    event B glm-4.7 request:2400                                    -> ok drawn=2400
    call B glm-4.7 output:1 -> refused 4012 wait by prompts in 5 hours until 2026-06-02T14:05:00+08:00
  )");
}

TEST_CASE("B14: the prompt's length decides the price of the whole request", "[products][b]") {
  Shop shop("vendors");
  // 32,000 of prompt: 0.0256 + 0.008. 32,001, of which 12,001 cached: 0.024 + 0.00192 + 0.016 (0.16
  // micros are carried). 128,001: 0.3072024 + 0.024. qwen3-max 40,000: 0.096 + 0.012.
  shop.Run(R"(
    account A money=10
    buy A volcengine                                                              -> 0
    call A doubao-seed-1.6 input:32000,output:1000                  -> ok charged=0.0336
    call A doubao-seed-1.6 input:20000,cache_read:12001,output:1000 -> ok charged=0.04192
    call A doubao-seed-1.6 input:128001,output:1000                 -> ok charged=0.331202
    # A request told in two reports keeps the band of its prompt.
    open s A doubao-seed-1.6 input:128001,output:1000  -> ok granted=input:128001,output:1000
    report s input:128001 output:1000                  -> ok charged=0.307202 granted=output:1000
    close s output:1000                                             -> ok charged=0.024
    bill A 2026-05 -> volcengine-cny/doubao-seed-1.6 0.737924, total 0.737924, fen 73, carried 7924
    account B currency=USD money=10
    buy B model-studio                                                            -> 0
    event B qwen-plus input:1000000                                 -> ok drawn=1000000
    call B qwen3-max input:40000,output:1000                 -> ok charged=0.108 then bill_on
  )");
}

TEST_CASE("B15: above 200 K of prompt every token has the higher price", "[products][b]") {
  Shop shop("vendors");
  // Gemini: 0.25 + 0.01; one token more: 0.5000025 + 0.015 (half a micro is carried). Claude: 0.6 +
  // 0.015; 150,000 and 60,000 cached: 0.9 + 0.036 + 0.0225.
  shop.Run(R"(
    account A currency=USD money=10
    buy A long-context                                                            -> 0
    call A gemini-2.5-pro input:200000,output:1000                  -> ok charged=0.26
    call A gemini-2.5-pro input:200001,output:1000                  -> ok charged=0.515002
    call A claude-sonnet-4-5 input:200000,output:1000               -> ok charged=0.615
    call A claude-sonnet-4-5 input:150000,cache_read:60000,output:1000 -> ok charged=0.9585
    bill A 2026-05 -> long-context-usd/claude-sonnet-4-5 1.5735, long-context-usd/gemini-2.5-pro 0.775002, total 2.348502, fen 234, carried 8502
  )");
}

TEST_CASE("B16: Anthropic, four prices of input", "[products][b]") {
  Shop shop("vendors");
  // Sonnet at 3: 1,000 + 10,000 read at 0.1 x + 2,000 written for 5 minutes at 1.25 x + 500 for an
  // hour at 2 x + 800 out: 3,000 + 3,000 + 7,500 + 3,000 + 12,000 = 28,500 micros. Opus at 5: 5,000
  // + 5,000 + 12,500 + 5,000 + 20,000 = 47,500.
  shop.Run(R"(
    account A currency=USD money=1
    buy A anthropic-usd                                                           -> 0
    call A claude-sonnet-4.5 input:1000,cache_read:10000,cache_write_5m:2000,cache_write_1h:500,output:800 -> ok charged=0.0285
    call A claude-opus-4.5 input:1000,cache_read:10000,cache_write_5m:2000,cache_write_1h:500,output:800 -> ok charged=0.0475
    bill A 2026-05             -> anthropic-usd/claude-opus-4-5 0.0475, anthropic-usd/claude-sonnet-4-5 0.0285, total 0.076, fen 7, carried 6000
  )");
}

TEST_CASE("B17: the same model at the prices of four service tiers", "[products][b]") {
  Shop shop("vendors");
  // 1.25 + 10, half of it, twice it.
  shop.Run(R"(
    account A currency=USD money=100
    buy A openai                                                                  -> 0
    call A gpt-5 input:1000000,output:1000000                       -> ok charged=11.25
    call A gpt-5 input:1000000,output:1000000 tier=standard         -> ok charged=11.25
    call A gpt-5 input:1000000,output:1000000 tier=batch            -> ok charged=5.625
    call A gpt-5 input:1000000,output:1000000 tier=flex             -> ok charged=5.625
    call A gpt-5 input:1000000,output:1000000 tier=priority         -> ok charged=22.5
    record A -> usage gpt-5 priority, openai-usd/gpt-5 input:1000000 2.5, openai-usd/gpt-5 output:1000000 20
    bill A 2026-05             -> openai-usd/gpt-5 56.25, total 56.25, fen 5625, carried 0
  )");
}

TEST_CASE("B18: reasoning is priced apart from other output", "[products][b]") {
  Shop shop("vendors");
  // 0.8 + 2 x 0.5 + 8 x 2.
  shop.Run(R"(
    account A money=20
    buy A qwen-thinking                                                           -> 0
    call A qwen-plus input:1000000,output:500000,reasoning:2000000  -> ok charged=17.8
    bill A 2026-05         -> qwen-thinking-cny/qwen-plus 17.8, total 17.8, fen 1780, carried 0
  )");
}

TEST_CASE("B19: images, seconds, searches and requests beside tokens", "[products][b]") {
  Shop shop("vendors");
  // 1,000 x 5 + 500 x 10 micros + 2 x 0.04 = 0.09. 600 s x 0.0001 + one request 0.001 = 0.061. 30
  // s, 3 searches at 0.01 and the request: 0.034.
  shop.Run(R"(
    account A currency=USD money=1
    buy A openai                                                                  -> 0
    call A gpt-image-1 input:1000,image_input:500,image:2           -> ok charged=0.09
    call A whisper-1 second:600                                     -> ok charged=0.061
    call A whisper-1 input:7,search:3,second:30                     -> ok charged=0.034
    bill A 2026-05             -> openai-usd/gpt-image-1 0.09, openai-usd/whisper-1 0.095, total 0.185, fen 18, carried 5000
  )");
}

TEST_CASE("B20: 5.5 % on top of the model's own charge", "[products][b]") {
  Shop shop("vendors");
  // 1.25 x 1.055 + 10 x 1.055 = 1.31875 + 10.55; 0.04 x 1.055 = 0.0422.
  shop.Run(R"(
    account A currency=USD money=20
    buy A openrouter                                                              -> 0
    call A gpt-5 input:1000000,output:1000000                       -> ok charged=11.86875
    call A gpt-image-1 image:1                                      -> ok charged=0.0422
    bill A 2026-05       -> OPENROUTER 11.91095, total 11.91095, fen 1191, carried 950
  )");
}

TEST_CASE("B21: graduated and volume prices in a month", "[products][b]") {
  Shop shop("vendors");
  // Graduated: 90 M at 2 are 180; of the next 20 M ten at 2 and ten at 1.2: 32.
  shop.Run(R"(
    account A money=1000
    buy A graduated                                                               -> 0
    call A hunyuan-turbos input:90000000                            -> ok charged=180
    call A hunyuan-turbos input:20000000                            -> ok charged=32
    call A hunyuan-turbos input:1000000                             -> ok charged=1.2
    bill A 2026-05       -> graduated-cny/hunyuan-turbos 213.2, total 213.2, fen 21320, carried 0
    # In June it begins anew.
    at 2026-06-01T00:00:00+08:00
    call A hunyuan-turbos input:1000000                             -> ok charged=2
    # Volume: 90 M are 180, and 100 M 200. What lies above makes all of it cost 1.2: use is free
    # until the whole has caught up; 170 M are 204.
    account B money=1000
    buy B volume                                                                  -> 0
    call B hunyuan-turbos input:90000000                            -> ok charged=180
    call B hunyuan-turbos input:20000000                            -> ok charged=20
    call B hunyuan-turbos input:10000000                            -> ok
    call B hunyuan-turbos input:50000000                            -> ok charged=4
    bill B 2026-06  -> volume-cny/hunyuan-turbos 204, total 204, fen 20400, carried 0
    # 110 M end at 132: of 200, 68 are given back when the month ends, on the bill of that day. Who
    # has caught up gets nothing back.
    account C money=1000
    buy C volume                                                                  -> 0
    call C hunyuan-turbos input:90000000                            -> ok charged=180
    call C hunyuan-turbos input:20000000                            -> ok charged=20
    bill C 2026-06  -> volume-cny/hunyuan-turbos 200, total 200, fen 20000, carried 0
    at 2026-07-01T00:00:00+08:00
    left B                                                                      -> money 796
    left C                                                                      -> money 868
    bill C 2026-07  -> volume-cny/hunyuan-turbos -68, total -68, fen -6800, carried 0
    call C hunyuan-turbos input:1000000                             -> ok charged=2
  )");
}

TEST_CASE("B22: after 50 M no stop but basic assurance at stated rates", "[products][b]") {
  Shop shop("vendors", "2026-05-18T10:00:00+08:00");
  shop.Run(R"(
    account A currency=USD money=30
    buy A canopy-50                                                               -> 30
    # As fast as they come while there are tokens.
    calls A 10 kimi-k2 input:4900000,output:90000                  -> served=10 drawn=49900000
    # The last 100,000 and a little more: from here on one request a second, two a minute, ten an
    # hour, fifty a day.
    call A kimi-k2 input:100000,output:1000 -> ok drawn=100000 then throttle 1/1s 2/60s 10/3600s 50/86400s
    event A kimi-k2 input:5000,output:1000                           -> ok drawn=1
    # A window of a second is kept in slots of 17 ms, one of a minute in slots of a second.
    call A kimi-k2 output:1000 -> refused 4012 throttle by per second until 2026-05-18T10:00:01.014+08:00 1/1s 2/60s 10/3600s 50/86400s
    wait 2
    event A kimi-k2 output:1000                                      -> ok drawn=1
    wait 2
    call A kimi-k2 output:1000 -> refused 4012 throttle by per minute until 2026-05-18T10:01:01+08:00 1/1s 2/60s 10/3600s 50/86400s
    # Two a minute make ten in five minutes; the eleventh waits for the hour.
    at 2026-05-18T10:01:10+08:00
    event A kimi-k2 output:1000                                      -> ok drawn=1
    wait 2
    event A kimi-k2 output:1000                                      -> ok drawn=1
    at 2026-05-18T10:02:20+08:00
    event A kimi-k2 output:1000                                      -> ok drawn=1
    wait 2
    event A kimi-k2 output:1000                                      -> ok drawn=1
    at 2026-05-18T10:03:30+08:00
    event A kimi-k2 output:1000                                      -> ok drawn=1
    wait 2
    event A kimi-k2 output:1000                                      -> ok drawn=1
    at 2026-05-18T10:04:40+08:00
    event A kimi-k2 output:1000                                      -> ok drawn=1
    wait 2
    event A kimi-k2 output:1000                                      -> ok drawn=1
    at 2026-05-18T10:06:00+08:00
    call A kimi-k2 output:1000 -> refused 4012 throttle by per hour until 2026-05-18T11:01:00+08:00 1/1s 2/60s 10/3600s 50/86400s
    bill A 2026-05 -> CANOPY-50 30, total 30, fen 3000, carried 0, CANOPY-50/grant-2 kimi-k2 covered 10 request, CANOPY-50/grant-1 kimi-k2 covered 50000000 token
    # A gateway that states its requests itself is not held to the rates while there are tokens.
    account D currency=USD money=30
    buy D canopy-50                                                               -> 30
    calls D 5 kimi-k2 request:1,input:900000,output:100000              -> served=5 drawn=5000000
    event D kimi-k2 request:1,input:45000000                         -> ok drawn=45000000
    event D kimi-k2 request:1,input:1000                                  -> ok drawn=1
    call D kimi-k2 request:1,input:1000 -> refused 4012 throttle by per second until 2026-05-18T10:06:01.006+08:00 1/1s 2/60s 10/3600s 50/86400s
    # The larger ones.
    account B currency=USD money=320
    buy B canopy-200                                                              -> 100
    event B kimi-k2 output:200000000                                 -> ok drawn=200000000
    price B kimi-k2 output:1 -> costs 0 drawn=1 output=0 request request=1 request calls=1 then throttle 1/1s 8/60s 40/3600s 200/86400s
    account C currency=USD money=320
    buy C canopy-500                                                              -> 220
    event C kimi-k2 output:500000000                                 -> ok drawn=500000000
    price C kimi-k2 output:1 -> costs 0 drawn=1 output=0 request request=1 request calls=1 then throttle 1/1s 20/60s 100/3600s 500/86400s
  )");
}

TEST_CASE("B23: the same model at five levels of speed and price", "[products][b]") {
  Shop shop("vendors");
  // 1 M input and 1 M output: 0, 1 + 3, 2 + 6, 4 + 12, 8 + 24.
  shop.Run(R"(
    account A money=100
    buy A factory                                                                 -> 0
    call A factory-llm input:1000000,output:1000000 tier=free              -> ok
    call A factory-llm input:1000000,output:1000000 tier=intermediate      -> ok charged=4
    call A factory-llm input:1000000,output:1000000 tier=advanced          -> ok charged=8
    call A factory-llm input:1000000,output:1000000 tier=high-speed        -> ok charged=16
    call A factory-llm input:1000000,output:1000000 tier=ultra-high-speed  -> ok charged=32
    # There is no level without a name.
    call A factory-llm input:1                                             -> refused 5031
    bill A 2026-05             -> factory-cny/factory-llm 60, total 60, fen 6000, carried 0
  )");
}

}  // namespace
}  // namespace ocs::products
