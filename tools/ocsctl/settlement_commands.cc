// ocsctl settlement: what vendors are owed, whether their invoices agree, and what is earned.

#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "cdr/costs.h"
#include "cdr/explain.h"
#include "cdr/reconcile.h"
#include "ocs/base/exact.h"
#include "ocs/base/json.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/record_source.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

struct SettlementArguments {
  std::string month;
  std::string from_files;
  std::string provider;
  std::string invoice;
  std::string tolerance = "0.01";
  std::string currency = "CNY";
};

// Reads the records of the month; returns how the command ends.
int ReadMonth(const Ctl& ctl, const SettlementArguments& arguments,
              const std::function<absl::Status(const cdr::Record&)>& visit) {
  const auto month = ParseMonth(arguments.month, ctl.zone());
  if (!month.ok()) return Complain(month.status());
  return ReadRecords(ctl, arguments.from_files, {},
                     [&](const cdr::RecordId&, const cdr::Record& record) -> absl::Status {
                       if (record.recorded_at < month->first || record.recorded_at >= month->second)
                         return absl::OkStatus();
                       return visit(record);
                     });
}

bool IsOf(const SettlementArguments& arguments, const cdr::Record& record) {
  return arguments.provider.empty() || record.provider == arguments.provider;
}

int Vendors(const Ctl& ctl, const SettlementArguments& arguments) {
  cdr::VendorStatement statement;
  const int code = ReadMonth(ctl, arguments, [&](const cdr::Record& record) {
    return IsOf(arguments, record) ? statement.Add(record) : absl::OkStatus();
  });
  if (code != kDone) return code;
  Table table({{"vendor"},
               {"model"},
               {"kind"},
               {"quantity", Align::kRight},
               {"price"},
               {"calls", Align::kRight},
               {"owed", Align::kRight}});
  JsonWriter json;
  json.BeginObject();
  json.Key("items");
  json.BeginArray();
  absl::btree_map<Unit, int64_t> totals;
  for (const cdr::CostItem& item : statement.Items()) {
    const std::string price =
        cdr::FormatPrice(item.kind, item.currency, item.price_numerator, item.price_denominator);
    const auto total = AddExact(totals[item.currency], item.amount_micros);
    if (!total) return Complain(absl::OutOfRangeError("the total does not fit 64 bits"));
    totals[item.currency] = *total;
    table.AddRow({item.provider, item.model, Cat(TokenKindName(item.kind)),
                  FormatGrouped(item.quantity), price, FormatGrouped(item.record_count),
                  FormatAmount(item.amount_micros, item.currency)});
    json.BeginObject();
    json.Field("provider", item.provider);
    json.Field("model", item.model);
    json.Field("kind", TokenKindName(item.kind));
    json.Field("quantity", item.quantity);
    json.Field("price", price);
    json.Field("calls", item.record_count);
    json.Field("currency", item.currency.code());
    json.Field("amount_micros", item.amount_micros);
    json.EndObject();
  }
  json.EndArray();
  json.Field("records_without_cost", statement.records_without_cost());
  json.EndObject();
  if (ctl.json) {
    ctl.Print(Cat(json.text(), "\n"));
    return kDone;
  }
  for (const auto& [currency, amount] : totals)
    table.AddRow({"all", "", "", "", "", "", FormatAmount(amount, currency)});
  ctl.Print(table.empty() ? "no record of this month tells a cost\n" : table.Format());
  if (statement.records_without_cost() > 0) {
    ctl.Print(Cat(FormatGrouped(statement.records_without_cost()),
                  " records of use tell no cost: their model has no wholesale price\n"));
  }
  return kDone;
}

