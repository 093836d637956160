#include "rating/usage/internal/origin.h"

#include <algorithm>
#include <array>

namespace ocs::usage::internal {
namespace {

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

void StripPrefix(std::string_view& text, std::string_view prefix) {
  if (StartsWith(text, prefix)) text.remove_prefix(prefix.size());
}

void StripSuffix(std::string_view& text, std::string_view suffix) {
  if (text.size() > suffix.size() && text.substr(text.size() - suffix.size()) == suffix) {
    text.remove_suffix(suffix.size());
  }
}

bool IsGoogle(std::string_view provider) {
  return provider == "gemini" || StartsWith(provider, "vertex") || StartsWith(provider, "google");
}

/// Providers of which it is known that reasoning is in the completion.
constexpr std::array<std::string_view, 10> kReasoningInside = {
    "openai",   "azure-openai", "azure",      "groq",    "dashscope",
    "deepseek", "zai",          "openrouter", "mistral", "ollama"};

/// Any member of a usage object that is a count.
constexpr std::array<std::string_view, 31> kCounts = {"prompt_tokens",
                                                      "completion_tokens",
                                                      "input_tokens",
                                                      "output_tokens",
                                                      "total_tokens",
                                                      "inputTokens",
                                                      "outputTokens",
                                                      "totalTokens",
                                                      "promptTokenCount",
                                                      "candidatesTokenCount",
                                                      "responseTokenCount",
                                                      "thoughtsTokenCount",
                                                      "totalTokenCount",
                                                      "billed_units",
                                                      "tokens",
                                                      "prompt_eval_count",
                                                      "eval_count",
                                                      "inputTokenCount",
                                                      "outputTokenCount",
                                                      "prompt_token_count",
                                                      "inputTextTokenCount",
                                                      "total_input_tokens",
                                                      "totalInputTokens",
                                                      "generation_token_count",
                                                      "image_count",
                                                      "generated_images",
                                                      "video_duration",
                                                      "output_video_duration",
                                                      "seconds",
                                                      "audio_seconds",
                                                      "duration"};

bool HasAny(const Scope& scope, Names names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return Member(scope, name) >= 0; });
}

bool HasCounts(const Scope& scope) {
  return std::any_of(kCounts.begin(), kCounts.end(),
                     [&](std::string_view name) { return Member(scope, name) >= 0; });
}

/// The member where it is an object.
Scope ObjectIn(const Scope& scope, std::string_view name) {
  const int found = Member(scope, name);
  if (found < 0 || scope.tree->node(found).type != JsonType::kObject) return {};
  return {.tree = scope.tree, .node = found};
}

/// The usage that `holder` holds under one of its names.
Scope UsageIn(const Scope& holder) {
  for (const std::string_view name :
       {"usage", "usageMetadata", "usage_metadata", "amazon-bedrock-invocationMetrics"}) {
    const Scope usage = ObjectIn(holder, name);
    if (usage.there() && (HasCounts(usage) || !HasCounts(holder))) return usage;
  }
  // Cohere's meta is itself the usage.
  const Scope meta = ObjectIn(holder, "meta");
  return HasAny(meta, {"billed_units", "tokens"}) ? meta : Scope{};
}

}  // namespace

std::string PlainApi(std::string_view api) {
  StripSuffix(api, "-stream");
  StripPrefix(api, "stream-");
  StripPrefix(api, "compat-");
  return std::string(api);
}

std::optional<Dialect> DialectOf(const UsageOrigin& origin) {
  const std::string api = PlainApi(origin.api);
  const std::string_view provider = origin.provider;
  if (api == "messages") return Dialect::kAnthropic;
  if (api == "generate-content" || api == "cached-contents") return Dialect::kGemini;
  if (api == "converse") return Dialect::kBedrock;
  if (api == "ollama-chat") return Dialect::kOllama;
  if (api == "responses") return Dialect::kInclusive;
  if (IsGoogle(provider) && api == "embeddings") return Dialect::kGemini;
  if (provider == "cohere" && !StartsWith(origin.api, "compat-")) return Dialect::kCohere;
  if (!IsOneOf(provider, kReasoningInside)) return std::nullopt;
  if (api == "chat" || api == "completions" || api == "assistants-run") return Dialect::kChat;
  return std::nullopt;
}

