// Stores that were changed behind the server's back: opened never, and told where and what.

#include <string>

#include "balance/book.h"
#include "ocs/base/bytes.h"
#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

using balance::GroupKey;
using balance::StoreBatch;
using balance::Table;

std::shared_ptr<balance::Store> MakeStore() {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run(R"(
    account A money=1000
    buy A pay
    debit e 0 A 1/plain/_/output:1
    debit e 1 A 1/plain/_/output:2
  )");
  return h.store;
}

absl::Status OpenStatus(const std::shared_ptr<balance::Store>& store) {
  Harness h(ocs::tests::ManualClock(Instant{1'779'000'000'000}), store, {});
  return h.opened;
}

void Write(balance::Store& store, Table table, std::string_view key, std::string_view value) {
  StoreBatch batch;
  batch.Put(table, key, value);
  REQUIRE(store.Write(batch).ok());
}

std::string Row(const balance::Store& store, Table table, std::string_view key) {
  const auto row = store.Get(table, key);
  REQUIRE(row.ok());
  REQUIRE(row->has_value());
  return **row;
}

TEST_CASE("a flipped bit anywhere in the journal is found", "[engine][crash]") {
  const auto whole = MakeStore();
  const uint64_t last = JournalOf(*whole).size();
  REQUIRE(OpenStatus(CopyOf(*whole)).ok());
  for (uint64_t number = 1; number <= last; ++number) {
    const std::string bytes = Row(*whole, Table::kJournal, GroupKey(number));
    // The catalogue's text makes the first group long: there a part of the places is enough.
    const size_t step = bytes.size() > 500 ? 41 : 1;
    for (size_t at = 0; at < bytes.size(); at += step) {
      const auto store = CopyOf(*whole);
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
      Write(*store, Table::kJournal, GroupKey(number), damaged);
      const absl::Status status = OpenStatus(store);
      INFO("group " << number << " byte " << at << ": " << status);
      REQUIRE(absl::IsDataLoss(status));
    }
  }
}

TEST_CASE("a journal that was cut, lengthened or exchanged is refused, naming the group",
          "[engine][crash]") {
  const auto store = MakeStore();
  const uint64_t last = JournalOf(*store).size();
  const auto message = [&] { return std::string(OpenStatus(store).message()); };
  const std::string head_row = Row(*store, Table::kMeta, balance::meta_key::kHead);
  const std::string last_row = Row(*store, Table::kJournal, GroupKey(last));
  StoreBatch batch;
  SECTION("the last group is gone") {
    batch.Delete(Table::kJournal, GroupKey(last));
    REQUIRE(store->Write(batch).ok());
    CHECK(absl::IsDataLoss(OpenStatus(store)));
    CHECK(message().find(Cat("group ", last)) != std::string::npos);
  }
  SECTION("a group in the middle is gone") {
    batch.Delete(Table::kJournal, GroupKey(3));
    REQUIRE(store->Write(batch).ok());
    CHECK(absl::IsDataLoss(OpenStatus(store)));
    CHECK(message().find("group 3") != std::string::npos);
  }
  SECTION("there is a group behind the last") {
    Write(*store, Table::kJournal, GroupKey(last + 1), last_row);
    CHECK(absl::IsDataLoss(OpenStatus(store)));
  }
  SECTION("the head is gone") {
    batch.Delete(Table::kMeta, balance::meta_key::kHead);
    REQUIRE(store->Write(batch).ok());
    CHECK(absl::IsDataLoss(OpenStatus(store)));
  }
  SECTION("the head is of before") {
    auto head = balance::DecodeHead(head_row);
    REQUIRE(head.ok());
    --head->group;
    std::string older;
    balance::EncodeHead(*head, &older);
    Write(*store, Table::kMeta, balance::meta_key::kHead, older);
    CHECK(absl::IsDataLoss(OpenStatus(store)));
  }
  SECTION("the head names another hash") {
    auto head = balance::DecodeHead(head_row);
    REQUIRE(head.ok());
    head->hash[7] = static_cast<char>(head->hash[7] ^ 1);
    std::string other;
    balance::EncodeHead(*head, &other);
    Write(*store, Table::kMeta, balance::meta_key::kHead, other);
    CHECK(absl::IsDataLoss(OpenStatus(store)));
    CHECK(message().find(Cat("group ", last)) != std::string::npos);
  }
  SECTION("the head is cut") {
    Write(*store, Table::kMeta, balance::meta_key::kHead, head_row.substr(1));
    CHECK(absl::IsDataLoss(OpenStatus(store)));
  }
  SECTION("the checkpoint is beyond the end") {
    std::string row;
    ByteWriter(&row).Varint(last + 1);
    Write(*store, Table::kMeta, balance::meta_key::kCheckpoint, row);
    CHECK(absl::IsDataLoss(OpenStatus(store)));
  }
}

TEST_CASE("a store of a newer format or another number of shards is refused", "[engine][crash]") {
  const auto store = MakeStore();
  const auto with_format = [&](uint64_t version, uint64_t shard, uint64_t shards) {
    std::string row;
    ByteWriter out(&row);
    out.Varint(version);
    out.Varint(shard);
    out.Varint(shards);
    Write(*store, Table::kMeta, balance::meta_key::kFormat, row);
    return OpenStatus(store);
  };
  const uint64_t now = balance::kFormatVersion;
  CHECK(with_format(now, 0, 1).ok());
  CHECK(absl::IsFailedPrecondition(with_format(now + 1, 0, 1)));
  CHECK(with_format(now + 1, 0, 1).message().find("newer release") != std::string::npos);
  CHECK(absl::IsFailedPrecondition(with_format(now, 1, 2)));
  CHECK(absl::IsFailedPrecondition(with_format(now, 0, 2)));
  Write(*store, Table::kMeta, balance::meta_key::kFormat, "");
  CHECK(absl::IsDataLoss(OpenStatus(store)));
}

TEST_CASE("damage in what is derived is found when it is read", "[engine][crash]") {
  EngineOptions options;
  options.checkpoint_lag_entries = 0;
  Harness first(nullptr, options);
  first.Publish(kSmallCatalogue);
  Script script(first);
  script.Run("account A money=1000\nbuy A pay\ndebit e 0 A 1/plain/_/output:1");
  bool drained = false;
  first.engine->Drain([&] { drained = true; });
  first.executor.RunAll();
  REQUIRE(drained);
  const AccountId account = script.account("A");
  const std::string key = balance::AccountKey(account);
  const std::string row = Row(*first.store, Table::kAccounts, key);
  for (const std::string& damaged :
       {row.substr(0, row.size() - 1), row + "x", std::string(1, '\x80')}) {
    Write(*first.store, Table::kAccounts, key, damaged);
    Harness h(first.store);
    Kept<GetAccountCall> call;
    call.account = account;
    h.Run(&call);
    CHECK(call.done);
    CHECK(absl::IsUnavailable(call.status));
    CHECK(absl::IsUnavailable(h.engine->health()));
  }
}

}  // namespace
}  // namespace ocs::engine::tests
