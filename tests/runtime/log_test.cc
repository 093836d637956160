// What a line of the log looks like.

#include "ocs/runtime/log.h"

#include "tests/support/catch.h"

namespace ocs::runtime {
namespace {

TEST_CASE("fields are key=value, quoted where they must be", "[runtime][unit]") {
  CHECK(FormatFields(LogFormat::kText, {{"a", "1"}, {"b", "two words"}, {"c", ""}}) ==
        R"(a=1 b="two words" c="")");
  CHECK(FormatFields(LogFormat::kText, {{"a", "x=y"}, {"b", R"(say "no")"}}) ==
        R"(a="x=y" b="say \"no\"")");
}

TEST_CASE("no value can end its line or its quotes", "[runtime][unit]") {
  CHECK(FormatFields(LogFormat::kText, {{"a", "x\nlevel=error"}}) == R"(a="x\u000alevel=error")");
  CHECK(FormatFields(LogFormat::kJson, {{"a", "x\"\\\n\x7f"}}) == R"("a":"x\"\\\u000a\u007f")");
}

TEST_CASE("json fields are separated by commas", "[runtime][unit]") {
  CHECK(FormatFields(LogFormat::kJson, {{"a", "1"}, {"b", "2"}}) == R"("a":"1","b":"2")");
}

TEST_CASE("each component has its own level, and setting up sets them all", "[runtime][unit]") {
  SetUpLog(LogLevel::kWarning, LogFormat::kText);
  for (int i = 0; i < kLogComponentCount; ++i) {
    const auto component = static_cast<LogComponent>(i);
    CAPTURE(LogComponentName(component));
    CHECK(IsLogged(component, LogLevel::kWarning));
    CHECK_FALSE(IsLogged(component, LogLevel::kInfo));
  }
  SetLogLevel(LogComponent::kCharging, LogLevel::kDebug);
  CHECK(IsLogged(LogComponent::kCharging, LogLevel::kDebug));
  CHECK_FALSE(IsLogged(LogComponent::kAccess, LogLevel::kDebug));
  CHECK(LogLevelOf(LogComponent::kCharging) == LogLevel::kDebug);
  SetUpLog(LogLevel::kInfo, LogFormat::kText);
  CHECK(LogLevelOf(LogComponent::kCharging) == LogLevel::kInfo);
}

}  // namespace
}  // namespace ocs::runtime
