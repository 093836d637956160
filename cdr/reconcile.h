// A vendor's invoice against what our records say it cost, with a cause for each difference.

#ifndef CDR_RECONCILE_H_
#define CDR_RECONCILE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cdr/costs.h"

namespace ocs::cdr {

/// What an invoice asks for one model and kind.
struct InvoiceLine {
  std::string model;
  TokenKind kind = TokenKind::kInput;
  Unit currency;
  int64_t quantity = 0;
  int64_t amount_micros = 0;
  friend bool operator==(const InvoiceLine&, const InvoiceLine&) = default;
};

/// The lines of an invoice as comma separated values (RFC 4180). Its first row names the columns:
/// model, kind, quantity, amount and currency, in any order; others are passed over. Amounts are in
/// the currency's main unit. Errors: InvalidArgument with the row.
absl::StatusOr<std::vector<InvoiceLine>> ParseInvoice(std::string_view text);

/// Why an invoice asks for something else than we think is owed.
enum class DifferenceCause : uint8_t {
  kMissing = 0,   ///< Our records have it, the invoice does not.
  kExtra = 1,     ///< The invoice has it, our records do not.
  kQuantity = 2,  ///< More or fewer pieces, at our price.
  kPrice = 3,     ///< The pieces of the invoice at another price.
  kRounding = 4,  ///< A rest below the tolerance.
};
/// "missing", "extra", "quantity", "price", "rounding".
std::string_view DifferenceCauseName(DifferenceCause cause);

struct InvoiceDifference {
  std::string model;
  TokenKind kind = TokenKind::kInput;
  Unit currency;
  DifferenceCause cause = DifferenceCause::kMissing;
  int64_t our_quantity = 0;
  int64_t invoice_quantity = 0;
  int64_t amount_micros = 0;  ///< The invoice's less ours, as far as this is the cause.
  friend bool operator==(const InvoiceDifference&, const InvoiceDifference&) = default;
};

struct Reconciliation {
  std::vector<InvoiceDifference> differences;  ///< By model, kind, currency and cause.
  int64_t matched = 0;                         ///< Models and kinds that agree to the micro.
};

/// Compares by model, kind and currency; lines that agree in those are added up first, so prices
/// that changed within the time are one. The amounts of the differences of a currency sum to the
/// invoice's total less ours. `tolerance_micros`, below which a rest is rounding, is for each model
/// and kind. Errors: OutOfRange when a sum does not fit.
absl::StatusOr<Reconciliation> Reconcile(const std::vector<CostItem>& ours,
                                         const std::vector<InvoiceLine>& invoice,
                                         int64_t tolerance_micros);

}  // namespace ocs::cdr

#endif  // CDR_RECONCILE_H_
