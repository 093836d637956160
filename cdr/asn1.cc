#include "cdr/asn1.h"

#include <algorithm>
#include <array>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "ocs/base/check.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr::asn1 {
namespace {

constexpr uint8_t kPrimitive = 0x00;
constexpr uint8_t kConstructed = 0x20;
constexpr uint32_t kHighTag = 31;  // Tags from here on follow in octets of their own.

void AppendOctet(std::string* out, uint64_t value) {
  out->push_back(static_cast<char>(static_cast<uint8_t>(value)));
}

// Base 128, the highest digit first, with a mark on all but the last: tag numbers and arcs.
template <typename Number>
void AppendBase128(std::string* out, Number value) {
  int digits = 1;
  for (Number rest = value >> 7; rest != 0; rest >>= 7) ++digits;
  for (int i = digits - 1; i >= 0; --i) {
    const auto digit = static_cast<uint64_t>(value >> (7 * i)) & 0x7f;
    AppendOctet(out, i == 0 ? digit : digit | 0x80);
  }
}

int LengthOctets(size_t length) {
  int octets = 0;
  for (; length != 0; length >>= 8) ++octets;
  return octets;
}

void AppendLength(std::string* out, size_t length) {
  if (length < 0x80) {
    AppendOctet(out, length);
    return;
  }
  const int octets = LengthOctets(length);
  AppendOctet(out, 0x80 | static_cast<uint64_t>(octets));
  for (int i = octets - 1; i >= 0; --i) AppendOctet(out, length >> (8 * i));
}

absl::Status Bad(size_t offset, std::string_view what) {
  return absl::DataLossError(Cat("octet ", offset, ": ", what));
}

uint8_t OctetAt(std::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

// Reads a base 128 number of at most `bits` bits from `at` on and moves it behind. False when it
// does not end, does not fit, or is padded.
template <typename Number>
bool TakeBase128(std::string_view bytes, int bits, size_t* at, Number* value) {
  *value = 0;
  for (size_t first = *at; *at < bytes.size(); ++*at) {
    const uint8_t octet = OctetAt(bytes, *at);
    if (*at == first && octet == 0x80) return false;
    if ((*value >> (bits - 7)) != 0) return false;
    *value = (*value << 7) | Number{static_cast<uint32_t>(octet & 0x7f)};
    if ((octet & 0x80) == 0) {
      ++*at;
      return true;
    }
  }
  return false;
}

// The content as a two's complement number in `bytes` octets at most.
absl::Status CheckInteger(const Element& element, size_t octets_max) {
  const std::string_view content = element.content;
  if (element.constructed) return Bad(element.offset, "an INTEGER in constructed form");
  if (content.empty()) return Bad(element.offset, "an INTEGER without content");
  if (content.size() > octets_max) return Bad(element.offset, "an INTEGER that does not fit");
  if (content.size() > 1) {
    const uint8_t first = OctetAt(content, 0);
    const bool second_high = (OctetAt(content, 1) & 0x80) != 0;
    if ((first == 0x00 && !second_high) || (first == 0xff && second_high))
      return Bad(element.offset, "an INTEGER that is not the shortest");
  }
  return absl::OkStatus();
}

constexpr std::string_view kTbcdDigits = "0123456789*#abc";
constexpr int kTbcdFiller = 15;

void AppendBcd(std::string* out, int two_digits) {
  AppendOctet(out, static_cast<uint64_t>(two_digits / 10 * 16 + two_digits % 10));
}

// Two decimal digits, or -1.
int BcdAt(std::string_view bytes, size_t at) {
  const int high = OctetAt(bytes, at) >> 4;
  const int low = OctetAt(bytes, at) & 0x0f;
  return high > 9 || low > 9 ? -1 : high * 10 + low;
}

}  // namespace

bool IsPrintableString(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" '()+,-./:=?").find(c) != std::string_view::npos;
  });
}

