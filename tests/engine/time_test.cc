// What time does: supervision, expiry, restarts after a long downtime, clocks that go backwards,
// and accounts that do not fit in memory.

#include <functional>
#include <string>
#include <utility>

#include "cdr/record.h"
#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/harness.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

TEST_CASE("a session that falls silent is closed by its supervision timer",
          "[engine][unit][CC-07][CC-90]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/plain/output:100/_          -> 2001 | 1 2001 granted=output:100
    # Twice the validity of 600 seconds, from the last report on.
    tick 1199
    update s 1 A 1/_/output:100/output:10       -> 2001 cost=30 | 1 2001 granted=output:100 charged=30
    tick 1199
    sessions A                                  -> s
    bucket A 1                                  -> granted=1000 available=670 held=300 spent=30 expired=0
    tick 2
    sessions A                                  -> none
    bucket A 1                                  -> granted=1000 available=970 held=0 spent=30 expired=0
    # CC-09: what comes late finds no session; what was answered is still known.
    terminate s 2 A 1/_/_/output:20             -> 5002 field=session_id
    update s 1 A 1/_/output:100/output:10       -> 2001 cost=30 | 1 2001 granted=output:100 charged=30
    restart
    terminate s 2 A 1/_/_/output:20             -> 5002 field=session_id
    update s 1 A 1/_/output:100/output:10       -> 2001 cost=30 | 1 2001 granted=output:100 charged=30
    records                                     -> 2
    # It is reported as an event instead.
    debit s.late 0 A 1/plain/_/output:20        -> 2001 cost=60 | 1 2001 granted=output:20 charged=60
  )");
  const auto records = script.Records();
  const auto last = cdr::DecodeRecord(records[1].bytes);
  REQUIRE(last.ok());
  CHECK(last->incomplete);
  CHECK(last->cause == cdr::ClosingCause::kAbnormalRelease);
  CHECK(last->record_sequence == 2);
  CHECK(last->session_id == "s");
  CHECK(last->lines.empty());
  h.engine->Tick();
  h.executor.RunAll();
  CHECK(h.engine->statistics(ShardId{0}).operations > 0);
}

TEST_CASE("time goes on for a shard that only reads", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    bucket A 1                                  -> granted=1000 available=1000 held=0 spent=0 expired=0
    wait 86400
    initial s 0 A 1/plain/output:1/_ at=0       -> 2001 | 1 2001 granted=output:1
    wait 86400
    check c 0 A 1/plain/output:1/_              -> 2001 enough
    wait 86400
    debit e 0 A 1/plain/output:1/_ at=0         -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
  )");
  CHECK(h.View(script.account("A")).sessions[0].ends_at <
        h.clock.Now().PlusSeconds(-2 * kDay + 1201));
}

TEST_CASE("what is not used of a package expires and becomes breakage", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=30000000
    buy A pack                                  -> ok fee=10000000 bucket=2
    debit e 0 A 1/plain/_/output:250            -> 2001 cost=0 | 1 2001 granted=output:250 drawn=250
    tick 2591999
    bucket A 2                                  -> granted=1000 available=750 held=0 spent=250 expired=0
    tick 2
    bucket A 2                                  -> none
    debit e 1 A 1/plain/_/output:1              -> 5031 field=multiple_services_credit_control.used_service_unit
  )");
  const Totals totals = TotalsOf(*h.store);
  CHECK(totals.Of(LedgerAccount::kDeferred) == 10'000'000);
  CHECK(totals.Of(LedgerAccount::kDeferredReleased) == -10'000'000);
  CHECK(totals.Of(LedgerAccount::kPackageEarned) == 2'500'000);
  CHECK(totals.Of(LedgerAccount::kBreakage) == 7'500'000);
  CHECK(totals.Of(LedgerAccount::kExpired) == 750);
}

TEST_CASE("what is held survives the end of its bucket until the session ends", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=30000000
    buy A pack-on                               -> ok fee=10000000 bucket=2
    tick 2591400
    initial s 0 A 1/plain/output:600/_          -> 2001 | 1 2001 granted=output:600
    tick 700
    bucket A 2                                  -> granted=1000 available=0 held=600 spent=0 expired=400
    # Part of what was held is used; the rest of it cannot be promised anew: money pays.
    update s 1 A 1/_/output:100/output:500      -> 2001 cost=0 | 1 2001 granted=output:100 drawn=500
    tick 1
    bucket A 2                                  -> none
    bucket A 1                                  -> granted=30000000 available=19999700 held=300 spent=10000000 expired=0
    terminate s 2 A 1/_/_/output:100            -> 2001 cost=300 | 1 2001 charged=300
  )");
  const Totals totals = TotalsOf(*h.store);
  CHECK(totals.Of(LedgerAccount::kPackageEarned) == 5'000'000);
  CHECK(totals.Of(LedgerAccount::kBreakage) == 5'000'000);
  CHECK(totals.Of(LedgerAccount::kExpired) == 500);
}

