// Values as they stand on the command line, and as they are shown.

#ifndef TOOLS_OCSCTL_VALUES_H_
#define TOOLS_OCSCTL_VALUES_H_

#include <google/protobuf/repeated_field.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ocs/base/ids.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"
#include "ocs/type/v1/type.pb.h"

namespace ocs::tools {

/// "msisdn:8613800138000", "imsi:...", "sip:...", "nai:..." or "customer:...". Errors:
/// InvalidArgument.
absl::StatusOr<type::v1::SubscriptionId> ParseIdentity(std::string_view text);
/// As ParseIdentity reads it.
std::string IdentityText(const type::v1::SubscriptionId& identity);
/// The same with all but the last four characters of its data hidden.
std::string HiddenIdentityText(const type::v1::SubscriptionId& identity);

/// An RFC 3339 time with offset, "now", or a date "2026-05-01", which begins then in that zone.
/// Errors: InvalidArgument.
absl::StatusOr<Instant> ParseTime(std::string_view text, absl::TimeZone zone);

/// The calendar month "2026-05" in that zone: [first, second). Errors: InvalidArgument.
absl::StatusOr<std::pair<Instant, Instant>> ParseMonth(std::string_view text, absl::TimeZone zone);

/// The whole of a text file: a catalogue, or what is as long. Errors: NotFound; InvalidArgument
/// where it is longer than a catalogue may be.
absl::StatusOr<std::string> ReadText(const std::string& path);

/// "12.3": group and index. Errors: InvalidArgument.
absl::StatusOr<Position> ParsePosition(std::string_view text);

/// 32 hexadecimal digits in the form of a UUID, new each time.
std::string NewKey();

/// Kinds of the wire and of the house.
type::v1::TokenKind ToWire(TokenKind kind);
/// Errors: InvalidArgument for a kind that this release does not know.
absl::StatusOr<TokenKind> FromWire(type::v1::TokenKind kind);

/// "1,000 input, 500 output".
std::string QuantitiesText(
    const google::protobuf::RepeatedPtrField<type::v1::TokenQuantity>& quantities);

/// FormatAmount for a unit's text; "" for the unit of an empty text and an amount of 0.
std::string AmountText(int64_t amount, std::string_view unit);

/// FormatInstant.
std::string TimeText(int64_t unix_ms, absl::TimeZone zone);

}  // namespace ocs::tools

#endif  // TOOLS_OCSCTL_VALUES_H_