bool IsIa5String(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

void BerWriter::Head(Tag tag, uint8_t form, size_t length) {
  const auto class_and_form = static_cast<uint8_t>(static_cast<uint8_t>(tag.tag_class) | form);
  if (tag.number < kHighTag) {
    AppendOctet(out_, class_and_form | tag.number);
  } else {
    AppendOctet(out_, class_and_form | kHighTag);
    AppendBase128(out_, tag.number);
  }
  AppendLength(out_, length);
}

void BerWriter::Integer(Tag tag, int64_t value) {
  size_t octets = 1;
  // As long as the top bit of what would be kept does not tell the sign, one more is needed.
  for (int64_t rest = value; rest > 127 || rest < -128; rest >>= 8) ++octets;
  Head(tag, kPrimitive, octets);
  for (size_t i = octets; i-- > 0;) AppendOctet(out_, static_cast<uint64_t>(value) >> (8 * i));
}

void BerWriter::Unsigned(Tag tag, uint64_t value) {
  if (value >> 63 == 0) return Integer(tag, static_cast<int64_t>(value));
  Head(tag, kPrimitive, 9);
  AppendOctet(out_, 0);
  for (size_t i = 8; i-- > 0;) AppendOctet(out_, value >> (8 * i));
}

void BerWriter::Boolean(Tag tag, bool value) {
  Head(tag, kPrimitive, 1);
  AppendOctet(out_, value ? 0xff : 0x00);
}

void BerWriter::Octets(Tag tag, std::string_view content) {
  Head(tag, kPrimitive, content.size());
  out_->append(content);
}

size_t BerWriter::Begin(Tag tag) {
  Head(tag, kConstructed, 0);  // One octet of length: usually enough, and filled in by End.
  return out_->size();
}

void BerWriter::End(size_t begun) {
  OCS_CHECK(begun <= out_->size());
  const size_t length = out_->size() - begun;
  if (length < 0x80) {
    (*out_)[begun - 1] = static_cast<char>(length);
    return;
  }
  const int octets = LengthOctets(length);
  std::array<char, 8> text = {};
  for (int i = 0; i < octets; ++i)
    text[static_cast<size_t>(i)] = static_cast<char>(length >> (8 * (octets - 1 - i)));
  (*out_)[begun - 1] = static_cast<char>(0x80 | octets);
  out_->insert(begun, text.data(), static_cast<size_t>(octets));
}

absl::StatusOr<Element> BerReader::Next() {
  if (rest_.empty()) return Bad(offset_, "no more values");
  Element element;
  element.offset = offset_;
  const uint8_t first = OctetAt(rest_, 0);
  if ((first & 0xc0) == 0xc0) return Bad(offset_, "a tag of the private class");
  element.tag.tag_class = static_cast<TagClass>(first & 0xc0);
  element.constructed = (first & kConstructed) != 0;
  element.tag.number = first & 0x1f;
  size_t at = 1;
  if (element.tag.number == kHighTag &&
      (!TakeBase128(rest_, 32, &at, &element.tag.number) || element.tag.number < kHighTag)) {
    return Bad(offset_, "a tag that is not valid");
  }
  if (at == rest_.size()) return Bad(offset_, "ends before its length");
  size_t length = OctetAt(rest_, at++);
  if (length == 0x80) return Bad(offset_, "an indefinite length");
  if (length > 0x80) {
    const size_t octets = length & 0x7f;
    if (octets > 8 || octets > rest_.size() - at) return Bad(offset_, "a length that does not fit");
    length = 0;
    for (size_t i = 0; i < octets; ++i) length = (length << 8) | OctetAt(rest_, at++);
  }
  if (length > rest_.size() - at) return Bad(offset_, "ends before its content does");
  element.content = rest_.substr(at, length);
  element.whole = rest_.substr(0, at + length);
  rest_.remove_prefix(element.whole.size());
  offset_ += element.whole.size();
  return element;
}

absl::StatusOr<Element> BerReader::Expect(Tag tag) {
  OCS_ASSIGN_OR_RETURN(const Element element, Next());
  if (element.tag == tag) return element;
  return Bad(element.offset, Cat("tag ", element.tag.number, " where ", tag.number, " must stand"));
}

absl::StatusOr<int64_t> IntegerOf(const Element& element) {
  OCS_RETURN_IF_ERROR(CheckInteger(element, 8));
  uint64_t value = (OctetAt(element.content, 0) & 0x80) != 0 ? ~uint64_t{0} : 0;
  for (size_t i = 0; i < element.content.size(); ++i)
    value = (value << 8) | OctetAt(element.content, i);
  return static_cast<int64_t>(value);
}

absl::StatusOr<uint64_t> UnsignedOf(const Element& element) {
  OCS_RETURN_IF_ERROR(CheckInteger(element, 9));
  if ((OctetAt(element.content, 0) & 0x80) != 0 ||
      (element.content.size() == 9 && element.content[0] != 0)) {
    return Bad(element.offset, "an INTEGER that is negative or does not fit");
  }
  uint64_t value = 0;
  for (size_t i = 0; i < element.content.size(); ++i)
    value = (value << 8) | OctetAt(element.content, i);
  return value;
}

absl::StatusOr<bool> BooleanOf(const Element& element) {
  if (element.constructed || element.content.size() != 1)
    return Bad(element.offset, "a BOOLEAN that is not one octet");
  return element.content[0] != 0;
}

absl::StatusOr<std::string_view> OctetsOf(const Element& element) {
  if (element.constructed) return Bad(element.offset, "a string in constructed form");
  return element.content;
}

absl::StatusOr<std::string> EncodeObjectIdentifier(std::string_view text) {
  const auto refuse = [&] {
    return absl::InvalidArgumentError(Cat("object identifier '", text.substr(0, 80),
                                          "': expected arcs such as 1.3.6.1.4.1.99999.1"));
  };
  std::string content;
  absl::uint128 first = 0;
  size_t number = 0;
  for (std::string_view rest = text; number == 0 || !rest.empty(); ++number) {
    const size_t dot = std::min(rest.find('.'), rest.size());
    absl::uint128 arc = 0;
    for (const char c : rest.substr(0, dot)) {
      if (c < '0' || c > '9') return refuse();
      const auto digit = static_cast<uint64_t>(c - '0');
      if (arc > (absl::Uint128Max() - digit) / 10) return refuse();
      arc = arc * 10 + digit;
    }
    if (dot == 0 || (dot > 1 && rest[0] == '0') || dot + 1 == rest.size()) return refuse();
    if (number == 0) {
      if (arc > 2) return refuse();
      first = arc;
    } else if (number == 1) {
      if ((first < 2 && arc > 39) || arc > absl::Uint128Max() - 80) return refuse();
      AppendBase128(&content, first * 40 + arc);
    } else {
      AppendBase128(&content, arc);
    }
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  if (number < 2) return refuse();
  return content;
}

absl::StatusOr<std::string> DecodeObjectIdentifier(std::string_view content) {
  std::string text;
  for (size_t at = 0; at < content.size();) {
    absl::uint128 arc = 0;
    // 128 bits are 18 whole digits of 7 bits and two more.
    if (!TakeBase128(content, 128, &at, &arc)) return Bad(at, "an object identifier not valid");
    if (text.empty()) {
      const uint64_t first = arc < 80 ? static_cast<uint64_t>(arc) / 40 : 2;
      arc -= first * 40;
      absl::StrAppend(&text, first);
    }
    std::string digits;
    do {
      digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(arc % 10)));
      arc /= 10;
    } while (arc != 0);
    absl::StrAppend(&text, ".", digits);
  }
  if (text.empty()) return Bad(0, "an object identifier without content");
  return text;
}

