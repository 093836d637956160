// When the price of a model becomes another rule's: the boundaries of its candidates in time.

#include <algorithm>

#include "rating/internal/compiled.h"
#include "rating/internal/zone_table.h"

namespace ocs::rating::internal {
namespace {

// The next instant after `unix_ms` at which the clock, at its present offset, shows that second.
int64_t NextShown(const ZoneTable& zone, int64_t unix_ms, uint32_t second_of_day) {
  const ZoneTable::Clock now = zone.ClockAt(unix_ms);
  const int64_t second = unix_ms / 1000 - (unix_ms % 1000 < 0 ? 1 : 0);
  int64_t ahead = static_cast<int64_t>(second_of_day) - now.second_of_day;
  if (ahead <= 0) ahead += kDaySeconds;
  return (second + ahead) * 1000;
}

}  // namespace

int64_t CompiledTariff::NextBoundary(const Check& check, const UseContext& context) const {
  const int64_t at = context.at.unix_ms;
  switch (check.kind) {
    case CheckKind::kDimension:
    case CheckKind::kPrompt:
    case CheckKind::kSwitchOn:
      return Instant::Never().unix_ms;
    case CheckKind::kHours:
      return std::min({NextShown(zones[check.zone], at, check.begin),
                       NextShown(zones[check.zone], at, check.end % kDaySeconds),
                       zones[check.zone].NextStep(at)});
    case CheckKind::kWeekdays:
    case CheckKind::kHoliday:
    case CheckKind::kWorkday:
      return std::min(NextShown(zones[check.zone], at, 0), zones[check.zone].NextStep(at));
    case CheckKind::kFirst: {
      if (context.began_at == Instant::Never()) return Instant::Never().unix_ms;
      const Validity length{.months = static_cast<int>(check.begin),
                            .days = static_cast<int>(check.end)};
      const int64_t end = EndOf(context.began_at, length, zone).unix_ms;
      return end > at ? end : Instant::Never().unix_ms;
    }
  }
  return Instant::Never().unix_ms;
}

// The first time after the context's at which a check of the list may turn; at most `until_ms`.
int64_t CompiledTariff::NextBoundaryOf(const List& list, const UseContext& context,
                                       int64_t until_ms) const {
  int64_t next = until_ms;
  for (uint32_t i = list.begin; i < list.end; ++i) {
    const Candidate& candidate = candidates[i];
    for (const int64_t bound : {candidate.from_ms, candidate.until_ms}) {
      if (bound > context.at.unix_ms) next = std::min(next, bound);
    }
    for (uint32_t c = 0; c < candidate.check_count; ++c)
      next = std::min(next, NextBoundary(checks[candidate.checks + c], context));
  }
  return next;
}

Instant CompiledTariff::NextSwitch(uint32_t table, uint32_t model, const UseContext& context,
                                   Instant until) const {
  const List list = lists[tables[table][model]];
  const RateRow* now = Find(table, model, context);
  UseContext then = context;
  for (int looked_at = 0; looked_at < kSwitchesLookedAtMax; ++looked_at) {
    const int64_t next = NextBoundaryOf(list, then, until.unix_ms);
    if (next >= until.unix_ms) return Instant::Never();
    then.at.unix_ms = next;
    if (Find(table, model, then) != now) return then.at;
  }
  return Instant::Never();
}

Instant CompiledTariff::HoldsUntil(uint32_t table, uint32_t model, const UseContext& context,
                                   Instant until) const {
  const List list = lists[tables[table][model]];
  const RateRow* now = Find(table, model, context);
  UseContext then = context;
  for (int looked_at = 0; looked_at < kSwitchesLookedAtMax && then.at < until; ++looked_at) {
    then.at.unix_ms = NextBoundaryOf(list, then, until.unix_ms);
    if (then.at < until && Find(table, model, then) != now) break;
  }
  return then.at;
}

}  // namespace ocs::rating::internal
