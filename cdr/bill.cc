#include "cdr/bill.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/numeric/int128.h"
#include "cdr/explain.h"
#include "cdr/internal/time_text.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

// Keys come as views, so that a record of a known item allocates nothing, and are kept as strings.
struct ItemKeyView {
  bool payable = false;  // Of the account's own money.
  Unit unit;
  std::string_view charge_code;
  RecordType type = RecordType::kUsage;
  std::string_view description;
  int32_t tax = 0;
};
struct ItemKey {
  bool payable = false;
  Unit unit;
  std::string charge_code;
  RecordType type = RecordType::kUsage;
  std::string description;
  int32_t tax = 0;

  // Implicit, so that one comparison serves kept keys and views alike.
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator ItemKeyView() const { return {payable, unit, charge_code, type, description, tax}; }
};
struct ItemKeyLess {
  using is_transparent = void;
  bool operator()(const ItemKeyView& a, const ItemKeyView& b) const {
    return std::tie(a.payable, a.unit, a.charge_code, a.type, a.description, a.tax) <
           std::tie(b.payable, b.unit, b.charge_code, b.type, b.description, b.tax);
  }
};

struct ReasonKeyView {
  TokenKind kind = TokenKind::kInput;
  int64_t numerator = 0;
  int64_t denominator = 1;
  std::string_view rule;
  uint32_t revision = 0;
};
struct ReasonKey {
  TokenKind kind = TokenKind::kInput;
  int64_t numerator = 0;
  int64_t denominator = 1;
  std::string rule;
  uint32_t revision = 0;

  // Implicit, so that one comparison serves kept keys and views alike.
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator ReasonKeyView() const { return {kind, numerator, denominator, rule, revision}; }
};
struct ReasonKeyLess {
  using is_transparent = void;
  bool operator()(const ReasonKeyView& a, const ReasonKeyView& b) const {
    return std::tie(a.kind, a.numerator, a.denominator, a.rule, a.revision) <
           std::tie(b.kind, b.numerator, b.denominator, b.rule, b.revision);
  }
};

struct ReasonSum {
  int64_t quantity = 0;
  int64_t amount = 0;
};
struct ItemSum {
  absl::btree_map<ReasonKey, ReasonSum, ReasonKeyLess> reasons;
  Quantities quantities;
  int64_t amount = 0;
  int64_t record_count = 0;
  RecordId last_record;  // Counted already.
};
using Items = absl::btree_map<ItemKey, ItemSum, ItemKeyLess>;

struct NodeKeyView {
  std::string_view node;
  NodeAmountKind kind = NodeAmountKind::kCovered;
  Unit unit;
};
struct NodeKey {
  std::string node;
  NodeAmountKind kind = NodeAmountKind::kCovered;
  Unit unit;

  // Implicit, so that one comparison serves kept keys and views alike.
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator NodeKeyView() const { return {node, kind, unit}; }
};
struct NodeKeyLess {
  using is_transparent = void;
  bool operator()(const NodeKeyView& a, const NodeKeyView& b) const {
    return std::tie(a.node, a.kind, a.unit) < std::tie(b.node, b.kind, b.unit);
  }
};
struct NodeSum {
  int64_t own = 0;
  int64_t all = 0;
};

// Tokens of the prompt and of the answer; not calls, searches, images or seconds.
bool IsTokens(const RecordLine& line) {
  return line.kind < TokenKind::kRequest && line.form != LineForm::kFlat &&
         line.form != LineForm::kMinimum;
}

std::string_view DescriptionOf(const Record& record) {
  return record.model.empty() ? record.offer : record.model;
}

// Money of a bucket that was bought has been paid for with the fee, or was a present.
bool IsPayable(const RecordLine& line) {
  return line.unit.is_money() && line.bucket <= kOwnMoneyBucket;
}

bool AddTo(int64_t* sum, int64_t value) {
  const auto added = AddExact(*sum, value);
  if (added) *sum = *added;
  return added.has_value();
}

BillItem MakeItem(const ItemKey& key, const ItemSum& sum) {
  BillItem item;
  item.charge_code = key.charge_code;
  item.type = key.type;
  item.description = key.description;
  if (key.payable) {
    item.currency = key.unit;
    item.amount_micros = sum.amount;
    item.tax_basis_points = key.tax;
    item.tax = SplitTax(sum.amount, key.tax);
  } else {
    item.covered_unit = key.unit;
    item.covered_amount = sum.amount;
  }
  item.quantities = sum.quantities;
  item.record_count = sum.record_count;
  for (const auto& [why, part] : sum.reasons) {
    item.reasons.push_back(
        {.kind = why.kind,
         .price_numerator = why.numerator,
         .price_denominator = why.denominator,
         .price = FormatPrice(why.kind, key.unit, why.numerator, why.denominator),
         .rule = why.rule,
         .tariff_revision = why.revision,
         .quantity = part.quantity,
         .amount = part.amount});
  }
  return item;
}

