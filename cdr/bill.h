// The bill of one account's cycle, folded from its records alone. Pure: no clock, disk, thread, log
// or random number; the same records in any order of shards give the same bill.
//
// A record belongs to the cycle in which it was recorded (`recorded_at`), not the one in which the
// use happened: the shard's logged time never goes back, so a cycle that has passed gets no more
// records, each record is on exactly one bill, and use that is reported late is on the next one.
//
// Invariants: in each currency, total = sum of items = sum of charge codes = sum of taxes' gross =
// sum of nodes' own amounts, and payable_fen * 10,000 + carried_out == total + carried_in with
// carried_out in [0, 10,000), but for a bill below the least that is asked for (CarryBelow).

#ifndef CDR_BILL_H_
#define CDR_BILL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cdr/record.h"

namespace ocs::cdr {

/// Bound of the different prices on one bill, and of its nodes: three times what the largest
/// catalogue can have (20,000 rules).
inline constexpr int kBillReasonsMax = 65'536;

/// What is billed: [from, until).
struct BillCycle {
  AccountId account;
  Instant from;
  Instant until;
  friend bool operator==(const BillCycle&, const BillCycle&) = default;
};

/// What rounding left of a currency's bill.
struct CarriedMicros {
  Unit currency;
  int64_t micros = 0;
  friend bool operator==(const CarriedMicros&, const CarriedMicros&) = default;
};

/// A gross amount and the tax that is contained in it. Exact: net + tax == gross and
/// tax * (10,000 + basis points) + remainder == gross * basis points.
struct TaxSplit {
  int64_t net_micros = 0;
  int64_t tax_micros = 0;  ///< Rounded down; below 0 on a refund.
  int64_t remainder = 0;   ///< In [0, 10,000 + basis points), in that part of a micro.
  friend bool operator==(const TaxSplit&, const TaxSplit&) = default;
};

/// REQUIRES: basis_points >= 0.
TaxSplit SplitTax(int64_t gross_micros, int32_t basis_points);

/// Why an item costs what it costs: use of one kind at one price of one tariff revision.
struct BillReason {
  TokenKind kind = TokenKind::kInput;
  int64_t price_numerator = 0;
  int64_t price_denominator = 1;
  std::string price;  ///< FormatPrice: "1.00 CNY per 1,000,000 tokens".
  std::string rule;
  uint32_t tariff_revision = 0;
  int64_t quantity = 0;
  int64_t amount = 0;  ///< In the item's unit; below 0 on a refund.
  friend bool operator==(const BillReason&, const BillReason&) = default;
};

/// What was charged under one charge code for one thing: either the account's own money
/// (`currency`, `amount_micros`), or a draw on a package (`covered_unit`, `covered_amount`), which
/// costs nothing more, also where the package is of money: its fee is an item of its own. The other
/// pair is empty and 0.
struct BillItem {
  std::string charge_code;
  RecordType type = RecordType::kUsage;
  std::string description;  ///< The model used, or the offer bought.
  Unit currency;
  int64_t amount_micros = 0;  ///< Below 0 on a refund.
  Unit covered_unit;
  int64_t covered_amount = 0;  ///< Below 0 on a refund.
  Quantities quantities;       ///< Used; on a refund, given back.
  int64_t record_count = 0;    ///< A record of several lines counts once.
  std::vector<BillReason>
      reasons;  ///< By kind, price, rule and revision. Their amounts sum to the item's.
  int32_t tax_basis_points = 0;  ///< Contained in the amount of money; 0 where none is stated.
  TaxSplit tax;                  ///< Of the amount of money.
  friend bool operator==(const BillItem&, const BillItem&) = default;
};

struct ChargeCodeTotal {
  std::string charge_code;
  int64_t amount_micros = 0;
  friend bool operator==(const ChargeCodeTotal&, const ChargeCodeTotal&) = default;
};

/// What one rate of tax makes of a currency's items: split from their sum, so it is at most a micro
/// an item above the sum of the items' own taxes.
struct TaxTotal {
  int32_t tax_basis_points = 0;
  int64_t gross_micros = 0;
  TaxSplit tax;
  friend bool operator==(const TaxTotal&, const TaxTotal&) = default;
};

enum class NodeAmountKind : uint8_t { kCovered = 0, kPayable = 1 };

/// What a department, member or key used, with and without those below it.
struct NodeTotal {
  std::string node;  ///< As records tell it, "sales/anna"; "": the account itself, with all.
  NodeAmountKind kind = NodeAmountKind::kCovered;
  Unit unit;
  int64_t own_amount = 0;  ///< Micros of money, else pieces; refunds deducted.
  int64_t amount = 0;      ///< Its own and all below.
  friend bool operator==(const NodeTotal&, const NodeTotal&) = default;
};

/// The tokens used in 24 hours, paid or covered; refunds are not deducted.
struct DayUse {
  int32_t day = 0;  ///< From 0, counted from the cycle's beginning.
  int64_t tokens = 0;
  friend bool operator==(const DayUse&, const DayUse&) = default;
};
/// Days are told for cycles that are not longer.
inline constexpr int32_t kBillDaysMax = 400;

/// The part of a bill in one currency.
struct CurrencyBill {
  Unit currency;
  std::vector<BillItem> items;                ///< By charge code, type, description and tax.
  std::vector<ChargeCodeTotal> charge_codes;  ///< By charge code.
  int64_t total_micros = 0;
  int64_t carried_in_micros = 0;
  int64_t payable_fen = 0;  ///< Rounded down; below 0 when more was refunded than charged.
  int64_t carried_out_micros = 0;
  std::vector<TaxTotal> taxes;  ///< By rate; also of the rate 0. Their gross sums to the total.
  friend bool operator==(const CurrencyBill&, const CurrencyBill&) = default;
};

struct Bill {
  BillCycle cycle;
  std::vector<CurrencyBill> currencies;  ///< By code; those with items or something carried in.
  std::vector<BillItem>
      covered;  ///< Draws on packages, by unit, charge code, type and description.
  int64_t record_count = 0;
  std::vector<NodeTotal> nodes;  ///< By node, kind and unit; empty when no record names a node.
  std::vector<DayUse> days;      ///< By day; those on which something was used.
  friend bool operator==(const Bill&, const Bill&) = default;
};

/// What rounding a sum down to the fen makes of it.
struct FenSplit {
  int64_t payable_fen = 0;
  int64_t carried_out_micros = 0;  ///< In [0, kMicrosPerFen).
};

/// Splits total + carried_in; nothing when that does not fit 64 bits.
std::optional<FenSplit> SplitFen(int64_t total_micros, int64_t carried_in_micros);

/// Asks for nothing where less than `minimum_fen` is payable: the whole is carried to the next
/// bill. What is to be given back (payable below 0) stays. REQUIRES: minimum_fen >= 0.
void CarryBelow(int64_t minimum_fen, CurrencyBill* bill);

/// What a bill is as a document.
enum class BillKind : uint8_t {
  kBill = 0,        ///< Something is payable.
  kZeroBill = 1,    ///< Nothing is, but records are shown.
  kCreditNote = 2,  ///< More was given back than charged, in one currency at least.
  kNone = 3,        ///< No records, nothing payable: what was carried in is carried on.
};
/// "bill", "zero_bill", "credit_note", "none".
std::string_view BillKindName(BillKind kind);
BillKind KindOf(const Bill& bill);

/// In order of precedence.
enum class BillAddOutcome : uint8_t {
  kAdded = 0,
  kOtherAccount = 1,
  kOutsideCycle = 2,
  kNotAfterPrevious = 3,  ///< Its id is not above that of the shard's record before: it was added
                          ///< already, or out of order.
  kNegative = 4,          ///< A line's quantity, amount or tax is below 0: no record of this house.
  kTooManyReasons = 5,    ///< More prices or nodes than kBillReasonsMax.
  kOverflow = 6,          ///< A sum does not fit 64 bits.
};

/// Folds records, one by one, into a bill; keeps sums, never records. Thread-compatible.
class BillBuilder final {
 public:
  /// REQUIRES: cycle.from <= cycle.until; currencies carried in are money and differ.
  BillBuilder(const BillCycle& cycle, std::vector<CarriedMicros> carried_in);
  ~BillBuilder();
  BillBuilder(BillBuilder&&) noexcept;
  BillBuilder& operator=(BillBuilder&&) noexcept;

  /// Adds a record; those of one shard in order of position. A refused record changes nothing, but
  /// after kTooManyReasons or kOverflow part of the record may be in, so there is no bill: Finish
  /// says so.
  [[nodiscard]] BillAddOutcome Add(const RecordId& id, const Record& record);

  /// The bill of what was added. Errors: OutOfRange when a sum does not fit 64 bits;
  /// ResourceExhausted after kTooManyReasons.
  absl::StatusOr<Bill> Finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The bill as text: items with their reasons, then the totals, in the order of the bill.
std::string FormatBill(const Bill& bill, absl::TimeZone zone);

}  // namespace ocs::cdr

#endif  // CDR_BILL_H_
