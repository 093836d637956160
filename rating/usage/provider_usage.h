// What a model call used, read from what its provider answered: one vector of disjoint kinds, and
// all that the answer says beside it which decides a price or proves the vector.
//
// Providers count alike and mean different things: a cached token is inside the prompt at one and
// beside it at another. What is inside what is decided here, once, per provider; docs/ORACLE.md has
// the table. Every sum is checked against the provider's own total.
//
// Numbers are read digit by digit, never through floating point. A count is a JSON number with a
// whole value in [0, kQuantityMax]: 12, 12.0 and 1.2e1 are twelve; 12.5, "12" and -1 are refused.
//
// Pure: reads the text that it is given.
//
// Tested in: tests/rating/usage/provider_usage_test.cc

#ifndef RATING_USAGE_PROVIDER_USAGE_H_
#define RATING_USAGE_PROVIDER_USAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ocs/base/quantity.h"

namespace ocs::usage {

/// A body longer than this is refused. The largest answers are lists of embeddings.
inline constexpr size_t kBodyBytesMax = size_t{64} * 1024 * 1024;

/// Who answered, and through which interface. Names as in docs/ORACLE.md ("openai", "chat"); the
/// suffix "-stream" and the prefixes "stream-" and "compat-" of an interface change nothing. Empty
/// or unknown names are allowed: then the shape of the answer decides.
struct UsageOrigin {
  std::string_view provider;
  std::string_view api;
};

/// How the counts of an answer are to be read.
enum class Dialect : uint8_t {
  kChat = 0,       ///< prompt_tokens with the cached in it, completion_tokens.
  kInclusive = 1,  ///< input_tokens with the cached in it, output_tokens.
  kAnthropic = 2,  ///< input_tokens beside cache reads and writes.
  kGemini = 3,     ///< usageMetadata: thoughts beside candidates, cached in the prompt.
  kBedrock = 4,    ///< inputTokens beside cache reads and writes.
  kCohere = 5,     ///< billed_units, and tokens that were processed.
  kOllama = 6,     ///< prompt_eval_count, eval_count.
  kInvoke = 7,     ///< Bedrock's own counters of a model's native answer.
};

std::string_view DialectName(Dialect dialect);

/// What deserves a second look. A mark never changes the vector.
enum class UsageMark : uint8_t {
  kClamped = 0,         ///< A part was larger than what it is part of; see `clamps`.
  kTotalDisagrees = 1,  ///< The kinds do not add up to the provider's own total.
  kFieldsDisagree =
      2,            ///< Two members that say the same say different things; the first one holds.
  kDerived = 3,     ///< A count was not reported and follows from the total.
  kIncomplete = 4,  ///< The stream ended before its last count: what is here is a lower bound.
  kRoundedUp = 5,   ///< Seconds were not whole.
  kUnread = 6,      ///< There are counters that nobody reads; see `unread`.
  kEstimated = 7,   ///< Counted by another than the one who bills.
};

inline constexpr int kUsageMarkCount = 8;

std::string_view UsageMarkName(UsageMark mark);

/// A set of marks.
class UsageMarks final {
 public:
  void Set(UsageMark mark) { bits_ |= Bit(mark); }
  bool Has(UsageMark mark) const { return (bits_ & Bit(mark)) != 0; }
  bool empty() const { return bits_ == 0; }
  friend bool operator==(const UsageMarks&, const UsageMarks&) = default;

 private:
  static uint32_t Bit(UsageMark mark) { return uint32_t{1} << static_cast<uint32_t>(mark); }
  uint32_t bits_ = 0;
};

/// A part that did not fit: the provider said `reported` of this kind, `kept` are in the vector.
struct Clamp {
  TokenKind kind = TokenKind::kInput;
  int64_t reported = 0;
  int64_t kept = 0;
  friend bool operator==(const Clamp&, const Clamp&) = default;
};

/// A count that is part of a kind, or is no kind: "cached_audio", "prompt_video", "tool_prompt",
/// "processed_input". Tells, and is never priced. The names are in docs/ORACLE.md.
struct Detail {
  std::string_view name;  ///< A constant of the program.
  int64_t count = 0;
  friend bool operator==(const Detail&, const Detail&) = default;
};

/// What the call made another model do, or the same model beside the counts of the answer. It is
/// billed too, and is in none of the sums of the ProviderUsage that holds it.
struct ApartUsage {
  std::string model;  ///< The answer's own model where none is named.
  std::string role;   ///< As reported: "advisor_message", "compaction".
  Quantities quantities;
  int64_t prompt_tokens = 0;
};

/// What one call used.
struct ProviderUsage {
  Dialect dialect = Dialect::kChat;
  std::string model;         ///< As reported; empty where the answer names none.
  std::string service_tier;  ///< As reported ("standard", "flex", "ON_DEMAND"); may be empty.
  std::string speed;         ///< As reported (Anthropic's "fast"); may be empty.
  std::string region;        ///< As reported (Anthropic's inference_geo); may be empty.
  std::string upstream;      ///< Who served it for a router (OpenRouter's provider); may be empty.

