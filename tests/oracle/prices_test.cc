// Prices by the calculator's list, ours beside its own: equal to the last decimal, or explained by
// exactly what the named cause makes.

#include "tools/oracle/prices.h"

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "ocs/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tools/oracle/expected.h"
#include "tools/oracle/records.h"
#include "tools/oracle/report.h"

namespace ocs::tools {
namespace {

Instant At(std::string_view text) {
  const auto instant = ParseInstant(text);
  REQUIRE(instant.ok());
  return *instant;
}

std::unique_ptr<ListedTariff> Listed(std::string_view text,
                                     std::string_view at = kCalculatorInstant) {
  auto tariff = ListedTariff::Read(text, At(at));
  INFO(tariff.status());
  REQUIRE(tariff.ok());
  return *std::move(tariff);
}

/// A list of one provider whose one model has these prices.
std::unique_ptr<ListedTariff> Model(std::string_view provider, std::string_view prices,
                                    std::string_view at = kCalculatorInstant) {
  return Listed(Cat(R"([{"id":")", provider, R"(","models":[{"id":"m","match":{"equals":"m"},)",
                    R"("prices":)", prices, "}]}]"),
                at);
}

/// One usage of model m with the calculator's reading and price.
struct Case {
  std::string body;  ///< The usage member.
  std::string provider;
  std::string flavour;
  std::string counts;
  std::string prices;  ///< Members of the reading: "input_price": ...
};

PriceComparison Compared(const Case& one, const ListedTariff& tariff) {
  static std::vector<ExpectedEntry> entries;
  static std::vector<Comparison> counts;
  const auto parsed =
      ParseExpected(Cat(R"([{"body":{"file":"a.yaml","model":"m",)", one.body,
                        R"(},"extracted":[{"extractors":[{"api_flavor":")", one.flavour,
                        R"(","provider_id":")", one.provider, R"(")", one.prices.empty() ? "" : ",",
                        one.prices, R"(}],"usage":)", one.counts, R"(}],"model":"m"}])"));
  REQUIRE(parsed.ok());
  entries = *parsed;
  counts = CompareAll(entries, {});
  const auto prices = ComparePrices(counts, tariff);
  REQUIRE(prices.size() == 1);
  return prices[0];
}

constexpr std::string_view kChatUsage = R"("usage":{"prompt_tokens":1000,"completion_tokens":500})";
constexpr std::string_view kChatCounts = R"({"input_tokens":1000,"output_tokens":500})";

Case Chat(std::string_view prices) {
  return {.body = std::string(kChatUsage),
          .provider = "openai",
          .flavour = "chat",
          .counts = std::string(kChatCounts),
          .prices = std::string(prices)};
}

constexpr std::string_view kPlain = R"({"input_mtok":2.5,"output_mtok":10})";

const std::string kFolder = OCS_GOLDEN_ORACLE "/";

}  // namespace

TEST_CASE("decimals in USD are exact, whatever their form", "[oracle][unit]") {
  CHECK(ParseExactUsd("0.008229")->ToString() == "0.008229");
  CHECK(ParseExactUsd("0E-7")->ToString() == "0");
  CHECK(ParseExactUsd("1.5E-7")->ToString() == "0.00000015");
  CHECK(ParseExactUsd("12")->ToString() == "12");
  CHECK(ParseExactUsd("0.30000000000000004") != ParseExactUsd("0.3"));
  CHECK(ParseExactUsd("0.000000000000000000000001")->units == 1);
  for (const char* wrong : {"", "-1", "x", "1.0000000000000000000000001", "99999999999999"}) {
    INFO(wrong);
    CHECK_FALSE(ParseExactUsd(wrong).has_value());
  }
}

