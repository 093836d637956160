// The two that OpenAI began and most have taken over: chat completions and responses.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "rating/usage/internal/decimal.h"
#include "rating/usage/internal/dialects.h"

namespace ocs::usage::internal {
namespace {

std::optional<int64_t> Written(Fields& fields, const Scope& details) {
  return fields.Count(
      details, {"cache_write_tokens", "cache_creation_input_tokens", "cache_creation_tokens"});
}

/// Cached and written tokens, from `details`, and where it does not say from `more`.
void ReadCaches(const Reading& reading, const Scope& details, const Scope& more,
                PromptParts& parts) {
  Fields& fields = *reading.fields;
  const Scope& usage = reading.usage;
  const std::optional<int64_t> first = fields.Count(details, {"cached_tokens"});
  const std::optional<int64_t> second = fields.Count(more, {"cached_tokens"});
  const std::optional<int64_t> cached = first.has_value() ? first : second;
  const std::optional<int64_t> beside = fields.Count(
      usage, {"prompt_cache_hit_tokens", "cached_tokens", "cached_prompt_text_tokens"});
  parts.cache_read = cached.value_or(beside.value_or(0));
  if (cached.has_value() && beside.has_value() && *cached != *beside) {
    reading.result->marks.Set(UsageMark::kFieldsDisagree);
  }
  // DeepSeek: hits and misses are the prompt.
  const std::optional<int64_t> missed = fields.Count(usage, {"prompt_cache_miss_tokens"});
  if (missed.has_value() && parts.cache_read + *missed != parts.total) {
    reading.result->marks.Set(UsageMark::kFieldsDisagree);
  }
  const Scope& writer = Member(details, "cache_creation") >= 0 ? details : more;
  const Scope split = fields.Object(writer, {"cache_creation"});
  const int64_t hour = fields.CountOr0(split, {"ephemeral_1h_input_tokens"});
  const int64_t minutes = fields.CountOr0(split, {"ephemeral_5m_input_tokens"});
  const int64_t written =
      Written(fields, details).value_or(Written(fields, more).value_or(hour + minutes));
  parts.cache_write_1h = std::min(hour, written);
  parts.cache_write_5m = written - parts.cache_write_1h;
}

/// The parts of a prompt, from the details and the members beside them.
PromptParts ReadPromptParts(const Reading& reading, const Scope& details, const Scope& more,
                            int64_t total) {
  Fields& fields = *reading.fields;
  const Scope& usage = reading.usage;
  PromptParts parts{.total = total};
  ReadCaches(reading, details, more, parts);
  const Scope cached_by = fields.Object(details, {"cached_tokens_details"});
  const int64_t cached_audio = fields.CountOr0(cached_by, {"audio_tokens"});
  const int64_t cached_image = fields.CountOr0(cached_by, {"image_tokens"});
  const int64_t audio =
      fields.Count(details, {"audio_tokens"}).value_or(fields.CountOr0(usage, {"audio_tokens"}));
  const int64_t image =
      fields.Count(details, {"image_tokens"})
          .value_or(fields.CountOr0(usage, {"image_tokens", "prompt_image_tokens"}));
  const int64_t video =
      fields.Count(details, {"video_tokens"}).value_or(fields.CountOr0(usage, {"video_tokens"}));
  parts.audio = std::max<int64_t>(audio - cached_audio, 0);
  parts.image = std::max<int64_t>(image + video - cached_image, 0);
  Composer& composer = *reading.composer;
  composer.AddDetail("prompt_text", fields.Count(details, {"text_tokens"})
                                        .value_or(fields.CountOr0(usage, {"prompt_text_tokens"})));
  composer.AddDetail("prompt_audio", audio);
  // Mistral: what the serving engine found in its memory; what is billed as cached stands in the
  // details.
  composer.AddDetail("engine_cached", fields.CountOr0(usage, {"num_cached_tokens"}));
  composer.AddDetail("prompt_image", image);
  composer.AddDetail("prompt_video", video);
  composer.AddDetail("cached_text", fields.CountOr0(cached_by, {"text_tokens"}));
  composer.AddDetail("cached_audio", cached_audio);
  composer.AddDetail("cached_image", cached_image);
  return parts;
}

/// The parts of what was generated. `total` is what the provider calls completion or output.
OutputParts ReadOutputParts(const Reading& reading, const Scope& details, int64_t total) {
  Fields& fields = *reading.fields;
  OutputParts parts{.total = total};
  parts.reasoning = fields.Count(details, {"reasoning_tokens"})
                        .value_or(fields.CountOr0(reading.usage, {"reasoning_tokens"}));
  parts.audio = fields.CountOr0(details, {"audio_tokens"});
  const std::optional<int64_t> image = fields.Count(details, {"image_tokens"});
  const std::optional<int64_t> text = fields.Count(details, {"text_tokens"});
  parts.image = image.value_or(0);
  if (reading.terms.image_output && !image.has_value()) {
    parts.image = std::max<int64_t>(total - text.value_or(0), 0);
  }
  Composer& composer = *reading.composer;
  composer.AddDetail("output_text", text.value_or(0));
  composer.AddDetail("accepted_prediction",
                     fields.CountOr0(details, {"accepted_prediction_tokens"}));
  composer.AddDetail("rejected_prediction",
                     fields.CountOr0(details, {"rejected_prediction_tokens"}));
  return parts;
}

/// Decides where the reasoning stands and makes `parts.total` all that was generated.
void PlaceReasoning(const Reading& reading, int64_t prompt, OutputParts& parts) {
  const std::optional<int64_t> total = reading.result->provider_total;
  const int64_t inside = prompt + parts.total;
  const int64_t beside = inside + parts.reasoning;
  switch (reading.terms.reasoning) {
    case ReasoningPlace::kInside:
      return;
    case ReasoningPlace::kBeside:
      if (total != inside) parts.total += parts.reasoning;
      return;
    case ReasoningPlace::kByTotal:
      if (total == beside) parts.total += parts.reasoning;
      return;
    case ReasoningPlace::kApart:
      parts.total += parts.reasoning;
      reading.result->beside_total += parts.reasoning;
      return;
    case ReasoningPlace::kInTotal:
      // A small total proves nothing; a larger one holds thoughts that nothing else reports.
      if (total.has_value() && *total > inside && parts.reasoning == 0) {
        parts.reasoning = *total - inside;
        parts.total += parts.reasoning;
        reading.result->marks.Set(UsageMark::kDerived);
      } else if (total == beside) {
        parts.total += parts.reasoning;
      }
      return;
  }
}

/// Prompt and completion where one of them is not there.
struct Totals {
  int64_t prompt = 0;
  int64_t completion = 0;
};

Totals ReadTotals(const Reading& reading, Names prompt_names, Names completion_names) {
  Fields& fields = *reading.fields;
  const std::optional<int64_t> prompt = fields.Count(reading.usage, prompt_names);
  const std::optional<int64_t> completion = fields.Count(reading.usage, completion_names);
  const std::optional<int64_t> total = fields.Count(reading.usage, {"total_tokens"});
  reading.result->provider_total = total;
  Totals totals{.prompt = prompt.value_or(0), .completion = completion.value_or(0)};
  if (fields.error().has_value() || (prompt.has_value() && completion.has_value())) return totals;
  if (prompt.has_value()) {
    // Without a completion: an interface that has none, or a total that says there was none.
    const bool none = reading.terms.prompt_only || total == prompt;
    if (!none) fields.Needed(reading.usage, completion_names);
    return totals;
  }
  if (total.has_value() && !completion.has_value() && reading.terms.prompt_only) {
    totals.prompt = *total;
    return totals;
  }
  fields.Needed(reading.usage, prompt_names);
  return totals;
}

/// Things that are counted in pieces and seconds. True when there was any. Beside tokens, images
/// are what was read or is counted in tokens already.
bool ReadPieces(const Reading& reading, bool tokens) {
  Fields& fields = *reading.fields;
  const Scope& usage = reading.usage;
  const int64_t images = fields.CountOr0(usage, {"image_count", "generated_images"});
  const std::optional<int64_t> seconds = fields.Seconds(
      usage, {"seconds", "video_duration", "output_video_duration", "duration", "audio_seconds"});
  if (tokens) {
    reading.composer->AddDetail("images", images);
  } else {
    reading.composer->Add(TokenKind::kImage, images);
  }
  reading.composer->Add(TokenKind::kSecond, seconds.value_or(0));
  Fields::Ignore(usage, {"width", "height", "video_count", "SR", "fps"});
  return images > 0 || seconds.has_value();
}

}  // namespace

void ReadChat(const Reading& reading) {
  Fields& fields = *reading.fields;
  const Totals totals = ReadTotals(reading, {"prompt_tokens"}, {"completion_tokens"});
  const Scope prompt_details =
      fields.Object(reading.usage, {"prompt_tokens_details", "prompt_token_details"});
  const Scope output_details =
      fields.Object(reading.usage, {"completion_tokens_details", "completion_token_details"});
  const PromptParts prompt = ReadPromptParts(reading, prompt_details, {}, totals.prompt);
  OutputParts output = ReadOutputParts(reading, output_details, totals.completion);
  PlaceReasoning(reading, totals.prompt, output);
  reading.composer->AddPrompt(prompt);
  reading.composer->AddOutput(output);
  if (reading.terms.citations) {
    const int64_t citations = fields.CountOr0(reading.usage, {"citation_tokens"});
    reading.composer->AddPrompt({.total = citations});
    reading.composer->AddDetail("citations", citations);
    reading.result->beside_total += citations;
  }
  // Groq's clock, and Mistral's seconds of audio beside the prompt.
  Fields::Ignore(reading.usage,
                 {"queue_time", "prompt_time", "completion_time", "total_time", "is_byok"});
  const int audio = Member(reading.usage, "prompt_audio_seconds");
  if (audio >= 0 && reading.root.tree->node(audio).type == JsonType::kNumber) {
    reading.composer->Add(TokenKind::kSecond,
                          fields.Seconds(reading.usage, {"prompt_audio_seconds"}).value_or(0));
  }
}

void ReadInclusive(const Reading& reading) {
  Fields& fields = *reading.fields;
  const bool tokens = Member(reading.usage, "input_tokens") >= 0 ||
                      Member(reading.usage, "output_tokens") >= 0 ||
                      Member(reading.usage, "total_tokens") >= 0;
  if (ReadPieces(reading, tokens) && !tokens) return;
  const Totals totals = ReadTotals(reading, {"input_tokens"}, {"output_tokens"});
  const Scope prompt_details =
      fields.Object(reading.usage, {"input_tokens_details", "input_token_details"});
  // DashScope has both, the cached ones in the second.
  const Scope more = fields.Object(reading.usage, {"prompt_tokens_details"});
  const Scope output_details =
      fields.Object(reading.usage, {"output_tokens_details", "output_token_details"});
  PromptParts prompt = ReadPromptParts(reading, prompt_details, more, totals.prompt);
  // Images and audio that stand beside the details: beside the input too where the total says so.
  const int64_t beside = fields.CountOr0(reading.usage, {"image_tokens"}) +
                         fields.CountOr0(reading.usage, {"audio_tokens"}) +
                         fields.CountOr0(reading.usage, {"video_tokens"});
  if (reading.result->provider_total == totals.prompt + beside + totals.completion) {
    prompt.total += beside;
  }
  OutputParts output = ReadOutputParts(reading, output_details, totals.completion);
  PlaceReasoning(reading, totals.prompt, output);
  reading.composer->AddPrompt(prompt);
  reading.composer->AddOutput(output);
}

void ReadExtras(const Reading& reading) {
  Fields& fields = *reading.fields;
  const Scope& usage = reading.usage;
  Composer& composer = *reading.composer;
  const Scope tools = fields.Object(usage, {"server_tool_use", "server_tool_use_details"});
  int64_t searches = fields.CountOr0(tools, {"web_search_requests"});
  composer.AddDetail("web_fetch", fields.CountOr0(tools, {"web_fetch_requests"}));
  Fields::Ignore(tools, {"tool_calls_requested", "tool_calls_executed"});
  searches += fields.CountOr0(usage, {"num_search_queries", "num_sources_used"});
  const Scope plugins = fields.Object(usage, {"plugins"});
  searches += fields.CountOr0(fields.Object(plugins, {"search"}), {"count"});
  if (searches > kQuantityMax) {
    fields.Fault(UsageErrorKind::kOverLimit, usage, "", Cat(searches, " searches"),
                 Cat("at most ", kQuantityMax));
    return;
  }
  composer.Add(TokenKind::kSearch, searches);

  // What was charged; Perplexity itemises, xAI counts in 10^-10 USD (docs.x.ai, cost tracking).
  const int cost = Member(usage, "cost");
  if (cost >= 0 && usage.tree->node(cost).type == JsonType::kObject) {
    reading.result->cost_usd = fields.Amount({.tree = usage.tree, .node = cost}, "total_cost");
  } else if (cost >= 0) {
    reading.result->cost_usd = fields.Amount(usage, "cost");
  } else if (const std::optional<int64_t> ticks = fields.Count(usage, {"cost_in_usd_ticks"})) {
    std::optional<Decimal> value = ParseDecimal(Cat(*ticks, "e-10"));
    if (value.has_value()) reading.result->cost_usd = PlainText(*value);
  }
  Fields::Ignore(usage, {"cost", "cost_details"});
}

}  // namespace ocs::usage::internal
