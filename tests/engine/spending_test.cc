// Spending limits: statuses of policy counters, told once when they change.

#include "ocs/engine/spending_operation.h"

#include <string>
#include <vector>

#include "ocs/engine/account_operation.h"
#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

struct Watched {
  Watched() {
    h.options.low_balance_micros = 1'000;
    h.Open();
    h.Publish(kSmallCatalogue);
    script.Run("account A money=100000\nbuy A pay -> ok fee=0");
    Kept<SetLimitCall> call;
    call.change.key = "limit";
    call.account = script.account("A");
    call.name = "a day";
    call.window = {.kind = WindowKind::kDay};
    call.unit = Unit::Of("CNY");
    call.amount = 3'000;
    call.alerts = {50, 80};
    h.Run(&call);
    REQUIRE(call.status.ok());
  }
  std::string Watch(const std::string& id, std::vector<std::string> counters = {},
                    int64_t seconds = 10'000'000) {
    Kept<WatchCall> call;
    call.change.key = Cat("watch-", ++keys);
    call.account = script.account("A");
    call.watch = id;
    call.counters = std::move(counters);
    call.expires_at = h.clock.Now().PlusSeconds(seconds);
    h.Run(&call);
    REQUIRE(call.done);
    if (!call.status.ok())
      return Cat(absl::StatusCodeToString(call.status.code()), " ", call.failed_field);
    std::string text;
    for (const auto& told : call.statuses) text += Cat(told.counter, "=", told.status, " ");
    return text;
  }
  // The notices of spending statuses since the last time: without the time of the next one.
  std::string Told() {
    std::string all;
    while (true) {
      Kept<NoticesCall> call;
      call.after = after;
      h.Run(&call);
      REQUIRE(call.status.ok());
      for (const NoticeView& notice : call.notices) {
        if (notice.type != "spending status") continue;
        const std::vector<std::string> words = Split(notice.name, ' ');
        for (size_t i = 0; i < words.size() && i < 4; ++i) all += Cat(words[i], " ");
        all += "| ";
      }
      if (call.next_after == after) return all;
      after = call.next_after;
    }
  }
  void Use(int tokens) { script.Run(Cat("debit e ", ++uses, " A 1/plain/_/output:", tokens)); }

  Harness h;
  Script script{h};
  Position after;
  int keys = 0;
  int uses = 0;
};