TEST_CASE("overshoot on an ended package is charged there and written off", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=30000000
    buy A pack                                  -> ok fee=10000000 bucket=2
    tick 2591400
    initial s 0 A 1/plain/output:600/_          -> 2001 | 1 2001 granted=output:600
    tick 700
    terminate s 1 A 1/_/_/output:700            -> 2001 cost=0 | 1 2001 drawn=700 overshoot
    bucket A 2                                  -> granted=1000 available=-100 held=0 spent=700 expired=400
    tick 1
    bucket A 2                                  -> none
  )");
  const Totals totals = TotalsOf(*h.store);
  CHECK(totals.Of(LedgerAccount::kWrittenOff) == -100);
  CHECK(totals.Of(LedgerAccount::kPackageEarned) == 7'000'000);
  CHECK(totals.Of(LedgerAccount::kBreakage) == 3'000'000);
}

TEST_CASE("what fell due while the server was down is done after its restart", "[engine][unit]") {
  EngineOptions options;
  options.checkpoint_lag_entries = GENERATE(0, 5, 4'000'000);
  CAPTURE(options.checkpoint_lag_entries);
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  Script script(h);
  for (int i = 0; i < 20; ++i) {
    script.Run(Cat("account A", i, " money=20000000\nbuy A", i, " pack\ninitial s", i, " 0 A", i,
                   " 1/plain/output:400/_"));
  }
  script.Run("restart\nwait 7776000\nrestart\ntick 0");
  for (int i = 0; i < 20; ++i) {
    script.Run(Cat("sessions A", i, " -> none\nbucket A", i, " 2 -> none\n"));
    script.Run(Cat("bucket A", i, " 1 -> granted=20000000 available=10000000 held=0 ",
                   "spent=10000000 expired=0"));
  }
  const Totals totals = TotalsOf(*h.store);
  CHECK(totals.Of(LedgerAccount::kBreakage) == 200'000'000);
  CHECK(totals.Of(LedgerAccount::kExpired) == 20'000);
  CHECK(script.Records().size() == 40);  // The fees, and the sessions cut off.
}

TEST_CASE("more falls due than one round does", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  for (int i = 0; i < 600; ++i) {
    script.Run(Cat("account A", i, " money=1000\nbuy A", i, " pay\ninitial s", i, " 0 A", i,
                   " 1/plain/output:1/_ -> 2001 | 1 2001 granted=output:1"));
  }
  script.Run("tick 1201");
  for (int i = 0; i < 600; ++i) script.Run(Cat("sessions A", i, " -> none"));
}

TEST_CASE("logged time never goes back", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/plain/output:1/_            -> 2001 | 1 2001 granted=output:1
    wait -3600
    update s 1 A 1/_/output:1/output:1          -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    restart
    update s 2 A 1/_/output:1/output:1          -> 2001 cost=6 | 1 2001 granted=output:1 charged=3
    tick 1199
    sessions A                                  -> s
    tick 2401
    sessions A                                  -> s
    tick 1201
    sessions A                                  -> none
  )");
  Instant last;
  for (const GroupCopy& group : JournalOf(*h.store)) {
    CHECK(group.logged_at >= last);
    last = group.logged_at;
  }
}

TEST_CASE("accounts that do not fit in memory are as right as those that do", "[engine][unit]") {
  EngineOptions options;
  options.cached_accounts_max = 3;
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  Script script(h);
  constexpr int kAccounts = 40;
  for (int i = 0; i < kAccounts; ++i) {
    script.Run(Cat("account A", i, " money=1000\nbuy A", i, " pay"));
    script.Run(Cat("initial s", i, " 0 A", i, " 1/plain/output:100/_"));
  }
  for (int round = 1; round <= 3; ++round) {
    for (int i = 0; i < kAccounts; ++i) {
      script.Run(Cat("update s", i, " ", round, " A", i, " 1/_/output:10/output:", i,
                     " -> 2001 cost=", 3 * i * round, " | 1 2001 granted=output:10",
                     i == 0 ? "" : Cat(" charged=", 3 * i),
                     (round == 1 ? i > 100 : i > 10) ? " overshoot" : ""));
    }
    h.engine->Tick();
    h.executor.RunAll();
    CHECK(h.engine->statistics(ShardId{0}).cached_accounts <= 8);
    if (round == 2) script.Run("restart");
  }
  for (int i = 0; i < kAccounts; i += 2) {
    script.Run(Cat("terminate s", i, " 4 A", i, " -> 2001 cost=", 9 * i));
  }
  script.Run("tick 1201");
  for (int i = 0; i < kAccounts; ++i) {
    script.Run(Cat("sessions A", i, " -> none"));
    script.Run(Cat("bucket A", i, " 1 -> granted=1000 available=", 1000 - 9 * i,
                   " held=0 spent=", 9 * i, " expired=0"));
  }
  CHECK(h.engine->statistics(ShardId{0}).account_loads > kAccounts);
}

