#include "cdr/internal/bill_files.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "cdr/internal/csv_field.h"
#include "cdr/internal/json_string.h"
#include "cdr/internal/text.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr::internal {
namespace {

constexpr size_t kFileBufferBytes = 256 << 10;
constexpr std::string_view kCarriedHeader = "account,currency,carried_micros";

struct FileHead {
  std::string_view name;
  std::string_view header;
};
constexpr std::array<FileHead, 5> kFiles = {{
    {"bills.csv",
     "document,kind,account,currency,from,until,total,carried_in,payable,carried_out,tax,records"},
    {"items.csv",
     "document,account,charge_code,type,description,unit,amount,covered,tax_basis_points,net,tax,"
     "tax_remainder,records,quantities"},
    {"nodes.csv", "document,account,node,payable,unit,own_amount,amount"},
    {kCarriedName, kCarriedHeader},
    {"bills.jsonl", ""},
}};

std::string AmountOf(int64_t amount, const Unit& unit) {
  return unit.is_money() ? FormatMicros(amount) : Cat(amount);
}

std::string QuantitiesOf(const Quantities& quantities) {
  std::string text;
  for (const KindQuantity& q : quantities)
    AppendTo(&text, text.empty() ? "" : ";", TokenKindName(q.kind), "=", q.quantity);
  return text;
}

int64_t TaxOf(const CurrencyBill& bill) {
  int64_t tax = 0;  // Not more than the gross amounts, which were added up before.
  for (const TaxTotal& total : bill.taxes) tax += total.tax.tax_micros;
  return tax;
}

void AppendJsonText(std::string_view name, std::string_view text, std::string* out) {
  AppendTo(out, "\"", name, "\":");
  AppendJsonString(text, out);
}

void AppendJsonItem(const BillItem& item, std::string* out) {
  const bool money = !item.currency.empty();
  const Unit& unit = money ? item.currency : item.covered_unit;
  out->push_back('{');
  AppendJsonText("charge_code", item.charge_code, out);
  AppendTo(out, ",\"type\":\"", RecordTypeName(item.type), "\",");
  AppendJsonText("description", item.description, out);
  AppendTo(out, ",\"unit\":\"", unit.code(), "\",\"amount\":\"",
           AmountOf(money ? item.amount_micros : item.covered_amount, unit), "\"");
  if (money) {
    AppendTo(out, ",\"tax_basis_points\":", item.tax_basis_points, ",\"net\":\"",
             FormatMicros(item.tax.net_micros), "\",\"tax\":\"", FormatMicros(item.tax.tax_micros),
             "\",\"tax_remainder\":", item.tax.remainder);
  }
  AppendTo(out, ",\"records\":", item.record_count, ",\"quantities\":{");
  for (size_t i = 0; i < item.quantities.size(); ++i) {
    AppendTo(out, i == 0 ? "\"" : ",\"", TokenKindName(item.quantities[i].kind),
             "\":", item.quantities[i].quantity);
  }
  out->append("},\"reasons\":[");
  for (size_t i = 0; i < item.reasons.size(); ++i) {
    const BillReason& reason = item.reasons[i];
    AppendTo(out, i == 0 ? "{" : ",{", "\"kind\":\"", TokenKindName(reason.kind),
             "\",\"quantity\":", reason.quantity, ",\"amount\":\"", AmountOf(reason.amount, unit),
             "\",");
    AppendJsonText("price", reason.price, out);
    out->push_back(',');
    AppendJsonText("rule", reason.rule, out);
    AppendTo(out, ",\"tariff_revision\":", reason.tariff_revision, "}");
  }
  out->append("]}");
}

void AppendJsonItems(std::string_view name, const std::vector<BillItem>& items, std::string* out) {
  AppendTo(out, "\"", name, "\":[");
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendJsonItem(items[i], out);
  }
  out->push_back(']');
}

void AppendJsonCurrency(const CurrencyBill& part, std::string* out) {
  AppendTo(out, "{\"currency\":\"", part.currency.code(), "\",\"total\":\"",
           FormatMicros(part.total_micros), "\",\"carried_in\":\"",
           FormatMicros(part.carried_in_micros), "\",\"payable_fen\":", part.payable_fen,
           ",\"carried_out\":\"", FormatMicros(part.carried_out_micros), "\",\"taxes\":[");
  for (size_t i = 0; i < part.taxes.size(); ++i) {
    const TaxTotal& tax = part.taxes[i];
    AppendTo(out, i == 0 ? "{" : ",{", "\"tax_basis_points\":", tax.tax_basis_points,
             ",\"gross\":\"", FormatMicros(tax.gross_micros), "\",\"net\":\"",
             FormatMicros(tax.tax.net_micros), "\",\"tax\":\"", FormatMicros(tax.tax.tax_micros),
             "\",\"tax_remainder\":", tax.tax.remainder, "}");
  }
  out->append("],");
  AppendJsonItems("items", part.items, out);
  out->push_back('}');
}