TEST_CASE("a status is told when it changes, and only then", "[engine][unit][S-05][S-06][S-09]") {
  Watched w;
  CHECK(w.Watch("pcf") == "balance=normal limit-1=normal ");
  w.Use(400);  // 1,200 of 3,000.
  CHECK(w.Told().empty());
  w.Use(100);
  CHECK(w.Told() == "pcf limit-1 warn-50 normal | ");
  w.Use(1);
  CHECK(w.Told().empty());
  w.Use(300);
  CHECK(w.Told() == "pcf limit-1 warn-80 normal | ");
  w.Use(199);
  CHECK(w.Told() == "pcf limit-1 block normal | ");
  CHECK(w.Watch("late", {"limit-1"}) == "limit-1=block ");
  CHECK(w.Told().empty());
  // S-09: a new day began by itself, and nobody is told of it.
  w.h.clock.AdvanceSeconds(86'400);
  w.Use(1);
  CHECK(w.Told().empty());
  w.Use(600);
  CHECK(w.Told() == "late limit-1 warn-50 normal | pcf limit-1 warn-50 normal | ");
  TotalsOf(*w.h.store);
}

TEST_CASE("what is given back makes a status better when it is better by some more",
          "[engine][unit][S-12]") {
  Watched w;
  w.Watch("pcf", {"limit-1"});
  w.script.Run("debit big 0 A 1/plain/_/output:480\ndebit small 0 A 1/plain/_/output:21");
  CHECK(w.Told() == "pcf limit-1 warn-50 normal | ");
  w.script.Run("refund r 0 A of=small.0");  // 1,440 is below 1,500, but not by 150.
  CHECK(w.Told().empty());
  w.Use(21);
  CHECK(w.Told().empty());
  w.script.Run("refund r 1 A of=big.0");
  CHECK(w.Told() == "pcf limit-1 normal | ");
}

TEST_CASE("the balance has a status of its own", "[engine][unit]") {
  Watched w;
  w.script.Run("account B money=1500\nbuy B pay -> ok fee=0");
  Kept<WatchCall> call;
  call.change.key = "watch-b";
  call.identity_type = IdentityType::kPrivate;
  call.identity = "customer-B";
  call.watch = "pcf";
  call.expires_at = w.h.clock.Now().PlusSeconds(1'000);
  w.h.Run(&call);
  REQUIRE(call.status.ok());
  CHECK(call.found == w.script.account("B"));
  w.script.Run("debit b 0 B 1/plain/_/output:200");  // 900 are left.
  CHECK(w.Told() == "pcf balance warn-low | ");
  w.script.Run("top_up B 130");  // 1,030: not 5 per cent above.
  CHECK(w.Told().empty());
  w.script.Run("top_up B 100");
  CHECK(w.Told() == "pcf balance normal | ");
  w.script.Run("debit b 1 B 1/plain/_/output:376");
  CHECK(w.Told() == "pcf balance warn-low | ");
  w.script.Run("debit b 2 B 1/plain/_/input:1");
  CHECK(w.Told() == "pcf balance block | ");
}

TEST_CASE("watches are replaced, bounded, refused and end", "[engine][unit][S-02][S-08][S-10]") {
  Watched w;
  CHECK(w.Watch("", {}) == "INVALID_ARGUMENT spending_subscription_id");
  CHECK(w.Watch("a b", {}) == "INVALID_ARGUMENT spending_subscription_id");
  CHECK(w.Watch("pcf", {}, -1) == "INVALID_ARGUMENT expires_at_unix_ms");
  CHECK(w.Watch("pcf", {"balance", "limit-9"}) == "NOT_FOUND policy_counter_id[1]");
  CHECK(w.Watch("pcf", {"balance"}, 100) == "balance=normal ");
  CHECK(w.Watch("pcf", {"limit-1"}, 100) == "limit-1=normal ");
  for (int i = 1; i < balance::kWatchesPerAccountMax; ++i) CHECK(!w.Watch(Cat("w", i)).empty());
  CHECK(w.Watch("more") == "RESOURCE_EXHAUSTED ");
  Kept<UnwatchCall> end;
  end.change.key = "end";
  end.account = w.script.account("A");
  end.watch = "w1";
  w.h.Run(&end);
  CHECK(end.status.ok());
  w.h.clock.AdvanceSeconds(100);
  w.h.engine->Tick();
  w.h.executor.RunAll();
  w.Use(500);
  const std::string told = w.Told();
  CHECK(told.find("pcf") == std::string::npos);  // Its time is over.
  CHECK(told.find("w1 ") == std::string::npos);
  CHECK(told.find("w2 limit-1 warn-50") != std::string::npos);
  w.h.Open();
  CHECK(w.Told().empty());
}

// The names of the notices of spending statuses behind a position, which moves on.
std::vector<std::string> StatusNames(Harness& h, Position* after) {
  std::vector<std::string> names;
  while (true) {
    Kept<NoticesCall> call;
    call.after = *after;
    h.Run(&call);
    REQUIRE(call.status.ok());
    for (const NoticeView& notice : call.notices) {
      if (notice.type == "spending status") names.push_back(notice.name);
    }
    if (call.next_after == *after) return names;
    *after = call.next_after;
  }
}

// A package of 1,000 tokens a cycle that goes on at two calls a minute and ten an hour.
constexpr char kAssured[] = R"(
catalogue: assured
currency: CNY
time_zone: UTC
units: [{unit: request}]
models:
  - {id: plain, provider: acme}
offers:
  - id: assured
    name: 1,000 tokens and basic assurance
    charge_code: ASSURED
    fee: 1
    renews: cycle
    grants:
      - {name: tokens, unit: token, amount: 1000, validity: cycle, covers: {model: plain}, when_used_up: throttle}
      - name: basic assurance
        unit: request
        amount: unlimited
        validity: cycle
        priority: 2
        covers: {model: plain}
        weights: [{any: true, request: 1, tokens: 0}]
        when_used_up: wait
        limits:
          - {name: per minute, amount: 2, per: sliding 1 minute}
          - {name: per hour, amount: 10, per: sliding 1 hour}
          - {name: told, amount: 5, per: sliding 1 hour, alerts: [100], alert_only: yes}
)";

struct Assured {
  Assured() {
    h.Publish(kAssured);
    script.Run("account A money=10000000\nbuy A assured");
  }
  WatchCall& Watch(Kept<WatchCall>* call, const std::string& key,
                   std::vector<std::string> counters = {}) {
    call->change.key = key;
    call->account = script.account("A");
    call->watch = "pcf";
    call->counters = std::move(counters);
    call->expires_at = h.clock.Now().PlusSeconds(10'000'000);
    h.Run(call);
    REQUIRE(call->done);
    return *call;
  }
  std::vector<std::string> Told() { return StatusNames(h, &after); }

  Harness h;
  Script script{h};
  Position after;
};

TEST_CASE("a package that goes on at rates is throttled, and the rates are told",
          "[engine][unit][S-04][B22]") {
  Assured w;
  Kept<WatchCall> first;
  w.Watch(&first, "w-1", {"package-1"});
  REQUIRE(first.statuses.size() == 1);
  CHECK(first.statuses[0].status == "normal");
  CHECK(first.throttled.empty());
  const Instant renews = w.h.View(w.script.account("A")).subscriptions.at(0).renews_at;
  w.script.Run("debit e 0 A 1/plain/_/output:999");
  CHECK(w.Told().empty());
  w.script.Run("debit e 1 A 1/plain/_/output:1");
  CHECK(w.Told() == std::vector<std::string>{Cat("pcf package-1 throttle normal ", renews.unix_ms,
                                                 " rates=2/request/60000,10/request/3600000")});
  w.script.Run("debit e 2 A 1/plain/_/output:1");
  CHECK(w.Told().empty());
  // Who subscribes now has them as fields; a repeat of the call, too.
  Kept<WatchCall> again;
  w.Watch(&again, "w-2");
  Kept<WatchCall> repeat;
  w.Watch(&repeat, "w-2");
  for (const Kept<WatchCall>* call : {&again, &repeat}) {
    REQUIRE(call->throttled.size() == 1);
    CHECK(call->throttled[0].counter == "package-1");
    CHECK(call->throttled[0].rates ==
          std::vector<ThrottleRate>{
              {.amount = 2, .unit = Unit::Of("request"), .window_ms = 60'000},
              {.amount = 10, .unit = Unit::Of("request"), .window_ms = 3'600'000}});
    CHECK(call->statuses == again.statuses);
  }
  // A token comes back: not 5 per cent.
  w.script.Run("refund r 0 A of=e.1");
  CHECK(w.Told().empty());
  // A new cycle begins by itself, and nobody is told of it (S-09).
  w.h.clock.AdvanceSeconds((renews.unix_ms - w.h.clock.Now().unix_ms) / 1'000 + 1);
  w.h.engine->Tick();
  w.h.executor.RunAll();
  CHECK(w.Told().empty());
  Kept<WatchCall> after;
  w.Watch(&after, "w-3", {"package-1"});
  CHECK(after.statuses.at(0).status == "normal");
  Kept<WatchCall> unknown;
  w.Watch(&unknown, "w-4", {"package-2"});
  CHECK(absl::IsNotFound(unknown.status));
  TotalsOf(*w.h.store);
}

TEST_CASE("a throttled package that gets more back than a little is normal again",
          "[engine][unit][S-12]") {
  Assured w;
  Kept<WatchCall> call;
  w.Watch(&call, "w-1", {"package-1"});
  w.script.Run("debit big 0 A 1/plain/_/output:900\ndebit small 0 A 1/plain/_/output:100");
  CHECK(w.Told().size() == 1);
  w.script.Run("refund r 0 A of=small.0");
  CHECK(w.Told() == std::vector<std::string>{"pcf package-1 normal"});
}

// A limit of 6,000 micros in a sliding minute: slots of a second.
struct Sliding {
  Sliding() {
    h.Publish(kSmallCatalogue);
    script.Run("account A money=1000000\nbuy A pay -> ok fee=0");
    Kept<SetLimitCall> call;
    call.change.key = "limit";
    call.account = script.account("A");
    call.name = "a minute";
    call.window = {.kind = WindowKind::kSliding, .length_ms = 60'000};
    call.unit = Unit::Of("CNY");
    call.amount = 6'000;
    call.alerts = {50};
    h.Run(&call);
    REQUIRE(call.status.ok());
    Kept<WatchCall> watch;
    watch.change.key = "watch";
    watch.account = script.account("A");
    watch.watch = "pcf";
    watch.counters = {"limit-1"};
    watch.expires_at = h.clock.Now().PlusSeconds(10'000'000);
    h.Run(&watch);
    REQUIRE(watch.status.ok());
  }
  void Use(int tokens) { script.Run(Cat("debit e ", ++uses, " A 1/plain/_/output:", tokens)); }
  // Lets time pass in seconds, and tells at which of them something was told.
  std::string Pass(int seconds) {
    std::string all;
    for (int i = 0; i < seconds; ++i) {
      h.clock.AdvanceSeconds(1);
      h.engine->Tick();
      h.executor.RunAll();
      all += Told(Cat(++passed, " "));
    }
    return all;
  }
  std::string Told(const std::string& before = "") {
    std::string all;
    for (const std::string& name : StatusNames(h, &after)) all += Cat(before, name, " | ");
    return all;
  }
  int Entries() const {
    int count = 0;
    ForEachEntry(*h.store, [&count](const balance::EntryView&) { ++count; });
    return count;
  }

  Harness h;
  Script script{h};
  Position after;
  int uses = 0;
  int passed = 0;
};

TEST_CASE("a sliding window that frees by time alone is told once, when its status is better",
          "[engine][unit][S-06][S-12]") {
  Sliding w;
  w.Use(1'000);  // 3,000 of 6,000 at second 0.
  CHECK(w.Told() == "pcf limit-1 warn-50 | ");
  w.Pass(20);
  w.Use(1'000);  // Used up at second 20.
  CHECK(w.Told() == "pcf limit-1 block | ");
  // At 61 the first half has left: 3,000 is the threshold itself, so it stays at that.
  CHECK(w.Pass(50) == "61 pcf limit-1 warn-50 | ");
  CHECK(w.Pass(50) == "81 pcf limit-1 normal | ");
  const int quiet = w.Entries();
  CHECK(w.Pass(200).empty());
  CHECK(w.Entries() == quiet);  // Nothing is due any more.
}

TEST_CASE("what is used meanwhile moves the time at which a sliding window is better",
          "[engine][unit][S-06]") {
  Sliding w;
  w.Use(1'000);
  CHECK(w.Told() == "pcf limit-1 warn-50 | ");
  CHECK(w.Pass(30).empty());
  w.Use(950);  // 2,850: with 5 per cent of 6,000 more it is not below 3,000.
  const int before = w.Entries();
  CHECK(w.Pass(45).empty());  // At 61 it was looked at, and it is not better.
  CHECK(w.Entries() == before + 1);
  CHECK(w.Pass(45) == "91 pcf limit-1 normal | ");
  // A restart knows when to look.
  w.Use(1'500);
  CHECK(w.Told() == "pcf limit-1 warn-50 | ");
  w.h.Open();
  CHECK(w.Pass(100) == "181 pcf limit-1 normal | ");
  TotalsOf(*w.h.store);
}

}  // namespace
}  // namespace ocs::engine::tests