TEST_CASE("recorded usages of twelve providers cost what the calculator says, to the last decimal",
          "[oracle][unit]") {
  const auto records = ParseRecords(testing::ReadFile(kFolder + "records.jsonl"));
  const auto entries = ParseExpected(testing::ReadFile(kFolder + "expected.json"));
  REQUIRE(records.ok());
  REQUIRE(entries.ok());
  const auto tariff = Listed(testing::ReadFile(kFolder + "prices.json"));
  const auto counts = CompareAll(*entries, *records);
  int equal = 0;
  std::vector<std::string> causes;
  for (const PriceComparison& price : ComparePrices(counts, *tariff)) {
    INFO("entry " << price.entry->index << " " << price.model << " " << price.cause);
    CHECK(price.verdict != PriceVerdict::kUnexplained);
    if (price.verdict == PriceVerdict::kEqual) ++equal;
    if (price.verdict == PriceVerdict::kExplained) causes.push_back(price.cause);
  }
  CHECK(equal == 59);
  CHECK(causes == std::vector<std::string>{"cached-audio", "compat-thoughts"});

  // The calculator's counts for every provider that a usage could be from.
  equal = 0;
  for (const PriceComparison& price : CompareReadings(*entries, *tariff)) {
    INFO("entry " << price.entry->index << " " << price.origin << " " << price.cause);
    CHECK(price.verdict != PriceVerdict::kUnexplained);
    if (price.verdict == PriceVerdict::kEqual) ++equal;
  }
  CHECK(equal == 141);
}

TEST_CASE("a price is equal to the last decimal or it differs", "[oracle][unit]") {
  const auto tariff = Model("openai", kPlain);
  const auto equal = Compared(Chat(R"("input_price":"0.0025","output_price":"0.005")"), *tariff);
  CHECK(equal.verdict == PriceVerdict::kEqual);
  CHECK(equal.model == "openai/m");
  const auto other = Compared(
      Chat(R"("input_price":"0.002500000000000000000001","output_price":"0.005")"), *tariff);
  CHECK(other.verdict == PriceVerdict::kUnexplained);
  const auto more = Compared(
      Chat(R"("input_price":"0.0025","output_price":"0.005","total_price":"0.0085")"), *tariff);
  CHECK(more.verdict == PriceVerdict::kUnexplained);
  CHECK(Compared(Chat(""), *tariff).cause == "only-ours");
  CHECK(Compared(Chat(""), *tariff).verdict == PriceVerdict::kUnexplained);
}

TEST_CASE("a binary fraction of the list is charged as it stands there", "[oracle][unit]") {
  const auto tariff = Model("openai", R"({"input_mtok":0.18000000000000002,"output_mtok":0.68})");
  const auto price =
      Compared(Chat(R"("input_price":"0.00018000000000000002","output_price":"0.00034")"), *tariff);
  INFO(price.ours->input.ToString());
  CHECK(price.verdict == PriceVerdict::kEqual);
}

TEST_CASE("bands by prompt, dates and hours hold as the list has them", "[oracle][unit]") {
  const auto banded =
      Model("openai",
            R"({"input_mtok":{"base":1,"tiers":[{"start":999,"price":2}]},"output_mtok":{"base":4,)"
            R"("tiers":[{"start":1000,"price":8}]}})");
  // More than 999 tokens, and not more than 1000.
  CHECK(Compared(Chat(R"("input_price":"0.002","output_price":"0.002")"), *banded).verdict ==
        PriceVerdict::kEqual);

  constexpr std::string_view kDated =
      R"([{"prices":{"input_mtok":1,"output_mtok":2}},)"
      R"({"constraint":{"start_date":"2025-11-07"},"prices":{"input_mtok":3,"output_mtok":4}}])";
  const Case before = Chat(R"("input_price":"0.001","output_price":"0.001")");
  const Case after = Chat(R"("input_price":"0.003","output_price":"0.002")");
  CHECK(Compared(before, *Model("openai", kDated)).verdict == PriceVerdict::kEqual);
  CHECK(Compared(after, *Model("openai", kDated)).verdict == PriceVerdict::kUnexplained);
  CHECK(Compared(after, *Model("openai", kDated, "2025-11-07T00:00:00Z")).verdict ==
        PriceVerdict::kEqual);

  constexpr std::string_view kHours =
      R"([{"prices":{"input_mtok":3,"output_mtok":4}},{"constraint":{"start_time":"11:30:00Z",)"
      R"("end_time":"12:30:00Z"},"prices":{"input_mtok":1,"output_mtok":2}}])";
  CHECK(Compared(before, *Model("openai", kHours)).verdict == PriceVerdict::kEqual);
  CHECK(Compared(after, *Model("openai", kHours, "2025-11-06T12:30:00Z")).verdict ==
        PriceVerdict::kEqual);
}

