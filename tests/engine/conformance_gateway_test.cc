// What a gateway is told to do by itself, and what it tells of itself: idle units given back,
// changes that ask for a new grant, restarts that have lost its sessions.

#include <string>
#include <vector>

#include "cdr/record.h"
#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

// A request of session `session` about `plain`, with 100 output tokens wanted.
struct GatewayAsk {
  std::string session;
  uint32_t number = 0;
  RequestType type = RequestType::kInitial;
  std::string host = {};
  uint32_t state = 0;
  Quantities used = {};
};

// The texts must live as long as the call.
void FillPlain(Kept<CreditControlCall>& call, std::string_view session, uint32_t number,
               AccountId account, RequestType type) {
  Fill(call, {.session = "", .number = number, .account = account, .model = ""}, type);
  call.request.session_id = session;
  call.request.services[0].model = "plain";
}

Kept<CreditControlCall>& SendAsk(Harness& h, AccountId account, const GatewayAsk& ask,
                                 Kept<CreditControlCall>* call, std::string_view tenant = {}) {
  FillPlain(*call, ask.session, ask.number, account, ask.type);
  call->request.origin_host = ask.host;
  call->request.origin_state_id = ask.state;
  call->caller_tenant = tenant;
  ServiceRequest& service = call->request.services[0];
  service.requests_quota = ask.type != RequestType::kTermination;
  if (service.requests_quota) service.requested = {{TokenKind::kOutput, 100}};
  service.has_used = !ask.used.empty();
  service.used = ask.used;
  h.Run(call);
  REQUIRE(call->done);
  REQUIRE(call->status.ok());
  return *call;
}

ResultCode AskCode(Harness& h, AccountId account, const GatewayAsk& ask,
                   std::string_view tenant = {}) {
  Kept<CreditControlCall> call;
  return SendAsk(h, account, ask, &call, tenant).answer.code;
}

std::string SessionsOf(Harness& h, AccountId account) {
  std::vector<std::string> ids;
  for (const SessionView& session : h.View(account).sessions) ids.push_back(session.session_id);
  std::sort(ids.begin(), ids.end());
  std::string all;
  for (const std::string& id : ids) all += Cat(all.empty() ? "" : " ", id);
  return all;
}

void TickOnce(Harness& h) {
  h.engine->Tick();
  h.executor.RunAll();
}

// ---- CC-39

constexpr char kHolds[] = R"(
catalogue: holds
currency: CNY
time_zone: UTC
models: [{id: plain, provider: acme}]
price_books: [{id: book, rules: [{any: true, per: 1M tokens, tokens: 3}]}]
calls: {quota_holding_seconds: 90}
offers: [{id: pay, name: Pay, charge_code: PAY, fee: 0, prices: book}]
)";