void AppendJsonBill(std::string_view document, const Bill& bill, absl::TimeZone zone,
                    std::string* out) {
  AppendTo(out, "{\"format\":\"ocs-bill-json-1\",\"document\":\"", document, "\",\"kind\":\"",
           BillKindName(KindOf(bill)), "\",\"account\":", bill.cycle.account.value, ",\"from\":\"",
           FormatInstant(bill.cycle.from, zone), "\",\"until\":\"",
           FormatInstant(bill.cycle.until, zone), "\",\"records\":", bill.record_count,
           ",\"currencies\":[");
  for (size_t i = 0; i < bill.currencies.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendJsonCurrency(bill.currencies[i], out);
  }
  out->append("],");
  AppendJsonItems("covered", bill.covered, out);
  out->append(",\"days\":[");
  for (size_t i = 0; i < bill.days.size(); ++i) {
    AppendTo(out, i == 0 ? "{" : ",{", "\"day\":", bill.days[i].day,
             ",\"tokens\":", bill.days[i].tokens, "}");
  }
  out->append("]}\n");
}

}  // namespace

std::string DocumentName(std::string_view cycle, uint64_t number) {
  return Cat(cycle, "-", absl::StrFormat("%08d", number));
}

HashedFile::HashedFile(std::string path, std::string_view name, Descriptor file)
    : path_(std::move(path)), name_(name), file_(std::move(file)) {}

absl::StatusOr<std::unique_ptr<HashedFile>> HashedFile::Create(const std::string& folder,
                                                               std::string_view name) {
  std::string path = Cat(folder, "/", name);
  OCS_ASSIGN_OR_RETURN(Descriptor file, OpenTemporary(path));
  return std::unique_ptr<HashedFile>(new HashedFile(std::move(path), name, std::move(file)));
}

absl::Status HashedFile::WriteIfLarge() {
  return buffer_.size() < kFileBufferBytes ? absl::OkStatus() : Write();
}

absl::Status HashedFile::Write() {
  hash_.Add(buffer_);
  size_bytes_ += buffer_.size();
  OCS_RETURN_IF_ERROR(WriteAll(file_, buffer_, path_));
  buffer_.clear();
  return absl::OkStatus();
}

absl::StatusOr<BillManifest::File> HashedFile::Close() {
  OCS_RETURN_IF_ERROR(Write());
  OCS_RETURN_IF_ERROR(Sync(file_, path_));
  file_.Close();
  return BillManifest::File{.name = name_, .size_bytes = size_bytes_, .sha256 = hash_.Hex()};
}

absl::StatusOr<std::unique_ptr<BillFiles>> BillFiles::Create(const std::string& folder,
                                                             std::string_view cycle,
                                                             absl::TimeZone zone) {
  std::unique_ptr<BillFiles> files(new BillFiles());
  files->cycle_ = cycle;
  files->zone_ = zone;
  for (size_t i = 0; i < kFileCount; ++i) {
    OCS_ASSIGN_OR_RETURN(files->files_[i], HashedFile::Create(folder, kFiles[i].name));
    if (!kFiles[i].header.empty()) AppendTo(files->files_[i]->buffer(), kFiles[i].header, "\r\n");
  }
  return files;
}

void BillFiles::AddItem(std::string_view document, AccountId account, const BillItem& item) {
  const bool money = !item.currency.empty();
  const Unit& unit = money ? item.currency : item.covered_unit;
  std::string* out = files_[kItems]->buffer();
  AppendTo(out, document, ",", account.value, ",");
  AppendCsvField(item.charge_code, out);
  AppendTo(out, ",", RecordTypeName(item.type), ",");
  AppendCsvField(item.description, out);
  AppendTo(out, ",", unit.code(), ",", money ? FormatMicros(item.amount_micros) : "", ",",
           money ? "" : AmountOf(item.covered_amount, unit), ",");
  if (money) {
    AppendTo(out, item.tax_basis_points, ",", FormatMicros(item.tax.net_micros), ",",
             FormatMicros(item.tax.tax_micros), ",", item.tax.remainder);
  } else {
    out->append(",,,");
  }
  AppendTo(out, ",", item.record_count, ",", QuantitiesOf(item.quantities), "\r\n");
}

