// Public price lists become catalogues: small pieces in the lists' own shapes, with the prices that
// they mean worked out by hand.
// Tests: tools/import/price_list.h, tools/import/genai_models.h, tools/import/json_value.h

#include <algorithm>
#include <string>

#include "rating/catalogue.h"
#include "rating/tariff.h"
#include "tests/support/catch.h"
#include "tools/import/genai_models.h"
#include "tools/import/json_value.h"
#include "tools/import/price_list.h"

namespace ocs::tools {
namespace {

// What the imported catalogue charges for one piece of the kind, as "numerator/denominator" micros.
std::string PriceOf(const std::string& text, const std::string& model, TokenKind kind,
                    rating::UseContext context = {.at = Instant{1'780'000'000'000}}) {
  const rating::CatalogueCheck check = rating::ParseCatalogue(text, "imported.yaml");
  for (const rating::Diagnostic& diagnostic : check.diagnostics) INFO(diagnostic.ToString());
  REQUIRE(check.diagnostics.empty());
  const auto tariff = rating::Tariff::Compile(*check.catalogue, 1);
  const auto index = tariff->FindModel(model);
  if (!index) return "no such model";
  const rating::RateRow* row = tariff->FindPrice({0}, *index, context);
  if (row == nullptr || !row->of(kind).sold()) return "not sold";
  return std::to_string(row->of(kind).numerator) + "/" + std::to_string(row->of(kind).denominator);
}

bool Left(const PriceList& list, std::string_view model, std::string_view field) {
  return std::any_of(list.not_carried.begin(), list.not_carried.end(), [&](const NotCarried& item) {
    return item.model == model && item.field == field;
  });
}

rating::UseContext Tier(std::string_view tier) {
  rating::UseContext context{.at = Instant{1'780'000'000'000}};
  context.of(rating::Dimension::kServiceTier) = rating::SymbolOf(tier);
  return context;
}

rating::UseContext Prompt(int64_t tokens) {
  return {.at = Instant{1'780'000'000'000}, .prompt_tokens = tokens};
}

}  // namespace

TEST_CASE("Decimal numbers are shifted without loss", "[tools][unit]") {
  CHECK(ShiftDecimal("1.25e-06", 6) == "1.25");
  CHECK(ShiftDecimal("3e-07", 6) == "0.3");
  CHECK(ShiftDecimal("0.004", 3) == "4");
  CHECK(ShiftDecimal("10", -3) == "0.01");
  CHECK(ShiftDecimal("0.0", 6) == "0");
  CHECK(ShiftDecimal("1.5E2", 0) == "150");
  for (const char* wrong : {"", "-1", "1.2.3", "abc", "1e", "1e999", "."}) {
    INFO(wrong);
    CHECK_FALSE(ShiftDecimal(wrong, 0).has_value());
  }
}

TEST_CASE("LiteLLM's prices per token become prices per million, with tiers and bands",
          "[tools][unit]") {
  auto list = ReadLiteLlm(R"({
    "sample_spec": {"input_cost_per_token": 0.0},
    "gpt-x": {"litellm_provider": "openai", "mode": "chat",
              "input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05,
              "cache_read_input_token_cost": 1.25e-07, "input_cost_per_token_priority": 2.5e-06,
              "input_cost_per_token_batches": 6.25e-07,
              "search_context_cost_per_query": {"low": 0.01, "medium": 0.01, "high": 0.01},
              "max_tokens": 4096},
    "long-y": {"litellm_provider": "google", "input_cost_per_token": 2e-06,
               "output_cost_per_token": 4e-06, "input_cost_per_token_above_200k_tokens": 3e-06,
               "ocr_cost_per_page": 0.001},
    "banded-z": {"litellm_provider": "dashscope", "tiered_pricing": [
        {"range": [0, 32000.0], "input_cost_per_token": 1.2e-06, "output_cost_per_token": 6e-06},
        {"range": [32000.0, 128000.0], "input_cost_per_token": 2.4e-06,
         "output_cost_per_token": 1.2e-05}]},
    "whisper": {"litellm_provider": "openai", "input_cost_per_second": 0.0001,
                "output_cost_per_second": 0.0},
    "a name with blanks": {"litellm_provider": "x", "input_cost_per_token": 1e-06},
    "free-of-prices": {"litellm_provider": "x"}
  })");
  REQUIRE(list.ok());
  const std::string text = WriteCatalogue(&*list);
  INFO(text);
  // 1.25e-06 USD a token are 1.25 micros: 5/4.
  CHECK(PriceOf(text, "gpt-x", TokenKind::kInput) == "5/4");
  CHECK(PriceOf(text, "gpt-x", TokenKind::kCacheRead) == "1/8");
  CHECK(PriceOf(text, "gpt-x", TokenKind::kSearch) == "10000/1");
  CHECK(PriceOf(text, "gpt-x", TokenKind::kInput, Tier("priority")) == "5/2");
  CHECK(PriceOf(text, "gpt-x", TokenKind::kInput, Tier("batch")) == "5/8");
  // What a tier does not state costs what it costs without one.
  CHECK(PriceOf(text, "gpt-x", TokenKind::kOutput, Tier("batch")) == "10/1");
  CHECK(PriceOf(text, "long-y", TokenKind::kInput, Prompt(200'000)) == "2/1");
  CHECK(PriceOf(text, "long-y", TokenKind::kInput, Prompt(200'001)) == "3/1");
  CHECK(PriceOf(text, "long-y", TokenKind::kOutput, Prompt(200'001)) == "4/1");
  CHECK(PriceOf(text, "banded-z", TokenKind::kOutput, Prompt(32'000)) == "6/1");
  CHECK(PriceOf(text, "banded-z", TokenKind::kOutput, Prompt(32'001)) == "12/1");
  CHECK(PriceOf(text, "whisper", TokenKind::kSecond) == "100/1");
  CHECK(Left(*list, "long-y", "ocr_cost_per_page"));
  CHECK(Left(*list, "a name with blanks", "name"));
  CHECK(Left(*list, "free-of-prices", "prices"));
  CHECK_FALSE(Left(*list, "gpt-x", "max_tokens"));
}

TEST_CASE("genai-prices: dated prices, hours, bands, and kinds without a price of their own",
          "[tools][unit]") {
  constexpr const char* kList = R"([
    {"id": "acme", "fallback_model_providers": ["other"], "models": [
      {"id": "one", "match": {"or": [{"equals": "one"}, {"starts_with": "one-2"}]},
       "prices": [{"prices": {"input_mtok": {"base": 3, "tiers": [{"start": 200000, "price": 6}]},
                              "output_mtok": 15, "cache_write_mtok": 3.75}},
                  {"constraint": {"start_date": "2026-09-01"},
                   "prices": {"input_mtok": 1, "output_mtok": 5}}]},
      {"id": "night", "match": {"equals": "night"},
       "prices": [{"prices": {"input_mtok": 0.27, "output_mtok": 1.1}},
                  {"constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"},
                   "prices": {"input_mtok": 0.54, "output_mtok": 2.2}}]},
      {"id": "nothing", "match": {"equals": "nothing"}, "prices": {}}]},
    {"id": "other", "models": [
      {"id": "two", "match": {"or": [{"equals": "two"}, {"contains": "zwei"}]},
       "prices": {"input_mtok": 0.3, "output_mtok": 0.6, "input_audio_mtok": 1,
                  "web_searches_kcount": 10, "cache_audio_read_mtok": 0.1}},
      {"id": "noisy", "match": {"equals": "noisy"},
       "prices": {"input_mtok": 0.30000000000000004, "output_mtok": 1}}]}
  ])";
  auto list = ReadGenaiPrices(kList);
  REQUIRE(list.ok());
  const std::string text = WriteCatalogue(&*list);
  INFO(text);
  CHECK(PriceOf(text, "acme/one", TokenKind::kInput, Prompt(200'000)) == "3/1");
  CHECK(PriceOf(text, "one", TokenKind::kInput, Prompt(200'001)) == "6/1");
  // Above the band a write without bands keeps its one price; a read has that of input.
  CHECK(PriceOf(text, "one", TokenKind::kCacheWrite1h, Prompt(200'001)) == "15/4");
  CHECK(PriceOf(text, "one", TokenKind::kCacheRead, Prompt(200'001)) == "6/1");
  const auto september = ParseInstant("2026-09-01T00:00:00Z");
  REQUIRE(september.ok());
  CHECK(PriceOf(text, "one", TokenKind::kOutput, {.at = *september}) == "5/1");
  CHECK(PriceOf(text, "one", TokenKind::kOutput, {.at = september->PlusMillis(-1)}) == "15/1");
  const auto noon = ParseInstant("2026-06-01T12:00:00Z");
  const auto evening = ParseInstant("2026-06-01T16:30:00Z");
  REQUIRE((noon.ok() && evening.ok()));
  CHECK(PriceOf(text, "night", TokenKind::kInput, {.at = *noon}) == "27/50");
  CHECK(PriceOf(text, "night", TokenKind::kInput, {.at = *evening}) == "27/100");
  CHECK(PriceOf(text, "two", TokenKind::kAudioInput) == "1/1");
  CHECK(PriceOf(text, "two", TokenKind::kImageInput) == "3/10");
  CHECK(PriceOf(text, "two", TokenKind::kSearch) == "10000/1");
  CHECK(Left(*list, "other/two", "cache_audio_read_mtok"));
  CHECK(Left(*list, "other/two", "match.contains"));
  CHECK(PriceOf(text, "other/noisy", TokenKind::kInput) == "7500000000000001/25000000000000000");
  CHECK(Left(*list, "acme/nothing", "prices"));

  const auto root = ParseJson(kList);
  REQUIRE(root.ok());
  const GenaiModels names = GenaiModels::Read(*root);
  CHECK(names.Find("acme", "ONE-2026") == "acme/one");
  CHECK(names.Find("acme", "drei-zwei-eins") == "other/two");
  CHECK_FALSE(names.Find("other", "one").has_value());
}

TEST_CASE("Beginnings of names are aliases where they mean one model alone", "[tools][unit]") {
  auto list = ReadGenaiPrices(R"([{"id": "acme", "models": [
      {"id": "mini", "match": {"starts_with": "one-mini-"}, "prices": {"input_mtok": 1}},
      {"id": "one", "match": {"or": [{"equals": "one"}, {"starts_with": "one-"}]},
       "prices": {"input_mtok": 2}},
      {"id": "free", "match": {"starts_with": "two-free"}, "prices": {}},
      {"id": "two", "match": {"starts_with": "two-"}, "prices": {"input_mtok": 3}},
      {"id": "any", "match": {"contains": "any"}, "prices": {"input_mtok": 4}},
      {"id": "six", "match": {"starts_with": "six-"}, "prices": {"input_mtok": 5}}]},
    {"id": "also", "models": [
      {"id": "four", "match": {"starts_with": "four-"}, "prices": {"input_mtok": 6}},
      {"id": "shared", "match": {"equals": "four-x"}, "prices": {"input_mtok": 7}}]},
    {"id": "last", "models": [
      {"id": "shared", "match": {"equals": "four-x"}, "prices": {"input_mtok": 8}}]}
  ])");
  REQUIRE(list.ok());
  const std::string text = WriteCatalogue(&*list);
  INFO(text);
  CHECK(PriceOf(text, "one-2025", TokenKind::kInput) == "2/1");
  CHECK(PriceOf(text, "one-mini-2025", TokenKind::kInput) == "1/1");
  // A name of a model without prices must not come to cost what another one does.
  CHECK(PriceOf(text, "two-free", TokenKind::kInput) == "no such model");
  CHECK(Left(*list, "acme/two", "alias"));
  // "six-any" is the model before it.
  CHECK(PriceOf(text, "six-1", TokenKind::kInput) == "no such model");
  CHECK(Left(*list, "acme/six", "match.starts_with"));
  // "four-x" is two providers' model.
  CHECK(PriceOf(text, "four-1", TokenKind::kInput) == "no such model");
}

TEST_CASE("A binary fraction is a price as it stands, up to 17 decimals", "[tools][unit]") {
  auto list = ReadGenaiPrices(R"([{"id": "acme", "models": [
      {"id": "one", "match": {"equals": "one"}, "prices": {"input_mtok": 0.08333333333333334,
       "output_mtok": 0.18000000000000002}},
      {"id": "two", "match": {"equals": "two"}, "prices": {"input_mtok": 0.083333333333333334}}
  ]}])");
  REQUIRE(list.ok());
  const std::string text = WriteCatalogue(&*list);
  INFO(text);
  CHECK(PriceOf(text, "acme/one", TokenKind::kInput) == "4166666666666667/50000000000000000");
  CHECK(PriceOf(text, "acme/one", TokenKind::kOutput) == "9000000000000001/50000000000000000");
  CHECK(PriceOf(text, "acme/two", TokenKind::kInput) == "no such model");
  CHECK(Left(*list, "acme/two", "input"));
}

TEST_CASE("Dify's table: price times unit, RMB is CNY, what stands in comments is listed",
          "[tools][unit]") {
  auto list = ReadDify(
      "provider,model,input_price,output_price,unit,currency,context_size,deprecated,comment,"
      "source_path\n"
      "tongyi,qwen-x,0.0024,0.0096,0.001,RMB,32000,,\"0 < tokens <= 32k, \"\"else\"\" dearer\",a\n"
      "moonshot,kimi-y,2,10,0.000001,RMB,,,,b\n"
      "minimax,abroad,1,2,0.000001,USD,,,,c\n",
      "CNY");
  REQUIRE(list.ok());
  const std::string text = WriteCatalogue(&*list);
  INFO(text);
  // 0.0024 for a thousand tokens are 2.4 micros a token.
  CHECK(PriceOf(text, "tongyi/qwen-x", TokenKind::kInput) == "12/5");
  CHECK(PriceOf(text, "moonshot/kimi-y", TokenKind::kOutput) == "10/1");
  CHECK(Left(*list, "tongyi/qwen-x", "comment"));
  CHECK(Left(*list, "minimax/abroad", "currency"));
}

TEST_CASE("What is no such list is refused with the place", "[tools][unit]") {
  CHECK_FALSE(ReadLiteLlm("[]").ok());
  CHECK_FALSE(ReadLiteLlm("{\"a\": 1}").ok());
  CHECK_FALSE(ReadGenaiPrices("{}").ok());
  CHECK_FALSE(ReadGenaiPrices("[{\"id\": \"x\"}]").ok());
  CHECK_FALSE(ReadDify("a,b\n1,2\n", "CNY").ok());
  const auto broken = ParseJson("{\"a\": [1, 2");
  REQUIRE_FALSE(broken.ok());
  CHECK(std::string(broken.status().message()).find("byte") != std::string::npos);
  CHECK_FALSE(ParseJson(std::string(100, '[')).ok());
}

}  // namespace ocs::tools
