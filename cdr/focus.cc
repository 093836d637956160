#include "cdr/focus.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/time/civil_time.h"
#include "cdr/internal/csv_field.h"
#include "cdr/internal/text.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"

namespace ocs::cdr {
namespace {

// One name for each column, in the order in which the row below writes them.
constexpr std::string_view kFocusHeader =
    "AvailabilityZone,BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,"
    "BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargeClass,ChargeDescription,"
    "ChargeFrequency,ChargePeriodEnd,ChargePeriodStart,CommitmentDiscountCategory,"
    "CommitmentDiscountId,CommitmentDiscountName,CommitmentDiscountStatus,CommitmentDiscountType,"
    "ConsumedQuantity,ConsumedUnit,ContractedCost,ContractedUnitPrice,EffectiveCost,"
    "InvoiceIssuerName,ListCost,ListUnitPrice,PricingCategory,PricingQuantity,PricingUnit,"
    "ProviderName,PublisherName,RegionId,RegionName,ResourceId,ResourceName,ResourceType,"
    "ServiceCategory,ServiceName,SkuId,SkuPriceId,SubAccountId,SubAccountName,Tags,"
    "x_RecordId,x_LocalSequence,x_Line,x_RecordType,x_TokenKind,x_Quantity,x_Unit,x_Amount,"
    "x_PriceNumerator,x_PriceDenominator,x_SessionId,x_TariffRevision,x_RefersTo,x_RecordedAt\r\n";

constexpr int64_t kTokensPerPrice = 1'000'000;  // Prices of models are told for a million tokens.

std::string UtcSeconds(Instant instant) {
  const absl::CivilSecond at = absl::ToCivilSecond(instant.ToTime(), absl::UTCTimeZone());
  return Cat(absl::FormatCivilTime(at), "Z");
}

bool IsTokens(TokenKind kind) {
  return kind != TokenKind::kRequest && kind != TokenKind::kSearch && kind != TokenKind::kImage &&
         kind != TokenKind::kSecond;
}

std::string_view UnitOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kRequest:
      return "Requests";
    case TokenKind::kSearch:
      return "Searches";
    case TokenKind::kImage:
      return "Images";
    case TokenKind::kSecond:
      return "Seconds";
    default:
      return "Tokens";
  }
}

// Negative for what is given back. The one number without an opposite stays.
std::string Cost(RecordType type, int64_t micros) {
  if (!IsCredit(type)) return FormatMicros(micros);
  return FormatMicros(SubtractExact(0, micros).value_or(micros));
}

// The price of a PricingUnit in the currency; empty where the line has none that fits. Rounded to
// the even micro for people: x_PriceNumerator and x_PriceDenominator are exact.
std::string UnitPrice(const RecordLine& line) {
  if (line.price_denominator <= 0) return "";
  const auto price = MultiplyDivide(IsTokens(line.kind) ? kTokensPerPrice : 1, line.price_numerator,
                                    line.price_denominator, Rounding::kHalfEven);
  return price ? FormatMicros(*price) : "";
}

struct Row {
  const RecordId& id;
  const Record& record;
  const RecordLine* line;  // Null in a record without lines.
  size_t number;           // Of the line, from 1; 0 without.
};

bool IsMoney(const Row& row) { return row.line != nullptr && row.line->unit.is_money(); }
// A draw from a package: paid for before, by the package's fee.
bool IsDraw(const Row& row) {
  return row.line != nullptr && !row.line->unit.is_money() && row.record.type != RecordType::kFee;
}

std::string_view CurrencyOf(const Row& row, std::string_view otherwise) {
  if (IsMoney(row)) return row.line->unit.code();
  for (const RecordLine& line : row.record.lines) {
    if (line.unit.is_money()) return line.unit.code();
  }
  return otherwise;
}

std::string_view CategoryOf(RecordType type) {
  switch (type) {
    case RecordType::kUsage:
      return "Usage";
    case RecordType::kFee:
      return "Purchase";
    case RecordType::kRefund:
    case RecordType::kRebate:
      return "Credit";
    case RecordType::kCorrection:
      return "Adjustment";
  }
  return "";
}

class RowWriter final {
 public:
  explicit RowWriter(std::string* out) : out_(out), first_(true) {}
  template <typename... Pieces>
  void Put(const Pieces&... pieces) {
    if (!first_) out_->push_back(',');
    first_ = false;
    field_.clear();
    internal::AppendTo(&field_, pieces...);
    internal::AppendCsvField(field_, out_);
  }
  void Nulls(int count) {
    for (int i = 0; i < count; ++i) Put("");
  }
  void End() { out_->append("\r\n"); }

 private:
  std::string* out_;
  std::string field_;
  bool first_;
};

void PutPeriods(const Row& row, absl::TimeZone zone, RowWriter& out) {
  const Instant begin = StartOfMonth(row.record.recorded_at, zone);
  out.Put(UtcSeconds(AddMonths(begin, 1, zone)));
  out.Put(UtcSeconds(begin));
}

void PutCharge(const Row& row, RowWriter& out) {
  const Record& record = row.record;
  out.Put(CategoryOf(record.type));
  out.Put("");  // ChargeClass: whether a refund corrects a billed period is not in a record.
  const std::string_view what = record.model.empty() ? record.offer : record.model;
  out.Put(what, row.line == nullptr ? "" : ": ", row.line == nullptr ? "" : row.line->rule);
  out.Put(record.type == RecordType::kUsage ? "Usage-Based" : "One-Time");
  // The end is exclusive, and both are whole seconds.
  const Instant end = std::max(record.opened_at, record.closed_at).PlusSeconds(1);
  out.Put(UtcSeconds(end));
  out.Put(UtcSeconds(record.opened_at));
}