TEST_CASE("the quota holding time is the catalogue's, else the configuration's, else not told",
          "[engine][unit][CC-39]") {
  struct Row {
    const char* catalogue;
    int64_t configured;
    int32_t told;
  };
  for (const Row& row : {Row{kHolds, 0, 90}, Row{kHolds, 30, 90}, Row{kSmallCatalogue, 30, 30},
                         Row{kSmallCatalogue, 0, -1}}) {
    EngineOptions options;
    options.credit.quota_holding_seconds = row.configured;
    Harness h(nullptr, options);
    h.Publish(row.catalogue);
    const AccountId account = h.Create(10'000);
    h.Purchase(account, "pay");
    Kept<CreditControlCall> call;
    SendAsk(h, account, {.session = "s"}, &call);
    CHECK(call.answer.services[0].quota_holding_seconds == row.told);
    // A repeat says the same, and the end grants nothing.
    Kept<CreditControlCall> repeat;
    CHECK(SendAsk(h, account, {.session = "s"}, &repeat).answer.services[0].quota_holding_seconds ==
          row.told);
    Kept<CreditControlCall> end;
    SendAsk(h, account, {.session = "s", .number = 1, .type = RequestType::kTermination}, &end);
    CHECK(end.answer.services[0].quota_holding_seconds == -1);
  }
}

TEST_CASE("what is reported for the holding time is charged, and the rest is free for others",
          "[engine][unit][CC-39]") {
  Harness h;
  h.Publish(kHolds);
  Script script(h);
  script.Run(R"(
    account A money=300
    buy A pay
    initial s 0 A 1/plain/output:100/_               -> 2001 | 1 2001 granted=output:100
    initial t 0 A 1/plain/output:100/_               -> 4012
    # QHT (1): a report without a wish.
    update s 1 A 1/_/_/output:10/reason:1            -> 2001 cost=30 | 1 2001 charged=30
    initial t 1 A 1/plain/output:90/_                -> 2001 | 1 2001 granted=output:90
    terminate t 2 A 1/_/_/output:0                   -> 2001 cost=0 | 1 2001
    # It goes on.
    update s 2 A 1/_/output:50/_                     -> 2001 cost=30 | 1 2001 granted=output:50
    terminate s 3 A 1/_/_/output:50                  -> 2001 cost=180 | 1 2001 charged=150
  )");
  const auto record = cdr::DecodeRecord(script.Records().at(0).bytes);
  REQUIRE(record.ok());
  CHECK(record->reporting_reason == 2);
  TotalsOf(*h.store);
}

// ---- CC-43

// The price asks for the tier and, of long prompts, the length; the package for region and channel.
constexpr char kAsking[] = R"(
catalogue: asking
currency: CNY
time_zone: UTC
models: [{id: plain, provider: acme}, {id: flat, provider: acme}]
price_books:
  - id: book
    rules:
      - {model: plain, per: 1M tokens, tokens: 3}
      - {model: plain, service_tier: batch, per: 1M tokens, tokens: 1}
      - {model: plain, prompt: 200K+, per: 1M tokens, tokens: 6}
      - {model: flat, per: 1M tokens, tokens: 3}
offers:
  - {id: pay, name: Pay, charge_code: PAY, fee: 0, prices: book}
  - id: west
    name: For the west
    charge_code: WEST
    fee: 0
    grants:
      - {name: tokens, unit: token, amount: 1M, validity: 30 days, covers: {model: plain, region: west, channel: app}, when_used_up: stop}
)";

Triggers TriggersAfter(const std::vector<std::string>& offers, const std::string& model) {
  EngineOptions options;
  options.credit.tells_triggers = true;
  Harness h(nullptr, options);
  h.Publish(kAsking);
  const AccountId account = h.Create(1'000'000);
  for (const std::string& offer : offers) h.Purchase(account, offer);
  Kept<CreditControlCall> call;
  FillPlain(call, "s", 0, account, RequestType::kInitial);
  call.request.services[0].model = model;
  call.request.services[0].requests_quota = true;
  h.Run(&call);
  REQUIRE(call.answer.code == ResultCode::kSuccess);
  return call.answer.services[0].triggers;
}

TEST_CASE("triggers are the changes that the account's prices and packages ask for, and no others",
          "[engine][unit][CC-43]") {
  const Triggers priced =
      BitOf(Trigger::kModel) | BitOf(Trigger::kServiceTier) | BitOf(Trigger::kPromptLength);
  CHECK(TriggersAfter({"pay"}, "flat") == BitOf(Trigger::kModel));
  CHECK(TriggersAfter({"pay"}, "plain") == priced);
  // The package does not cover this call; that of another region it would.
  CHECK(TriggersAfter({"pay", "west"}, "plain") ==
        (priced | BitOf(Trigger::kRegion) | BitOf(Trigger::kChannel)));
  Harness silent;
  silent.Publish(kAsking);
  const AccountId account = silent.Create(1'000'000);
  silent.Purchase(account, "pay");
  Kept<CreditControlCall> call;
  CHECK(SendAsk(silent, account, {.session = "s"}, &call).answer.services[0].triggers == 0);
}

