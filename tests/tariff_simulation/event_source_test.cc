#include "ocs/simulation/event_source.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "ocs/base/random.h"
#include "ocs/simulation/event.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"
#include "tests/tariff_simulation/samples.h"

namespace ocs::simulation::tests {
namespace {

std::string Write(const std::string& folder, const std::string& name, const std::string& text) {
  const std::string path = folder + "/" + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

// All batches in one.
EventBatch ReadAll(EventSource* source) {
  EventBatch all;
  Piece piece;
  while (true) {
    const absl::StatusOr<bool> more = source->Read(&piece);
    INFO(more.status());
    REQUIRE(more.ok());
    if (!*more) return all;
    source->Parse(piece, &all);
  }
}

}  // namespace

TEST_CASE("a trace's rows are events, with what it leaves open filled in",
          "[tariff_simulation][unit]") {
  const ocs::testing::TempDir folder;
  const auto population = MakePopulation(kTinyPopulation);
  const std::string path = Write(folder.path(), "t.csv",
                                 "timestamp_ms,session_id,turn,model,input_tokens,"
                                 "cached_input_tokens,output_tokens\n"
                                 "0,s1,1,,100,40,7\n"
                                 "1500,s1,2,large,200,,8\r\n"
                                 "\n"
                                 "2000,,,,5,0,0");
  Names names;
  auto source = OpenTrace(path, {.begins = population->terms().begins, .stretch_permille = 2'000},
                          population.get(), &names);
  REQUIRE(source.ok());
  CHECK((*source)->name() == "t.csv");
  const EventBatch batch = ReadAll(source->get());
  CHECK(batch.bad_row_count == 0);
  CHECK(batch.lines == 3);
  REQUIRE(batch.events.size() == 3);
  CHECK(batch.events[0].tokens == std::array<uint32_t, 6>{60, 40, 0, 0, 7, 0});
  CHECK(batch.events[1].tokens == std::array<uint32_t, 6>{200, 0, 0, 0, 8, 0});
  CHECK(batch.events[1].at == population->terms().begins.PlusMillis(3'000));
  CHECK(batch.events[0].account == batch.events[1].account);
  CHECK(names.model(batch.events[0].model) == "small");
  CHECK(names.model(batch.events[1].model) == "large");
  // sha256sum of the file.
  CHECK((*source)->hash().size() == 64);
}

TEST_CASE("bad rows are counted and listed with their line and what was expected",
          "[tariff_simulation][unit]") {
  const ocs::testing::TempDir folder;
  const auto population = MakePopulation(kTinyPopulation);
  std::string text =
      "timestamp_ms,model,input_tokens,cached_input_tokens,output_tokens\n"
      "0,m,100,40,7\n"
      "x,m,100,40,7\n"
      "1,m,-1,0,7\n"
      "1,m,100,101,7\n"
      "1,m,100\n"
      "1,m,0,0,0\n"
      "1,m,99999999999,0,1\n";
  Names names;
  const std::string path = Write(folder.path(), "bad.csv", text);
  auto source = OpenTrace(path, {}, population.get(), &names);
  REQUIRE(source.ok());
  const EventBatch batch = ReadAll(source->get());
  CHECK(batch.events.size() == 1);
  CHECK(batch.bad_row_count == 6);
  REQUIRE(batch.bad_rows.size() == 6);
  CHECK(batch.bad_rows[0].line == 3);
  CHECK(batch.bad_rows[0].why.find("timestamp_ms: is 'x', expected a whole number from 0") == 0);
  CHECK(batch.bad_rows[1].why.find("input_tokens: is '-1'") == 0);
  CHECK(batch.bad_rows[2].why ==
        "cached_input_tokens: is '101', expected a whole number from 0 to 100");
  CHECK(batch.bad_rows[3].why == "has 3 columns, fewer than its header");
  CHECK(batch.bad_rows[4].why == "uses no tokens");
  CHECK(batch.bad_rows[5].line == 8);

  // Beyond the limit the run stops, and the message lists them.
  RunOptions options;
  options.bad_rows_max = 5;
  auto again = OpenTrace(path, {}, population.get(), &names);
  const auto run =
      Run(*population, {MakeVariant("v", kMixedCatalogue)}, {again->get()}, names, options);
  REQUIRE(absl::IsInvalidArgument(run.status()));
  CHECK(std::string(run.status().message()).find("bad.csv:3: timestamp_ms") != std::string::npos);
}

TEST_CASE("a trace without what an event needs is refused by its header",
          "[tariff_simulation][unit]") {
  const ocs::testing::TempDir folder;
  const auto population = MakePopulation(kTinyPopulation);
  Names names;
  const auto status = [&](const std::string& text) {
    return OpenTrace(Write(folder.path(), "t.csv", text), {}, population.get(), &names).status();
  };
  CHECK(status("timestamp_ms,input_tokens\n")
            .message()
            .find("the header has no column 'output_tokens'") != std::string::npos);
  CHECK(absl::IsInvalidArgument(status("")));
  CHECK(absl::IsNotFound(
      OpenTrace(folder.path() + "/none.csv", {}, population.get(), &names).status()));
}

TEST_CASE("a long trace comes in pieces, plain or compressed, once or again and again",
          "[tariff_simulation][unit]") {
  const ocs::testing::TempDir folder;
  const auto population = MakePopulation(kTinyPopulation);
  std::string text = "timestamp_ms,session_id,input_tokens,output_tokens\n";
  constexpr int kRows = 60'000;
  for (int i = 0; i < kRows; ++i)
    text += std::to_string(i) + ",session-" + std::to_string(i % 500) + ",10,1\n";
  const std::string plain = Write(folder.path(), "t.csv", text);
  const std::string packed = folder.path() + "/t.csv.gz";
  REQUIRE(std::system(("gzip -c " + plain + " > " + packed).c_str()) == 0);
  for (const std::string& path : {plain, packed}) {
    INFO(path);
    Names names;
    auto source = OpenTrace(path, {.begins = population->terms().begins, .repeat = 3},
                            population.get(), &names);
    REQUIRE(source.ok());
    const EventBatch batch = ReadAll(source->get());
    CHECK(batch.bad_row_count == 0);
    REQUIRE(batch.events.size() == 3 * kRows);
    // The second pass begins a second after the last row, with new conversations.
    CHECK(batch.events[kRows].at == batch.events[kRows - 1].at.PlusMillis(1'000));
    std::set<uint32_t> first;
    int moved = 0;
    for (int i = 0; i < 500; ++i)
      moved += batch.events[static_cast<size_t>(i)].account !=
               batch.events[static_cast<size_t>(kRows + i)].account;
    CHECK(moved > 100);
    int64_t weight = 0;
    auto second = OpenTrace(path, {.begins = {}, .repeat = 3}, population.get(), &names);
    Piece piece;
    while (*(*second)->Read(&piece)) weight += piece.weight;
    CHECK(weight == (*second)->total_weight());
    CHECK((*second)->hash() == (*source)->hash());
  }
}

TEST_CASE("rows of any width are read to the digit, wherever pieces end",
          "[tariff_simulation][property]") {
  OCS_SEEDED_RANDOM(random, 21);
  const ocs::testing::TempDir folder;
  const auto population = MakePopulation(kTinyPopulation);
  std::string text = "note,timestamp_ms,input_tokens,cached_input_tokens,output_tokens,more\n";
  struct Expected {
    int64_t at_ms;
    int64_t input;
    int64_t cached;
    int64_t output;
  };
  std::vector<Expected> expected;
  const auto wide = [&](int digits) {
    int64_t below = 1;
    for (int i = 0; i < digits; ++i) below *= 10;
    return random.Below(below);
  };
  std::vector<int64_t> bad_lines;
  int64_t line = 1;
  while (text.size() < 3'000'000) {
    ++line;
    const Expected row{.at_ms = wide(static_cast<int>(random.Between(1, 11))),
                       .input = 1 + wide(static_cast<int>(random.Between(1, 9))),
                       .cached = 0,
                       .output = wide(static_cast<int>(random.Between(1, 9)))};
    const int64_t cached = random.OneIn(5) ? -1 : random.Between(0, row.input);
    const std::string note(static_cast<size_t>(random.Below(20)), 'n');
    text += note + "," + std::to_string(row.at_ms) + ",";
    if (random.OneIn(50)) {  // Not a number, though it begins as one.
      text += std::to_string(row.input) + "x,1,1,\n";
      bad_lines.push_back(line);
      continue;
    }
    text += (random.OneIn(20) ? "00" : "") + std::to_string(row.input) + "," +
            (cached < 0 ? "" : std::to_string(cached)) + "," + std::to_string(row.output) +
            (random.OneIn(2) ? ",more,and more" : ",") + (random.OneIn(10) ? "\r\n" : "\n");
    expected.push_back(row);
    expected.back().cached = std::max<int64_t>(cached, 0);
  }
  Names names;
  auto source = OpenTrace(Write(folder.path(), "t.csv", text),
                          {.begins = population->terms().begins}, population.get(), &names);
  REQUIRE(source.ok());
  const EventBatch batch = ReadAll(source->get());
  REQUIRE(batch.events.size() == expected.size());
  REQUIRE(batch.bad_row_count == static_cast<int64_t>(bad_lines.size()));
  for (size_t i = 0; i < batch.bad_rows.size(); ++i)
    REQUIRE(batch.bad_rows[i].line == bad_lines[i]);
  for (size_t i = 0; i < expected.size(); ++i) {
    const Event& event = batch.events[i];
    const Expected& row = expected[i];
    REQUIRE(event.at == population->terms().begins.PlusMillis(row.at_ms));
    REQUIRE(event.tokens[0] == row.input - row.cached);
    REQUIRE(event.tokens[1] == row.cached);
    REQUIRE(event.tokens[4] == row.output);
  }
}

TEST_CASE("names are the same number each time", "[tariff_simulation][unit]") {
  Names names;
  CHECK(names.Use({}) == 0);
  const uint32_t a = names.Model("a");
  CHECK(names.Model("b") != a);
  CHECK(names.Model("a") == a);
  const UseNames chat{.product = "chat"};
  const uint32_t use = names.Use(chat);
  CHECK(use != 0);
  CHECK(names.Use(chat) == use);
  CHECK(names.use(static_cast<uint16_t>(use)) == chat);
  CHECK(names.model_count() == 2);
  CHECK(names.use_count() == 2);
}

}  // namespace ocs::simulation::tests
