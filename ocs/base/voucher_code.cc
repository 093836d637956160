#include "ocs/base/voucher_code.h"

#include "ocs/base/check.h"

namespace ocs {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr int kGroup = 5;

// Times x in the field of 32 elements, modulo x^5 + x^2 + 1.
uint32_t TimesX(uint32_t element) {
  element <<= 1;
  return (element & 32U) != 0 ? element ^ 0b100101U : element;
}

// The element that a character stands for, 32 when it is none.
uint32_t ElementOf(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == 'O') c = '0';
  if (c == 'I' || c == 'L') c = '1';
  const size_t at = kAlphabet.find(c);
  return at == std::string_view::npos ? 32U : static_cast<uint32_t>(at);
}

}  // namespace

std::string VoucherCodeOf(std::span<const uint8_t, 12> random) {
  std::string code;
  uint32_t check = 0;
  for (int i = 0; i < kVoucherCodeLength - 1; ++i) {
    uint32_t element = 0;
    for (int bit = 0; bit < 5; ++bit) {
      const int at = 1 + i * 5 + bit;
      element = element * 2 + ((random[static_cast<size_t>(at / 8)] >> (7 - at % 8)) & 1U);
    }
    code += kAlphabet[element];
    check = TimesX(check) ^ element;
  }
  code += kAlphabet[TimesX(check)];
  return code;
}

std::optional<std::string> NormalVoucherCode(std::string_view text) {
  std::string code;
  uint32_t check = 0;
  for (const char c : text) {
    if (c == '-' || c == ' ') continue;
    const uint32_t element = ElementOf(c);
    if (element == 32 || code.size() == static_cast<size_t>(kVoucherCodeLength))
      return std::nullopt;
    code += kAlphabet[element];
    check = TimesX(check) ^ element;
  }
  if (code.size() != static_cast<size_t>(kVoucherCodeLength) || check != 0) return std::nullopt;
  return code;
}

std::string FormatVoucherCode(std::string_view code) {
  OCS_CHECK(code.size() == static_cast<size_t>(kVoucherCodeLength));
  std::string text;
  for (size_t at = 0; at < code.size(); at += kGroup) {
    if (at != 0) text += '-';
    text += code.substr(at, kGroup);
  }
  return text;
}

}  // namespace ocs
