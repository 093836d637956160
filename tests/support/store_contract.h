// What every Store promises, checked on one: the same for the store in memory and the one on disk.
// Tested in: tests/balance/mem_store_test.cc

#ifndef TESTS_SUPPORT_STORE_CONTRACT_H_
#define TESTS_SUPPORT_STORE_CONTRACT_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "balance/store.h"
#include "ocs/base/bytes.h"
#include "ocs/base/random.h"
#include "tests/support/catch.h"

namespace ocs::testing {

using balance::Store;
using balance::StoreBatch;
using balance::StoreCursor;
using balance::Table;
using Rows = std::vector<std::pair<std::string, std::string>>;

inline constexpr Table kAllTables[balance::kTableCount] = {
    Table::kMeta,    Table::kJournal,    Table::kAccounts, Table::kDue,
    Table::kAnswers, Table::kIdentities, Table::kVouchers};

/// The rest of a cursor. Fails the test when it ends with an error.
inline Rows Drain(StoreCursor& cursor) {
  Rows rows;
  for (; cursor.valid(); cursor.Next()) rows.emplace_back(cursor.key(), cursor.value());
  REQUIRE(cursor.status() == absl::OkStatus());
  return rows;
}

inline Rows AllRows(const Store& store, Table table) { return Drain(*store.Seek(table, "")); }

inline void MustPut(Store& store, Table table, std::string_view key, std::string_view value) {
  StoreBatch batch;
  batch.Put(table, key, value);
  REQUIRE(store.Write(batch) == absl::OkStatus());
}

/// The value, or "<none>". Fails the test on an error, or when Get and GetInto differ.
inline std::string MustGet(const Store& store, Table table, std::string_view key) {
  const auto found = store.Get(table, key);
  REQUIRE(found.status() == absl::OkStatus());
  std::string into = "left from before";
  const auto is_there = store.GetInto(table, key, &into);
  REQUIRE(is_there.status() == absl::OkStatus());
  REQUIRE(*is_there == found->has_value());
  if (!*is_there) return "<none>";
  REQUIRE(into == **found);
  return into;
}

inline std::optional<std::string> MustLastKey(const Store& store, Table table) {
  auto last = store.LastKey(table);
  REQUIRE(last.status() == absl::OkStatus());
  return *last;
}

/// REQUIRES: the store is empty.
inline void CheckPutGetDelete(Store& store) {
  for (const Table table : kAllTables) {
    CHECK(MustGet(store, table, "k") == "<none>");
    CHECK(AllRows(store, table).empty());
    CHECK(MustLastKey(store, table) == std::nullopt);
  }
  for (const Table table : kAllTables) {
    MustPut(store, table, "k", "of table " + std::to_string(static_cast<int>(table)));
  }
  for (const Table table : kAllTables) {
    CHECK(MustGet(store, table, "k") == "of table " + std::to_string(static_cast<int>(table)));
    CHECK(AllRows(store, table).size() == 1);
  }
  MustPut(store, Table::kAccounts, "k", "second");
  CHECK(MustGet(store, Table::kAccounts, "k") == "second");

  StoreBatch batch;
  batch.Delete(Table::kAccounts, "k");
  batch.Delete(Table::kAccounts, "was never there");
  REQUIRE(store.Write(batch) == absl::OkStatus());
  CHECK(MustGet(store, Table::kAccounts, "k") == "<none>");
  CHECK(MustGet(store, Table::kMeta, "k") == "of table 0");
  CHECK(store.Write(StoreBatch()) == absl::OkStatus());
}

/// REQUIRES: the store is empty.
inline void CheckOrderWithinABatch(Store& store) {
  MustPut(store, Table::kAnswers, "b", "old");
  for (const Table table : kAllTables) {
    StoreBatch batch;
    batch.Put(table, "c", "first");
    batch.Put(table, "b", "1");
    batch.Put(table, "a", "1");
    batch.Put(table, "b", "2");
    batch.Delete(table, "a");
    batch.Put(table, "d", "gone");
    batch.DeleteRange(table, "c", "e");
    batch.Put(table, "d", "back");
    REQUIRE(store.Write(batch) == absl::OkStatus());
    CHECK(AllRows(store, table) == Rows{{"b", "2"}, {"d", "back"}});
    batch.Clear();
    batch.Put(table, "z", "1");
    batch.Put(table, "e", "1");
    batch.Delete(table, "z");
    batch.Put(table, "z", "2");
    batch.Put(table, "b", "3");
    batch.Delete(table, "d");
    batch.Put(table, "b", "4");
    REQUIRE(store.Write(batch) == absl::OkStatus());
    CHECK(AllRows(store, table) == Rows{{"b", "4"}, {"e", "1"}, {"z", "2"}});
  }
}

/// REQUIRES: the store is empty.
inline void CheckRanges(Store& store) {
  for (const char* key : {"a", "b", "ba", "c", "d"}) MustPut(store, Table::kJournal, key, key);
  StoreBatch batch;
  batch.DeleteRange(Table::kJournal, "b", "c");
  batch.DeleteRange(Table::kJournal, "d", "d");  // Empty.
  batch.DeleteRange(Table::kJournal, "d", "a");  // Backwards: nothing lies in it.
  REQUIRE(store.Write(batch) == absl::OkStatus());
  CHECK(AllRows(store, Table::kJournal) == Rows{{"a", "a"}, {"c", "c"}, {"d", "d"}});
  CHECK(MustGet(store, Table::kJournal, "ba") == "<none>");
  CHECK(MustLastKey(store, Table::kJournal) == "d");
  batch.Clear();
  batch.DeleteRange(Table::kJournal, "d", std::string("d\0", 2));
  REQUIRE(store.Write(batch) == absl::OkStatus());
  CHECK(MustLastKey(store, Table::kJournal) == "c");
  batch.Clear();
  batch.DeleteRange(Table::kJournal, "", "\xff");
  REQUIRE(store.Write(batch) == absl::OkStatus());
  CHECK(MustLastKey(store, Table::kJournal) == std::nullopt);
}

/// REQUIRES: the store is empty.
inline void CheckOddKeysAndValues(Store& store) {
  const std::string zero_key("\0", 1);
  const std::string high_key("\xff\xff", 2);
  std::string large(3 * 1024 * 1024, 'x');
  large[1'000'000] = '\0';
  MustPut(store, Table::kMeta, "", "value of the empty key");
  MustPut(store, Table::kMeta, zero_key, "");
  MustPut(store, Table::kMeta, high_key, large);
  CHECK(MustGet(store, Table::kMeta, "") == "value of the empty key");
  CHECK(MustGet(store, Table::kMeta, zero_key).empty());
  CHECK((MustGet(store, Table::kMeta, high_key) == large));
  const Rows rows = AllRows(store, Table::kMeta);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].first.empty());
  CHECK(rows[1].first == zero_key);
  CHECK(rows[2].first == high_key);
  CHECK(MustLastKey(store, Table::kMeta) == high_key);
}

