// The contract of rating/usage/provider_usage.h: dialects, clamps, marks, errors, streams.

#include "rating/usage/provider_usage.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "tests/rating/usage/invariants.h"
#include "tests/support/catch.h"

namespace ocs::testing {
namespace {

using usage::Clamp;
using usage::ProviderUsage;
using usage::UsageAnswer;
using usage::UsageError;
using usage::UsageErrorKind;
using usage::UsageMark;
using usage::UsageOrigin;

constexpr UsageOrigin kOpenAi{.provider = "openai", .api = "chat"};
constexpr UsageOrigin kAnthropic{.provider = "anthropic", .api = "messages"};
constexpr UsageOrigin kAnthropicStream{.provider = "anthropic", .api = "messages-stream"};
constexpr UsageOrigin kGemini{.provider = "gemini", .api = "generate-content"};

std::string Kinds(const Quantities& quantities) {
  std::string text;
  for (const KindQuantity& one : quantities) {
    text += Cat(text.empty() ? "" : " ", TokenKindName(one.kind), "=", one.quantity);
  }
  return text;
}

/// The vector, or the error as a sentence.
std::string Read(const UsageOrigin& origin, std::string_view body) {
  const UsageAnswer answer = usage::ReadProviderUsage(origin, body);
  CHECK(AnswerFault(answer).empty());
  if (const auto* error = std::get_if<UsageError>(&answer)) return error->Describe();
  return Kinds(std::get<ProviderUsage>(answer).quantities);
}

ProviderUsage Usage(const UsageOrigin& origin, std::string_view body) {
  const UsageAnswer answer = usage::ReadProviderUsage(origin, body);
  REQUIRE(std::holds_alternative<ProviderUsage>(answer));
  CHECK(AnswerFault(answer).empty());
  return std::get<ProviderUsage>(answer);
}

UsageError Error(const UsageOrigin& origin, std::string_view body) {
  const UsageAnswer answer = usage::ReadProviderUsage(origin, body);
  REQUIRE(std::holds_alternative<UsageError>(answer));
  return std::get<UsageError>(answer);
}

ProviderUsage Stream(const UsageOrigin& origin, const std::vector<std::string_view>& events) {
  const UsageAnswer answer = usage::ReadProviderUsageStream(origin, events);
  REQUIRE(std::holds_alternative<ProviderUsage>(answer));
  CHECK(AnswerFault(answer).empty());
  return std::get<ProviderUsage>(answer);
}

TEST_CASE("what is inside the prompt is decided per dialect", "[usage][unit]") {
  SECTION("chat: cached, written, audio and image tokens are in the prompt") {
    CHECK(Read(kOpenAi, R"({"usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,
      "prompt_tokens_details":{"cached_tokens":40,"cache_write_tokens":10,"audio_tokens":5,
      "image_tokens":4},
      "completion_tokens_details":{"reasoning_tokens":30,"audio_tokens":6}}})") ==
          "input=41 cache_read=40 cache_write_5m=10 output=14 reasoning=30 audio_input=5 "
          "audio_output=6 image_input=4");
  }
  SECTION("messages: cache reads and writes are beside the input") {
    CHECK(Read(kAnthropic, R"({"usage":{"input_tokens":2,"cache_read_input_tokens":4862,
      "cache_creation_input_tokens":31874,
      "cache_creation":{"ephemeral_5m_input_tokens":74,"ephemeral_1h_input_tokens":31800},
      "output_tokens":6021,"output_tokens_details":{"thinking_tokens":4585}}})") ==
          "input=2 cache_read=4862 cache_write_5m=74 cache_write_1h=31800 output=1436 "
          "reasoning=4585");
  }
  SECTION("gemini: thoughts and tool prompts are beside, what is cached is in the prompt") {
    CHECK(Read(kGemini, R"({"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":60,
      "promptTokensDetails":[{"modality":"TEXT","tokenCount":40},
                             {"modality":"AUDIO","tokenCount":60}],
      "cacheTokensDetails":[{"modality":"AUDIO","tokenCount":50},
                            {"modality":"TEXT","tokenCount":10}],
      "toolUsePromptTokenCount":7,"candidatesTokenCount":20,"thoughtsTokenCount":30,
      "totalTokenCount":157}})") == "input=37 cache_read=60 output=20 reasoning=30 audio_input=10");
  }
  SECTION("converse: reads and writes are beside, and in the total") {
    CHECK(Read({.provider = "bedrock", .api = "converse"},
               R"({"usage":{"inputTokens":3,"outputTokens":61,"cacheReadInputTokens":2074,
      "cacheWriteInputTokens":297,"totalTokens":2435,
      "cacheDetails":[{"ttl":"1h","inputTokens":200},{"ttl":"5m","inputTokens":97}]}})") ==
          "input=3 cache_read=2074 cache_write_5m=97 cache_write_1h=200 output=61");
  }
  SECTION("cohere: the bill is on billed units") {
    const ProviderUsage usage = Usage({.provider = "cohere", .api = "chat"},
                                      R"({"usage":{"billed_units":{"input_tokens":13,
      "output_tokens":61},"tokens":{"input_tokens":542,"output_tokens":63},"cached_tokens":32}})");
    CHECK(Kinds(usage.quantities) == "input=13 output=61");
    CHECK(DetailOf(usage, "processed_input") == 542);
    CHECK(DetailOf(usage, "processed_output") == 63);
    CHECK(DetailOf(usage, "processed_cached") == 32);
  }
  SECTION("the whole prompt decides a price by length") {
    CHECK(Usage(kAnthropic, R"({"usage":{"input_tokens":2,"cache_read_input_tokens":200000,
      "cache_creation_input_tokens":100,"output_tokens":1}})")
              .prompt_tokens == 200102);
  }
}

