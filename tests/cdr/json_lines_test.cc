#include "cdr/json_lines.h"

#include <string>

#include "tests/cdr/samples.h"
#include "tests/support/catch.h"

namespace ocs::cdr {
namespace {

using testing::IdOf;

std::string JsonOf(const RecordId& id, const Record& record) {
  JsonLinesEncoder encoder(testing::Beijing());
  std::string json;
  encoder.Append(id, record, &json);
  return json;
}

// The text of the session id as it stands in the JSON.
std::string Escaped(std::string_view text) {
  Record record;
  record.session_id = text;
  const std::string json = JsonOf(IdOf(1, 0), record);
  const std::string name = "\"session_id\":\"";
  const size_t begin = json.find(name);
  REQUIRE(begin != std::string::npos);
  const size_t end = json.find("\",\"cause\"", begin);
  REQUIRE(end != std::string::npos);
  return json.substr(begin + name.size(), end - begin - name.size());
}

TEST_CASE("records as JSON lines are those of the golden file", "[cdr][unit][golden]") {
  const std::string actual = JsonOf(IdOf(11, 4), testing::UsageSample()) +
                             JsonOf(IdOf(11, 5), testing::FeeSample()) +
                             JsonOf(IdOf(12, 0), testing::RefundSample());
  CHECK(actual == testing::Golden("records.jsonl", actual));
  const std::string wide = JsonOf(IdOf(13, 0), testing::WideSample());
  CHECK(wide == testing::Golden("records_wide.jsonl", wide));
}

TEST_CASE("what is empty or zero is left out", "[cdr][unit]") {
  CHECK(JsonOf(IdOf(1, 0), Record()) ==
        R"({"format":"ocs-cdr-json-1","record_id":"0.1.0","local_sequence":0,"type":"usage",)"
        R"("account":0,"cause":0,"opened_at":"1970-01-01T08:00:00+08:00",)"
        R"("closed_at":"1970-01-01T08:00:00+08:00","recorded_at":"1970-01-01T08:00:00+08:00",)"
        R"("lines":[]})"
        "\n");
  Record record;
  record.lines.resize(1);
  CHECK(JsonOf(IdOf(1, 0), record)
            .ends_with(R"("lines":[{"kind":"input","quantity":0,"amount":0,"price_numerator":0,)"
                       R"("price_denominator":1}]})"
                       "\n"));
}

TEST_CASE("texts are escaped as JSON demands", "[cdr][unit]") {
  CHECK(Escaped("plain / text") == "plain / text");
  CHECK(Escaped("say \"hi\" \\ there") == "say \\\"hi\\\" \\\\ there");
  CHECK(Escaped("two\r\nlines\ttab") == "two\\u000d\\u000alines\\u0009tab");
  CHECK(Escaped(std::string_view("a\0b\x1f", 4)) == "a\\u0000b\\u001f");
  CHECK(Escaped("\x7f") == "\x7f");
}

TEST_CASE("what is not UTF-8 is replaced, byte by byte", "[cdr][unit]") {
  const std::string mark = "\xef\xbf\xbd";
  // Whole characters of one to four bytes stay.
  for (const std::string_view good :
       {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xe5\x85\x83",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(Escaped(good) == good);
  }
  CHECK(Escaped("a\x80z") == "a" + mark + "z");          // A continuation alone.
  CHECK(Escaped("\xe5\x85") == mark + mark);             // Cut.
  CHECK(Escaped("\xc3z") == mark + "z");                 // Not continued.
  CHECK(Escaped("\xc0\xaf") == mark + mark);             // Overlong '/'.
  CHECK(Escaped("\xe0\x9f\xbf") == mark + mark + mark);  // Overlong.
  CHECK(Escaped("\xed\xa0\x80") == mark + mark + mark);  // A surrogate.
  CHECK(Escaped("\xf0\x8f\xbf\xbf") == mark + mark + mark + mark);
  CHECK(Escaped("\xf4\x90\x80\x80") == mark + mark + mark + mark);  // Above U+10FFFF.
  CHECK(Escaped("\xff") == mark);
}

TEST_CASE("an object is one line", "[cdr][unit]") {
  Record record = testing::UsageSample();
  record.session_id = "two\nlines";
  const std::string json = JsonOf(IdOf(1, 0), record);
  CHECK(json.find('\n') == json.size() - 1);
}

}  // namespace
}  // namespace ocs::cdr