void PrintDifferences(const Ctl& ctl, const cdr::Reconciliation& found) {
  if (ctl.json) {
    JsonWriter json;
    json.BeginObject();
    json.Field("matched", found.matched);
    json.Key("differences");
    json.BeginArray();
    for (const cdr::InvoiceDifference& d : found.differences) {
      json.BeginObject();
      json.Field("cause", cdr::DifferenceCauseName(d.cause));
      json.Field("model", d.model);
      json.Field("kind", TokenKindName(d.kind));
      json.Field("our_quantity", d.our_quantity);
      json.Field("invoice_quantity", d.invoice_quantity);
      json.Field("currency", d.currency.code());
      json.Field("amount_micros", d.amount_micros);
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
    ctl.Print(Cat(json.text(), "\n"));
    return;
  }
  Table table({{"cause"},
               {"model"},
               {"kind"},
               {"ours", Align::kRight},
               {"invoice", Align::kRight},
               {"invoice asks more by", Align::kRight}});
  for (const cdr::InvoiceDifference& d : found.differences) {
    table.AddRow({Cat(cdr::DifferenceCauseName(d.cause)), d.model, Cat(TokenKindName(d.kind)),
                  FormatGrouped(d.our_quantity), FormatGrouped(d.invoice_quantity),
                  FormatAmount(d.amount_micros, d.currency)});
  }
  ctl.Print(Cat(table.empty() ? "" : table.Format(), found.matched,
                " of models and kinds agree to the micro\n"));
}

int ReconcileInvoice(const Ctl& ctl, const SettlementArguments& arguments) {
  std::ifstream in(arguments.invoice, std::ios::binary);
  if (!in.good())
    return Complain(absl::NotFoundError(Cat(arguments.invoice, ": cannot be opened")));
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto invoice = cdr::ParseInvoice(text);
  if (!invoice.ok()) return Complain(Annotate(invoice.status(), arguments.invoice));
  const auto tolerance = ParseMicros(arguments.tolerance);
  if (!tolerance.ok()) return Complain(Annotate(tolerance.status(), "--tolerance"));
  cdr::VendorStatement statement;
  const int code = ReadMonth(ctl, arguments, [&](const cdr::Record& record) {
    return IsOf(arguments, record) ? statement.Add(record) : absl::OkStatus();
  });
  if (code != kDone) return code;
  const auto found = cdr::Reconcile(statement.Items(), *invoice, *tolerance);
  if (!found.ok()) return Complain(found.status());
  PrintDifferences(ctl, *found);
  for (const cdr::InvoiceDifference& d : found->differences) {
    if (d.cause != cdr::DifferenceCause::kRounding) return kRefused;
  }
  return kDone;
}

void PrintMarginJson(const Ctl& ctl, const std::vector<cdr::MarginItem>& items) {
  JsonWriter json;
  json.BeginObject();
  json.Key("items");
  json.BeginArray();
  for (const cdr::MarginItem& item : items) {
    json.BeginObject();
    json.Field("charge_code", item.charge_code);
    json.Field("type", cdr::RecordTypeName(item.type));
    json.Field("description", item.description);
    json.Field("currency", item.currency.code());
    json.Field("billed_gross_micros", item.billed_gross_micros);
    json.Field("billed_tax_micros", item.billed_tax_micros);
    json.Field("package_gross_micros", item.package_gross_micros);
    json.Field("package_tax_micros", item.package_tax_micros);
    json.Field("cost_micros", item.cost_micros);
    json.Field("margin_micros", item.margin_micros);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  ctl.Print(Cat(json.text(), "\n"));
}

int Margin(const Ctl& ctl, const SettlementArguments& arguments) {
  const auto currency = Unit::Parse(arguments.currency);
  if (!currency.ok() || !currency->is_money())
    return Complain(absl::InvalidArgumentError("--currency: expected three capital letters"));
  cdr::MarginBook book(*currency);
  const int code =
      ReadMonth(ctl, arguments, [&](const cdr::Record& record) { return book.Add(record); });
  if (code != kDone) return code;
  const auto items = book.Items();
  if (!items.ok()) return Complain(items.status());
  if (ctl.json) {
    PrintMarginJson(ctl, *items);
    return kDone;
  }
  Table table({{"charge code"},
               {"type"},
               {"model or offer"},
               {"billed", Align::kRight},
               {"of it tax", Align::kRight},
               {"earned of packages", Align::kRight},
               {"cost", Align::kRight},
               {"margin", Align::kRight}});
  for (const cdr::MarginItem& item : *items) {
    table.AddRow({item.charge_code, Cat(cdr::RecordTypeName(item.type)), item.description,
                  FormatAmount(item.billed_gross_micros, item.currency),
                  FormatAmount(item.billed_tax_micros, item.currency),
                  FormatAmount(item.package_gross_micros, item.currency),
                  FormatAmount(item.cost_micros, item.currency),
                  item.type == cdr::RecordType::kFee
                      ? ""
                      : FormatAmount(item.margin_micros, item.currency)});
  }
  ctl.Print(table.empty() ? "no records in this month\n" : table.Format());
  return kDone;
}

void AddMonth(CLI::App* command, SettlementArguments* arguments) {
  command->add_option("--month", arguments->month, "A calendar month in --zone: 2026-05")
      ->required();
  AddSourceOption(command, &arguments->from_files);
}

}  // namespace

void AddSettlementCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "settlement", "Vendors, margins and proofs, from records");
  const auto arguments = std::make_shared<SettlementArguments>();
  CLI::App* vendors = AddCommand(family, "vendors", "What each model's vendor is owed for a month",
                                 "ocsctl --zone Asia/Shanghai settlement vendors --month 2026-05");
  AddMonth(vendors, arguments.get());
  vendors->add_option("--provider", arguments->provider, "Only this vendor");
  vendors->callback([=] { ctl->chosen = [=] { return Vendors(*ctl, *arguments); }; });

  CLI::App* reconcile =
      AddCommand(family, "reconcile", "Compare a vendor's invoice with what our records say",
                 "ocsctl --zone Asia/Shanghai settlement reconcile --month 2026-05 --provider "
                 "deepseek --invoice invoice.csv");
  AddMonth(reconcile, arguments.get());
  reconcile->add_option("--provider", arguments->provider, "Only this vendor");
  reconcile
      ->add_option("--invoice", arguments->invoice,
                   "CSV with the columns model, kind, quantity, amount, currency")
      ->required();
  reconcile
      ->add_option("--tolerance", arguments->tolerance,
                   "Below this a difference is rounding, for each model and kind")
      ->capture_default_str();
  reconcile->callback([=] { ctl->chosen = [=] { return ReconcileInvoice(*ctl, *arguments); }; });

  CLI::App* margin = AddCommand(family, "margin", "Revenue, cost and margin of each product",
                                "ocsctl --zone Asia/Shanghai settlement margin --month 2026-05");
  AddMonth(margin, arguments.get());
  margin->add_option("--currency", arguments->currency, "Of what packages earn")
      ->capture_default_str();
  margin->callback([=] { ctl->chosen = [=] { return Margin(*ctl, *arguments); }; });
  AddSettlementCheck(family, ctl);
  AddSettlementSend(family, ctl);
  AddReRateCommand(family, ctl);
}

}  // namespace ocs::tools
