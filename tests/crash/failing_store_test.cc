// A scripted day, and every write and every read of it failing once: nothing that was acknowledged
// is lost, nothing else is half there, and whoever repeats gets the recorded answers.

#include <string>
#include <vector>

#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/script.h"
#include "tests/support/faulty_store.h"

namespace ocs::engine::tests {
namespace {

using ocs::testing::FaultyStore;
using ocs::testing::WriteFault;

constexpr char kDay[] = R"(
  account A money=20000000
  account B limit=500
  buy A pack-on key=1
  buy B pay key=2
  initial s 0 A 1/plain/output:400/_ 2/odd/output:100/_
  initial t 0 B 1/plain/any/_
  update s 1 A 1/_/output:900/output:450
  update t 1 B 1/_/output:10/output:170
  debit e 0 A 1/odd/_/output:333
  refund r 0 A of=e.0
  refund r 1 A of=e.0
  initial t 2 B 1/plain/output:1/_
  top_up B 1000 key=3
  update t 3 B 1/_/output:10/output:1
  tick 700
  update s 2 A 1/_/output:1/output:600 2/_/_/output:90
  terminate s 3 A 1/_/_/output:1
  tick 600
  terminate t 4 B 1/_/_/output:5
  initial u 0 A 1/odd/output:10/_
  tick 2592000
  buy A pack key=4
  debit e 1 A 1/plain/_/output:10
)";

/// What a run of the day has seen.
struct Seen {
  std::vector<std::string> outcomes;  ///< Of each row, with the answer's bytes.
};

/// The day on a store. Time is that of the row, so that a repeat of the day has the same times.
class Day final {
 public:
  Day(std::shared_ptr<balance::Store> store, const EngineOptions& options)
      : rows_(ocs::testing::ParseTable(kDay)), store_(std::move(store)), options_(options) {}

  /// Runs all rows as far as the engine answers. False when it did not open.
  bool Run(Seen* seen) {
    Harness h(ocs::tests::ManualClock(kStart), store_, options_);
    if (h.engine == nullptr) return false;
    Script script(h);
    int64_t ticks = 0;
    bool stopped = !Publish(h);
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i].verb() == "tick") ticks += rows_[i].Number(0);
      h.clock.Set(kStart.PlusSeconds(static_cast<int64_t>(i) + 1 + ticks));
      INFO(rows_[i].Describe());
      seen->outcomes.push_back(RunRow(h, script, rows_[i]));
      const bool refused = seen->outcomes.back().rfind("UNAVAILABLE", 0) == 0;
      // After a failure nothing is answered any more (law 9).
      if (stopped && rows_[i].verb() != "tick") REQUIRE(refused);
      stopped = stopped || !h.engine->health().ok();
      if (refused) REQUIRE(stopped);
    }
    return true;
  }

  const std::vector<ocs::testing::Row>& rows() const { return rows_; }

 private:
  static constexpr Instant kStart{1'779'000'000'000};

  static bool Publish(Harness& h) {
    Kept<PublishCatalogueCall> call;
    call.change.key = "catalogue";
    call.text = kSmallCatalogue;
    call.effective_from = Instant{0};
    h.Run(&call);
    REQUIRE(call.done);
    if (call.status.ok()) CHECK(call.revision == 1);
    return call.status.ok();
  }
  static std::string RunRow(Harness& h, Script& script, const ocs::testing::Row& row) {
    if (row.verb() == "tick") {
      h.engine->Tick();
      h.executor.RunAll();
      return "";
    }
    // Without its accounts' names a script cannot speak: their creation failed.
    const bool named =
        row.verb() == "account" ||
        script.Knows(row.verb() == "buy" || row.verb() == "top_up" ? row.Word(0) : row.Word(2));
    if (!named) return "UNAVAILABLE";
    const bool charges = row.verb() != "account" && row.verb() != "buy" && row.verb() != "top_up";
    std::string outcome = script.RunRow(row);
    if (outcome.rfind("UNAVAILABLE", 0) == 0) return outcome;
    return charges ? outcome + script.last_bytes() : outcome;
  }

  std::vector<ocs::testing::Row> rows_;
  std::shared_ptr<balance::Store> store_;
  EngineOptions options_;
};

EngineOptions WithLag(int64_t lag) {
  EngineOptions options;
  options.checkpoint_lag_entries = lag;
  options.cached_accounts_max = lag == 0 ? 1 : 100;
  // The day has a month in it, and is repeated after its end.
  options.answer_retention_seconds = 100 * 86'400;
  options.event_retention_seconds = 100 * 86'400;
  return options;
}

std::vector<std::string> Journal(const balance::Store& store) {
  std::vector<std::string> groups;
  for (GroupCopy& group : JournalOf(store)) groups.push_back(std::move(group.bytes));
  return groups;
}

