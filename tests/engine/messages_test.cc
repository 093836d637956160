#include "ocs/engine/messages.h"

#include <set>
#include <string>

#include "ocs/base/random.h"
#include "tests/engine/script.h"
#include "tests/support/seed.h"

namespace ocs::engine::tests {
namespace {

std::string AnswerBytes(const CreditControlAnswer& answer) {
  std::string bytes;
  EncodeAnswer(answer, &bytes);
  return bytes;
}

Quantities AnyQuantities(Random& random) {
  Quantities quantities;
  for (int kind = 0; kind < kTokenKindCount; ++kind) {
    if (random.OneIn(4))
      quantities.push_back({static_cast<TokenKind>(kind), random.Between(0, 1'000'000'000'000)});
  }
  return quantities;
}

CreditControlAnswer AnyAnswer(Random& random) {
  static constexpr ResultCode kCodes[] = {ResultCode::kSuccess, ResultCode::kCreditLimitReached,
                                          ResultCode::kRatingFailed};
  CreditControlAnswer answer;
  answer.code = kCodes[random.Below(3)];
  answer.type = static_cast<RequestType>(random.Between(1, 4));
  answer.number = static_cast<uint32_t>(random.Next());
  if (random.OneIn(2)) answer.currency = Unit::Of("CNY");
  answer.has_cost = random.OneIn(2);
  if (answer.has_cost) answer.cost_micros = random.Between(INT64_MIN, INT64_MAX);
  if (random.OneIn(3)) answer.check_balance = static_cast<CheckBalanceResult>(random.Below(2));
  if (random.OneIn(2)) answer.refund_information = "0-5-3";
  if (random.OneIn(3)) answer.failed_field = "used_service_unit";
  if (random.OneIn(3)) answer.message = "expected more";
  answer.tariff_revision = static_cast<uint32_t>(random.Next());
  if (random.OneIn(3)) answer.calls_affordable = random.Below(1'000'000);
  for (int64_t i = random.Below(4); i > 0; --i) {
    ServiceAnswer& service = answer.services.emplace_back();
    service.rating_group = static_cast<uint32_t>(random.Next());
    service.code = kCodes[random.Below(3)];
    service.has_grant = random.OneIn(2);
    if (service.has_grant) {
      service.granted = AnyQuantities(random);
      service.validity_seconds = 600;
    }
    if (random.OneIn(3)) service.final_unit = static_cast<FinalUnitAction>(random.Below(3));
    if (random.OneIn(2)) service.charged_micros = random.Between(INT64_MIN, INT64_MAX);
    if (random.OneIn(2)) service.drawn = random.Between(0, INT64_MAX);
    service.overshoot = random.OneIn(2);
    if (random.OneIn(3)) service.quota_holding_seconds = static_cast<int32_t>(random.Below(86'401));
    if (random.OneIn(3)) service.triggers = static_cast<Triggers>(random.Below(1 << kTriggerCount));
    if (random.OneIn(2)) {
      EndOfUnits& end = service.end.emplace();
      end.at_end = static_cast<rating::AtEnd>(random.Below(6));
      end.limited_by = random.OneIn(2) ? "" : "five hours";
      end.node = random.OneIn(2) ? "" : "sales/anna";
      end.retry_at = random.OneIn(2) ? Instant::Never() : Instant{random.Below(1'000'000)};
      end.fallback_model = random.OneIn(2) ? "" : "small";
      end.next_price = random.OneIn(2) ? "" : "price book x, line 1";
      for (int64_t rates = random.Below(4); rates > 0; --rates) {
        end.rates.push_back({.amount = random.Below(1000),
                             .unit = Unit::Of("request"),
                             .window_ms = random.Below(1'000'000)});
      }
    }
    if (!service.has_grant && random.OneIn(2)) service.validity_seconds = 1'000;
    if (random.OneIn(4)) service.redirect_to = "https://shop.example";
    if (random.OneIn(4)) service.filters = {"a", "b"};
    if (random.OneIn(4)) service.tariff_changes_at = Instant{random.Below(1'000'000)};
    if (random.OneIn(4)) {
      service.pool = {{.pool = 2,
                       .kind = TokenKind::kSecond,
                       .value_digits = random.Below(1'000'000),
                       .exponent = -static_cast<int32_t>(random.Below(18))}};
    }
    if (random.OneIn(4)) service.threshold_tokens = random.Below(1'000'000);
    if (random.OneIn(4)) service.output_tokens_safe = random.Below(1'000'000);
    if (random.OneIn(3)) service.failed_field = "model";
    if (random.OneIn(3)) service.message = "is not there";
  }
  return answer;
}

TEST_CASE("an answer is read as it was recorded", "[engine][property]") {
  OCS_SEEDED_RANDOM(random, 48);
  for (int i = 0; i < 2'000; ++i) {
    const CreditControlAnswer answer = AnyAnswer(random);
    const std::string bytes = AnswerBytes(answer);
    CreditControlAnswer read;
    REQUIRE(DecodeAnswer(bytes, &read));
    REQUIRE(AnswerBytes(read) == bytes);
    REQUIRE(ToText(read) == ToText(answer));
    REQUIRE(read.type == answer.type);
    REQUIRE(read.number == answer.number);
    REQUIRE(read.currency == answer.currency);
    REQUIRE(read.refund_information == answer.refund_information);
    REQUIRE(read.tariff_revision == answer.tariff_revision);
    REQUIRE(read.message == answer.message);
    REQUIRE(read.services.size() == answer.services.size());
    for (size_t s = 0; s < read.services.size(); ++s) {
      REQUIRE(read.services[s].message == answer.services[s].message);
      REQUIRE(read.services[s].validity_seconds == answer.services[s].validity_seconds);
      REQUIRE(read.services[s].final_unit == answer.services[s].final_unit);
      REQUIRE(read.services[s].quota_holding_seconds == answer.services[s].quota_holding_seconds);
      REQUIRE(read.services[s].triggers == answer.services[s].triggers);
    }
  }
}

TEST_CASE("an answer that is cut, lengthened or of another version is not read", "[engine][unit]") {
  OCS_SEEDED_RANDOM(random, 49);
  for (int i = 0; i < 50; ++i) {
    const std::string bytes = AnswerBytes(AnyAnswer(random));
    for (size_t length = 0; length < bytes.size(); ++length) {
      CreditControlAnswer read;
      REQUIRE_FALSE(DecodeAnswer(std::string_view(bytes).substr(0, length), &read));
    }
    CreditControlAnswer read;
    REQUIRE_FALSE(DecodeAnswer(bytes + "x", &read));
    std::string newer = bytes;
    newer[0] = 2;
    CreditControlAnswer other;
    REQUIRE_FALSE(DecodeAnswer(newer, &other));
  }
}

TEST_CASE("result codes have the standard's names", "[engine][unit]") {
  CHECK(ResultCodeName(ResultCode::kSuccess) == "DIAMETER_SUCCESS");
  CHECK(ResultCodeName(ResultCode::kCreditLimitReached) == "DIAMETER_CREDIT_LIMIT_REACHED");
  std::set<std::string_view> names;
  for (const int code : {2001, 4010, 4011, 4012, 5002, 5004, 5005, 5012, 5030, 5031})
    names.insert(ResultCodeName(static_cast<ResultCode>(code)));
  CHECK(names.size() == 10);
  CHECK(names.count("DIAMETER_UNKNOWN") == 0);
}

}  // namespace
}  // namespace ocs::engine::tests
