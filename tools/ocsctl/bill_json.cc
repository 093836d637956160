#include "tools/ocsctl/bill_json.h"

#include <fstream>
#include <optional>

#include "absl/strings/numbers.h"
#include "ocs/base/quantity.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "tools/import/json_value.h"

namespace ocs::tools {
namespace {

namespace wire = settlement::v1;

// Reads members of one object; the first that is not there or not what it should be is kept.
class Fields final {
 public:
  explicit Fields(const JsonValue& object) : object_(object) {}

  std::string Text(std::string_view key) {
    const JsonValue* value = Find(key, JsonValue::Type::kText);
    return value == nullptr ? std::string() : value->text;
  }
  template <typename Number>
  Number Count(std::string_view key) {
    const JsonValue* value = Find(key, JsonValue::Type::kNumber);
    Number number = 0;
    if (value != nullptr && !absl::SimpleAtoi(value->text, &number)) Fail(key);
    return number;
  }
  // Money as micros, where `unit` is money; else pieces.
  int64_t Amount(std::string_view key, const Unit& unit) {
    const std::string text = Text(key);
    int64_t pieces = 0;
    if (!unit.is_money()) {
      if (!absl::SimpleAtoi(text, &pieces)) Fail(key);
      return pieces;
    }
    const auto micros = ParseMicros(text);
    if (!micros.ok()) Fail(key);
    return micros.value_or(0);
  }
  int64_t Time(std::string_view key) {
    const auto instant = ParseInstant(Text(key));
    if (!instant.ok()) Fail(key);
    return instant.ok() ? instant->unix_ms : 0;
  }
  const std::vector<JsonValue>& Items(std::string_view key) {
    static const std::vector<JsonValue> none;
    const JsonValue* value = Find(key, JsonValue::Type::kArray);
    return value == nullptr ? none : value->items;
  }
  const std::vector<std::pair<std::string, JsonValue>>& Members(std::string_view key) {
    static const std::vector<std::pair<std::string, JsonValue>> none;
    const JsonValue* value = Find(key, JsonValue::Type::kObject);
    return value == nullptr ? none : value->members;
  }
  void Fail(std::string_view key) {
    if (status_.ok())
      status_ = absl::InvalidArgumentError(Cat(key, ": is not what a bill has there"));
  }
  const absl::Status& status() const { return status_; }

