#include "cdr/csv.h"

#include <algorithm>
#include <string>
#include <vector>

#include "cdr/internal/csv_field.h"
#include "cdr/internal/time_text.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/cdr/samples.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs::cdr {
namespace {

using testing::Beijing;
using testing::FeeSample;
using testing::IdOf;
using testing::RefundSample;
using testing::UsageSample;

std::string RowsOf(const RecordId& id, const Record& record) {
  CsvEncoder encoder(Beijing());
  std::string rows;
  encoder.Append(id, record, &rows);
  return rows;
}

// Four records as a file: two charges, a refund and a session in which nothing was used.
std::string SampleFile() {
  Record nothing = UsageSample();
  nothing.local_sequence = 10;
  nothing.lines.clear();
  std::string text(CsvHeader());
  text += RowsOf(IdOf(11, 4), UsageSample());
  text += RowsOf(IdOf(11, 5), FeeSample());
  text += RowsOf(IdOf(12, 0), RefundSample());
  text += RowsOf(IdOf(12, 1), nothing);
  return text;
}

std::string WhyCsvRefused(std::string_view text) {
  const auto totals = ParseCsv(text);
  if (totals.ok()) return "accepted";
  REQUIRE(totals.status().code() == absl::StatusCode::kInvalidArgument);
  return std::string(FromAbsl(totals.status().message()));
}

std::string Replace(std::string text, std::string_view what, std::string_view with) {
  const size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

TEST_CASE("records as rows are those of the golden file", "[cdr][unit][golden]") {
  CHECK(SampleFile() == testing::Golden("records.csv", SampleFile()));
}

TEST_CASE("the page of the format names the columns in their order", "[cdr][unit]") {
  const std::string page = ocs::testing::ReadFile(OCS_CSV_PAGE);
  std::string shown;
  for (size_t at = page.find("\n| `"); at != std::string::npos; at = page.find("\n| `", at + 1)) {
    const size_t begin = at + 4;
    shown += (shown.empty() ? "" : ",") + page.substr(begin, page.find('`', begin) - begin);
  }
  CHECK(shown + "\r\n" == CsvHeader());
}

TEST_CASE("each row has as many columns as the header", "[cdr][unit]") {
  const std::string file = SampleFile();
  internal::CsvRowReader reader(file);
  std::vector<std::string> row;
  int rows = 0;
  for (; !reader.done(); ++rows) {
    REQUIRE(reader.Read(&row));
    CHECK(row.size() == static_cast<size_t>(55));
  }
  CHECK(rows == 8);  // The header; four lines, one, one, and the record without any.
}

TEST_CASE("what use costs has rows of its own, behind what is charged", "[cdr][unit]") {
  Record record = testing::WideSample();
  record.provider = "deepseek";
  REQUIRE(record.costs.size() == 1);
  const std::string text = std::string(CsvHeader()) + RowsOf(IdOf(11, 4), record);
  internal::CsvRowReader reader(text);
  std::vector<std::string> header;
  std::vector<std::string> row;
  REQUIRE(reader.Read(&header));
  const auto column = [&](std::string_view name) {
    return row[static_cast<size_t>(std::find(header.begin(), header.end(), name) - header.begin())];
  };
  int number = 0;
  while (!reader.done()) {
    REQUIRE(reader.Read(&row));
    const bool is_cost = static_cast<size_t>(number) >= record.lines.size();
    CHECK(column("line") == std::to_string(++number));
    CHECK(column("list") == (is_cost ? "cost" : "charge"));
    CHECK(column("charged").empty() == is_cost);
    CHECK(column("node") == record.node);
    CHECK(column("served_model") == record.served_model);
    CHECK(column("traceparent") == record.traceparent);
  }
  CHECK(static_cast<size_t>(number) == record.lines.size() + record.costs.size());
  ControlTotals expected;
  REQUIRE(expected.Add(IdOf(11, 4), record).ok());
  REQUIRE(expected.costs().size() == 1);
  CHECK(expected.costs().begin()->second == record.costs[0].amount);
  const auto totals = ParseCsv(text);
  REQUIRE(totals.ok());
  CHECK(*totals == expected);
  const std::string format = expected.Format();
  CHECK(format.find("\ncost deepseek ") != std::string::npos);
  CHECK(WhyCsvRefused(Replace(text, ",cost,", ",charge,")).find("charged is not the amount") !=
        std::string::npos);
  CHECK(WhyCsvRefused(Replace(text, ",charge,", ",cost,")).find("charged is not empty") !=
        std::string::npos);
}

TEST_CASE("files of the first format are still read", "[cdr][unit][golden]") {
  const auto totals = ParseCsv(ocs::testing::ReadFile(OCS_GOLDEN_FOLDER "/records_v1.csv"));
  REQUIRE(totals.ok());
  // The same records, without their costs, which it does not have.
  const auto now = ParseCsv(SampleFile());
  REQUIRE(now.ok());
  CHECK(totals->sums() == now->sums());
  CHECK(totals->shards() == now->shards());
  CHECK(totals->line_count() == now->line_count());
}

TEST_CASE("what would break a row is quoted", "[cdr][unit]") {
  Record record = FeeSample();
  record.session_id = "a,b";
  record.offer = "the \"light\" one";
  record.lines[0].charge_code = "two\r\nlines";
  record.lines[0].rule = "plain; text";
  const std::string rows = RowsOf(IdOf(1, 0), record);
  CHECK(rows.find(",\"a,b\",") != std::string::npos);
  CHECK(rows.find(",\"the \"\"light\"\" one\",") != std::string::npos);
  CHECK(rows.find(",\"two\r\nlines\",plain; text,") != std::string::npos);
  const auto totals = ParseCsv(std::string(CsvHeader()) + rows);
  REQUIRE(totals.ok());
  REQUIRE(totals->sums().size() == 1);
  CHECK(totals->sums().begin()->first.charge_code == "two\r\nlines");
}

TEST_CASE("refunds are negative in the column that is summed", "[cdr][unit]") {
  const std::string rows = RowsOf(IdOf(12, 0), RefundSample());
  CHECK(rows.find(",CNY,0.004936,-0.004936,") != std::string::npos);
  CHECK(rows.find(",0.11.4,") != std::string::npos);
  Record free = RefundSample();
  free.lines[0].amount = 0;
  CHECK(RowsOf(IdOf(12, 0), free).find(",CNY,0.00,0.00,") != std::string::npos);
}

TEST_CASE("a file gives the totals of its records", "[cdr][unit]") {
  Record nothing = UsageSample();
  nothing.local_sequence = 10;
  nothing.lines.clear();
  ControlTotals expected;
  REQUIRE(expected.Add(IdOf(11, 4), UsageSample()).ok());
  REQUIRE(expected.Add(IdOf(11, 5), FeeSample()).ok());
  REQUIRE(expected.Add(IdOf(12, 0), RefundSample()).ok());
  REQUIRE(expected.Add(IdOf(12, 1), nothing).ok());
  auto totals = ParseCsv(SampleFile());
  REQUIRE(totals.ok());
  CHECK(*totals == expected);

  std::string unix_lines = SampleFile();
  std::erase(unix_lines, '\r');
  totals = ParseCsv(unix_lines);
  REQUIRE(totals.ok());
  CHECK(*totals == expected);

  totals = ParseCsv(CsvHeader());
  REQUIRE(totals.ok());
  CHECK(*totals == ControlTotals());
}

TEST_CASE("any records give the same totals through a file", "[cdr][property]") {
  OCS_SEEDED_RANDOM(random, 4);
  CsvEncoder encoder(Beijing());
  int compared = 0;
  for (int round = 0; round < 200; ++round) {
    std::string file(CsvHeader());
    ControlTotals expected;
    bool fits = true;
    for (uint32_t i = 0; i < 20 && fits; ++i) {
      Record record = testing::AnyRecord(random);
      for (RecordLine& line : record.lines) {
        // Amounts that can be summed, but for a few.
        if (!random.OneIn(200)) line.amount = line.amount % 1'000'000'000;
      }
      for (RecordLine& cost : record.costs) cost.amount = cost.amount % 1'000'000'000;
      const RecordId id{.shard = {static_cast<uint16_t>(random.Below(3))}, .position = {1, i}};
      encoder.Append(id, record, &file);
      fits = expected.Add(id, record).ok();
    }
    const auto totals = ParseCsv(file);
    REQUIRE(totals.ok() == fits);
    if (!fits) {
      REQUIRE(totals.status().code() == absl::StatusCode::kOutOfRange);
      continue;
    }
    REQUIRE(*totals == expected);
    ++compared;
  }
  CHECK(compared > 100);
}

TEST_CASE("a file that is not ours or not whole is refused", "[cdr][unit]") {
  const std::string file = SampleFile();
  const std::string header(CsvHeader());
  CHECK(WhyCsvRefused("") == "row 1: not the header of ocs-cdr-2 or ocs-cdr-1");
  CHECK(WhyCsvRefused("a,b\r\n") == "row 1: not the header of ocs-cdr-2 or ocs-cdr-1");
  CHECK(WhyCsvRefused(header + "a,b\r\n") == "row 2: has 2 columns, expected 55");
  CHECK(WhyCsvRefused(header + "\"a") == "row 2: its quoting is broken");
  CHECK(WhyCsvRefused(header + "\"a\"b") == "row 2: its quoting is broken");
  CHECK(WhyCsvRefused(header + "a\"b") == "row 2: its quoting is broken");
  CHECK(WhyCsvRefused(header + "a\rb") == "row 2: its quoting is broken");
  CHECK(WhyCsvRefused(Replace(file, "\nocs-cdr-2", "\nocs-cdr-1")) ==
        "row 2: format 'ocs-cdr-1', expected ocs-cdr-2");
  CHECK(WhyCsvRefused(Replace(file, "0.11.4", "0.11")) ==
        "row 2: record id '0.11': expected shard.group.index such as 0.1234.5");
  CHECK(WhyCsvRefused(Replace(file, ",7,usage", ",x,usage")) ==
        "row 2: local_sequence: expected a number");
  CHECK(WhyCsvRefused(Replace(file, ",usage,", ",use,")) == "row 2: type 'use'");
  CHECK(WhyCsvRefused(Replace(file, ",CNY,", ",cny!,")).find("row 2: unit 'cny!'") == 0);
  CHECK(WhyCsvRefused(Replace(file, ",0.004936,", ",0.0049360001,")) ==
        "row 2: amount '0.0049360001': has more than 6 decimals");
  CHECK(WhyCsvRefused(Replace(file, ",token,480,480,", ",token,4.5,4.5,")) ==
        "row 4: amount '4.5': expected an integer");
  CHECK(WhyCsvRefused(Replace(file, ",-0.004936,", ",0.004936,")) ==
        "row 7: charged is not the amount (a refund's with a minus)");
}

TEST_CASE("a file from which a row was taken is refused", "[cdr][unit]") {
  const std::string file = SampleFile();
  std::vector<size_t> starts;
  for (size_t at = 0; at < file.size(); at = file.find("\r\n", at) + 2) starts.push_back(at);
  REQUIRE(starts.size() == 8);
  const auto without = [&](size_t row) {
    const size_t end = row == starts.size() ? file.size() : starts[row];
    return file.substr(0, starts[row - 1]) + file.substr(end);
  };
  CHECK(WhyCsvRefused(without(1)) == "row 1: not the header of ocs-cdr-2 or ocs-cdr-1");
  CHECK(WhyCsvRefused(without(2)) == "row 2: line '2', expected 1");
  CHECK(WhyCsvRefused(without(3)) == "row 3: line '3', expected 2");
  CHECK(WhyCsvRefused(without(4)) == "row 4: line '4', expected 3");
  CHECK(WhyCsvRefused(without(5)) == "row 5: rows of record 0.11.4 are missing before this one");
  CHECK(WhyCsvRefused(file.substr(0, starts[3])) == "the file ends inside record 0.11.4");
  // A whole record that is gone shows in the sequence.
  const auto totals = ParseCsv(without(6));
  REQUIRE(totals.ok());
  CHECK(totals->shards().at(ShardId{0}).missing() == 1);
}

TEST_CASE("remembered times are those of FormatInstant", "[cdr][property]") {
  OCS_SEEDED_RANDOM(random, 5);
  internal::TimeText times(Beijing());
  const auto check = [&](Instant instant) {
    std::string text;
    times.Append(instant, &text);
    REQUIRE(text == FormatInstant(instant, Beijing()));
  };
  for (int i = 0; i < 20'000; ++i) {
    check(testing::kNoon.PlusMillis(random.Between(-600'000, 600'000)));
    check({random.Between(-5'000, 5'000)});
    check({testing::AnyNumber(random)});
  }
  check(Instant::Never());
  check({std::numeric_limits<int64_t>::min()});
  check({std::numeric_limits<int64_t>::max() - 1});
}

}  // namespace
}  // namespace ocs::cdr
