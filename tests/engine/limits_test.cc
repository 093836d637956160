// Limits, windows, prices with shapes, and what is said when units end, through the engine.

#include "cdr/record.h"
#include "ocs/engine/account_operation.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

constexpr char kPlans[] = R"(
catalogue: plans
currency: CNY
time_zone: Asia/Shanghai
models:
  - {id: large, provider: acme}
  - {id: small, provider: acme}
  - {id: tiered, provider: acme}
  - {id: voice, provider: acme}
units:
  - {unit: request}
price_books:
  - id: book
    rules:
      - {model: [large, small], per: 1M tokens, tokens: 2}
      - {model: voice, per: 1 second, second: 0.01, minimum: 0.05}
      - model: tiered
        per: 1M tokens
        tiers:
          form: graduated
          per: month
          steps:
            - {up_to: 100, tokens: 4}
            - {up_to: 1000, tokens: 1, flat: 0.005}
            - {stop: true}
offers:
  - {id: pay, name: Pay per use, charge_code: PAY, fee: 0, prices: book}
  - id: windows
    name: Requests in windows
    charge_code: WIN
    fee: 1
    grants:
      - name: requests
        unit: request
        amount: unlimited
        validity: 1 month
        covers: {model: large}
        weights: [{any: true, request: 1, tokens: 0}]
        limits:
          - {name: five hours, amount: 2, per: sliding 5 hours}
          - {name: week, amount: 5, per: week}
        when_used_up: wait
  - id: unlimited
    name: Unlimited, slower in the end
    charge_code: UNL
    fee: 1
    grants:
      - name: fast
        unit: token
        amount: 100
        validity: 1 month
        covers: {model: small}
        priority: 1
        when_used_up: throttle
      - name: slow
        unit: token
        amount: unlimited
        validity: 1 month
        covers: {model: small}
        priority: 2
        limits:
          - {name: a minute, amount: 10, per: sliding 1 minute}
          - {name: a day, amount: 15, per: day}
        when_used_up: stop
  - id: pack
    name: Stacked packs
    charge_code: PACK
    fee: 1
    grants:
      - name: 100 tokens
        unit: token
        amount: 100
        validity: 1 month
        covers: {model: large}
        when_used_up: {then: buy, at_most: 2 per month}
  - id: fall
    name: Falls back
    charge_code: FALL
    fee: 1
    grants:
      - name: 10 tokens
        unit: token
        amount: 10
        validity: 1 month
        covers: {model: large}
        when_used_up: {then: fallback, model: small}
  - id: on
    name: Bills on
    charge_code: "ON"
    fee: 1
    prices: book
    grants:
      - name: 10 tokens
        unit: token
        amount: 10
        validity: 1 month
        covers: {model: large}
        when_used_up: bill_on
)";

// The account's department, its member and the member's key, with an identity of that key.
struct Tree {
  balance::NodeId group, member;
};

Tree Plant(Harness& h, AccountId account) {
  const auto add = [&](balance::NodeId parent, balance::NodeKind kind, const std::string& name) {
    Kept<AddNodeCall> call;
    call.change.key = "node-" + name;
    call.account = account;
    call.parent = parent;
    call.kind = kind;
    call.name = name;
    h.Run(&call);
    INFO(call.status);
    REQUIRE(call.status.ok());
    return call.node;
  };
  const balance::NodeId group = add(balance::kRootNode, balance::NodeKind::kGroup, "sales");
  const balance::NodeId member = add(group, balance::NodeKind::kMember, "anna");
  Kept<ChangeIdentityCall> identity;
  identity.change.key = "identity-anna";
  identity.account = account;
  identity.type = IdentityType::kPrivate;
  identity.data = "key-of-anna";
  identity.node = member;
  h.Run(&identity);
  INFO(identity.status);
  REQUIRE(identity.status.ok());
  return {group, member};
}

void Limit(Harness& h, AccountId account, balance::NodeId node, const Unit& unit, int64_t amount) {
  Kept<SetLimitCall> call;
  call.change.key = Cat("limit-", ++h.keys);
  call.account = account;
  call.node = node;
  call.name = Cat("budget ", node.value);
  call.window = {.kind = WindowKind::kDay};
  call.unit = unit;
  call.amount = amount;
  h.Run(&call);
  INFO(call.status);
  REQUIRE(call.status.ok());
}