// Nothing when no record names a node: then they say no more than the totals.
std::vector<NodeTotal> NodesOf(const absl::btree_map<NodeKey, NodeSum, NodeKeyLess>& nodes) {
  std::vector<NodeTotal> totals;
  if (nodes.empty() || nodes.rbegin()->first.node.empty()) return totals;
  for (const auto& [key, sum] : nodes) {
    totals.push_back({.node = key.node,
                      .kind = key.kind,
                      .unit = key.unit,
                      .own_amount = sum.own,
                      .amount = sum.all});
  }
  return totals;
}

absl::Status TooLarge(const Bill& bill, const Unit& unit) {
  return absl::OutOfRangeError(Cat("bill of account ", bill.cycle.account.value, ": a sum of ",
                                   unit.code(), " does not fit 64 bits"));
}

// Adds the item to the currency's totals. Items come in order, so the last charge code is the
// item's or one before it.
bool AddItem(BillItem item, CurrencyBill* bill) {
  if (!AddTo(&bill->total_micros, item.amount_micros)) return false;
  if (bill->charge_codes.empty() || bill->charge_codes.back().charge_code != item.charge_code) {
    bill->charge_codes.push_back({.charge_code = item.charge_code});
  }
  if (!AddTo(&bill->charge_codes.back().amount_micros, item.amount_micros)) return false;
  auto tax =
      std::ranges::lower_bound(bill->taxes, item.tax_basis_points, {}, &TaxTotal::tax_basis_points);
  if (tax == bill->taxes.end() || tax->tax_basis_points != item.tax_basis_points) {
    tax = bill->taxes.insert(
        tax, TaxTotal{.tax_basis_points = item.tax_basis_points, .gross_micros = 0, .tax = {}});
  }
  if (!AddTo(&tax->gross_micros, item.amount_micros)) return false;
  bill->items.push_back(std::move(item));
  return true;
}

}  // namespace

struct BillBuilder::State {
  BillCycle cycle;
  std::vector<CarriedMicros> carried_in;  // By currency.
  Items items;
  absl::btree_map<NodeKey, NodeSum, NodeKeyLess> nodes;
  std::vector<DayUse> days;                 // By day.
  absl::btree_map<ShardId, Position> last;  // Of each shard.
  int64_t record_count = 0;
  int64_t reason_count = 0;
  BillAddOutcome broken = BillAddOutcome::kAdded;  // Else why there is no bill.

  BillAddOutcome Check(const RecordId& id, const Record& record) const;
  ItemSum& ItemOf(const ItemKeyView& key);
  BillAddOutcome AddLine(const RecordId& id, const Record& record, const RecordLine& line);
  BillAddOutcome AddToNodes(const Record& record, const RecordLine& line, int64_t amount);
  BillAddOutcome AddToNode(const NodeKeyView& key, int64_t own, int64_t amount);
  BillAddOutcome AddToDay(const Record& record);
};

BillAddOutcome BillBuilder::State::Check(const RecordId& id, const Record& record) const {
  if (record.account != cycle.account) return BillAddOutcome::kOtherAccount;
  if (record.recorded_at < cycle.from || record.recorded_at >= cycle.until)
    return BillAddOutcome::kOutsideCycle;
  const auto before = last.find(id.shard);
  if (before != last.end() && id.position <= before->second)
    return BillAddOutcome::kNotAfterPrevious;
  for (const RecordLine& line : record.lines) {
    if (line.quantity < 0 || line.amount < 0 || line.tax_basis_points < 0)
      return BillAddOutcome::kNegative;
  }
  return BillAddOutcome::kAdded;
}

ItemSum& BillBuilder::State::ItemOf(const ItemKeyView& key) {
  auto at = items.find(key);
  if (at == items.end()) {
    ItemKey kept{
        key.payable, key.unit, std::string(key.charge_code), key.type, std::string(key.description),
        key.tax};
    at = items.try_emplace(std::move(kept)).first;
  }
  return at->second;
}