std::string EncodeTimeStamp(Instant instant, absl::TimeZone zone) {
  const absl::Time time = instant.ToTime();
  // Zones of long ago have seconds in their offset, which the form has no room for.
  const int offset_minutes = zone.At(time).offset / 60;
  const absl::CivilSecond local =
      absl::ToCivilSecond(time, absl::FixedTimeZone(offset_minutes * 60));
  std::string content;
  AppendBcd(&content, static_cast<int>((local.year() % 100 + 100) % 100));
  AppendBcd(&content, local.month());
  AppendBcd(&content, local.day());
  AppendBcd(&content, local.hour());
  AppendBcd(&content, local.minute());
  AppendBcd(&content, local.second());
  content.push_back(offset_minutes < 0 ? '-' : '+');
  AppendBcd(&content, std::abs(offset_minutes) / 60);
  AppendBcd(&content, std::abs(offset_minutes) % 60);
  return content;
}

absl::StatusOr<TimeStamp> DecodeTimeStamp(std::string_view content) {
  if (content.size() != 9) return Bad(0, "a TimeStamp that is not nine octets");
  std::array<int, 9> parts = {};
  for (size_t i = 0; i < parts.size(); ++i) {
    parts[i] = i == 6 ? 0 : BcdAt(content, i);
    if (parts[i] < 0) return Bad(i, "a TimeStamp with a digit above 9");
  }
  const char sign = content[6];
  if (sign != '+' && sign != '-') return Bad(6, "a TimeStamp without '+' or '-'");
  const absl::CivilSecond local(2000 + parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]);
  // A civil time that does not exist would have been moved to one that does.
  if (local.month() != parts[1] || local.day() != parts[2] || local.hour() != parts[3] ||
      local.minute() != parts[4] || parts[7] > 23 || parts[8] > 59) {
    return Bad(0, "a TimeStamp that is no time");
  }
  TimeStamp stamp;
  stamp.offset_seconds = (parts[7] * 60 + parts[8]) * 60 * (sign == '-' ? -1 : 1);
  stamp.instant =
      Instant::FromTime(absl::FromCivil(local, absl::FixedTimeZone(stamp.offset_seconds)));
  return stamp;
}

absl::StatusOr<std::string> EncodeTbcd(std::string_view digits) {
  std::string content;
  for (size_t i = 0; i < digits.size(); i += 2) {
    const size_t low = kTbcdDigits.find(digits[i]);
    const size_t high = i + 1 < digits.size() ? kTbcdDigits.find(digits[i + 1]) : kTbcdFiller;
    if (low == std::string_view::npos || high == std::string_view::npos) {
      // Which one is not told: it may be part of a subscriber's number.
      return absl::InvalidArgumentError("a digit string holds something that is no TBCD digit");
    }
    AppendOctet(&content, high << 4 | low);
  }
  return content;
}

absl::StatusOr<std::string> DecodeTbcd(std::string_view content) {
  std::string digits;
  for (size_t i = 0; i < content.size(); ++i) {
    const size_t low = OctetAt(content, i) & 0x0f;
    const size_t high = OctetAt(content, i) >> 4;
    if (low == kTbcdFiller || (high == kTbcdFiller && i + 1 < content.size()))
      return Bad(i, "a filler inside a TBCD string");
    digits.push_back(kTbcdDigits[low]);
    if (high != kTbcdFiller) digits.push_back(kTbcdDigits[high]);
  }
  return digits;
}

}  // namespace ocs::cdr::asn1
