#include "tools/load/chart.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "ocs/base/text.h"

namespace ocs::load {
namespace {

constexpr double kLeft = 70;
constexpr double kWidth = 800;
constexpr double kHeight = 200;  // Of each of the two panels.
constexpr double kGap = 60;
constexpr double kTop = 40;
constexpr const char* kColours[] = {"#1f6fb4", "#c2410c", "#15803d", "#7e22ce", "#525252"};

std::string Escaped(const std::string& text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
}

// One panel: where a value stands, and its frame with a few marks.
struct Panel {
  double top = 0;
  double least = 0;
  double most = 1;
  bool logarithmic = false;

  double Y(double value) const {
    const auto scaled = [this](double v) { return logarithmic ? std::log10(v) : v; };
    const double share =
        (scaled(std::clamp(value, least, most)) - scaled(least)) / (scaled(most) - scaled(least));
    return top + kHeight * (1 - share);
  }
  std::string Mark(double value, const std::string& label) const {
    return absl::StrFormat(
        "<line x1='%.0f' x2='%.0f' y1='%.1f' y2='%.1f' stroke='#ddd'/>"
        "<text x='%.0f' y='%.1f' text-anchor='end'>%s</text>\n",
        kLeft, kLeft + kWidth, Y(value), Y(value), kLeft - 6, Y(value) + 4, label);
  }
};

// 1, 2 or 5 times a power of ten, at least the value.
double RoundUp(double value) {
  const double power = std::pow(10, std::floor(std::log10(std::max(value, 1.0))));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * power >= value) return step * power;
  }
  return 10 * power;
}

using Value = std::function<double(const Measure::Row&)>;

// A line through a tenant's rows.
std::string Line(const std::vector<Measure::Row>& rows, size_t tenant, const Panel& panel,
                 const std::function<double(const Measure::Row&)>& x, const Value& value,
                 bool dashed) {
  std::string points;
  for (const Measure::Row& row : rows) {
    if (row.tenant == tenant) points += absl::StrFormat("%.1f,%.1f ", x(row), panel.Y(value(row)));
  }
  return Cat("<polyline fill='none' stroke='", kColours[tenant % std::size(kColours)],
             "' stroke-width='1.5'", dashed ? " stroke-dasharray='5 4'" : "", " points='", points,
             "'/>\n");
}

std::string Frame(const Panel& rates, const Panel& times) {
  std::string text = absl::StrFormat(
      "<text x='%.0f' y='%.0f'>requests a second: offered (dashed), done</text>\n"
      "<text x='%.0f' y='%.0f'>latency of what was done, ms: p50 (dashed), p99</text>\n",
      kLeft, rates.top - 8, kLeft, times.top - 8);
  for (int i = 0; i <= 4; ++i) {
    const double value = rates.most * i / 4;
    text += rates.Mark(value, absl::StrFormat("%.0f", value));
  }
  for (double value = times.least; value <= times.most; value *= 10)
    text += times.Mark(value, absl::StrFormat("%g", value));
  return text;
}

}  // namespace

std::string FormatChart(const Measure& measure, const std::vector<std::string>& phases) {
  const std::vector<Measure::Row> rows = measure.Rows();
  std::map<std::pair<int, int64_t>, size_t> seconds;  // In order; the index is the place.
  double most_rate = 1;
  double most_ms = 10;
  for (const Measure::Row& row : rows) {
    seconds.emplace(std::pair(row.phase, row.second), 0);
    most_rate = std::max(most_rate, static_cast<double>(row.offered));
    most_ms = std::max(most_ms, static_cast<double>(row.p99_us) / 1'000);
  }
  size_t place = 0;
  for (auto& [second, index] : seconds) index = place++;
  const double step = kWidth / static_cast<double>(std::max<size_t>(seconds.size(), 1));
  const auto x = [&](const Measure::Row& row) {
    return kLeft + step * (static_cast<double>(seconds.at({row.phase, row.second})) + 0.5);
  };
  const Panel rates{.top = kTop, .most = RoundUp(most_rate)};
  const Panel times{.top = kTop + kHeight + kGap,
                    .least = 0.1,
                    .most = std::pow(10, std::ceil(std::log10(most_ms))),
                    .logarithmic = true};
  const double bottom = times.top + kHeight;
  std::string text = absl::StrFormat(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' font-family='sans-serif' "
      "font-size='12'>\n<rect width='100%%' height='100%%' fill='white'/>\n",
      kLeft + kWidth + 20, bottom + 50);
  text += Frame(rates, times);
  for (const auto& [second, index] : seconds) {
    if (second.second != seconds.lower_bound({second.first, INT64_MIN})->first.second) continue;
    const double at = kLeft + step * static_cast<double>(index);
    text += absl::StrFormat(
        "<line x1='%.1f' x2='%.1f' y1='%.0f' y2='%.0f' stroke='#999'/><text x='%.1f' y='%.0f'>%s"
        "</text>\n",
        at, at, kTop, bottom, at + 3, bottom + 16,
        Escaped(phases[static_cast<size_t>(second.first)]));
  }
  for (size_t tenant = 0; tenant < measure.tenants().size(); ++tenant) {
    using Row = Measure::Row;
    const auto rate = [](int64_t count) { return static_cast<double>(count); };
    const auto ms = [](uint32_t micros) { return static_cast<double>(micros) / 1'000; };
    text += Line(
        rows, tenant, rates, x, [&](const Row& r) { return rate(r.offered); }, true);
    text += Line(
        rows, tenant, rates, x, [&](const Row& r) { return rate(r.done); }, false);
    text += Line(
        rows, tenant, times, x, [&](const Row& r) { return ms(r.p50_us); }, true);
    text += Line(
        rows, tenant, times, x, [&](const Row& r) { return ms(r.p99_us); }, false);
    text += absl::StrFormat(
        "<text x='%.0f' y='%.0f' fill='%s'>%s</text>\n", kLeft + 120 * static_cast<double>(tenant),
        bottom + 36, kColours[tenant % std::size(kColours)], Escaped(measure.tenants()[tenant]));
  }
  return text + "</svg>\n";
}

}  // namespace ocs::load
