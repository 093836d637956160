// Ours beside the independent calculator's: found, compared, explained.

#include "tools/oracle/expected.h"

#include <string>
#include <variant>
#include <vector>

#include "ocs/base/text.h"
#include "tests/support/catch.h"
#include "tools/oracle/records.h"
#include "tools/oracle/report.h"

namespace ocs::tools {
namespace {

/// One entry of the calculator's file.
std::string Entry(std::string_view file, std::string_view usage, std::string_view provider,
                  std::string_view flavour, std::string_view counts) {
  return Cat(R"({"body":{"file":")", file, R"(","model":"m",)", usage,
             R"(},"extracted":[{"extractors":[{"api_flavor":")", flavour, R"(","provider_id":")",
             provider, R"(","input_price":"0.1"}],"usage":)", counts, R"(}],"model":"m"})");
}

std::vector<ExpectedEntry> Entries(const std::string& text) {
  const auto entries = ParseExpected(Cat("[", text, "]"));
  REQUIRE(entries.ok());
  return *entries;
}

std::vector<Record> RecordOf(std::string_view provider, std::string_view api, std::string_view path,
                             std::string_view usage) {
  const auto records =
      ParseRecords(Cat(R"({"provider":")", provider, R"(","api":")", api,
                       R"(","source":"r@1:tests/)", path, R"(#0","response":{)", usage, "}}\n"));
  REQUIRE(records.ok());
  return *records;
}

constexpr std::string_view kChat =
    R"("usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15})";

TEST_CASE("the provider of an entry is that of the record with the same usage", "[oracle][unit]") {
  const auto entries = Entries(
      Entry("a.yaml", kChat, "mistral", "default", R"({"input_tokens":10,"output_tokens":5})"));
  SECTION("the same file and the same usage, however it is written") {
    const auto records =
        RecordOf("mistral", "chat", "a.yaml",
                 R"("usage":{"total_tokens":15, "completion_tokens":5, "prompt_tokens":10})");
    const auto compared = CompareAll(entries, records);
    REQUIRE(compared.size() == 1);
    CHECK(compared[0].provider == "mistral");
    CHECK(compared[0].matched == MatchedBy::kRecord);
    CHECK(compared[0].verdict == Verdict::kEqual);
    CHECK(compared[0].flavour->input_price == "0.1");
  }
  SECTION("the same file and counters of the same dialect") {
    const auto records = RecordOf("mistral", "chat", "a.yaml",
                                  R"("usage":{"prompt_tokens":1,"completion_tokens":5})");
    CHECK(CompareAll(entries, records)[0].matched == MatchedBy::kFile);
  }
  SECTION("the end of another path is not the same file") {
    const auto records = RecordOf("mistral", "chat", "xa.yaml", kChat);
    const auto compared = CompareAll(entries, records);
    CHECK(compared[0].matched == MatchedBy::kShape);
    CHECK(compared[0].provider == "openai");
    CHECK(compared[0].verdict == Verdict::kNoFlavour);
  }
}

TEST_CASE("every difference is found, and only named causes explain", "[oracle][unit]") {
  SECTION("a count that differs is unexplained") {
    const auto entries = Entries(
        Entry("a.yaml", kChat, "openai", "chat", R"({"input_tokens":10,"output_tokens":6})"));
    const auto compared = CompareAll(entries, {});
    CHECK(compared[0].verdict == Verdict::kUnexplained);
    REQUIRE(compared[0].differences.size() == 1);
    CHECK(compared[0].differences[0].field == "output_tokens");
    CHECK(compared[0].differences[0].ours == 5);
    CHECK(compared[0].differences[0].theirs == 6);
    const OracleReport report = ReportComparisons(compared);
    CHECK_FALSE(report.ok);
    CHECK(report.text.find("output_tokens 5 (theirs 6)") != std::string::npos);
  }
  SECTION("a count that only they have is unexplained") {
    const auto entries =
        Entries(Entry("a.yaml", kChat, "openai", "chat",
                      R"({"input_tokens":10,"output_tokens":5,"input_audio_tokens":3})"));
    CHECK(CompareAll(entries, {})[0].verdict == Verdict::kUnexplained);
  }
  SECTION("a count whose name we do not know is unexplained") {
    const auto entries =
        Entries(Entry("a.yaml", kChat, "openai", "chat",
                      R"({"input_tokens":10,"output_tokens":5,"hologram_tokens":3})"));
    CHECK(CompareAll(entries, {})[0].verdict == Verdict::kUnexplained);
  }
  SECTION("thoughts hidden in the total") {
    constexpr std::string_view kUsage =
        R"("usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":40})";
    const auto entries = Entries(
        Entry("a.yaml", kUsage, "google", "chat", R"({"input_tokens":10,"output_tokens":5})"));
    const auto compared = CompareAll(entries, RecordOf("gemini", "chat", "a.yaml", kUsage));
    CHECK(compared[0].cause == "compat-thoughts");
    CHECK(ReportComparisons(compared).ok);
  }
  SECTION("a clamp explains the kind that it took from, and no other") {
    constexpr std::string_view kUsage =
        R"("usage":{"prompt_tokens":10,"completion_tokens":5,"completion_tokens_details":{)"
        R"("reasoning_tokens":9}})";
    const auto clamped =
        Entries(Entry("a.yaml", kUsage, "openai", "chat",
                      R"({"input_tokens":10,"output_tokens":5,"output_reasoning_tokens":9})"));
    const auto records = RecordOf("openai", "chat", "a.yaml", kUsage);
    CHECK(CompareAll(clamped, records)[0].cause == "clamped");
    const auto other =
        Entries(Entry("a.yaml", kUsage, "openai", "chat",
                      R"({"input_tokens":11,"output_tokens":5,"output_reasoning_tokens":9})"));
    CHECK(CompareAll(other, records)[0].verdict == Verdict::kUnexplained);
  }
  SECTION("a body that we cannot read is no equal") {
    const auto entries =
        Entries(Entry("a.yaml", R"("usage":{"prompt_tokens":-1,"completion_tokens":5})", "openai",
                      "chat", R"({"input_tokens":0,"output_tokens":5})"));
    const auto compared =
        CompareAll(entries, RecordOf("openai", "chat", "a.yaml",
                                     R"("usage":{"prompt_tokens":-1,"completion_tokens":5})"));
    CHECK(compared[0].verdict == Verdict::kNotRead);
    CHECK_FALSE(ReportComparisons(compared).ok);
  }
}

TEST_CASE("a file that is no list of readings is refused", "[oracle][unit]") {
  CHECK_FALSE(ParseExpected("{}").ok());
  CHECK_FALSE(ParseExpected("[{}]").ok());
  CHECK_FALSE(
      ParseExpected(Cat("[", Entry("a", kChat, "p", "f", R"({"input_tokens":1.5})"), "]")).ok());
}

}  // namespace
}  // namespace ocs::tools