TEST_CASE("reasoning beside the completion is told by the provider or by the total",
          "[usage][unit]") {
  const std::string beside =
      R"({"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,
      "completion_tokens_details":{"reasoning_tokens":20}}})";
  const std::string inside =
      R"({"usage":{"prompt_tokens":10,"completion_tokens":25,"total_tokens":35,
      "completion_tokens_details":{"reasoning_tokens":20}}})";
  for (const std::string_view provider : {"xai", "someone-new", ""}) {
    const UsageOrigin origin{.provider = provider, .api = "chat"};
    INFO(provider);
    CHECK(Read(origin, beside) == "input=10 output=5 reasoning=20");
    CHECK(Read(origin, inside) == "input=10 output=5 reasoning=20");
  }
  // Where it is known to be inside, the total is a check and nothing else.
  const ProviderUsage known = Usage(kOpenAi, beside);
  CHECK(Kinds(known.quantities) == "input=10 reasoning=5");
  CHECK(known.clamps ==
        std::vector<Clamp>{{.kind = TokenKind::kReasoning, .reported = 20, .kept = 5}});
  CHECK(known.marks.Has(UsageMark::kTotalDisagrees));
  // Without a total nothing speaks for beside, but at the provider that is known for it.
  const std::string no_total =
      R"({"usage":{"prompt_tokens":10,"completion_tokens":25,
      "completion_tokens_details":{"reasoning_tokens":20}}})";
  CHECK(Read({.provider = "xai", .api = "chat"}, no_total) == "input=10 output=25 reasoning=20");
  CHECK(Read({.provider = "someone-new", .api = "chat"}, no_total) ==
        "input=10 output=5 reasoning=20");
}

TEST_CASE("thoughts that only the total reports are charged and marked", "[usage][unit]") {
  const ProviderUsage usage =
      Usage({.provider = "gemini", .api = "chat"},
            R"({"usage":{"prompt_tokens":35,"completion_tokens":12,"total_tokens":109}})");
  CHECK(Kinds(usage.quantities) == "input=35 output=12 reasoning=62");
  CHECK(usage.marks.Has(UsageMark::kDerived));
  CHECK_FALSE(usage.marks.Has(UsageMark::kTotalDisagrees));
}

