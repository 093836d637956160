#include "ocs/base/time.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/time/civil_time.h"
#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs {

std::string FormatInstant(Instant instant, absl::TimeZone zone) {
  if (instant == Instant::Never()) return "never";
  const bool whole = instant.unix_ms % 1000 == 0;
  return absl::FormatTime(whole ? "%Y-%m-%d%ET%H:%M:%S%Ez" : "%Y-%m-%d%ET%H:%M:%E3S%Ez",
                          instant.ToTime(), zone);
}

absl::StatusOr<Instant> ParseInstant(std::string_view text) {
  absl::Time time;
  std::string error;
  // The library also takes blanks around the text, years of any length and "infinite-future".
  const bool shape = text.size() >= 20 &&
                     absl::ascii_isdigit(static_cast<unsigned char>(text[0])) && text[4] == '-' &&
                     !absl::ascii_isspace(static_cast<unsigned char>(text.back()));
  if (!shape || !absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &error)) {
    return absl::InvalidArgumentError(Cat(
        "time '", text.substr(0, 40), "': expected RFC 3339 such as 2026-05-18T10:00:00+08:00"));
  }
  return Instant::FromTime(time);
}

Instant AddMonths(Instant from, int months, absl::TimeZone zone) {
  OCS_CHECK(months >= 0);
  if (from == Instant::Never()) return from;
  const auto at = zone.At(from.ToTime());
  const absl::CivilMonth month = absl::CivilMonth(at.cs) + months;
  const int last_day = (absl::CivilDay(month + 1) - 1).day();
  const absl::CivilSecond wall(month.year(), month.month(), std::min(at.cs.day(), last_day),
                               at.cs.hour(), at.cs.minute(), at.cs.second());
  return Instant::FromTime(absl::FromCivil(wall, zone) + at.subsecond);
}

Instant StartOfMonth(Instant instant, absl::TimeZone zone) {
  return Instant::FromTime(
      absl::FromCivil(absl::CivilMonth(absl::ToCivilMonth(instant.ToTime(), zone)), zone));
}

}  // namespace ocs
