// Section D of the products' list: what customers and operators ask, answered about real products.

#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "cdr/explain.h"
#include "rating/catalogue.h"
#include "rating/coverage.h"
#include "tests/products/shop.h"

namespace ocs::products {
namespace {

TEST_CASE("D1: what a call will cost, and how many such calls there still are", "[products][d]") {
  Shop shop("operators");
  // 40 M tokens and 10.1 CNY at 4 micros, which are 2,525,000 more: 42,525,000 / 1,500 = 28,350.
  // Once a call of 30 M is made: 12,525,000 / 1,500 = 8,350.
  shop.Run(R"(
    account A money=40
    buy A ct-personal-standard                                                    -> 29.9
    price A deepseek-v3.2 input:1000,output:500 -> costs 0 drawn=1500 input=1000 token output=500 token calls=28350 then bill_on
    call A xingchen input:30000000                                  -> ok drawn=30000000
    price A deepseek-v3.2 input:1000,output:500 -> costs 0 drawn=1500 input=1000 token output=500 token calls=8350 then bill_on
    # With the package used up the price is money: 1,500 x 4 micros.
    call A xingchen input:10000000                       -> ok drawn=10000000 then bill_on
    price A deepseek-v3.2 input:1000,output:500 -> costs 0.006 charged=0.006 input=0.004 output=0.002 calls=1683 then bill_on
    # An enquiry changes nothing.
    money A                                                                       -> 10.1
    # Nobody sells this: no price.
    account B money=1
    price B deepseek-v3.2 input:1000                                -> refused 5031
  )");
}

TEST_CASE("D2: where a package can be used, at which rate", "[products][d]") {
  std::ifstream file(OCS_CATALOGUES "/operators.yaml");
  std::stringstream text;
  text << file.rdbuf();
  const auto catalogue = rating::ParseCatalogue(text.str(), "operators.yaml");
  REQUIRE(catalogue.catalogue.has_value());
  const auto compiled = rating::Tariff::Compile(*catalogue.catalogue, 1);
  const rating::Tariff& tariff = *compiled;
  const auto covers = [&](std::string_view offer) {
    const auto index = tariff.FindOffer(offer);
    REQUIRE(index.has_value());
    return rating::CoverageOf(tariff, *index, 0, {.at = Instant{1'779'000'000'000}});
  };
  const auto names = [&](const rating::Coverage& coverage) {
    std::set<std::string> found;
    for (const rating::CoveredModel& one : coverage.models)
      found.insert(std::string(tariff.model_id(one.model)));
    return found;
  };
  CHECK(names(covers("ct-personal-light")) == std::set<std::string>{"deepseek-v3.2", "xingchen"});
  CHECK(covers("ct-personal-light").classes == std::vector<std::string>{"personal"});
  // In the co-branded product only.
  const rating::Coverage workbuddy = covers("sm-workbuddy");
  CHECK(workbuddy.models.size() == tariff.model_count());
  CHECK(workbuddy.only_for[0] == std::vector<std::string>{"workbuddy"});
  // A coin is not a token: a token of this model's output burns 24.
  for (const rating::CoveredModel& one : covers("ct-coins").models) {
    if (tariff.model_id(one.model) != "deepseek-v4-pro") continue;
    const rating::Rate& rate = one.draw->of(TokenKind::kOutput);
    CHECK(rate.numerator == 24 * rate.denominator);
  }
}

TEST_CASE("D3: what happens when it is used up", "[products][d]") {
  {
    Shop shop("operators");
    shop.Run(R"(
      account A money=100
      buy A ct-personal-light                                                     -> 9.9
      price A xingchen input:1000        -> costs 0 drawn=1000 input=1000 token calls=10000 then stop
      account B money=100
      buy B js-crayfish                                                           -> 3
      price B xingchen input:1000    -> costs 0 drawn=1000 input=1000 token calls=1000 then buy_next
    )");
  }
  Shop shop("vendors");
  // 50,000 calls; where limits stand beside, an enquiry counts up to 10,000.
  shop.Run(R"(
    account A currency=USD money=30
    buy A canopy-50                                                               -> 30
    price A kimi-k2 input:1000 -> costs 0 drawn=1000 input=1000 token calls=10000 then throttle 1/1s 2/60s 10/3600s 50/86400s
  )");
}

TEST_CASE("D4: why a call cost that much, from its record alone", "[products][d]") {
  Shop shop("operators");
  // 400 of the last tokens of the package and 1,250 beyond it, of a model with 2 points a token.
  shop.Run(R"(
    account A money=160
    buy A ct-developer-professional                                               -> 159.9
    call A glm-5 input:69999600                                     -> ok drawn=69999600
    call A glm-5 input:400,output:1250               -> ok drawn=400 charged=0.01 then bill_on
  )");
  const auto records = shop.harness().engine->ReadRecords(ShardId{0}, Position{}, 100, 1 << 20);
  REQUIRE(records.ok());
  const auto record = cdr::DecodeRecord(records->back().bytes);
  REQUIRE(record.ok());
  const std::string text = cdr::ExplainRecord(records->back().id, *record, absl::UTCTimeZone());
  INFO(text);
  CHECK(absl::StrContains(text, "400 input tokens of glm-5 drawn 1:1 from bucket 2"));
  CHECK(absl::StrContains(text, "1,250 output tokens of glm-5 at 8.00 CNY per 1,000,000 tokens"));
  CHECK(absl::StrContains(text, "0.01 CNY"));
  CHECK(absl::StrContains(text, "price book quota-points, line "));
  CHECK(absl::StrContains(text, "revision 1"));
}

TEST_CASE("D5: who used how much, under which budget, bound hard or only told", "[products][d]") {
  Shop shop("habits");
  // 2 a million of input. Anna's budget binds; Bert's is only told.
  shop.Run(R"(
    account A money=100
    node A sales kind=group
    node A anna under=sales
    node A bert under=sales
    buy A pay-per-use                                                             -> 0
    limit A annas node=anna amount=3                                              -> ok
    limit A berts node=bert amount=1 only=told                                    -> ok
    call A chat input:1000000 by=anna                               -> ok charged=2
    call A chat input:1000000 by=anna -> refused 4012 stop by annas of sales/anna until 2026-06-01T00:00:00+08:00
    call A chat input:2000000 by=bert                               -> ok charged=4
    record A                          -> usage chat sales/bert, LIST input:2000000 4 tax 600
    limits A                           -> annas used 2 left 1, berts used 4 left 0
  )");
}

TEST_CASE("D6: what a package earns after the model vendor is paid, for the real use",
          "[products][d]") {
  Shop shop("operators");
  // A package of 9.9: 6 M of input at 0.8 and 1 M of output at 1.2 cost 6; 7 of 10 M have earned
  // 6.93, so 0.93 are left. The last 3 M of output cost 3.6 and earn 2.97: in all 9.9 - 9.6 = 0.3.
  shop.Run(R"(
    account A money=10
    buy A ct-personal-light                                                       -> 9.9
    call A deepseek-v3.2 input:6000000,output:1000000               -> ok drawn=7000000
    book package revenue earned                                                   -> 6930000
    book vendor cost                                                              -> -6000000
    call A deepseek-v3.2 output:3000000                             -> ok drawn=3000000
    record A -> usage deepseek-v3.2, CT-P-LIGHT/grant-1 output:3000000 3000000 token earns 2.97 tax 600, cost output:3000000 3.6
    book package revenue earned                                                   -> 9900000
    book vendor cost                                                              -> -9600000
    book vendor payable                                                           -> 9600000
  )");
}

}  // namespace
}  // namespace ocs::products
