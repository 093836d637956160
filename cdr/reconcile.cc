#include "cdr/reconcile.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/numbers.h"
#include "cdr/internal/csv_field.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

enum Column : size_t {
  kModelColumn,
  kKindColumn,
  kQuantityColumn,
  kAmountColumn,
  kCurrencyColumn,
  kColumnCount
};
constexpr std::array<std::string_view, kColumnCount> kColumns = {"model", "kind", "quantity",
                                                                 "amount", "currency"};
using Places = std::array<size_t, kColumnCount>;

absl::StatusOr<Places> PlacesOf(const std::vector<std::string>& header) {
  Places places = {};
  for (size_t i = 0; i < kColumnCount; ++i) {
    const auto at = std::ranges::find(header, kColumns[i]);
    if (at == header.end())
      return absl::InvalidArgumentError(Cat("row 1: has no column '", kColumns[i], "'"));
    places[i] = static_cast<size_t>(at - header.begin());
  }
  return places;
}

absl::StatusOr<InvoiceLine> ParseRow(const std::vector<std::string>& row, const Places& places) {
  InvoiceLine line;
  for (const size_t place : places) {
    if (place >= row.size()) return absl::InvalidArgumentError("has too few columns");
  }
  line.model = row[places[kModelColumn]];
  const auto kind = ParseTokenKind(row[places[kKindColumn]]);
  if (!kind)
    return absl::InvalidArgumentError(Cat("kind '", row[places[kKindColumn]], "' is not known"));
  line.kind = *kind;
  if (!absl::SimpleAtoi(row[places[kQuantityColumn]], &line.quantity) || line.quantity < 0)
    return absl::InvalidArgumentError(
        Cat("quantity '", row[places[kQuantityColumn]], "' is no count"));
  OCS_ASSIGN_OR_RETURN(line.amount_micros, ParseMicros(row[places[kAmountColumn]]));
  OCS_ASSIGN_OR_RETURN(line.currency, Unit::Parse(row[places[kCurrencyColumn]]));
  if (!line.currency.is_money())
    return absl::InvalidArgumentError(Cat("currency '", row[places[kCurrencyColumn]], "'"));
  return line;
}

struct Key {
  std::string model;
  TokenKind kind = TokenKind::kInput;
  Unit currency;
  friend auto operator<=>(const Key&, const Key&) = default;
};
struct Side {
  bool present = false;
  int64_t quantity = 0;
  int64_t amount = 0;

  absl::Status Add(int64_t more_quantity, int64_t more_amount) {
    const auto new_quantity = AddExact(quantity, more_quantity);
    const auto new_amount = AddExact(amount, more_amount);
    if (!new_quantity || !new_amount)
      return absl::OutOfRangeError("a sum of the invoice or of ours does not fit 64 bits");
    present = true;
    quantity = *new_quantity;
    amount = *new_amount;
    return absl::OkStatus();
  }
};
struct Pair {
  Side ours;
  Side theirs;
};

// Splits the difference of one model and kind into its causes; their amounts sum to it.
absl::Status Compare(const Key& key, const Pair& pair, int64_t tolerance, Reconciliation* out) {
  InvoiceDifference found{.model = key.model,
                          .kind = key.kind,
                          .currency = key.currency,
                          .cause = DifferenceCause::kMissing,
                          .our_quantity = pair.ours.quantity,
                          .invoice_quantity = pair.theirs.quantity};
  const auto all = SubtractExact(pair.theirs.amount, pair.ours.amount);
  if (!all) return absl::OutOfRangeError("a difference does not fit 64 bits");
  found.amount_micros = *all;
  if (!pair.theirs.present || !pair.ours.present) {
    if (!pair.ours.present) found.cause = DifferenceCause::kExtra;
    out->differences.push_back(std::move(found));
    return absl::OkStatus();
  }
  // What the invoice's pieces cost at our price.
  int64_t expected = pair.ours.amount;
  if (pair.ours.quantity != pair.theirs.quantity) {
    if (pair.ours.quantity > 0) {
      const auto at_our_price = MultiplyDivide(pair.theirs.quantity, pair.ours.amount,
                                               pair.ours.quantity, Rounding::kHalfEven);
      if (!at_our_price) return absl::OutOfRangeError("a price does not fit 64 bits");
      expected = *at_our_price;
    }
    found.cause = DifferenceCause::kQuantity;
    found.amount_micros = expected - pair.ours.amount;
    out->differences.push_back(found);
  }
  const auto rest = SubtractExact(pair.theirs.amount, expected);
  if (!rest) return absl::OutOfRangeError("a difference does not fit 64 bits");
  if (*rest != 0) {
    const bool small = *rest<tolerance&& * rest> - tolerance;
    found.cause = small ? DifferenceCause::kRounding : DifferenceCause::kPrice;
    found.amount_micros = *rest;
    out->differences.push_back(found);
  } else if (pair.ours.quantity == pair.theirs.quantity) {
    ++out->matched;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<InvoiceLine>> ParseInvoice(std::string_view text) {
  // What spreadsheets put before UTF-8.
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  internal::CsvRowReader reader(text);
  std::vector<InvoiceLine> lines;
  std::vector<std::string> row;
  Places places = {};
  for (uint64_t number = 1; number == 1 || !reader.done(); ++number) {
    if (!reader.Read(&row))
      return absl::InvalidArgumentError(Cat("row ", number, ": its quoting is broken"));
    if (number == 1) {
      OCS_ASSIGN_OR_RETURN(places, PlacesOf(row));
      continue;
    }
    auto line = ParseRow(row, places);
    if (!line.ok()) return Annotate(line.status(), Cat("row ", number));
    lines.push_back(*std::move(line));
  }
  return lines;
}

std::string_view DifferenceCauseName(DifferenceCause cause) {
  switch (cause) {
    case DifferenceCause::kMissing:
      return "missing";
    case DifferenceCause::kExtra:
      return "extra";
    case DifferenceCause::kQuantity:
      return "quantity";
    case DifferenceCause::kPrice:
      return "price";
    case DifferenceCause::kRounding:
      return "rounding";
  }
  OCS_CHECK(false);
}

absl::StatusOr<Reconciliation> Reconcile(const std::vector<CostItem>& ours,
                                         const std::vector<InvoiceLine>& invoice,
                                         int64_t tolerance_micros) {
  absl::btree_map<Key, Pair> pairs;
  for (const CostItem& item : ours) {
    const Key key{item.model, item.kind, item.currency};
    OCS_RETURN_IF_ERROR(pairs[key].ours.Add(item.quantity, item.amount_micros));
  }
  for (const InvoiceLine& line : invoice) {
    const Key key{line.model, line.kind, line.currency};
    OCS_RETURN_IF_ERROR(pairs[key].theirs.Add(line.quantity, line.amount_micros));
  }
  Reconciliation result;
  for (const auto& [key, pair] : pairs)
    OCS_RETURN_IF_ERROR(Compare(key, pair, tolerance_micros, &result));
  return result;
}

}  // namespace ocs::cdr