TEST_CASE("parts that do not fit are clamped in the order of the rule, and told", "[usage][unit]") {
  const ProviderUsage usage =
      Usage(kOpenAi, R"({"usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,
      "prompt_tokens_details":{"cached_tokens":70,"audio_tokens":50,"image_tokens":20},
      "completion_tokens_details":{"reasoning_tokens":12,"audio_tokens":3}}})");
  CHECK(Kinds(usage.quantities) == "cache_read=70 reasoning=10 audio_input=30");
  CHECK(usage.clamps ==
        std::vector<Clamp>{{.kind = TokenKind::kAudioInput, .reported = 50, .kept = 30},
                           {.kind = TokenKind::kImageInput, .reported = 20, .kept = 0},
                           {.kind = TokenKind::kReasoning, .reported = 12, .kept = 10},
                           {.kind = TokenKind::kAudioOutput, .reported = 3, .kept = 0}});
  CHECK(usage.marks.Has(UsageMark::kClamped));
  CHECK_FALSE(usage.marks.Has(UsageMark::kTotalDisagrees));
}

TEST_CASE("counts are whole numbers however they are written, and nothing else", "[usage][unit]") {
  const auto prompt = [](std::string_view number) {
    return Read(kOpenAi, Cat(R"({"usage":{"completion_tokens":0,"prompt_tokens":)", number, "}}"));
  };
  CHECK(prompt("12") == "input=12");
  CHECK(prompt("12.0") == "input=12");
  CHECK(prompt("1.2e1") == "input=12");
  CHECK(prompt("1200e-2") == "input=12");
  CHECK(prompt("0.0") == "");
  CHECK(prompt("1000000000000") == "input=1000000000000");
  const std::string expected = ", expected a whole number from 0 to 1000000000000";
  CHECK(prompt("12.5") == "usage.prompt_tokens: found 12.5" + expected);
  CHECK(prompt("-3") == "usage.prompt_tokens: found -3" + expected);
  CHECK(prompt("1000000000001") == "usage.prompt_tokens: found 1000000000001" + expected);
  CHECK(prompt("9007199254740993e0") == "usage.prompt_tokens: found 9007199254740993e0" + expected);
  CHECK(prompt("1e300") == "usage.prompt_tokens: found 1e300" + expected);
  CHECK(prompt("\"12\"") == "usage.prompt_tokens: found a text of 2 bytes" + expected);
  CHECK(prompt("true") == "usage.prompt_tokens: found true" + expected);
  CHECK(prompt("[12]") == "usage.prompt_tokens: found a list" + expected);
  CHECK(prompt("null") == "usage.prompt_tokens: found nothing" + expected);
}

TEST_CASE("errors name the kind, the place, what was found and what was expected",
          "[usage][unit]") {
  CHECK(Error(kOpenAi, "").kind == UsageErrorKind::kNotJson);
  CHECK(Error(kOpenAi, "[]").kind == UsageErrorKind::kNotJson);
  CHECK(Error(kOpenAi, "{\"usage\":{").kind == UsageErrorKind::kNotJson);
  CHECK(Error(kOpenAi, R"({"usage":{},"usage":{}})").kind == UsageErrorKind::kTwice);
  CHECK(Error(kOpenAi, R"({"usage":{"prompt_tokens":1,"prompt_tokens":2}})").path ==
        "usage.prompt_tokens");
  CHECK(Error(kOpenAi, R"({"id":"x"})").kind == UsageErrorKind::kNoUsage);
  CHECK(Error(kOpenAi, R"({"usage":null})").kind == UsageErrorKind::kNoUsage);
  CHECK(Error(kOpenAi, R"({"error":{"message":"overloaded"}})").found ==
        "an error of the provider");
  CHECK(Error(kOpenAi, R"({"usage":{"prompt_tokens":1}})").kind == UsageErrorKind::kMissing);
  CHECK(Error(kOpenAi, R"({"usage":{"prompt_tokens":1}})").path == "usage.completion_tokens");
  CHECK(Error(kOpenAi, R"({"usage":{"prompt_tokens":1,"completion_tokens":1,
      "prompt_tokens_details":7}})")
            .path == "usage.prompt_tokens_details");
  CHECK(Error(kGemini, R"({"usageMetadata":{"promptTokenCount":1,"promptTokensDetails":
      [{"modality":"TEXT","tokenCount":1},{"modality":"AUDIO","tokenCount":-1}]}})")
            .path == "usageMetadata.promptTokensDetails[1].tokenCount");
  CHECK(Error(kAnthropic, R"({"usage":{"input_tokens":1000000000000,
      "cache_read_input_tokens":1000000000000,"output_tokens":1}})")
            .kind == UsageErrorKind::kOverLimit);
  CHECK(Error(kOpenAi, Cat(R"({"model":")", std::string(300, 'm'),
                           R"(","usage":{"prompt_tokens":1,"completion_tokens":1}})"))
            .path == "model");
}

