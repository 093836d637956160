// The life of what was bought: sales with all their terms, cycles, refills, carry-over, ends.

// tidy-allow internal: the engine's own tests
#include "ocs/engine/internal/life.h"

#include <map>
#include <string>
#include <vector>

#include "ocs/engine/account_operation.h"
#include "tests/engine/books.h"
#include "tests/engine/harness.h"
#include "tests/engine/life_catalogue.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

absl::TimeZone Shanghai() {
  absl::TimeZone zone;
  REQUIRE(absl::LoadTimeZone("Asia/Shanghai", &zone));
  return zone;
}

std::string Local(Instant at) { return FormatInstant(at, Shanghai()); }

void SetTime(Harness& h, const std::string& text) {
  const auto at = ParseInstant(text);
  REQUIRE(at.ok());
  h.clock.AdvanceSeconds((at->unix_ms - h.clock.Now().unix_ms) / 1000);
}

struct Wanted {
  std::string offer;
  uint32_t node = 0;
  int64_t quantity = 1;
  std::string key = "";
};

std::string Buy(Harness& h, AccountId account, const Wanted& wanted,
                Kept<PurchaseCall>* bought = nullptr) {
  Kept<PurchaseCall> own;
  Kept<PurchaseCall>& call = bought != nullptr ? *bought : own;
  call.change.key = wanted.key.empty() ? "buy-" + std::to_string(++h.keys) : wanted.key;
  call.account = account;
  call.offer = wanted.offer;
  call.node = {wanted.node};
  call.quantity = wanted.quantity;
  h.Run(&call);
  REQUIRE(call.done);
  if (call.status.ok()) return "ok";
  return Cat(absl::StatusCodeToString(call.status.code()), " ", call.failed_field);
}

const BucketView* FindBucket(const AccountView& view, uint32_t id) {
  for (const BucketView& bucket : view.buckets) {
    if (bucket.id.value == id) return &bucket;
  }
  return nullptr;
}

int64_t Money(Harness& h, AccountId account) {
  const AccountView view = h.View(account);
  return FindBucket(view, 1)->available;
}

