// The door: bounds of its queue and groups, its end, and what it counts.

#include "ocs/engine/engine.h"

#include <memory>
#include <string>
#include <vector>

#include "ocs/base/limits.h"
#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

using Reads = std::vector<std::unique_ptr<Kept<GetAccountCall>>>;

TEST_CASE("more than the queue holds is refused at once, and the rest is done", "[engine][unit]") {
  Harness h;
  const AccountId account = h.Create(5);
  Reads calls;
  for (int i = 0; i < kQueueMax + 3; ++i) {
    auto call = std::make_unique<Kept<GetAccountCall>>();
    call->account = account;
    h.engine->Submit(call.get());
    const bool refused = i >= kQueueMax;
    REQUIRE(call->done == refused);
    if (refused) REQUIRE(absl::IsResourceExhausted(call->status));
    calls.push_back(std::move(call));
  }
  h.executor.RunAll();
  for (int i = 0; i < kQueueMax; ++i) {
    REQUIRE(calls[static_cast<size_t>(i)]->done);
    REQUIRE(calls[static_cast<size_t>(i)]->status.ok());
  }
  CHECK(h.engine->statistics(ShardId{0}).refused_overload == 3);
  CHECK(h.engine->statistics(ShardId{0}).queue_length == 0);
  CHECK(h.View(account).id == account);  // There is room again.
}

TEST_CASE("what comes together is written together, as much as a group holds", "[engine][unit]") {
  Harness h;
  const AccountId account = h.Create(5);
  const uint64_t before = h.engine->statistics(ShardId{0}).durable_group;
  std::vector<std::unique_ptr<Kept<TopUpCall>>> calls;
  const int count = kGroupEntriesMax * 2 + 10;
  for (int i = 0; i < count; ++i) {
    auto call = std::make_unique<Kept<TopUpCall>>();
    call->change.key = Cat("k", i);
    call->account = account;
    call->amount_micros = 1;
    call->currency = Unit::Of("CNY");
    h.engine->Submit(call.get());
    calls.push_back(std::move(call));
  }
  h.executor.RunAll();
  for (int i = 0; i < count; ++i) {
    REQUIRE(calls[static_cast<size_t>(i)]->done);
    REQUIRE(calls[static_cast<size_t>(i)]->available_micros == 6 + i);  // In the order submitted.
  }
  CHECK(h.engine->statistics(ShardId{0}).durable_group == before + 3);
  for (const GroupCopy& group : JournalOf(*h.store)) {
    auto reader = balance::GroupReader::Open(group.bytes, group.number);
    int entries = 0;
    while (reader->Next()->has_value()) ++entries;
    CHECK(entries <= kGroupEntriesMax);
  }
}

TEST_CASE("what is counted", "[engine][unit]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    debit e 0 A 1/plain/_/output:1
    debit e 0 A 1/plain/_/output:1
    debit e 1 A 1/plain/_/output:1000
    tick 1
  )");
  const ShardStatistics statistics = h.engine->statistics(ShardId{0});
  CHECK(statistics.operations == 7);
  CHECK(statistics.replayed_answers == 1);
  CHECK(statistics.records == 1);
  CHECK(statistics.entries == 7);  // An account's identity is an entry of its own.
  CHECK(statistics.groups == 6);
  CHECK_FALSE(statistics.stopped);
  CHECK(statistics.results ==
        std::vector<std::pair<uint16_t, int64_t>>{{uint16_t{2001}, 1}, {uint16_t{4012}, 1}});
  CHECK(h.engine->shard_count() == 1);
  CHECK(h.engine->health().ok());
}

TEST_CASE("there are 1 to 64 shards", "[engine][unit]") {
  Harness h;
  const ShardResources shard{.store = h.store.get(), .worker = &h.executor, .writer = &h.executor};
  CHECK(absl::IsInvalidArgument(Engine::Open({}, {}, &h.clock).status()));
  const std::vector<ShardResources> many(65, shard);
  CHECK(absl::IsInvalidArgument(Engine::Open({}, many, &h.clock).status()));
  CHECK(absl::IsInvalidArgument(h.engine->ReadRecords(ShardId{1}, Position{}, 1, 1).status()));
  CHECK(absl::IsInvalidArgument(h.engine->ConsumerPosition("files", ShardId{1}).status()));
  CHECK(absl::IsInvalidArgument(h.engine->ConsumerPosition("", ShardId{0}).status()));
  Kept<AcknowledgeCall> acknowledge;
  acknowledge.consumer = "files";
  acknowledge.shard = ShardId{1};
  h.Run(&acknowledge);
  CHECK(absl::IsInvalidArgument(acknowledge.status));
}

}  // namespace
}  // namespace ocs::engine::tests