TEST_CASE("a report says what has changed, with its reason", "[engine][unit][CC-43]") {
  for (const bool strict : {false, true}) {
    EngineOptions options;
    options.credit.strict_reasons = strict;
    Harness h(nullptr, options);
    h.Publish(kAsking);
    const AccountId account = h.Create(1'000'000);
    h.Purchase(account, "pay");
    CHECK(AskCode(h, account, {.session = "s"}) == ResultCode::kSuccess);
    const auto report = [&](uint32_t number, std::optional<ReportingReason> reason,
                            std::string_view tier) {
      Kept<CreditControlCall> call;
      FillPlain(call, "s", number, account, RequestType::kUpdate);
      ServiceRequest& service = call.request.services[0];
      service.has_used = true;
      service.used = {{TokenKind::kOutput, 1'000}};
      service.requests_quota = true;
      service.requested = {{TokenKind::kOutput, 1'000}};
      service.service_tier = tier;
      service.triggers = BitOf(Trigger::kServiceTier);
      service.reason = reason;
      h.Run(&call);
      return call.answer;
    };
    const auto without = report(1, std::nullopt, "");
    CHECK(without.code == (strict ? ResultCode::kInvalidAvpValue : ResultCode::kSuccess));
    if (strict) CHECK(without.failed_field == "multiple_services_credit_control[0].trigger");
    const auto with = report(2, ReportingReason::kRatingConditionChange, "");
    CHECK(with.code == ResultCode::kSuccess);
    CHECK(with.services[0].charged_micros == 3'000);
    CHECK(report(3, ReportingReason::kRatingConditionChange, "batch").services[0].charged_micros ==
          1'000);
  }
}

// ---- CC-15

struct Restarts {
  explicit Restarts(EngineOptions options = {}) : h(nullptr, std::move(options)) {
    h.Publish(kSmallCatalogue);
    for (int i = 0; i < 3; ++i) {
      accounts.push_back(h.Create(100'000));
      h.Purchase(accounts.back(), "pay");
    }
  }
  ResultCode Initial(size_t of, const std::string& session, const std::string& host,
                     uint32_t state) {
    return AskCode(h, accounts[of], {.session = session, .host = host, .state = state});
  }
  std::string All() {
    std::string all;
    for (const AccountId account : accounts) all += Cat("[", SessionsOf(h, account), "]");
    return all;
  }
  int64_t HeldIn(size_t of) { return h.View(accounts[of]).buckets.at(0).held; }

  Harness h;
  std::vector<AccountId> accounts;
};

TEST_CASE("a gateway that was restarted loses its sessions, in every account, and no other's",
          "[engine][unit][CC-15]") {
  Restarts r;
  CHECK(r.Initial(0, "a1", "gw-1", 100) == ResultCode::kSuccess);
  CHECK(r.Initial(1, "b1", "gw-1", 100) == ResultCode::kSuccess);
  CHECK(r.Initial(1, "b2", "gw-2", 50) == ResultCode::kSuccess);
  CHECK(r.Initial(1, "b3", "gw-1", 0) == ResultCode::kSuccess);  // Does not say.
  CHECK(r.Initial(2, "c1", "gw-1", 100) == ResultCode::kSuccess);
  TickOnce(r.h);
  CHECK(r.All() == "[a1][b1 b2 b3][c1]");
  CHECK(r.HeldIn(2) == 300);
  // It comes back, and opens one session in the first account.
  CHECK(r.Initial(0, "a2", "gw-1", 101) == ResultCode::kSuccess);
  CHECK(SessionsOf(r.h, r.accounts[0]) == "a2");
  TickOnce(r.h);
  CHECK(r.All() == "[a2][b2 b3][]");
  CHECK(r.HeldIn(2) == 0);
  CHECK(r.HeldIn(1) == 600);
  // Their records are marked, as those of gateways that fell silent.
  int incomplete = 0;
  ForEachEntry(*r.h.store, [&](const balance::EntryView& entry) {
    if (entry.kind != balance::EntryKind::kSessionExpired) return;
    const auto record = cdr::DecodeRecord(entry.attachment(balance::AttachmentType::kRecord));
    REQUIRE(record.ok());
    CHECK(record->incomplete);
    CHECK(record->cause == cdr::ClosingCause::kAbnormalRelease);
    ++incomplete;
  });
  CHECK(incomplete == 3);
  // What comes late of a lost session is unknown; who is from before the restart begins nothing.
  CHECK(AskCode(r.h, r.accounts[0],
                {.session = "a1",
                 .number = 1,
                 .type = RequestType::kUpdate,
                 .host = "gw-1",
                 .state = 100}) == ResultCode::kUnknownSessionId);
  CHECK(r.Initial(0, "a3", "gw-1", 100) == ResultCode::kUnableToComply);
  CHECK(r.Initial(0, "a3", "gw-1", 101) == ResultCode::kUnableToComply);  // The number is answered.
  CHECK(r.Initial(0, "a4", "gw-1", 101) == ResultCode::kSuccess);
  TotalsOf(*r.h.store);
}

TEST_CASE("a repeat of before the restart is answered as it was", "[engine][unit][CC-15][CC-20]") {
  Restarts r;
  CHECK(r.Initial(0, "a1", "gw-1", 100) == ResultCode::kSuccess);
  CHECK(r.Initial(0, "a2", "gw-1", 101) == ResultCode::kSuccess);
  CHECK(r.Initial(0, "a1", "gw-1", 100) == ResultCode::kSuccess);
  CHECK(SessionsOf(r.h, r.accounts[0]) == "a2");
}

TEST_CASE("what a restart of the server cuts off is done after it", "[engine][crash][CC-15]") {
  Restarts r;
  CHECK(r.Initial(0, "a1", "gw-1", 100) == ResultCode::kSuccess);
  CHECK(r.Initial(1, "b1", "gw-1", 100) == ResultCode::kSuccess);
  CHECK(r.Initial(2, "c1", "gw-1", 100) == ResultCode::kSuccess);
  {
    // Decided and durable, and nothing of what follows by itself.
    Kept<CreditControlCall> call;
    FillPlain(call, "a2", 0, r.accounts[0], RequestType::kInitial);
    call.request.origin_host = "gw-1";
    call.request.origin_state_id = 200;
    call.request.services[0].requests_quota = true;
    r.h.engine->Submit(&call);
    while (!call.done) REQUIRE(r.h.executor.RunOne());
    CHECK(call.answer.code == ResultCode::kSuccess);
  }
  r.h.Open();
  TickOnce(r.h);
  CHECK(r.All() == "[a2][][]");
  // It still knows.
  CHECK(r.Initial(1, "b2", "gw-1", 199) == ResultCode::kUnableToComply);
  TotalsOf(*r.h.store);
}

TEST_CASE("more sessions than one step ends are ended by and by", "[engine][unit][CC-15]") {
  Restarts r;
  for (int i = 0; i < 700; ++i) {
    CHECK(AskCode(r.h, r.accounts[0], {.session = Cat("s", i), .host = "gw-1", .state = 1}) ==
          ResultCode::kSuccess);
    if (i % 330 == 0) r.h.TopUp(r.accounts[0], 1'000'000);
  }
  CHECK(r.Initial(1, "b1", "gw-1", 2) == ResultCode::kSuccess);
  TickOnce(r.h);
  CHECK(r.All() == "[][b1][]");
  CHECK(r.HeldIn(0) == 0);
}

TEST_CASE("what was granted to a lost session is charged where the policy says so",
          "[engine][unit][CC-15]") {
  EngineOptions options;
  options.lost_use = LostUse::kChargedHeld;
  Restarts r(options);
  CHECK(r.Initial(0, "a1", "gw-1", 1) == ResultCode::kSuccess);
  CHECK(r.Initial(1, "b1", "gw-1", 2) == ResultCode::kSuccess);
  TickOnce(r.h);
  CHECK(r.All() == "[][b1][]");
  CHECK(r.h.View(r.accounts[0]).buckets.at(0).available == 100'000 - 300);
}

TEST_CASE("a tenant's gateway of the same name ends what is in its tenant's accounts only",
          "[engine][unit][CC-15]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  const auto create = [&](const std::string& tenant) {
    Kept<CreateAccountCall> call;
    call.change.key = Cat("create-", tenant);
    call.currency = Unit::Of("CNY");
    call.tenant = tenant;
    h.Run(&call);
    REQUIRE(call.status.ok());
    h.TopUp(call.account, 100'000);
    h.Purchase(call.account, "pay");
    return call.account;
  };
  const AccountId own = create("");
  const AccountId acme = create("acme");
  CHECK(AskCode(h, own, {.session = "o1", .host = "gw", .state = 5}) == ResultCode::kSuccess);
  CHECK(AskCode(h, acme, {.session = "t1", .host = "gw", .state = 5}, "acme") ==
        ResultCode::kSuccess);
  CHECK(AskCode(h, acme, {.session = "t2", .host = "gw", .state = 900}, "acme") ==
        ResultCode::kSuccess);
  TickOnce(h);
  CHECK(SessionsOf(h, own) == "o1");
  CHECK(SessionsOf(h, acme) == "t2");
  CHECK(AskCode(h, own, {.session = "o2", .host = "gw", .state = 5}) == ResultCode::kSuccess);
}

}  // namespace
}  // namespace ocs::engine::tests