/// REQUIRES: the store is empty.
inline void CheckCursors(Store& store) {
  for (const char* key : {"b", "d", "f"}) MustPut(store, Table::kDue, key, key);
  CHECK(store.Seek(Table::kDue, "c")->key() == "d");
  CHECK(store.Seek(Table::kDue, "d")->value() == "d");
  const auto behind = store.Seek(Table::kDue, "g");
  CHECK_FALSE(behind->valid());
  CHECK(behind->status() == absl::OkStatus());

  const auto before = store.Seek(Table::kDue, "");
  const auto second = store.Seek(Table::kDue, "d");
  StoreBatch batch;
  batch.Delete(Table::kDue, "b");
  batch.Put(Table::kDue, "d", "new");
  batch.Put(Table::kDue, "e", "e");
  REQUIRE(store.Write(batch) == absl::OkStatus());
  MustPut(store, Table::kDue, "f", "newer");
  CHECK(Drain(*before) == Rows{{"b", "b"}, {"d", "d"}, {"f", "f"}});
  CHECK(Drain(*second) == Rows{{"d", "d"}, {"f", "f"}});
  CHECK(AllRows(store, Table::kDue) == Rows{{"d", "new"}, {"e", "e"}, {"f", "newer"}});
}

/// REQUIRES: the store is empty.
inline void CheckAgainstAMap(Store& store, Random& random) {
  std::map<std::string, std::string> model[balance::kTableCount];
  const auto key = [&random] { return std::string(1, static_cast<char>(random.Below(40))); };
  for (int i = 0; i < 300; ++i) {
    StoreBatch batch;
    for (int64_t n = random.Below(8); n > 0; --n) {
      const auto index = static_cast<size_t>(random.Below(balance::kTableCount));
      auto& rows = model[index];
      const std::string a = key();
      const std::string b = key();
      if (random.OneIn(5)) {
        batch.DeleteRange(kAllTables[index], a, b);
        if (a < b) rows.erase(rows.lower_bound(a), rows.lower_bound(b));
      } else if (random.OneIn(4)) {
        batch.Delete(kAllTables[index], a);
        rows.erase(a);
      } else {
        batch.Put(kAllTables[index], a, b);
        rows[a] = b;
      }
    }
    REQUIRE(store.Write(batch) == absl::OkStatus());
    const auto index = static_cast<size_t>(random.Below(balance::kTableCount));
    const std::string from = key();
    const auto& rows = model[index];
    REQUIRE(Drain(*store.Seek(kAllTables[index], from)) ==
            Rows(rows.lower_bound(from), rows.end()));
    const auto found = rows.find(from);
    REQUIRE(MustGet(store, kAllTables[index], from) ==
            (found == rows.end() ? "<none>" : found->second));
    const auto last = MustLastKey(store, kAllTables[index]);
    REQUIRE(last.has_value() == !rows.empty());
    if (last.has_value()) REQUIRE(*last == rows.rbegin()->first);
  }
}

/// An answer's value that ends then.
inline std::string AnswerUntil(uint32_t end_seconds) {
  std::string value;
  ByteWriter writer(&value);
  writer.Big32(end_seconds);
  writer.Raw("position");
  return value;
}

/// Answers that have not expired stay, and so does everything in other tables. REQUIRES: the store
/// is empty.
inline void CheckThatLiveAnswersStay(Store& store) {
  MustPut(store, Table::kAnswers, "dead", AnswerUntil(999));
  MustPut(store, Table::kAnswers, "last second", AnswerUntil(1000));
  MustPut(store, Table::kAnswers, "live", AnswerUntil(4'000'000'000));
  MustPut(store, Table::kAnswers, "short", "abc");
  MustPut(store, Table::kMeta, "dead", AnswerUntil(999));
  store.AnswersMayExpire(Instant{1'000'000});
  CHECK(MustGet(store, Table::kAnswers, "last second") == AnswerUntil(1000));
  CHECK(MustGet(store, Table::kAnswers, "live") == AnswerUntil(4'000'000'000));
  CHECK(MustGet(store, Table::kAnswers, "short") == "abc");
  CHECK(MustGet(store, Table::kMeta, "dead") == AnswerUntil(999));
}

}  // namespace ocs::testing

#endif  // TESTS_SUPPORT_STORE_CONTRACT_H_
