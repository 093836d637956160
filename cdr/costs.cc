#include "cdr/costs.h"

#include <utility>

#include "cdr/bill.h"
#include "ocs/base/exact.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

absl::Status AddToStatement(int64_t* sum, int64_t value) {
  const auto added = AddExact(*sum, value);
  if (!added) return absl::OutOfRangeError("a sum of the statement does not fit 64 bits");
  *sum = *added;
  return absl::OkStatus();
}

std::string_view ServedBy(const Record& record) {
  return record.served_model.empty() ? record.model : record.served_model;
}

// The amount of a refund is what was given back.
int64_t Signed(const Record& record, int64_t amount) {
  return IsCredit(record.type) ? -amount : amount;
}

struct TaxedSum {
  int64_t gross = 0;
  int64_t tax = 0;
};

absl::StatusOr<TaxedSum> SumUp(const absl::btree_map<int32_t, int64_t>& by_tax) {
  TaxedSum sum;
  for (const auto& [tax, gross] : by_tax) {
    OCS_RETURN_IF_ERROR(AddToStatement(&sum.gross, gross));
    OCS_RETURN_IF_ERROR(AddToStatement(&sum.tax, SplitTax(gross, tax).tax_micros));
  }
  return sum;
}

}  // namespace

absl::Status VendorStatement::Add(const Record& record) {
  if (record.type != RecordType::kUsage) return absl::OkStatus();
  if (record.costs.empty() && !record.lines.empty()) ++records_without_cost_;
  for (size_t i = 0; i < record.costs.size(); ++i) {
    const RecordLine& cost = record.costs[i];
    Sum& sum = sums_[Key{std::string(record.provider), std::string(ServedBy(record)), cost.kind,
                         cost.unit, cost.price_numerator, cost.price_denominator}];
    OCS_RETURN_IF_ERROR(AddToStatement(&sum.quantity, cost.quantity));
    OCS_RETURN_IF_ERROR(AddToStatement(&sum.amount, cost.amount));
    ++sum.records;
  }
  return absl::OkStatus();
}

std::vector<CostItem> VendorStatement::Items() const {
  std::vector<CostItem> items;
  for (const auto& [key, sum] : sums_) {
    items.push_back({.provider = key.provider,
                     .model = key.model,
                     .kind = key.kind,
                     .currency = key.currency,
                     .price_numerator = key.price_numerator,
                     .price_denominator = key.price_denominator,
                     .quantity = sum.quantity,
                     .amount_micros = sum.amount,
                     .record_count = sum.records});
  }
  return items;
}

MarginBook::Sum& MarginBook::SumOf(const Record& record, const RecordLine& line,
                                   const Unit& currency) {
  // A rebate is of use, of several models perhaps.
  const bool of_model = !record.model.empty() || record.type == RecordType::kRebate;
  return sums_[Key{std::string(line.charge_code), of_model ? RecordType::kUsage : RecordType::kFee,
                   std::string(of_model ? record.model : record.offer), currency}];
}

absl::Status MarginBook::Add(const Record& record) {
  for (const RecordLine& line : record.lines) {
    if (line.tax_basis_points < 0) return absl::InvalidArgumentError("a tax below 0");
    const bool own_money = line.unit.is_money() && line.bucket <= kOwnMoneyBucket;
    if (own_money) {
      Sum& sum = SumOf(record, line, line.unit);
      OCS_RETURN_IF_ERROR(
          AddToStatement(&sum.billed[line.tax_basis_points], Signed(record, line.amount)));
    }
    // Of a refund it is below 0 already.
    if (line.revenue_micros == 0) continue;
    Sum& sum = SumOf(record, line, line.unit.is_money() ? line.unit : package_currency_);
    OCS_RETURN_IF_ERROR(AddToStatement(&sum.package[line.tax_basis_points], line.revenue_micros));
  }
  // A refund's costs are those of the charge that it gives back, which are owed all the same.
  return record.type == RecordType::kUsage ? AddCosts(record) : absl::OkStatus();
}

absl::Status MarginBook::AddCosts(const Record& record) {
  if (record.lines.empty()) return absl::OkStatus();
  int64_t pieces = 0;
  for (const RecordLine& line : record.lines)
    OCS_RETURN_IF_ERROR(AddToStatement(&pieces, line.quantity));
  for (const RecordLine& cost : record.costs) {
    int64_t left = cost.amount;
    for (size_t i = 0; i < record.lines.size(); ++i) {
      const RecordLine& line = record.lines[i];
      int64_t share = left;
      if (i + 1 < record.lines.size()) {
        share =
            pieces == 0
                ? 0
                : MultiplyDivide(cost.amount, line.quantity, pieces, Rounding::kDown).value_or(0);
      }
      if (share == 0) continue;
      OCS_RETURN_IF_ERROR(AddToStatement(&SumOf(record, line, cost.unit).cost, share));
      left -= share;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<MarginItem>> MarginBook::Items() const {
  std::vector<MarginItem> items;
  for (const auto& [key, sum] : sums_) {
    OCS_ASSIGN_OR_RETURN(const TaxedSum billed, SumUp(sum.billed));
    OCS_ASSIGN_OR_RETURN(const TaxedSum package, SumUp(sum.package));
    MarginItem item{.charge_code = key.charge_code,
                    .type = key.type,
                    .description = key.description,
                    .currency = key.currency,
                    .billed_gross_micros = billed.gross,
                    .billed_tax_micros = billed.tax,
                    .package_gross_micros = package.gross,
                    .package_tax_micros = package.tax,
                    .cost_micros = sum.cost};
    if (key.type == RecordType::kUsage) {
      item.margin_micros = billed.gross - billed.tax;
      OCS_RETURN_IF_ERROR(AddToStatement(&item.margin_micros, package.gross - package.tax));
      OCS_RETURN_IF_ERROR(AddToStatement(&item.margin_micros, -sum.cost));
    }
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace ocs::cdr
