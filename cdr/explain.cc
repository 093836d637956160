#include "cdr/explain.h"

#include <array>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/numeric/int128.h"
#include "cdr/internal/text.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

using internal::AppendTo;

struct KindWords {
  std::string_view one;    // "input token"
  std::string_view piece;  // What prices are for: "token".
};

constexpr std::array<KindWords, kTokenKindCount> kWords = {{
    {"input token", "token"},
    {"cache-read token", "token"},
    {"5-minute cache-write token", "token"},
    {"1-hour cache-write token", "token"},
    {"output token", "token"},
    {"reasoning token", "token"},
    {"audio input token", "token"},
    {"audio output token", "token"},
    {"image input token", "token"},
    {"image output token", "token"},
    {"request", "request"},
    {"search", "search"},
    {"image", "image"},
    {"second", "second"},
}};

constexpr int64_t kPriceListTokens = 1'000'000;
// A price for fewer tokens than this was not written so by a person: it is a per-million price
// after cancelling.
constexpr int64_t kPriceListTokensMin = 1'000;

const KindWords& WordsOf(TokenKind kind) {
  const auto index = static_cast<size_t>(kind);
  OCS_CHECK(index < kWords.size());
  return kWords[index];
}

std::string Plural(std::string_view word) { return Cat(word, word.ends_with("ch") ? "es" : "s"); }

std::string Pieces(std::string_view word, int64_t count) {
  if (count == 1) return std::string(word);
  return Cat(FormatGrouped(count), " ", Plural(word));
}

std::string_view SmallestPiece(const Unit& unit) { return unit.is_money() ? "micro" : unit.code(); }

std::string What(const Record& record, const RecordLine& line) {
  return Cat(FormatQuantity(line.kind, line.quantity), record.model.empty() ? "" : " of ",
             record.model);
}

// " from bucket 1"; nothing where no bucket had a part, as in a line that nothing priced.
std::string Bucket(std::string_view word, const RecordLine& line) {
  return line.bucket == BucketId{} ? "" : Cat(" ", word, " bucket ", line.bucket.value);
}

// A line that is not pieces at a rate; "" for one that is.
std::string FormText(const Record& record, const RecordLine& line) {
  const std::string amount =
      Cat(" = ", internal::AmountText(line.amount, line.unit), Bucket("from", line));
  switch (line.form) {
    case LineForm::kPieces:
      return "";
    case LineForm::kFlat:
      return Cat("flat amount of tier ", line.tier, amount);
    case LineForm::kMinimum:
      return Cat("what the call is short of its minimum", amount);
    case LineForm::kFree:
      return Cat(What(record, line), " beyond the most that the window costs", amount);
    case LineForm::kVolume:
      return Cat(What(record, line), ", all of the window at ",
                 FormatPrice(line.kind, line.unit, line.price_numerator, line.price_denominator),
                 " of tier ", line.tier, " less what it was charged before", amount);
  }
  OCS_CHECK(false);
}

std::string UsageText(const Record& record, const RecordLine& line) {
  if (line.form != LineForm::kPieces) return FormText(record, line);
  if (line.unit.is_money()) {
    return Cat(What(record, line), " at ",
               FormatPrice(line.kind, line.unit, line.price_numerator, line.price_denominator),
               " = ", internal::AmountText(line.amount, line.unit), Bucket("from", line));
  }
  const std::string price =
      FormatPrice(line.kind, line.unit, line.price_numerator, line.price_denominator);
  if (price == "1:1") {
    return Cat(What(record, line), " drawn 1:1", Bucket("from", line), ", '", line.unit.code(),
               "'");
  }
  return Cat(What(record, line), " drawn at ", price, " = ",
             internal::AmountText(line.amount, line.unit), Bucket("from", line));
}

std::string FeeText(const Record& record, const RecordLine& line) {
  return Cat("fee of ", internal::AmountText(line.amount, line.unit),
             record.offer.empty() ? "" : " for offer ", record.offer, Bucket("from", line));
}

std::string RefundText(const Record& record, const RecordLine& line) {
  const std::string what = line.quantity == 0      ? ""
                           : !record.offer.empty() ? Cat(" for offer ", record.offer)
                                                   : Cat(" for ", What(record, line));
  return Cat(internal::AmountText(line.amount, line.unit), " given back", Bucket("to", line), what);
}

