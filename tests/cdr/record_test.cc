#include "cdr/record.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/cdr/samples.h"
#include "tests/cdr/support.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs::cdr {
namespace {

using testing::AnyRecord;
using testing::FeeSample;
using testing::Hex;
using testing::RefundSample;
using testing::UsageSample;

std::string Encode(const Record& record) {
  std::string bytes;
  EncodeRecord(record, &bytes);
  return bytes;
}

bool IsRefused(std::string_view bytes) {
  return DecodeRecord(bytes).status().code() == absl::StatusCode::kDataLoss;
}

// The example of docs/format/cdr.md, byte for byte.
constexpr std::string_view kWorkedExample =
    "01"                               // version
    "02"                               // a fee
    "0406"                             // flags: session, offer, revision
    "08"                               // local sequence 8
    "2a"                               // account 42
    "80e89fe6c767"                     // opened at 1779163200000
    "00"                               // closed 0 ms later
    "00"                               // recorded 0 ms after that
    "056275792d31"                     // session "buy-1"
    "0863742d6c69676874"               // offer "ct-light"
    "03"                               // revision 3
    "01"                               // one line
    "0a"                               // kind: request
    "0e0d"                             // flags: unit, amount, numerator, bucket, code, rule
    "02"                               // quantity 1
    "03434e59"                         // unit CNY
    "c0bfb809"                         // amount 9,900,000
    "c0bfb809"                         // numerator 9,900,000
    "01"                               // bucket 1
    "0863742d6c69676874"               // charge code "ct-light"
    "0e6f666665722063742d6c69676874";  // rule "offer ct-light"

TEST_CASE("the bytes of a fee are those of the worked example", "[cdr][unit][golden]") {
  CHECK(Hex(Encode(FeeSample())) == kWorkedExample);
}

TEST_CASE("the page of the format shows the example that is tested", "[cdr][unit]") {
  const std::string page = ocs::testing::ReadFile(OCS_FORMAT_PAGE);
  std::string shown;
  const size_t begin = page.find("```hex\n");
  REQUIRE(begin != std::string::npos);
  const size_t end = page.find("```", begin + 7);
  REQUIRE(end != std::string::npos);
  bool in_comment = false;
  for (const char c : page.substr(begin + 7, end - begin - 7)) {
    if (c == '#') in_comment = true;
    if (c == '\n') in_comment = false;
    if (!in_comment && c != ' ' && c != '\n') shown.push_back(c);
  }
  CHECK(shown == kWorkedExample);
}

TEST_CASE("the bytes of version 1 do not change", "[cdr][unit][golden]") {
  std::string actual;
  for (const Record& record : {UsageSample(), FeeSample(), RefundSample(), Record()}) {
    actual += Hex(Encode(record)) + "\n";
  }
  CHECK(actual == testing::Golden("records_v1.hex", actual));
}

TEST_CASE("the bytes of version 2 do not change", "[cdr][unit][golden]") {
  const std::string actual = Hex(Encode(testing::WideSample())) + "\n";
  CHECK(actual == testing::Golden("records_v2.hex", actual));
}

TEST_CASE("version 2 is of records that version 1 cannot hold", "[cdr][unit]") {
  CHECK(Encode(testing::WideSample())[0] == 2);
  Record record = FeeSample();
  CHECK(Encode(record)[0] == 1);
  record.lines[0].tax_basis_points = 600;
  CHECK(Encode(record)[0] == 2);
  // The same record in the bytes of version 2 has nothing of version 2.
  std::string bytes = Encode(FeeSample());
  bytes[0] = 2;
  bytes.insert(bytes.find("\x08"
                          "ct-light") +
                   10,
               2, '\0');  // Behind the revision.
  CHECK(IsRefused(bytes));
  CHECK(std::string(DecodeRecord(bytes).status().message()).find("nothing in it is") !=
        std::string::npos);
}

TEST_CASE("the bytes of version 3 do not change", "[cdr][unit][golden]") {
  std::string actual = Hex(Encode(testing::ReportedSample())) + "\n";
  Record late = UsageSample();  // Nothing of version 2.
  late.late = true;
  actual += Hex(Encode(late)) + "\n";
  CHECK(actual == testing::Golden("records_v3.hex", actual));
}

TEST_CASE("version 3 is of records that version 2 cannot hold", "[cdr][unit]") {
  CHECK(Encode(testing::ReportedSample())[0] == 3);
  Record record = UsageSample();
  record.tariff_change = 1;
  CHECK(Encode(record)[0] == 3);
  record.tariff_change = 0;
  CHECK(Encode(record)[0] == 1);
}

TEST_CASE("an empty record takes few bytes", "[cdr][unit]") {
  CHECK(Encode(Record()).size() == 10);
  CHECK(Encode(UsageSample()).size() < 200);
}

TEST_CASE("encoding appends", "[cdr][unit]") {
  std::string bytes = "before";
  EncodeRecord(FeeSample(), &bytes);
  CHECK(bytes == "before" + Encode(FeeSample()));
}

TEST_CASE("encoding asks for no more room than the bytes it adds", "[cdr][unit]") {
  const size_t size = Encode(UsageSample()).size();
  std::string bytes;
  bytes.reserve(10 * size);
  const size_t capacity = bytes.capacity();
  const char* const place = bytes.data();
  for (int i = 0; i < 10; ++i) EncodeRecord(UsageSample(), &bytes);
  CHECK(bytes.size() == 10 * size);
  CHECK(bytes.capacity() == capacity);
  CHECK(bytes.data() == place);
}

TEST_CASE("any record comes back as it was, and its bytes too", "[cdr][property]") {
  OCS_SEEDED_RANDOM(random, 1);
  for (int i = 0; i < 20'000; ++i) {
    const Record record = AnyRecord(random);
    const std::string bytes = Encode(record);
    const auto decoded = DecodeRecord(bytes);
    REQUIRE(decoded.ok());
    REQUIRE(*decoded == record);
    REQUIRE(Encode(*decoded) == bytes);
  }
}

TEST_CASE("a record of as many lines as there may be comes back", "[cdr][unit]") {
  Record record = FeeSample();
  record.lines.resize(kRecordLinesMax, record.lines[0]);
  const std::string bytes = Encode(record);
  const auto decoded = DecodeRecord(bytes);
  REQUIRE(decoded.ok());
  CHECK(*decoded == record);
}

TEST_CASE("a record cut at any byte is refused", "[cdr][property]") {
  OCS_SEEDED_RANDOM(random, 2);
  std::vector<Record> records = {Record(), UsageSample(), FeeSample(), RefundSample()};
  for (int i = 0; i < 100; ++i) records.push_back(AnyRecord(random));
  for (const Record& record : records) {
    const std::string bytes = Encode(record);
    for (size_t size = 0; size < bytes.size(); ++size) {
      // A copy of its own size, so that a sanitizer sees a read beyond it.
      const std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      REQUIRE(IsRefused({cut.data(), cut.size()}));
    }
    REQUIRE(IsRefused(bytes + '\0'));
  }
}

TEST_CASE("a changed byte is refused or is another record, never the same one", "[cdr][property]") {
  OCS_SEEDED_RANDOM(random, 3);
  int64_t refused = 0;
  for (const Record& record : {UsageSample(), FeeSample(), RefundSample()}) {
    const std::string bytes = Encode(record);
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (int flip = 1; flip < 256; ++flip) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ flip);
        const auto decoded = DecodeRecord(changed);
        if (!decoded.ok()) {
          ++refused;
          continue;
        }
        REQUIRE(!(*decoded == record));
        REQUIRE(Encode(*decoded) == changed);
      }
    }
  }
  CHECK(refused > 1000);
  for (int i = 0; i < 20'000; ++i) {
    std::string noise = "\x01";
    for (int64_t size = random.Below(80); size > 0; --size) {
      noise.push_back(static_cast<char>(random.Below(random.OneIn(2) ? 4 : 256)));
    }
    const auto decoded = DecodeRecord(noise);
    if (decoded.ok()) REQUIRE(Encode(*decoded) == noise);
  }
}

