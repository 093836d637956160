#include "ocs/base/window.h"

#include <string>

#include "ocs/base/check.h"
#include "tests/base/support.h"
#include "tests/support/catch.h"

namespace ocs {
namespace {

std::string Begin(WindowKind kind, const std::string& at,
                  const std::string& anchor = "2026-01-31T15:00:00+08:00") {
  const auto zone = Zone("Asia/Shanghai");
  return FormatInstant(WindowBegin({.kind = kind, .length_ms = 0}, At(at), At(anchor), zone), zone);
}

std::string End(WindowKind kind, const std::string& at,
                const std::string& anchor = "2026-01-31T15:00:00+08:00") {
  const auto zone = Zone("Asia/Shanghai");
  return FormatInstant(WindowEnd({.kind = kind, .length_ms = 0}, At(at), At(anchor), zone), zone);
}

TEST_CASE("Windows of the clock begin and end where the zone's calendar says", "[base][window]") {
  const std::string at = "2026-05-20T10:30:00+08:00";  // A Wednesday.
  CHECK(Begin(WindowKind::kHour, at) == "2026-05-20T10:00:00+08:00");
  CHECK(End(WindowKind::kHour, at) == "2026-05-20T11:00:00+08:00");
  CHECK(Begin(WindowKind::kDay, at) == "2026-05-20T00:00:00+08:00");
  CHECK(End(WindowKind::kDay, at) == "2026-05-21T00:00:00+08:00");
  CHECK(Begin(WindowKind::kWeek, at) == "2026-05-18T00:00:00+08:00");
  CHECK(End(WindowKind::kWeek, at) == "2026-05-25T00:00:00+08:00");
  CHECK(Begin(WindowKind::kMonth, at) == "2026-05-01T00:00:00+08:00");
  CHECK(End(WindowKind::kMonth, at) == "2026-06-01T00:00:00+08:00");
}

TEST_CASE("A cycle of the 31st falls on the last day of shorter months", "[base][window]") {
  CHECK(End(WindowKind::kCycle, "2026-01-31T15:00:00+08:00") == "2026-02-28T00:00:00+08:00");
  CHECK(Begin(WindowKind::kCycle, "2026-02-28T00:00:00+08:00") == "2026-02-28T00:00:00+08:00");
  CHECK(End(WindowKind::kCycle, "2026-02-28T00:00:00+08:00") == "2026-03-31T00:00:00+08:00");
  CHECK(Begin(WindowKind::kCycle, "2026-03-30T23:59:59+08:00") == "2026-02-28T00:00:00+08:00");
  CHECK(End(WindowKind::kCycle, "2028-02-01T00:00:00+08:00") == "2028-02-29T00:00:00+08:00");
  // Before the anchor the first cycle holds.
  CHECK(End(WindowKind::kCycle, "2025-06-01T00:00:00+08:00") == "2026-02-28T00:00:00+08:00");
}

TEST_CASE("The end of a window is the beginning of the next, over a change of the clock",
          "[base][window]") {
  const auto zone = Zone("America/Sao_Paulo");  // Midnight of 2018-11-04 is skipped there.
  const Instant anchor = At("2018-01-04T12:00:00-02:00");
  for (const WindowKind kind : {WindowKind::kHour, WindowKind::kDay, WindowKind::kWeek,
                                WindowKind::kMonth, WindowKind::kCycle}) {
    Instant at = At("2018-10-28T12:00:00-03:00");
    for (int i = 0; i < 20; ++i) {
      const Window window{.kind = kind, .length_ms = 0};
      const Instant end = WindowEnd(window, at, anchor, zone);
      CAPTURE(FormatWindow(window), FormatInstant(at, zone), FormatInstant(end, zone));
      CHECK(end > at);
      CHECK(WindowBegin(window, end, anchor, zone) == end);
      CHECK(WindowBegin(window, end.PlusMillis(-1), anchor, zone) <= at);
      at = end;
    }
  }
}

TEST_CASE("A sliding window is kept in at most sixty slots and has a name", "[base][window]") {
  const Window five_hours{.kind = WindowKind::kSliding, .length_ms = 5 * 3'600'000};
  CHECK(SlotMillis(five_hours) == 300'000);
  CHECK(SlotMillis({.kind = WindowKind::kSliding, .length_ms = 20}) == 1);
  CHECK(FormatWindow(five_hours) == "sliding 5 hours");
  CHECK(FormatWindow({.kind = WindowKind::kSliding, .length_ms = 1'000}) == "sliding 1 second");
  CHECK(WindowEnd(five_hours, {0}, {0}, absl::UTCTimeZone()) == Instant::Never());
}

}  // namespace
}  // namespace ocs
