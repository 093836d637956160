#include "ocs/engine/internal/trimming.h"

#include <string>

#include "balance/journal.h"
#include "tests/engine/harness.h"

namespace ocs::engine::tests {
namespace {

constexpr int64_t kDay = 86'400;

EngineOptions KeepsThreeDays() {
  EngineOptions options;
  options.answer_retention_seconds = kDay;
  options.event_retention_seconds = 2 * kDay;
  options.journal_retention_seconds = 3 * kDay;
  return options;
}

// Runs ticks until nothing is written any more.
void Settle(Harness& h) {
  for (int i = 0; i < 5; ++i) {
    h.clock.AdvanceSeconds(11);
    h.engine->Tick();
    h.executor.RunAll();
  }
}

uint64_t FirstGroup(const balance::Store& store) {
  const auto cursor = store.Seek(balance::Table::kJournal, {});
  REQUIRE(cursor->valid());
  ByteReader in(cursor->key());
  return in.Big64();
}

TEST_CASE("the journal goes behind the retention time, and a restart knows all that stays",
          "[engine][unit]") {
  Harness h(nullptr, KeepsThreeDays());
  h.PublishFile(OCS_OPERATORS_CATALOGUE);
  const AccountId account = h.Create(20'000'000);
  h.Purchase(account, "ct-personal-light");
  Settle(h);
  CHECK(FirstGroup(*h.store) == 1);
  h.clock.AdvanceSeconds(4 * kDay);
  h.TopUp(account, 1'000'000);
  Settle(h);
  CHECK(FirstGroup(*h.store) > 3);
  h.Open();
  const AccountView view = h.View(account);
  CHECK(view.buckets.size() == 2);
  CHECK(view.buckets[0].available == 10'000'000);
  CHECK(h.engine->revisions().size() == 1);
  CHECK(h.engine->revision_text(1).ok());
  // Its history begins later, and says nothing false.
  Kept<HistoryCall> history;
  history.account = account;
  h.Run(&history);
  REQUIRE(history.status.ok());
  CHECK(history.items.size() == 1);
  h.Purchase(account, "ct-personal-light");
}

TEST_CASE("the journal waits for the slowest consumer", "[engine][unit]") {
  Harness h(nullptr, KeepsThreeDays());
  h.PublishFile(OCS_OPERATORS_CATALOGUE);
  const AccountId account = h.Create(50'000'000);
  h.Purchase(account, "ct-personal-light");
  const auto records = h.engine->ReadRecords({0}, {}, 10, 1'000'000);
  REQUIRE(records.ok());
  REQUIRE(records->size() == 1);
  Kept<AcknowledgeCall> acknowledge;
  acknowledge.consumer = "billing";
  acknowledge.position = records->front().id.position;
  h.Run(&acknowledge);
  REQUIRE(acknowledge.status.ok());
  h.Purchase(account, "ct-personal-light");
  h.clock.AdvanceSeconds(10 * kDay);
  h.TopUp(account, 1'000'000);
  Settle(h);
  // The group of the cursor stays, with all behind it.
  CHECK(FirstGroup(*h.store) == records->front().id.position.group);
  const auto next = h.engine->ReadRecords({0}, records->front().id.position, 10, 1'000'000);
  REQUIRE(next.ok());
  CHECK(next->size() == 1);
  CHECK_FALSE(h.engine->ReadRecords({0}, {}, 10, 1'000'000).ok());
}

TEST_CASE("a journal may not be shorter than the memory of answers", "[engine][unit]") {
  EngineOptions options;
  options.journal_retention_seconds = options.event_retention_seconds - 1;
  Harness h;
  h.options = options;
  h.engine.reset();
  CHECK(absl::IsInvalidArgument(h.TryOpen().status()));
}

}  // namespace
}  // namespace ocs::engine::tests
