// A report as a value, and as one self-contained HTML file: first the answer, then the reasons,
// then the tables. Pure.

#ifndef OCS_REPORT_PAGE_H_
#define OCS_REPORT_PAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace ocs::report {

/// How something is to be looked at: it decides the colour, and a sign beside it for those who see
/// no colours.
enum class Tone : uint8_t {
  kNeutral = 0,
  kGood = 1,
  kBad = 2,
};

/// One required property of the result.
struct Requirement {
  std::string text = {};   ///< As it was required: "margin>=15%".
  std::string found = {};  ///< What the result has: "12.4 %".
  Tone tone = Tone::kNeutral;
};

/// The answer.
struct Verdict {
  Tone tone = Tone::kNeutral;
  std::string headline = {};                ///< One sentence.
  std::vector<std::string> sentences = {};  ///< What a manager must know, most important first.
  std::vector<Requirement> requirements = {};
};

/// A figure in large letters.
struct Tile {
  std::string label = {};
  std::string figure = {};
  std::string note = {};  ///< What it was before, or what it means; may be empty.
  Tone tone = Tone::kNeutral;
};

enum class ChartKind : uint8_t {
  kBars = 0,         ///< Series beside each other over labels.
  kStackedBars = 1,  ///< Series on top of each other.
  kLines = 2,
  kPoints = 3,      ///< Each series is points (x, y); labels name the points.
  kBarsAcross = 4,  ///< Bars to the right; for long labels.
};

struct Series {
  std::string name = {};
  std::vector<std::string> values =
      {};                           ///< Decimal numbers as text, "-12.5"; "" where there is none.
  std::vector<std::string> x = {};  ///< Of kPoints: beside values.
  std::vector<std::string> point_labels = {};  ///< Of kPoints: beside values; may be empty.
  Tone tone = Tone::kNeutral;                  ///< kNeutral: the next colour of the palette.
};

struct Chart {
  ChartKind kind = ChartKind::kBars;
  std::string x_title = {};
  std::string y_title = {};
  std::vector<std::string> labels = {};  ///< Not of kPoints.
  std::vector<Series> series = {};
  std::string summary = {};  ///< What is to be seen, for those who cannot see it.
};

struct Column {
  std::string name = {};
  bool number = false;  ///< Set to the right; sorted as a number.
};

struct Table {
  std::vector<Column> columns = {};
  std::vector<std::vector<std::string>> rows = {};  ///< As many cells as columns.
  size_t rows_shown = 12;  ///< The rest is folded away; the page tells how many.
};

struct Section {
  std::string title = {};
  std::vector<std::string> paragraphs = {};
  std::optional<Chart> chart = {};
  std::optional<Table> table = {};
  bool reason = true;  ///< Belongs to the reasons; else to the tables behind them.
};

struct Page {
  std::string title = {};
  std::string subtitle = {};
  Verdict verdict = {};
  std::vector<Tile> tiles = {};
  std::vector<Section> sections = {};
  /// What the result rests on: names and values, hashes among them.
  std::vector<std::pair<std::string, std::string>> basis = {};
  std::string footnote = {};
};

inline constexpr size_t kPageRowsMax = 20'000;  ///< More than a browser shows smoothly.

/// The page. Errors: InvalidArgument, naming the section: a value of a chart is no decimal number;
/// values do not stand beside labels; a row has another number of cells than columns; more rows
/// than kPageRowsMax in all.
absl::StatusOr<std::string> PageHtml(const Page& page);

}  // namespace ocs::report

#endif  // OCS_REPORT_PAGE_H_
