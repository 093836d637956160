#include "ocs/report/internal/chart_data.h"

#include <string_view>

#include "ocs/base/text.h"
#include "ocs/report/internal/markup.h"

namespace ocs::report::internal {
namespace {

std::string_view KindName(ChartKind kind) {
  switch (kind) {
    case ChartKind::kBars:
      return "bars";
    case ChartKind::kStackedBars:
      return "stacked";
    case ChartKind::kLines:
      return "lines";
    case ChartKind::kPoints:
      return "points";
    case ChartKind::kBarsAcross:
      return "across";
  }
  return "bars";
}

std::string Texts(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    out += ScriptText(text);
  }
  return out + "]";
}

absl::Status AppendNumbers(const std::vector<std::string>& values, std::string* out) {
  *out += '[';
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) *out += ',';
    if (!values[i].empty() && !IsDecimal(values[i])) {
      return absl::InvalidArgumentError(Cat("'", values[i], "' is no decimal number"));
    }
    *out += values[i].empty() ? "null" : values[i];
  }
  *out += ']';
  return absl::OkStatus();
}

absl::Status AppendSeries(const Chart& chart, const Series& series, std::string* out) {
  const size_t beside = chart.kind == ChartKind::kPoints ? series.x.size() : chart.labels.size();
  if (series.values.size() != beside) {
    return absl::InvalidArgumentError(
        Cat("series '", series.name, "' has ", series.values.size(), " values beside ", beside));
  }
  *out += Cat("{\"name\":", ScriptText(series.name), ",\"tone\":\"", ToneClass(series.tone),
              "\",\"points\":", Texts(series.point_labels), ",\"values\":");
  absl::Status appended = AppendNumbers(series.values, out);
  if (!appended.ok()) return appended;
  *out += ",\"x\":";
  appended = AppendNumbers(series.x, out);
  *out += '}';
  return appended;
}

}  // namespace

absl::StatusOr<std::string> ChartJson(const Chart& chart) {
  std::string out =
      Cat("{\"kind\":\"", KindName(chart.kind), "\",\"xTitle\":", ScriptText(chart.x_title),
          ",\"yTitle\":", ScriptText(chart.y_title), ",\"labels\":", Texts(chart.labels),
          ",\"series\":[");
  for (size_t i = 0; i < chart.series.size(); ++i) {
    if (i > 0) out += ',';
    const absl::Status appended = AppendSeries(chart, chart.series[i], &out);
    if (!appended.ok()) return appended;
  }
  return out + "]}";
}

}  // namespace ocs::report::internal
