#include "ocs/engine/internal/trimming.h"

#include <string>

#include "balance/journal.h"
#include "tests/engine/harness.h"

namespace ocs::engine::tests {
namespace {

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

// Acknowledges for a consumer.
void Acknowledge(Harness& h, const std::string& consumer, Position position) {
  Kept<AcknowledgeCall> acknowledge;
  acknowledge.consumer = consumer;
  acknowledge.position = position;
  h.Run(&acknowledge);
  REQUIRE(acknowledge.status.ok());
}

TEST_CASE("a consumer that stands still for too long is cut off, one that has all is not",
          "[engine][unit]") {
  EngineOptions options = KeepsThreeDays();
  options.consumer_hold_seconds_max = 20 * kDay;
  Harness h(nullptr, options);
  h.PublishFile(OCS_OPERATORS_CATALOGUE);
  const AccountId account = h.Create(50'000'000);
  h.Purchase(account, "ct-personal-light");
  h.Purchase(account, "ct-personal-light");
  const auto records = h.engine->ReadRecords({0}, {}, 10, 1'000'000);
  REQUIRE(records.ok());
  REQUIRE(records->size() == 2);
  Acknowledge(h, "slow", records->front().id.position);
  Acknowledge(h, "idle", records->back().id.position);
  h.clock.AdvanceSeconds(10 * kDay);
  h.TopUp(account, 1'000'000);
  Settle(h);
  // Held back by the slow one, and its lag is told.
  CHECK(FirstGroup(*h.store) == records->front().id.position.group);
  auto consumers = h.engine->consumers();
  REQUIRE(consumers.size() == 2);
  CHECK(consumers[0].name == "idle");
  CHECK(consumers[0].oldest_waiting == Instant::Never());
  CHECK(consumers[1].oldest_waiting < h.clock.Now().PlusSeconds(-9 * kDay));
  CHECK(consumers[1].groups_behind > consumers[0].groups_behind);
  CHECK_FALSE(consumers[1].cut_off);
  h.clock.AdvanceSeconds(15 * kDay);
  h.TopUp(account, 1'000'000);
  Settle(h);
  CHECK(FirstGroup(*h.store) > records->back().id.position.group);
  consumers = h.engine->consumers();
  CHECK_FALSE(consumers[0].cut_off);
  CHECK(consumers[1].cut_off);
  CHECK(consumers[1].position == records->front().id.position);
  // The one that had all goes on as if nothing had been; the other is refused.
  h.Purchase(account, "ct-personal-light");
  const auto position = h.engine->ConsumerPosition("idle", {0});
  REQUIRE(position.ok());
  const auto next = h.engine->ReadRecords({0}, *position, 10, 1'000'000);
  REQUIRE(next.ok());
  CHECK(next->size() == 1);
  CHECK(absl::IsOutOfRange(
      h.engine->ReadRecords({0}, consumers[1].position, 10, 1'000'000).status()));
  // What it took from elsewhere it acknowledges, and is back.
  Acknowledge(h, "slow", next->front().id.position);
  CHECK_FALSE(h.engine->consumers()[1].cut_off);
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
