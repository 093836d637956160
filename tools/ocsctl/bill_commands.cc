// ocsctl bill: what goes on the phone bill, and why.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "ocs/settlement/v1/settlement.grpc.pb.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/page_output.h"
#include "tools/ocsctl/values.h"
#include "tools/ocsctl/wire_bill.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using settlement::v1::Settlement;

struct BillArguments {
  std::string account;
  std::string month;
  std::string from;
  std::string until;
  std::vector<std::string> carried_in;
  std::string document;
  PageArguments page;
};

absl::Status FillCycle(const Ctl& ctl, const BillArguments& arguments,
                       settlement::v1::GetBillRequest* request) {
  if (!arguments.month.empty()) {
    const auto month = ParseMonth(arguments.month, ctl.zone());
    if (!month.ok()) return month.status();
    request->set_from_unix_ms(month->first.unix_ms);
    request->set_until_unix_ms(month->second.unix_ms);
    return absl::OkStatus();
  }
  if (arguments.from.empty() || arguments.until.empty())
    return absl::InvalidArgumentError("say --month 2026-05, or --from and --until");
  const auto from = ParseTime(arguments.from, ctl.zone());
  if (!from.ok()) return from.status();
  const auto until = ParseTime(arguments.until, ctl.zone());
  if (!until.ok()) return until.status();
  request->set_from_unix_ms(from->unix_ms);
  request->set_until_unix_ms(until->unix_ms);
  return absl::OkStatus();
}

absl::Status FillCarried(const BillArguments& arguments, settlement::v1::GetBillRequest* request) {
  for (const std::string& text : arguments.carried_in) {
    const size_t equals = text.find('=');
    int64_t micros = 0;
    if (equals == std::string::npos || !absl::SimpleAtoi(text.substr(equals + 1), &micros)) {
      return absl::InvalidArgumentError(
          Cat("--carried-in: '", text, "' is not CURRENCY=MICROS, such as CNY=1234"));
    }
    auto* carried = request->add_carried_in();
    carried->set_currency(text.substr(0, equals));
    carried->set_carried_micros(micros);
  }
  return absl::OkStatus();
}

std::string_view TypeName(cdr::v1::RecordType type) {
  switch (type) {
    case cdr::v1::FEE:
      return "fee";
    case cdr::v1::REFUND:
      return "refund";
    case cdr::v1::REBATE:
      return "rebate";
    case cdr::v1::CORRECTION:
      return "correction";
    default:
      return "usage";
  }
}

// An item's row, then one for each reason.
void AddItem(const settlement::v1::BillItem& item, Table* table) {
  const bool money = !item.currency().empty();
  const std::string& unit = money ? item.currency() : item.covered_unit();
  table->AddRow({item.charge_code(), Cat(TypeName(item.record_type())), item.description(),
                 QuantitiesText(item.token_quantity()), FormatGrouped(item.record_count()),
                 AmountText(money ? item.amount_micros() : item.covered_amount(), unit)});
  for (const auto& reason : item.reason()) {
    const auto kind = FromWire(reason.token_kind());
    table->AddRow(
        {"", "",
         Cat("  ", kind.ok() ? TokenKindName(*kind) : std::string_view("unknown"), " at ",
             reason.price(), " (", reason.rule(), ", revision ", reason.tariff_revision(), ")"),
         FormatGrouped(reason.quantity()), "", AmountText(reason.amount(), unit)});
  }
}

Table ItemTable() {
  return Table({{"charge code"},
                {"type"},
                {"what, and why"},
                {"quantity", Align::kRight},
                {"records", Align::kRight},
                {"amount", Align::kRight}});
}

