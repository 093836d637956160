#include "ocs/base/json.h"

#include "tests/support/catch.h"

namespace ocs {
namespace {

TEST_CASE("JSON is separated, nested and escaped", "[base][unit]") {
  JsonWriter json;
  json.BeginObject();
  json.Field("text", "a\"b\\c\n");
  json.Field("big", int64_t{9'007'199'254'740'993});
  json.Key("list");
  json.BeginArray();
  json.Count(1);
  json.BeginObject();
  json.EndObject();
  json.Text("x");
  json.EndArray();
  json.Key("last");
  json.Count(2);
  json.EndObject();
  CHECK(json.text() ==
        R"({"text":"a\"b\\c\u000a","big":"9007199254740993","list":[1,{},"x"],"last":2})");
}

}  // namespace
}  // namespace ocs
