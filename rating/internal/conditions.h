// Conditions of rules, adjustments and covers: read from the text, weighed against each other, and
// told apart.

#ifndef RATING_INTERNAL_CONDITIONS_H_
#define RATING_INTERNAL_CONDITIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rating/catalogue.h"
#include "rating/internal/fields.h"
#include "rating/internal/names.h"

namespace ocs::rating::internal {

/// The keys of all conditions, and of the dimensions alone.
const std::vector<std::string>& ConditionKeys();
const std::vector<std::string>& DimensionKeys();

/// Reads what the map states. Faults are reported.
Conditions ReadConditions(const Fields& fields, const Names& names);
/// Only the dimensions.
Conditions ReadDimensions(const Fields& fields);

/// "from" or "until": an instant, or `otherwise` when absent or faulty.
Instant ReadInstant(const Fields& fields, std::string_view key, Instant otherwise);

/// A number that is larger for the stronger of two: the dimensions in their order, then the prompt,
/// then holidays, workdays, weekdays and hours (more of them stated, then in that order), then
/// `first`, then from or until.
uint32_t StrengthOf(const Conditions& when);
inline constexpr uint32_t kStrengthEnd = 1U << 16;  ///< Every strength is below.

/// Whether some use at some time may fulfil both. Where the clocks of two zones, or days of a
/// calendar and of the week, would have to be worked out against each other, they are taken to
/// meet.
bool CanMeet(const Conditions& a, const Conditions& b, const std::vector<Calendar>& calendars);

/// What is stated but `from` and `until`, as text: names a rule across revisions.
std::string FormatStatic(const Conditions& when);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_CONDITIONS_H_
