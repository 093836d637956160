#include "tools/ocsctl/ledger_join.h"

#include <algorithm>
#include <memory>

#include "tests/support/catch.h"

namespace ocs::tools {
namespace {

constexpr Instant kFrom{1'779'000'000'000};
constexpr Instant kUntil = kFrom.PlusSeconds(3 * 86'400);
const Unit kCny = Unit::Of("CNY");
const Unit kToken = Unit::Of("token");

cdr::RecordLine MakeLine(const Unit& unit, int64_t amount, BucketId bucket) {
  cdr::RecordLine line;
  line.unit = unit;
  line.amount = amount;
  line.bucket = bucket;
  return line;
}

// A record of one line each of money and of pieces, in its entry of group 1.
cdr::Record MakeRecord(int64_t micros, int64_t pieces) {
  cdr::Record record;
  record.account = {77};
  record.recorded_at = kFrom.PlusSeconds(86'400 + 5);
  record.lines.push_back(MakeLine(kCny, micros, BucketId{1}));
  record.lines.push_back(MakeLine(kToken, pieces, BucketId{9}));
  return record;
}
LedgerEntry MakeEntry(uint32_t index, int64_t micros, int64_t pieces) {
  return {.position = {.group = 1, .index = index},
          .account = {77},
          .recorded_at = kFrom.PlusSeconds(86'400 + 5),
          .earned = {{BucketId{1}, micros}, {BucketId{9}, pieces}}};
}
cdr::RecordId RecordIdOf(uint32_t entry, uint32_t record) {
  return {.shard = {0}, .position = {.group = 1, .index = entry * 32 + record}};
}

struct Books {
  std::vector<std::pair<cdr::RecordId, cdr::Record>> records;
  std::vector<LedgerEntry> entries;

  LedgerJoin Join() const {
    auto rest = std::make_shared<std::vector<LedgerEntry>>(entries);
    std::reverse(rest->begin(), rest->end());
    LedgerJoin join({0}, {kFrom, kUntil}, [rest]() -> absl::StatusOr<std::optional<LedgerEntry>> {
      if (rest->empty()) return std::nullopt;
      LedgerEntry entry = rest->back();
      rest->pop_back();
      return entry;
    });
    for (const auto& [id, record] : records) REQUIRE(join.Add(id, record).ok());
    REQUIRE(join.Finish().ok());
    return join;
  }
};

// Three entries, the second with two records.
Books Good() {
  Books books;
  books.records = {{RecordIdOf(0, 0), MakeRecord(100, 5)},
                   {RecordIdOf(3, 0), MakeRecord(7, 1)},
                   {RecordIdOf(3, 1), MakeRecord(8, 2)},
                   {RecordIdOf(4, 0), MakeRecord(50, 0)}};
  books.entries = {MakeEntry(0, 100, 5), MakeEntry(3, 15, 3), MakeEntry(4, 50, 0)};
  return books;
}

TEST_CASE("books that agree have no difference, and their sums by day and unit", "[tools][unit]") {
  const LedgerJoin join = Good().Join();
  CHECK(join.differences().empty());
  CHECK(join.entry_count() == 3);
  const cdr::RecordSums::Sums expected = {
      {{.day = 1, .unit = kCny, .kind = cdr::NodeAmountKind::kPayable}, 165},
      {{.day = 1, .unit = kToken, .kind = cdr::NodeAmountKind::kCovered}, 8}};
  CHECK(join.sums() == expected);
}

TEST_CASE("a refund is taken off on both sides, and what nothing priced is no charge",
          "[tools][unit]") {
  Books books = Good();
  cdr::Record refund = MakeRecord(30, 0);
  refund.type = cdr::RecordType::kRefund;
  refund.lines.push_back(MakeLine(Unit(), 0, BucketId{}));
  books.records.push_back({RecordIdOf(5, 0), refund});
  books.entries.push_back(MakeEntry(5, -30, 0));
  CHECK(books.Join().differences().empty());
}

TEST_CASE("whatever differs is named with its record and entry", "[tools][unit]") {
  Books books = Good();
  std::string said;
  SECTION("an amount") {
    books.entries[1].earned[BucketId{1}] = 16;
    said =
        "record 0.1.96 (entry 1.3 of shard 0): charges 0.000015 CNY of bucket 1, the ledger "
        "earned 0.000016 CNY";
  }
  SECTION("an entry without a record") {
    books.records.erase(books.records.begin());
    books.entries[0].earned = {{BucketId{9}, 5}};
    said = "entry 1.0 of shard 0 earns 5 of bucket 9 of account 77 without a record";
  }
  SECTION("the last entry without a record") {
    books.records.pop_back();
    books.entries[2].earned = {{BucketId{1}, 50}};
    said = "entry 1.4 of shard 0 earns 50 of bucket 1 of account 77 without a record";
  }
  SECTION("a record without an entry") {
    books.records[3].second.lines.pop_back();
    books.entries.pop_back();
    said =
        "record 0.1.128 (entry 1.4 of shard 0): charges 0.00005 CNY of bucket 1, the ledger "
        "earned 0.00 CNY";
  }
  SECTION("another account") {
    books.entries[2].account = {78};
    said = "record 0.1.128 (entry 1.4 of shard 0): is of account 77, its entry of account 78";
  }
  SECTION("another bucket") {
    books.entries[2].earned = {{BucketId{1}, 50}, {BucketId{12}, 4}};
    said =
        "record 0.1.128 (entry 1.4 of shard 0): the ledger earned 4 of bucket 12, of which no "
        "line tells";
  }
  const LedgerJoin join = books.Join();
  REQUIRE(join.difference_count() == 1);
  CHECK(join.differences()[0] == said);
}

TEST_CASE("what was written outside the time is no difference on either side", "[tools][unit]") {
  Books books = Good();
  books.records.insert(books.records.begin(), {RecordIdOf(0, 0), MakeRecord(1, 1)});
  books.records[0].first.position.group = 0;
  books.records[0].second.recorded_at = kFrom.PlusMillis(-1);
  books.entries.push_back(MakeEntry(9, 1, 1));
  books.entries.back().recorded_at = kUntil;
  CHECK(books.Join().differences().empty());
}

}  // namespace
}  // namespace ocs::tools
