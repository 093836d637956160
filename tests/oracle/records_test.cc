// Recorded answers go to the parser as they were recorded.

#include "tools/oracle/records.h"

#include <fstream>
#include <string>
#include <vector>

#include "ocs/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"
#include "tools/oracle/report.h"
#include "tools/oracle/slices.h"

namespace ocs::tools {
namespace {

constexpr std::string_view kLines =
    R"({"provider":"openai","api":"chat","source":"r@1:a.yaml#0",)"
    R"("response":{"model":"m","usage":{"prompt_tokens":3.0,"completion_tokens":1}}})"
    "\n\n"
    R"({"provider":"gemini","api":"stream-generate-content","source":"r@1:b.yaml#0",)"
    R"("events":[{"usageMetadata":{"promptTokenCount":1}}, )"
    R"({"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":5}}]})"
    "\n"
    R"({"provider":"openai","api":"chat","source":"r@1:c.yaml#0","response":{"error":{}}})"
    "\n"
    R"({"provider":"openai","api":"chat","source":"r@1:d.yaml#0",)"
    R"("response":{"usage":{"prompt_tokens":-3,"completion_tokens":1}}})"
    "\n";

TEST_CASE("an object is cut into the texts of its members", "[oracle][unit]") {
  const auto members = ObjectMembers(R"( { "a" : 4e-05 , "b\"c":{"x":["}",1]},"":"q\u00e9\n"} )");
  REQUIRE(members.has_value());
  REQUIRE(members->size() == 3);
  CHECK((*members)[0].value == "4e-05");
  CHECK((*members)[1].name == "b\"c");
  CHECK((*members)[1].value == R"({"x":["}",1]})");
  CHECK(StringOf((*members)[2].value) == "q\xc3\xa9\n");
  CHECK(ObjectMembers("{}")->empty());
  CHECK(ListElements("[ ]")->empty());
  CHECK(*ListElements("[1, {\"a\":[2]},\"x,y\"]") ==
        std::vector<std::string_view>{"1", "{\"a\":[2]}", "\"x,y\""});
  for (const std::string_view broken :
       {"", "[", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":{]", "{a:1}", "7"}) {
    INFO(broken);
    CHECK_FALSE(ObjectMembers(broken).has_value());
  }
  CHECK_FALSE(ListElements("[1,2").has_value());
}

TEST_CASE("values that were written by different hands compare as equal", "[oracle][unit]") {
  CHECK(Canonical(R"({"b": [1, {"z":1,"y":2}], "a": null})") ==
        Canonical(R"({"a":null,"b":[1,{"y":2,"z":1}]})"));
  CHECK(Canonical(R"({"a":1})") != Canonical(R"({"a":2})"));
  std::string deep(1'000, '[');
  deep += std::string(1'000, ']');
  CHECK_FALSE(Canonical(deep).has_value());
}

TEST_CASE("records are read line by line, and a line that is none is named", "[oracle][unit]") {
  const auto records = ParseRecords(kLines);
  REQUIRE(records.ok());
  REQUIRE(records->size() == 4);
  CHECK((*records)[0].bodies.front() ==
        R"({"model":"m","usage":{"prompt_tokens":3.0,"completion_tokens":1}})");
  CHECK((*records)[1].line == 3);
  CHECK((*records)[1].bodies.size() == 2);
  CHECK((*records)[1].stream);
  const auto broken = ParseRecords("{\"response\":{}}\n{\"provider\":\"x\"}\n");
  REQUIRE_FALSE(broken.ok());
  CHECK(broken.status().message() == "line 2: neither a member 'response' nor a list 'events'");
}

TEST_CASE("the report counts what was read and names what was not", "[oracle][unit]") {
  const auto records = ParseRecords(kLines);
  REQUIRE(records.ok());
  const OracleReport report = ReportRecords(*records);
  INFO(report.text);
  CHECK_FALSE(report.ok);
  CHECK(report.text.find("usage.prompt_tokens: found -3") != std::string::npos);
  CHECK(report.text.find("found an error of the provider") != std::string::npos);
  const OracleReport good = ReportRecords({records->begin(), records->begin() + 3});
  CHECK(good.ok);
}

TEST_CASE("a packed file and a plain one hold the same", "[oracle][unit]") {
  const testing::TempDir folder;
  const std::string plain = Cat(folder.path(), "/plain");
  const std::string packed = Cat(folder.path(), "/packed.gz");
  std::ofstream(plain, std::ios::binary) << "hello oracle\n";
  // "hello oracle\n" as gzip writes it.
  constexpr unsigned char kPacked[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                                       0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x2f,
                                       0x4a, 0x4c, 0xce, 0x49, 0xe5, 0x02, 0x00, 0xe5, 0x4a,
                                       0x8b, 0x0f, 0x0d, 0x00, 0x00, 0x00};
  std::ofstream(packed, std::ios::binary)
      .write(reinterpret_cast<const char*>(kPacked), sizeof(kPacked));
  CHECK(*ReadMaybeGzip(plain) == "hello oracle\n");
  CHECK(*ReadMaybeGzip(packed) == "hello oracle\n");
  std::ofstream(packed, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(kPacked), sizeof(kPacked) - 6);
  CHECK_FALSE(ReadMaybeGzip(packed).ok());
  CHECK(absl::IsNotFound(ReadMaybeGzip(Cat(folder.path(), "/none")).status()));
}

}  // namespace
}  // namespace ocs::tools