TEST_CASE("the answer itself never reaches an error text", "[usage][unit]") {
  const UsageError error =
      Error(kOpenAi, R"({"choices":[{"message":{"content":"my secret"}}],"usage":{"prompt_to)");
  CHECK(error.kind == UsageErrorKind::kNotJson);
  CHECK(error.Describe().find("secret") == std::string::npos);
  CHECK(Error(kOpenAi, R"({"usage":{"prompt_tokens":"my secret","completion_tokens":1}})")
            .Describe()
            .find("secret") == std::string::npos);
}

TEST_CASE("a large answer is read without being kept", "[usage][unit]") {
  std::string body = R"({"data":[)";
  for (int i = 0; i < 20'000; ++i) body += Cat(i == 0 ? "" : ",", "[0.1,0.2,{\"usage\":1}]");
  body += R"(],"model":"e","usage":{"prompt_tokens":8,"total_tokens":8}})";
  CHECK(Read({.provider = "openai", .api = "embeddings"}, body) == "input=8");
  std::string wide = R"({"usage":{"prompt_tokens":8,"completion_tokens":0)";
  for (int i = 0; i < 5'000; ++i) wide += Cat(",\"m", i, "\":1");
  CHECK(Error(kOpenAi, wide + "}}").kind == UsageErrorKind::kTooLarge);
  std::string deep = R"({"usage":)";
  for (int i = 0; i < 100'000; ++i) deep += R"({"a":)";
  CHECK(Error(kOpenAi, deep).kind == UsageErrorKind::kTooLarge);
  std::string nested = R"({"choices":)";
  for (int i = 0; i < 100'000; ++i) nested += "[";
  CHECK(Error(kOpenAi, nested).kind == UsageErrorKind::kNotJson);
}

TEST_CASE("a provider's charge is kept as the exact decimal that it wrote", "[usage][unit]") {
  const auto cost = [](std::string_view text) {
    return Usage({.provider = "openrouter", .api = "chat"},
                 Cat(R"({"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":)", text, "}}"))
        .cost_usd.value_or("none");
  };
  CHECK(cost("4e-05") == "0.00004");
  CHECK(cost("4.1400000000000003e-05") == "0.000041400000000000003");
  CHECK(cost("0.01058775") == "0.01058775");
  CHECK(cost("12") == "12");
  CHECK(cost("1.50E+2") == "150");
  CHECK(cost("0.0") == "0");
  CHECK(cost("null") == "none");
  CHECK(Error({.provider = "openrouter", .api = "chat"},
              R"({"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":-0.1}})")
            .kind == UsageErrorKind::kNegative);
}

TEST_CASE("a total that the kinds do not reach is marked and changes nothing", "[usage][unit]") {
  const ProviderUsage usage =
      Usage(kOpenAi, R"({"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":16}})");
  CHECK(Kinds(usage.quantities) == "input=10 output=5");
  CHECK(usage.provider_total == 16);
  CHECK(usage.marks.Has(UsageMark::kTotalDisagrees));
}

TEST_CASE("a counter that nobody reads is named", "[usage][unit]") {
  const ProviderUsage usage = Usage(kOpenAi, R"({"usage":{"prompt_tokens":10,"completion_tokens":5,
      "prompt_tokens_details":{"hologram_tokens":4,"empty_tokens":0},"surcharges":[3]}})");
  CHECK(usage.unread == std::vector<std::string>{"usage.prompt_tokens_details.hologram_tokens",
                                                 "usage.surcharges[0]"});
  CHECK(usage.marks.Has(UsageMark::kUnread));
}

TEST_CASE("members that should say the same and do not are marked", "[usage][unit]") {
  CHECK(Usage({.provider = "deepseek", .api = "chat"},
              R"({"usage":{"prompt_tokens":20,"completion_tokens":1,"prompt_cache_hit_tokens":8,
      "prompt_cache_miss_tokens":11}})")
            .marks.Has(UsageMark::kFieldsDisagree));
  const ProviderUsage split = Usage(kAnthropic, R"({"usage":{"input_tokens":1,"output_tokens":1,
      "cache_creation_input_tokens":10,
      "cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":4}}})");
  CHECK(Kinds(split.quantities) == "input=1 cache_write_5m=6 cache_write_1h=4 output=1");
  CHECK(split.marks.Has(UsageMark::kFieldsDisagree));
}