TEST_CASE("who only reads does not fill the memory", "[engine][unit]") {
  EngineOptions options;
  options.cached_accounts_max = 10;
  Harness h(nullptr, options);
  std::vector<AccountId> accounts;
  for (int i = 0; i < 200; ++i) accounts.push_back(h.Create(1000));
  const uint64_t groups = h.engine->statistics(ShardId{0}).durable_group;
  for (const AccountId account : accounts) CHECK(h.View(account).id == account);
  CHECK(h.engine->statistics(ShardId{0}).durable_group == groups);
  h.engine->Tick();
  h.executor.RunAll();
  CHECK(h.engine->statistics(ShardId{0}).cached_accounts <= 11);
}

TEST_CASE("after a clean stop a start replays nothing", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    initial s 0 A 1/plain/output:100/_
    debit e 0 A 1/plain/_/output:1
  )");
  int drained = 0;
  h.engine->Drain([&] { ++drained; });
  h.executor.RunAll();
  CHECK(drained == 1);
  const ShardStatistics statistics = h.engine->statistics(ShardId{0});
  CHECK(statistics.checkpoint_group == statistics.durable_group);
  Kept<GetAccountCall> refused;
  refused.account = script.account("A");
  h.Run(&refused);
  CHECK(refused.done);
  CHECK(absl::IsUnavailable(refused.status));
  const uint64_t groups = statistics.durable_group;
  h.Open();
  CHECK(h.engine->statistics(ShardId{0}).durable_group == groups);
  script.Run(R"(
    debit e 0 A 1/plain/_/output:1    -> 2001 cost=3 | 1 2001 granted=output:1 charged=3
    sessions A                        -> s
  )");
}

// The shard's thread, which is so quick that it runs what is posted before Post() has returned to
// the thread that posted it.
class QuickExecutor final : public Executor {
 public:
  void Post(std::function<void()> task) override {
    tasks.Post(std::move(task));
    if (!quick || inside_) return;
    inside_ = true;
    for (int i = 0; i < 50; ++i) tasks.RunOne();
    if (after_post) after_post();
    inside_ = false;
  }
  ocs::tests::ManualExecutor tasks;
  bool quick = false;
  std::function<void()> after_post;

 private:
  bool inside_ = false;
};

TEST_CASE("an engine is drained when the writer, too, has let go of it", "[engine][unit]") {
  const auto store = balance::MakeMemStore();
  QuickExecutor worker;
  ocs::tests::ManualExecutor writer;
  ocs::tests::ManualClock clock{Instant{1'779'000'000'000}};
  auto engine =
      Engine::Open({}, {{.store = store.get(), .worker = &worker, .writer = &writer}}, &clock);
  REQUIRE(engine.ok());
  Kept<CreateAccountCall> call;
  call.change.key = "account";
  call.currency = Unit::Of("CNY");
  call.identities = {{IdentityType::kPrivate, "customer"}};
  (*engine)->Submit(&call);
  worker.tasks.RunAll();
  REQUIRE(writer.size() == 1);  // The group is on its way.
  int drained = 0;
  int posts = 0;
  int drained_too_soon = 0;
  (*engine)->Drain([&] { ++drained; });
  worker.after_post = [&] {  // The writer is still inside the shard.
    ++posts;
    drained_too_soon += drained;
  };
  for (int i = 0; i < 10 && drained == 0; ++i) {
    worker.tasks.RunAll();
    worker.quick = true;
    writer.RunAll();
    worker.quick = false;
  }
  CHECK(call.done);
  CHECK(posts > 0);
  CHECK(drained_too_soon == 0);
  CHECK(drained == 1);
  CHECK(worker.tasks.size() == 0);  // Nothing is left that would find no engine.
  CHECK(writer.size() == 0);
}

}  // namespace
}  // namespace ocs::engine::tests