/// After the failure: opens on what is there, repeats the whole day, and compares with a day
/// without failures, byte for byte.
void RepeatAndCompare(const std::shared_ptr<balance::Store>& inner, const EngineOptions& options,
                      const Seen& broken, const Seen& expected,
                      const std::vector<std::string>& expected_journal) {
  for (size_t i = 0; i < broken.outcomes.size(); ++i) {
    const bool answered = broken.outcomes[i].rfind("UNAVAILABLE", 0) != 0;
    if (answered && !broken.outcomes[i].empty())
      REQUIRE(broken.outcomes[i] == expected.outcomes[i]);
  }
  // What was acknowledged is there, before anything is repeated.
  const std::vector<std::string> there = Journal(*inner);
  REQUIRE(there.size() <= expected_journal.size());
  REQUIRE(std::equal(there.begin(), there.end(), expected_journal.begin()));
  TotalsOf(*inner);
  Seen again;
  REQUIRE(Day(inner, options).Run(&again));
  REQUIRE(again.outcomes == expected.outcomes);
  REQUIRE(Journal(*inner) == expected_journal);
  const Totals totals = TotalsOf(*inner);
  REQUIRE(totals.records == 12);
}

TEST_CASE("each write of a day fails once", "[engine][crash]") {
  const EngineOptions options = WithLag(GENERATE(0, 3, 4'000'000));
  std::shared_ptr<balance::Store> whole = balance::MakeMemStore();
  auto counted = std::make_shared<FaultyStore>(whole);
  Seen expected;
  REQUIRE(Day(counted, options).Run(&expected));
  const std::vector<std::string> journal = Journal(*whole);
  REQUIRE(counted->write_count() > 20);
  for (int64_t n = 1; n <= counted->write_count(); ++n) {
    for (const WriteFault fault : {WriteFault::kRefused, WriteFault::kUncertain}) {
      CAPTURE(n, static_cast<int>(fault), options.checkpoint_lag_entries);
      std::shared_ptr<balance::Store> inner = balance::MakeMemStore();
      auto faulty = std::make_shared<FaultyStore>(inner);
      faulty->FailWrite(n, fault, absl::UnavailableError("the disk is gone"));
      Seen broken;
      REQUIRE(Day(faulty, options).Run(&broken));
      REQUIRE(faulty->writes_after_failure() == 0);
      RepeatAndCompare(inner, options, broken, expected, journal);
    }
  }
}

TEST_CASE("each read of a day fails once", "[engine][crash]") {
  const EngineOptions options = WithLag(GENERATE(0, 3, 4'000'000));
  std::shared_ptr<balance::Store> whole = balance::MakeMemStore();
  auto counted = std::make_shared<FaultyStore>(whole);
  Seen expected;
  REQUIRE(Day(counted, options).Run(&expected));
  const std::vector<std::string> journal = Journal(*whole);
  REQUIRE(counted->read_count() > 20);
  for (int64_t n = 1; n <= counted->read_count(); ++n) {
    CAPTURE(n, options.checkpoint_lag_entries);
    std::shared_ptr<balance::Store> inner = balance::MakeMemStore();
    auto faulty = std::make_shared<FaultyStore>(inner);
    faulty->FailRead(n, GENERATE(as<absl::Status>(), absl::UnavailableError("not now"),
                                 absl::DataLossError("checksum")));
    Seen broken;
    Day(faulty, options).Run(&broken);  // It may not even open.
    RepeatAndCompare(inner, options, broken, expected, journal);
  }
}

TEST_CASE("who decided when a read failed is answered at once, and what flies is finished",
          "[engine][crash]") {
  std::shared_ptr<balance::Store> inner = balance::MakeMemStore();
  auto faulty = std::make_shared<FaultyStore>(inner);
  Harness h(faulty);
  h.Publish(kSmallCatalogue);
  const AccountId account = h.Create(1000);
  std::vector<absl::Status> told;
  h.engine->OnStopped([&](const absl::Status& why) { told.push_back(why); });
  Kept<TopUpCall> before;
  before.change.key = "before";
  before.account = account;
  before.amount_micros = 1;
  before.currency = Unit::Of("CNY");
  Kept<TopUpCall> failing;
  failing.change.key = "failing";
  failing.account = AccountId::Of({5}, 5);  // Not in memory: it must be read.
  failing.amount_micros = 1;
  failing.currency = Unit::Of("CNY");
  Kept<GetAccountCall> after;
  after.account = account;
  faulty->FailRead(2, absl::UnavailableError("not now"));  // The first looks for the key.
  h.engine->Submit(&before);
  h.engine->Submit(&failing);
  h.engine->Submit(&after);
  h.executor.RunAll();
  for (const Operation* call : {static_cast<Operation*>(&before), static_cast<Operation*>(&failing),
                                static_cast<Operation*>(&after)}) {
    CHECK(absl::IsUnavailable(call->status));
  }
  CHECK(before.done);
  CHECK(failing.done);
  CHECK(after.done);
  CHECK(told.size() == 1);
  CHECK(h.engine->statistics(ShardId{0}).stopped);
  bool drained = false;
  h.engine->Drain([&] { drained = true; });
  h.executor.RunAll();
  CHECK(drained);
  Harness again(inner);
  CHECK(again.View(account).buckets[0].available == 1000);
}

}  // namespace
}  // namespace ocs::engine::tests
