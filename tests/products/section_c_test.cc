// Section C of the products' list: what customers of telecom operators know and expect. Each amount
// is worked out by hand from the row; what the row does not give stands in docs/PRODUCTS.md.

#include <fstream>
#include <sstream>

#include "absl/strings/str_replace.h"
#include "tests/products/shop.h"

namespace ocs::products {
namespace {

TEST_CASE("C01: overage that turns into packs, with a cap and a stop until the 1st",
          "[products][c]") {
  Shop shop("habits");
  // 0.3 a million: 200 M are 60, the rest of 1,024 M is free, and so ten times: 600 for 10,240 M.
  // Then free up to 15,360 M, then a stop.
  shop.Run(R"(
    account A money=5000
    buy A overage-plan                                                            -> 20
    call A chat input:10000000                                      -> ok drawn=10000000 then bill_on
    call A chat input:100000000                                     -> ok charged=30 then bill_on
    call A pro output:150000000                                     -> ok charged=30 then bill_on
    call A chat input:774000000                                     -> ok then bill_on
    # 1,024 M: it starts again.
    call A chat input:200000000                                     -> ok charged=60 then bill_on
    # The rest of this pack is free, and eight more are 480.
    call A chat input:9016000000                                    -> ok charged=480 then bill_on
    call A chat input:1000000000,output:4120000001 -> ok granted=input:1000000000,output:4120000000 then stop
    call A chat output:1 -> refused 4012 stop by price book overage-into-packs, line 21 until 2026-06-01T00:00:00+08:00
    money A                                                                       -> 4380
    bill A 2026-05 -> OVERAGE 600, OVERAGE-PLAN 20, total 620, fen 62000, carried 0, OVERAGE-PLAN/grant-1 chat covered 10000000 token
    at 2026-06-01T00:00:00+08:00
    call A chat input:11000000                    -> ok drawn=10000000 charged=0.3 then bill_on
    money A                                                                       -> 4359.7
  )");
}

TEST_CASE("C02: the next pack is bought by itself, up to three a month", "[products][c]") {
  Shop shop("habits");
  // Four packs of 5 M: 20 calls of a million. In June three more, and one that the customer buys.
  shop.Run(R"(
    account A money=100
    buy A stacking-pack                                                           -> 5
    calls A 30 chat input:1000000         -> served=20 drawn=20000000 then refused 4012 buy_next
    buy A stacking-pack                           -> refused FAILED_PRECONDITION offer
    bill A 2026-05 -> STACKING 20, total 20, fen 2000, carried 0, STACKING/grant-1 chat covered 20000000 token
    at 2026-06-01T00:00:00+08:00
    calls A 30 chat input:1000000         -> served=15 drawn=15000000 then refused 4012 buy_next
    buy A stacking-pack                                                           -> 5
    money A                                                                       -> 60
  )");
}

TEST_CASE("C03: the first month by the day; a started month is not given back", "[products][c]") {
  Shop shop("habits");
  // On 17 May 15 of 31 days are left: 15 of 31, and 15 M of 31 M.
  shop.Run(R"(
    account A money=100
    account B money=100
    buy A pro-rata-plan                                                           -> 15
    buy B pro-rata-plan                                                           -> 15
    left A                                                -> money 85, 31 M tokens 15000000
    cancel B 1                                            -> until 2026-06-01T00:00:00+08:00
    left B                                                -> money 85, 31 M tokens 15000000
    at 2026-06-01T00:00:00+08:00
    left A                                                -> money 54, 31 M tokens 31000000
    left B                                                                  -> money 85
    bill A 2026-05                   -> PRO-RATA 15, total 15, fen 1500, carried 0
    bill A 2026-06                   -> PRO-RATA 31, total 31, fen 3100, carried 0
    bill B 2026-06                                                                -> nothing
  )");
}

TEST_CASE("C04: what is left goes into the next month once, used first or last", "[products][c]") {
  Shop shop("habits");
  shop.Run(R"(
    account A money=100
    account B money=100
    buy A carry-plan-first                                                        -> 10
    buy B carry-plan-last                                                         -> 10
    call A chat input:7000000                                       -> ok drawn=7000000
    call B chat input:3000000                                       -> ok drawn=3000000
    at 2026-06-01T00:00:00+08:00
    # 3 M are carried; of 7 M at most 4 M are.
    left A                          -> money 80, 10 M tokens 3000000, 10 M tokens 10000000
    left B                          -> money 80, 10 M tokens 10000000, 10 M tokens 4000000
    # First the carried ones; first the month's own.
    call A chat input:4000000                                       -> ok drawn=4000000
    left A                          -> money 80, 10 M tokens 0, 10 M tokens 9000000
    call B chat input:11000000                                      -> ok drawn=11000000
    left B                          -> money 80, 10 M tokens 0, 10 M tokens 3000000
    at 2026-07-01T00:00:00+08:00
    # Once: what was carried is not carried again.
    left A                          -> money 70, 10 M tokens 9000000, 10 M tokens 10000000
    left B                                               -> money 70, 10 M tokens 10000000
    bill B 2026-06 -> CARRY-LAST 10, total 10, fen 1000, carried 0, CARRY-LAST/grant-1 chat covered 11000000 token
  )");
}

TEST_CASE("C05: a billing day other than the 1st, in months that lack it", "[products][c]") {
  Shop shop("habits", "2027-12-31T10:00:00+08:00");
  // 2028 is a leap year.
  shop.Run(R"(
    account A money=100 day=31
    account B money=100 day=15
    account C money=100
    buy A cycle-plan                                                              -> 10
    buy B cycle-plan                                                              -> 10
    buy C cycle-plan                                                              -> 10
    offers A                             -> cycle-plan renews 2028-01-31T00:00:00+08:00
    offers B                             -> cycle-plan renews 2028-01-15T00:00:00+08:00
    offers C                             -> cycle-plan renews 2028-01-31T00:00:00+08:00
    at 2028-01-31T00:00:00+08:00
    offers A                             -> cycle-plan renews 2028-02-29T00:00:00+08:00
    offers B                             -> cycle-plan renews 2028-02-15T00:00:00+08:00
    at 2028-02-29T00:00:00+08:00
    offers A                             -> cycle-plan renews 2028-03-31T00:00:00+08:00
    at 2028-03-31T00:00:00+08:00
    offers A                             -> cycle-plan renews 2028-04-30T00:00:00+08:00
    # Five cycles have begun: 31 December, 31 January, 29 February, 31 March, 30 April.
    at 2028-04-30T00:00:00+08:00
    left A                                               -> money 50, 10 M tokens 10000000
    bill A 2028-02                    -> CYCLE 10, total 10, fen 1000, carried 0
  )");
}

TEST_CASE("C06: a credit limit, a monthly cap, and alerts at 50, 80 and 100 %", "[products][c]") {
  Shop shop("habits");
  // 2 a million of input. The offer caps 50 a month, the account may owe 60.
  shop.Run(R"(
    account A limit=60
    buy A postpaid                                                                -> 0
    notices                                                                 -> none
    call A chat input:12000000                                      -> ok charged=24
    notices                                                                 -> none
    call A chat input:1000000                                       -> ok charged=2
    notices                                        -> limit threshold 50% monthly cap
    call A chat input:7000000                                       -> ok charged=14
    notices                                        -> limit threshold 80% monthly cap
    call A chat input:4000000,output:300000 -> ok granted=input:4000000,output:250000 charged=10 then stop by monthly cap until 2026-06-01T00:00:00+08:00
    notices                                          -> limit reached 100% monthly cap
    call A chat input:1 -> refused 4012 stop by monthly cap until 2026-06-01T00:00:00+08:00
    limits A                                       -> monthly cap used 50 left 0
    bill A 2026-05                         -> LIST 50, total 50, fen 5000, carried 0
    # In June the cap is free again, and the credit limit leaves 10.
    at 2026-06-01T00:00:00+08:00
    call A chat output:2000000                    -> ok granted=output:1250000 charged=10 then stop
    call A chat output:1                                            -> refused 4012
    top_up A 60
    # A cap of 4 that the customer sets for himself.
    limit A own amount=4 per=month                                                -> ok
    call A chat output:1000000 -> ok granted=output:500000 charged=4 then stop by own until 2026-07-01T00:00:00+08:00
    money A                                                                       -> -4
    bill A 2026-06                         -> LIST 14, total 14, fen 1400, carried 0
  )");
}

TEST_CASE("C07: a family's pool with a cap for each member", "[products][c]") {
  Shop shop("habits");
  shop.Run(R"(
    account A money=100
    node A mother
    node A father
    node A son
    buy A family-plan                                                             -> 49.9
    call A chat input:20000000,output:20000000 by=mother -> ok granted=input:20000000,output:10000000 drawn=30000000 then stop by for each member of mother until 2026-06-17T00:00:00+08:00
    call A chat output:1 by=mother -> refused 4012 stop by for each member of mother until 2026-06-17T00:00:00+08:00
    call A chat input:30000000 by=father                            -> ok drawn=30000000 
    call A chat output:25000000 by=son -> ok granted=output:20000000 drawn=20000000 then stop
    bill A 2026-05 -> FAMILY 49.9, total 49.9, fen 4990, carried 0, FAMILY/grant-1 chat covered 80000000 token
    at 2026-06-17T00:00:00+08:00
    call A chat input:30000000 by=mother                            -> ok drawn=30000000
  )");
}

TEST_CASE("C07: an enterprise with departments, members and keys, each with a budget",
          "[products][c]") {
  Shop shop("habits");
  // 2 a million of input: the department 10, Anna 6 of it, her key 2 of that.
  shop.Run(R"(
    account A money=100
    node A sales kind=group
    node A anna under=sales
    node A bert under=sales
    node A key-1 kind=key under=anna
    buy A pay-per-use                                                             -> 0
    limit A sales-budget node=sales amount=10                                     -> ok
    limit A anna-budget node=anna amount=6                                        -> ok
    limit A key-budget node=key-1 amount=2                                        -> ok
    call A chat input:1000000 by=key-1                              -> ok charged=2
    call A chat input:1 by=key-1 -> refused 4012 stop by key-budget of sales/anna/key-1 until 2026-06-01T00:00:00+08:00
    call A chat output:600000 by=anna -> ok granted=output:500000 charged=4 then stop by anna-budget of sales/anna until 2026-06-01T00:00:00+08:00
    call A chat output:600000 by=bert -> ok granted=output:500000 charged=4 then stop by sales-budget of sales until 2026-06-01T00:00:00+08:00
    call A chat input:1 by=bert -> refused 4012 stop by sales-budget of sales until 2026-06-01T00:00:00+08:00
    limits A -> sales-budget used 10 left 0, anna-budget used 6 left 0, key-budget used 2 left 0
    # Others are not bound by it.
    call A chat input:1000000                                       -> ok charged=2
    bill A 2026-05                         -> LIST 12, total 12, fen 1200, carried 0
  )");
}

TEST_CASE("C08: allowance and money are given to another account", "[products][c]") {
  Shop shop("habits");
  // 6 for 5 M: 2 M of them carry 2.4 of what is not yet earned to the other account.
  shop.Run(R"(
    account A money=10
    account B
    buy A gift-pack                                                               -> 6
    transfer A B 2000000 bucket=2                                                 -> ok
    transfer A B 3000001 bucket=2                      -> refused FAILED_PRECONDITION amount
    left A                                                  -> money 4, 5 M tokens 3000000
    left B                                                  -> money 0, 5 M tokens 2000000
    call B chat input:2000000                                       -> ok drawn=2000000
    book package revenue earned                                                   -> 2400000
    transfer A B 1.5                                                              -> ok
    money A                                                                       -> 2.5
    money B                                                                       -> 1.5
    bill A 2026-05                               -> GIFT 6, total 6, fen 600, carried 0
    bill B 2026-05                               -> GIFT/grant-1 chat covered 2000000 token
  )");
}

TEST_CASE("C09: pay 100, get 120: the bonus expires sooner and is used first", "[products][c]") {
  Shop shop("habits");
  // 15 of use come from the bonus; 30 days later the other 5 are gone.
  shop.Run(R"(
    account A money=100
    buy A pay-100-get-120                                                         -> 100
    left A                                             -> money 0, paid 100, bonus 20
    call A chat input:7500000                                       -> ok charged=15
    left A                                             -> money 0, paid 100, bonus 5
    call A chat input:5000000                                       -> ok charged=10
    left A                                             -> money 0, paid 95, bonus 0
    bill A 2026-05 -> BONUS-100 100, total 100, fen 10000, carried 0, LIST chat covered 25
    account B money=100
    buy B pay-100-get-120                                                         -> 100
    at 2026-06-16T14:40:00+08:00
    left B                                                      -> money 0, paid 100
  )");
}

TEST_CASE("C10: a free month, a promotion between two dates, a discount for a group",
          "[products][c]") {
  Shop shop("habits");
  // 2 a million of input. 50 % and 20 % together are 0.8.
  shop.Run(R"(
    account A money=100
    account B money=100 segment=student
    buy A promoted                                                                -> 0
    buy B promoted                                                                -> 0
    call A chat input:1000000                                       -> ok
    call B chat input:1000000                                       -> ok
    at 2026-06-17T14:39:59+08:00
    call A chat input:1000000                                       -> ok
    at 2026-06-17T14:40:00+08:00
    call A chat input:1000000                                       -> ok charged=2
    call B chat input:1000000                                       -> ok charged=1.6
    at 2026-11-10T23:59:59+08:00
    call A chat input:1000000                                       -> ok charged=2
    at 2026-11-11T00:00:00+08:00
    call A chat input:1000000                                       -> ok charged=1
    call B chat input:1000000                                       -> ok charged=0.8
    at 2026-11-12T00:00:00+08:00
    call A chat input:1000000                                       -> ok charged=2
    bill A 2026-11       -> LIST-PROMOTED 5, total 5, fen 500, carried 0
    bill B 2026-11       -> LIST-PROMOTED 0.8, total 0.8, fen 80, carried 0
  )");
}

TEST_CASE("C11: a failed call is given back, goodwill, write-off", "[products][c]") {
  Shop shop("habits");
  shop.Run(R"(
    account A limit=10
    buy A pay-per-use                                                             -> 0
    call A chat input:1000000,output:250000                         -> ok charged=4
    call A chat input:1500000                                       -> ok charged=3
    refund A                                                                      -> 3
    refund A                                           -> refused FAILED_PRECONDITION record_id
    money A                                                                       -> -4
    adjust A 1                                                              -> money -3
    bill A 2026-05                              -> LIST 4, total 4, fen 400, carried 0
    write_off A                                                                   -> 3
    money A                                                                       -> 0
    book goodwill                                                                 -> -1000000
    book written off                                                              -> -3000000
    # Of a package the pieces come back, and with them what is not earned.
    account B money=6
    buy B gift-pack                                                               -> 6
    call B chat input:1000000                                       -> ok drawn=1000000
    book package revenue earned                                                   -> 1200000
    refund B                                                   -> 0 and 1000000 pieces
    left B                                                  -> money 0, 5 M tokens 5000000
    book package revenue earned                                                   -> 0
    bill B 2026-05
  )");
}

TEST_CASE("C11: after a wrong tariff a run charges the use again by the corrected one",
          "[products][c]") {
  Shop shop("habits");
  std::ifstream file(OCS_CATALOGUES "/habits.yaml");
  std::stringstream right;
  right << file.rdbuf();
  const std::string wrong =
      absl::StrReplaceAll(right.str(), {{"charge_code: LIST, per: 1M tokens, input: 2,",
                                         "charge_code: LIST, per: 1M tokens, input: 20,"}});
  REQUIRE(wrong != right.str());
  shop.harness().Publish(wrong);
  shop.Run(R"(
    account A money=100
    buy A pay-per-use                                                             -> 0
    call A chat input:1000000                                       -> ok charged=20
    call A chat input:500000                                        -> ok charged=10
    call A chat output:1000000                                      -> ok charged=8
  )");
  shop.harness().Publish(right.str());
  // 20 and 10 become 2 and 1; the output was priced right.
  shop.Run(R"(
    rerate A 3                                -> 2 corrected, 1 unchanged: 38 to 11
    money A                                                                       -> 62
    rerate A 3 apply=yes                      -> 2 corrected, 1 unchanged: 38 to 11
    money A                                                                       -> 89
    rerate A 3 apply=yes                      -> 2 corrected before, 1 unchanged: 38 to 11
    money A                                                                       -> 89
    bill A 2026-05                              -> LIST 11, total 11, fen 1100, carried 0
    tax A 2026-05                      -> 600 of 11: 0.622641 and 10.377359
  )");
}

TEST_CASE("C12: VAT by product, a bill in fen, what rounding leaves is carried", "[products][c]") {
  Shop shop("habits");
  // 6 % is in use, 9 % in the security package. 1,234 input at 2 and 567 output at 8 a million are
  // 2,468 + 4,536 = 7,004 micros: three times 0.021012, two fen and 1,012; with 0.008988 from June
  // (4,494 input) that is one more fen exactly.
  shop.Run(R"(
    account A money=100
    buy A pay-per-use                                                             -> 0
    buy A security                                                                -> 5
    record A                                  -> fee security, SECURITY request:1 5 tax 900
    calls A 3 chat input:1234,output:567                      -> served=3 charged=0.021012
    record A -> usage chat, LIST input:1234 0.002468 tax 600, LIST output:567 0.004536 tax 600
    bill A 2026-05 -> LIST 0.021012, SECURITY 5, total 5.021012, fen 502, carried 1012
    # 0.021012 x 6 / 106 = 0.00118935, and 5 x 9 / 109 = 0.41284403.
    tax A 2026-05  -> 600 of 0.021012: 0.001189 and 0.019823, 900 of 5: 0.412844 and 4.587156
    at 2026-06-01T00:00:00+08:00
    call A chat input:4494                                          -> ok charged=0.008988
    bill A 2026-06 -> LIST 0.008988, SECURITY 5, total 5.008988, fen 501, carried 0
  )");
}

}  // namespace
}  // namespace ocs::products