void PutCommitment(const Row& row, RowWriter& out) {
  if (!IsDraw(row)) return out.Nulls(5);
  out.Put("Usage");
  out.Put(row.record.account.value, "/", row.line->bucket.value);
  out.Put(row.line->charge_code);
  out.Put(row.record.type == RecordType::kUsage ? "Used" : "");
  out.Put("Package");
}

// Costs and quantities, from ConsumedQuantity to PricingUnit.
void PutAmounts(const Row& row, std::string_view issuer, RowWriter& out) {
  const RecordType type = row.record.type;
  const bool used = type == RecordType::kUsage && row.line != nullptr;
  out.Put(used ? Cat(row.line->quantity) : "");
  out.Put(used ? UnitOf(row.line->kind) : "");
  const int64_t charged = IsMoney(row) ? row.line->amount : 0;
  // A draw costs what it earns of the package's price; the fee that paid for it costs nothing more.
  const int64_t earned = !IsDraw(row)     ? 0
                         : IsCredit(type) ? SubtractExact(0, row.line->revenue_micros).value_or(0)
                                          : row.line->revenue_micros;
  const int64_t effective = type == RecordType::kFee ? 0 : IsDraw(row) ? earned : charged;
  const std::string contracted = Cost(type, IsDraw(row) ? earned : charged);
  const std::string price = IsMoney(row) ? UnitPrice(*row.line) : "";
  out.Put(contracted);
  out.Put(price);
  out.Put(Cost(type, effective));
  out.Put(issuer);
  out.Put(contracted);  // The catalogue has one price: list and contracted are the same.
  out.Put(price);
  out.Put(IsDraw(row) ? "Committed" : "Standard");
  if (row.line == nullptr) return out.Nulls(2);
  if (IsTokens(row.line->kind)) {
    out.Put(FormatMicros(row.line->quantity));  // Millions of tokens, exactly.
    out.Put("1000000 Tokens");
  } else {
    out.Put(row.line->quantity);
    out.Put(UnitOf(row.line->kind));
  }
}

void PutSubject(const Row& row, std::string_view issuer, RowWriter& out) {
  const Record& record = row.record;
  out.Put(issuer);
  out.Put(record.provider.empty() ? issuer : record.provider);
  out.Nulls(2);  // The region.
  out.Put(record.model);
  out.Put(record.model);
  out.Put(record.model.empty() ? "" : "Model");
  out.Put("AI and Machine Learning");
  out.Put("AI tokens");
  if (row.line == nullptr) {
    out.Nulls(2);
  } else {
    out.Put(row.line->charge_code);
    out.Put(row.line->charge_code, "/", TokenKindName(row.line->kind), "/r",
            record.tariff_revision);
  }
  out.Nulls(3);  // Sub-account and tags.
}

void PutOurs(const Row& row, RowWriter& out) {
  const Record& record = row.record;
  out.Put(FormatRecordId(row.id));
  out.Put(record.local_sequence);
  out.Put(row.number);
  out.Put(RecordTypeName(record.type));
  if (row.line == nullptr) {
    out.Nulls(6);
  } else {
    out.Put(TokenKindName(row.line->kind));
    out.Put(row.line->quantity);
    out.Put(row.line->unit.code());
    out.Put(IsMoney(row) ? FormatMicros(row.line->amount) : Cat(row.line->amount));
    out.Put(row.line->price_numerator);
    out.Put(row.line->price_denominator);
  }
  out.Put(record.session_id);
  out.Put(record.tariff_revision);
  out.Put(record.refers_to.valid()
              ? FormatRecordId({.shard = {record.refers_to_shard}, .position = record.refers_to})
              : "");
  out.Put(FormatInstant(record.recorded_at, absl::UTCTimeZone()));
}

}  // namespace

std::string_view FocusHeader() { return kFocusHeader; }

FocusEncoder::FocusEncoder(absl::TimeZone zone, Options options)
    : zone_(zone), options_(std::move(options)) {}

void FocusEncoder::Append(const RecordId& id, const Record& record, std::string* out) {
  const size_t rows = std::max<size_t>(record.lines.size(), 1);
  for (size_t i = 0; i < rows; ++i) {
    const Row row = {.id = id,
                     .record = record,
                     .line = record.lines.empty() ? nullptr : &record.lines[i],
                     .number = record.lines.empty() ? 0 : i + 1};
    RowWriter writer(out);
    writer.Put("");  // AvailabilityZone.
    writer.Put(Cost(record.type, IsMoney(row) ? row.line->amount : 0));
    writer.Put(record.account.value);
    writer.Put("");  // BillingAccountName: names do not leave the house in a record.
    writer.Put(CurrencyOf(row, options_.currency));
    PutPeriods(row, zone_, writer);
    PutCharge(row, writer);
    PutCommitment(row, writer);
    PutAmounts(row, options_.issuer, writer);
    PutSubject(row, options_.issuer, writer);
    PutOurs(row, writer);
    writer.End();
  }
}

}  // namespace ocs::cdr