// One call of a session, with its answer.
CreditControlAnswer Ask1(Harness& h, RequestType type, const std::string& session,
                         AccountId account, std::string_view model, Quantities requested,
                         Quantities used, std::string_view identity = {}) {
  Kept<CreditControlCall> call;
  CreditControlRequest& request = call.request;
  request.type = type;
  request.session_id = session;
  request.number = type == RequestType::kInitial ? 0 : 1;
  if (identity.empty()) request.account = account;
  request.subscriber = {IdentityType::kPrivate, identity};
  request.service_context_id = "ai-tokens.v1@test";
  if (type == RequestType::kEvent) request.action = RequestedAction::kDirectDebiting;
  ServiceRequest& service = request.services.emplace_back();
  service.rating_group = 1;
  service.model = model;
  service.requests_quota = !requested.empty();
  service.requested = std::move(requested);
  service.has_used = !used.empty();
  service.used = std::move(used);
  h.Run(&call);
  REQUIRE(call.status.ok());
  return call.answer;
}

constexpr std::string_view kAnna = "key-of-anna";

TEST_CASE("fifty calls at once do not exceed a limit together", "[engine][unit]") {
  Harness h;
  h.Publish(kPlans);
  Script script(h);
  script.Run("account A money=100000000\nbuy A pay");
  const AccountId account = script.account("A");
  const Tree tree = Plant(h, account);
  Limit(h, account, tree.group, Unit::Of("CNY"), 1000);  // 500 tokens at 2 micros.
  int64_t granted = 0;
  int calls = 0;
  for (int i = 0; i < 50; ++i) {
    const CreditControlAnswer answer = Ask1(h, RequestType::kInitial, Cat("s", i), account, "large",
                                            {{TokenKind::kOutput, 30}}, {}, kAnna);
    if (answer.code != ResultCode::kSuccess) {
      CHECK(answer.code == ResultCode::kCreditLimitReached);
      REQUIRE(answer.services.size() == 1);
      CHECK(answer.services[0].end->limited_by == "budget 1");
      CHECK(answer.services[0].end->node == "sales");
      continue;
    }
    ++calls;
    granted += QuantityOf(answer.services[0].granted, TokenKind::kOutput);
  }
  CHECK(calls == 17);
  CHECK(granted == 500);
  // Others of the account are not bound by it.
  CHECK(Ask1(h, RequestType::kInitial, "root", account, "large", {{TokenKind::kOutput, 30}}, {})
            .code == ResultCode::kSuccess);
  // All of them use more than they were granted: charged and counted, and nothing is left.
  for (int i = 0; i < calls; ++i) {
    const CreditControlAnswer answer = Ask1(h, RequestType::kTermination, Cat("s", i), account, "",
                                            {}, {{TokenKind::kOutput, 31}}, kAnna);
    CHECK(answer.services[0].charged_micros == 62);
    CHECK(answer.services[0].overshoot);
  }
  CHECK(
      Ask1(h, RequestType::kInitial, "next", account, "large", {{TokenKind::kOutput, 1}}, {}, kAnna)
          .code == ResultCode::kCreditLimitReached);
  h.Open();
  const CreditControlAnswer after = Ask1(h, RequestType::kInitial, "later", account, "large",
                                         {{TokenKind::kOutput, 1}}, {}, kAnna);
  REQUIRE(after.services.size() == 1);
  // It is free again at midnight of the catalogue's zone.
  const Instant retry = after.services[0].end->retry_at;
  CHECK(retry == Instant{1'779'033'600'000});
  h.clock = ocs::tests::ManualClock(retry);
  CHECK(Ask1(h, RequestType::kInitial, "tomorrow", account, "large", {{TokenKind::kOutput, 1}}, {},
             kAnna)
            .code == ResultCode::kSuccess);
}