absl::Status BillFiles::Add(uint64_t number, const Bill& bill) {
  const AccountId account = bill.cycle.account;
  const BillKind kind = KindOf(bill);
  const std::string document = kind == BillKind::kNone ? "" : DocumentName(cycle_, number);
  for (const CurrencyBill& part : bill.currencies) {
    if (part.carried_out_micros != 0) {
      AppendTo(files_[kCarried]->buffer(), account.value, ",", part.currency.code(), ",",
               part.carried_out_micros, "\r\n");
    }
    if (kind == BillKind::kNone) continue;
    AppendTo(files_[kBills]->buffer(), document, ",", BillKindName(kind), ",", account.value, ",",
             part.currency.code(), ",", FormatInstant(bill.cycle.from, zone_), ",",
             FormatInstant(bill.cycle.until, zone_), ",", FormatMicros(part.total_micros), ",",
             FormatMicros(part.carried_in_micros), ",",
             FormatMicros(part.payable_fen * kMicrosPerFen), ",",
             FormatMicros(part.carried_out_micros), ",", FormatMicros(TaxOf(part)), ",",
             bill.record_count, "\r\n");
    for (const BillItem& item : part.items) AddItem(document, account, item);
  }
  if (kind == BillKind::kNone) return files_[kCarried]->WriteIfLarge();
  for (const BillItem& item : bill.covered) AddItem(document, account, item);
  for (const NodeTotal& node : bill.nodes) {
    std::string* out = files_[kNodes]->buffer();
    AppendTo(out, document, ",", account.value, ",");
    AppendCsvField(node.node, out);
    AppendTo(out, ",", node.kind == NodeAmountKind::kPayable ? "1," : "0,", node.unit.code(), ",",
             AmountOf(node.own_amount, node.unit), ",", AmountOf(node.amount, node.unit), "\r\n");
  }
  AppendJsonBill(document, bill, zone_, files_[kJson]->buffer());
  for (const auto& file : files_) OCS_RETURN_IF_ERROR(file->WriteIfLarge());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<BillManifest::File>> BillFiles::Close() {
  std::vector<BillManifest::File> closed;
  for (const auto& file : files_) {
    OCS_ASSIGN_OR_RETURN(BillManifest::File one, file->Close());
    closed.push_back(std::move(one));
  }
  return closed;
}

absl::StatusOr<std::unique_ptr<CarriedReader>> CarriedReader::Open(const std::string& path) {
  auto reader = std::make_unique<CarriedReader>();
  reader->path_ = path;
  if (path.empty()) return reader;
  reader->in_.open(path, std::ios::binary);
  std::string header;
  if (!std::getline(reader->in_, header) || header != Cat(kCarriedHeader, "\r")) {
    return absl::DataLossError(
        Cat(path, ": cannot be read; the next bills need what it carries: restore it"));
  }
  OCS_RETURN_IF_ERROR(reader->ReadRow());
  return reader;
}

std::optional<AccountId> CarriedReader::next() const { return account_; }

absl::StatusOr<std::vector<CarriedMicros>> CarriedReader::Take() {
  std::vector<CarriedMicros> taken;
  const std::optional<AccountId> account = account_;
  while (account_.has_value() && account_ == account) {
    taken.push_back(carried_);
    OCS_RETURN_IF_ERROR(ReadRow());
  }
  return taken;
}

absl::Status CarriedReader::ReadRow() {
  const std::optional<AccountId> before = std::exchange(account_, std::nullopt);
  std::string line;
  if (!std::getline(in_, line)) return absl::OkStatus();
  if (!line.empty() && line.back() == '\r') line.pop_back();
  const std::vector<std::string> fields = absl::StrSplit(line, ',');
  AccountId account;
  const auto unit = fields.size() == 3 ? Unit::Parse(fields[1]) : Unit::Parse("");
  if (!unit.ok() || !unit->is_money() || !absl::SimpleAtoi(fields[0], &account.value) ||
      !absl::SimpleAtoi(fields[2], &carried_.micros) || (before && account < *before)) {
    return absl::DataLossError(Cat(path_, ": cannot be read at '", line.substr(0, 80),
                                   "'; the next bills need what it carries: restore it"));
  }
  carried_.currency = *unit;
  account_ = account;
  return absl::OkStatus();
}

}  // namespace ocs::cdr::internal
