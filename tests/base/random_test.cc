#include "ocs/base/random.h"

#include <cstdint>
#include <limits>
#include <map>

#include "tests/support/catch.h"

namespace ocs {
namespace {

TEST_CASE("a seed gives the published numbers of SplitMix64", "[base][unit][golden]") {
  Random zero(0);
  CHECK(zero.Next() == 0xe220a8397b1dcdafULL);
  CHECK(zero.Next() == 0x6e789e6aa1b965f4ULL);
  CHECK(zero.Next() == 0x06c45d188009454fULL);
  Random seeded(1'234'567);
  CHECK(seeded.Next() == 6'457'827'717'110'365'317ULL);
  CHECK(seeded.Next() == 3'203'168'211'198'807'973ULL);
  CHECK(seeded.Next() == 9'817'491'932'198'370'423ULL);
}

TEST_CASE("Below and Between keep their bounds and reach them", "[base][unit]") {
  Random random(5);
  std::map<int64_t, int> below, between;
  for (int i = 0; i < 10'000; ++i) {
    ++below[random.Below(6)];
    ++between[random.Between(-2, 3)];
  }
  CHECK(below.size() == 6);
  CHECK(below.begin()->first == 0);
  CHECK(below.rbegin()->first == 5);
  CHECK(between.size() == 6);
  CHECK(between.begin()->first == -2);
  CHECK(between.rbegin()->first == 3);
  for (const auto& [number, count] : below) {
    CAPTURE(number);
    CHECK(count > 1'400);
    CHECK(count < 1'950);
  }
}

TEST_CASE("Between takes one number and all numbers", "[base][unit]") {
  Random random(6);
  CHECK(random.Between(42, 42) == 42);
  bool negative = false, positive = false;
  for (int i = 0; i < 100; ++i) {
    const int64_t any =
        random.Between(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
    negative = negative || any < 0;
    positive = positive || any > 0;
  }
  CHECK(negative);
  CHECK(positive);
}

TEST_CASE("OneIn is true about once in n", "[base][unit]") {
  Random random(7);
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) hits += random.OneIn(10) ? 1 : 0;
  CHECK(hits > 850);
  CHECK(hits < 1'150);
  CHECK(random.OneIn(1));
}

}  // namespace
}  // namespace ocs