TEST_CASE("what another model did for the call stands apart", "[usage][unit]") {
  const ProviderUsage usage = Usage(kAnthropic, R"({"model":"small","usage":{"input_tokens":30,
      "output_tokens":9,"iterations":[
      {"type":"message","input_tokens":10,"output_tokens":4},
      {"type":"advisor_message","model":"large","input_tokens":25,"output_tokens":2},
      {"type":"compaction","input_tokens":1,"cache_read_input_tokens":500,"output_tokens":8},
      {"type":"message","input_tokens":20,"output_tokens":5}]}})");
  CHECK(Kinds(usage.quantities) == "input=30 output=9");
  REQUIRE(usage.apart.size() == 2);
  CHECK(usage.apart[0].model == "large");
  CHECK(usage.apart[0].role == "advisor_message");
  CHECK(Kinds(usage.apart[0].quantities) == "input=25 output=2");
  CHECK(usage.apart[1].model == "small");
  CHECK(Kinds(usage.apart[1].quantities) == "input=1 cache_read=500 output=8");
  CHECK_FALSE(usage.marks.Has(UsageMark::kFieldsDisagree));
}

TEST_CASE("pieces and seconds are counted beside tokens", "[usage][unit]") {
  CHECK(Read({.provider = "dashscope", .api = "async-task"}, R"({"usage":{"image_count":4}})") ==
        "image=4");
  const UsageOrigin audio{.provider = "openai", .api = "audio-transcriptions"};
  CHECK(Read(audio, R"({"usage":{"type":"duration","seconds":7}})") == "second=7");
  const ProviderUsage rounded = Usage(audio, R"({"usage":{"type":"duration","seconds":7.01}})");
  CHECK(Kinds(rounded.quantities) == "second=8");
  CHECK(rounded.marks.Has(UsageMark::kRoundedUp));
  CHECK(Usage(audio, R"({"type":"duration","seconds":7.01})").marks.Has(UsageMark::kRoundedUp));
  CHECK(Read({.provider = "openai", .api = "images"},
             R"({"usage":{"input_tokens":50,"output_tokens":4160,"total_tokens":4210,
      "input_tokens_details":{"text_tokens":10,"image_tokens":40}}})") ==
        "input=10 image_input=40 image_output=4160");
}

TEST_CASE("an interface that generates nothing needs no completion", "[usage][unit]") {
  CHECK(Read({.provider = "voyage", .api = "embeddings"}, R"({"usage":{"total_tokens":4}})") ==
        "input=4");
  CHECK(Read({}, R"({"object":"list","usage":{"total_tokens":4}})") == "input=4");
  CHECK(Read({.provider = "gemini", .api = "cached-contents"},
             R"({"usageMetadata":{"totalTokenCount":3512}})") == "cache_write_1h=3512");
  CHECK(Error({.provider = "someone-new", .api = "chat"}, R"({"usage":{"total_tokens":4}})").kind ==
        UsageErrorKind::kMissing);
  // Images that an embedding reads are no images that were made.
  CHECK(Read({.provider = "dashscope", .api = "multimodal-embedding"},
             R"({"usage":{"input_tokens":10,"image_tokens":896,"image_count":1,
      "total_tokens":906}})") == "input=10 image_input=896");
  CHECK(Read({.provider = "dashscope", .api = "multimodal-generation"},
             R"({"usage":{"input_tokens":1271,"image_tokens":1247,"output_tokens":55}})") ==
        "input=24 output=55 image_input=1247");
}

