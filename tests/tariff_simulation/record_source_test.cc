// Records of use as input: files of both forms, and a store's journal.

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "balance/rocks_store.h"
#include "cdr/csv.h"
#include "cdr/json_lines.h"
#include "cdr/record.h"
#include "ocs/base/random.h"
#include "ocs/simulation/event_source.h"
#include "tests/engine/harness.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"
#include "tests/tariff_simulation/samples.h"

namespace ocs::simulation::tests {
namespace {

std::string Write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

EventBatch ReadAllRecords(EventSource* source) {
  EventBatch all;
  Piece piece;
  while (true) {
    const absl::StatusOr<bool> more = source->Read(&piece);
    INFO(more.status());
    REQUIRE(more.ok());
    if (!*more) return all;
    EventBatch batch;
    source->Parse(piece, &batch);
    for (Event& event : batch.events) {
      if (event.more != 0) {
        all.more.push_back(batch.more.at(event.more - 1));
        event.more = static_cast<uint32_t>(all.more.size());
      }
      all.events.push_back(event);
    }
    for (const BadRow& row : batch.bad_rows) all.bad_rows.push_back(row);
    all.bad_row_count += batch.bad_row_count;
    all.lines += batch.lines;
    all.unrated += batch.unrated;
  }
}

EventBatch ReadRecordFile(const std::string& path, const Population& population, Names* names) {
  auto source = OpenInput(path, {}, &population, names);
  INFO(source.status());
  REQUIRE(source.ok());
  return ReadAllRecords(source->get());
}

bool Same(const Event& a, const Event& b) {
  return a.at == b.at && a.account == b.account && a.model == b.model && a.use == b.use &&
         a.tokens == b.tokens && (a.more == 0) == (b.more == 0);
}

// Records of use with many lines, among fees and refunds; as an export would have them.
std::vector<cdr::Record> SomeRecords(Random& random, int count, Instant begin) {
  std::vector<cdr::Record> records;
  for (int i = 0; i < count; ++i) {
    cdr::Record& record = records.emplace_back();
    record.type = random.OneIn(5) ? cdr::RecordType::kFee : cdr::RecordType::kUsage;
    record.local_sequence = static_cast<uint64_t>(i) + 1;
    record.account = AccountId{static_cast<uint64_t>(random.Between(1, 300))};
    record.session_id = random.OneIn(7) ? "a \"quoted\", one" : "s";
    record.closed_at = record.opened_at = record.recorded_at = begin.PlusSeconds(i);
    record.model = random.OneIn(2) ? "small" : "large";
    record.product = random.OneIn(3) ? "chat" : "";
    record.service_tier = random.OneIn(4) ? "batch" : "";
    for (int64_t lines = random.Below(6); lines > 0; --lines) {
      cdr::RecordLine line;
      line.kind = random.OneIn(9) ? TokenKind::kImage : static_cast<TokenKind>(random.Below(6));
      line.quantity = random.Between(0, 9'000);
      line.unit = Unit::Of("token");
      line.amount = line.quantity;
      line.price_numerator = 1;
      if (random.OneIn(8)) line.form = cdr::LineForm::kFlat;
      line.charge_code = "C,ODE";
      line.rule = "offer x, grant 1";
      record.lines.push_back(line);
      if (random.OneIn(3)) record.costs.push_back(line);
    }
  }
  return records;
}

}  // namespace

TEST_CASE("the records of an export are the same calls as CSV and as JSON lines",
          "[tariff_simulation][property]") {
  OCS_SEEDED_RANDOM(random, 19);
  const ocs::testing::TempDir folder;
  const auto population = MakePopulation(kTinyPopulation);
  const std::vector<cdr::Record> records = SomeRecords(random, 4'000, population->terms().begins);
  std::string csv(cdr::CsvHeader());
  std::string json;
  cdr::CsvEncoder to_csv(absl::FixedTimeZone(8 * 3'600));
  cdr::JsonLinesEncoder to_json(absl::UTCTimeZone());
  int64_t uses = 0;
  uint32_t index = 0;
  for (const cdr::Record& record : records) {
    const cdr::RecordId id{.shard = {}, .position = {.group = 7, .index = ++index}};
    to_csv.Append(id, record, &csv);
    to_json.Append(id, record, &json);
    bool used = false;
    for (const cdr::RecordLine& line : record.lines)
      used = used || (line.form == cdr::LineForm::kPieces && line.quantity > 0);
    uses += record.type == cdr::RecordType::kUsage && used ? 1 : 0;
  }
  REQUIRE(csv.size() > 2 * 512 * 1024);  // Several pieces, that begin where records begin.
  Names names;
  const EventBatch a = ReadRecordFile(Write(folder.Path("r.csv"), csv), *population, &names);
  const EventBatch b = ReadRecordFile(Write(folder.Path("r.jsonl"), json), *population, &names);
  for (const BadRow& row : a.bad_rows) UNSCOPED_INFO(row.line << ": " << row.why);
  CHECK(a.bad_row_count == 0);
  CHECK(b.bad_row_count == 0);
  CHECK(static_cast<int64_t>(a.events.size()) == uses);
  CHECK(a.unrated == 4'000 - uses);
  CHECK(b.unrated == a.unrated);
  REQUIRE(a.events.size() == b.events.size());
  for (size_t i = 0; i < a.events.size(); ++i) REQUIRE(Same(a.events[i], b.events[i]));
  CHECK((a.more == b.more));
  CHECK_FALSE(a.more.empty());
  CHECK(names.use_count() == 4);  // Nothing stated, and three kinds.

  // One payer's calls are one account's.
  size_t next = 0;
  std::vector<int64_t> account_of(301, -1);
  for (const cdr::Record& record : records) {
    bool used = false;
    for (const cdr::RecordLine& line : record.lines)
      used = used || (line.form == cdr::LineForm::kPieces && line.quantity > 0);
    if (record.type != cdr::RecordType::kUsage || !used) continue;
    const Event& event = a.events[next++];
    CHECK(event.at == record.closed_at);
    int64_t& account = account_of[record.account.value];
    if (account < 0) account = event.account;
    REQUIRE(account == event.account);
  }
}

TEST_CASE("rows of an export that are none are told with their line", "[tariff_simulation][unit]") {
  const ocs::testing::TempDir folder;
  const auto population = MakePopulation(kTinyPopulation);
  cdr::Record record;
  record.local_sequence = 1;
  record.account = AccountId{5};
  record.closed_at = record.opened_at = record.recorded_at = population->terms().begins;
  record.model = "small";
  cdr::RecordLine& line = record.lines.emplace_back();
  line.quantity = line.amount = 5;
  line.unit = Unit::Of("token");
  std::string csv(cdr::CsvHeader());
  std::string json;
  cdr::CsvEncoder(absl::UTCTimeZone()).Append({.shard = {}, .position = {1, 1}}, record, &csv);
  cdr::JsonLinesEncoder(absl::UTCTimeZone())
      .Append({.shard = {}, .position = {1, 1}}, record, &json);
  std::string wrong = csv.substr(csv.find('\n') + 1);
  wrong.replace(wrong.find("0.1.1"), 5, "0.1.2");
  wrong.replace(wrong.find(",input,"), 7, ",input-,");
  csv += wrong + "ocs-cdr-2,1\n";
  Names names;
  const EventBatch a = ReadRecordFile(Write(folder.Path("r.csv"), csv), *population, &names);
  CHECK(a.events.size() == 1);
  REQUIRE(a.bad_rows.size() == 2);
  CHECK(a.bad_rows[0].line == 3);
  CHECK(a.bad_rows[0].why == "kind: 'input-' is none");
  CHECK(a.bad_rows[1].line == 4);
  CHECK(a.bad_rows[1].why.find("has 2 columns, expected ") == 0);

  json += "{\"type\":\"usage\"}\n[]\n{\"type\":\"fee\"}\n";
  const EventBatch b = ReadRecordFile(Write(folder.Path("r.jsonl"), json), *population, &names);
  CHECK(b.events.size() == 1);
  CHECK(b.unrated == 1);
  REQUIRE(b.bad_rows.size() == 2);
  CHECK(b.bad_rows[0].line == 2);
  CHECK(b.bad_rows[0].why == "account: expected a whole number");
  CHECK(b.bad_rows[1].why == "is no JSON object");

  auto headless = OpenRecordFile(Write(folder.Path("x.csv"), "format,record_id,type\n"),
                                 population.get(), &names);
  CHECK(headless.status().message().find("the header has no column 'account'") !=
        absl::string_view::npos);
  CHECK(absl::IsNotFound(
      OpenRecordFile(folder.Path("nothing.csv"), population.get(), &names).status()));
}

TEST_CASE("the journal of a stopped store is the calls that it charged",
          "[tariff_simulation][unit]") {
  const ocs::testing::TempDir folder;
  const auto population = MakePopulation(kTinyPopulation);
  const std::string shard = folder.Path("shard-000");
  const Instant begin = population->terms().begins;
  {
    auto store =
        balance::OpenRocksStore({.folder = shard, .mode = balance::OpenMode::kCreateIfMissing});
    REQUIRE(store.ok());
    engine::tests::Harness server(std::shared_ptr<balance::Store>(std::move(*store)));
    server.clock.Set(begin);
    server.Publish(kMixedCatalogue);
    const AccountId account = server.Create(50'000'000);
    server.Purchase(account, "pay");
    server.Purchase(account, "stop");  // Whose fee is a record.
    for (int i = 0; i < 3; ++i) {
      server.clock.Set(begin.PlusSeconds(i));
      engine::tests::Kept<engine::CreditControlCall> event;
      const engine::tests::Ask ask{.session = "e" + std::to_string(i),
                                   .number = 0,
                                   .account = account,
                                   .model = i == 1 ? "large" : "small"};
      engine::tests::Fill(event, ask, engine::RequestType::kEvent);
      event.request.action = engine::RequestedAction::kDirectDebiting;
      event.request.services[0].has_used = true;
      event.request.services[0].used = {
          {TokenKind::kInput, 100 + i}, {TokenKind::kCacheRead, 7}, {TokenKind::kOutput, 9}};
      server.Run(&event);
      REQUIRE(event.status.ok());
      REQUIRE(event.answer.code == engine::ResultCode::kSuccess);
    }
    server.engine.reset();
    server.store.reset();
  }
  Names names;
  auto source = OpenInput(folder.path(), {}, population.get(), &names);
  INFO(source.status());
  REQUIRE(source.ok());
  const EventBatch batch = ReadAllRecords(source->get());
  CHECK(batch.bad_row_count == 0);
  CHECK(batch.unrated == 1);
  REQUIRE(batch.events.size() == 3);
  for (uint32_t i = 0; i < 3; ++i) {
    const Event& event = batch.events[i];
    CHECK(event.at == begin.PlusSeconds(i));
    CHECK(event.account == batch.events[0].account);
    CHECK(names.model(event.model) == (i == 1 ? "large" : "small"));
    CHECK((event.tokens == std::array<uint32_t, 6>{100 + i, 7, 0, 0, 9, 0}));
  }
  CHECK((*source)->hash().size() == 64);
  const ocs::testing::TempDir empty;
  CHECK(absl::IsNotFound(OpenJournal(empty.path(), population.get(), &names).status()));
}

}  // namespace ocs::simulation::tests
