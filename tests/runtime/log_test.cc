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

}  // namespace
}  // namespace ocs::runtime
