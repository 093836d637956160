// What a simulation came to: every table for each variant, and the same as CSV and JSON. Money is
// exact, in micros. The same population, variants and input give the same bytes on any number of
// threads.

#ifndef OCS_SIMULATION_RESULT_H_
#define OCS_SIMULATION_RESULT_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "ocs/simulation/event.h"

namespace ocs::simulation {

/// What a group of calls, customers or hours came to. Sums over all groups of a table are equal to
/// the variant's total, for what the table tells apart.
struct Figures {
  // Calls. Each is in one of: completed (the rest), blocked, cut, not sold.
  int64_t calls = 0;
  int64_t blocked = 0;    ///< The balance, a limit or the account's state did not let it begin.
  int64_t cut = 0;        ///< Ended before the model was done.
  int64_t not_sold = 0;   ///< Nothing that the customer has sells this use.
  int64_t throttled = 0;  ///< Of those that ran: at a slower rate, as the package says.
  int64_t overage = 0;    ///< Of those that ran: paid in money although the plan has a package.
  // Tokens of calls that ran, as used.
  int64_t input_tokens = 0;  ///< Cache writes included.
  int64_t cached_tokens = 0;
  int64_t output_tokens = 0;  ///< Reasoning included.
  // Revenue.
  int64_t fee_micros = 0;       ///< Of fees, what is earned at once.
  int64_t package_micros = 0;   ///< Of fees, what was deferred and earned by use.
  int64_t breakage_micros = 0;  ///< Of fees, what was deferred and is earned because it expired.
  int64_t usage_micros = 0;     ///< Paid by the call, by plans without packages.
  int64_t overage_micros = 0;   ///< Paid by the call, by plans with packages.
  // What it costs us, where a wholesale price says and in the account's currency.
  int64_t cost_micros = 0;
  // What customers were charged: fees as they were billed, and the calls.
  int64_t billed_micros = 0;

