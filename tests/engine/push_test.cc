// What gateways are asked to do: asked, asked again, answered, over restarts.

#include "ocs/engine/push_operation.h"

#include <string>
#include <vector>

#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

// An engine whose pending demands are written down: "s reauthorise x2 (why)", "none".
struct ListenedEngine {
  ListenedEngine() {
    h.Publish(kSmallCatalogue);
    Listen();
    script.Run("account A money=900\nbuy A pay -> ok fee=0");
  }
  void Listen() {
    h.engine->OnDemands([this](const PendingDemands& now) {
      std::string text;
      for (const PendingDemands::Item& item : now.items) {
        const balance::Demand& d = item.demand;
        text += Cat(d.session_id, d.kind == balance::DemandKind::kAbort ? " abort" : " reauthorise",
                    d.rating_group ? Cat(" group ", *d.rating_group) : "", " x", d.asks, "; ");
        last = d;
      }
      told.push_back(text.empty() ? "none" : text);
    });
  }
  void Restart() {
    h.Open();
    Listen();
  }
  // What was told since the last time.
  std::string Told() {
    std::string all;
    for (const std::string& text : told) all += Cat(all.empty() ? "" : "| ", text);
    told.clear();
    return all;
  }
  std::string Tick(int64_t seconds) {
    h.clock.AdvanceSeconds(seconds);
    h.engine->Tick();
    h.executor.RunAll();
    return Told();
  }
  // "ok 1", or the refusal.
  std::string Demand(const std::string& session, const std::string& key,
                     balance::DemandKind kind = balance::DemandKind::kReauthorise,
                     std::optional<uint32_t> group = std::nullopt) {
    Kept<DemandCall> call;
    call.change.key = key;
    call.change.reason = "why";
    call.account = script.account("A");
    call.session_id = session;
    call.kind = kind;
    call.rating_group = group;
    h.Run(&call);
    REQUIRE(call.done);
    if (call.status.ok()) return Cat("ok ", call.asked);
    return Cat(absl::StatusCodeToString(call.status.code()), " ", call.failed_field);
  }
  std::string Answer(const std::string& session, uint16_t code) {
    Kept<AnswerDemandCall> call;
    call.demand_id = DemandId(script.account("A"), last.asked);
    call.session_id = session;
    call.result_code = code;
    h.Run(&call);
    REQUIRE(call.done);
    return std::string(absl::StatusCodeToString(call.status.code()));
  }

  Harness h;
  Script script{h};
  std::vector<std::string> told;
  balance::Demand last;
};

constexpr auto kAbort = balance::DemandKind::kAbort;

TEST_CASE("a re-authorisation is asked until an update answers it",
          "[engine][unit][CC-96][CC-97]") {
  ListenedEngine a;
  a.script.Run("initial s 0 A 1/plain/output:100/_ -> 2001 | 1 2001 granted=output:100");
  CHECK(a.Told().empty());
  CHECK(a.Demand("s", "k1") == "ok 1");
  CHECK(a.Told() == "s reauthorise x1; ");
  CHECK(a.last.reason == "why");
  CHECK(a.Demand("s", "k1") == "ok 1");  // A repeat.
  CHECK(a.Demand("s", "k2") == "ok 0");  // It is demanded already.
  CHECK(a.Demand("t", "k3") == "NOT_FOUND session_id");
  a.Told();
  a.script.Run(
      "update s 1 A 1/plain/output:100/output:10 -> 2001 cost=30 | 1 2001 granted=output:100 "
      "charged=30");
  CHECK(a.Told() == "none");
  CHECK(a.Tick(100).empty());
  TotalsOf(*a.h.store);
}