BillAddOutcome BillBuilder::State::AddLine(const RecordId& id, const Record& record,
                                           const RecordLine& line) {
  const bool payable = IsPayable(line);
  ItemSum& item = ItemOf({payable, line.unit, line.charge_code, record.type, DescriptionOf(record),
                          payable ? line.tax_basis_points : 0});
  const ReasonKeyView why{line.kind, line.price_numerator, line.price_denominator, line.rule,
                          record.tariff_revision};
  auto reason = item.reasons.find(why);
  if (reason == item.reasons.end()) {
    if (reason_count >= kBillReasonsMax) return BillAddOutcome::kTooManyReasons;
    ++reason_count;
    ReasonKey kept{why.kind, why.numerator, why.denominator, std::string(why.rule), why.revision};
    reason = item.reasons.try_emplace(std::move(kept)).first;
  }
  // Amounts are not below 0 (see Check), so their opposite fits.
  const int64_t amount = IsCredit(record.type) ? -line.amount : line.amount;
  if (!AddTo(&reason->second.quantity, line.quantity)) return BillAddOutcome::kOverflow;
  if (!AddTo(&reason->second.amount, amount)) return BillAddOutcome::kOverflow;
  if (!AddTo(&item.amount, amount)) return BillAddOutcome::kOverflow;
  if (!AddQuantity(item.quantities, line.kind, line.quantity)) return BillAddOutcome::kOverflow;
  if (item.record_count == 0 || item.last_record != id) ++item.record_count;
  item.last_record = id;
  return AddToNodes(record, line, amount);
}

BillAddOutcome BillBuilder::State::AddToNode(const NodeKeyView& key, int64_t own, int64_t amount) {
  auto at = nodes.find(key);
  if (at == nodes.end()) {
    if (nodes.size() >= kBillReasonsMax) return BillAddOutcome::kTooManyReasons;
    at = nodes.try_emplace(NodeKey{std::string(key.node), key.kind, key.unit}).first;
  }
  if (!AddTo(&at->second.own, own)) return BillAddOutcome::kOverflow;
  return AddTo(&at->second.all, amount) ? BillAddOutcome::kAdded : BillAddOutcome::kOverflow;
}

