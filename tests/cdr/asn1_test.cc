#include "cdr/asn1.h"

#include <limits>
#include <string>

#include "absl/strings/escaping.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/cdr/samples.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs::cdr::asn1 {
namespace {

std::string Hex(std::string_view bytes) { return absl::BytesToHexString(ToAbsl(bytes)); }
std::string Bytes(std::string_view hex) { return absl::HexStringToBytes(ToAbsl(hex)); }

std::string IntegerHex(int64_t value) {
  std::string out;
  BerWriter(&out).Integer(kInteger, value);
  return Hex(out);
}

// Why the first value of these bytes is not an integer, or its value.
std::string ReadInteger(std::string_view hex) {
  const std::string bytes = Bytes(hex);
  BerReader reader(bytes);
  const auto element = reader.Next();
  if (!element.ok()) return std::string(FromAbsl(element.status().message()));
  const auto value = IntegerOf(*element);
  return value.ok() ? Cat(*value) : std::string(FromAbsl(value.status().message()));
}

TEST_CASE("integers are the shortest two's complement", "[cdr][unit]") {
  CHECK(IntegerHex(0) == "020100");
  CHECK(IntegerHex(127) == "02017f");
  CHECK(IntegerHex(128) == "02020080");
  CHECK(IntegerHex(256) == "02020100");
  CHECK(IntegerHex(-1) == "0201ff");
  CHECK(IntegerHex(-128) == "020180");
  CHECK(IntegerHex(-129) == "0202ff7f");
  CHECK(IntegerHex(std::numeric_limits<int64_t>::max()) == "02087fffffffffffffff");
  CHECK(IntegerHex(std::numeric_limits<int64_t>::min()) == "02088000000000000000");
  std::string out;
  BerWriter(&out).Unsigned(kInteger, std::numeric_limits<uint64_t>::max());
  CHECK(Hex(out) == "020900ffffffffffffffff");
}

TEST_CASE("tags and lengths of every size", "[cdr][unit]") {
  std::string out;
  BerWriter writer(&out);
  writer.Octets(Context(30), "a");
  writer.Octets(Context(31), "a");
  writer.Octets(Context(200), "a");
  writer.Octets(kUtf8String, "a");
  writer.Boolean(kBoolean, true);
  writer.Boolean(Context(1), false);
  CHECK(Hex(out) ==
        "9e0161"
        "9f1f0161"
        "9f81480161"
        "0c0161"
        "0101ff"
        "810100");

  for (const size_t length : {0U, 1U, 127U, 128U, 255U, 256U, 65'535U, 65'536U, 200'000U}) {
    std::string flat;
    BerWriter(&flat).Octets(kOctetString, std::string(length, 'x'));
    // A constructed value gets the same length field, though it is known only at its end.
    std::string built;
    BerWriter constructed(&built);
    const size_t begun = constructed.Begin(kSequence);
    built.append(length, 'x');
    constructed.End(begun);
    REQUIRE(flat.size() == built.size());
    CHECK(flat.substr(1) == built.substr(1));
    BerReader reader(flat);
    const auto element = reader.Next();
    REQUIRE(element.ok());
    CHECK(element->content.size() == length);
    CHECK(reader.done());
  }
}

TEST_CASE("nested values are read with their place", "[cdr][unit]") {
  std::string out;
  BerWriter writer(&out);
  const size_t outer = writer.Begin(kSet);
  const size_t inner = writer.Begin(Context(5));
  writer.Integer(kInteger, 7);
  writer.End(inner);
  writer.Octets(Context(6), std::string(300, 'x'));
  writer.End(outer);
  CHECK(Hex(out.substr(0, 9)) ==
        "31820135"
        "a503020107");
  BerReader reader(out);
  const auto set = reader.Expect(kSet);
  REQUIRE(set.ok());
  BerReader members(*set);
  const auto first = members.Expect(Context(5));
  REQUIRE(first.ok());
  CHECK(first->constructed);
  CHECK(first->offset == 4);
  BerReader deep(*first);
  const auto number = deep.Next();
  REQUIRE(number.ok());
  CHECK(number->offset == 6);
  CHECK(*IntegerOf(*number) == 7);
  CHECK(FromAbsl(deep.Next().status().message()) == "octet 9: no more values");
  CHECK(FromAbsl(members.Expect(Context(7)).status().message()) ==
        "octet 9: tag 6 where 7 must stand");
}

TEST_CASE("bytes that are no BER of ours are refused with their octet", "[cdr][unit]") {
  CHECK(ReadInteger("") == "octet 0: no more values");
  CHECK(ReadInteger("02") == "octet 0: ends before its length");
  CHECK(ReadInteger("0201") == "octet 0: ends before its content does");
  CHECK(ReadInteger("3080020101"
                    "0000") == "octet 0: an indefinite length");
  CHECK(ReadInteger("0289010203040506070809") == "octet 0: a length that does not fit");
  CHECK(ReadInteger("028201") == "octet 0: a length that does not fit");
  CHECK(ReadInteger("c00101") == "octet 0: a tag of the private class");
  CHECK(ReadInteger("9f1e0101") == "octet 0: a tag that is not valid");
  CHECK(ReadInteger("9f80810101") == "octet 0: a tag that is not valid");
  CHECK(ReadInteger("9fffffffffffff7f0101") == "octet 0: a tag that is not valid");
  CHECK(ReadInteger("0200") == "octet 0: an INTEGER without content");
  CHECK(ReadInteger("02020001") == "octet 0: an INTEGER that is not the shortest");
  CHECK(ReadInteger("0202ffff") == "octet 0: an INTEGER that is not the shortest");
  CHECK(ReadInteger("0209010203040506070809") == "octet 0: an INTEGER that does not fit");
  CHECK(ReadInteger("2201"
                    "00") == "octet 0: an INTEGER in constructed form");
  CHECK(ReadInteger("02810107") == "7");  // A length that is longer than need be is still BER.

  const std::string negative = Bytes("0201ff");
  BerReader reader(negative);
  CHECK(FromAbsl(UnsignedOf(*reader.Next()).status().message()) ==
        "octet 0: an INTEGER that is negative or does not fit");
  const std::string two = Bytes("0102ffff");
  BerReader booleans(two);
  CHECK(FromAbsl(BooleanOf(*booleans.Next()).status().message()) ==
        "octet 0: a BOOLEAN that is not one octet");
}

TEST_CASE("any number comes back, and any cut of it is refused", "[cdr][property]") {
  OCS_SEEDED_RANDOM(random, 11);
  for (int round = 0; round < 20'000; ++round) {
    const int64_t number = cdr::testing::AnyNumber(random);
    const auto natural = static_cast<uint64_t>(cdr::testing::AnyNumber(random));
    const auto tag = static_cast<uint32_t>(random.Next() >> (32 + random.Below(32)));
    std::string out;
    BerWriter writer(&out);
    writer.Integer(Context(tag), number);
    writer.Unsigned(Context(tag), natural);
    BerReader reader(out);
    const auto first = reader.Expect(Context(tag));
    REQUIRE(first.ok());
    REQUIRE(*IntegerOf(*first) == number);
    REQUIRE(first->whole == out.substr(0, first->whole.size()));
    const auto second = reader.Expect(Context(tag));
    REQUIRE(second.ok());
    REQUIRE(*UnsignedOf(*second) == natural);
    REQUIRE(reader.done());
    const auto cut = static_cast<size_t>(random.Below(static_cast<int64_t>(second->whole.size())));
    BerReader shortened(second->whole.substr(0, cut));
    REQUIRE_FALSE(shortened.Next().ok());
  }
}

TEST_CASE("object identifiers, those of a UUID included", "[cdr][unit]") {
  const auto encoded = [](std::string_view text) {
    const auto content = EncodeObjectIdentifier(text);
    return content.ok() ? Hex(*content) : std::string("refused");
  };
  CHECK(encoded("1.3.6.1.4.1.99999.1") == "2b06010401868d1f01");
  CHECK(encoded("2.999.3") == "883703");
  CHECK(encoded("0.39") == "27");
  // The example of ITU-T X.667: f81d4fae-7dec-11d0-a765-00a0c91e6bf6.
  CHECK(encoded("2.25.329800735698586629295641978511506172918") ==
        "6983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776");
  CHECK(encoded("2.25.340282366920938463463374607431768211456") == "refused");  // 2^128.
  for (const std::string_view bad : {"", "1", "3.1", "1.40", "1..2", "1.2.", ".1", "1.02", "1.x"}) {
    CAPTURE(bad);
    CHECK(encoded(bad) == "refused");
  }
  for (const std::string_view text :
       {"0.0", "1.39", "2.0", "2.48", "2.999.3", "1.3.6.1.4.1.99999.1",
        "2.25.329800735698586629295641978511506172918"}) {
    const auto back = DecodeObjectIdentifier(*EncodeObjectIdentifier(text));
    REQUIRE(back.ok());
    CHECK(*back == text);
  }
  CHECK_FALSE(DecodeObjectIdentifier("").ok());
  CHECK_FALSE(DecodeObjectIdentifier(Bytes("2b86")).ok());
  CHECK_FALSE(DecodeObjectIdentifier(Bytes("2b8001")).ok());
}

TEST_CASE("time stamps are nine octets of BCD", "[cdr][unit]") {
  const auto noon = ParseInstant("2026-07-08T12:00:00Z");
  REQUIRE(noon.ok());
  CHECK(Hex(EncodeTimeStamp(*noon, absl::UTCTimeZone())) == "2607081200002b0000");
  CHECK(Hex(EncodeTimeStamp(*noon, cdr::testing::Beijing())) == "2607082000002b0800");
  CHECK(Hex(EncodeTimeStamp(noon->PlusMillis(59'999), absl::FixedTimeZone(-34'200))) ==
        "2607080230592d0930");
  const auto back = DecodeTimeStamp(Bytes("2607080230592d0930"));
  REQUIRE(back.ok());
  CHECK(back->instant == noon->PlusSeconds(59));
  CHECK(back->offset_seconds == -34'200);
  for (const std::string_view bad :
       {"26070812000000", "2607081200002b000000", "2613081200002b0000", "2602301200002b0000",
        "2607082500002b0000", "260708120000200000", "26070812000a2b0000", "2607081200002b2400"}) {
    CAPTURE(bad);
    CHECK_FALSE(DecodeTimeStamp(Bytes(bad)).ok());
  }
  OCS_SEEDED_RANDOM(random, 12);
  for (int round = 0; round < 5'000; ++round) {
    const Instant instant = {random.Between(946'684'800, 4'102'444'799) * 1000};  // 2000 to 2099.
    const int offset = static_cast<int>(random.Between(-23 * 60, 23 * 60)) * 60;
    const auto stamp = DecodeTimeStamp(EncodeTimeStamp(instant, absl::FixedTimeZone(offset)));
    REQUIRE(stamp.ok());
    // The year is of two digits: at its ends the local one may be of another century.
    if (instant.unix_ms > 946'857'600'000 && instant.unix_ms < 4'102'358'400'000)
      REQUIRE(stamp->instant == instant);
    REQUIRE(stamp->offset_seconds == offset);
  }
}

TEST_CASE("telephony digits are swapped half octets with a filler", "[cdr][unit]") {
  CHECK(Hex(*EncodeTbcd("8613800138000")) == "683108108300f0");
  CHECK(Hex(*EncodeTbcd("12*#ab")) == "21badc");
  CHECK(EncodeTbcd("")->empty());
  CHECK(*DecodeTbcd(Bytes("683108108300f0")) == "8613800138000");
  CHECK(*DecodeTbcd(Bytes("21badc")) == "12*#ab");
  CHECK_FALSE(EncodeTbcd("+86").ok());
  CHECK_FALSE(DecodeTbcd(Bytes("f121")).ok());
  CHECK_FALSE(DecodeTbcd(Bytes("1f")).ok());
}

TEST_CASE("which characters a string type holds", "[cdr][unit]") {
  CHECK(IsPrintableString("Node-1 (A)"));
  CHECK_FALSE(IsPrintableString("node_1"));
  CHECK_FALSE(IsPrintableString("a*b"));
  CHECK(IsIa5String("node_1*"));
  CHECK_FALSE(IsIa5String("\xe5\x85\x83"));
}

}  // namespace
}  // namespace ocs::cdr::asn1