 private:
  const JsonValue* Find(std::string_view key, JsonValue::Type type) {
    const JsonValue* value = object_.Find(key);
    if (value != nullptr && value->is(type)) return value;
    Fail(key);
    return nullptr;
  }
  const JsonValue& object_;
  absl::Status status_;
};

std::optional<type::v1::TokenKind> KindOf(std::string_view name) {
  for (int i = 0; i < kTokenKindCount; ++i) {
    if (TokenKindName(static_cast<TokenKind>(i)) == name)
      return static_cast<type::v1::TokenKind>(i + 1);
  }
  return std::nullopt;
}

std::optional<cdr::v1::RecordType> TypeOf(std::string_view name) {
  if (name == "usage") return cdr::v1::USAGE;
  if (name == "fee") return cdr::v1::FEE;
  if (name == "refund") return cdr::v1::REFUND;
  return std::nullopt;
}

absl::Status ReadReason(const JsonValue& object, const Unit& unit, wire::BillReason* out) {
  Fields fields(object);
  const auto kind = KindOf(fields.Text("kind"));
  if (!kind) fields.Fail("kind");
  out->set_token_kind(kind.value_or(type::v1::TOKEN_KIND_UNSPECIFIED));
  out->set_quantity(fields.Count<int64_t>("quantity"));
  out->set_amount(fields.Amount("amount", unit));
  out->set_price(fields.Text("price"));
  out->set_rule(fields.Text("rule"));
  out->set_tariff_revision(fields.Count<uint32_t>("tariff_revision"));
  return fields.status();
}

void ReadTax(Fields& fields, int64_t gross_micros, wire::Tax* out) {
  const Unit money = Unit::Of("CNY");
  out->set_tax_basis_points(fields.Count<int32_t>("tax_basis_points"));
  out->set_gross_micros(gross_micros);
  out->set_net_micros(fields.Amount("net", money));
  out->set_tax_micros(fields.Amount("tax", money));
  out->set_remainder(fields.Count<int64_t>("tax_remainder"));
}

absl::Status ReadItem(const JsonValue& object, wire::BillItem* out) {
  Fields fields(object);
  out->set_charge_code(fields.Text("charge_code"));
  const auto type = TypeOf(fields.Text("type"));
  if (!type) fields.Fail("type");
  out->set_record_type(type.value_or(cdr::v1::RECORD_TYPE_UNSPECIFIED));
  out->set_description(fields.Text("description"));
  OCS_ASSIGN_OR_RETURN(const Unit unit, Unit::Parse(fields.Text("unit")));
  // What packages covered has no tax, of money or not.
  if (object.Find("tax") != nullptr) {
    out->set_currency(std::string(unit.code()));
    out->set_amount_micros(fields.Amount("amount", unit));
    ReadTax(fields, out->amount_micros(), out->mutable_tax());
  } else {
    out->set_covered_unit(std::string(unit.code()));
    out->set_covered_amount(fields.Amount("amount", unit));
  }
  out->set_record_count(fields.Count<int64_t>("records"));
  for (const auto& [name, value] : fields.Members("quantities")) {
    auto* quantity = out->add_token_quantity();
    const auto kind = KindOf(name);
    int64_t count = 0;
    if (!kind || !absl::SimpleAtoi(value.text, &count)) fields.Fail("quantities");
    quantity->set_token_kind(kind.value_or(type::v1::TOKEN_KIND_UNSPECIFIED));
    quantity->set_quantity(count);
  }
  for (const JsonValue& reason : fields.Items("reasons"))
    OCS_RETURN_IF_ERROR(ReadReason(reason, unit, out->add_reason()));
  return fields.status();
}

absl::Status ReadCurrency(const JsonValue& object, wire::CurrencyBill* out) {
  Fields fields(object);
  out->set_currency(fields.Text("currency"));
  OCS_ASSIGN_OR_RETURN(const Unit unit, Unit::Parse(out->currency()));
  out->set_total_micros(fields.Amount("total", unit));
  out->set_carried_in_micros(fields.Amount("carried_in", unit));
  out->set_payable_fen(fields.Count<int64_t>("payable_fen"));
  out->set_carried_out_micros(fields.Amount("carried_out", unit));
  for (const JsonValue& tax : fields.Items("taxes")) {
    Fields of(tax);
    ReadTax(of, of.Amount("gross", unit), out->add_tax());
    OCS_RETURN_IF_ERROR(of.status());
  }
  for (const JsonValue& item : fields.Items("items")) {
    wire::BillItem* added = out->add_item();
    OCS_RETURN_IF_ERROR(ReadItem(item, added));
    // Items come by charge code: sums of those that follow each other.
    if (out->charge_code_total_size() == 0 ||
        out->charge_code_total(out->charge_code_total_size() - 1).charge_code() !=
            added->charge_code()) {
      out->add_charge_code_total()->set_charge_code(added->charge_code());
    }
    auto* total = out->mutable_charge_code_total(out->charge_code_total_size() - 1);
    total->set_amount_micros(total->amount_micros() + added->amount_micros());
  }
  return fields.status();
}

}  // namespace

absl::StatusOr<wire::BillDocument> ParseBillLine(std::string_view line) {
  OCS_ASSIGN_OR_RETURN(const JsonValue object, ParseJson(line));
  if (object.TextOf("format") != "ocs-bill-json-1")
    return absl::InvalidArgumentError("format: expected ocs-bill-json-1");
  Fields fields(object);
  wire::BillDocument document;
  document.set_document(fields.Text("document"));
  document.set_kind(fields.Text("kind"));
  uint64_t number = 0;
  const size_t dash = document.document().rfind('-');
  if (dash == std::string::npos ||
      !absl::SimpleAtoi(document.document().substr(dash + 1), &number)) {
    fields.Fail("document");
  }
  document.set_number(number);
  wire::Bill* bill = document.mutable_bill();
  bill->set_account_id(fields.Count<uint64_t>("account"));
  bill->set_from_unix_ms(fields.Time("from"));
  bill->set_until_unix_ms(fields.Time("until"));
  bill->set_record_count(fields.Count<int64_t>("records"));
  for (const JsonValue& part : fields.Items("currencies"))
    OCS_RETURN_IF_ERROR(ReadCurrency(part, bill->add_currency_bill()));
  for (const JsonValue& item : fields.Items("covered"))
    OCS_RETURN_IF_ERROR(ReadItem(item, bill->add_covered()));
  for (const JsonValue& day : fields.Items("days")) {
    Fields of(day);
    auto* added = bill->add_day();
    added->set_day(of.Count<int32_t>("day"));
    added->set_tokens(of.Count<int64_t>("tokens"));
    OCS_RETURN_IF_ERROR(of.status());
  }
  if (!fields.status().ok()) return fields.status();
  return document;
}

absl::Status ForEachBillIn(const std::string& cycle_folder,
                           const std::function<absl::Status(const wire::BillDocument&)>& visit) {
  const std::string path = Cat(cycle_folder, "/bills.jsonl");
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(Cat(path, ": is not there; see ocsctl bill run"));
  std::string line;
  for (uint64_t number = 1; std::getline(file, line); ++number) {
    const auto document = ParseBillLine(line);
    if (!document.ok()) return Annotate(document.status(), Cat(path, ":", number));
    OCS_RETURN_IF_ERROR(visit(*document));
  }
  return absl::OkStatus();
}

}  // namespace ocs::tools
