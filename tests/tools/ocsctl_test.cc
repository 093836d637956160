// ocsctl's values and errors.

#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/support/catch.h"
// tidy-allow arrow: the tools' own tests
#include "tools/ocsctl/client.h"
// tidy-allow arrow: the tools' own tests
#include "tools/ocsctl/errors.h"
// tidy-allow arrow: the tools' own tests
#include "tools/ocsctl/values.h"
// tidy-allow arrow: the tools' own tests
#include "tools/ocsctl/wire_record.h"

namespace ocs::tools {
namespace {

TEST_CASE("an identity reads as it is written", "[tools][ocsctl][unit]") {
  for (const std::string text :
       {"msisdn:8613800138000", "customer:C:1", "imsi:460001234567890", "nai:a@b", "sip:a@b"}) {
    const auto identity = ParseIdentity(text);
    REQUIRE(identity.ok());
    CHECK(IdentityText(*identity) == text);
  }
  CHECK(ParseIdentity("sip:a@b")->subscription_id_data() == "sip:a@b");
  CHECK(ParseIdentity("customer:C:1")->subscription_id_data() == "C:1");
  for (const std::string text : {"", "8613800138000", "msisdn:", "phone:1", ":1"}) {
    INFO(text);
    CHECK(absl::IsInvalidArgument(ParseIdentity(text).status()));
  }
}

TEST_CASE("an identity that was not asked for is hidden", "[tools][ocsctl][unit]") {
  CHECK(HiddenIdentityText(*ParseIdentity("msisdn:8613800138000")) == "msisdn:...8000");
  CHECK(HiddenIdentityText(*ParseIdentity("customer:C-1")) == "customer:...");
}

TEST_CASE("times and months are read in the zone", "[tools][ocsctl][unit]") {
  absl::TimeZone shanghai;
  REQUIRE(absl::LoadTimeZone("Asia/Shanghai", &shanghai));
  CHECK(TimeText(ParseTime("2026-05-01", shanghai)->unix_ms, shanghai) ==
        "2026-05-01T00:00:00+08:00");
  CHECK(ParseTime("2026-05-01T00:00:00+08:00", absl::UTCTimeZone())->unix_ms ==
        ParseTime("2026-05-01", shanghai)->unix_ms);
  const auto month = ParseMonth("2026-12", shanghai);
  REQUIRE(month.ok());
  CHECK(TimeText(month->first.unix_ms, shanghai) == "2026-12-01T00:00:00+08:00");
  CHECK(TimeText(month->second.unix_ms, shanghai) == "2027-01-01T00:00:00+08:00");
  for (const std::string text : {"", "tomorrow", "2026-5-1", "2026-13-01"}) {
    INFO(text);
    CHECK(absl::IsInvalidArgument(ParseTime(text, shanghai).status()));
  }
  CHECK(absl::IsInvalidArgument(ParseMonth("2026-13", shanghai).status()));
  CHECK(absl::IsInvalidArgument(ParseMonth("2026-05-01", shanghai).status()));
}

TEST_CASE("a position is group and index", "[tools][ocsctl][unit]") {
  CHECK(*ParsePosition("12.3") == Position{.group = 12, .index = 3});
  for (const std::string text : {"", "12", "12.", ".3", "1.2.3", "a.b", "-1.2"}) {
    INFO(text);
    CHECK(absl::IsInvalidArgument(ParsePosition(text).status()));
  }
}

TEST_CASE("a key is new each time and has the form of a UUID", "[tools][ocsctl][unit]") {
  const std::string key = NewKey();
  CHECK(key.size() == 36);
  CHECK(key[8] == '-');
  CHECK(key[14] == '4');
  CHECK(key != NewKey());
}

TEST_CASE("every token kind goes to the wire and back", "[tools][ocsctl][unit]") {
  for (int i = 0; i < kTokenKindCount; ++i) {
    const auto kind = static_cast<TokenKind>(i);
    CHECK(*FromWire(ToWire(kind)) == kind);
  }
  CHECK(!FromWire(type::v1::TOKEN_KIND_UNSPECIFIED).ok());
  CHECK(!FromWire(static_cast<type::v1::TokenKind>(kTokenKindCount + 1)).ok());
}

TEST_CASE("exit codes tell a refusal from a server that was not reached", "[tools][ocsctl][unit]") {
  CHECK(ExitCodeOf({grpc::StatusCode::FAILED_PRECONDITION, ""}) == kRefused);
  CHECK(ExitCodeOf({grpc::StatusCode::NOT_FOUND, ""}) == kRefused);
  CHECK(ExitCodeOf({grpc::StatusCode::ALREADY_EXISTS, ""}) == kRefused);
  CHECK(ExitCodeOf({grpc::StatusCode::INVALID_ARGUMENT, ""}) == kUsage);
  CHECK(ExitCodeOf({grpc::StatusCode::UNAVAILABLE, ""}) == kCouldNot);
  CHECK(ExitCodeOf({grpc::StatusCode::DEADLINE_EXCEEDED, ""}) == kCouldNot);
}

TEST_CASE("an error names the fields at fault and how to go on", "[tools][ocsctl][unit]") {
  google::rpc::BadRequest details;
  auto* violation = details.add_field_violations();
  violation->set_field("currency");
  violation->set_description("is EUR, the account has CNY");
  google::rpc::Status full;
  full.add_details()->PackFrom(details);
  const grpc::Status bad(grpc::StatusCode::INVALID_ARGUMENT, "cannot be", full.SerializeAsString());
  CHECK(DescribeError(bad, "x:1") ==
        "ocsctl: malformed: cannot be\n  field currency: is EUR, the account has CNY\n");
  const std::string away = DescribeError({grpc::StatusCode::UNAVAILABLE, "refused"}, "x:1");
  CHECK(away.find("is the server running at x:1?") != std::string::npos);
}

TEST_CASE("half of what TLS needs is refused", "[tools][ocsctl][unit]") {
  CHECK(!MakeChannel({.cert_file = "me.pem"}).ok());
  CHECK(!MakeChannel({.ca_file = "ca.pem", .cert_file = "me.pem"}).ok());
  CHECK(absl::IsNotFound(MakeChannel({.ca_file = "not/there.pem"}).status()));
}

TEST_CASE("a record that this release does not know is refused, not half written",
          "[tools][ocsctl][unit]") {
  cdr::v1::Record wire;
  wire.set_record_id("0.4.0");
  wire.set_record_type(cdr::v1::FEE);
  wire.set_cause_for_record_closing(cdr::v1::NORMAL_RELEASE);
  REQUIRE(FromWire(wire).ok());
  SECTION("type") { wire.set_record_type(static_cast<cdr::v1::RecordType>(9)); }
  SECTION("cause") {
    wire.set_cause_for_record_closing(static_cast<cdr::v1::CauseForRecordClosing>(9));
  }
  SECTION("id") { wire.set_record_id("4"); }
  SECTION("unit") {
    auto* line = wire.add_line();
    line->set_token_kind(type::v1::INPUT);
    line->set_unit("?");
  }
  CHECK(absl::IsInvalidArgument(FromWire(wire).status()));
}

}  // namespace
}  // namespace ocs::tools
