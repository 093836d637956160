#include "ocs/engine/coverage_operation.h"

#include <string>
#include <vector>

#include "ocs/engine/account_operation.h"
#include "tests/engine/harness.h"

namespace ocs::engine::tests {
namespace {

constexpr char kText[] = R"(catalogue: cover
currency: CNY
time_zone: Asia/Shanghai
models:
  - {id: a, provider: p, class: [big, new], alias: old-a}
  - {id: b, provider: p, class: big}
  - {id: c, provider: q, class: new}
price_books:
  - id: book
    rules:
      - {model: a, per: 1M tokens, tokens: 2}
      - {model: b, per: 1M tokens, tokens: 3}
offers:
  - id: office
    name: Office
    charge_code: OFFICE
    fee: 1
    prices: book
    switches:
      - {id: free_only, name: Free quota only, at_first: off}
    grants:
      - name: office tokens
        unit: token
        amount: 1_000
        validity: 30 days
        covers: {provider: p, product: [mail, office]}
        weights: [{model: b, tokens: 3}]
        when_used_up: {then: bill_on, unless: free_only}
  - id: pack
    name: Pack
    charge_code: PACK
    fee: 1
    grants:
      - {name: pack tokens, unit: token, amount: 10, validity: 30 days, covers: {model: c},
         when_used_up: {then: buy, at_most: 1 per month}}
)";

std::string AskCoverage(Harness& h, Kept<CoverageCall>* call, AccountId account,
                        const std::string& model = "", uint32_t node = 0) {
  call->account = account;
  call->model = model;
  call->node = {node};
  h.Run(call);
  REQUIRE(call->done);
  if (call->status.ok()) return "ok";
  return absl::StatusCodeToString(call->status.code()) + " " + call->failed_field;
}

TEST_CASE("an account tells where its packages can be used, what follows, and at what price",
          "[engine][unit]") {
  Harness h;
  h.Publish(kText);
  const AccountId account = h.Create(10'000'000);
  h.Purchase(account, "office");
  h.Purchase(account, "pack");
  Kept<CoverageCall> all;
  REQUIRE(AskCoverage(h, &all, account) == "ok");
  CHECK(all.tariff_revision == 1);
  REQUIRE(all.buckets.size() == 3);
  const auto find = [](const CoverageCall& call, const std::string& offer) {
    for (const BucketCoverageView& bucket : call.buckets) {
      if (bucket.offer == offer) return bucket;
    }
    FAIL("no bucket of " << offer);
    return BucketCoverageView{};
  };
  const BucketCoverageView office = find(all, "office");
  CHECK(office.name == "office tokens");
  CHECK(office.available == 1'000);
  REQUIRE(office.models.size() == 2);
  CHECK(office.models[0].model == "a");
  CHECK(office.models[0].provider == "p");
  CHECK(office.models[0].classes == std::vector<std::string>{"big", "new"});
  CHECK(office.models[0].draw.front().numerator == 1);
  CHECK(office.models[1].model == "b");
  CHECK(office.models[1].draw.front().kind == TokenKind::kInput);
  CHECK(office.models[1].draw.front().numerator == 3);
  CHECK(office.models[1].draw.front().denominator == 1);
  CHECK(office.classes == std::vector<std::string>{"big"});
  REQUIRE(office.only_for.size() == 1);
  CHECK(office.only_for[0].first == "product");
  CHECK(office.only_for[0].second == std::vector<std::string>{"mail", "office"});
  CHECK(office.at_end == "bill_on");
  const BucketCoverageView pack = find(all, "pack");
  REQUIRE(pack.models.size() == 1);
  CHECK(pack.models[0].model == "c");
  CHECK(pack.only_for.empty());
  CHECK(pack.at_end == "buy_next");
  CHECK(pack.next_offer == "pack");
  const BucketCoverageView money = all.buckets.back();
  CHECK(money.name == "main balance");
  CHECK(money.available == 8'000'000);
  CHECK(money.models.empty());
  CHECK(money.at_end.empty());
  REQUIRE(all.prices.size() == 2);
  CHECK(all.prices[0].model == "a");
  CHECK(all.prices[0].currency == Unit::Of("CNY"));
  CHECK(all.prices[0].price.front().numerator * 1'000'000 ==
        2'000'000 * all.prices[0].price.front().denominator);
  CHECK_FALSE(all.prices[0].shaped);
  CHECK(all.prices[0].rule.find("price book book") == 0);
  CHECK(all.prices[1].model == "b");

  Kept<CoverageCall> one;
  REQUIRE(AskCoverage(h, &one, account, "old-a") == "ok");
  REQUIRE(one.buckets.size() == 2);
  CHECK(one.buckets[0].offer == "office");
  REQUIRE(one.buckets[0].models.size() == 1);
  CHECK(one.buckets[0].models[0].model == "a");
  CHECK(one.buckets[1].offer.empty());
  REQUIRE(one.prices.size() == 1);
  CHECK(one.prices[0].model == "a");

  Kept<SetSwitchCall> on;
  on.change.key = "on";
  on.account = account;
  on.subscription = find(all, "office").subscription;
  on.switch_id = "free_only";
  on.on = true;
  h.Run(&on);
  INFO(on.status);
  REQUIRE(on.status.ok());
  Kept<CoverageCall> stopped;
  REQUIRE(AskCoverage(h, &stopped, account) == "ok");
  CHECK(find(stopped, "office").at_end == "stop");
}

TEST_CASE("coverage: a node sees its own pool and what is shared above; what has ended is gone",
          "[engine][unit]") {
  Harness h;
  h.Publish(kText);
  const AccountId account = h.Create(10'000'000);
  Kept<AddNodeCall> node;
  node.change.key = "node";
  node.account = account;
  node.name = "anna";
  h.Run(&node);
  REQUIRE(node.status.ok());
  Kept<PurchaseCall> own;
  own.change.key = "own";
  own.account = account;
  own.offer = "pack";
  own.node = node.node;
  h.Run(&own);
  REQUIRE(own.status.ok());
  Kept<CoverageCall> root;
  REQUIRE(AskCoverage(h, &root, account) == "ok");
  CHECK(root.buckets.size() == 1);
  CHECK(root.prices.empty());  // A pack has no prices: money pays for nothing.
  Kept<CoverageCall> anna;
  REQUIRE(AskCoverage(h, &anna, account, "", node.node.value) == "ok");
  CHECK(anna.buckets.size() == 2);
  h.clock.AdvanceSeconds(31LL * 24 * 3'600);
  Kept<CoverageCall> later;
  REQUIRE(AskCoverage(h, &later, account, "", node.node.value) == "ok");
  CHECK(later.buckets.size() == 1);
}

TEST_CASE("coverage: refusals in order of precedence", "[engine][unit]") {
  Harness h;
  const AccountId account = h.Create(0);
  const auto ask = [&](AccountId of, const std::string& model, uint32_t node) {
    Kept<CoverageCall> call;
    return AskCoverage(h, &call, of, model, node);
  };
  CHECK(ask({account.value + 1}, "none", 9) == "NOT_FOUND account_id");
  CHECK(ask(account, "none", 9) == "NOT_FOUND node_id");
  CHECK(ask(account, "", 0) == "NOT_FOUND model");
  h.Publish(kText);
  CHECK(ask(account, "none", 0) == "NOT_FOUND model");
  CHECK(ask(account, "a", 0) == "ok");
}

}  // namespace
}  // namespace ocs::engine::tests
