// What model vendors are owed, and what is earned on their models: sums over the records of a time.
// Pure, as cdr/bill.h: no clock, disk or tariff.

#ifndef CDR_COSTS_H_
#define CDR_COSTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "cdr/record.h"

namespace ocs::cdr {

/// What one vendor's model cost in one kind at one wholesale price.
struct CostItem {
  std::string provider;
  std::string model;  ///< That served the calls, whatever it was sold as.
  TokenKind kind = TokenKind::kInput;
  Unit currency;  ///< Of the wholesale price book.
  int64_t price_numerator = 0;
  int64_t price_denominator = 1;
  int64_t quantity = 0;
  int64_t amount_micros = 0;
  int64_t record_count = 0;
  friend bool operator==(const CostItem&, const CostItem&) = default;
};

/// The vendors' statement. What was refunded to a customer is owed to the vendor all the same:
/// refunds change nothing. Thread-compatible.
class VendorStatement final {
 public:
  /// Errors: OutOfRange when a sum does not fit; the statement is then of no more use.
  absl::Status Add(const Record& record);

  /// By provider, model, kind, currency and price.
  std::vector<CostItem> Items() const;
  /// Usage records that tell no cost: the model has no wholesale price.
  int64_t records_without_cost() const { return records_without_cost_; }

 private:
  struct Key {
    std::string provider;
    std::string model;
    TokenKind kind = TokenKind::kInput;
    Unit currency;
    int64_t price_numerator = 0;
    int64_t price_denominator = 1;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Sum {
    int64_t quantity = 0;
    int64_t amount = 0;
    int64_t records = 0;
  };
  absl::btree_map<Key, Sum> sums_;
  int64_t records_without_cost_ = 0;
};

/// What was billed and earned under one charge code for one model or offer, and what it cost.
struct MarginItem {
  std::string charge_code;
  RecordType type = RecordType::kUsage;  ///< kUsage or kFee; refunds are deducted from both.
  std::string description;               ///< The model as sold, or the offer.
  Unit currency;
  int64_t billed_gross_micros = 0;  ///< Of the account's own money.
  int64_t billed_tax_micros = 0;    ///< Contained in it.
  /// What use earned of what was paid for packages before, tax included.
  int64_t package_gross_micros = 0;
  int64_t package_tax_micros = 0;
  int64_t cost_micros = 0;
  /// Of use: billed and package without their taxes, less cost. Of fees 0: a fee is earned as its
  /// package is used.
  int64_t margin_micros = 0;
  friend bool operator==(const MarginItem&, const MarginItem&) = default;
};

/// Revenue, cost and margin. A record's cost is divided among the charge codes of its lines in
/// proportion to their quantities, what rounding leaves going to the last: nothing is lost. Amounts
/// in different currencies stand apart; no exchange rate is assumed. Thread-compatible.
class MarginBook final {
 public:
  /// `package_currency`: of what packages of other units than money earn.
  explicit MarginBook(const Unit& package_currency) : package_currency_(package_currency) {}

  /// Errors: OutOfRange when a sum does not fit; the book is then of no more use.
  absl::Status Add(const Record& record);

  /// By charge code, type, description and currency. Errors: OutOfRange.
  absl::StatusOr<std::vector<MarginItem>> Items() const;

 private:
  struct Key {
    std::string charge_code;
    RecordType type = RecordType::kUsage;
    std::string description;
    Unit currency;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Sum {
    absl::btree_map<int32_t, int64_t> billed;   // By tax.
    absl::btree_map<int32_t, int64_t> package;  // By tax.
    int64_t cost = 0;
  };
  Sum& SumOf(const Record& record, const RecordLine& line, const Unit& currency);
  absl::Status AddCosts(const Record& record);

  Unit package_currency_;
  absl::btree_map<Key, Sum> sums_;
};

}  // namespace ocs::cdr

#endif  // CDR_COSTS_H_