// To the node that used it, to each above it, and to the account.
BillAddOutcome BillBuilder::State::AddToNodes(const Record& record, const RecordLine& line,
                                              int64_t amount) {
  NodeKeyView key{record.node,
                  IsPayable(line) ? NodeAmountKind::kPayable : NodeAmountKind::kCovered, line.unit};
  while (true) {
    const BillAddOutcome added =
        AddToNode(key, key.node.size() == record.node.size() ? amount : 0, amount);
    if (added != BillAddOutcome::kAdded || key.node.empty()) return added;
    const size_t slash = key.node.rfind('/');
    key.node = key.node.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
}

BillAddOutcome BillBuilder::State::AddToDay(const Record& record) {
  if (record.type != RecordType::kUsage) return BillAddOutcome::kAdded;
  if ((cycle.until.unix_ms - 1) / internal::kDayMillis -
          cycle.from.unix_ms / internal::kDayMillis >=
      kBillDaysMax)
    return BillAddOutcome::kAdded;
  DayUse use{.day = static_cast<int32_t>((record.recorded_at.unix_ms - cycle.from.unix_ms) /
                                         internal::kDayMillis)};
  for (const RecordLine& line : record.lines) {
    if (IsTokens(line) && !AddTo(&use.tokens, line.quantity)) return BillAddOutcome::kOverflow;
  }
  if (use.tokens == 0) return BillAddOutcome::kAdded;
  const auto at = std::ranges::lower_bound(days, use.day, {}, &DayUse::day);
  if (at == days.end() || at->day != use.day) {
    days.insert(at, use);
    return BillAddOutcome::kAdded;
  }
  return AddTo(&at->tokens, use.tokens) ? BillAddOutcome::kAdded : BillAddOutcome::kOverflow;
}

TaxSplit SplitTax(int64_t gross_micros, int32_t basis_points) {
  OCS_CHECK(basis_points >= 0);
  const absl::int128 share = 10'000 + static_cast<int64_t>(basis_points);
  const absl::int128 product = absl::int128(gross_micros) * basis_points;
  absl::int128 tax = product / share;
  absl::int128 remainder = product % share;
  if (remainder < 0) {  // C++ divides toward zero.
    tax -= 1;
    remainder += share;
  }
  // The tax lies between 0 and the gross amount, so it and the rest fit.
  const auto tax_micros = static_cast<int64_t>(tax);
  return {.net_micros = gross_micros - tax_micros,
          .tax_micros = tax_micros,
          .remainder = static_cast<int64_t>(remainder)};
}

void CarryBelow(int64_t minimum_fen, CurrencyBill* bill) {
  OCS_CHECK(minimum_fen >= 0);
  if (bill->payable_fen <= 0 || bill->payable_fen >= minimum_fen) return;
  // Their sum was split into payable and carried, so it fits.
  bill->carried_out_micros = bill->total_micros + bill->carried_in_micros;
  bill->payable_fen = 0;
}

std::string_view BillKindName(BillKind kind) {
  switch (kind) {
    case BillKind::kBill:
      return "bill";
    case BillKind::kZeroBill:
      return "zero_bill";
    case BillKind::kCreditNote:
      return "credit_note";
    case BillKind::kNone:
      return "none";
  }
  OCS_CHECK(false);
}

BillKind KindOf(const Bill& bill) {
  BillKind kind = bill.record_count == 0 ? BillKind::kNone : BillKind::kZeroBill;
  for (const CurrencyBill& part : bill.currencies) {
    if (part.payable_fen < 0) return BillKind::kCreditNote;
    if (part.payable_fen > 0) kind = BillKind::kBill;
  }
  return kind;
}

std::optional<FenSplit> SplitFen(int64_t total_micros, int64_t carried_in_micros) {
  const auto sum = AddExact(total_micros, carried_in_micros);
  if (!sum) return std::nullopt;
  FenSplit split{.payable_fen = *sum / kMicrosPerFen, .carried_out_micros = *sum % kMicrosPerFen};
  if (split.carried_out_micros < 0) {  // C++ divides toward zero.
    split.payable_fen -= 1;
    split.carried_out_micros += kMicrosPerFen;
  }
  return split;
}

BillBuilder::BillBuilder(const BillCycle& cycle, std::vector<CarriedMicros> carried_in)
    : state_(std::make_unique<State>()) {
  OCS_CHECK(cycle.from <= cycle.until);
  std::ranges::sort(carried_in, {}, &CarriedMicros::currency);
  for (size_t i = 0; i < carried_in.size(); ++i) {
    OCS_CHECK(carried_in[i].currency.is_money());
    OCS_CHECK(i == 0 || carried_in[i].currency != carried_in[i - 1].currency);
  }
  state_->cycle = cycle;
  state_->carried_in = std::move(carried_in);
}

BillBuilder::~BillBuilder() = default;
BillBuilder::BillBuilder(BillBuilder&&) noexcept = default;
BillBuilder& BillBuilder::operator=(BillBuilder&&) noexcept = default;

BillAddOutcome BillBuilder::Add(const RecordId& id, const Record& record) {
  State& state = *state_;
  const BillAddOutcome checked = state.Check(id, record);
  if (checked != BillAddOutcome::kAdded) return checked;
  for (const RecordLine& line : record.lines) {
    const BillAddOutcome added = state.AddLine(id, record, line);
    if (added != BillAddOutcome::kAdded) {
      state.broken = added;
      return added;
    }
  }
  const BillAddOutcome counted = state.AddToDay(record);
  if (counted != BillAddOutcome::kAdded) {
    state.broken = counted;
    return counted;
  }
  state.last.insert_or_assign(id.shard, id.position);
  ++state.record_count;
  return BillAddOutcome::kAdded;
}

absl::StatusOr<Bill> BillBuilder::Finish() const {
  const State& state = *state_;
  Bill bill{.cycle = state.cycle,
            .currencies = {},
            .covered = {},
            .record_count = state.record_count,
            .nodes = {},
            .days = state.days};
  if (state.broken == BillAddOutcome::kOverflow) return TooLarge(bill, Unit());
  if (state.broken != BillAddOutcome::kAdded) {
    return absl::ResourceExhaustedError(Cat("bill of account ", bill.cycle.account.value,
                                            ": more than ", kBillReasonsMax,
                                            " different prices or nodes; make the cycle shorter"));
  }
  absl::btree_map<Unit, CurrencyBill> currencies;
  for (const CarriedMicros& carried : state.carried_in) {
    currencies[carried.currency].carried_in_micros = carried.micros;
  }
  for (const auto& [key, sum] : state.items) {
    BillItem item = MakeItem(key, sum);
    if (!key.payable) {
      bill.covered.push_back(std::move(item));
    } else if (!AddItem(std::move(item), &currencies[key.unit])) {
      return TooLarge(bill, key.unit);
    }
  }
  for (auto& [currency, part] : currencies) {
    const auto split = SplitFen(part.total_micros, part.carried_in_micros);
    if (!split) return TooLarge(bill, currency);
    part.currency = currency;
    part.payable_fen = split->payable_fen;
    part.carried_out_micros = split->carried_out_micros;
    for (TaxTotal& tax : part.taxes) tax.tax = SplitTax(tax.gross_micros, tax.tax_basis_points);
    bill.currencies.push_back(std::move(part));
  }
  bill.nodes = NodesOf(state.nodes);
  return bill;
}

}  // namespace ocs::cdr
