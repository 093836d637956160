#include "ocs/base/unit.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "ocs/base/random.h"
#include "tests/base/support.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs {
namespace {

TEST_CASE("a unit is money or pieces, by its code", "[base][unit]") {
  for (const std::string_view code : {"CNY", "USD", "XXY"}) {
    CAPTURE(code);
    const auto unit = Unit::Parse(code);
    REQUIRE(unit.ok());
    CHECK(unit->is_money());
    CHECK(unit->code() == code);
  }
  for (const std::string_view code : {"token", "quota_point", "gb", "a1", "abcdefghijklmno"}) {
    CAPTURE(code);
    const auto unit = Unit::Parse(code);
    REQUIRE(unit.ok());
    CHECK_FALSE(unit->is_money());
    CHECK(unit->code() == code);
  }
}

TEST_CASE("what is no code is refused", "[base][unit]") {
  const std::string_view cases[] = {"",
                                    "C",
                                    "CN",
                                    "CNYY",
                                    "Cny",
                                    "cNY",
                                    "t",
                                    "1token",
                                    "_token",
                                    "to ken",
                                    "to-ken",
                                    "t\xc3\xb6k",
                                    "tokens_of_a_unit"};
  for (const std::string_view code : cases) {
    CAPTURE(code);
    CHECK(Unit::Parse(code).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

TEST_CASE("units are compared, hashed, and empty until they are given a code", "[base][unit]") {
  CHECK(Unit().empty());
  CHECK_FALSE(Unit::Of("token").empty());
  CHECK(Unit::Of("token") == Unit::Of("token"));
  CHECK(Unit::Of("CNY") < Unit::Of("USD"));
  const absl::flat_hash_set<Unit> units = {Unit::Of("CNY"), Unit::Of("token"), Unit::Of("CNY")};
  CHECK(units.size() == 2);
  STATIC_REQUIRE(sizeof(Unit) == 16);
}

TEST_CASE("amounts are written for people", "[base][unit]") {
  struct Case {
    int64_t amount;
    std::string_view unit, text;
  };
  const Case cases[] = {
      {0, "CNY", "0.00 CNY"},
      {9'900'000, "CNY", "9.90 CNY"},
      {9'900'012, "CNY", "9.900012 CNY"},
      {9'900'100, "CNY", "9.9001 CNY"},
      {1, "USD", "0.000001 USD"},
      {-1, "USD", "-0.000001 USD"},
      {-10'000, "CNY", "-0.01 CNY"},
      {1'234'567'000'000, "CNY", "1234567.00 CNY"},
      {kMax, "CNY", "9223372036854.775807 CNY"},
      {kMin, "CNY", "-9223372036854.775808 CNY"},
      {0, "token", "0 token"},
      {999, "token", "999 token"},
      {1'000, "token", "1,000 token"},
      {10'000'000, "token", "10,000,000 token"},
      {-999, "token", "-999 token"},
      {-1'000, "token", "-1,000 token"},
      {-100'000, "token", "-100,000 token"},
      {kMax, "credit", "9,223,372,036,854,775,807 credit"},
      {kMin, "credit", "-9,223,372,036,854,775,808 credit"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.amount);
    CHECK(FormatAmount(c.amount, Unit::Of(c.unit)) == c.text);
  }
}

TEST_CASE("micros are read from a decimal text", "[base][unit]") {
  struct Case {
    std::string_view text;
    int64_t micros;
  };
  const Case cases[] = {
      {"0", 0},
      {"-0", 0},
      {"9.9", 9'900'000},
      {"0.000001", 1},
      {"-3", -3'000'000},
      {"-0.000001", -1},
      {"007.50", 7'500'000},
      {"1.0000000000", 1'000'000},
      {"9223372036854.775807", kMax},
      {"-9223372036854.775808", kMin},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto micros = ParseMicros(c.text);
    REQUIRE(micros.ok());
    CHECK(*micros == c.micros);
  }
}

TEST_CASE("what is no amount is refused", "[base][unit]") {
  const std::string_view cases[] = {
      "",
      "-",
      ".",
      "5.",
      ".5",
      "+5",
      " 5",
      "5 ",
      "1,000",
      "1e3",
      "1.2.3",
      "--1",
      "0x10",
      "1-",
      "1.-5",
      "\xef\xbc\x95",
      "NaN",
      "inf",
      "1 000",
      "1_00",
      "9.9 CNY",
      "0.0000001",             // a tenth of a micro
      "1.00000010",            // and beside a whole one
      "9223372036854.775808",  // one too many
      "-9223372036854.775809",
      "9223372036855",
      "99999999999999999999999",
  };
  for (const std::string_view text : cases) {
    CAPTURE(text);
    CHECK(ParseMicros(text).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

TEST_CASE("reading what was written gives the amount again", "[base][property]") {
  OCS_SEEDED_RANDOM(random, 51);
  for (int i = 0; i < 20'000; ++i) {
    const int64_t amount = static_cast<int64_t>(random.Next()) >> random.Below(64);
    const std::string text = FormatMicros(amount);
    CAPTURE(text);
    const auto again = ParseMicros(text);
    REQUIRE(again.ok());
    REQUIRE(*again == amount);
  }
}

}  // namespace
}  // namespace ocs
