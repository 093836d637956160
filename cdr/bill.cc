#include "cdr/bill.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/container/btree_map.h"
#include "cdr/explain.h"
#include "cdr/internal/text.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

using internal::AppendTo;

// Keys come as views, so that a record of a known item allocates nothing, and are kept as strings.
struct ItemKeyView {
  bool payable = false;  // Of the account's own money.
  Unit unit;
  std::string_view charge_code;
  RecordType type = RecordType::kUsage;
  std::string_view description;
};
struct ItemKey {
  bool payable = false;
  Unit unit;
  std::string charge_code;
  RecordType type = RecordType::kUsage;
  std::string description;

  // Implicit, so that one comparison serves kept keys and views alike.
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator ItemKeyView() const { return {payable, unit, charge_code, type, description}; }
};
struct ItemKeyLess {
  using is_transparent = void;
  bool operator()(const ItemKeyView& a, const ItemKeyView& b) const {
    return std::tie(a.payable, a.unit, a.charge_code, a.type, a.description) <
           std::tie(b.payable, b.unit, b.charge_code, b.type, b.description);
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
  bill->items.push_back(std::move(item));
  return true;
}

std::string QuantitiesText(const Quantities& quantities) {
  std::string text;
  for (const KindQuantity& q : quantities) {
    AppendTo(&text, text.empty() ? "" : ", ", FormatQuantity(q.kind, q.quantity));
  }
  return text;
}

std::string AmountText(int64_t amount, const Unit& unit) {
  return unit.empty() ? FormatGrouped(amount) : FormatAmount(amount, unit);
}

void AppendItem(const BillItem& item, std::string* out) {
  const bool is_money = !item.currency.empty();
  const Unit& unit = is_money ? item.currency : item.covered_unit;
  AppendTo(out, "  ", item.charge_code, " ", RecordTypeName(item.type), " ", item.description, ": ",
           QuantitiesText(item.quantities), is_money ? " = " : " drew ",
           AmountText(is_money ? item.amount_micros : item.covered_amount, unit), ", ",
           FormatGrouped(item.record_count), item.record_count == 1 ? " record\n" : " records\n");
  for (const BillReason& reason : item.reasons) {
    AppendTo(out, "    ", FormatQuantity(reason.kind, reason.quantity), " at ", reason.price, " = ",
             AmountText(reason.amount, unit), " (", reason.rule, reason.rule.empty() ? "" : ", ",
             "revision ", reason.tariff_revision, ")\n");
  }
}

// A whole number of fen as money: "-0.01 CNY".
std::string FenText(int64_t fen, const Unit& currency) {
  const uint64_t magnitude = fen < 0 ? 0 - static_cast<uint64_t>(fen) : static_cast<uint64_t>(fen);
  const uint64_t cents = magnitude % 100;
  return Cat(fen < 0 ? "-" : "", magnitude / 100, cents < 10 ? ".0" : ".", cents, " ",
             currency.code());
}

}  // namespace

struct BillBuilder::State {
  BillCycle cycle;
  std::vector<CarriedMicros> carried_in;  // By currency.
  Items items;
  absl::btree_map<ShardId, Position> last;  // Of each shard.
  int64_t record_count = 0;
  int64_t reason_count = 0;
  BillAddOutcome broken = BillAddOutcome::kAdded;  // Else why there is no bill.

  BillAddOutcome Check(const RecordId& id, const Record& record) const;
  ItemSum& ItemOf(const ItemKeyView& key);
  BillAddOutcome AddLine(const RecordId& id, const Record& record, const RecordLine& line);
};

BillAddOutcome BillBuilder::State::Check(const RecordId& id, const Record& record) const {
  if (record.account != cycle.account) return BillAddOutcome::kOtherAccount;
  if (record.recorded_at < cycle.from || record.recorded_at >= cycle.until)
    return BillAddOutcome::kOutsideCycle;
  const auto before = last.find(id.shard);
  if (before != last.end() && id.position <= before->second)
    return BillAddOutcome::kNotAfterPrevious;
  for (const RecordLine& line : record.lines) {
    if (line.quantity < 0 || line.amount < 0) return BillAddOutcome::kNegative;
  }
  return BillAddOutcome::kAdded;
}

ItemSum& BillBuilder::State::ItemOf(const ItemKeyView& key) {
  auto at = items.find(key);
  if (at == items.end()) {
    ItemKey kept{key.payable, key.unit, std::string(key.charge_code), key.type,
                 std::string(key.description)};
    at = items.try_emplace(std::move(kept)).first;
  }
  return at->second;
}

BillAddOutcome BillBuilder::State::AddLine(const RecordId& id, const Record& record,
                                           const RecordLine& line) {
  ItemSum& item =
      ItemOf({IsPayable(line), line.unit, line.charge_code, record.type, DescriptionOf(record)});
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
  const int64_t amount = record.type == RecordType::kRefund ? -line.amount : line.amount;
  if (!AddTo(&reason->second.quantity, line.quantity)) return BillAddOutcome::kOverflow;
  if (!AddTo(&reason->second.amount, amount)) return BillAddOutcome::kOverflow;
  if (!AddTo(&item.amount, amount)) return BillAddOutcome::kOverflow;
  if (!AddQuantity(item.quantities, line.kind, line.quantity)) return BillAddOutcome::kOverflow;
  if (item.record_count == 0 || item.last_record != id) ++item.record_count;
  item.last_record = id;
  return BillAddOutcome::kAdded;
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
  state.last.insert_or_assign(id.shard, id.position);
  ++state.record_count;
  return BillAddOutcome::kAdded;
}

absl::StatusOr<Bill> BillBuilder::Finish() const {
  const State& state = *state_;
  Bill bill{
      .cycle = state.cycle, .currencies = {}, .covered = {}, .record_count = state.record_count};
  if (state.broken == BillAddOutcome::kOverflow) return TooLarge(bill, Unit());
  if (state.broken != BillAddOutcome::kAdded) {
    return absl::ResourceExhaustedError(Cat("bill of account ", bill.cycle.account.value,
                                            ": more than ", kBillReasonsMax,
                                            " different prices; make the cycle shorter"));
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
    bill.currencies.push_back(std::move(part));
  }
  return bill;
}

std::string FormatBill(const Bill& bill, absl::TimeZone zone) {
  std::string out = Cat(
      "bill of account ", bill.cycle.account.value, " from ", FormatInstant(bill.cycle.from, zone),
      " until ", FormatInstant(bill.cycle.until, zone), ", ", FormatGrouped(bill.record_count),
      bill.record_count == 1 ? " record\n" : " records\n");
  for (const CurrencyBill& part : bill.currencies) {
    AppendTo(&out, part.currency.code(), "\n");
    for (const BillItem& item : part.items) AppendItem(item, &out);
    for (const ChargeCodeTotal& code : part.charge_codes) {
      AppendTo(&out, "  sub-total ", code.charge_code, ": ",
               FormatAmount(code.amount_micros, part.currency), "\n");
    }
    AppendTo(&out, "  total: ", FormatAmount(part.total_micros, part.currency),
             "\n  carried in: ", FormatAmount(part.carried_in_micros, part.currency),
             "\n  payable: ", FenText(part.payable_fen, part.currency),
             "\n  carried out: ", FormatAmount(part.carried_out_micros, part.currency), "\n");
  }
  if (!bill.covered.empty()) out.append("covered by packages\n");
  for (const BillItem& item : bill.covered) AppendItem(item, &out);
  return out;
}

}  // namespace ocs::cdr
