#include "rating/internal/conditions.h"

#include <algorithm>

#include "ocs/base/text.h"
#include "rating/internal/scalars.h"
#include "rating/internal/words.h"
#include "rating/internal/zone_table.h"

namespace ocs::rating::internal {
namespace {

constexpr size_t kValueLengthMax = 128;  // As long as a model's name.

std::vector<std::string> DimensionNames() {
  std::vector<std::string> names;
  for (size_t d = 0; d < kDimensionCount; ++d) {
    names.emplace_back(DimensionName(static_cast<Dimension>(d)));
  }
  return names;
}

void SortOnce(std::vector<std::string>* values) {
  std::sort(values->begin(), values->end());
  values->erase(std::unique(values->begin(), values->end()), values->end());
}

std::string ReadCalendar(const Fields& fields, std::string_view key, const Names& names) {
  const auto text = fields.Text(key, "the name of a calendar");
  if (!text) return "";
  if (names.calendars.count(*text) == 0) {
    fields.Fault(key, Cat("unknown calendar ", Quoted(*text),
                          Suggestion(*text, {names.calendars.begin(), names.calendars.end()})));
  }
  return *text;
}

uint8_t ReadWeekdays(const Fields& fields) {
  constexpr std::string_view kExpected = "days of the week such as mon-fri or [sat, sun]";
  uint8_t days = 0;
  for (const auto& [text, field] : fields.Texts("weekdays", kExpected)) {
    const auto some = ParseWeekdays(text);
    if (!some) {
      fields.reporter().Add(field.line, field.path,
                            Cat("expected ", kExpected, ", found ", Quoted(text)));
    }
    days = static_cast<uint8_t>(days | some.value_or(0));
  }
  return days;
}

// Hours, days and the zone whose clock they go by.
void ReadClock(const Fields& fields, const Names& names, Conditions* when) {
  when->weekdays = ReadWeekdays(fields);
  when->holidays = ReadCalendar(fields, "holidays", names);
  when->workdays = ReadCalendar(fields, "workdays", names);
  if (!when->holidays.empty() && when->holidays == when->workdays) {
    fields.Fault("workdays", "names the same calendar as 'holidays': this never holds");
  }
  const auto zone = fields.Text("zone", "a time zone such as Asia/Shanghai");
  if (zone && !ParseZone(*zone)) {
    fields.Fault("zone", Cat("unknown time zone ", Quoted(*zone),
                             "; expected a name such as Asia/Shanghai or UTC"));
  }
  if (const auto text = fields.Text("hours", "hours such as 00:30-16:30")) {
    when->hours = ParseHours(*text);
    if (!when->hours) {
      fields.Fault("hours", Cat("expected two different times of day such as 00:30-16:30 or "
                                "22:00-24:00, found ",
                                Quoted(*text)));
    }
  }
  const bool has_clock = fields.has("hours") || when->weekdays != 0 || !when->holidays.empty() ||
                         !when->workdays.empty();
  if (has_clock) when->zone = zone.value_or(names.zone);
  if (zone && !has_clock) {
    fields.Fault("zone", "has no meaning without 'hours', 'weekdays', 'holidays' or 'workdays'");
  }
}

bool HoldsAt(const DailyHours& hours, int second) {
  if (hours.begin_second < hours.end_second) {
    return second >= hours.begin_second && second < hours.end_second;
  }
  return second >= hours.begin_second || second < hours.end_second;
}

// Two parts of a day that meet do so at the beginning of one of them.
bool HoursMeet(const DailyHours& a, const DailyHours& b) {
  return HoldsAt(a, b.begin_second % kDaySeconds) || HoldsAt(b, a.begin_second % kDaySeconds);
}

bool ShareAValue(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return true;
  return std::any_of(a.begin(), a.end(), [&](const std::string& value) {
    return std::binary_search(b.begin(), b.end(), value);
  });
}

const std::vector<int32_t>* DaysOf(const std::string& id, const std::vector<Calendar>& calendars) {
  for (const Calendar& calendar : calendars) {
    if (calendar.id == id) return &calendar.days;
  }
  return nullptr;
}

// `days` of one calendar against days of another: disjoint only when both are known.
bool HolidaysMeet(const std::string& a, const std::string& b,
                  const std::vector<Calendar>& calendars) {
  if (a == b) return true;
  const auto* left = DaysOf(a, calendars);
  const auto* right = DaysOf(b, calendars);
  if (left == nullptr || right == nullptr) return true;
  return std::any_of(left->begin(), left->end(), [&](int32_t day) {
    return std::binary_search(right->begin(), right->end(), day);
  });
}

bool ClocksMeet(const Conditions& a, const Conditions& b, const std::vector<Calendar>& calendars) {
  if (a.zone.empty() || b.zone.empty() || a.zone != b.zone) return true;
  if (a.hours && b.hours && !HoursMeet(*a.hours, *b.hours)) return false;
  if (a.weekdays != 0 && b.weekdays != 0 && (a.weekdays & b.weekdays) == 0) return false;
  if (!a.holidays.empty() && (a.holidays == b.workdays)) return false;
  if (!b.holidays.empty() && (b.holidays == a.workdays)) return false;
  return a.holidays.empty() || b.holidays.empty() ||
         HolidaysMeet(a.holidays, b.holidays, calendars);
}

}  // namespace

const std::vector<std::string>& DimensionKeys() {
  static const std::vector<std::string> kKeys = DimensionNames();
  return kKeys;
}

const std::vector<std::string>& ConditionKeys() {
  static const std::vector<std::string> kKeys = [] {
    std::vector<std::string> keys = DimensionNames();
    keys.insert(keys.end(), {"prompt", "from", "until", "hours", "weekdays", "holidays", "workdays",
                             "zone", "first"});
    return keys;
  }();
  return kKeys;
}

Instant ReadInstant(const Fields& fields, std::string_view key, Instant otherwise) {
  constexpr std::string_view kExpected = "an instant such as 2026-05-18T10:00:00+08:00";
  const auto text = fields.Text(key, kExpected);
  if (!text) return otherwise;
  const auto parsed = ParseInstant(*text);
  if (parsed.ok()) return *parsed;
  fields.Fault(key, Cat("expected ", kExpected, ", found ", Quoted(*text)));
  return otherwise;
}

Conditions ReadDimensions(const Fields& fields) {
  Conditions when;
  for (size_t d = 0; d < kDimensionCount; ++d) {
    const std::string& key = DimensionKeys()[d];
    for (const auto& [text, field] : fields.Texts(key, Cat("a ", key, " or a list of them"))) {
      if (!IsPrintable(text, kValueLengthMax)) {
        fields.reporter().Add(field.line, field.path,
                              Cat("expected at most ", kValueLengthMax, " printable bytes"));
      }
      when.values[d].push_back(text);
    }
    SortOnce(&when.values[d]);
  }
  return when;
}

Conditions ReadConditions(const Fields& fields, const Names& names) {
  Conditions when = ReadDimensions(fields);
  if (const auto text = fields.Text("prompt", "a band such as 0-32K, 32K-128K or 128K+")) {
    when.prompt = ParsePromptBand(*text);
    if (!when.prompt) {
      fields.Fault("prompt",
                   Cat("expected a band such as 0-32K, 32K-128K or 128K+, found ", Quoted(*text)));
    }
  }
  when.from = ReadInstant(fields, "from", kAlways);
  when.until = ReadInstant(fields, "until", Instant::Never());
  if (when.until <= when.from) fields.Fault("until", "expected an instant after 'from'");
  ReadClock(fields, names, &when);
  if (const auto text = fields.Text("first", "a time such as '1 month' or '30 days'")) {
    const auto span = ParseSpan(*text);
    if (!span) {
      fields.Fault("first",
                   Cat("expected a time such as '1 month' or '30 days', found ", Quoted(*text)));
    }
    when.first = span.value_or(Span{});
  }
  return when;
}

uint32_t StrengthOf(const Conditions& when) {
  uint32_t strength = 0;
  const auto add = [&strength](bool stated) { strength = strength * 2 + (stated ? 1 : 0); };
  for (const auto& values : when.values) add(!values.empty());
  add(when.prompt.has_value());
  const std::array<bool, 4> clock = {!when.holidays.empty(), !when.workdays.empty(),
                                     when.weekdays != 0, when.hours.has_value()};
  strength = strength * 8 + static_cast<uint32_t>(std::count(clock.begin(), clock.end(), true));
  for (const bool stated : clock) add(stated);
  add(when.first.stated());
  add(when.bounded());
  return strength;
}

bool CanMeet(const Conditions& a, const Conditions& b, const std::vector<Calendar>& calendars) {
  if (a.from >= b.until || b.from >= a.until) return false;
  for (size_t d = 0; d < kDimensionCount; ++d) {
    if (!ShareAValue(a.values[d], b.values[d])) return false;
  }
  if (a.prompt && b.prompt &&
      std::max(a.prompt->over, b.prompt->over) >= std::min(a.prompt->up_to, b.prompt->up_to)) {
    return false;
  }
  return ClocksMeet(a, b, calendars);
}

std::string FormatStatic(const Conditions& when) {
  std::string text;
  for (size_t d = 0; d < kDimensionCount; ++d) {
    for (const std::string& value : when.values[d]) text += Cat(d, "=", value, "\x1f");
  }
  if (when.prompt) text += Cat("prompt=", FormatPromptBand(*when.prompt), "\x1f");
  if (when.hours) {
    text += Cat("hours=", when.hours->begin_second, "-", when.hours->end_second, "\x1f");
  }
  if (when.weekdays != 0) text += Cat("weekdays=", static_cast<int>(when.weekdays), "\x1f");
  if (!when.holidays.empty()) text += Cat("holidays=", when.holidays, "\x1f");
  if (!when.workdays.empty()) text += Cat("workdays=", when.workdays, "\x1f");
  if (!when.zone.empty()) text += Cat("zone=", when.zone, "\x1f");
  if (when.first.stated()) text += Cat("first=", FormatSpan(when.first), "\x1f");
  return text;
}

}  // namespace ocs::rating::internal
