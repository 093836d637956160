// ASN.1 values in the Basic Encoding Rules (ITU-T X.690), as much of them as charging data records
// need: definite lengths, tags of any number, and the value types of 3GPP TS 32.298. It knows no
// schema: the caller names each tag. Written lengths and integers are the shortest possible, so
// that the same value always has the same bytes.

#ifndef CDR_ASN1_H_
#define CDR_ASN1_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ocs/base/time.h"

namespace ocs::cdr::asn1 {

enum class TagClass : uint8_t { kUniversal = 0x00, kApplication = 0x40, kContext = 0x80 };

struct Tag {
  TagClass tag_class = TagClass::kUniversal;
  uint32_t number = 0;
  friend constexpr bool operator==(const Tag&, const Tag&) = default;
};

/// [number]: IMPLICIT where the caller then writes a value, EXPLICIT where it begins a constructed
/// one around it.
constexpr Tag Context(uint32_t number) { return {TagClass::kContext, number}; }

inline constexpr Tag kBoolean = {TagClass::kUniversal, 1};
inline constexpr Tag kInteger = {TagClass::kUniversal, 2};
inline constexpr Tag kOctetString = {TagClass::kUniversal, 4};
inline constexpr Tag kObjectIdentifier = {TagClass::kUniversal, 6};
inline constexpr Tag kEnumerated = {TagClass::kUniversal, 10};
inline constexpr Tag kUtf8String = {TagClass::kUniversal, 12};
inline constexpr Tag kSequence = {TagClass::kUniversal, 16};
inline constexpr Tag kSet = {TagClass::kUniversal, 17};
inline constexpr Tag kPrintableString = {TagClass::kUniversal, 19};
inline constexpr Tag kIa5String = {TagClass::kUniversal, 22};

/// True when every character may stand in a PrintableString; in an IA5String.
bool IsPrintableString(std::string_view text);
bool IsIa5String(std::string_view text);

/// Appends values to a string that outlives it. Thread-compatible.
class BerWriter final {
 public:
  explicit BerWriter(std::string* out) : out_(out) {}

  /// INTEGER and, by its tag, ENUMERATED.
  void Integer(Tag tag, int64_t value);
  /// An INTEGER that is never negative: 2^63 and above take nine octets.
  void Unsigned(Tag tag, uint64_t value);
  void Boolean(Tag tag, bool value);
  /// OCTET STRING and, by its tag, each of the character strings, an OBJECT IDENTIFIER or a
  /// TimeStamp whose content is at hand.
  void Octets(Tag tag, std::string_view content);

  /// Begins a constructed value (SEQUENCE, SET, an explicit tag): what is written until its End is
  /// inside. They nest; each is ended, the innermost first.
  size_t Begin(Tag tag);
  void End(size_t begun);

 private:
  void Head(Tag tag, uint8_t form, size_t length);
  std::string* out_;
};

/// One value as it stands in the bytes.
struct Element {
  Tag tag;
  bool constructed = false;
  std::string_view content;
  std::string_view whole;  ///< With its tag and length.
  size_t offset = 0;       ///< Of `whole`, from the beginning of the outermost bytes.
};

/// Reads values that stand one after another. What it returns points into the bytes it was given.
/// Thread-compatible.
class BerReader final {
 public:
  explicit BerReader(std::string_view bytes) : rest_(bytes) {}
  /// Of the values inside a constructed one.
  explicit BerReader(const Element& outer)
      : rest_(outer.content), offset_(outer.offset + (outer.whole.size() - outer.content.size())) {}

  bool done() const { return rest_.empty(); }
  /// Where the next value begins, from the beginning of the outermost bytes.
  size_t offset() const { return offset_; }

  /// Errors: DataLoss with the offset when no value is left, a length is indefinite, or something
  /// goes beyond the end.
  absl::StatusOr<Element> Next();

  /// The next value when it has that tag. Errors: as Next; DataLoss when it has another.
  absl::StatusOr<Element> Expect(Tag tag);

 private:
  std::string_view rest_;
  size_t offset_ = 0;
};

/// The value of an element. Errors: DataLoss with its offset when the content is none of that type
/// or does not fit. A BOOLEAN is true when its octet is not zero (X.690 8.2.2).
absl::StatusOr<int64_t> IntegerOf(const Element& element);
absl::StatusOr<uint64_t> UnsignedOf(const Element& element);
absl::StatusOr<bool> BooleanOf(const Element& element);
/// OCTET STRING and character strings in primitive form.
absl::StatusOr<std::string_view> OctetsOf(const Element& element);

/// The content of an OBJECT IDENTIFIER such as "1.3.6.1.4.1.99999.1"; arcs up to 2^128-1, as 2.25
/// (ITU-T X.667) needs. Errors: InvalidArgument.
absl::StatusOr<std::string> EncodeObjectIdentifier(std::string_view text);
/// Errors: DataLoss.
absl::StatusOr<std::string> DecodeObjectIdentifier(std::string_view content);

/// TimeStamp of TS 32.298: nine octets, BCD YYMMDDhhmmss, '+' or '-', BCD hhmm of the offset from
/// UTC. Seconds are cut off, and of the year only two digits are kept.
std::string EncodeTimeStamp(Instant instant, absl::TimeZone zone);

struct TimeStamp {
  Instant instant;         ///< In 2000 to 2099.
  int offset_seconds = 0;  ///< East of UTC is positive.
};
/// Errors: DataLoss.
absl::StatusOr<TimeStamp> DecodeTimeStamp(std::string_view content);

/// TBCD-STRING of TS 29.002: digits "0123456789*#abc", the first in the low half octet, filled with
/// 1111. An MSISDN is the octet 0x91 (international, E.164) and then this. Errors: InvalidArgument.
absl::StatusOr<std::string> EncodeTbcd(std::string_view digits);
/// Errors: DataLoss: a filler that is not the last.
absl::StatusOr<std::string> DecodeTbcd(std::string_view content);

}  // namespace ocs::cdr::asn1

#endif  // CDR_ASN1_H_
