#include "cdr/chf_record.h"

#include <string>

#include "absl/strings/escaping.h"
#include "cdr/asn1.h"
#include "ocs/base/text.h"
#include "tests/cdr/support.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

namespace ocs::cdr {
namespace {

using testing::FromOutside;

constexpr std::string_view kFunctionId = "3f6a0d1c-9c2e-4a5b-8a11-000000000001";
constexpr std::string_view kConsumerId = "3f6a0d1c-9c2e-4a5b-8a11-00000000000a";

const std::string& OpeningTime() {
  static const std::string kStamp("\x26\x07\x08\x12\x00\x00\x2b\x00\x00", 9);
  return kStamp;
}

// What chf1.ber says, in words of the standard.
ChfRecord OutsideRecord() {
  ChfRecord record;
  record.recording_network_function_id = kFunctionId;
  record.subscriber_identifier = {.type = SubscriptionIdType::kPrivate, .data = "acct-0001"};
  record.consumer_name = kConsumerId;
  ChfRecord::MultipleUnitUsage& usage = record.multiple_unit_usage.emplace_back();
  usage.rating_group = 1001;
  ChfRecord::UsedUnitContainer& container = usage.used_unit_containers.emplace_back();
  container.service_identifier = 11;
  container.triggers.push_back(405);  // unitQuotaExhausted.
  container.service_specific_units = 1234;
  container.local_sequence_number = 1;
  container.quota_management_indicator = true;
  record.record_opening_time = OpeningTime();
  record.duration_seconds = 60;
  record.record_sequence_number = 1;
  record.cause_for_record_closing = 1;
  record.local_record_sequence_number = 42;
  record.charging_session_identifier = "cdref-1";
  return record;
}

std::string Encoded(const ChfRecord& record) {
  std::string out;
  EncodeChfRecord(record, &out);
  return out;
}

std::string WhyChfRefused(std::string_view bytes) {
  const auto record = DecodeChfRecord(bytes);
  return record.ok() ? "accepted" : std::string(FromAbsl(record.status().message()));
}

std::string ReplaceHex(std::string text, std::string_view hex, std::string_view with) {
  const size_t at = text.find(absl::HexStringToBytes(ToAbsl(hex)));
  REQUIRE(at != std::string::npos);
  return text.replace(at, hex.size() / 2, absl::HexStringToBytes(ToAbsl(with)));
}

TEST_CASE("a record that another encoder made is read, and written byte for byte",
          "[cdr][unit][golden]") {
  const std::string bytes = FromOutside("chf1.ber");
  REQUIRE(bytes.size() == 169);
  const auto record = DecodeChfRecord(bytes);
  INFO(record.status().ToString());
  REQUIRE(record.ok());
  CHECK(*record == OutsideRecord());
  CHECK(Encoded(OutsideRecord()) == bytes);
}

TEST_CASE("private members of others are kept as they came", "[cdr][unit][golden]") {
  const std::string bytes = FromOutside("chf2.ber");
  const auto record = DecodeChfRecord(bytes);
  INFO(record.status().ToString());
  REQUIRE(record.ok());
  REQUIRE(record->record_extensions.size() == 1);
  const ChfRecord::ManagementExtension& extension = record->record_extensions[0];
  CHECK(*asn1::DecodeObjectIdentifier(extension.identifier) == "1.3.6.1.4.1.99999.1");
  CHECK_FALSE(extension.significance);
  CHECK(absl::BytesToHexString(ToAbsl(extension.information)) == "30058003010203");
  // There it stands behind [16]: a SET has no order. We write in order of the tags.
  ChfRecord expected = OutsideRecord();
  expected.record_extensions = record->record_extensions;
  CHECK(*record == expected);
  const std::string again = Encoded(*record);
  CHECK(again.size() == bytes.size());
  CHECK(*DecodeChfRecord(again) == expected);
}

TEST_CASE("every member comes back", "[cdr][unit]") {
  ChfRecord record = OutsideRecord();
  record.multiple_unit_usage[0].used_unit_containers[0].rating_indicator = false;
  record.multiple_unit_usage[0].used_unit_containers.emplace_back();
  record.multiple_unit_usage.emplace_back().rating_group = -1;
  record.record_extensions.push_back({.identifier = "\x2a\x03",
                                      .significance = true,
                                      .information = "\x05"
                                                     "\x01x"});
  record.record_extensions.push_back(
      {.identifier = "\x2a\x04", .significance = false, .information = "\x04\x01y"});
  record.service_specification = "ai";
  record.incomplete_cdr_indication = {
      .initial_lost = false, .update_lost = true, .termination_lost = std::nullopt};
  const std::string bytes = Encoded(record);
  auto back = DecodeChfRecord(bytes);
  INFO(back.status().ToString());
  REQUIRE(back.ok());
  CHECK(*back == record);

  record = ChfRecord();
  record.recording_network_function_id = "n";
  record.record_opening_time = OpeningTime();
  const std::string least = Encoded(record);
  back = DecodeChfRecord(least);
  REQUIRE(back.ok());
  CHECK(*back == record);
}

TEST_CASE("a cut or changed record is refused with its place", "[cdr][unit]") {
  const std::string bytes = FromOutside("chf1.ber");
  for (size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    REQUIRE_FALSE(DecodeChfRecord(std::string_view(bytes).substr(0, length)).ok());
  }
  CHECK(WhyChfRefused(bytes + "x") == "octet 169: octets behind the record");
  CHECK(WhyChfRefused("\x30\x01") == "octet 0: ends before its content does");
  CHECK(WhyChfRefused(std::string_view("\x30\x00", 2)) == "octet 0: tag 16 where 200 must stand");
  CHECK(WhyChfRefused(ReplaceHex(bytes, "87013c", "8d013c")) ==
        "octet 148: member [13] of ChargingRecord is not known to this release");
  CHECK(WhyChfRefused(ReplaceHex(bytes, "87013c", "86013c")) ==
        "octet 148: member [6] is there twice");
  CHECK(WhyChfRefused(ReplaceHex(bytes, "880101890101", "880101880101")) ==
        "octet 154: member [8] is there twice");
  CHECK(WhyChfRefused(ReplaceHex(bytes, "800104", "800109")) ==
        "octet 49: a SubscriptionIDType that is not known");
}

TEST_CASE("a mandatory member that is missing is named", "[cdr][unit]") {
  std::string bytes;
  asn1::BerWriter writer(&bytes);
  const size_t whole = writer.Begin(asn1::Context(200));
  writer.Integer(asn1::Context(0), 200);
  writer.End(whole);
  CHECK(WhyChfRefused(bytes) == "octet 0: the mandatory member [1] is missing");
}

}  // namespace
}  // namespace ocs::cdr
