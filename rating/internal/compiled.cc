#include "rating/internal/compiled.h"

#include <algorithm>

#include "ocs/base/text.h"

namespace ocs::rating::internal {

uint32_t CompiledTariff::FindModel(std::string_view wanted) const {
  const auto found = models.find(ToAbsl(wanted));
  if (found != models.end()) return found->second;
  // Whatever prefix the name begins with, the last one not behind the name begins with it too.
  const auto behind = std::upper_bound(
      prefixes.begin(), prefixes.end(), wanted,
      [](std::string_view text, const NamePrefix& prefix) { return text < prefix.text; });
  auto at = static_cast<uint32_t>(behind - prefixes.begin()) - 1;
  while (at != kNone && !wanted.starts_with(prefixes[at].text)) at = prefixes[at].wider;
  return at == kNone ? kNone : prefixes[at].model;
}

uint32_t CompiledTariff::HeldChecks(const Candidate& candidate, const UseContext& context) const {
  uint32_t held = 0;
  while (held < candidate.check_count && Holds(checks[candidate.checks + held], context)) ++held;
  return held;
}

bool CompiledTariff::DimensionHolds(const Check& check, const UseContext& context) const {
  Symbol value = context.values[check.arg];
  if (value == 0) {
    if (check.arg != static_cast<uint8_t>(Dimension::kServiceTier)) return false;
    static const Symbol kStandard = SymbolOf("standard");
    value = kStandard;
  }
  for (uint32_t i = check.begin; i < check.end; ++i) {
    if (symbols[i] == value) return true;
  }
  return false;
}

bool CompiledTariff::FirstHolds(const Check& check, const UseContext& context) const {
  constexpr int64_t kDayMillis = 86'400'000;
  if (context.began_at == Instant::Never() || context.at < context.began_at) return false;
  // No month is longer than 31 days or shorter than 28; a day more for the zone's clock changes.
  const int64_t days = (context.at.unix_ms - context.began_at.unix_ms) / kDayMillis;
  const int64_t months = check.begin;
  if (days < 28 * months + check.end - 1) return true;
  if (days > 31 * months + check.end + 1) return false;
  const Validity length{.months = static_cast<int>(check.begin),
                        .days = static_cast<int>(check.end)};
  return context.at < EndOf(context.began_at, length, zone);
}

bool CompiledTariff::Holds(const Check& check, const UseContext& context) const {
  const auto clock = [&] { return zones[check.zone].ClockAt(context.at.unix_ms); };
  const auto is_holiday = [&] {
    const std::vector<int32_t>& days = calendars[check.begin];
    return std::binary_search(days.begin(), days.end(), clock().day);
  };
  switch (check.kind) {
    case CheckKind::kDimension:
      return DimensionHolds(check, context);
    case CheckKind::kPrompt: {
      const PromptBand& band = prompts[check.begin];
      return context.prompt_tokens > band.over && context.prompt_tokens <= band.up_to;
    }
    case CheckKind::kSwitchOn:
      return (context.switches >> check.arg & 1U) != 0;
    case CheckKind::kHours: {
      const auto second = static_cast<uint32_t>(clock().second_of_day);
      if (check.begin < check.end) return second >= check.begin && second < check.end;
      return second >= check.begin || second < check.end;
    }
    case CheckKind::kWeekdays: {
      // Day 0 was a Thursday.
      const auto weekday = static_cast<uint32_t>(((clock().day % 7) + 7 + 3) % 7);
      return (check.arg >> weekday & 1U) != 0;
    }
    case CheckKind::kHoliday:
      return is_holiday();
    case CheckKind::kWorkday:
      return !is_holiday();
    case CheckKind::kFirst:
      return FirstHolds(check, context);
  }
  return false;
}

}  // namespace ocs::rating::internal