TEST_CASE("limits of tokens and of requests, on a member and above", "[engine][unit]") {
  Harness h;
  h.Publish(kPlans);
  Script script(h);
  script.Run("account A money=100000000\nbuy A pay");
  const AccountId account = script.account("A");
  const Tree tree = Plant(h, account);
  Limit(h, account, tree.member, Unit::Of("token"), 100);
  Limit(h, account, balance::kRootNode, Unit::Of("request"), 2);
  const auto first = Ask1(h, RequestType::kInitial, "a", account, "large",
                          {{TokenKind::kInput, 60}, {TokenKind::kOutput, 60}}, {}, kAnna);
  CHECK(first.services[0].granted == Quantities{{TokenKind::kInput, 60}, {TokenKind::kOutput, 40}});
  CHECK(first.services[0].final_unit == FinalUnitAction::kTerminate);
  CHECK(first.services[0].end->limited_by == "budget 2");
  CHECK(first.services[0].end->node == "sales/anna");
  Ask1(h, RequestType::kTermination, "a", account, "", {},
       {{TokenKind::kInput, 60}, {TokenKind::kOutput, 10}}, kAnna);
  // Thirty tokens and one request are left.
  CHECK(Ask1(h, RequestType::kInitial, "b", account, "large", {{TokenKind::kInput, 31}}, {}, kAnna)
            .code == ResultCode::kCreditLimitReached);
  CHECK(Ask1(h, RequestType::kInitial, "c", account, "large", {{TokenKind::kInput, 30}}, {}, kAnna)
            .code == ResultCode::kSuccess);
  const auto third =
      Ask1(h, RequestType::kEvent, "d", account, "large", {}, {{TokenKind::kInput, 1}});
  CHECK(third.code == ResultCode::kCreditLimitReached);
  CHECK(third.services[0].end->limited_by == "budget 0");
}

TEST_CASE("a suspended department's members are told so; what they use is charged",
          "[engine][unit]") {
  Harness h;
  h.Publish(kPlans);
  Script script(h);
  script.Run("account A money=100000000\nbuy A pay");
  const AccountId account = script.account("A");
  const Tree tree = Plant(h, account);
  Ask1(h, RequestType::kInitial, "a", account, "large", {{TokenKind::kInput, 60}}, {}, kAnna);
  Kept<ChangeNodeCall> suspend;
  suspend.change.key = "suspend";
  suspend.account = account;
  suspend.node = tree.group;
  suspend.state = balance::AccountState::kSuspended;
  h.Run(&suspend);
  REQUIRE(suspend.status.ok());
  const auto refused =
      Ask1(h, RequestType::kInitial, "b", account, "large", {{TokenKind::kInput, 1}}, {}, kAnna);
  CHECK(refused.code == ResultCode::kEndUserServiceDenied);
  CHECK(refused.message == "group 'sales' is suspended");
  const auto going_on = Ask1(h, RequestType::kUpdate, "a", account, "", {{TokenKind::kOutput, 1}},
                             {{TokenKind::kInput, 60}}, kAnna);
  CHECK(going_on.code == ResultCode::kSuccess);
  CHECK(going_on.services[0].code == ResultCode::kEndUserServiceDenied);
  CHECK(going_on.services[0].charged_micros == 120);
  CHECK(!going_on.services[0].has_grant);
}

TEST_CASE("B12: requests in windows, and then one waits", "[engine][unit]") {
  Harness h;
  h.Publish(kPlans);
  Script script(h);
  script.Run(R"(
    account A money=1000000
    buy A windows                                    -> ok fee=1000000 bucket=2
    initial a 0 A 1/large/output:100/_               -> 2001 | 1 2001 granted=output:100
    initial b 0 A 1/large/output:100/_               -> 2001 | 1 2001 granted=output:100
    terminate a 1 A 1/_/_/output:90                  -> 2001 cost=0 | 1 2001 drawn=1
    terminate b 1 A 1/_/_/output:90                  -> 2001 cost=0 | 1 2001 drawn=1
  )");
  const auto third = Ask1(h, RequestType::kInitial, "c", script.account("A"), "large",
                          {{TokenKind::kOutput, 1}}, {});
  CHECK(third.code == ResultCode::kCreditLimitReached);
  REQUIRE(third.services.size() == 1);
  CHECK(third.services[0].end->at_end == rating::AtEnd::kWait);
  CHECK(third.services[0].end->limited_by == "five hours");
  h.clock = ocs::tests::ManualClock(third.services[0].end->retry_at);
  script.Run("initial d 0 A 1/large/output:100/_ -> 2001 | 1 2001 granted=output:100");
}

