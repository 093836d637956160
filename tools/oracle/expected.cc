#include "tools/oracle/expected.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/numbers.h"
#include "ocs/base/quantity.h"
#include "ocs/base/text.h"
#include "tools/oracle/slices.h"

namespace ocs::tools {
namespace {

using usage::DetailOf;
using usage::Dialect;
using usage::ProviderUsage;
using usage::UsageMark;

absl::StatusOr<std::vector<Flavour>> ParseFlavours(std::string_view extracted) {
  std::vector<Flavour> flavours;
  for (const std::string_view reading :
       ListElements(extracted).value_or(std::vector<std::string_view>{})) {
    const std::vector<Member> members = ObjectMembers(reading).value_or(std::vector<Member>{});
    Flavour flavour;
    for (const Member& count :
         ObjectMembers(ValueOf(members, "usage")).value_or(std::vector<Member>{})) {
      int64_t value = 0;
      if (!absl::SimpleAtoi(ToAbsl(count.value), &value)) {
        return absl::InvalidArgumentError(Cat("the count ", count.name, " is no whole number"));
      }
      flavour.usage.emplace(count.name, value);
    }
    for (const std::string_view one :
         ListElements(ValueOf(members, "extractors")).value_or(std::vector<std::string_view>{})) {
      const std::vector<Member> names = ObjectMembers(one).value_or(std::vector<Member>{});
      flavour.provider_id = StringOf(ValueOf(names, "provider_id"));
      flavour.api_flavour = StringOf(ValueOf(names, "api_flavor"));
      flavour.input_price = StringOf(ValueOf(names, "input_price"));
      flavour.output_price = StringOf(ValueOf(names, "output_price"));
      flavour.total_price = StringOf(ValueOf(names, "total_price"));
      flavours.push_back(flavour);
    }
  }
  return flavours;
}

/// Our name of provider and interface -> the calculator's readings of it, the best first.
struct Reading {
  std::string_view provider;
  std::string_view api;  ///< Empty: any.
  std::vector<std::string_view> flavours;
};

const std::vector<Reading>& Readings() {
  static const auto* const kReadings = new std::vector<Reading>{
      {"openai", "responses", {"openai/responses"}},
      {"openai", "embeddings", {"openai/embeddings"}},
      {"openai", "images", {"openai/images"}},
      {"openai", "realtime", {"openai/realtime"}},
      {"openai", "", {"openai/chat"}},
      {"azure-openai", "responses", {"azure/responses"}},
      {"azure-openai", "embeddings", {"azure/embeddings"}},
      {"azure-openai", "", {"azure/chat"}},
      {"anthropic", "chat", {"anthropic/chat"}},
      {"anthropic", "", {"anthropic/default"}},
      {"gemini", "chat", {"google/chat"}},
      {"gemini", "", {"google/default"}},
      {"vertexai", "messages", {"google/anthropic"}},
      {"vertexai", "chat", {"google/chat"}},
      {"vertexai", "", {"google/default"}},
      {"bedrock", "", {"aws/default", "aws/anthropic"}},
      {"cohere", "embeddings", {"cohere/embeddings"}},
      {"cohere", "", {"cohere/default"}},
      {"xai", "responses", {"openai/responses"}},
      {"xai", "", {"x-ai/chat", "x-ai/default"}},
      {"perplexity", "", {"perplexity/default"}},
      {"moonshot", "", {"moonshotai/chat"}},
      {"huggingface", "", {"huggingface_together/chat"}},
  };
  return *kReadings;
}

std::string PlainApi(std::string_view api) {
  constexpr std::string_view kStream = "-stream";
  if (api.size() > kStream.size() && api.substr(api.size() - kStream.size()) == kStream) {
    api.remove_suffix(kStream.size());
  }
  return std::string(api);
}

const Flavour* FindFlavour(const ExpectedEntry& entry, std::string_view name) {
  const auto found = std::find_if(entry.flavours.begin(), entry.flavours.end(),
                                  [&](const Flavour& flavour) { return flavour.name() == name; });
  return found == entry.flavours.end() ? nullptr : &*found;
}

/// The calculator's reading for this provider and interface; null where it has none.
const Flavour* FlavourOf(const ExpectedEntry& entry, std::string_view provider,
                         std::string_view api) {
  const std::string plain = PlainApi(api);
  for (const Reading& reading : Readings()) {
    if (reading.provider != provider || (!reading.api.empty() && reading.api != plain)) continue;
    for (const std::string_view name : reading.flavours) {
      if (const Flavour* found = FindFlavour(entry, name)) return found;
    }
    return nullptr;
  }
  // A provider of the same name in both: its interface, or its only one.
  for (const std::string_view flavour :
       {std::string_view(plain), std::string_view("default"), std::string_view("chat")}) {
    if (const Flavour* found = FindFlavour(entry, Cat(provider, "/", flavour))) return found;
  }
  // A provider that the calculator does not know: as OpenAI's, whose counters most have taken over.
  for (const std::string_view name :
       {"openai/chat", "openai/responses", "openai/embeddings", "anthropic/default"}) {
    if (const Flavour* found = FindFlavour(entry, name)) return found;
  }
  return nullptr;
}

/// The provider that uses a dialect most.
struct Origin {
  std::string provider;
  std::string api;
};

Origin CommonOrigin(Dialect dialect) {
  switch (dialect) {
    case Dialect::kChat:
      return {.provider = "openai", .api = "chat"};
    case Dialect::kInclusive:
      return {.provider = "openai", .api = "responses"};
    case Dialect::kAnthropic:
      return {.provider = "anthropic", .api = "messages"};
    case Dialect::kGemini:
      return {.provider = "gemini", .api = "generate-content"};
    case Dialect::kBedrock:
    case Dialect::kInvoke:
      return {.provider = "bedrock", .api = "converse"};
    case Dialect::kCohere:
      return {.provider = "cohere", .api = "chat"};
    case Dialect::kOllama:
      return {.provider = "ollama", .api = "ollama-chat"};
  }
  return {};
}

/// The usage of an answer or event in canonical form; empty where it has none.
std::string CanonicalUsage(std::string_view body) {
  const std::vector<Member> members = ObjectMembers(body).value_or(std::vector<Member>{});
  for (const std::string_view name : {"usage", "usageMetadata", "meta"}) {
    const std::string_view value = ValueOf(members, name);
    if (!value.empty()) return Canonical(value).value_or("");
  }
  for (const std::string_view name : {"response", "message"}) {
    const std::string_view value = ValueOf(members, name);
    if (!value.empty()) return CanonicalUsage(value);
  }
  return "";
}

bool SameFile(const Record& record, std::string_view file) {
  const size_t end = std::min(record.source.rfind('#'), record.source.size());
  const std::string_view path = std::string_view(record.source).substr(0, end);
  if (path.size() <= file.size()) return path == file;
  const size_t begin = path.size() - file.size();
  return path.substr(begin) == file && (path[begin - 1] == '/' || path[begin - 1] == ':');
}

/// Finds whose usage an entry is. Where one recording holds several providers, the one with the
/// same usage is it.
Origin FindOrigin(const ExpectedEntry& entry, const std::vector<Record>& records,
                  MatchedBy& matched) {
  const std::string usage = CanonicalUsage(entry.body);
  const usage::UsageAnswer alone = usage::ReadProviderUsage({}, entry.body);
  const ProviderUsage* read = std::get_if<ProviderUsage>(&alone);
  std::optional<Origin> same_file;
  for (const Record& record : records) {
    if (!SameFile(record, entry.file)) continue;
    for (const std::string& body : record.bodies) {
      if (CanonicalUsage(body) != usage) continue;
      matched = MatchedBy::kRecord;
      return {.provider = record.provider, .api = record.api};
    }
    const usage::UsageAnswer other = ReadRecord(record);
    const ProviderUsage* other_read = std::get_if<ProviderUsage>(&other);
    if (!same_file.has_value() && read != nullptr && other_read != nullptr &&
        read->dialect == other_read->dialect) {
      same_file = Origin{.provider = record.provider, .api = record.api};
    }
  }
  matched = same_file.has_value() ? MatchedBy::kFile : MatchedBy::kShape;
  if (same_file.has_value()) return *same_file;
  return read == nullptr ? Origin{} : CommonOrigin(read->dialect);
}

/// Counts that every reading has where it is not 0. Others are a matter of how much is told.
constexpr std::array<std::string_view, 5> kAlwaysCompared = {
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "output_reasoning_tokens"};

void CompareCounts(const ProviderUsage& ours, Comparison& comparison) {
  const auto mine = InTheirWords(ours);
  const auto& theirs = comparison.flavour->usage;
  std::set<std::string, std::less<>> fields(kAlwaysCompared.begin(), kAlwaysCompared.end());
  for (const auto& [field, count] : theirs) fields.insert(field);
  for (const std::string& field : fields) {
    const auto of = [&](const auto& counts) {
      const auto found = counts.find(field);
      return found == counts.end() ? int64_t{0} : found->second;
    };
    if (of(mine) != of(theirs)) {
      comparison.differences.push_back({.field = field, .ours = of(mine), .theirs = of(theirs)});
    }
  }
}

bool OnlyFields(const Comparison& comparison, const std::set<std::string, std::less<>>& fields) {
  return std::all_of(
      comparison.differences.begin(), comparison.differences.end(),
      [&](const FieldDifference& difference) { return fields.count(difference.field) > 0; });
}

/// True when the calculator's reading for this provider leaves a counter out that its reading of
/// the same body for another provider takes, with our value.
bool OthersRead(const Comparison& comparison, const FieldDifference& difference) {
  if (difference.theirs != 0) return false;
  const auto& flavours = comparison.entry->flavours;
  return std::any_of(flavours.begin(), flavours.end(), [&](const Flavour& flavour) {
    const auto found = flavour.usage.find(difference.field);
    return found != flavour.usage.end() && found->second == difference.ours;
  });
}

bool IsClamped(const ProviderUsage& ours, TokenKind kind) {
  return std::any_of(ours.clamps.begin(), ours.clamps.end(),
                     [&](const usage::Clamp& clamp) { return clamp.kind == kind; });
}

/// True when the difference is what a clamp took away.
bool ClampExplains(const ProviderUsage& ours, const FieldDifference& difference) {
  return (difference.field == "output_reasoning_tokens" &&
          IsClamped(ours, TokenKind::kReasoning)) ||
         (difference.field == "cache_read_tokens" && IsClamped(ours, TokenKind::kCacheRead)) ||
         (difference.field == "cache_write_tokens" &&
          (IsClamped(ours, TokenKind::kCacheWrite5m) ||
           IsClamped(ours, TokenKind::kCacheWrite1h))) ||
         (difference.field == "output_audio_tokens" && IsClamped(ours, TokenKind::kAudioOutput)) ||
         (difference.field == "output_image_tokens" && IsClamped(ours, TokenKind::kImageOutput));
}

/// The cause that explains every difference of the entry, empty where there is none. REQUIRES: it
/// has differences. The names are in docs/ORACLE.md.
std::string CauseOf(const ProviderUsage& ours, const Comparison& comparison) {
  const bool chat = ours.dialect == Dialect::kChat;
  const bool output_only = OnlyFields(comparison, {"output_tokens", "output_reasoning_tokens"});
  if (ours.marks.Has(UsageMark::kDerived) && chat && output_only) return "compat-thoughts";
  if (DetailOf(ours, "citations") > 0 &&
      OnlyFields(comparison, {"input_tokens", "output_tokens", "output_citation_tokens"})) {
    return "citations";
  }
  const auto& differences = comparison.differences;
  const auto all = [&](const auto& explains) {
    return std::all_of(differences.begin(), differences.end(), explains);
  };
  if (all([&](const FieldDifference& one) { return ClampExplains(ours, one); })) return "clamped";
  if (all([&](const FieldDifference& one) { return OthersRead(comparison, one); })) {
    return "left-out";
  }
  // The calculator adds reasoning to the output of one provider whatever its total says.
  if (output_only && !differences.empty() && ours.provider_total.has_value() &&
      differences[0].theirs - differences[0].ours ==
          QuantityOf(ours.quantities, TokenKind::kReasoning) &&
      *ours.provider_total == ours.prompt_tokens + ours.output_tokens) {
    return "added-twice";
  }
  return "";
}

}  // namespace

absl::StatusOr<std::vector<ExpectedEntry>> ParseExpected(std::string_view text) {
  const std::optional<std::vector<std::string_view>> elements = ListElements(text);
  if (!elements.has_value()) return absl::InvalidArgumentError("the text is no JSON list");
  std::vector<ExpectedEntry> entries;
  for (const std::string_view element : *elements) {
    const std::vector<Member> members = ObjectMembers(element).value_or(std::vector<Member>{});
    ExpectedEntry entry{.index = entries.size(),
                        .file = "",
                        .model = StringOf(ValueOf(members, "model")),
                        .body = std::string(ValueOf(members, "body")),
                        .flavours = {}};
    const std::optional<std::vector<Member>> body = ObjectMembers(entry.body);
    absl::StatusOr<std::vector<Flavour>> flavours = ParseFlavours(ValueOf(members, "extracted"));
    if (!body.has_value() || !flavours.ok()) {
      return absl::InvalidArgumentError(
          Cat("entry ", entry.index, ": ",
              flavours.ok() ? "no object 'body'" : FromAbsl(flavours.status().message())));
    }
    entry.file = StringOf(ValueOf(*body, "file"));
    entry.flavours = *std::move(flavours);
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string_view MatchedByName(MatchedBy matched) {
  switch (matched) {
    case MatchedBy::kRecord:
      return "record";
    case MatchedBy::kFile:
      return "file";
    case MatchedBy::kShape:
      return "shape";
  }
  return "?";
}

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kEqual:
      return "equal";
    case Verdict::kExplained:
      return "explained";
    case Verdict::kUnexplained:
      return "unexplained";
    case Verdict::kNotRead:
      return "not read";
    case Verdict::kNoFlavour:
      return "no reading";
  }
  return "?";
}

std::map<std::string, int64_t, std::less<>> InTheirWords(const ProviderUsage& usage) {
  const auto kind = [&](TokenKind wanted) { return QuantityOf(usage.quantities, wanted); };
  const auto detail = [&](std::string_view name) { return DetailOf(usage, name); };
  const int64_t minutes = kind(TokenKind::kCacheWrite5m);
  const int64_t hour = kind(TokenKind::kCacheWrite1h);
  return {
      {"input_tokens", usage.prompt_tokens},
      {"output_tokens", usage.output_tokens},
      {"cache_read_tokens", kind(TokenKind::kCacheRead)},
      {"cache_write_tokens", minutes + hour},
      {"cache_write_5m_tokens", minutes},
      {"cache_write_1h_tokens", hour},
      {"output_reasoning_tokens", kind(TokenKind::kReasoning)},
      {"input_text_tokens", detail("prompt_text") + detail("tool_text")},
      {"input_audio_tokens", detail("prompt_audio") + detail("tool_audio")},
      {"input_image_tokens", detail("prompt_image") + detail("prompt_document") +
                                 detail("tool_image") + detail("tool_document")},
      {"input_video_tokens", detail("prompt_video") + detail("tool_video")},
      {"input_tool_tokens", detail("tool_prompt")},
      {"input_text_tool_tokens", detail("tool_text")},
      {"cache_text_read_tokens", detail("cached_text")},
      {"cache_audio_read_tokens", detail("cached_audio")},
      {"cache_image_read_tokens", detail("cached_image") + detail("cached_document")},
      {"cache_video_read_tokens", detail("cached_video")},
      {"output_text_tokens", detail("output_text")},
      {"output_audio_tokens", kind(TokenKind::kAudioOutput)},
      {"output_image_tokens", kind(TokenKind::kImageOutput)},
      {"web_searches", kind(TokenKind::kSearch)},
  };
}

std::vector<Comparison> CompareAll(const std::vector<ExpectedEntry>& entries,
                                   const std::vector<Record>& records) {
  std::vector<Comparison> comparisons;
  for (const ExpectedEntry& entry : entries) {
    Comparison comparison;
    comparison.entry = &entry;
    const Origin origin = FindOrigin(entry, records, comparison.matched);
    comparison.provider = origin.provider;
    comparison.api = origin.api;
    comparison.answer = usage::ReadProviderUsage(
        {.provider = comparison.provider, .api = comparison.api}, entry.body);
    comparison.flavour = FlavourOf(entry, comparison.provider, comparison.api);
    const auto* ours = std::get_if<ProviderUsage>(&comparison.answer);
    if (comparison.flavour == nullptr) {
      comparison.verdict = Verdict::kNoFlavour;
    } else if (ours == nullptr) {
      comparison.verdict = Verdict::kNotRead;
    } else {
      CompareCounts(*ours, comparison);
      if (!comparison.differences.empty()) comparison.cause = CauseOf(*ours, comparison);
      comparison.verdict = comparison.differences.empty() ? Verdict::kEqual
                           : comparison.cause.empty()     ? Verdict::kUnexplained
                                                          : Verdict::kExplained;
    }
    comparisons.push_back(std::move(comparison));
  }
  return comparisons;
}

}  // namespace ocs::tools