void PrintCurrency(const Ctl& ctl, const settlement::v1::CurrencyBill& bill) {
  const std::string& currency = bill.currency();
  Table items = ItemTable();
  for (const auto& item : bill.item()) AddItem(item, &items);
  ctl.Print(Cat("\n", currency, "\n", items.empty() ? "" : Cat(items.Format(), "\n")));
  Table totals({{"total"}, {"amount", Align::kRight}});
  for (const auto& code : bill.charge_code_total())
    totals.AddRow({code.charge_code(), AmountText(code.amount_micros(), currency)});
  for (const auto& tax : bill.tax()) {
    if (tax.tax_basis_points() == 0) continue;
    totals.AddRow({Cat("of it tax of ", FormatMicros(tax.tax_basis_points() * kMicrosPerFen), " %"),
                   AmountText(tax.tax_micros(), currency)});
  }
  totals.AddRow({"total", AmountText(bill.total_micros(), currency)});
  totals.AddRow({"carried in", AmountText(bill.carried_in_micros(), currency)});
  totals.AddRow({"payable", AmountText(bill.payable_fen() * kMicrosPerFen, currency)});
  totals.AddRow({"carried to the next bill", AmountText(bill.carried_out_micros(), currency)});
  ctl.Print(totals.Format());
}

int Show(const Ctl& ctl, const BillArguments& arguments) {
  settlement::v1::GetBillRequest request;
  for (const absl::Status& filled :
       {FillCycle(ctl, arguments, &request), FillCarried(arguments, &request)}) {
    if (!filled.ok()) return Complain(filled);
  }
  uint64_t id = 0;
  grpc::Status status = ctl.FindAccount(arguments.account, &id);
  if (!status.ok()) return ctl.Complain(status);
  request.set_account_id(id);
  settlement::v1::GetBillResponse response;
  status = ctl.Call(*ctl.Stub<Settlement>(), &Settlement::Stub::GetBill, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (arguments.page.wanted()) {
    const auto shown = FromWire(response.bill());
    return shown.ok() ? WritePage(ctl, arguments.page, arguments.document, *shown)
                      : Complain(shown.status());
  }
  if (ctl.json) {
    ctl.PrintJson(response);
    return kDone;
  }
  const settlement::v1::Bill& bill = response.bill();
  ctl.Print(Cat("bill of account ", bill.account_id(), " from ",
                TimeText(bill.from_unix_ms(), ctl.zone()), " until ",
                TimeText(bill.until_unix_ms(), ctl.zone()), ", ",
                FormatGrouped(bill.record_count()), " records\n"));
  for (const auto& currency : bill.currency_bill()) PrintCurrency(ctl, currency);
  Table covered = ItemTable();
  for (const auto& item : bill.covered()) AddItem(item, &covered);
  if (!covered.empty()) ctl.Print(Cat("\ncovered by packages, at no charge\n", covered.Format()));
  Table nodes({{"node"}, {"itself", Align::kRight}, {"with those below", Align::kRight}});
  for (const auto& node : bill.node_total()) {
    nodes.AddRow(
        {Cat(node.node().empty() ? "all" : node.node(), node.payable() ? "" : " (covered)"),
         AmountText(node.own_amount(), node.unit()), AmountText(node.amount(), node.unit())});
  }
  if (!nodes.empty()) ctl.Print(Cat("\n", nodes.Format()));
  return kDone;
}

}  // namespace

void AddBillCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "bill", "Bills");
  const auto arguments = std::make_shared<BillArguments>();
  CLI::App* show = AddCommand(family, "show", "An account's bill of a cycle, item by item",
                              "ocsctl --zone Asia/Shanghai bill show msisdn:8613800138000 "
                              "--month 2026-05 --carried-in CNY=1234");
  AddAccountOption(show, &arguments->account);
  show->add_option("--month", arguments->month, "A calendar month in --zone: 2026-05");
  show->add_option("--from", arguments->from, "Or from this time");
  show->add_option("--until", arguments->until, "until that, not included");
  show->add_option("--carried-in", arguments->carried_in,
                   "CURRENCY=MICROS: what the bill before carried out; may be repeated")
      ->take_all();
  show->add_option("--document", arguments->document, "Of the page: the bill's number");
  AddPageOptions(show, &arguments->page);
  show->callback([=] { ctl->chosen = [=] { return Show(*ctl, *arguments); }; });
  AddBillRunCommand(family, ctl);
  AddBillPageCommand(family, ctl);
}

}  // namespace ocs::tools