TEST_CASE("B22: after the package it goes on at the rates of a throttled one", "[engine][unit]") {
  Harness h;
  h.Publish(kPlans);
  Script script(h);
  script.Run("account A money=1000000\nbuy A unlimited -> ok fee=1000000 bucket=2 bucket=3");
  const AccountId account = script.account("A");
  Ask1(h, RequestType::kEvent, "e", account, "small", {}, {{TokenKind::kOutput, 100}});
  const auto slow =
      Ask1(h, RequestType::kInitial, "a", account, "small", {{TokenKind::kOutput, 8}}, {});
  REQUIRE(slow.code == ResultCode::kSuccess);
  REQUIRE(slow.services[0].end.has_value());
  CHECK(slow.services[0].end->at_end == rating::AtEnd::kThrottle);
  CHECK(slow.services[0].end->rates ==
        std::vector<ThrottleRate>{
            {.amount = 10, .unit = Unit::Of("token"), .window_ms = 60'000},
            {.amount = 15, .unit = Unit::Of("token"), .window_ms = 86'400'000}});
  const auto more =
      Ask1(h, RequestType::kInitial, "b", account, "small", {{TokenKind::kOutput, 8}}, {});
  CHECK(more.services[0].granted == Quantities{{TokenKind::kOutput, 2}});
  CHECK(more.services[0].end->at_end == rating::AtEnd::kThrottle);
  CHECK(more.services[0].end->limited_by == "a minute");
}

TEST_CASE("C02: the next pack is bought by itself, up to so many a month", "[engine][unit]") {
  Harness h;
  h.Publish(kPlans);
  Script script(h);
  script.Run(R"(
    account A money=9000000
    buy A pack                                       -> ok fee=1000000 bucket=2
    # A price enquiry buys nothing.
    price p 0 A 1/large/output:150/_                 -> 2001 cost=0 | 1 2001 drawn=150 overshoot
    bucket A 1                                       -> granted=9000000 available=8000000 held=0 spent=1000000 expired=0
    initial a 0 A 1/large/output:150/_               -> 2001 | 1 2001 granted=output:150
    bucket A 1                                       -> granted=9000000 available=7000000 held=0 spent=2000000 expired=0
    bucket A 3                                       -> granted=100 available=50 held=50 spent=0 expired=0
    # What was used beyond is covered by another one.
    terminate a 1 A 1/_/_/output:260                 -> 2001 cost=0 | 1 2001 drawn=260 overshoot
    bucket A 4                                       -> granted=100 available=40 held=0 spent=60 expired=0
    # Two a month by themselves: what is left, and then it stops.
    initial b 0 A 1/large/output:150/_               -> 2001 | 1 2001 granted=output:40 final
    terminate b 1 A                                  -> 2001 cost=0
    restart
    bucket A 1                                       -> granted=9000000 available=6000000 held=0 spent=3000000 expired=0
  )");
}

TEST_CASE("the next pack is not paid with what another service of the request has just held",
          "[engine][unit]") {
  Harness h;
  h.Publish(kPlans);
  Script script(h);
  script.Run(R"(
    account A money=2000000
    buy A pack                                          -> ok fee=1000000 bucket=2
    buy A pay
    # The fee of the next pack is 1000000, and that is what there is, less the hold.
    initial a 0 A 1/tiered/output:10/_ 2/large/output:9000000/_ -> 2001 | 1 2001 granted=output:10 | 2 2001 granted=output:497580 final
    terminate a 1 A 1/_/_/output:10                     -> 2001 cost=40 | 1 2001 charged=40
    restart
    bucket A 1                                          -> granted=2000000 available=999960 held=0 spent=1000040 expired=0
  )");
}

TEST_CASE("what follows a package is told: another model, or the price", "[engine][unit]") {
  Harness h;
  h.Publish(kPlans);
  Script script(h);
  script.Run("account A money=9000000\nbuy A fall\naccount B money=9000000\nbuy B on");
  const auto falls = Ask1(h, RequestType::kInitial, "a", script.account("A"), "large",
                          {{TokenKind::kOutput, 11}}, {});
  CHECK(falls.services[0].granted == Quantities{{TokenKind::kOutput, 10}});
  CHECK(falls.services[0].end->at_end == rating::AtEnd::kFallback);
  CHECK(falls.services[0].end->fallback_model == "small");
  const auto on = Ask1(h, RequestType::kInitial, "b", script.account("B"), "large",
                       {{TokenKind::kOutput, 11}}, {});
  CHECK(on.services[0].granted == Quantities{{TokenKind::kOutput, 11}});
  CHECK(on.services[0].end->at_end == rating::AtEnd::kBillOn);
  CHECK(on.services[0].end->next_price.find("price book book") == 0);
  const auto within = Ask1(h, RequestType::kInitial, "c", script.account("A"), "small",
                           {{TokenKind::kOutput, 1}}, {});
  CHECK(within.code == ResultCode::kRatingFailed);  // Not sold to this account.
}

TEST_CASE("tiers of the month go on from call to call, with their flat amount and their stop",
          "[engine][unit]") {
  Harness h;
  h.Publish(kPlans);
  Script script(h);
  script.Run(R"(
    account A money=1000000
    buy A pay
    debit e 0 A 1/tiered/_/output:90                 -> 2001 cost=360 | 1 2001 granted=output:90 charged=360
    # Ten at 4, then the flat 5,000 and ten at 1.
    debit e 1 A 1/tiered/_/output:20                 -> 2001 cost=5050 | 1 2001 granted=output:20 charged=5050
    restart
    debit e 2 A 1/tiered/_/output:10                 -> 2001 cost=10 | 1 2001 granted=output:10 charged=10
    # A refund takes it out of the counter again.
    refund r 0 A of=e.2                              -> 2001 cost=-10
    initial s 0 A 1/tiered/output:2000/_             -> 2001 | 1 2001 granted=output:890 final
    # The stop is held for it: another gets nothing.
    initial t 0 A 1/tiered/output:1/_                -> 4012 | 1 4012
    terminate s 1 A 1/_/_/output:1                   -> 2001 cost=1 | 1 2001 charged=1
    initial u 0 A 1/tiered/output:1/_                -> 2001 | 1 2001 granted=output:1
  )");
}

TEST_CASE("a call pays its minimum when it ends, however it is reported", "[engine][unit]") {
  Harness h;
  h.Publish(kPlans);
  Script script(h);
  script.Run(R"(
    account A money=1000000
    buy A pay
    debit e 0 A 1/voice/_/second:2                   -> 2001 cost=50000 | 1 2001 granted=second:2 charged=50000
    debit e 1 A 1/voice/_/second:7                   -> 2001 cost=70000 | 1 2001 granted=second:7 charged=70000
    initial s 0 A 1/voice/second:10/_                -> 2001 | 1 2001 granted=second:10
    update s 1 A 1/_/second:5/second:2               -> 2001 cost=20000 | 1 2001 granted=second:5 charged=20000
    # The termination names no rating group: its minimum is due all the same.
    terminate s 2 A                                  -> 2001 cost=50000
    initial t 0 A 1/voice/second:10/_                -> 2001 | 1 2001 granted=second:10
    # Nothing was used: nothing is due.
    terminate t 1 A                                  -> 2001 cost=0
    bucket A 1                                       -> granted=1000000 available=830000 held=0 spent=170000 expired=0
  )");
}

TEST_CASE("D1, D3: an enquiry answers price, source, how many calls, and what follows",
          "[engine][unit]") {
  Harness h;
  h.Publish(kPlans);
  Script script(h);
  script.Run(R"(
    account A money=1000100
    buy A on                                              -> ok fee=1000000 bucket=2
    # The package pays two calls' first service; of 100 micros they take 16, and 84 pay four calls
    # of 10 + 8.
    price p 0 A 1/large/output:5/_ 2/small/output:4/_     -> 2001 cost=8 calls=6 | 1 2001 drawn=5 | 2 2001 charged=8
    account B money=1000000
    buy B pay
    # 2,000 micros a call of both: 500 calls, of each alone there would be more.
    price q 0 B 1/large/output:400/_ 2/small/output:600/_ -> 2001 cost=2000 calls=500 | 1 2001 charged=800 | 2 2001 charged=1200
    price r 0 B 1/large/output:1/_ 2/small/output:1/_     -> 2001 cost=4 calls=250000 | 1 2001 charged=2 | 2 2001 charged=2
    # Nothing was charged by asking.
    bucket B 1                                            -> granted=1000000 available=1000000 held=0 spent=0 expired=0
  )");
  Kept<CreditControlCall> call;
  CreditControlRequest& request = call.request;
  request.type = RequestType::kEvent;
  request.action = RequestedAction::kPriceEnquiry;
  request.session_id = "asks";
  request.account = script.account("A");
  request.service_context_id = "ai-tokens.v1@test";
  ServiceRequest& service = request.services.emplace_back();
  service.rating_group = 1;
  service.model = "large";
  service.requested = {{TokenKind::kOutput, 15}};
  h.Run(&call);
  REQUIRE(call.answer.services.size() == 1);
  const ServiceAnswer& answer = call.answer.services[0];
  REQUIRE(answer.parts.size() == 2);
  CHECK(answer.parts[0].bucket == BucketId{2});
  CHECK(answer.parts[0].quantity == 10);
  CHECK(answer.parts[1].unit == Unit::Of("CNY"));
  CHECK(answer.parts[1].amount == 10);
  CHECK(answer.end->at_end == rating::AtEnd::kBillOn);
  CHECK(answer.end->next_price == answer.parts[1].rule);
}

constexpr char kRouted[] = R"(
catalogue: routed
currency: CNY
time_zone: Asia/Shanghai
models:
  - {id: smart, provider: us}
  - {id: deepseek-v4, provider: deepseek}
  - {id: gpt, provider: openai}
taxes:
  - {tax: vat-6, name: VAT, rate: 6}
price_books:
  - id: deepseek
    kind: wholesale
    rules: [{provider: deepseek, per: 3M tokens, input: 1, output: 2}]
  - id: openai
    kind: wholesale
    currency: USD
    rules: [{provider: openai, per: 1M tokens, input: 1.25, output: 10}]
  - id: retail
    tax: vat-6
    rules: [{any: true, per: 1M tokens, tokens: 12, service_tier: [standard, batch]}]
    adjustments: [{name: batch discount, any: true, service_tier: batch, percent: -50}]
wholesale:
  - {book: deepseek}
  - {book: openai}
offers:
  - {id: o, name: One entry to all models, charge_code: O, fee: 0, prices: retail}
)";