TEST_CASE("without an answer it is asked again with back-off, also after a restart",
          "[engine][unit][CC-99]") {
  ListenedEngine a;
  a.script.Run("initial s 0 A 1/plain/output:100/_ -> 2001 | 1 2001 granted=output:100");
  CHECK(a.Demand("s", "k1") == "ok 1");
  CHECK(a.Told() == "s reauthorise x1; ");
  CHECK(a.Tick(4).empty());
  CHECK(a.Tick(1) == "s reauthorise x2; ");
  CHECK(a.Tick(9).empty());
  a.Restart();
  CHECK(a.Tick(1) == "s reauthorise x3; ");
  CHECK(a.h.View(a.script.account("A")).sessions.size() == 1);  // Nothing else came of it.
  CHECK(a.h.View(a.script.account("A")).buckets.back().held == 300);
  for (int64_t wait : {20, 40, 80, 160, 300}) CHECK_FALSE(a.Tick(wait).empty());
  CHECK(a.last.asks == 8);
  CHECK(a.Tick(1'200) == "none");  // The supervision timer has ended the session.
  CHECK(a.Tick(1'200).empty());
  TotalsOf(*a.h.store);
}

TEST_CASE("a gateway that does not know the session has it closed", "[engine][unit][CC-98]") {
  ListenedEngine a;
  a.script.Run("initial s 0 A 1/plain/output:100/_ -> 2001 | 1 2001 granted=output:100");
  CHECK(a.Demand("s", "k1") == "ok 1");
  CHECK(a.Answer("s", 2001) == "OK");
  CHECK(a.Answer("t", 5002) == "OK");  // Not pending.
  CHECK(a.h.View(a.script.account("A")).sessions.size() == 1);
  CHECK(a.Answer("s", 5002) == "OK");
  CHECK(a.h.View(a.script.account("A")).sessions.empty());
  CHECK(a.h.View(a.script.account("A")).buckets.back().held == 0);
  const auto records = a.script.Records();
  REQUIRE(records.size() == 1);
  const auto record = cdr::DecodeRecord(records[0].bytes);
  REQUIRE(record.ok());
  CHECK(record->incomplete);
  CHECK(a.Answer("s", 5002) == "OK");
  TotalsOf(*a.h.store);
}

TEST_CASE("a session that is to be aborted gets nothing more, and is asked until it ends",
          "[engine][unit][CC-100]") {
  ListenedEngine a;
  a.script.Run(R"(
    initial s 0 A 1/plain/output:100/_   -> 2001 | 1 2001 granted=output:100
    initial t 0 A 1/plain/output:100/_   -> 2001 | 1 2001 granted=output:100
  )");
  CHECK(a.Demand("", "k1", kAbort) == "ok 2");
  CHECK(a.Told() == "s abort x1; t abort x1; ");
  CHECK(a.Demand("s", "k2") == "ok 0");  // Abort says more.
  CHECK(a.Demand("s", "k3", kAbort, 1) == "INVALID_ARGUMENT rating_group");
  a.script.Run("update s 1 A 1/plain/output:100/output:10 -> 2001 cost=30 | 1 4010 charged=30");
  a.Told();
  a.script.Run("terminate s 2 A 1/plain/_/output:5 -> 2001 cost=45 | 1 2001 charged=15 overshoot");
  CHECK(a.Told().find("s abort") == std::string::npos);
  CHECK(a.Tick(5) == "t abort x2; ");
  CHECK(a.Answer("t", 5012) == "OK");
  CHECK(a.Told() == "none");
  CHECK(a.h.View(a.script.account("A")).sessions.size() == 1);  // It would not.
  TotalsOf(*a.h.store);
}

TEST_CASE("a demand about a rating group is answered by a report on that group",
          "[engine][unit][CC-96]") {
  ListenedEngine a;
  a.script.Run(R"(
    initial s 0 A 1/plain/output:50/_ 2/plain/output:50/_ -> 2001 | 1 2001 granted=output:50 | 2 2001 granted=output:50
    initial t 0 A 1/plain/output:50/_                     -> 2001 | 1 2001 granted=output:50
  )");
  CHECK(a.Demand("", "k1", balance::DemandKind::kReauthorise, 2) == "ok 1");
  CHECK(a.Told() == "s reauthorise group 2 x1; ");
  a.script.Run(
      "update s 1 A 1/plain/output:50/output:1 -> 2001 cost=3 | 1 2001 granted=output:50 "
      "charged=3");
  CHECK(a.Told().find("none") == std::string::npos);
  CHECK(a.Demand("s", "k2", balance::DemandKind::kReauthorise, 1) == "ok 1");
  CHECK(a.Told() == "s reauthorise x1; ");  // Of both: the whole session.
  a.script.Run(
      "update s 2 A 2/plain/output:50/output:1 -> 2001 cost=6 | 2 2001 granted=output:50 "
      "charged=3");
  CHECK(a.Told() == "none");
}

TEST_CASE("money that comes when there was none left is told to open sessions",
          "[engine][unit][CC-59]") {
  ListenedEngine a;
  a.script.Run("initial s 0 A 1/plain/output:100/_ -> 2001 | 1 2001 granted=output:100");
  a.script.Run("top_up A 600");  // There is money still: nobody is asked.
  CHECK(a.Told().empty());
  a.script.Run("initial t 0 A 1/plain/output:400/_ -> 2001 | 1 2001 granted=output:400");
  a.script.Run("top_up A 600");  // All of it was held.
  CHECK(a.Told() == "s reauthorise x1; t reauthorise x1; ");
  CHECK(a.last.reason == "money has come");
  TotalsOf(*a.h.store);
}

TEST_CASE("the name of a demand is read as it was written", "[engine][unit]") {
  const AccountId account = AccountId::Of({7}, 9);
  const auto name = ParseDemandId(DemandId(account, {.group = 5, .index = 3}));
  REQUIRE(name.has_value());
  CHECK(name->account == account);
  CHECK(name->asked == Position{.group = 5, .index = 3});
  for (const char* bad : {"", "1-2", "1-2-3-4", "x-1-1", "0-1-1", "1--1"})
    CHECK_FALSE(ParseDemandId(bad).has_value());
}

}  // namespace
}  // namespace ocs::engine::tests
