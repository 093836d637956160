#include "ocs/base/voucher_code.h"

#include <array>
#include <set>

#include "ocs/base/random.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace ocs {
namespace {

std::array<uint8_t, 12> AnyBytes(Random& random) {
  std::array<uint8_t, 12> bytes{};
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Below(256));
  return bytes;
}

TEST_CASE("a voucher's code is what its random bits say, and a check", "[base][unit]") {
  CHECK(VoucherCodeOf(std::array<uint8_t, 12>{}) == "00000000000000000000");
  std::array<uint8_t, 12> last{};
  last[11] = 1;
  CHECK(VoucherCodeOf(last) == "00000000000000000012");
  std::array<uint8_t, 12> first{};
  first[0] = 0xff;  // The highest bit is not used.
  const std::string code = VoucherCodeOf(first);
  CHECK(code.substr(0, 2) == "ZR");
  first[0] = 0x7f;
  CHECK(VoucherCodeOf(first) == code);
  CHECK(FormatVoucherCode("0123456789ABCDEFGHJK") == "01234-56789-ABCDE-FGHJK");
}

TEST_CASE("a code is read as people write it", "[base][unit]") {
  OCS_SEEDED_RANDOM(random, 4711);
  for (int i = 0; i < 1'000; ++i) {
    const std::string code = VoucherCodeOf(AnyBytes(random));
    CAPTURE(code);
    CHECK(NormalVoucherCode(code) == code);
    CHECK(NormalVoucherCode(FormatVoucherCode(code)) == code);
    std::string people;
    for (const char c : code) {
      people += c == '0'   ? (random.OneIn(2) ? 'o' : 'O')
                : c == '1' ? (random.OneIn(2) ? 'l' : 'I')
                           : c;
      if (random.OneIn(4)) people += ' ';
      if (people.back() >= 'A' && people.back() <= 'Z' && random.OneIn(2))
        people.back() = static_cast<char>(people.back() - 'A' + 'a');
    }
    CHECK(NormalVoucherCode(people) == code);
  }
}

TEST_CASE("a wrong character and two exchanged neighbours are found", "[base][property]") {
  OCS_SEEDED_RANDOM(random, 4712);
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  int exchanged = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string code = VoucherCodeOf(AnyBytes(random));
    for (size_t at = 0; at < code.size(); ++at) {
      for (const char other : kAlphabet) {
        std::string wrong = code;
        wrong[at] = other;
        CHECK(NormalVoucherCode(wrong).has_value() == (wrong == code));
      }
      std::string swapped = code;
      if (at + 1 < code.size()) std::swap(swapped[at], swapped[at + 1]);
      if (swapped == code) continue;
      ++exchanged;
      CHECK(!NormalVoucherCode(swapped).has_value());
    }
  }
  CHECK(exchanged > 5'000);
}

TEST_CASE("what is no code is none", "[base][unit]") {
  const std::string code = VoucherCodeOf(std::array<uint8_t, 12>{1, 2, 3});
  for (const std::string& text :
       {std::string(), code.substr(1), code + "0", code + code, std::string(19, '0'),
        std::string(21, '0'), std::string("0000000000000000000U"), std::string(20, '\0'),
        code.substr(0, 19) + "\n", std::string(20, '*')}) {
    CAPTURE(text);
    CHECK(!NormalVoucherCode(text).has_value());
  }
}

}  // namespace
}  // namespace ocs