TEST_CASE("searches and the call are in the total, and nowhere else", "[oracle][unit]") {
  const auto tariff = Model(
      "openai", R"({"input_mtok":2.5,"output_mtok":10,"requests_kcount":5,"output_video_mtok":1})");
  const auto price = Compared(
      Chat(R"("input_price":"0.0025","output_price":"0.005","total_price":"0.0125")"), *tariff);
  CHECK(price.verdict == PriceVerdict::kEqual);
  CHECK(price.ours->rest.ToString() == "0.005");
}

TEST_CASE("what the list does not price is free there and not for sale here", "[oracle][unit]") {
  const Case nothing = Chat(R"("input_price":"0","output_price":"0")");
  const auto unpriced = Listed(R"([{"id":"openai","models":[)"
                               R"({"id":"m","match":{"equals":"m"},"prices":{}},)"
                               R"({"id":"n","match":{"equals":"n"},"prices":{"input_mtok":1}}]}])");
  CHECK(Compared(nothing, *unpriced).cause == "unpriced");
  CHECK(Compared(nothing, *unpriced).verdict == PriceVerdict::kExplained);
  const auto tariff = Model("openai", R"({"input_mtok":2})");
  const auto sold = Compared(Chat(R"("input_price":"0.002","output_price":"0")"), *tariff);
  CHECK(sold.cause == "not-sold");
  CHECK(sold.verdict == PriceVerdict::kExplained);
  CHECK(Compared(Chat(R"("input_price":"0.003","output_price":"0")"), *tariff).verdict ==
        PriceVerdict::kUnexplained);
  const auto neither = Compared(Chat(""), *Model("groq", kPlain));
  CHECK(neither.verdict == PriceVerdict::kNeither);
  CHECK(neither.cause == "no-model");
}

TEST_CASE("kinds that a catalogue does not have explain exactly their difference",
          "[oracle][unit]") {
  constexpr std::string_view kBody =
      R"("usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":0,)"
      R"("totalTokenCount":1000,"cachedContentTokenCount":600,)"
      R"("promptTokensDetails":[{"modality":"AUDIO","tokenCount":700},)"
      R"({"modality":"TEXT","tokenCount":300}],)"
      R"("cacheTokensDetails":[{"modality":"AUDIO","tokenCount":600}]})";
  Case one{.body = std::string(kBody),
           .provider = "google",
           .flavour = "default",
           .counts = R"({"input_tokens":1000,"cache_read_tokens":600,"input_audio_tokens":700,)"
                     R"("cache_audio_read_tokens":600,"input_text_tokens":300})",
           .prices = R"("input_price":"0.00076","output_price":"0")"};
  const auto tariff = Model("google", R"({"input_mtok":1,"cache_read_mtok":0.1,"output_mtok":2,)"
                                      R"("input_audio_mtok":4,"cache_audio_read_mtok":0.1})");
  CHECK(Compared(one, *tariff).verdict == PriceVerdict::kEqual);
  const auto dearer = Model("google", R"({"input_mtok":1,"cache_read_mtok":0.1,"output_mtok":2,)"
                                      R"("input_audio_mtok":4,"cache_audio_read_mtok":0.4})");
  one.prices = R"("input_price":"0.00094","output_price":"0")";
  CHECK(Compared(one, *dearer).cause == "cached-audio");
  CHECK(Compared(one, *dearer).verdict == PriceVerdict::kExplained);
  one.prices = R"("input_price":"0.00095","output_price":"0")";
  CHECK(Compared(one, *dearer).verdict == PriceVerdict::kUnexplained);
}

