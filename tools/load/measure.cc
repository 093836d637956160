#include "tools/load/measure.h"

#include <algorithm>
#include <compare>
#include <numeric>

#include "ocs/base/text.h"
#include "tools/text/table.h"

namespace ocs::load {
namespace {

std::vector<std::string> CellsOf(const Cell& cell, int64_t seconds) {
  std::vector<uint32_t> sorted = cell.done_us;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> cells = {Cat(cell.offered() / seconds)};
  for (const int64_t count : cell.ends) cells.push_back(Cat(count / seconds));
  for (const int percent : {50, 95, 99}) cells.push_back(Cat(Percentile(sorted, percent)));
  return cells;
}

}  // namespace

int64_t Cell::offered() const { return std::accumulate(ends, ends + kEndCount, int64_t{0}); }

void Cell::Add(const Cell& other) {
  for (int i = 0; i < kEndCount; ++i) ends[i] += other.ends[i];
  done_us.insert(done_us.end(), other.done_us.begin(), other.done_us.end());
}

uint32_t Percentile(const std::vector<uint32_t>& sorted_us, int percent) {
  if (sorted_us.empty()) return 0;
  const size_t rank = (sorted_us.size() * static_cast<size_t>(percent) + 99) / 100;
  return sorted_us[std::max<size_t>(rank, 1) - 1];
}

void Measure::Count(int phase, int64_t second, size_t tenant, End end, uint32_t latency_us) {
  Cell& cell = cells_[{phase, second, tenant}];
  ++cell.ends[static_cast<int>(end)];
  if (end == End::kDone) cell.done_us.push_back(latency_us);
}

std::string Measure::FormatTable(const std::vector<std::string>& phases) const {
  using tools::Align;
  std::map<std::pair<int, size_t>, std::pair<Cell, int64_t>> sums;
  for (const auto& [key, cell] : cells_) {
    if (key.second == 0) continue;
    auto& sum = sums[{key.phase, key.tenant}];
    sum.first.Add(cell);
    ++sum.second;
  }
  std::vector<tools::Table::Column> columns = {{"load"}, {"tenant"}};
  for (const char* name : {"offered/s", "done/s", "busy/s", "late/s", "refused/s", "other/s",
                           "unsent/s", "p50 us", "p95 us", "p99 us"}) {
    columns.push_back({name, Align::kRight});
  }
  tools::Table table(columns);
  for (const auto& [key, sum] : sums) {
    std::vector<std::string> row = {phases[static_cast<size_t>(key.first)], tenants_[key.second]};
    for (std::string& cell : CellsOf(sum.first, sum.second)) row.push_back(std::move(cell));
    table.AddRow(std::move(row));
  }
  return table.Format();
}

std::vector<Measure::Row> Measure::Rows() const {
  std::vector<Row> rows;
  for (const auto& [key, cell] : cells_) {
    std::vector<uint32_t> sorted = cell.done_us;
    std::sort(sorted.begin(), sorted.end());
    rows.push_back({.phase = key.phase,
                    .second = key.second,
                    .tenant = key.tenant,
                    .offered = cell.offered(),
                    .done = cell.ends[static_cast<int>(End::kDone)],
                    .p50_us = Percentile(sorted, 50),
                    .p99_us = Percentile(sorted, 99)});
  }
  return rows;
}

std::string Measure::FormatCsv(const std::vector<std::string>& phases) const {
  std::string text =
      "phase,load,second,tenant,offered,done,busy,late,refused,other,unsent,p50_us,p95_us,p99_us\n";
  for (const auto& [key, cell] : cells_) {
    text += Cat(key.phase, ",", phases[static_cast<size_t>(key.phase)], ",", key.second, ",",
                tenants_[key.tenant]);
    for (const std::string& value : CellsOf(cell, 1)) text += Cat(",", value);
    text += "\n";
  }
  return text;
}

}  // namespace ocs::load