TEST_CASE("tokens that a provider bills beside its own total do not disagree with it",
          "[usage][unit]") {
  const ProviderUsage usage = Usage({.provider = "perplexity", .api = "chat"},
                                    R"({"usage":{"prompt_tokens":33,"completion_tokens":7163,
      "total_tokens":7196,"citation_tokens":20016,"num_search_queries":18,"reasoning_tokens":73997,
      "cost":{"input_tokens_cost":0.1,"total_cost":0.725}}})");
  CHECK(Kinds(usage.quantities) == "input=20049 output=7163 reasoning=73997 search=18");
  CHECK(usage.beside_total == 73997 + 20016);
  CHECK(usage.marks.empty());
  CHECK(usage.cost_usd == "0.725");
}

TEST_CASE("more counters of more interfaces", "[usage][unit]") {
  SECTION("xAI: what was charged in 10^-10 USD, sources as searches") {
    const ProviderUsage usage = Usage({.provider = "xai", .api = "chat"},
                                      R"({"usage":{"prompt_tokens":32,"completion_tokens":9,
      "total_tokens":135,"num_sources_used":2,"cost_in_usd_ticks":37756000,
      "completion_tokens_details":{"reasoning_tokens":94}}})");
    CHECK(Kinds(usage.quantities) == "input=32 output=9 reasoning=94 search=2");
    CHECK(usage.cost_usd == "0.0037756");
    CHECK(usage.marks.empty());
  }
  SECTION("xAI: the names of its own library") {
    CHECK(Read({.provider = "xai", .api = "chat"},
               R"({"usage":{"prompt_tokens":300,"prompt_text_tokens":44,"prompt_image_tokens":256,
      "cached_prompt_text_tokens":4,"completion_tokens":9,"reasoning_tokens":94,
      "total_tokens":403}})") == "input=40 cache_read=4 output=9 reasoning=94 image_input=256");
  }
  SECTION("interactions: the total says whether thoughts are in the output") {
    const UsageOrigin origin{.provider = "gemini", .api = "interactions"};
    const auto body = [](int total) {
      return Cat(R"({"usage":{"total_input_tokens":10,"total_cached_tokens":4,
          "total_output_tokens":8,"total_thought_tokens":5,"total_tool_use_tokens":2,
          "input_tokens_by_modality":[{"modality":"audio","tokens":3}],"total_tokens":)",
                 total, "}}");
    };
    CHECK(Read(origin, body(25)) == "input=5 cache_read=4 output=8 reasoning=5 audio_input=3");
    CHECK(Read(origin, body(20)) == "input=5 cache_read=4 output=3 reasoning=5 audio_input=3");
  }
  SECTION("Bedrock: answers in a model's own form") {
    const UsageOrigin invoke{.provider = "bedrock", .api = "invoke"};
    CHECK(Read(invoke, R"({"inputTextTokenCount":5,"results":[{"tokenCount":10,"outputText":"x",
      "completionReason":"FINISH"}]})") == "input=5 output=10");
    CHECK(Read(invoke, R"({"generation":"x","prompt_token_count":7,"generation_token_count":3})") ==
          "input=7 output=3");
    const ProviderUsage stream =
        Stream({.provider = "bedrock", .api = "invoke-stream"},
               {R"({"type":"message_start","message":{"model":"c","usage":{"input_tokens":5,
          "cache_read_input_tokens":90,"output_tokens":1}}})",
                R"({"type":"message_delta","usage":{"output_tokens":40}})",
                R"({"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":5,
          "outputTokenCount":41,"invocationLatency":100}})"});
    CHECK(Kinds(stream.quantities) == "input=5 cache_read=90 output=40");
  }
  SECTION("what changes a price and is no count is reported") {
    const ProviderUsage usage = Usage(kAnthropic, R"({"model":"c","usage":{"input_tokens":1,
      "output_tokens":1,"service_tier":"priority","inference_geo":"us","speed":"fast"}})");
    CHECK(usage.service_tier == "priority");
    CHECK(usage.region == "us");
    CHECK(usage.speed == "fast");
    CHECK(Usage(kGemini, R"({"usageMetadata":{"promptTokenCount":1,"trafficType":
      "PROVISIONED_THROUGHPUT"}})")
              .service_tier == "PROVISIONED_THROUGHPUT");
  }
}

