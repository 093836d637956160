#include "rating/usage/provider_usage.h"

#include <algorithm>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "rating/usage/internal/compose.h"
#include "rating/usage/internal/dialects.h"
#include "rating/usage/internal/fields.h"
#include "rating/usage/internal/json_tree.h"
#include "rating/usage/internal/origin.h"

namespace ocs::usage {

using internal::Composer;
using internal::Fields;
using internal::Found;
using internal::JsonTree;
using internal::Reading;
using internal::Scope;

namespace {

UsageError NoUsage(const Scope& root) {
  const bool failed = internal::Member(root, "error") >= 0;
  return {.kind = UsageErrorKind::kNoUsage,
          .path = "",
          .found = failed ? "an error of the provider" : "no counts",
          .expected = "a usage object with counts"};
}

void ReadBy(Dialect dialect, const Reading& reading) {
  switch (dialect) {
    case Dialect::kChat:
      return internal::ReadChat(reading);
    case Dialect::kInclusive:
      return internal::ReadInclusive(reading);
    case Dialect::kAnthropic:
      return internal::ReadAnthropic(reading);
    case Dialect::kGemini:
      return internal::ReadGemini(reading);
    case Dialect::kBedrock:
      return internal::ReadBedrock(reading);
    case Dialect::kCohere:
      return internal::ReadCohere(reading);
    case Dialect::kOllama:
      return internal::ReadOllama(reading);
    case Dialect::kInvoke:
      return internal::ReadInvoke(reading);
  }
}

/// The first of these places that names it.
std::string FirstText(Fields& fields, const std::vector<Scope>& places, std::string_view name) {
  for (const Scope& place : places) {
    std::string text = fields.Text(place, name, kModelNameLengthMax);
    if (!text.empty()) return text;
  }
  return "";
}

void ReadNames(const Reading& reading, const std::vector<Scope>& places) {
  Fields& fields = *reading.fields;
  ProviderUsage& result = *reading.result;
  result.model = FirstText(fields, places, "model");
  if (result.model.empty()) result.model = FirstText(fields, places, "modelVersion");
  if (result.service_tier.empty()) {
    result.service_tier = FirstText(fields, places, "service_tier");
  }
  // Of a router only: others say "provider" of nobody.
  result.upstream = FirstText(fields, {reading.root}, "provider");
}

void AddMarks(const Reading& reading) {
  ProviderUsage& result = *reading.result;
  if (reading.fields->disagree()) result.marks.Set(UsageMark::kFieldsDisagree);
  if (reading.fields->rounded_up()) result.marks.Set(UsageMark::kRoundedUp);
  // The root of a bare usage object, or of Ollama's answer, holds numbers that are no usage.
  if (reading.usage.node == JsonTree::kRoot) return;
  const JsonTree& tree = *reading.usage.tree;
  for (const int node : tree.Unread(reading.usage.node)) {
    if (result.unread.size() < kUnreadMax) result.unread.push_back(tree.Path(node));
  }
  if (!result.unread.empty()) result.marks.Set(UsageMark::kUnread);
}

/// The text of that name, empty where there is none.
std::string_view TextAt(const JsonTree& tree, const Scope& scope, std::string_view name) {
  const int found = internal::Member(scope, name);
  if (found < 0 || tree.node(found).type != internal::JsonType::kText) return {};
  return tree.node(found).text;
}

/// Reads one answer; `start` is the tree of a stream's first event, or null.
UsageAnswer ReadTree(const UsageOrigin& origin, const JsonTree& tree, const JsonTree* start) {
  const Scope root{.tree = &tree, .node = JsonTree::kRoot};
  const Found found = internal::FindUsage(tree);
  if (!found.usage.there()) return NoUsage(root);
  const Found first = start != nullptr ? internal::FindUsage(*start) : Found{};
  std::optional<Dialect> dialect = internal::DialectOf(origin);
  if (!dialect.has_value()) dialect = internal::DialectByShape(origin, found, root);
  if (first.usage.there()) dialect = Dialect::kAnthropic;
  if (!dialect.has_value()) {
    return UsageError{.kind = UsageErrorKind::kUnknownShape,
                      .path = tree.Path(found.usage.node),
                      .found = "counts that are not known",
                      .expected = "the counts of a dialect in docs/ORACLE.md"};
  }
  ProviderUsage result;
  result.dialect = *dialect;
  Fields fields;
  Composer composer;
  internal::Terms terms = internal::TermsOf(origin);
  // Lists of embeddings say what they are.
  if (TextAt(tree, root, "object") == "list") terms.prompt_only = true;
  const Reading reading{.root = root,
                        .usage = found.usage,
                        .start = first.usage,
                        .terms = terms,
                        .fields = &fields,
                        .composer = &composer,
                        .result = &result};
  ReadNames(reading, {found.holder, found.usage, first.holder, first.usage, root});
  ReadBy(*dialect, reading);
  internal::ReadExtras(reading);
  if (fields.error().has_value()) return *fields.error();
  if (!composer.Finish(result)) {
    return UsageError{.kind = UsageErrorKind::kOverLimit,
                      .path = tree.Path(found.usage.node),
                      .found = "a sum beyond the limit",
                      .expected = Cat("sums of at most ", kQuantityMax)};
  }
  AddMarks(reading);
  return result;
}

/// Whether a text that is no JSON looks like an event that was cut off.
bool LooksCut(std::string_view event) {
  const size_t first = event.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && event[first] == '{';
}

}  // namespace

std::string_view DialectName(Dialect dialect) {
  switch (dialect) {
    case Dialect::kChat:
      return "chat";
    case Dialect::kInclusive:
      return "inclusive";
    case Dialect::kAnthropic:
      return "anthropic";
    case Dialect::kGemini:
      return "gemini";
    case Dialect::kBedrock:
      return "bedrock";
    case Dialect::kCohere:
      return "cohere";
    case Dialect::kOllama:
      return "ollama";
    case Dialect::kInvoke:
      return "invoke";
  }
  return "?";
}

std::string_view UsageMarkName(UsageMark mark) {
  switch (mark) {
    case UsageMark::kClamped:
      return "clamped";
    case UsageMark::kTotalDisagrees:
      return "total_disagrees";
    case UsageMark::kFieldsDisagree:
      return "fields_disagree";
    case UsageMark::kDerived:
      return "derived";
    case UsageMark::kIncomplete:
      return "incomplete";
    case UsageMark::kRoundedUp:
      return "rounded_up";
    case UsageMark::kUnread:
      return "unread";
    case UsageMark::kEstimated:
      return "estimated";
  }
  return "?";
}

std::string_view UsageErrorKindName(UsageErrorKind kind) {
  switch (kind) {
    case UsageErrorKind::kNotJson:
      return "not_json";
    case UsageErrorKind::kTooLarge:
      return "too_large";
    case UsageErrorKind::kTwice:
      return "twice";
    case UsageErrorKind::kNoUsage:
      return "no_usage";
    case UsageErrorKind::kUnknownShape:
      return "unknown_shape";
    case UsageErrorKind::kMissing:
      return "missing";
    case UsageErrorKind::kWrongType:
      return "wrong_type";
    case UsageErrorKind::kNotWhole:
      return "not_whole";
    case UsageErrorKind::kNegative:
      return "negative";
    case UsageErrorKind::kOverLimit:
      return "over_limit";
  }
  return "?";
}

std::string UsageError::Describe() const {
  const std::string what = Cat("found ", found, ", expected ", expected);
  return path.empty() ? what : Cat(path, ": ", what);
}

int64_t DetailOf(const ProviderUsage& usage, std::string_view name) {
  const auto found = std::find_if(usage.details.begin(), usage.details.end(),
                                  [&](const Detail& detail) { return detail.name == name; });
  return found == usage.details.end() ? 0 : found->count;
}

UsageAnswer ReadProviderUsage(const UsageOrigin& origin, std::string_view body) {
  const std::variant<JsonTree, UsageError> parsed = JsonTree::Parse(body);
  if (const auto* error = std::get_if<UsageError>(&parsed)) return *error;
  return ReadTree(origin, std::get<JsonTree>(parsed), nullptr);
}

UsageStream::UsageStream(const UsageOrigin& origin)
    : provider_(origin.provider), api_(origin.api) {}

void UsageStream::Add(std::string_view event) {
  const std::variant<JsonTree, UsageError> parsed = JsonTree::Parse(event);
  if (const auto* error = std::get_if<UsageError>(&parsed)) {
    if (error->kind == UsageErrorKind::kNotJson && !LooksCut(event)) return;
    cut_ = true;
    if (!fault_.has_value()) fault_ = *error;
    return;
  }
  const JsonTree& tree = std::get<JsonTree>(parsed);
  const Scope root{.tree = &tree, .node = JsonTree::kRoot};
  const Found found = internal::FindUsage(tree);
  for (const std::string_view name : {"model", "modelVersion"}) {
    const Scope& holder = found.holder.there() ? found.holder : root;
    const std::string_view model = TextAt(tree, holder, name);
    if (!model.empty() && model.size() <= kModelNameLengthMax) model_ = std::string(model);
  }
  if (!found.usage.there()) return;
  if (TextAt(tree, root, "type") == "message_start") {
    start_ = std::string(event);
    return;
  }
  // On Bedrock an Anthropic stream ends with counters of Bedrock's own, which know less.
  if (!start_.empty() && TextAt(tree, root, "type") != "message_delta") return;
  const bool is_run = TextAt(tree, root, "object") == "thread.run";
  const bool is_step = TextAt(tree, root, "object") == "thread.run.step";
  if (is_step && last_is_run_) return;
  last_ = std::string(event);
  last_is_run_ = is_run;
  cut_ = false;
}

UsageAnswer UsageStream::Finish() const {
  const UsageOrigin origin{.provider = provider_, .api = api_};
  if (last_.empty() && start_.empty()) {
    if (fault_.has_value()) return *fault_;
    return UsageError{.kind = UsageErrorKind::kNoUsage,
                      .path = "",
                      .found = "a stream without counts",
                      .expected = "an event with usage"};
  }
  const bool only_start = last_.empty();
  const std::variant<JsonTree, UsageError> last = JsonTree::Parse(only_start ? start_ : last_);
  const std::variant<JsonTree, UsageError> start = JsonTree::Parse(start_);
  // Both were read before; the start may be empty.
  OCS_CHECK(std::holds_alternative<JsonTree>(last));
  const JsonTree* first = only_start ? nullptr : std::get_if<JsonTree>(&start);
  UsageAnswer answer = ReadTree(origin, std::get<JsonTree>(last), first);
  if (auto* usage = std::get_if<ProviderUsage>(&answer)) {
    if (only_start || cut_) usage->marks.Set(UsageMark::kIncomplete);
    if (usage->model.empty()) usage->model = model_;
  }
  return answer;
}

UsageAnswer ReadProviderUsageStream(const UsageOrigin& origin,
                                    std::span<const std::string_view> events) {
  UsageStream stream(origin);
  for (const std::string_view event : events) stream.Add(event);
  return stream.Finish();
}

ProviderUsage EstimatedUsage(std::string_view model, const Quantities& quantities) {
  ProviderUsage usage;
  usage.model = std::string(model);
  for (const KindQuantity& one : quantities) {
    OCS_CHECK(one.quantity >= 0);
    OCS_CHECK(one.quantity <= kQuantityMax);
    if (one.quantity == 0) continue;
    OCS_CHECK(AddQuantity(usage.quantities, one.kind, one.quantity));
    if (one.kind == TokenKind::kRequest || one.kind == TokenKind::kSearch ||
        one.kind == TokenKind::kImage || one.kind == TokenKind::kSecond) {
      continue;
    }
    (IsPromptKind(one.kind) ? usage.prompt_tokens : usage.output_tokens) += one.quantity;
  }
  usage.marks.Set(UsageMark::kEstimated);
  return usage;
}

}  // namespace ocs::usage