TEST_CASE("a first cycle is paid and given by the days that are left of it", "[engine][unit]") {
  Harness h;
  h.Publish(kLifeCatalogue);
  const AccountId a = h.Create(100'000'000);
  Kept<PurchaseCall> call;
  // 17 May: 15 of 31 days are left, today included.
  REQUIRE(Buy(h, a, {.offer = "monthly"}, &call) == "ok");
  CHECK(call.fee_micros == 15'000'000);
  CHECK(call.subscription == 1);
  CHECK(Local(call.renews_at) == "2026-06-01T00:00:00+08:00");
  const AccountView view = h.View(a);
  REQUIRE(FindBucket(view, 2) != nullptr);
  CHECK(FindBucket(view, 2)->granted == 1'500);
  CHECK(Local(FindBucket(view, 2)->valid_until) == "2026-06-01T00:00:00+08:00");
  TickAt(h, "2026-06-01T00:00:01+08:00");
  CHECK(Money(h, a) == 100'000'000 - 15'000'000 - 31'000'000);
  TotalsOf(*h.store);
}

TEST_CASE("cycles begin on the billing day, or on the day of purchase", "[engine][unit]") {
  Harness h;
  h.Publish(kLifeCatalogue);
  struct Row {
    int billing_day;
    std::string bought;
    std::string renews;
  };
  const auto row = GENERATE(Row{1, "2026-05-20T10:00:00+08:00", "2026-06-20T00:00:00+08:00"},
                            Row{15, "2026-05-20T10:00:00+08:00", "2026-06-15T00:00:00+08:00"},
                            Row{31, "2026-06-05T10:00:00+08:00", "2026-06-30T00:00:00+08:00"},
                            Row{31, "2028-02-10T10:00:00+08:00", "2028-02-29T00:00:00+08:00"},
                            Row{1, "2027-01-31T10:00:00+08:00", "2027-02-28T00:00:00+08:00"});
  CAPTURE(row.billing_day);
  CAPTURE(row.bought);
  SetTime(h, row.bought);
  Kept<CreateAccountCall> create;
  create.change.key = "c";
  create.currency = Unit::Of("CNY");
  create.billing_day = row.billing_day;
  h.Run(&create);
  REQUIRE(create.status.ok());
  h.TopUp(create.account, 50'000'000);
  Kept<PurchaseCall> call;
  REQUIRE(Buy(h, create.account, {.offer = "cycle"}, &call) == "ok");
  CHECK(Local(call.renews_at) == row.renews);
}

TEST_CASE("what is left is carried over as the plan says", "[engine][unit]") {
  Harness h;
  h.Publish(kLifeCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=200000000
    buy A monthly                               -> ok fee=15000000 bucket=2
    debit e 0 A 1/plain/_/output:100            -> 2001 cost=0 | 1 2001 granted=output:100 drawn=100
  )");
  TickAt(h, "2026-06-01T00:00:01+08:00");
  script.Run(R"(
    # Of 1,400 left 1,000 are carried, and drawn before the new month's own.
    bucket A 2                                  -> none
    bucket A 3                                  -> granted=1000 available=1000 held=0 spent=0 expired=0
    bucket A 4                                  -> granted=3100 available=3100 held=0 spent=0 expired=0
    debit e 1 A 1/plain/_/output:300            -> 2001 cost=0 | 1 2001 granted=output:300 drawn=300
    bucket A 3                                  -> granted=1000 available=700 held=0 spent=300 expired=0
  )");
  TickAt(h, "2026-07-01T00:00:01+08:00");
  script.Run(R"(
    # Once: what was carried is not carried again.
    bucket A 3                                  -> none
    bucket A 4                                  -> none
    bucket A 5                                  -> granted=1000 available=1000 held=0 spent=0 expired=0
    bucket A 6                                  -> granted=3100 available=3100 held=0 spent=0 expired=0
  )");
  const Totals totals = TotalsOf(*h.store);
  CHECK(totals.Of(LedgerAccount::kTransferred) == 0);
  CHECK(totals.Of(LedgerAccount::kExpired) == 400 + 700 + 2'100);
}

TEST_CASE("cycles end after so many, and limits with them", "[engine][unit]") {
  Harness h;
  h.Publish(kLifeCatalogue);
  const AccountId a = h.Create(100'000'000);
  REQUIRE(Buy(h, a, {.offer = "cycle"}) == "ok");
  CHECK(h.View(a).limits.size() == 1);
  TickAt(h, "2026-06-17T00:00:01+08:00");
  CHECK(h.View(a).subscriptions[0].cycles == 2);
  CHECK(h.View(a).limits[0].until == h.View(a).subscriptions[0].renews_at);
  TickAt(h, "2026-07-17T00:00:01+08:00");
  CHECK(h.View(a).subscriptions[0].cycles == 3);
  CHECK(h.View(a).subscriptions[0].renews_at == Instant::Never());
  CHECK(Money(h, a) == 70'000'000);
  // Drawn last: the cycle's own before what was carried.
  const AccountView view = h.View(a);
  REQUIRE(view.buckets.size() == 4);
  CHECK(view.buckets[0].granted == 1'000);
  TickAt(h, "2026-08-17T00:00:01+08:00");
  CHECK(h.View(a).subscriptions.empty());
  CHECK(h.View(a).limits.empty());
  CHECK(h.View(a).buckets.size() == 1);
  CHECK(Money(h, a) == 70'000'000);
}

TEST_CASE("a cycle that cannot be paid ends the subscription", "[engine][unit]") {
  Harness h;
  h.Publish(kLifeCatalogue);
  const AccountId a = h.Create(20'000'000);
  REQUIRE(Buy(h, a, {.offer = "monthly"}) == "ok");
  TickAt(h, "2026-06-01T00:00:01+08:00");
  CHECK(h.View(a).subscriptions.empty());
  CHECK(h.View(a).buckets.size() == 1);
  CHECK(Money(h, a) == 5'000'000);
}

TEST_CASE("a subscription is cancelled to the end of its cycle", "[engine][unit]") {
  Harness h;
  h.Publish(kLifeCatalogue);
  const AccountId a = h.Create(100'000'000);
  REQUIRE(Buy(h, a, {.offer = "monthly"}) == "ok");
  REQUIRE(Buy(h, a, {.offer = "pay"}) == "ok");
  const auto cancel = [&](const std::string& key, uint32_t subscription, Instant* ends) {
    Kept<CancelSubscriptionCall> call;
    call.change.key = key;
    call.account = a;
    call.subscription = subscription;
    h.Run(&call);
    *ends = call.ends_at;
    return call.status.ok() ? "ok" : call.failed_field;
  };
  Instant ends;
  CHECK(cancel("1", 7, &ends) == "subscription_number");
  CHECK(cancel("2", 1, &ends) == "ok");
  CHECK(Local(ends) == "2026-06-01T00:00:00+08:00");
  h.Open();
  Instant again;
  CHECK(cancel("2", 1, &again) == "ok");
  CHECK(again == ends);
  CHECK(cancel("3", 1, &ends) == "subscription_number");
  CHECK(cancel("4", 2, &ends) == "ok");
  CHECK(ends == h.clock.Now());
  CHECK(Money(h, a) == 85'000'000);  // The fee of a month that has begun is not given back.
  TickAt(h, "2026-06-01T00:00:01+08:00");
  CHECK(h.View(a).subscriptions.empty());
  CHECK(Money(h, a) == 85'000'000);
}

TEST_CASE("a bucket is full again at each begin of its window", "[engine][unit]") {
  Harness h;
  h.Publish(kLifeCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=100000000
    buy A daily                                 -> ok fee=30000000 bucket=2
    debit e 0 A 1/plain/_/output:4              -> 2001 cost=0 | 1 2001 granted=output:4 drawn=4
  )");
  TickAt(h, "2026-05-18T00:00:01+08:00");
  script.Run(R"(
    bucket A 2                                  -> granted=20 available=10 held=0 spent=4 expired=6
  )");
  TickAt(h, "2026-06-16T00:00:01+08:00");
  script.Run("bucket A 2                        -> none");
  const Totals totals = TotalsOf(*h.store);
  // 30 days of 10 tokens for 30 CNY: 4 tokens have earned 0.40.
  CHECK(totals.Of(LedgerAccount::kPackageEarned) == 400'000);
  CHECK(totals.Of(LedgerAccount::kBreakage) == 29'600'000);
  CHECK(totals.Of(LedgerAccount::kExpired) == 296);
}

TEST_CASE("what was missed for long is made good in steps", "[engine][unit]") {
  Harness h;
  h.Publish(kLifeCatalogue);
  const AccountId a = h.Create(100'000'000);
  REQUIRE(Buy(h, a, {.offer = "hourly"}) == "ok");
  h.clock.AdvanceSeconds(40 * kDay);
  int ticks = 0;
  for (; h.View(a).buckets.size() > 1 && ticks < 10; ++ticks) {
    h.engine->Tick();
    h.executor.RunAll();
    h.clock.AdvanceSeconds(1);
  }
  // 720 refills and an end: one account keeps a round no longer than kDueStepsMax entries.
  CHECK(ticks == 3);
  const Totals totals = TotalsOf(*h.store);
  CHECK(totals.Of(LedgerAccount::kExpired) == 7'210);
  CHECK(totals.Of(LedgerAccount::kBreakage) == 7'200'000);
}

TEST_CASE("seats are bought at once and renew together", "[engine][unit]") {
  Harness h;
  h.Publish(kLifeCatalogue);
  const AccountId a = h.Create(100'000'000);
  CHECK(Buy(h, a, {.offer = "seat", .quantity = 0}) == "INVALID_ARGUMENT quantity");
  CHECK(Buy(h, a, {.offer = "seat", .quantity = 11}) == "FAILED_PRECONDITION ");
  Kept<PurchaseCall> call;
  REQUIRE(Buy(h, a, {.offer = "seat", .quantity = 5, .key = "s"}, &call) == "ok");
  CHECK(call.fee_micros == 49'500'000);
  CHECK(Buy(h, a, {.offer = "seat", .quantity = 4, .key = "s"}) == "ALREADY_EXISTS quantity");
  CHECK(FindBucket(h.View(a), 2)->granted == 2'500);
  TickAt(h, "2026-06-01T00:00:01+08:00");
  CHECK(Money(h, a) == 1'000'000);
  CHECK(h.View(a).subscriptions[0].quantity == 5);
  CHECK(FindBucket(h.View(a), 3)->granted == 2'500);
}

TEST_CASE("who may buy, when and how often", "[engine][unit]") {
  Harness h;
  h.Publish(kLifeCatalogue);
  const AccountId a = h.Create(100'000'000);
  CHECK(Buy(h, a, {.offer = "trial"}) == "FAILED_PRECONDITION offer");
  Kept<SetProfileCall> profile;
  profile.change.key = "p";
  profile.account = a;
  profile.segment = "founders";
  h.Run(&profile);
  REQUIRE(profile.status.ok());
  CHECK(Buy(h, a, {.offer = "trial", .node = 3}) == "NOT_FOUND node_id");
  CHECK(Buy(h, a, {.offer = "trial"}) == "ok");
  CHECK(Buy(h, a, {.offer = "trial"}) == "FAILED_PRECONDITION offer");
  CHECK(Buy(h, a, {.offer = "pack", .quantity = 3}) == "FAILED_PRECONDITION offer");
  CHECK(Buy(h, a, {.offer = "pack"}) == "ok");
  CHECK(Buy(h, a, {.offer = "pack"}) == "ok");
  CHECK(Buy(h, a, {.offer = "pack"}) == "FAILED_PRECONDITION offer");
  h.Open();
  CHECK(Buy(h, a, {.offer = "pack"}) == "FAILED_PRECONDITION offer");
  SetTime(h, "2026-06-01T00:00:00+08:00");
  CHECK(Buy(h, a, {.offer = "pack"}) == "ok");
  const AccountId b = h.Create(100'000'000);
  CHECK(Buy(h, b, {.offer = "trial"}) == "FAILED_PRECONDITION offer");
}

TEST_CASE("a fee in points is taken from the points", "[engine][unit]") {
  Harness h;
  h.Publish(kLifeCatalogue);
  const AccountId a = h.Create(10'000'000);
  CHECK(Buy(h, a, {.offer = "gift"}) == "FAILED_PRECONDITION ");
  REQUIRE(Buy(h, a, {.offer = "points"}) == "ok");
  Kept<PurchaseCall> call;
  REQUIRE(Buy(h, a, {.offer = "gift"}, &call) == "ok");
  CHECK(call.fee_micros == 0);
  CHECK(call.fee_points == 200);
  CHECK(call.fee_unit == Unit::Of("loyalty_point"));
  CHECK_FALSE(call.record_id.empty());
  CHECK(FindBucket(h.View(a), 2)->available == 100);
  CHECK(Money(h, a) == 5'000'000);
  CHECK(Buy(h, a, {.offer = "gift"}) == "FAILED_PRECONDITION ");
  TotalsOf(*h.store);
}

TEST_CASE("a bundle's fee is a line for each part, deferred for what is used later",
          "[engine][unit]") {
  Harness h;
  h.Publish(kLifeCatalogue);
  const AccountId a = h.Create(100'000'000);
  REQUIRE(Buy(h, a, {.offer = "bundle"}) == "ok");
  Script script(h);
  const auto records = script.Records();
  REQUIRE(records.size() == 1);
  const auto record = cdr::DecodeRecord(records[0].bytes);
  REQUIRE(record.ok());
  REQUIRE(record->lines.size() == 3);
  CHECK(record->lines[0].charge_code == "B-TOK");
  CHECK(record->lines[0].amount == 60'000'000);
  CHECK(record->lines[1].amount == 30'000'000);
  CHECK(record->lines[2].charge_code == "B-ASSIST");
  const Totals totals = TotalsOf(*h.store);
  CHECK(totals.Of(LedgerAccount::kDeferred) == 60'000'000);
  CHECK(totals.Of(LedgerAccount::kEarned) == 40'000'000);
}

TEST_CASE("a switch stays on while it guards something", "[engine][unit]") {
  Harness h;
  h.Publish(kLifeCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A guarded                               -> ok fee=0 bucket=2
  )");
  const AccountId a = script.account("A");
  const auto turn = [&](const std::string& key, const std::string& id, bool on) {
    Kept<SetSwitchCall> call;
    call.change.key = key;
    call.account = a;
    call.subscription = 1;
    call.switch_id = id;
    call.on = on;
    h.Run(&call);
    return call.status.ok() ? std::string("ok")
                            : std::string(absl::StatusCodeToString(call.status.code()));
  };
  CHECK(turn("1", "other", true) == "NOT_FOUND");
  CHECK(turn("2", "free_only", true) == "ok");
  CHECK(h.View(a).subscriptions[0].switches[0].on);
  CHECK(turn("3", "free_only", false) == "FAILED_PRECONDITION");
  script.Run(
      "debit e 0 A 1/plain/_/output:100  -> 2001 cost=0 | 1 2001 granted=output:100 drawn=100");
  CHECK(turn("4", "free_only", false) == "ok");
  CHECK_FALSE(h.View(a).subscriptions[0].switches[0].on);
}

/// Buys the next package for an account as a charge would.
class BuyNextCall : public Operation {
 public:
  AccountId account;
  rating::EndTerms end;
  balance::Terms origin;
  bool bought = false;

 private:
  void Execute(Shard& shard) override {
    balance::Account* payer = shard.FindAccount(account);
    bought =
        BuyNext(shard, payer, {.end = &end, .origin = origin, .node = {}, .at = shard.logged_at()});
  }
};

TEST_CASE("the next package is bought so often a month, and only with the money",
          "[engine][unit]") {
  Harness h;
  h.Publish(kLifeCatalogue);
  const AccountId a = h.Create(1'500'000);
  const auto next = [&](const std::string& offer, int at_most) {
    Kept<BuyNextCall> call;
    call.account = a;
    call.end.at_end = rating::AtEnd::kBuyNext;
    call.end.buys = offer;
    call.end.buys_per_month_max = at_most;
    h.Run(&call);
    REQUIRE(call.done);
    REQUIRE(call.status.ok());
    return call.bought;
  };
  CHECK_FALSE(next("nothing", 5));
  CHECK(next("pack", 1));
  CHECK_FALSE(next("pack", 1));
  CHECK_FALSE(next("pack", 2));  // 0.50 is left.
  h.TopUp(a, 5'000'000);
  h.Open();
  CHECK_FALSE(next("pack", 1));
  CHECK(next("pack", 2));
  CHECK_FALSE(next("pack", 9));  // The offer itself is sold twice a month.
  CHECK(Money(h, a) == 4'500'000);
  TickAt(h, "2026-06-02T00:00:00+08:00");
  CHECK(next("pack", 1));
  TotalsOf(*h.store);
}

// What an account is, without where and when its entries were written.
std::string Content(balance::Account account) {
  account.last = {};
  account.last_group = 0;
  return Bytes(account);
}

TEST_CASE("who comes late writes the same books as who is on time", "[engine][unit]") {
  std::vector<std::string> contents;
  std::vector<std::array<int64_t, balance::kLedgerAccountCount>> totals;
  // Every hour or so; every day, with the clock stepping back; once after fourteen months.
  for (const int64_t step : {7 * 3600, 26 * 3600, 430 * 86'400}) {
    EngineOptions options;
    options.journal_retention_seconds = 3'650 * kDay;  // The books are read from the journal alone.
    Harness h(nullptr, options);
    SetTime(h, "2027-01-31T09:30:00+08:00");
    h.Publish(kLifeCatalogue);
    Script script(h);
    script.Run(R"(
      account A money=200000000
      buy A monthly
      buy A cycle
      buy A seat
      buy A pack
      debit e 0 A 1/plain/_/output:77
      initial s 0 A 1/plain/output:500/_
    )");
    const Instant end = h.clock.Now().PlusSeconds(430 * kDay);  // Over 29 February 2028.
    while (h.clock.Now() < end) {
      h.clock.AdvanceSeconds(std::min(step, (end.unix_ms - h.clock.Now().unix_ms) / 1000));
      h.engine->Tick();
      h.executor.RunAll();
      if (step == 26 * 3600) {
        h.clock.AdvanceSeconds(-1800);
        h.engine->Tick();
        h.executor.RunAll();
        h.clock.AdvanceSeconds(1800);
      }
    }
    contents.push_back(Content(AccountsOf(*h.store).at(script.account("A").value)));
    totals.push_back(TotalsOf(*h.store).posted);
  }
  CHECK(contents[0] == contents[1]);
  CHECK(contents[0] == contents[2]);
  CHECK(totals[0] == totals[1]);
  CHECK(totals[0] == totals[2]);
}

}  // namespace
}  // namespace ocs::engine::tests
