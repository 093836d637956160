// Damaged, random and malicious answers: an error or a sound usage, never anything else.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "rating/usage/provider_usage.h"
#include "tests/rating/usage/invariants.h"
#include "tests/rating/usage/records.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tests/support/seed.h"
#include "tools/oracle/records.h"

namespace ocs::testing {
namespace {

using tools::Record;

/// Numbers that parsers stumble over.
constexpr std::string_view kNumbers[] = {"0",
                                         "-1",
                                         "1",
                                         "1.5",
                                         "1e3",
                                         "999999999999",
                                         "1000000000000",
                                         "9223372036854775807",
                                         "9223372036854775808",
                                         "-9223372036854775808",
                                         "18446744073709551616",
                                         "1e-400",
                                         "1e400",
                                         "\"7\"",
                                         "null",
                                         "true",
                                         "[]",
                                         "{}"};

std::string WithOtherNumber(std::string text, Random& random) {
  std::vector<size_t> starts;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i - 1] == ':' && text[i] >= '0' && text[i] <= '9') starts.push_back(i);
  }
  if (starts.empty()) return text;
  const size_t begin =
      starts[static_cast<size_t>(random.Below(static_cast<int64_t>(starts.size())))];
  const size_t end = text.find_first_of(",}]", begin);
  if (end == std::string::npos) return text;
  const std::string_view number =
      kNumbers[static_cast<size_t>(random.Below(static_cast<int64_t>(std::size(kNumbers))))];
  return text.replace(begin, end - begin, number);
}

std::string Damaged(std::string text, Random& random) {
  const auto place = [&] {
    return static_cast<size_t>(random.Below(static_cast<int64_t>(text.size())));
  };
  for (int64_t left = random.Between(1, 3); left > 0 && !text.empty(); --left) {
    switch (random.Below(6)) {
      case 0:
        text[place()] = static_cast<char>(random.Below(256));
        break;
      case 1:
        text.erase(place(), 1);
        break;
      case 2:
        text.resize(place());
        break;
      case 3:
        text.insert(place(), 1, "{}[],:\"-09.e"[random.Below(12)]);
        break;
      default:
        text = WithOtherNumber(std::move(text), random);
        break;
    }
  }
  return text;
}

TEST_CASE("a damaged answer is an error or a sound usage", "[usage][property]") {
  OCS_SEEDED_RANDOM(random, 20261121);
  const std::vector<Record> records = Records();
  int64_t read = 0;
  int64_t refused = 0;
  for (int round = 0; round < 200; ++round) {
    for (const Record& record : records) {
      Record damaged = record;
      std::string& body = damaged.bodies[static_cast<size_t>(
          random.Below(static_cast<int64_t>(damaged.bodies.size())))];
      body = Damaged(body, random);
      if (random.OneIn(4)) damaged.provider.clear();
      if (random.OneIn(4)) damaged.api.clear();
      const usage::UsageAnswer answer = ReadRecord(damaged);
      const std::string fault = AnswerFault(answer);
      if (!fault.empty()) FAIL(fault << " of " << body);
      ++(std::holds_alternative<usage::UsageError>(answer) ? refused : read);
    }
  }
  // Both happen, or the damage is not what it should be.
  CHECK(read > 1'000);
  CHECK(refused > 1'000);
}

/// A count that is mostly small and sometimes huge.
int64_t AnyCount(Random& random) {
  return random.OneIn(20) ? random.Between(0, int64_t{1'000'000'000'000}) : random.Below(50);
}

TEST_CASE("whatever counts are sent, the kinds are the sums that the dialect states",
          "[usage][property]") {
  OCS_SEEDED_RANDOM(random, 7);
  int64_t clamped = 0;
  for (int round = 0; round < 20'000; ++round) {
    const int64_t prompt = AnyCount(random);
    const int64_t completion = AnyCount(random);
    const std::string body =
        Cat(R"({"usage":{"prompt_tokens":)", prompt, R"(,"completion_tokens":)", completion,
            R"(,"prompt_tokens_details":{"cached_tokens":)", AnyCount(random),
            R"(,"cache_write_tokens":)", AnyCount(random), R"(,"audio_tokens":)", AnyCount(random),
            R"(,"image_tokens":)", AnyCount(random),
            R"(},"completion_tokens_details":{"reasoning_tokens":)", AnyCount(random),
            R"(,"audio_tokens":)", AnyCount(random), "}}}");
    INFO(body);
    const usage::UsageAnswer answer =
        usage::ReadProviderUsage({.provider = "openai", .api = "chat"}, body);
    REQUIRE(std::holds_alternative<usage::ProviderUsage>(answer));
    REQUIRE(AnswerFault(answer).empty());
    const auto& usage = std::get<usage::ProviderUsage>(answer);
    REQUIRE(usage.prompt_tokens == prompt);
    REQUIRE(usage.output_tokens == completion);
    if (!usage.clamps.empty()) ++clamped;
  }
  CHECK(clamped > 1'000);
}

TEST_CASE("tokens beside the input are added exactly", "[usage][property]") {
  OCS_SEEDED_RANDOM(random, 11);
  for (int round = 0; round < 5'000; ++round) {
    const int64_t input = random.Below(1'000'000);
    const int64_t read = random.Below(1'000'000);
    const int64_t minutes = random.Below(1'000'000);
    const int64_t hour = random.Below(1'000'000);
    const int64_t output = random.Below(1'000'000);
    const std::string body =
        Cat(R"({"usage":{"input_tokens":)", input, R"(,"cache_read_input_tokens":)", read,
            R"(,"cache_creation_input_tokens":)", minutes + hour,
            R"(,"cache_creation":{"ephemeral_5m_input_tokens":)", minutes,
            R"(,"ephemeral_1h_input_tokens":)", hour, R"(},"output_tokens":)", output, "}}");
    INFO(body);
    const usage::UsageAnswer answer =
        usage::ReadProviderUsage({.provider = "anthropic", .api = "messages"}, body);
    REQUIRE(std::holds_alternative<usage::ProviderUsage>(answer));
    REQUIRE(AnswerFault(answer).empty());
    const auto& usage = std::get<usage::ProviderUsage>(answer);
    REQUIRE(usage.prompt_tokens == input + read + minutes + hour);
    REQUIRE(QuantityOf(usage.quantities, TokenKind::kCacheWrite1h) == hour);
    REQUIRE(usage.marks.empty());
  }
}

}  // namespace
}  // namespace ocs::testing
