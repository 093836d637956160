#include "balance/internal/answer_index.h"

#include <map>
#include <string>

#include "balance/mem_store.h"
#include "ocs/base/random.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs::balance::internal {
namespace {

constexpr PartitionId kPartition{7};

AnswerKey Key(const std::string& text) {
  return MakeAnswerKey(AnswerFamily::kSession, kPartition, text);
}

TEST_CASE("keys differ by family, partition and text", "[balance][unit]") {
  CHECK(Key("a") == Key("a"));
  CHECK(Key("a") != Key("b"));
  CHECK(Key("a") != MakeAnswerKey(AnswerFamily::kChange, kPartition, "a"));
  CHECK(Key("a") != MakeAnswerKey(AnswerFamily::kSession, {8}, "a"));
}

TEST_CASE("an answer is forgotten at its end, in memory and in the store", "[balance][unit]") {
  const auto store = MakeMemStore();
  AnswerIndex index(store.get());
  index.Add(Key("a"), {.group = 3, .index = 1}, 1'000);
  for (int round = 0; round < 2; ++round) {
    CHECK(**index.Find(Key("a"), Instant{999'999}) == Position{.group = 3, .index = 1});
    CHECK_FALSE(index.Find(Key("a"), Instant{1'000'000})->has_value());
    CHECK_FALSE(index.Find(Key("b"), Instant{0})->has_value());
    StoreBatch batch;
    index.WriteSlice(0, &batch);
    REQUIRE(store->Write(batch).ok());
    index.Written();
    CHECK(index.waiting() == 0);
  }
}

TEST_CASE("a damaged row is refused", "[balance][unit]") {
  const auto store = MakeMemStore();
  AnswerIndex index(store.get());
  index.Add(Key("a"), {.group = 3, .index = 1}, 1'000);
  StoreBatch batch;
  index.WriteSlice(0, &batch);
  REQUIRE(batch.size() == 1);
  StoreBatch damaged;
  damaged.Put(Table::kAnswers, batch.change(0).key, batch.change(0).value.substr(1));
  REQUIRE(store->Write(damaged).ok());
  index.Written();
  CHECK(absl::IsDataLoss(index.Find(Key("a"), Instant{0}).status()));
}

TEST_CASE("what is stored and what waits together are all that was added", "[balance][property]") {
  OCS_SEEDED_RANDOM(random, 3);
  const auto store = MakeMemStore();
  AnswerIndex index(store.get());
  std::map<std::string, Position> model;
  uint64_t group = 1;
  for (int step = 0; step < 20'000; ++step) {
    if (random.OneIn(50)) {
      StoreBatch batch;
      index.WriteSlice(static_cast<size_t>(random.Below(40)), &batch);
      // What waits for the store's answer counts as stored, for who asks writes with it.
      const uint64_t through = index.stored_through();
      REQUIRE(store->Write(batch).ok());
      index.Written();
      REQUIRE(index.stored_through() == through);
      // A second index over the store knows everything up to there.
      const AnswerIndex reopened(store.get());
      for (const auto& [text, position] : model) {
        if (position.group > through) continue;
        const auto found = reopened.Find(Key(text), Instant{0});
        REQUIRE(found.ok());
        REQUIRE(found->has_value());
        REQUIRE(**found == position);
      }
      ++group;
      continue;
    }
    const std::string text = std::to_string(random.Below(300));
    const Position position{.group = group, .index = static_cast<uint32_t>(step)};
    index.Add(Key(text), position, 1'000);
    model[text] = position;
    const std::string asked = std::to_string(random.Below(300));
    const auto found = index.Find(Key(asked), Instant{0});
    REQUIRE(found.ok());
    const auto expected = model.find(asked);
    REQUIRE(found->has_value() == (expected != model.end()));
    if (found->has_value()) REQUIRE(**found == expected->second);
  }
}

}  // namespace
}  // namespace ocs::balance::internal
