#include "rating/internal/when.h"

#include <algorithm>
#include <iterator>

#include "ocs/base/check.h"
#include "rating/internal/zone_table.h"

namespace ocs::rating::internal {
namespace {

bool HoursHold(const Check& hours, uint32_t second) {
  if (hours.begin < hours.end) return second >= hours.begin && second < hours.end;
  return second >= hours.begin || second < hours.end;
}

// Whether two checks of clocks surely exclude each other.
bool Exclude(const Check& a, const Check& b) {
  if (a.zone != b.zone) return false;
  if (a.kind == CheckKind::kWeekdays && b.kind == CheckKind::kWeekdays) {
    return (a.arg & b.arg) == 0;
  }
  if (a.kind == CheckKind::kHours && b.kind == CheckKind::kHours) {
    return !HoursHold(a, b.begin % kDaySeconds) && !HoursHold(b, a.begin % kDaySeconds);
  }
  const bool opposite = (a.kind == CheckKind::kHoliday && b.kind == CheckKind::kWorkday) ||
                        (a.kind == CheckKind::kWorkday && b.kind == CheckKind::kHoliday);
  return opposite && a.begin == b.begin;
}

}  // namespace

bool When::always() const {
  const bool any_value =
      std::any_of(values.begin(), values.end(), [](const auto& list) { return list.has_value(); });
  return from_ms == When{}.from_ms && until_ms == When{}.until_ms && !any_value &&
         prompt == PromptBand{} && switches_on == 0 && clock.empty();
}

std::optional<When> Meet(const When& a, const When& b) {
  When both = a;
  both.from_ms = std::max(a.from_ms, b.from_ms);
  both.until_ms = std::min(a.until_ms, b.until_ms);
  both.prompt.over = std::max(a.prompt.over, b.prompt.over);
  both.prompt.up_to = std::min(a.prompt.up_to, b.prompt.up_to);
  both.switches_on |= b.switches_on;
  if (both.from_ms >= both.until_ms || both.prompt.over >= both.prompt.up_to) return std::nullopt;
  for (size_t d = 0; d < kDimensionCount; ++d) {
    if (!b.values[d]) continue;
    if (!a.values[d]) {
      both.values[d] = b.values[d];
      continue;
    }
    std::vector<Symbol> shared;
    std::set_intersection(a.values[d]->begin(), a.values[d]->end(), b.values[d]->begin(),
                          b.values[d]->end(), std::back_inserter(shared));
    if (shared.empty()) return std::nullopt;
    both.values[d] = std::move(shared);
  }
  for (const Check& check : b.clock) {
    const bool excluded = std::any_of(a.clock.begin(), a.clock.end(),
                                      [&](const Check& other) { return Exclude(check, other); });
    if (excluded) return std::nullopt;
    both.clock.push_back(check);
  }
  std::sort(both.clock.begin(), both.clock.end());
  both.clock.erase(std::unique(both.clock.begin(), both.clock.end()), both.clock.end());
  return both;
}

WhenPacker::WhenPacker(const Catalogue& catalogue, CompiledTariff* out)
    : catalogue_(catalogue), out_(out) {
  for (const Calendar& calendar : catalogue.calendars) out->calendars.push_back(calendar.days);
}

uint16_t WhenPacker::ZoneOf(const std::string& name) {
  const auto found = zones_.find(name);
  if (found != zones_.end()) return found->second;
  absl::TimeZone zone;
  OCS_CHECK(absl::LoadTimeZone(name, &zone));
  out_->zones.emplace_back(zone);
  const auto index = static_cast<uint16_t>(out_->zones.size() - 1);
  zones_.emplace(name, index);
  return index;
}

uint32_t WhenPacker::CalendarOf(const std::string& id) const {
  for (uint32_t i = 0; i < catalogue_.calendars.size(); ++i) {
    if (catalogue_.calendars[i].id == id) return i;
  }
  OCS_CHECK(false);
  return kNone;
}

When WhenPacker::Of(const Conditions& conditions) {
  When when;
  when.from_ms = conditions.from.unix_ms;
  when.until_ms = conditions.until.unix_ms;
  for (size_t d = 0; d < kDimensionCount; ++d) {
    if (conditions.values[d].empty()) continue;
    std::vector<Symbol>& symbols = when.values[d].emplace();
    for (const std::string& value : conditions.values[d]) symbols.push_back(SymbolOf(value));
    std::sort(symbols.begin(), symbols.end());
  }
  if (conditions.prompt) when.prompt = *conditions.prompt;
  const uint16_t zone = conditions.zone.empty() ? uint16_t{0} : ZoneOf(conditions.zone);
  if (conditions.hours) {
    when.clock.push_back({.kind = CheckKind::kHours,
                          .zone = zone,
                          .begin = static_cast<uint32_t>(conditions.hours->begin_second),
                          .end = static_cast<uint32_t>(conditions.hours->end_second)});
  }
  if (conditions.weekdays != 0) {
    when.clock.push_back({.kind = CheckKind::kWeekdays, .arg = conditions.weekdays, .zone = zone});
  }
  if (!conditions.holidays.empty()) {
    when.clock.push_back(
        {.kind = CheckKind::kHoliday, .zone = zone, .begin = CalendarOf(conditions.holidays)});
  }
  if (!conditions.workdays.empty()) {
    when.clock.push_back(
        {.kind = CheckKind::kWorkday, .zone = zone, .begin = CalendarOf(conditions.workdays)});
  }
  if (conditions.first.stated()) {
    when.clock.push_back({.kind = CheckKind::kFirst,
                          .begin = static_cast<uint32_t>(conditions.first.months),
                          .end = static_cast<uint32_t>(conditions.first.days)});
  }
  return when;
}

uint32_t WhenPacker::SymbolsAt(const std::vector<Symbol>& symbols) {
  const auto [at, is_new] =
      symbols_.try_emplace(symbols, static_cast<uint32_t>(out_->symbols.size()));
  if (is_new) out_->symbols.insert(out_->symbols.end(), symbols.begin(), symbols.end());
  return at->second;
}

Candidate WhenPacker::Pack(const When& when, uint32_t row) {
  Candidate candidate{.from_ms = when.from_ms, .until_ms = when.until_ms, .row = row};
  std::vector<Check> checks;
  for (size_t d = 0; d < kDimensionCount; ++d) {
    if (!when.values[d]) continue;
    const uint32_t begin = SymbolsAt(*when.values[d]);
    checks.push_back({.kind = CheckKind::kDimension,
                      .arg = static_cast<uint8_t>(d),
                      .begin = begin,
                      .end = begin + static_cast<uint32_t>(when.values[d]->size())});
  }
  if (when.prompt != PromptBand{}) {
    const auto known = std::find(out_->prompts.begin(), out_->prompts.end(), when.prompt);
    const auto index = static_cast<uint32_t>(known - out_->prompts.begin());
    if (known == out_->prompts.end()) out_->prompts.push_back(when.prompt);
    checks.push_back({.kind = CheckKind::kPrompt, .begin = index});
  }
  for (uint8_t s = 0; s < 32; ++s) {
    if ((when.switches_on >> s & 1U) != 0) {
      checks.push_back({.kind = CheckKind::kSwitchOn, .arg = s});
    }
  }
  checks.insert(checks.end(), when.clock.begin(), when.clock.end());
  candidate.check_count = static_cast<uint16_t>(checks.size());
  if (checks.empty()) return candidate;
  const auto [at, is_new] = checks_.try_emplace(checks, static_cast<uint32_t>(out_->checks.size()));
  if (is_new) out_->checks.insert(out_->checks.end(), checks.begin(), checks.end());
  candidate.checks = at->second;
  return candidate;
}

}  // namespace ocs::rating::internal
