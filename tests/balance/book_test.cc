#include "balance/book.h"

#include <memory>
#include <string>
#include <vector>

#include "balance/changes.h"
#include "tests/balance/samples.h"
#include "tests/support/manual_executor.h"

namespace ocs::balance::tests {
namespace {

/// A book and its log, driven by hand.
class Shop final {
 public:
  explicit Shop(BookOptions with = {}) : options(with) { Open(); }

  void Open() {
    auto opened = Book::Open(options, store.get());
    INFO(opened.status());
    REQUIRE(opened.ok());
    book = *std::move(opened);
    log = std::make_unique<EmbeddedGroupLog>(store.get(), &executor, book->head());
  }

  /// Writes the open group; false when there was nothing to write.
  bool Write(Book::WriteBack write_back = Book::WriteBack::kAsNeeded) {
    book->OpenGroup(now);
    Group* group = book->Seal(write_back);
    if (group == nullptr) return false;
    log->Append(group, [](AppendOutcome outcome, const absl::Status& status) {
      REQUIRE(status.ok());
      REQUIRE(outcome == AppendOutcome::kDurable);
    });
    executor.RunAll();
    book->Durable(group);
    return true;
  }

  AccountId Create(uint16_t partition) {
    book->OpenGroup(now);
    Account* account = book->NewAccount({partition});
    entry.Begin(EntryKind::kAccountCreated, account->id);
    entry.CreateAccount(Unit::Of("CNY"), 0, now);
    book->Append(account, &entry);
    return account->id;
  }
  Account* Find(AccountId id) {
    const auto found = book->FindAccount(id);
    REQUIRE(found.ok());
    return *found;
  }
  Position TopUp(AccountId id, int64_t amount, const std::string& key) {
    book->OpenGroup(now);
    entry.Begin(EntryKind::kToppedUp, id);
    entry.SetKey({.type = EntryKey::Type::kChange, .text = key, .number = 0});
    PostTopUp(amount, &entry);
    return book->Append(Find(id), &entry);
  }
  Position Request(AccountId id, EntryKind kind, const std::string& session, uint32_t number) {
    book->OpenGroup(now);
    const auto known = book->FindRequest(*Find(id), session, number);
    REQUIRE(known.ok());
    REQUIRE(known->entry == nullptr);
    entry.Begin(kind, id);
    entry.SetKey({.type = EntryKey::Type::kRequest, .text = session, .number = number});
    entry.SetSessionPrevious(known->session_last);
    if (kind == EntryKind::kSessionOpened) entry.OpenSession(1, now, now.PlusSeconds(100));
    if (kind == EntryKind::kSessionTerminated) entry.CloseSession();
    return book->Append(Find(id), &entry);
  }

