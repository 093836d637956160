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

}  // namespace
}  // namespace ocs::engine::tests