TEST_CASE("video is an image here, and input there where it has no price", "[oracle][unit]") {
  constexpr std::string_view kBody =
      R"("usageMetadata":{"promptTokenCount":1000,"totalTokenCount":1000,)"
      R"("promptTokensDetails":[{"modality":"VIDEO","tokenCount":900},)"
      R"({"modality":"TEXT","tokenCount":100}]})";
  Case one{.body = std::string(kBody),
           .provider = "google",
           .flavour = "default",
           .counts = R"({"input_tokens":1000,"input_video_tokens":900,"input_text_tokens":100})",
           .prices = R"("input_price":"0.001","output_price":"0")"};
  const auto same = Model("google", R"({"input_mtok":1,"output_mtok":2})");
  CHECK(Compared(one, *same).verdict == PriceVerdict::kEqual);
  const auto image = Model("google", R"({"input_mtok":1,"output_mtok":2,"input_image_mtok":3})");
  CHECK(Compared(one, *image).cause == "video");
  CHECK(Compared(one, *image).verdict == PriceVerdict::kExplained);
  const auto video = Model("google", R"({"input_mtok":1,"output_mtok":2,"input_video_mtok":12})");
  one.prices = R"("input_price":"0.0109","output_price":"0")";
  CHECK(Compared(one, *video).cause == "video");
  CHECK(Compared(one, *video).verdict == PriceVerdict::kExplained);
}

TEST_CASE("a difference of counts without a cause explains no price", "[oracle][unit]") {
  const Case one{.body = R"("usage":{"prompt_tokens":10,"completion_tokens":5,)"
                         R"("completion_tokens_details":{"reasoning_tokens":2}})",
                 .provider = "openai",
                 .flavour = "chat",
                 .counts = R"({"input_tokens":10,"output_tokens":9,"output_reasoning_tokens":2})",
                 .prices = R"("input_price":"0.00001","output_price":"0.000018")"};
  const auto tariff = Model("openai", R"({"input_mtok":1,"output_mtok":2})");
  CHECK(Compared(one, *tariff).verdict == PriceVerdict::kUnexplained);
}

TEST_CASE("the report says whether enough prices are equal", "[oracle][unit]") {
  const auto tariff = Model("openai", R"({"input_mtok":2})");
  std::vector<PriceComparison> prices;
  prices.push_back(Compared(Chat(R"("input_price":"0.002","output_price":"0")"), *tariff));
  REQUIRE(prices[0].verdict == PriceVerdict::kExplained);
  CHECK(ReportPrices(prices, 0).ok);
  CHECK_FALSE(ReportPrices(prices, 1).ok);
  CHECK(ReportPrices(prices, 1).text.find("Fewer than 1 per cent are equal: 0 of 1") !=
        std::string::npos);
  CHECK_FALSE(ReportPrices({}, 99).ok);
  prices.push_back(prices[0]);
  prices[1].verdict = PriceVerdict::kEqual;
  CHECK(ReportPrices(prices, 50).ok);
  CHECK_FALSE(ReportPrices(prices, 51).ok);
  prices[0].verdict = PriceVerdict::kUnexplained;
  CHECK_FALSE(ReportPrices(prices, 0).ok);
}

TEST_CASE("what is no price list is refused", "[oracle][unit]") {
  CHECK_FALSE(ListedTariff::Read("{}", At(kCalculatorInstant)).ok());
  CHECK_FALSE(ListedTariff::Read("[{}]", At(kCalculatorInstant)).ok());
}

}  // namespace ocs::tools
