#include "balance/journal.h"

#include <string>

#include "tests/balance/samples.h"
#include "tests/support/manual_executor.h"

namespace ocs::balance::tests {
namespace {

/// Adds an entry of that kind to a group.
void Add(Group& group, EntryKind kind) {
  EntryBuilder entry;
  entry.Begin(kind, AccountId{});
  group.offsets.push_back(static_cast<uint32_t>(group.bytes.size()));
  entry.AppendTo(&group.bytes, group.head.group, {});
}

struct Log {
  std::unique_ptr<Store> store = MakeMemStore();
  ocs::tests::ManualExecutor executor;
  EmbeddedGroupLog log{store.get(), &executor, Head{}};
  AppendOutcome outcome = AppendOutcome::kUnknown;

  void Append(Group& group) {
    log.Append(&group, [this](AppendOutcome result, const absl::Status& status) {
      CHECK(status.ok());
      outcome = result;
    });
    executor.RunAll();
  }
};

TEST_CASE("groups are chained by their hashes, and the head names the last", "[balance][unit]") {
  Log l;
  ChainHash previous = {};
  for (uint64_t number = 1; number <= 3; ++number) {
    Group group;
    group.head.record_sequence = 10 * number;
    group.Begin(ShardId{0}, number, kNow.PlusSeconds(static_cast<int64_t>(number)));
    Add(group, EntryKind::kToppedUp);
    Add(group, EntryKind::kRefused);
    l.Append(group);
    CHECK(l.outcome == AppendOutcome::kDurable);
    const auto bytes = ReadGroup(*l.store, number);
    REQUIRE(bytes.ok());
    auto reader = GroupReader::Open(*bytes, number);
    REQUIRE(reader.ok());
    CHECK(reader->number() == number);
    CHECK(reader->shard() == ShardId{0});
    CHECK(reader->logged_at() == kNow.PlusSeconds(static_cast<int64_t>(number)));
    CHECK(reader->previous_hash() == previous);
    previous = Sha256(*bytes);
    const auto head = ReadHead(*l.store);
    REQUIRE(head.ok());
    CHECK(head->group == number);
    CHECK(head->hash == previous);
    CHECK(head->record_sequence == 10 * number);
    const auto first = reader->Next();
    REQUIRE(first.ok());
    CHECK((*first)->kind == EntryKind::kToppedUp);
    CHECK((*first)->position == Position{.group = number, .index = 0});
    const auto second = reader->Next();
    REQUIRE(second.ok());
    CHECK((*second)->kind == EntryKind::kRefused);
    const auto end = reader->Next();
    REQUIRE(end.ok());
    CHECK_FALSE(end->has_value());
  }
}

TEST_CASE("an entry of a group is found by its index", "[balance][unit]") {
  Group group;
  group.Begin(ShardId{0}, 4, kNow);
  CHECK(group.empty());
  Add(group, EntryKind::kToppedUp);
  Add(group, EntryKind::kRefused);
  CHECK_FALSE(group.empty());
  CHECK(group.entry_count() == 2);
  for (uint32_t i = 0; i < 2; ++i) {
    auto reader = GroupReader::Open(group.bytes, 4);
    REQUIRE(reader.ok());
    const auto body = reader->FindBody(i);
    REQUIRE(body.ok());
    CHECK(*body == group.entry(i));
  }
  auto reader = GroupReader::Open(group.bytes, 4);
  CHECK(absl::IsNotFound(reader->FindBody(2).status()));
}

TEST_CASE("a group that is cut or of another number is refused", "[balance][unit]") {
  Group group;
  group.Begin(ShardId{0}, 4, kNow);
  Add(group, EntryKind::kToppedUp);
  CHECK(absl::IsDataLoss(GroupReader::Open(group.bytes, 5).status()));
  const size_t header = group.offsets[0];
  for (size_t length = 0; length < group.bytes.size(); ++length) {
    INFO(length);
    auto reader = GroupReader::Open(std::string_view(group.bytes).substr(0, length), 4);
    REQUIRE(reader.ok() == (length >= header));
    if (!reader.ok()) continue;
    const auto entry = reader->Next();
    if (length == header) {
      CHECK_FALSE(entry->has_value());
    } else {
      CHECK(absl::IsDataLoss(entry.status()));
    }
  }
}

TEST_CASE("a head is read as it was written, or not at all", "[balance][unit]") {
  Head head{.group = 5,
            .hash = Sha256("x"),
            .logged_at = kNow,
            .record_sequence = 1ULL << 40,
            .account_sequence = 9};
  std::string bytes;
  EncodeHead(head, &bytes);
  const auto decoded = DecodeHead(bytes);
  REQUIRE(decoded.ok());
  CHECK(*decoded == head);
  for (size_t length = 0; length < bytes.size(); ++length)
    CHECK(absl::IsDataLoss(DecodeHead(bytes.substr(0, length)).status()));
  bytes[0] = 9;
  CHECK(absl::IsDataLoss(DecodeHead(bytes).status()));
  CHECK(ReadHead(*MakeMemStore())->group == 0);
  CHECK(absl::IsNotFound(ReadGroup(*MakeMemStore(), 1).status()));
}

TEST_CASE("the hash is SHA-256", "[balance][unit]") {
  CHECK(ToHex(Sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(ToHex(Sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("keys of groups sort as their numbers", "[balance][unit]") {
  CHECK(GroupKey(1) < GroupKey(2));
  CHECK(GroupKey(255) < GroupKey(256));
  CHECK(GroupKey(65'535) < GroupKey(1ULL << 40));
}

}  // namespace
}  // namespace ocs::balance::tests
