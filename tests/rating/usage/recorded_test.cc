// Real answers of providers, and what each of them must be read as.

#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ocs/base/quantity.h"
#include "ocs/base/text.h"
#include "rating/usage/provider_usage.h"
#include "tests/rating/usage/invariants.h"
#include "tests/rating/usage/records.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tools/oracle/records.h"

namespace ocs::testing {
namespace {

using tools::Record;
using usage::ProviderUsage;
using usage::UsageAnswer;
using usage::UsageError;

std::string Described(const UsageAnswer& answer) {
  if (const auto* error = std::get_if<UsageError>(&answer)) {
    return std::string(UsageErrorKindName(error->kind));
  }
  const auto& usage = std::get<ProviderUsage>(answer);
  std::string text;
  for (const KindQuantity& one : usage.quantities) {
    text += Cat(text.empty() ? "" : " ", TokenKindName(one.kind), "=", one.quantity);
  }
  if (usage.provider_total.has_value()) text += Cat(" | total ", *usage.provider_total);
  if (!usage.model.empty()) text += Cat(" | model ", usage.model);
  if (!usage.service_tier.empty()) text += Cat(" | tier ", usage.service_tier);
  if (usage.cost_usd.has_value()) text += Cat(" | cost ", *usage.cost_usd);
  for (const usage::ApartUsage& apart : usage.apart) {
    text += Cat(" | apart ", apart.role, " ", apart.model,
                " in=", QuantityOf(apart.quantities, TokenKind::kInput),
                " cr=", QuantityOf(apart.quantities, TokenKind::kCacheRead),
                " out=", QuantityOf(apart.quantities, TokenKind::kOutput));
  }
  return text;
}

TEST_CASE("every recorded answer is read as the rules of its provider say", "[usage][golden]") {
  std::string actual;
  std::map<std::pair<std::string, std::string>, int> numbers;
  for (const Record& record : Records()) {
    const int number = ++numbers[{record.provider, record.api}];
    actual += Cat(record.provider, ".", record.api, ".", number < 10 ? "0" : "", number, ": ",
                  Described(ReadRecord(record)), "\n");
  }
  CHECK(actual == Golden(OCS_RECORDS "/vectors.txt", actual));
}

TEST_CASE("the kinds of a recorded answer add up to the provider's own total",
          "[usage][property]") {
  int with_total = 0;
  for (const Record& record : Records()) {
    INFO(record.source);
    const UsageAnswer answer = ReadRecord(record);
    CHECK(AnswerFault(answer).empty());
    const auto* usage = std::get_if<ProviderUsage>(&answer);
    if (usage == nullptr || !usage->provider_total.has_value()) continue;
    ++with_total;
    CHECK(usage->prompt_tokens + usage->output_tokens == *usage->provider_total);
    CHECK(usage->clamps.empty());
  }
  CHECK(with_total == 108);
}

TEST_CASE("an answer is read alike when nobody says who sent it", "[usage][unit]") {
  // Only a thought that Gemini hides in the total of another's interface needs a name.
  for (const Record& record : Records()) {
    if (record.provider == "gemini" && record.api == "chat") continue;
    // What an embedding or a cache costs stands in a total alone: then the interface must be named.
    const std::set<std::string> named = {"rerank", "text-embedding", "cached-contents"};
    if (named.count(record.api) > 0) continue;
    INFO(record.source);
    Record unnamed = record;
    unnamed.provider.clear();
    unnamed.api.clear();
    CHECK(Described(ReadRecord(unnamed)) == Described(ReadRecord(record)));
  }
}

TEST_CASE("a bare usage object is read like the answer that holds it", "[usage][unit]") {
  const usage::UsageOrigin openai{.provider = "openai", .api = "chat"};
  const std::string counts = R"({"prompt_tokens":20,"completion_tokens":7,"total_tokens":27,)"
                             R"("prompt_tokens_details":{"cached_tokens":16}})";
  const auto bare = usage::ReadProviderUsage(openai, counts);
  const auto held = usage::ReadProviderUsage(openai, Cat(R"({"model":"m","usage":)", counts, "}"));
  REQUIRE(std::holds_alternative<ProviderUsage>(bare));
  REQUIRE(std::holds_alternative<ProviderUsage>(held));
  CHECK(std::get<ProviderUsage>(bare).quantities == std::get<ProviderUsage>(held).quantities);
  CHECK(QuantityOf(std::get<ProviderUsage>(bare).quantities, TokenKind::kCacheRead) == 16);
}

}  // namespace
}  // namespace ocs::testing