TEST_CASE("bytes that no encoder wrote are refused", "[cdr][unit]") {
  const std::string good = Encode(FeeSample());
  const auto with = [&](size_t at, uint8_t value) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(value);
    return bytes;
  };
  REQUIRE(DecodeRecord(good).ok());
  CHECK(IsRefused(""));
  CHECK(IsRefused(with(0, 0)));     // Version 0.
  CHECK(IsRefused(with(0, 2)));     // A later version, and nothing in it is.
  CHECK(IsRefused(with(0, 4)));     // A version to come.
  CHECK(IsRefused(with(1, 0)));     // No type.
  CHECK(IsRefused(with(1, 6)));     // An unknown type.
  CHECK(IsRefused(with(3, 0x16)));  // An unknown flag of the record.
  const size_t kind = good.find('\x0a');
  CHECK(IsRefused(with(kind, kTokenKindCount)));
  CHECK(IsRefused(with(kind + 2, 0x1d)));  // An unknown flag of the line.
  CHECK(IsRefused(with(kind + 5, 'c')));   // "cNY" is no unit.
  CHECK(IsRefused(with(kind - 1, 2)));     // Two lines where one is.
  CHECK(IsRefused(with(kind - 1, 0)));     // None.

  Record cause = FeeSample();
  cause.cause = ClosingCause::kManagementIntervention;
  std::string bytes = Encode(cause);
  const size_t at = bytes.find('\x14');
  REQUIRE(at != std::string::npos);
  bytes[at] = 19;
  CHECK(IsRefused(bytes));
  bytes[at] = 0;  // There although it is what absence means.
  CHECK(IsRefused(bytes));

  // 2^60 lines in a record of ten bytes.
  std::string absurd = Encode(Record());
  absurd.pop_back();
  absurd += std::string(8, '\x80') + '\x10';
  const auto decoded = DecodeRecord(absurd);
  REQUIRE(!decoded.ok());
  CHECK(decoded.status().code() == absl::StatusCode::kDataLoss);
  CHECK(FromAbsl(decoded.status().message()) ==
        "charging record of 18 bytes: cannot hold 1152921504606846976 lines");
}