  /// Disjoint, none negative, each at most kQuantityMax, none of 0. Calls are not counted here.
  Quantities quantities;

  /// All prompt tokens: input, cache reads and writes, audio, image, tool prompts. What decides a
  /// price by length.
  int64_t prompt_tokens = 0;
  int64_t output_tokens = 0;  ///< All generated tokens: output, reasoning, audio, image.

  std::optional<int64_t> provider_total;  ///< The provider's own sum of all tokens.
  int64_t beside_total = 0;  ///< Tokens that the provider bills and leaves out of that sum.

  /// What the provider says it charged, in USD, as an exact plain decimal: "0.0000414".
  std::optional<std::string> cost_usd;

  UsageMarks marks;
  std::vector<Clamp> clamps;
  std::vector<Detail> details;
  std::vector<ApartUsage> apart;
  /// Paths of counters other than 0 that nobody reads; at most kUnreadMax. Not looked for where the
  /// root itself is the usage: what stands there beside the counts is no counter.
  std::vector<std::string> unread;
};

inline constexpr size_t kUnreadMax = 8;

/// The count of a detail, 0 where it is not there.
int64_t DetailOf(const ProviderUsage& usage, std::string_view name);

enum class UsageErrorKind : uint8_t {
  kNotJson = 0,       ///< The text is no JSON object.
  kTooLarge = 1,      ///< Too long, too deep or too many values.
  kTwice = 2,         ///< A member stands twice in one object.
  kNoUsage = 3,       ///< There are no counts: charge by a count of your own (EstimatedUsage).
  kUnknownShape = 4,  ///< There are counts, and none that is known.
  kMissing = 5,       ///< A count without which the others cannot be charged is not there.
  kWrongType = 6,
  kNotWhole = 7,
  kNegative = 8,
  kOverLimit = 9,
};

std::string_view UsageErrorKindName(UsageErrorKind kind);

/// Why there is no usage. The first fault in the order in which members are read.
struct UsageError {
  UsageErrorKind kind = UsageErrorKind::kNoUsage;
  std::string path;      ///< "usage.prompt_tokens"; empty when the whole text is meant.
  std::string found;     ///< "-3"; never more than 40 bytes of what was sent.
  std::string expected;  ///< "a whole number from 0 to 1000000000000"

  /// "usage.prompt_tokens: found -3, expected a whole number from 0 to 1000000000000"
  std::string Describe() const;
};

using UsageAnswer = std::variant<ProviderUsage, UsageError>;

/// Reads an answer's body, or its bare `usage` object. No text makes it fail in another way than by
/// a UsageError. Thread-safe.
UsageAnswer ReadProviderUsage(const UsageOrigin& origin, std::string_view body);

/// Reads the usage of a stream while it runs, keeping only the events that count. Feed every
/// event's JSON (without "data: "), or only those that carry usage, in order. Thread-compatible.
///
/// Which event counts: the last one with counts, for all but two. Anthropic: message_start, and
/// over it, member by member, the last message_delta. OpenAI's assistants: the run, not its steps.
class UsageStream final {
 public:
  explicit UsageStream(const UsageOrigin& origin);

  /// Takes the next event. What is no JSON object ("[DONE]") is passed over; when it is the last
  /// word of the stream and looks like a cut one, the usage is marked kIncomplete.
  void Add(std::string_view event);

  /// The usage of all events so far.
  UsageAnswer Finish() const;

 private:
  std::string provider_;
  std::string api_;
  std::string start_;  ///< The last message_start.
  std::string last_;   ///< The last other event with counts.
  std::string model_;  ///< The last model that an event named.
  bool last_is_run_ = false;
  bool cut_ = false;  ///< An event after `last_` could not be read.
  std::optional<UsageError> fault_;
};

/// The same for events that are all there. Thread-safe.
UsageAnswer ReadProviderUsageStream(const UsageOrigin& origin,
                                    std::span<const std::string_view> events);

/// A usage that the caller counted himself, because the provider gave none; marked kEstimated.
/// REQUIRES: every quantity is in [0, kQuantityMax].
ProviderUsage EstimatedUsage(std::string_view model, const Quantities& quantities);

}  // namespace ocs::usage

#endif  // RATING_USAGE_PROVIDER_USAGE_H_
