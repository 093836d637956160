// Gemini and Vertex AI: a prompt that holds what is cached, and thoughts and tool prompts beside.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "ocs/base/limits.h"
#include "rating/usage/internal/dialects.h"

namespace ocs::usage::internal {
namespace {

/// Tokens by modality. Video frames and pages of documents have no kind of their own.
struct Modalities {
  int64_t text = 0;
  int64_t audio = 0;
  int64_t image = 0;
  int64_t video = 0;
  int64_t document = 0;

  int64_t Visual() const { return image + video + document; }
};

/// Sums the list of that name. A modality is a word in either case, or its number in the protocol.
Modalities ReadModalities(Fields& fields, const Scope& usage, Names names) {
  Modalities sums;
  for (const Scope& one : fields.Elements(usage, names)) {
    const std::string modality =
        absl::AsciiStrToUpper(fields.Text(one, "modality", kModelNameLengthMax));
    const int64_t tokens = fields.CountOr0(one, {"tokenCount", "tokens"});
    if (modality == "AUDIO" || modality == "4") {
      sums.audio += tokens;
    } else if (modality == "IMAGE" || modality == "2") {
      sums.image += tokens;
    } else if (modality == "VIDEO" || modality == "3") {
      sums.video += tokens;
    } else if (modality == "DOCUMENT" || modality == "5") {
      sums.document += tokens;
    } else {
      sums.text += tokens;
    }
  }
  return sums;
}

void AddPromptDetails(Composer& composer, const Modalities& prompt, const Modalities& cached,
                      const Modalities& tool) {
  composer.AddDetail("prompt_text", prompt.text);
  composer.AddDetail("prompt_audio", prompt.audio);
  composer.AddDetail("prompt_image", prompt.image);
  composer.AddDetail("prompt_video", prompt.video);
  composer.AddDetail("prompt_document", prompt.document);
  composer.AddDetail("cached_text", cached.text);
  composer.AddDetail("cached_audio", cached.audio);
  composer.AddDetail("cached_image", cached.image);
  composer.AddDetail("cached_video", cached.video);
  composer.AddDetail("cached_document", cached.document);
  composer.AddDetail("tool_text", tool.text);
  composer.AddDetail("tool_audio", tool.audio);
  composer.AddDetail("tool_image", tool.image);
  composer.AddDetail("tool_video", tool.video);
  composer.AddDetail("tool_document", tool.document);
}

/// What of `all` is not in `cached`, where the lists say it.
int64_t Uncached(int64_t all, int64_t cached) { return std::max<int64_t>(all - cached, 0); }

PromptParts ReadPrompt(const Reading& reading, int64_t prompt) {
  Fields& fields = *reading.fields;
  const Scope& usage = reading.usage;
  const int64_t tool = fields.CountOr0(
      usage, {"toolUsePromptTokenCount", "total_tool_use_tokens", "totalToolUseTokens"});
  const Modalities by = ReadModalities(fields, usage,
                                       {"promptTokensDetails", "promptTokenDetails",
                                        "input_tokens_by_modality", "inputTokensByModality"});
  const Modalities cached_by = ReadModalities(
      fields, usage, {"cacheTokensDetails", "cached_tokens_by_modality", "cachedTokensByModality"});
  const Modalities tool_by = ReadModalities(
      fields, usage,
      {"toolUsePromptTokensDetails", "tool_use_tokens_by_modality", "toolUseTokensByModality"});
  reading.composer->AddDetail("tool_prompt", tool);
  AddPromptDetails(*reading.composer, by, cached_by, tool_by);
  return {.total = prompt + tool,
          .cache_read = fields.CountOr0(
              usage, {"cachedContentTokenCount", "total_cached_tokens", "totalCachedTokens"}),
          .audio = Uncached(by.audio, cached_by.audio) + tool_by.audio,
          .image = Uncached(by.Visual(), cached_by.Visual()) + tool_by.Visual()};
}

}  // namespace

void ReadGemini(const Reading& reading) {
  Fields& fields = *reading.fields;
  const Scope& usage = reading.usage;
  Composer& composer = *reading.composer;
  const std::optional<int64_t> prompt =
      fields.Count(usage, {"promptTokenCount", "total_input_tokens", "totalInputTokens"});
  const std::optional<int64_t> candidates = fields.Count(
      usage,
      {"candidatesTokenCount", "responseTokenCount", "total_output_tokens", "totalOutputTokens"});
  const int64_t thoughts =
      fields.CountOr0(usage, {"thoughtsTokenCount", "total_thought_tokens", "totalThoughtTokens"});
  const std::optional<int64_t> total =
      fields.Count(usage, {"totalTokenCount", "total_tokens", "totalTokens"});
  reading.result->provider_total = total;
  const bool by_total =
      Member(usage, "total_output_tokens") >= 0 || Member(usage, "totalOutputTokens") >= 0;
  const Scope& tier_from = usage;
  reading.result->service_tier = fields.Text(tier_from, "serviceTier", kModelNameLengthMax);
  if (reading.result->service_tier.empty()) {
    reading.result->service_tier = fields.Text(tier_from, "trafficType", kModelNameLengthMax);
  }
  if (!prompt.has_value() && !candidates.has_value() && thoughts == 0 && total.has_value() &&
      reading.terms.prompt_only) {
    // A cache that was made: it is kept an hour where nothing else is said.
    composer.AddPrompt({.total = *total, .cache_write_1h = *total});
    return;
  }
  if (!prompt.has_value() && !fields.error().has_value())
    fields.Needed(usage, {"promptTokenCount"});
  composer.AddPrompt(ReadPrompt(reading, prompt.value_or(0)));
  const Modalities by = ReadModalities(fields, usage,
                                       {"candidatesTokensDetails", "responseTokensDetails",
                                        "output_tokens_by_modality", "outputTokensByModality"});
  composer.AddDetail("output_text", by.text);
  composer.AddDetail("output_video", by.video);
  // The newer interface (interactions) does not say whether thoughts are in its output: its total
  // does.
  const int64_t inside = composer.prompt_tokens() + candidates.value_or(0);
  const bool within = by_total && thoughts > 0 && total == inside;
  composer.AddOutput({.total = candidates.value_or(0) + (within ? 0 : thoughts),
                      .reasoning = thoughts,
                      .audio = by.audio,
                      .image = by.Visual()});
}

}  // namespace ocs::usage::internal
