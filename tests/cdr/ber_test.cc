#include "cdr/ber.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "cdr/chf_record.h"
#include "cdr/internal/record_fields.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/cdr/samples.h"
#include "tests/cdr/support.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs::cdr {
namespace {

using testing::Beijing;
using testing::FeeSample;
using testing::Hex;
using testing::IdOf;
using testing::RefundSample;
using testing::UsageSample;

std::string BytesOf(const RecordId& id, const Record& record) {
  std::string out;
  BerEncoder("ocs01", Beijing()).Append(id, record, &out);
  return out;
}

std::string WhyBerRefused(std::string_view bytes) {
  const auto record = DecodeBerRecord(bytes);
  if (record.ok()) return "accepted";
  REQUIRE(record.status().code() == absl::StatusCode::kDataLoss);
  return std::string(FromAbsl(record.status().message()));
}

TEST_CASE("the standard's members hold what the standard has", "[cdr][unit]") {
  const std::string bytes = BytesOf(IdOf(11, 4), UsageSample());
  const auto chf = DecodeChfRecord(bytes);
  INFO(chf.status().ToString());
  REQUIRE(chf.ok());
  CHECK(chf->record_type == 200);
  CHECK(chf->recording_network_function_id == "ocs01.0");
  CHECK(chf->subscriber_identifier->data == "42");
  CHECK(chf->consumer_name == "ocs01");
  CHECK(Hex(chf->record_opening_time) == "2605191200002b0800");
  CHECK(chf->duration_seconds == 1);
  CHECK(chf->record_sequence_number == 2);
  CHECK(chf->cause_for_record_closing == 1);
  CHECK(chf->local_record_sequence_number == 7);
  CHECK(chf->charging_session_identifier == "s1");
  CHECK(chf->service_specification == kBerFormat);
  CHECK_FALSE(chf->incomplete_cdr_indication.has_value());
  REQUIRE(chf->multiple_unit_usage.size() == 1);
  CHECK(chf->multiple_unit_usage[0].rating_group == 1001);
  const auto& containers = chf->multiple_unit_usage[0].used_unit_containers;
  REQUIRE(containers.size() == 4);
  CHECK(containers[1].service_identifier == 2);  // cache_read.
  CHECK(containers[1].service_specific_units == 1234);
  CHECK(containers[3].local_sequence_number == 4);
}

TEST_CASE("a fee and a refund are no use of units", "[cdr][unit]") {
  for (const Record& record : {FeeSample(), RefundSample()}) {
    const std::string bytes = BytesOf(IdOf(12, 0), record);
    const auto chf = DecodeChfRecord(bytes);
    REQUIRE(chf.ok());
    CHECK(chf->multiple_unit_usage.empty());
    CHECK_FALSE(chf->record_sequence_number.has_value());
  }
}

TEST_CASE("what may be missing is told", "[cdr][unit]") {
  Record record = UsageSample();
  record.incomplete = true;
  std::string bytes = BytesOf(IdOf(1, 0), record);
  CHECK(DecodeChfRecord(bytes)->incomplete_cdr_indication->update_lost == true);
  record.cause = ClosingCause::kAbnormalRelease;
  bytes = BytesOf(IdOf(1, 0), record);
  CHECK(DecodeChfRecord(bytes)->incomplete_cdr_indication->termination_lost == true);
}

TEST_CASE("the local sequence of the standard has 32 bits, ours has 64", "[cdr][unit]") {
  Record record = FeeSample();
  record.local_sequence = (uint64_t{1} << 32) + 5;
  const std::string bytes = BytesOf(IdOf(1, 0), record);
  CHECK(DecodeChfRecord(bytes)->local_record_sequence_number == 5);
  CHECK(DecodeBerRecord(bytes)->record.local_sequence == record.local_sequence);
}

TEST_CASE("any record comes back exactly", "[cdr][property]") {
  OCS_SEEDED_RANDOM(random, 21);
  const std::vector<absl::TimeZone> zones = {absl::UTCTimeZone(), Beijing(),
                                             absl::FixedTimeZone(-34'200)};
  for (int round = 0; round < 5'000; ++round) {
    const Record record = testing::AnyRecord(random);
    const RecordId id = {.shard = {static_cast<uint16_t>(random.Next())},
                         .position = {random.Next(), static_cast<uint32_t>(random.Next())}};
    BerEncoder encoder("node-7", zones[static_cast<size_t>(random.Below(3))]);
    std::string bytes = "before";
    encoder.Append(id, record, &bytes);
    const auto back = DecodeBerRecord(std::string_view(bytes).substr(6));
    INFO(back.status().ToString());
    REQUIRE(back.ok());
    REQUIRE(back->id == id);
    REQUIRE(back->node_id == "node-7");
    REQUIRE(back->record == record);
  }
}

TEST_CASE("no bit of a record can be changed unseen but those that mean something",
          "[cdr][property]") {
  // Law: bytes that decode are bytes that the encoder writes. So a change either is refused or is
  // another record, which the file's hash tells.
  const std::string bytes = BytesOf(IdOf(11, 4), UsageSample());
  const auto original = DecodeBerRecord(bytes);
  REQUIRE(original.ok());
  size_t refused = 0;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    const auto back = DecodeBerRecord(changed);
    if (!back.ok()) {
      ++refused;
      continue;
    }
    CAPTURE(bit);
    const bool same = back->record == original->record && back->id == original->id &&
                      back->node_id == original->node_id;
    // Only the offset of the zone may differ in a record that says the same otherwise.
    REQUIRE_FALSE(same);
  }
  CHECK(refused > bytes.size() * 4);
}

TEST_CASE("members that contradict each other are refused", "[cdr][unit]") {
  std::string bytes = BytesOf(IdOf(11, 4), UsageSample());
  const size_t cause = bytes.find("\x89\x01\x01\x8b");
  REQUIRE(cause != std::string::npos);
  bytes[cause + 2] = '\x04';
  CHECK(WhyBerRefused(bytes) ==
        Cat("octet ", cause + 2, ": the standard's members and the private one do not agree"));
}

TEST_CASE("a field of a later release is not passed over", "[cdr][unit]") {
  std::string bytes = BytesOf(IdOf(1, 0), FeeSample());
  const size_t offer = bytes.find(
      "\x92\x08"
      "ct-light");
  REQUIRE(offer != std::string::npos);
  bytes[offer] = '\x81';  // A tag of the id, which stands before the fields.
  CHECK(WhyBerRefused(bytes).find("field [1] is not known to this release") != std::string::npos);
}

TEST_CASE("records of others are refused", "[cdr][unit]") {
  const std::string outside =
      ocs::testing::ReadFile(std::string(OCS_GOLDEN_FOLDER) + "/ts32298/chf1.ber");
  CHECK(WhyBerRefused(outside) == "octet 0: not a record of ocs-cdr-ber-1");
  CHECK(WhyBerRefused("") == "octet 0: no more values");
}

TEST_CASE("names of nodes", "[cdr][unit]") {
  CHECK(IsNodeId("ocs01"));
  CHECK(IsNodeId("A-b_9"));
  CHECK_FALSE(IsNodeId(""));
  CHECK_FALSE(IsNodeId("a.b"));
  CHECK_FALSE(IsNodeId("a/b"));
  CHECK_FALSE(IsNodeId("123456789012345678901"));
}

TEST_CASE("the schema lists every field with its tag", "[cdr][unit]") {
  const std::string schema = ocs::testing::ReadFile(OCS_ASN1_SCHEMA);
  int fields = 0;
  size_t from = schema.find("TokenCharging ::= SEQUENCE");
  const auto check = [&](uint32_t tag, std::string_view name, auto /*member*/) {
    const size_t at = schema.find(Cat("\n  ", name, " "), from);
    INFO(name << " [" << tag << "]");
    REQUIRE(at != std::string::npos);
    const std::string line = schema.substr(at, schema.find('\n', at + 1) - at);
    CHECK(line.find(Cat("[", tag, "]")) != std::string::npos);
    ++fields;
  };
  internal::ForEachRecordField(check);
  from = schema.find("TokenLine ::= SEQUENCE");
  internal::ForEachLineField(check);
  CHECK(fields == 51);
}

}  // namespace
}  // namespace ocs::cdr
