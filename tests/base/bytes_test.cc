#include "ocs/base/bytes.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "ocs/base/random.h"
#include "tests/base/support.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs {
namespace {

using std::string_view_literals::operator""sv;

constexpr uint64_t kAll = std::numeric_limits<uint64_t>::max();

TEST_CASE("a varint has the bytes of LEB128", "[base][unit][golden]") {
  struct Case {
    uint64_t value;
    std::string_view bytes;
  };
  const Case cases[] = {
      {0, "\x00"sv},
      {1, "\x01"sv},
      {127, "\x7f"sv},
      {128, "\x80\x01"sv},
      {300, "\xac\x02"sv},
      {16'384, "\x80\x80\x01"sv},
      {uint64_t{1} << 63, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"sv},
      {kAll, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv},
  };
  for (const Case& c : cases) {
    CAPTURE(c.value);
    std::string out;
    ByteWriter(&out).Varint(c.value);
    CHECK(out == c.bytes);
    ByteReader in(c.bytes);
    CHECK(in.Varint() == c.value);
    CHECK(in.ok());
    CHECK(in.done());
  }
}

TEST_CASE("a signed number is short on both sides of zero", "[base][unit][golden]") {
  struct Case {
    int64_t value;
    std::string_view bytes;
  };
  const Case cases[] = {
      {0, "\x00"sv},
      {-1, "\x01"sv},
      {1, "\x02"sv},
      {-64, "\x7f"sv},
      {64, "\x80\x01"sv},
      {kMax, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv},
      {kMin, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv},
  };
  for (const Case& c : cases) {
    CAPTURE(c.value);
    std::string out;
    ByteWriter(&out).Signed(c.value);
    CHECK(out == c.bytes);
    CHECK(ByteReader(c.bytes).Signed() == c.value);
  }
}

TEST_CASE("fixed numbers are little-endian, key numbers big-endian", "[base][unit][golden]") {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(0xfe);
  writer.Fixed32(0x01020304);
  writer.Fixed64(0x0102030405060708);
  writer.Big16(0x0102);
  writer.Big32(0x01020304);
  writer.Big64(0x0102030405060708);
  writer.Text("ab");
  writer.Raw("c");
  CHECK(out ==
        "\xfe\x04\x03\x02\x01\x08\x07\x06\x05\x04\x03\x02\x01"
        "\x01\x02\x01\x02\x03\x04\x01\x02\x03\x04\x05\x06\x07\x08\x02"
        "abc"sv);
  CHECK(writer.size() == out.size());

  ByteReader in(out);
  CHECK(in.U8() == 0xfe);
  CHECK(in.Fixed32() == 0x01020304);
  CHECK(in.Fixed64() == 0x0102030405060708);
  CHECK(in.Big16() == 0x0102);
  CHECK(in.Big32() == 0x01020304);
  CHECK(in.Big64() == 0x0102030405060708);
  CHECK(in.Text() == "ab");
  CHECK(in.remaining() == 1);
  CHECK(in.Raw(1) == "c");
  CHECK(in.ok());
  CHECK(in.done());
}

TEST_CASE("big-endian bytes sort as their numbers do", "[base][property]") {
  OCS_SEEDED_RANDOM(random, 1);
  for (int i = 0; i < 2'000; ++i) {
    // Shifted, so that numbers of all lengths meet.
    const uint64_t a = random.Next() >> random.Below(64);
    const uint64_t b = random.Next() >> random.Below(64);
    std::string left, right;
    ByteWriter(&left).Big64(a);
    ByteWriter(&right).Big64(b);
    REQUIRE((left < right) == (a < b));
  }
}

TEST_CASE("a reader refuses what no writer writes", "[base][unit]") {
  const std::string_view cases[] = {
      ""sv,                                              // nothing
      "\x80"sv,                                          // begun, not ended
      "\x80\x00"sv,                                      // padded zero
      "\xff\x80\x00"sv,                                  // padded
      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"sv,      // 65 bits
      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv,  // 11 bytes
  };
  for (const std::string_view bytes : cases) {
    CAPTURE(bytes.size());
    ByteReader in(bytes);
    CHECK(in.Varint() == 0);
    CHECK_FALSE(in.ok());
  }
}

TEST_CASE("after the first failure every read gives nothing", "[base][unit]") {
  ByteReader in(
      "\x05"
      "ab"sv);
  CHECK(in.Text().empty());
  CHECK_FALSE(in.ok());
  CHECK(in.done());
  CHECK(in.remaining() == 0);
  CHECK(in.U8() == 0);
  CHECK(in.Varint() == 0);
  CHECK(in.Signed() == 0);
  CHECK(in.Fixed32() == 0);
  CHECK(in.Fixed64() == 0);
  CHECK(in.Big16() == 0);
  CHECK(in.Big32() == 0);
  CHECK(in.Big64() == 0);
  CHECK(in.Raw(1).empty());
}

TEST_CASE("a length beyond the end is refused, however large", "[base][unit]") {
  for (const uint64_t count : {uint64_t{4}, uint64_t{1} << 32, kAll}) {
    CAPTURE(count);
    ByteReader in("abc");
    CHECK(in.Raw(count).empty());
    CHECK_FALSE(in.ok());
  }
}

TEST_CASE("what was written is read, and no prefix of it is", "[base][property]") {
  OCS_SEEDED_RANDOM(random, 2);
  for (int round = 0; round < 200; ++round) {
    const uint64_t number = random.Next() >> random.Below(64);
    const auto sign = static_cast<int64_t>(random.Next()) >> random.Below(64);
    const std::string text(static_cast<size_t>(random.Below(200)), 'x');
    std::string out;
    ByteWriter writer(&out);
    writer.Varint(number);
    writer.Signed(sign);
    writer.Text(text);
    writer.Fixed32(7);

    for (size_t length = 0; length <= out.size(); ++length) {
      ByteReader in(std::string_view(out).substr(0, length));
      const uint64_t number_read = in.Varint();
      const int64_t sign_read = in.Signed();
      const std::string_view text_read = in.Text();
      const uint32_t end_read = in.Fixed32();
      REQUIRE(in.ok() == (length == out.size()));
      if (!in.ok()) continue;
      REQUIRE(number_read == number);
      REQUIRE(sign_read == sign);
      REQUIRE(text_read == text);
      REQUIRE(end_read == 7);
    }
  }
}

TEST_CASE("a varint that is read has exactly the bytes that would be written", "[base][property]") {
  OCS_SEEDED_RANDOM(random, 3);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes;
    const int64_t length = random.Between(1, 11);
    for (int64_t at = 0; at < length; ++at) {
      const int64_t low = random.OneIn(3) ? 0 : random.Below(128);
      bytes.push_back(static_cast<char>(low | (at + 1 < length ? 0x80 : 0)));
    }
    ByteReader in(bytes);
    const uint64_t value = in.Varint();
    std::string again;
    ByteWriter(&again).Varint(value);
    REQUIRE(in.ok() == (again == bytes));
  }
}

}  // namespace
}  // namespace ocs
