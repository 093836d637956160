#include "tests/support/table.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace ocs::testing {
namespace {

TEST_CASE("a table is its rows without comments and empty lines", "[support][unit]") {
  const std::vector<Row> rows = ParseTable(R"(
    # nothing but a comment

    account A1 micros=1'000'000   # who pays
    reserve R1  A1 400'000 ttl=60 -> granted_partly  600000
    tick _
  )");
  REQUIRE(rows.size() == 3);

  CHECK(rows[0].verb() == "account");
  CHECK(rows[0].size() == 1);
  CHECK(rows[0].NumberOption("micros", 0) == 1'000'000);
  CHECK(rows[0].expected().empty());

  CHECK(rows[1].line() == 5);
  CHECK(rows[1].Word(0) == "R1");
  CHECK(rows[1].Word(1) == "A1");
  CHECK(rows[1].Number(2) == 400'000);
  CHECK(rows[1].Has("ttl"));
  CHECK_FALSE(rows[1].Has("validity"));
  CHECK(rows[1].Option("ttl", "-") == "60");
  CHECK(rows[1].expected() == "granted_partly 600000");
  CHECK(rows[1].Describe() == "row 5: reserve R1  A1 400'000 ttl=60 -> granted_partly  600000");
}

TEST_CASE("a word left out has its default", "[support][unit]") {
  const Row row(1, "reserve R1 _ -5");
  CHECK(row.NumberOr(1, 77) == 77);
  CHECK(row.NumberOr(2, 77) == -5);
  CHECK(row.NumberOr(3, 78) == 78);
  CHECK(row.NumberOption("ttl", 60) == 60);
  CHECK(row.Option("model", "any") == "any");
}

TEST_CASE("trailing words are an outcome too", "[support][unit]") {
  const Row row(1, "reserve R1 700000 ttl=60 granted_partly 600000");
  CHECK(row.Tail(2) == "granted_partly 600000");
  CHECK(row.Tail(3) == "600000");
  CHECK(row.Tail(4).empty());
  CHECK(row.Tail(99).empty());
}

TEST_CASE("an equals sign at the front makes no option", "[support][unit]") {
  const Row row(1, "expect =5 a=b=c empty=");
  CHECK(row.size() == 1);
  CHECK(row.Word(0) == "=5");
  CHECK(row.Option("a", "") == "b=c");
  CHECK(row.Option("empty", "default").empty());
}

TEST_CASE("options after the arrow belong to the outcome", "[support][unit]") {
  const Row row(1, "balance A1 -> available=5 held=0");
  CHECK(row.options().empty());
  CHECK(row.expected() == "available=5 held=0");
}

}  // namespace
}  // namespace ocs::testing
