// The reader of providers' usage. An input is a line of recorded answers (docs/ORACLE.md), or,
// where it is none, a body whose first byte chooses the interface; lines of it are events of a
// stream.

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ocs/base/check.h"
#include "rating/usage/provider_usage.h"
#include "tests/fuzz/fuzz.h"
#include "tests/rating/usage/invariants.h"
#include "tools/oracle/records.h"

namespace ocs::testing {
namespace {

using usage::UsageAnswer;
using usage::UsageOrigin;

constexpr std::array<UsageOrigin, 16> kOrigins = {{
    {.provider = "", .api = ""},
    {.provider = "openai", .api = "chat"},
    {.provider = "openai", .api = "responses"},
    {.provider = "openai", .api = "embeddings"},
    {.provider = "openai", .api = "images"},
    {.provider = "anthropic", .api = "messages"},
    {.provider = "gemini", .api = "generate-content"},
    {.provider = "gemini", .api = "chat"},
    {.provider = "gemini", .api = "cached-contents"},
    {.provider = "bedrock", .api = "converse"},
    {.provider = "bedrock", .api = "invoke"},
    {.provider = "cohere", .api = "chat"},
    {.provider = "dashscope", .api = "rerank"},
    {.provider = "ollama", .api = "ollama-chat"},
    {.provider = "openrouter", .api = "chat"},
    {.provider = "xai", .api = "chat"},
}};

void Check(const UsageAnswer& answer) {
  const std::string fault = AnswerFault(answer);
  OCS_CHECK(fault.empty());
  if (const auto* error = std::get_if<usage::UsageError>(&answer)) {
    // An error shows at most a number of what was sent, and a path.
    OCS_CHECK(error->found.size() <= 80);
    OCS_CHECK(!error->Describe().empty());
  }
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace
}  // namespace ocs::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace t = ocs::testing;
  const std::string_view input = t::TextOf(data, size);
  const auto records = ocs::tools::ParseRecords(input);
  if (records.ok() && !records->empty()) {
    for (const ocs::tools::Record& record : *records) t::Check(ReadRecord(record));
    return 0;
  }
  if (input.empty()) return 0;
  const auto& origin = t::kOrigins[static_cast<uint8_t>(input.front()) % t::kOrigins.size()];
  t::Check(ocs::usage::ReadProviderUsage(origin, input.substr(1)));
  t::Check(ocs::usage::ReadProviderUsage({}, input));
  t::Check(ocs::usage::ReadProviderUsageStream(origin, t::Lines(input.substr(1))));
  return 0;
}
