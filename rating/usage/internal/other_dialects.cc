// The providers that count in their own way: Anthropic, Bedrock, Cohere, Ollama.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "ocs/base/limits.h"
#include "rating/usage/internal/dialects.h"

namespace ocs::usage::internal {
namespace {

/// A count of the later event, else of the first one.
std::optional<int64_t> LaterCount(Fields& fields, const Scope& later, const Scope& start,
                                  Names names) {
  const std::optional<int64_t> count = fields.Count(later, names);
  return count.has_value() ? count : fields.Count(start, names);
}

/// Anthropic's prompt, from one usage object and, in a stream, the first event's.
PromptParts AnthropicPrompt(const Reading& reading, const Scope& later, const Scope& start) {
  Fields& fields = *reading.fields;
  const std::optional<int64_t> input = LaterCount(fields, later, start, {"input_tokens"});
  if (!input.has_value()) fields.Needed(later, {"input_tokens"});
  PromptParts parts;
  parts.cache_read = LaterCount(fields, later, start, {"cache_read_input_tokens"}).value_or(0);
  const std::optional<int64_t> written =
      LaterCount(fields, later, start, {"cache_creation_input_tokens"});
  const bool split_later = Member(later, "cache_creation") >= 0;
  const Scope split = fields.Object(split_later ? later : start, {"cache_creation"});
  const int64_t hour = fields.CountOr0(split, {"ephemeral_1h_input_tokens"});
  const int64_t minutes = fields.CountOr0(split, {"ephemeral_5m_input_tokens"});
  const int64_t all = written.value_or(hour + minutes);
  // The sum is what is billed; what the split does not explain is of the usual life. A split that
  // an earlier event brought is stale where the later one brings another sum.
  const bool stale = start.there() && !split_later;
  if (split.there() && !stale && all != hour + minutes) {
    reading.result->marks.Set(UsageMark::kFieldsDisagree);
  }
  parts.cache_write_1h = std::min(hour, all);
  parts.cache_write_5m = all - parts.cache_write_1h;
  parts.total = input.value_or(0) + parts.cache_read + all;
  return parts;
}

OutputParts AnthropicOutput(const Reading& reading, const Scope& later, const Scope& start) {
  Fields& fields = *reading.fields;
  const std::optional<int64_t> output = LaterCount(fields, later, start, {"output_tokens"});
  if (!output.has_value()) fields.Needed(later, {"output_tokens"});
  const Scope details = fields.Object(later, {"output_tokens_details"});
  return {.total = output.value_or(0), .reasoning = fields.CountOr0(details, {"thinking_tokens"})};
}

/// Usage of other models, and of the same beside the answer. The top-level sums hold the `message`
/// iterations and no others.
void ReadIterations(const Reading& reading) {
  Fields& fields = *reading.fields;
  int64_t prompt = 0;
  int64_t output = 0;
  bool any_message = false;
  for (const Scope& one : fields.Elements(reading.usage, {"iterations"})) {
    const std::string role = fields.Text(one, "type", kModelNameLengthMax);
    const PromptParts prompt_parts = AnthropicPrompt(reading, one, {});
    const OutputParts output_parts = AnthropicOutput(reading, one, {});
    if (fields.error().has_value()) return;
    if (role == "message") {
      any_message = true;
      prompt += prompt_parts.total;
      output += output_parts.total;
      continue;
    }
    Composer composer;
    composer.AddPrompt(prompt_parts);
    composer.AddOutput(output_parts);
    ProviderUsage part;
    if (!composer.Finish(part)) {
      fields.Fault(UsageErrorKind::kOverLimit, one, "", "a sum beyond the limit", "less");
      return;
    }
    ApartUsage apart{.model = fields.Text(one, "model", kModelNameLengthMax),
                     .role = role,
                     .quantities = std::move(part.quantities),
                     .prompt_tokens = part.prompt_tokens};
    if (apart.model.empty()) apart.model = reading.result->model;
    reading.result->apart.push_back(std::move(apart));
  }
  const Composer& sums = *reading.composer;
  if (any_message && (prompt != sums.prompt_tokens() || output != sums.output_tokens())) {
    reading.result->marks.Set(UsageMark::kFieldsDisagree);
  }
}

}  // namespace

void ReadAnthropic(const Reading& reading) {
  const Scope& usage = reading.usage;
  reading.composer->AddPrompt(AnthropicPrompt(reading, usage, reading.start));
  reading.composer->AddOutput(AnthropicOutput(reading, usage, reading.start));
  if (reading.fields->error().has_value()) return;
  ReadIterations(reading);
  Fields& fields = *reading.fields;
  std::string region = fields.Text(usage, "inference_geo", kModelNameLengthMax);
  if (region.empty()) region = fields.Text(reading.start, "inference_geo", kModelNameLengthMax);
  reading.result->region = std::move(region);
  reading.result->speed = fields.Text(usage, "speed", kModelNameLengthMax);
}

void ReadBedrock(const Reading& reading) {
  Fields& fields = *reading.fields;
  const Scope& usage = reading.usage;
  const int64_t input = fields.Needed(usage, {"inputTokens"});
  const int64_t output = fields.Needed(usage, {"outputTokens"});
  reading.result->provider_total = fields.Count(usage, {"totalTokens"});
  PromptParts parts;
  parts.cache_read = fields.CountOr0(usage, {"cacheReadInputTokens", "cacheReadInputTokenCount"});
  const int64_t written =
      fields.CountOr0(usage, {"cacheWriteInputTokens", "cacheWriteInputTokenCount"});
  int64_t hour = 0;
  for (const Scope& one : fields.Elements(usage, {"cacheDetails"})) {
    const int64_t tokens = fields.CountOr0(one, {"inputTokens"});
    if (fields.Text(one, "ttl", kModelNameLengthMax) == "1h") hour += tokens;
  }
  parts.cache_write_1h = std::min(hour, written);
  parts.cache_write_5m = written - parts.cache_write_1h;
  parts.total = input + parts.cache_read + written;
  reading.composer->AddPrompt(parts);
  reading.composer->AddOutput({.total = output});
}

void ReadCohere(const Reading& reading) {
  Fields& fields = *reading.fields;
  const Scope& usage = reading.usage;
  Composer& composer = *reading.composer;
  const Scope processed = fields.Object(usage, {"tokens"});
  const int64_t input = fields.CountOr0(processed, {"input_tokens"});
  const int64_t output = fields.CountOr0(processed, {"output_tokens"});
  const int64_t cached = fields.CountOr0(usage, {"cached_tokens"});
  composer.AddDetail("processed_input", input);
  composer.AddDetail("processed_output", output);
  composer.AddDetail("processed_cached", cached);
  const Scope billed = fields.Object(usage, {"billed_units"});
  if (!billed.there()) {
    // What was processed is not the bill, and the nearest to it that there is.
    composer.AddPrompt({.total = input, .cache_read = cached});
    composer.AddOutput({.total = output});
    reading.result->marks.Set(UsageMark::kEstimated);
    return;
  }
  const int64_t image = fields.CountOr0(billed, {"image_tokens"});
  const int64_t text = fields.CountOr0(billed, {"input_tokens"});
  composer.AddPrompt({.total = text + image, .image = image});
  composer.AddOutput({.total = fields.CountOr0(billed, {"output_tokens"})});
  composer.Add(TokenKind::kSearch, fields.CountOr0(billed, {"search_units"}));
}

void ReadOllama(const Reading& reading) {
  Fields& fields = *reading.fields;
  // A prompt that the model still had loaded is left out of the answer.
  reading.composer->AddPrompt({.total = fields.CountOr0(reading.usage, {"prompt_eval_count"})});
  reading.composer->AddOutput({.total = fields.CountOr0(reading.usage, {"eval_count"})});
}

void ReadInvoke(const Reading& reading) {
  Fields& fields = *reading.fields;
  const Scope& usage = reading.usage;
  PromptParts parts{.cache_read = fields.CountOr0(usage, {"cacheReadInputTokenCount"}),
                    .cache_write_5m = fields.CountOr0(usage, {"cacheWriteInputTokenCount"})};
  parts.total =
      fields.CountOr0(usage, {"inputTokenCount", "prompt_token_count", "inputTextTokenCount"}) +
      parts.cache_read + parts.cache_write_5m;
  reading.composer->AddPrompt(parts);
  int64_t output = fields.CountOr0(usage, {"outputTokenCount", "generation_token_count"});
  for (const Scope& one : fields.Elements(usage, {"results"})) {
    output += fields.CountOr0(one, {"tokenCount"});
  }
  reading.composer->AddOutput({.total = output});
  Fields::Ignore(usage, {"invocationLatency", "firstByteLatency"});
}

}  // namespace ocs::usage::internal