Terms TermsOf(const UsageOrigin& origin) {
  const std::string api = PlainApi(origin.api);
  Terms terms;
  if (IsOneOf(origin.provider, kReasoningInside)) {
    terms.reasoning = ReasoningPlace::kInside;
  } else if (IsGoogle(origin.provider)) {
    terms.reasoning = ReasoningPlace::kInTotal;
  } else if (origin.provider == "perplexity") {
    terms.reasoning = ReasoningPlace::kApart;
    terms.citations = true;
  } else if (origin.provider == "xai" || origin.provider == "x-ai" || origin.provider == "grok") {
    terms.reasoning = ReasoningPlace::kBeside;
  }
  terms.prompt_only = api.find("embed") != std::string::npos ||
                      api.find("rerank") != std::string::npos || api == "cached-contents" ||
                      api == "moderations" || api == "count-tokens";
  terms.image_output = api == "images" || StartsWith(api, "images-");
  return terms;
}

Found FindUsage(const JsonTree& tree) {
  const Scope root{.tree = &tree, .node = JsonTree::kRoot};
  if (const Scope usage = UsageIn(root); usage.there()) {
    return {.usage = HasCounts(usage) ? usage : Scope{}, .holder = root};
  }
  for (const std::string_view name :
       {"response", "message", "delta", "metadata", "x_groq", "output", "interaction"}) {
    const Scope holder = ObjectIn(root, name);
    const Scope usage = UsageIn(holder);
    if (usage.there() && HasCounts(usage)) return {.usage = usage, .holder = holder};
  }
  if (HasCounts(root)) return {.usage = root, .holder = root};
  return {};
}

std::optional<Dialect> DialectByShape(const UsageOrigin& origin, const Found& found,
                                      const Scope& root) {
  const Scope& usage = found.usage;
  if (HasAny(usage,
             {"promptTokenCount", "candidatesTokenCount", "totalTokenCount", "responseTokenCount",
              "thoughtsTokenCount", "total_input_tokens", "totalInputTokens"})) {
    return Dialect::kGemini;
  }
  if (HasAny(usage, {"inputTokenCount", "outputTokenCount", "prompt_token_count",
                     "generation_token_count", "inputTextTokenCount"})) {
    return Dialect::kInvoke;
  }
  if (HasAny(usage, {"inputTokens", "outputTokens"})) return Dialect::kBedrock;
  if (HasAny(usage, {"prompt_eval_count", "eval_count"})) return Dialect::kOllama;
  if (HasAny(usage, {"billed_units", "tokens"})) return Dialect::kCohere;
  if (HasAny(usage, {"prompt_tokens", "completion_tokens"})) return Dialect::kChat;
  const bool anthropic = HasAny(usage, {"cache_creation_input_tokens", "cache_read_input_tokens",
                                        "cache_creation", "iterations"}) ||
                         origin.provider == "anthropic" || origin.provider == "bedrock" ||
                         root.tree->Find(root.node, "stop_reason") >= 0;
  const bool inclusive =
      HasAny(usage, {"input_tokens_details", "input_token_details", "total_tokens", "image_count",
                     "generated_images", "video_duration", "output_video_duration", "seconds",
                     "audio_seconds", "duration"});
  if (anthropic && !inclusive && HasAny(usage, {"input_tokens", "output_tokens"})) {
    return Dialect::kAnthropic;
  }
  if (inclusive || HasAny(usage, {"input_tokens", "output_tokens"})) return Dialect::kInclusive;
  return std::nullopt;
}

}  // namespace ocs::usage::internal