TEST_CASE("an error says where the record is broken", "[cdr][unit]") {
  const std::string good = Encode(FeeSample());
  const auto why = [](std::string_view bytes) {
    return std::string(FromAbsl(DecodeRecord(bytes).status().message()));
  };
  CHECK(why("") == "charging record of 0 bytes: empty");
  CHECK(why("\x07") == "charging record of 1 bytes: unknown version 7");
  CHECK(why(good.substr(0, 5)) ==
        "charging record of 5 bytes: truncated or not valid before its lines");
  CHECK(why(good.substr(0, good.size() - 1)) ==
        Cat("charging record of ", good.size() - 1, " bytes: truncated or not valid in line 1"));
  CHECK(why(good + "ab") ==
        Cat("charging record of ", good.size() + 2, " bytes: 2 bytes after its end"));
}

TEST_CASE("a record id has one text", "[cdr][unit]") {
  const RecordId id{.shard = {3}, .position = {.group = 1234, .index = 5}};
  CHECK(FormatRecordId(id) == "3.1234.5");
  const RecordId last{.shard = {0xffff},
                      .position = {.group = 0xffffffffffffffff, .index = 0xffffffff}};
  CHECK(FormatRecordId(last) == "65535.18446744073709551615.4294967295");
  for (const RecordId& each : {id, last, RecordId()}) {
    const auto parsed = ParseRecordId(FormatRecordId(each));
    REQUIRE(parsed.ok());
    CHECK(*parsed == each);
  }
  for (const std::string_view wrong :
       {"", "1", "1.2", "1.2.", ".2.3", "1..3", "1.2.3.4", "01.2.3", "1.02.3", "1.2.03", "+1.2.3",
        "-1.2.3", " 1.2.3", "1.2.3 ", "65536.2.3", "1.18446744073709551616.3", "1.2.4294967296",
        "a.b.c"}) {
    CAPTURE(wrong);
    CHECK(ParseRecordId(wrong).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

TEST_CASE("record types have names", "[cdr][unit]") {
  CHECK(RecordTypeName(RecordType::kUsage) == "usage");
  CHECK(RecordTypeName(RecordType::kFee) == "fee");
  CHECK(RecordTypeName(RecordType::kRefund) == "refund");
}

}  // namespace
}  // namespace ocs::cdr