TEST_CASE("of a stream the event counts that its provider means", "[usage][unit]") {
  SECTION("cumulative: the last, even where it is less") {
    CHECK(Kinds(Stream(kGemini,
                       {R"({"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":8}})",
                        R"({"modelVersion":"g","candidates":[]})",
                        R"({"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":7}})"})
                    .quantities) == "input=9 output=7");
  }
  SECTION("chat: the one with usage, wherever it stands") {
    const ProviderUsage usage = Stream(
        kOpenAi, {R"({"model":"m","choices":[],"usage":null})",
                  R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":8}})", "[DONE]"});
    CHECK(Kinds(usage.quantities) == "input=9 output=8");
    CHECK(usage.model == "m");
    CHECK(usage.marks.empty());
  }
  SECTION("messages: the start, and over it the last delta") {
    const std::string_view start =
        R"({"type":"message_start","message":{"model":"c","usage":{"input_tokens":100,
        "cache_read_input_tokens":500,"cache_creation_input_tokens":7,
        "cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":7},
        "output_tokens":2,"service_tier":"standard"}}})";
    const ProviderUsage usage =
        Stream(kAnthropicStream, {start, R"({"type":"content_block_delta","delta":{"text":"x"}})",
                                  R"({"type":"message_delta","usage":{"output_tokens":40}})"});
    CHECK(Kinds(usage.quantities) == "input=100 cache_read=500 cache_write_1h=7 output=40");
    CHECK(usage.model == "c");
    CHECK(usage.service_tier == "standard");
    const ProviderUsage replaced =
        Stream(kAnthropicStream, {start, R"({"type":"message_delta","usage":{"input_tokens":181,
        "cache_read_input_tokens":0,"cache_creation_input_tokens":0,"output_tokens":8}})"});
    CHECK(Kinds(replaced.quantities) == "input=181 output=8");
    const ProviderUsage broken = Stream(kAnthropicStream, {start});
    CHECK(QuantityOf(broken.quantities, TokenKind::kOutput) == 2);
    CHECK(broken.marks.Has(UsageMark::kIncomplete));
  }
  SECTION("assistants: the run, not its steps") {
    const UsageOrigin run{.provider = "openai", .api = "assistants-run-stream"};
    const std::string_view step =
        R"({"object":"thread.run.step","usage":{"prompt_tokens":9,"completion_tokens":1}})";
    const std::string_view whole =
        R"({"object":"thread.run","usage":{"prompt_tokens":20,"completion_tokens":3}})";
    CHECK(Kinds(Stream(run, {step, whole}).quantities) == "input=20 output=3");
    CHECK(Kinds(Stream(run, {whole, step}).quantities) == "input=20 output=3");
  }
  SECTION("a cut event after the last count makes it a lower bound") {
    CHECK(Stream(kGemini, {R"({"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":8}})",
                           R"({"usageMetadata":{"promptTok)"})
              .marks.Has(UsageMark::kIncomplete));
  }
  SECTION("a stream without counts says so") {
    const std::vector<std::string_view> events = {R"({"choices":[]})", "[DONE]"};
    const UsageAnswer answer = usage::ReadProviderUsageStream(kOpenAi, events);
    REQUIRE(std::holds_alternative<UsageError>(answer));
    CHECK(std::get<UsageError>(answer).kind == UsageErrorKind::kNoUsage);
  }
}

TEST_CASE("a count of one's own is marked as an estimate", "[usage][unit]") {
  const ProviderUsage usage =
      usage::EstimatedUsage("m", {{.kind = TokenKind::kInput, .quantity = 10},
                                  {.kind = TokenKind::kOutput, .quantity = 4},
                                  {.kind = TokenKind::kSearch, .quantity = 1}});
  CHECK(Kinds(usage.quantities) == "input=10 output=4 search=1");
  CHECK(usage.prompt_tokens == 10);
  CHECK(usage.output_tokens == 4);
  CHECK(usage.marks.Has(UsageMark::kEstimated));
}

}  // namespace
}  // namespace ocs::testing
