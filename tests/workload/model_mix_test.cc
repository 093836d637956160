#include "ocs/workload/model_mix.h"

#include <string>

#include "tests/support/catch.h"

using ocs::workload::ModelMix;
using ocs::workload::ReadModelMix;

namespace {

std::string FaultOf(std::string_view text) {
  const auto mix = ReadModelMix(text);
  REQUIRE(!mix.ok());
  return std::string(mix.status().message());
}

}  // namespace

TEST_CASE("both forms of a mix say the same", "[workload][unit]") {
  const auto object = ReadModelMix(R"( {"a": 764513653844.8572, "b": 1, "idle": 0.0})");
  const auto lines = ReadModelMix("model,weight\na,764513653844\r\nb,1\nidle,0\n");
  REQUIRE(object.ok());
  REQUIRE(lines.ok());
  for (const ModelMix* mix : {&*object, &*lines}) {
    REQUIRE(mix->parts.size() == 2);
    CHECK(mix->parts[0].model == "a");
    CHECK(mix->parts[0].weight == 764513653844);
    CHECK(mix->parts[1].model == "b");
  }
}

TEST_CASE("a mix that cannot be right is refused with its place", "[workload][unit]") {
  CHECK(FaultOf("a,1\n") == "model mix: line 1: expected the header model,weight");
  CHECK(FaultOf("model,weight\na,x\n") ==
        "model mix: line 2: weight: expected a whole number from 0 to 10^18");
  CHECK(FaultOf("model,weight\na,-1\n") ==
        "model mix: line 2: weight: expected a whole number from 0 to 10^18");
  CHECK(FaultOf("model,weight\na,1\na,2\n") == "model mix: line 3: model 'a' is there twice");
  CHECK(FaultOf("model,weight\n,2\n") == "model mix: line 2: a model without a name");
  CHECK(FaultOf("model,weight\na,0\n") == "model mix: the whole: no model has a weight above 0");
  CHECK(FaultOf("{") == "model mix: the whole: expected {\"model\": weight, ...}");
  CHECK(FaultOf(R"({"a": -1})") == "model mix: a: weight: expected a number from 0 to 10^18");
  CHECK(FaultOf(R"({"a": "1"})") == "model mix: a: weight: expected a number from 0 to 10^18");
  std::string many = "model,weight\n";
  for (int i = 0; i <= ocs::workload::kModelsInMixMax; ++i)
    many += "m" + std::to_string(i) + ",1\n";
  CHECK(FaultOf(many) == "model mix: line 1002: more than 1000 models");
}
