#include "tools/ocsctl/values.h"

#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"

namespace ocs::tools {
namespace {

struct IdentityName {
  std::string_view name;
  type::v1::SubscriptionIdType type;
};

constexpr std::array<IdentityName, 5> kIdentityNames = {{
    {"msisdn", type::v1::END_USER_E164},
    {"imsi", type::v1::END_USER_IMSI},
    {"sip", type::v1::END_USER_SIP_URI},
    {"nai", type::v1::END_USER_NAI},
    {"customer", type::v1::END_USER_PRIVATE},
}};

std::string_view NameOf(type::v1::SubscriptionIdType type) {
  for (const IdentityName& known : kIdentityNames) {
    if (known.type == type) return known.name;
  }
  return "unknown";
}

}  // namespace

absl::StatusOr<type::v1::SubscriptionId> ParseIdentity(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    for (const IdentityName& known : kIdentityNames) {
      if (known.name != text.substr(0, colon)) continue;
      type::v1::SubscriptionId identity;
      identity.set_subscription_id_type(known.type);
      // The scheme is part of a SIP URI.
      identity.set_subscription_id_data(
          std::string(known.type == type::v1::END_USER_SIP_URI ? text : text.substr(colon + 1)));
      if (colon + 1 < text.size()) return identity;
    }
  }
  return absl::InvalidArgumentError(
      "an identity is msisdn:NUMBER, customer:NUMBER, imsi:NUMBER, nai:NAME or sip:URI");
}

std::string IdentityText(const type::v1::SubscriptionId& identity) {
  if (identity.subscription_id_type() == type::v1::END_USER_SIP_URI)
    return identity.subscription_id_data();
  return Cat(NameOf(identity.subscription_id_type()), ":", identity.subscription_id_data());
}

std::string HiddenIdentityText(const type::v1::SubscriptionId& identity) {
  constexpr size_t kShown = 4;
  const std::string& data = identity.subscription_id_data();
  const std::string_view end =
      data.size() > 2 * kShown ? std::string_view(data).substr(data.size() - kShown) : "";
  return Cat(NameOf(identity.subscription_id_type()), ":...", end);
}

absl::StatusOr<Instant> ParseTime(std::string_view text, absl::TimeZone zone) {
  if (text == "now") return Instant::FromTime(absl::Now());
  absl::CivilDay day;
  if (text.size() == 10 && absl::ParseCivilTime(ToAbsl(text), &day))
    return Instant::FromTime(absl::FromCivil(day, zone));
  const auto instant = ParseInstant(text);
  if (instant.ok()) return instant;
  return absl::InvalidArgumentError(
      Cat("'", text, "' is no time: expected 2026-05-01T00:00:00+08:00, 2026-05-01 or now"));
}

absl::StatusOr<std::pair<Instant, Instant>> ParseMonth(std::string_view text, absl::TimeZone zone) {
  absl::CivilMonth month;
  if (text.size() != 7 || !absl::ParseCivilTime(ToAbsl(text), &month)) {
    return absl::InvalidArgumentError(Cat("'", text, "' is no month: expected 2026-05"));
  }
  return std::pair(Instant::FromTime(absl::FromCivil(month, zone)),
                   Instant::FromTime(absl::FromCivil(month + 1, zone)));
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in.good()) return absl::NotFoundError(Cat(path, ": cannot be read"));
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (text.size() > static_cast<size_t>(kCatalogueBytesMax)) {
    return absl::InvalidArgumentError(Cat(path, ": has ", text.size(),
                                          " bytes; a catalogue has at "
                                          "most ",
                                          kCatalogueBytesMax));
  }
  return text;
}

absl::StatusOr<Position> ParsePosition(std::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(ToAbsl(text), '.');
  Position position;
  if (parts.size() == 2 && absl::SimpleAtoi(parts[0], &position.group) &&
      absl::SimpleAtoi(parts[1], &position.index)) {
    return position;
  }
  return absl::InvalidArgumentError(Cat("'", text, "' is no position: expected GROUP.INDEX"));
}

std::string NewKey() {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, 16> bytes;
  OCS_CHECK(::getentropy(bytes.data(), bytes.size()) == 0);
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);  // Version 4: random.
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string key;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) key += '-';
    key += kHex[bytes[i] >> 4];
    key += kHex[bytes[i] & 15];
  }
  return key;
}

type::v1::TokenKind ToWire(TokenKind kind) {
  return static_cast<type::v1::TokenKind>(static_cast<int>(kind) + 1);
}

absl::StatusOr<TokenKind> FromWire(type::v1::TokenKind kind) {
  const int number = static_cast<int>(kind) - 1;
  if (number < 0 || number >= kTokenKindCount) {
    return absl::InvalidArgumentError(
        Cat("the server names token kind ", static_cast<int>(kind),
            ", which this ocsctl does not know: use that of the server's release"));
  }
  return static_cast<TokenKind>(number);
}

std::string QuantitiesText(
    const google::protobuf::RepeatedPtrField<type::v1::TokenQuantity>& quantities) {
  std::string text;
  for (const auto& quantity : quantities) {
    const auto kind = FromWire(quantity.token_kind());
    if (!text.empty()) text += ", ";
    text += Cat(FormatGrouped(quantity.quantity()), " ",
                kind.ok() ? TokenKindName(*kind) : std::string_view("unknown"));
  }
  return text;
}

std::string AmountText(int64_t amount, std::string_view unit) {
  const auto parsed = Unit::Parse(unit);
  if (parsed.ok()) return FormatAmount(amount, *parsed);
  return amount == 0 ? "" : FormatGrouped(amount);
}

std::string TimeText(int64_t unix_ms, absl::TimeZone zone) {
  return FormatInstant(Instant{unix_ms}, zone);
}

}  // namespace ocs::tools