  BookOptions options;
  std::unique_ptr<Store> store = MakeMemStore();
  ocs::tests::ManualExecutor executor;
  std::unique_ptr<Book> book;
  std::unique_ptr<EmbeddedGroupLog> log;
  EntryBuilder entry;
  Instant now = kNow;
};

TEST_CASE("what is written is there after a restart; what is not, is not", "[balance][unit]") {
  Shop shop;
  const AccountId id = shop.Create(3);
  CHECK(id.partition() == PartitionId{3});
  shop.TopUp(id, 500, "a");
  REQUIRE(shop.Write());
  CHECK(shop.book->head().group == 1);
  shop.TopUp(id, 70, "b");
  CHECK(shop.Find(id)->buckets[0].available == 570);
  shop.Open();
  CHECK(shop.Find(id)->buckets[0].available == 500);
  CHECK(shop.book->statistics().replayed_groups == 1);
  CHECK(shop.book->statistics().replayed_entries == 2);
  CHECK(shop.book->FindChange(id.partition(), "a")->get() != nullptr);
  CHECK(shop.book->FindChange(id.partition(), "b")->get() == nullptr);
  CHECK(shop.book->FindChange({4}, "a")->get() == nullptr);
  // A new account's number goes on from the last that is durable.
  CHECK(shop.Create(3).value == id.value + 1);
}

TEST_CASE("an open group that is empty is not written, and its time goes on", "[balance][unit]") {
  Shop shop;
  CHECK_FALSE(shop.book->has_open_group());
  shop.book->OpenGroup(kNow);
  CHECK(shop.book->logged_at() == kNow);
  CHECK_FALSE(shop.Write());
  shop.book->OpenGroup(kNow.PlusSeconds(60));
  CHECK(shop.book->logged_at() == kNow.PlusSeconds(60));
  shop.book->OpenGroup(kNow);  // Never back.
  CHECK(shop.book->logged_at() == kNow.PlusSeconds(60));
  shop.Create(1);
  shop.book->OpenGroup(kNow.PlusSeconds(90));  // One group, one time.
  CHECK(shop.book->logged_at() == kNow.PlusSeconds(60));
  CHECK(shop.book->has_entries());
  CHECK(shop.Write());
  shop.book->OpenGroup(kNow);
  CHECK(shop.book->logged_at() == kNow.PlusSeconds(60));
  CHECK(shop.book->open_group() == 2);
}

TEST_CASE("a request of a session is found as long as it is remembered", "[balance][unit]") {
  BookOptions options;
  options.answer_retention_seconds = 1'000;
  Shop shop(options);
  const AccountId id = shop.Create(1);
  const auto find = [&](uint32_t number) {
    const auto known = shop.book->FindRequest(*shop.Find(id), "s", number);
    REQUIRE(known.ok());
    return known->entry == nullptr ? Position{} : known->entry->view.position;
  };
  const Position opened = shop.Request(id, EntryKind::kSessionOpened, "s", 0);
  CHECK(find(0) == opened);
  CHECK(find(1) == Position{});
  shop.Write();
  CHECK(find(0) == opened);
  const Position ended = shop.Request(id, EntryKind::kSessionTerminated, "s", 4);
  for (int restart = 0; restart < 2; ++restart) {
    CHECK(find(0) == opened);
    CHECK(find(4) == ended);
    CHECK(find(3) == Position{});
    CHECK(shop.book->FindRequest(*shop.Find(id), "s", 7)->session_last == ended);
    CHECK(shop.book->FindRequest(*shop.Find(id), "s", 7)->number_max == 4);
    CHECK_FALSE(shop.book->FindRequest(*shop.Find(id), "t", 0)->session_last.valid());
    shop.Write(Book::WriteBack::kAll);
    if (restart == 0) shop.Open();
  }
  shop.book->OpenGroup(kNow.PlusSeconds(999));
  CHECK(find(4) == ended);
  shop.book->OpenGroup(kNow.PlusSeconds(1'000));
  CHECK(find(4) == Position{});
}

TEST_CASE("what is written back is not replayed", "[balance][unit]") {
  Shop shop;
  std::vector<AccountId> accounts;
  for (uint16_t i = 0; i < 50; ++i) accounts.push_back(shop.Create(i));
  for (const AccountId id : accounts) shop.TopUp(id, 5, "k");
  CHECK(shop.Write(Book::WriteBack::kAll));
  CHECK(shop.book->all_written_back());
  CHECK_FALSE(shop.Write(Book::WriteBack::kAll));
  shop.Open();
  CHECK(shop.book->statistics().replayed_groups == 0);
  CHECK(shop.book->statistics().cached_accounts == 0);
  for (const AccountId id : accounts) {
    CHECK(shop.Find(id)->buckets[0].available == 5);
    CHECK(shop.book->FindChange(id.partition(), "k")->get() != nullptr);
  }
  CHECK(shop.book->statistics().account_loads == 50);
}

TEST_CASE("a restart replays no more than the lag allows", "[balance][unit]") {
  BookOptions options;
  options.checkpoint_lag_entries = 20;
  Shop shop(options);
  std::vector<AccountId> accounts;
  for (uint16_t i = 0; i < 10; ++i) {
    accounts.push_back(shop.Create(i));
    shop.Write();
  }
  for (int i = 0; i < 300; ++i) {
    const AccountId id = accounts[static_cast<size_t>(i) % accounts.size()];
    shop.Request(id, i % 20 < 10 ? EntryKind::kSessionOpened : EntryKind::kSessionTerminated,
                 Cat("s", id.value), static_cast<uint32_t>(i));
    shop.Write();
  }
  // Answers stay in memory in great number; states do not.
  CHECK(shop.book->statistics().dirty_accounts <= 10);
  CHECK(shop.book->statistics().accounts_written >= 100);
  while (shop.Write(Book::WriteBack::kMore)) {
  }
  CHECK(shop.book->statistics().answers_waiting == 0);
  for (int i = 300; i < 330; ++i) {
    shop.Request(accounts[0], EntryKind::kRefused, Cat("r", i), 0);
    shop.Write();
  }
  shop.Open();
  CHECK(shop.book->statistics().replayed_groups >= 30);
  CHECK(shop.book->statistics().replayed_groups <= 60);
}

TEST_CASE("memory holds as many accounts as it may", "[balance][unit]") {
  BookOptions options;
  options.cached_accounts_max = 5;
  Shop shop(options);
  std::vector<AccountId> accounts;
  for (uint16_t i = 0; i < 100; ++i) {
    accounts.push_back(shop.Create(i));
    shop.Write();
    CHECK(shop.book->statistics().cached_accounts <= 6);
  }
  for (const AccountId id : accounts) {
    shop.TopUp(id, 1, "k");
    shop.Write();
    CHECK(shop.book->statistics().cached_accounts <= 7);
  }
  for (const AccountId id : accounts) CHECK(shop.Find(id)->buckets[0].available == 1);
}

TEST_CASE("due work is found in memory and in the store", "[balance][unit]") {
  const bool restart = GENERATE(false, true);
  const bool written_back = GENERATE(false, true);
  CAPTURE(restart, written_back);
  Shop shop;
  const AccountId early = shop.Create(1);
  const AccountId late = shop.Create(2);
  shop.Create(3);
  shop.Request(early, EntryKind::kSessionOpened, "e", 0);
  shop.Write(written_back ? Book::WriteBack::kAll : Book::WriteBack::kAsNeeded);
  shop.now = kNow.PlusSeconds(50);
  shop.Request(late, EntryKind::kSessionOpened, "l", 0);
  shop.Write(written_back ? Book::WriteBack::kAll : Book::WriteBack::kAsNeeded);
  if (restart) shop.Open();
  CHECK(shop.book->TakeDue(kNow.PlusSeconds(99), 10)->empty());
  CHECK(*shop.book->TakeDue(kNow.PlusSeconds(100), 10) == std::vector<AccountId>{early});
  shop.book->Reschedule(shop.Find(early));  // It was looked at, but not ended.
  const auto both = shop.book->TakeDue(kNow.PlusSeconds(150), 10);
  REQUIRE(both.ok());
  CHECK(std::count(both->begin(), both->end(), late) == 1);
  CHECK(both->size() <= 2);
}

TEST_CASE("a long catch-up takes each due account once, also one that was put behind the scan",
          "[balance][unit]") {
  Shop shop;
  std::vector<AccountId> ids;
  for (uint16_t i = 1; i <= 9; ++i) {
    ids.push_back(shop.Create(i));
    shop.now = kNow.PlusSeconds(10 * i);
    shop.Request(ids.back(), EntryKind::kSessionOpened, "s", 0);
  }
  shop.Write(Book::WriteBack::kAll);
  shop.Open();  // What is due is known from the store only.
  const Instant later = kNow.PlusSeconds(10'000);
  const auto first = shop.book->TakeDue(later, 4);
  REQUIRE(first.ok());
  REQUIRE(*first == std::vector<AccountId>(ids.begin(), ids.begin() + 4));
  // The first is looked at, not ended, and stands at the front of the table again.
  shop.book->Reschedule(shop.Find(ids[0]));
  shop.TopUp(ids[0], 5, "again");
  shop.Write(Book::WriteBack::kAll);
  std::vector<AccountId> rest;
  for (int round = 0; round < 5; ++round) {
    const auto due = shop.book->TakeDue(later, 4);
    REQUIRE(due.ok());
    rest.insert(rest.end(), due->begin(), due->end());
  }
  for (size_t i = 4; i < ids.size(); ++i) CHECK(std::count(rest.begin(), rest.end(), ids[i]) == 1);
  CHECK(std::count(rest.begin(), rest.end(), ids[0]) >= 1);
  CHECK(shop.book->TakeDue(later, 4)->empty());
}

TEST_CASE("a store belongs to one shard of one number of shards", "[balance][unit]") {
  Shop shop;
  shop.Create(1);
  shop.Write();
  BookOptions other;
  other.shard = {1};
  CHECK(absl::IsFailedPrecondition(Book::Open(other, shop.store.get()).status()));
  other.shard = {0};
  other.shard_count = 2;
  CHECK(absl::IsFailedPrecondition(Book::Open(other, shop.store.get()).status()));
}

TEST_CASE("an entry is read while it waits, flies and rests", "[balance][unit]") {
  Shop shop;
  const AccountId id = shop.Create(1);
  const Position at = shop.TopUp(id, 5, "k");
  CHECK(shop.book->ReadEntry(at)->get()->view.key.text == "k");
  Group* group = shop.book->Seal(Book::WriteBack::kAsNeeded);
  REQUIRE(group != nullptr);
  CHECK(shop.book->in_flight());
  CHECK(shop.book->ReadEntry(at)->get()->view.key.text == "k");
  shop.log->Append(group, [](AppendOutcome, const absl::Status&) {});
  shop.executor.RunAll();
  shop.book->Durable(group);
  const auto stored = shop.book->ReadEntry(at);
  REQUIRE(stored.ok());
  CHECK((*stored)->view.key.text == "k");
  CHECK((*stored)->logged_at == kNow);
  CHECK(absl::IsNotFound(shop.book->ReadEntry({.group = 1, .index = 9}).status()));
  CHECK(absl::IsNotFound(shop.book->ReadEntry({.group = 9, .index = 0}).status()));
}

}  // namespace
}  // namespace ocs::balance::tests