std::string LineText(const Record& record, const RecordLine& line) {
  switch (record.type) {
    case RecordType::kUsage:
    case RecordType::kCorrection:
      return UsageText(record, line);
    case RecordType::kFee:
      return FeeText(record, line);
    case RecordType::kRefund:
      return RefundText(record, line);
    case RecordType::kRebate:
      return Cat(internal::AmountText(line.amount, line.unit), " given back", Bucket("to", line),
                 ": what the window was charged before a cheaper tier was reached");
  }
  OCS_CHECK(false);
}

std::string_view CauseText(ClosingCause cause) {
  switch (cause) {
    case ClosingCause::kNormalRelease:
      return "ended normally";
    case ClosingCause::kPartialRecord:
      return "session goes on";
    case ClosingCause::kAbnormalRelease:
      return "ended by the supervision timer";
    case ClosingCause::kVolumeLimit:
      return "session goes on, as many tokens as one record may have";
    case ClosingCause::kTimeLimit:
      return "session goes on, as long as one record may last";
    case ClosingCause::kManagementIntervention:
      return "ended by the operator";
  }
  OCS_CHECK(false);
}

std::string_view TariffChangeText(uint32_t change) {
  constexpr std::string_view kTexts[] = {"", "; used before a change of tariff",
                                         "; used after a change of tariff",
                                         "; used around a change of tariff, at the dearer side"};
  return change < std::size(kTexts) ? kTexts[change] : "";
}

std::string_view OutcomeText(uint32_t outcome) {
  constexpr std::string_view kTexts[] = {"", "; the call failed", "; the call was cancelled",
                                         "; the call was moderated"};
  return outcome < std::size(kTexts) ? kTexts[outcome] : "";
}

// What a record comes to in one unit; no sum when it does not fit.
struct UnitTotal {
  Unit unit;
  std::optional<int64_t> sum = 0;
};

// In the order in which the units first appear.
std::vector<UnitTotal> TotalsOf(const Record& record) {
  std::vector<UnitTotal> totals;
  for (const RecordLine& line : record.lines) {
    UnitTotal* total = nullptr;
    for (UnitTotal& known : totals) {
      if (known.unit == line.unit) total = &known;
    }
    if (total == nullptr) total = &totals.emplace_back(UnitTotal{.unit = line.unit});
    if (total->sum) total->sum = AddExact(*total->sum, line.amount);
  }
  return totals;
}

std::string TotalText(const Record& record) {
  if (record.lines.empty()) return "Nothing was charged.";
  std::string text = IsCredit(record.type) ? "Given back: " : "Charged: ";
  bool first = true;
  for (const UnitTotal& total : TotalsOf(record)) {
    AppendTo(
        &text, first ? "" : ", ",
        total.sum ? internal::AmountText(*total.sum, total.unit) : "more than can be added up");
    first = false;
  }
  return text + ".";
}

std::string HeadText(const RecordId& id, const Record& record, absl::TimeZone zone) {
  std::string text = Cat("Record ", FormatRecordId(id), ": ", RecordTypeName(record.type));
  if (!record.model.empty()) AppendTo(&text, " of ", record.model);
  if (!record.provider.empty()) AppendTo(&text, " by ", record.provider);
  if (!record.offer.empty()) AppendTo(&text, " of offer ", record.offer);
  AppendTo(&text, ", account ", record.account.value);
  if (!record.node.empty()) AppendTo(&text, ", used by ", record.node);
  if (!record.session_id.empty()) AppendTo(&text, ", session ", record.session_id);
  if (record.type == RecordType::kUsage) AppendTo(&text, ", request ", record.request_number);
  if (record.record_sequence != 0) AppendTo(&text, ", part ", record.record_sequence);
  if (record.refers_to.valid()) {
    AppendTo(&text,
             record.type == RecordType::kCorrection ? ", corrects record " : ", refunds record ",
             FormatRecordId({.shard = {record.refers_to_shard}, .position = record.refers_to}));
  }
  AppendTo(&text, ", at ", FormatInstant(record.closed_at, zone));
  if (record.type == RecordType::kUsage) AppendTo(&text, ", ", CauseText(record.cause));
  AppendTo(&text, TariffChangeText(record.tariff_change), OutcomeText(record.call_outcome));
  if (record.late) AppendTo(&text, "; reported after its session was closed");
  if (record.estimated) AppendTo(&text, "; quantities are estimated");
  if (record.incomplete) AppendTo(&text, "; use may be missing");
  return text + ".";
}

}  // namespace

