#include "cdr/control_totals.h"

#include <algorithm>
#include <tuple>

#include "cdr/internal/text.h"
#include "ocs/base/exact.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

absl::Status TooLarge(const Unit& unit) {
  return absl::OutOfRangeError(Cat("control totals: a sum of ", unit.code(),
                                   " does not fit 64 bits; make totals of fewer records"));
}

}  // namespace

bool ControlTotals::SumKeyLess::operator()(const SumKeyView& a, const SumKeyView& b) const {
  return std::tie(a.unit, a.type, a.charge_code) < std::tie(b.unit, b.type, b.charge_code);
}

absl::Status ControlTotals::Add(const RecordId& id, const Record& record) {
  CountRecord(id.shard, record.local_sequence);
  for (const RecordLine& line : record.lines) {
    OCS_RETURN_IF_ERROR(CountLine({line.unit, record.type, line.charge_code}, line.amount));
  }
  for (const RecordLine& cost : record.costs)
    OCS_RETURN_IF_ERROR(CountCost(cost.unit, record.provider, cost.amount));
  return absl::OkStatus();
}

void ControlTotals::CountRecord(ShardId shard, uint64_t local_sequence) {
  ++record_count_;
  auto [at, is_new] = shards_.try_emplace(
      shard, ShardRange{.first = local_sequence, .last = local_sequence, .records = 0});
  at->second.first = std::min(at->second.first, local_sequence);
  at->second.last = std::max(at->second.last, local_sequence);
  ++at->second.records;
}

absl::Status ControlTotals::CountLine(const SumKeyView& key, int64_t amount) {
  ++line_count_;
  auto at = sums_.find(key);
  if (at == sums_.end()) {
    at = sums_.try_emplace(SumKey{key.unit, key.type, std::string(key.charge_code)}, 0).first;
  }
  const auto sum = AddExact(at->second, amount);
  if (!sum) return TooLarge(key.unit);
  at->second = *sum;
  return absl::OkStatus();
}

absl::Status ControlTotals::CountCost(const Unit& unit, std::string_view provider, int64_t amount) {
  int64_t& sum = costs_[{unit, std::string(provider)}];
  const auto added = AddExact(sum, amount);
  if (!added) return TooLarge(unit);
  sum = *added;
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ControlTotals::SumOf(const Unit& unit, RecordType type) const {
  int64_t total = 0;
  for (auto at = sums_.lower_bound(SumKeyView{unit, type, {}}); at != sums_.end(); ++at) {
    if (at->first.unit != unit || at->first.type != type) break;
    const auto sum = AddExact(total, at->second);
    if (!sum) return TooLarge(unit);
    total = *sum;
  }
  return total;
}

std::string ControlTotals::Format() const {
  std::string out = Cat("records ", record_count_, "\nlines ", line_count_, "\n");
  for (const auto& [shard, range] : shards_) {
    internal::AppendTo(&out, "shard ", shard.value, " sequence ", range.first, " to ", range.last,
                       ", ", range.records, " records, ", range.missing(), " missing\n");
  }
  for (const auto& [key, sum] : sums_) {
    internal::AppendTo(&out, "sum ", RecordTypeName(key.type), " ",
                       key.charge_code.empty() ? "-" : key.charge_code, " ",
                       key.unit.is_money() ? FormatMicros(sum) : Cat(sum), " ",
                       key.unit.empty() ? "-" : key.unit.code(), "\n");
  }
  for (const auto& [key, sum] : costs_) {
    internal::AppendTo(&out, "cost ", key.second.empty() ? "-" : key.second, " ",
                       key.first.is_money() ? FormatMicros(sum) : Cat(sum), " ",
                       key.first.empty() ? "-" : key.first.code(), "\n");
  }
  return out;
}

}  // namespace ocs::cdr