  int64_t completed() const { return calls - blocked - not_sold - cut; }
  int64_t recurring_micros() const { return fee_micros + package_micros; }
  int64_t revenue_micros() const {
    return fee_micros + package_micros + breakage_micros + usage_micros + overage_micros;
  }
  int64_t margin_micros() const { return revenue_micros() - cost_micros; }
  void Add(const Figures& other) {
    calls += other.calls;
    blocked += other.blocked;
    cut += other.cut;
    not_sold += other.not_sold;
    throttled += other.throttled;
    overage += other.overage;
    input_tokens += other.input_tokens;
    cached_tokens += other.cached_tokens;
    output_tokens += other.output_tokens;
    fee_micros += other.fee_micros;
    package_micros += other.package_micros;
    breakage_micros += other.breakage_micros;
    usage_micros += other.usage_micros;
    overage_micros += other.overage_micros;
    cost_micros += other.cost_micros;
    billed_micros += other.billed_micros;
  }
  friend bool operator==(const Figures&, const Figures&) = default;
};

/// One row of a table that groups by name.
struct Group {
  std::string name = {};
  int64_t customers = 0;  ///< Of plans, deciles: how many; of others 0.
  Figures figures = {};
  friend bool operator==(const Group&, const Group&) = default;
};

/// What became of a package.
struct PackageUse {
  std::string offer = {};
  std::string grant = {};  ///< Its name in the catalogue, or "grant 1".
  Unit unit = {};
  int64_t sold = 0;     ///< Buckets made.
  int64_t used_up = 0;  ///< Of those that ended: nothing was left.
  int64_t granted = 0;  ///< In the unit, as all that follows. Unlimited ones are left out of it.
  int64_t used = 0;
  int64_t expired = 0;
  int64_t left = 0;             ///< At the end of the simulation.
  int64_t deferred_micros = 0;  ///< Paid for and not yet earned, at the end.
  friend bool operator==(const PackageUse&, const PackageUse&) = default;
};

/// The bills of one month and plan. Customers without a bill count with 0.
struct BillDistribution {
  Instant month = {};  ///< Its beginning, in the catalogue's zone.
  std::string plan = {};
  int64_t bills = 0;
  int64_t sum_micros = 0;
  /// The bill that 10, 25, 50, 75, 90, 99 per cent of the customers do not exceed; the largest.
  std::array<int64_t, 7> quantile_micros = {};
  /// How many are at most kBillBounds[i], and above the one before; the last: above all.
  std::array<int64_t, 14> histogram = {};
  /// Bills of at least twice what the customer expects: the plan's recurring fees, or, of plans
  /// without, the plan's median bill of that month; and at least 10 more.
  int64_t shocks = 0;
  friend bool operator==(const BillDistribution&, const BillDistribution&) = default;
};
inline constexpr std::array<int, 7> kBillQuantiles = {10, 25, 50, 75, 90, 99, 100};
/// In whole money.
inline constexpr std::array<int64_t, 13> kBillBounds = {0,   1,   2,   5,     10,    20,    50,
                                                        100, 200, 500, 1'000, 2'000, 10'000};

/// One customer over the whole time.
struct Customer {
  uint32_t number = 0;  ///< In the population.
  uint8_t plan = 0;     ///< Index into Result::plans.
  bool has_package = false;
  Figures figures = {};
  int64_t largest_bill_micros = 0;  ///< Of a month.
  friend bool operator==(const Customer&, const Customer&) = default;
};

/// What one catalogue (with its own plans, if it says so) made of the events.
struct VariantResult {
  std::string label;
  std::string catalogue;    ///< Its name.
  std::string text_sha256;  ///< Of the catalogue's text: 64 hexadecimal digits.
  Unit currency;
  Figures total;
  std::vector<Group> by_plan;        ///< In order of the population.
  std::vector<Group> by_model;       ///< By name. Fees and breakage are in the row "" (no model).
  std::vector<Group> by_product;     ///< By name; "" where none is stated. Fees as above.
  std::vector<Group> by_hour;        ///< "00" to "23" in the catalogue's zone; what is earned by
                                     ///< time (fees, breakage) at the hour when it is.
  std::vector<Group> by_day;         ///< "2026-08-01", ..., in the same zone.
  std::vector<Group> by_decile;      ///< "1" is the tenth of the customers with the largest bills.
  std::vector<PackageUse> packages;  ///< By offer and grant.
  std::vector<BillDistribution> bills;         ///< By month, then plan; the plan "" is all.
  std::vector<Customer> customers;             ///< By number.
  int64_t deferred_begin_micros = 0;           ///< Always 0: everybody begins anew.
  int64_t deferred_end_micros = 0;             ///< Sold, not used, not expired.
  int64_t written_off_micros = 0;              ///< Owed at the end of a bucket and given up.
  int64_t paid_in_micros = 0;                  ///< Top-ups and bills that were paid.
  std::map<std::string, int64_t> other_costs;  ///< Vendor cost in other currencies: not in margins.
  int64_t decided_in_full = 0;  ///< Calls that the engine decided step by step; of the rest only
                                ///< the sums were worked out, with the same outcome.
};

/// A line of what happened to one customer (RunOptions::explain).
struct ExplainLine {
  std::string variant = {};
  Instant at = {};
  std::string what = {};  ///< "call", "offer purchased", "renewal", "blocked call", ...
  std::string text = {};  ///< What it was, in a sentence.
  std::vector<std::string> charges = {};  ///< Why it cost that.
};
inline constexpr size_t kExplainLinesMax = 100'000;  ///< Of one customer and run.

/// An input that was read.
struct InputRead {
  std::string name = {};
  std::string hash = {};
  bool generated = false;
  int64_t events = 0;
  int64_t lines = 0;
};

struct Result {
  std::string population;  ///< Its name.
  std::string population_hash;
  uint64_t seed = 0;
  Instant begins;
  Instant ends;
  std::vector<std::string> plans;
  std::vector<InputRead> inputs;
  int64_t events = 0;      ///< Simulated, for each variant.
  int64_t outside = 0;     ///< Events before the beginning or after the end, left out.
  bool cancelled = false;  ///< Not all of the input was read: the tables show what was done.
  Instant reached;         ///< Up to where, when cancelled; else the end.
  int64_t bad_row_count = 0;
  std::vector<BadRow> bad_rows;  ///< The first kBadRowsListed.
  std::vector<VariantResult> variants;
  std::vector<ExplainLine> explained;
};
inline constexpr size_t kBadRowsListed = 100;

// ---- Tables ----

enum class CellType : uint8_t {
  kText,
  kCount,   ///< A whole number.
  kMicros,  ///< Money; written with six decimals in CSV, as micros in JSON.
  kPermille,
};
struct Column {
  std::string name;  ///< "revenue_micros" is written as "revenue" in CSV.
  CellType type = CellType::kText;
};
/// A cell holds a text or a number.
struct Cell {
  std::string text = {};
  int64_t number = 0;
};
struct ResultTable {
  std::string name;  ///< "by_plan", "bills", "customers", ...
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

/// Every table, the variants below each other with their label in the first column.
std::vector<ResultTable> TablesOf(const Result& result);

/// The same as text: a header, then the rows; quoted where need be.
std::string TableCsv(const ResultTable& table);

/// All of a result as one JSON object. Amounts are whole numbers of micros, as texts.
/// `customers`: also the table of single customers, which may be large.
std::string ResultJson(const Result& result, bool customers);

}  // namespace ocs::simulation

#endif  // OCS_SIMULATION_RESULT_H_
