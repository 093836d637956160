#include "balance/notice.h"

#include <set>
#include <string>
#include <vector>

#include "tests/balance/samples.h"

namespace ocs::balance::tests {
namespace {

Notice Sample() {
  return {.type = NoticeType::kBucketEnding,
          .node = {3},
          .subject = 0xffffffffffffffff,
          .percent = 80,
          .unit = Unit::Of("token"),
          .amount = -5,
          .at = kNow,
          .name = "gift-1"};
}

TEST_CASE("a notice is what was encoded, and nothing else is one", "[balance][unit]") {
  std::string bytes;
  EncodeNotice(Sample(), &bytes);
  const auto decoded = DecodeNotice(bytes);
  REQUIRE(decoded.ok());
  CHECK(*decoded == Sample());
  for (size_t length = 0; length < bytes.size(); ++length)
    CHECK(absl::IsDataLoss(DecodeNotice(bytes.substr(0, length)).status()));
  CHECK(absl::IsDataLoss(DecodeNotice(bytes + "x").status()));
  bytes[0] = 14;
  CHECK(absl::IsDataLoss(DecodeNotice(bytes).status()));
  std::string plain;
  EncodeNotice({}, &plain);
  CHECK(*DecodeNotice(plain) == Notice{});
}

TEST_CASE("a threshold is crossed once", "[balance][unit]") {
  const std::vector<uint8_t> at = {50, 80, 100};
  const auto crossed = [&](int64_t used, int64_t amount, uint8_t told) {
    return static_cast<int>(CrossedThreshold(at, used, amount, told).value_or(0));
  };
  CHECK(crossed(49, 100, 0) == 0);
  CHECK(crossed(50, 100, 0) == 50);
  CHECK(crossed(79, 100, 50) == 0);
  CHECK(crossed(99, 100, 0) == 80);  // One notice for both.
  CHECK(crossed(100, 100, 80) == 100);
  CHECK(crossed(500, 100, 100) == 0);
  CHECK(crossed(INT64_MAX, INT64_MAX, 80) == 100);
  CHECK(crossed(1, 0, 0) == 100);
  CHECK(crossed(0, 0, 0) == 0);
  CHECK_FALSE(CrossedThreshold({}, 5, 5, 0).has_value());
}

TEST_CASE("notices have names and words of their own", "[balance][unit]") {
  std::set<std::string> names;
  std::set<std::string> words;
  for (int type = 1; type <= 12; ++type) {
    Notice notice = Sample();
    notice.type = static_cast<NoticeType>(type);
    names.insert(std::string(NoticeTypeName(notice.type)));
    words.insert(NoticeInWords(notice, absl::UTCTimeZone()));
  }
  CHECK(names.size() == 12);
  CHECK(names.count("unknown") == 0);
  CHECK(words.size() == 12);
  CHECK(NoticeTypeName(static_cast<NoticeType>(99)) == "unknown");
  Notice limit = Sample();
  limit.type = NoticeType::kLimitThreshold;
  limit.subject = 7;
  CHECK(NoticeInWords(limit, absl::UTCTimeZone()) == "limit 7 of node 3 is used to 80 per cent");
}

}  // namespace
}  // namespace ocs::balance::tests
