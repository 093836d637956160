#include "ocs/whatif/sweep.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::whatif {
namespace {

bool Dominates(const SweepPoint& a, const SweepPoint& b) {
  if (a.margin_micros < b.margin_micros || a.better < b.better) return false;
  return a.margin_micros > b.margin_micros || a.better > b.better;
}

int64_t CountOf(const Comparison& comparison, Lot lot) {
  return comparison.lots[static_cast<size_t>(lot)];
}

}  // namespace

absl::StatusOr<Axis> ParseAxis(std::string_view text) {
  const size_t comma =
      text.find(',', text.find_last_of('=') == std::string_view::npos ? 0 : text.find_last_of('='));
  Axis axis;
  OCS_ASSIGN_OR_RETURN(rating::Edit first, rating::ParseEdit(text.substr(0, comma)));
  axis.edits.push_back(first);
  if (comma == std::string_view::npos) return axis;
  for (const absl::string_view part : absl::StrSplit(ToAbsl(text.substr(comma + 1)), ',')) {
    rating::Edit next = first;
    next.value = std::string(absl::StripAsciiWhitespace(part));
    OCS_ASSIGN_OR_RETURN(next, rating::ParseEdit(next.ToString()));
    if (std::find(axis.edits.begin(), axis.edits.end(), next) != axis.edits.end()) {
      return absl::InvalidArgumentError(
          Cat("values '", text, "': '", next.value, "' is there twice"));
    }
    axis.edits.push_back(std::move(next));
  }
  return axis;
}

absl::StatusOr<std::vector<std::vector<rating::Edit>>> GridOf(const std::vector<Axis>& axes) {
  if (axes.empty()) return absl::InvalidArgumentError("a sweep needs at least one value to vary");
  std::vector<std::vector<rating::Edit>> points = {{}};
  for (const Axis& axis : axes) {
    if (points.size() * axis.edits.size() > kSweepPointsMax) {
      return absl::InvalidArgumentError(Cat("the grid has more than ", kSweepPointsMax, " points"));
    }
    std::vector<std::vector<rating::Edit>> next;
    for (const std::vector<rating::Edit>& point : points) {
      for (const rating::Edit& edit : axis.edits) {
        next.push_back(point);
        next.back().push_back(edit);
      }
    }
    points = std::move(next);
  }
  return points;
}

SweepPoint SummarisePoint(std::vector<rating::Edit> edits, const simulation::VariantResult& before,
                          const simulation::VariantResult& after) {
  const Comparison comparison = Compare(before, after);
  SweepPoint point;
  point.edits = std::move(edits);
  point.text_sha256 = after.text_sha256;
  point.revenue_micros = after.total.revenue_micros();
  point.margin_micros = after.total.margin_micros();
  point.customers = static_cast<int64_t>(comparison.customers.size());
  point.better = CountOf(comparison, Lot::kBetter);
  point.worse = CountOf(comparison, Lot::kWorse) + CountOf(comparison, Lot::kLessForLess);
  for (const CustomerChange& customer : comparison.customers) {
    point.max_increase_ppm = std::max(point.max_increase_ppm, BillChangePpm(customer));
  }
  point.not_run = after.total.blocked + after.total.not_sold;
  return point;
}

void MarkFrontier(std::vector<SweepPoint>* points) {
  for (SweepPoint& point : *points) {
    point.frontier = std::none_of(points->begin(), points->end(),
                                  [&](const SweepPoint& other) { return Dominates(other, point); });
  }
}

std::string PointLabel(const std::vector<rating::Edit>& edits) {
  std::vector<std::string> parts;
  for (const rating::Edit& edit : edits) {
    rating::Edit brief = edit;
    const size_t slash = brief.path.find_last_of('/');
    if (slash != std::string::npos) brief.path.erase(0, slash + 1);
    parts.push_back(brief.ToString());
  }
  return parts.empty() ? "unchanged" : absl::StrJoin(parts, ", ");
}

}  // namespace ocs::whatif
