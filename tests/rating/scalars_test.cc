#include "rating/internal/scalars.h"

#include "tests/rating/support.h"

namespace ocs::rating::internal {

TEST_CASE("counts are whole numbers with K, M, B and underscores", "[rating][unit]") {
  struct Case {
    const char* text;
    int64_t expected;  // -1: refused.
  };
  for (const auto& [text, expected] : std::vector<Case>{{"0", 0},
                                                        {"250000", 250'000},
                                                        {"1_000_000", 1'000'000},
                                                        {"10M", 10'000'000},
                                                        {"1.5K", 1'500},
                                                        {"2B", 2'000'000'000},
                                                        {"9223372036854775807", INT64_MAX},
                                                        {"9223372036854775808", -1},
                                                        {"9223372036855M", -1},
                                                        {"1.5", -1},
                                                        {"1.0005K", -1},
                                                        {"", -1},
                                                        {"M", -1},
                                                        {"-1", -1},
                                                        {"+1", -1},
                                                        {"1e6", -1},
                                                        {"_1", -1},
                                                        {"1_", -1},
                                                        {"1__0", -1},
                                                        {"10 M", -1},
                                                        {"0x10", -1},
                                                        {"10m", -1}}) {
    INFO(text);
    CHECK(ParseCount(text).value_or(-1) == expected);
  }
}

TEST_CASE("decimals become exact reduced ratios", "[rating][unit]") {
  CHECK(ParseDecimal("0") == Ratio{0, 1});
  CHECK(ParseDecimal("0.07") == Ratio{7, 100});
  CHECK(ParseDecimal("1.10") == Ratio{11, 10});
  CHECK(ParseDecimal("12") == Ratio{12, 1});
  CHECK(ParseDecimal("0.000000000001") == Ratio{1, 1'000'000'000'000});
  CHECK_FALSE(ParseDecimal("0.0000000000001").has_value());
  for (const char* text : {"", ".5", "5.", "-1", "+1", "1e3", "1,5", " 1", "nan", "inf", "1.2.3",
                           "92233720368547758080"}) {
    INFO(text);
    CHECK_FALSE(ParseDecimal(text).has_value());
  }
}

TEST_CASE("hours are two different times of day", "[rating][unit]") {
  CHECK(ParseHours("00:30-16:30") == DailyHours{1'800, 59'400});
  CHECK(ParseHours("16:30-00:30") == DailyHours{59'400, 1'800});
  CHECK(ParseHours("18:00-24:00") == DailyHours{64'800, 86'400});
  for (const char* text : {"", "00:30", "8:00-9:00", "08:00-08:00", "25:00-26:00", "24:00-08:00",
                           "10:60-11:00", "22:00-00:00", "24:01-08:00", "aa:bb-cc:dd"}) {
    INFO(text);
    CHECK_FALSE(ParseHours(text).has_value());
  }
}

TEST_CASE("validities are months, days or none", "[rating][unit]") {
  CHECK(ParseValidity("1 month")->months == 1);
  CHECK(ParseValidity("12 months")->months == 12);
  CHECK(ParseValidity("30 days")->days == 30);
  CHECK(ParseValidity("none")->days == 0);
  for (const char* text : {"", "1 months", "2 month", "0 days", "month", "1 year", "121 months",
                           "-1 days", "1.5 days"}) {
    INFO(text);
    CHECK_FALSE(ParseValidity(text).has_value());
  }
}

TEST_CASE("a zone is a name of the time zone database and never a path", "[rating][unit]") {
  CHECK(ParseZone("UTC").has_value());
  CHECK(ParseZone("Asia/Shanghai").has_value());
  for (const char* text :
       {"", "Asia/Atlantis", "/etc/localtime", "../etc/passwd", "file:/etc/localtime", ":UTC"}) {
    INFO(text);
    CHECK_FALSE(ParseZone(text).has_value());
  }
}

TEST_CASE("a misspelt word finds its neighbour and a strange one none", "[rating][unit]") {
  const std::vector<std::string> known = {"input", "output", "cache_read", "per"};
  CHECK(Nearest("inptu", known) == "input");
  CHECK(Nearest("cache_raed", known) == "cache_read");
  CHECK(Nearest("cached_read", known) == "cache_read");
  CHECK(Nearest("zebra_crossing", known).empty());
}

}  // namespace ocs::rating::internal