bool AddsUp(const RecordLine& line) {
  if (line.form == LineForm::kFree || line.form == LineForm::kVolume)
    return line.amount >= 0 && line.carry_in == 0 && line.carry_out == 0;
  const int64_t denominator = line.price_denominator;
  if (denominator < 1) return false;
  if (line.carry_in < 0 || line.carry_in >= denominator) return false;
  if (line.carry_out < 0 || line.carry_out >= denominator) return false;
  // Each product is below 2^126, so neither side can leave 128 bits.
  return absl::int128(line.amount) * denominator + line.carry_out ==
         absl::int128(line.quantity) * line.price_numerator + line.carry_in;
}

std::string FormatQuantity(TokenKind kind, int64_t quantity) {
  const std::string_view one = WordsOf(kind).one;
  return Cat(FormatGrouped(quantity), " ", quantity == 1 ? std::string(one) : Plural(one));
}

std::string FormatPrice(TokenKind kind, const Unit& unit, int64_t numerator, int64_t denominator) {
  if (denominator < 1) return "no price";
  if (numerator == 0) return "no charge";
  if (!unit.is_money() && numerator == denominator) return "1:1";
  const std::string_view piece = WordsOf(kind).piece;
  if (unit.is_money() && piece == "token" && denominator < kPriceListTokensMin &&
      kPriceListTokens % denominator == 0) {
    const auto scaled = MultiplyExact(numerator, kPriceListTokens / denominator);
    if (scaled) return Cat(FormatAmount(*scaled, unit), " per ", Pieces(piece, kPriceListTokens));
  }
  return Cat(internal::AmountText(numerator, unit), " per ", Pieces(piece, denominator));
}

std::string FormatBasisPoints(int32_t basis_points) {
  const int32_t hundredths = basis_points % 100;
  std::string text = Cat(basis_points / 100);
  if (hundredths != 0) AppendTo(&text, ".", hundredths / 10);
  if (hundredths % 10 != 0) AppendTo(&text, hundredths % 10);
  return text + " %";
}

std::string ExplainLine(const Record& record, const RecordLine& line) {
  std::string text = LineText(record, line);
  AppendTo(&text, " (", line.rule, line.rule.empty() ? "" : ", ", "revision ",
           record.tariff_revision, ")");
  if (line.tier != 0 && line.form == LineForm::kPieces) AppendTo(&text, "; tier ", line.tier);
  if (!line.applied.empty()) AppendTo(&text, "; with ", line.applied);
  if (line.tax_basis_points != 0)
    AppendTo(&text, "; ", FormatBasisPoints(line.tax_basis_points), " tax contained");
  const auto carried = [&](int64_t carry) {
    return Cat(carry, "/", line.price_denominator, " ", SmallestPiece(line.unit));
  };
  if (line.carry_in != 0) AppendTo(&text, "; ", carried(line.carry_in), " was left from before");
  if (line.carry_out != 0)
    AppendTo(&text, "; ", carried(line.carry_out), " carried to the next charge");
  if (line.overshoot) AppendTo(&text, "; beyond what was available");
  // A refund gives back a part at its own choice: its amount need not follow from a price.
  if (!IsCredit(record.type) && !AddsUp(line)) {
    AppendTo(&text, "; the amount does not follow from quantity and price");
  }
  return text;
}

std::string ExplainRecord(const RecordId& id, const Record& record, absl::TimeZone zone) {
  std::string text = Cat(HeadText(id, record, zone), "\n");
  for (const RecordLine& line : record.lines)
    AppendTo(&text, "- ", ExplainLine(record, line), ".\n");
  AppendTo(&text, TotalText(record), "\n");
  return text;
}

}  // namespace ocs::cdr