TEST_CASE("A12: the charge follows what is sold, the cost the model that served",
          "[engine][unit]") {
  Harness h;
  h.Publish(kRouted);
  Script script(h);
  script.Run("account A money=100000000\nbuy A o");
  const auto debit = [&](const std::string& session, std::string_view served,
                         std::string_view tier) {
    Kept<CreditControlCall> call;
    CreditControlRequest& request = call.request;
    request.type = RequestType::kEvent;
    request.session_id = session;
    request.account = script.account("A");
    request.service_context_id = "ai-tokens.v1@test";
    request.action = RequestedAction::kDirectDebiting;
    request.product = "cloud-phone";
    request.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    ServiceRequest& service = request.services.emplace_back();
    service.rating_group = 1;
    service.model = "smart";
    service.served_model = served;
    service.service_tier = tier;
    service.prompt_tokens = 5;
    service.has_used = true;
    service.used = {{TokenKind::kInput, 10}, {TokenKind::kOutput, 10}};
    h.Run(&call);
    REQUIRE(call.answer.code == ResultCode::kSuccess);
    return call.answer;
  };
  CHECK(debit("a", "deepseek-v4", "").cost_micros == 240);
  CHECK(debit("b", "deepseek-v4", "batch").cost_micros == 120);
  CHECK(debit("c", "gpt", "").cost_micros == 240);
  CHECK(debit("d", "unheard-of", "").cost_micros == 240);
  CHECK(debit("e", "", "").cost_micros == 240);
  const auto records = script.Records();
  REQUIRE(records.size() >= 5);
  const auto record = [&](size_t from_last) {
    auto decoded = cdr::DecodeRecord(records[records.size() - from_last].bytes);
    REQUIRE(decoded.ok());
    return *decoded;
  };
  // 10 at 1/3 and 10 at 2/3 micro: 3 and 6, with a third and two thirds carried.
  const cdr::Record first = record(5);
  REQUIRE(first.costs.size() == 2);
  CHECK(first.costs[0].amount == 3);
  CHECK(first.costs[0].carry_out == 1);
  CHECK(first.costs[1].amount == 6);
  CHECK(first.costs[1].unit == Unit::Of("CNY"));
  CHECK(first.served_model == "deepseek-v4");
  CHECK(first.product == "cloud-phone");
  CHECK(first.traceparent == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  CHECK(first.prompt_tokens == 5);
  CHECK(first.lines[0].tax_basis_points == 600);
  CHECK(first.lines[0].applied.empty());
  const cdr::Record batch = record(4);
  CHECK(batch.lines[0].applied == "batch discount");
  CHECK(batch.service_tier == "batch");
  CHECK(batch.costs[0].carry_in == 1);
  const cdr::Record dollars = record(3);
  REQUIRE(dollars.costs.size() == 2);
  CHECK(dollars.costs[0].unit == Unit::Of("USD"));
  CHECK(dollars.costs[0].amount == 12);
  CHECK(record(2).served_model == "unheard-of");
  CHECK(record(2).costs.empty());
  CHECK(record(1).costs.empty());
}

}  // namespace
}  // namespace ocs::engine::tests
