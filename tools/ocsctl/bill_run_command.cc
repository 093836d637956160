// ocsctl bill run: the bills of all accounts of a cycle.

#include <string>
#include <utility>

#include "cdr/bill_run.h"
#include "ocs/base/json.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "tools/ocsctl/cdr_files.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/record_source.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

struct BillRunArguments {
  std::string cycle;
  std::string from;
  std::string until;
  std::string folder;
  std::string from_files;
  std::string minimum = "0";
  int64_t settle_seconds = 300;
  bool final = false;
  bool by_billing_day = false;
};

absl::Status FillTimes(const Ctl& ctl, const BillRunArguments& arguments,
                       cdr::BillRunOptions* options) {
  if (arguments.from.empty() != arguments.until.empty())
    return absl::InvalidArgumentError("--from and --until go together");
  if (!arguments.from.empty()) {
    OCS_ASSIGN_OR_RETURN(options->from, ParseTime(arguments.from, ctl.zone()));
    OCS_ASSIGN_OR_RETURN(options->until, ParseTime(arguments.until, ctl.zone()));
    return absl::OkStatus();
  }
  OCS_ASSIGN_OR_RETURN(const auto month, ParseMonth(arguments.cycle, ctl.zone()));
  options->from = month.first;
  options->until = month.second;
  return absl::OkStatus();
}

absl::StatusOr<cdr::BillRunOptions> OptionsOf(const Ctl& ctl, const BillRunArguments& arguments) {
  cdr::BillRunOptions options;
  options.cycle = arguments.cycle;
  options.zone = ctl.zone();
  options.by_billing_day = arguments.by_billing_day;
  options.kind = arguments.final ? cdr::BillRunKind::kFinal : cdr::BillRunKind::kDraft;
  OCS_RETURN_IF_ERROR(FillTimes(ctl, arguments, &options));
  OCS_ASSIGN_OR_RETURN(const int64_t minimum, ParseMicros(arguments.minimum));
  options.minimum_fen = minimum / kMicrosPerFen;
  if (minimum % kMicrosPerFen != 0)
    return absl::InvalidArgumentError("--minimum: at most two decimals, as a bill has");
  // Until then a record of the cycle may still be on its way into the journal.
  if (arguments.final && Now() < options.until.PlusSeconds(arguments.settle_seconds)) {
    return absl::InvalidArgumentError(Cat("cycle ", arguments.cycle, " ends at ",
                                          FormatInstant(options.until, ctl.zone()),
                                          ", so it can be final ", arguments.settle_seconds,
                                          " seconds later; leave out --final for a draft"));
  }
  return options;
}

void PrintJson(const Ctl& ctl, const cdr::BillRunResult& result, std::string_view verdict) {
  JsonWriter json;
  json.BeginObject();
  json.Field("result", verdict);
  json.Field("folder", result.folder);
  json.Field("records", static_cast<int64_t>(result.records));
  json.Field("bills", static_cast<int64_t>(result.bills));
  json.Field("first_number", static_cast<int64_t>(result.first_number));
  json.Field("hash", result.hash);
  json.Key("sums");
  json.BeginArray();
  for (const auto& [unit, sum] : result.sums) {
    json.BeginObject();
    json.Field("currency", unit.code());
    json.Field("total_micros", sum.total_micros);
    json.Field("carried_in_micros", sum.carried_in_micros);
    json.Field("payable_fen", sum.payable_fen);
    json.Field("carried_out_micros", sum.carried_out_micros);
    json.Field("open_in_micros", sum.open_in_micros);
    json.Field("open_out_micros", sum.open_out_micros);
    json.EndObject();
  }
  json.EndArray();
  json.Key("differences");
  json.BeginArray();
  for (const std::string& difference : result.differences) json.Text(difference);
  json.EndArray();
  json.EndObject();
  ctl.Print(Cat(json.text(), "\n"));
}

void PrintText(const Ctl& ctl, const cdr::BillRunResult& result, std::string_view verdict) {
  Table sums({{"currency"},
              {"total", Align::kRight},
              {"carried in", Align::kRight},
              {"payable", Align::kRight},
              {"carried out", Align::kRight}});
  for (const auto& [unit, sum] : result.sums) {
    sums.AddRow({Cat(unit.code()), FormatAmount(sum.total_micros, unit),
                 FormatAmount(sum.carried_in_micros, unit),
                 FormatAmount(sum.payable_fen * kMicrosPerFen, unit),
                 FormatAmount(sum.carried_out_micros, unit)});
  }
  std::string out =
      Cat(verdict, ": ", result.folder, "\n", FormatGrouped(static_cast<int64_t>(result.records)),
          " records, ", FormatGrouped(static_cast<int64_t>(result.bills)), " bills");
  if (result.bills > 0)
    out += Cat(", numbers ", result.first_number, " to ", result.first_number + result.bills - 1);
  out += Cat("\n", sums.empty() ? "" : sums.Format(), "hash of the manifest ", result.hash, "\n");
  for (const auto& [unit, sum] : result.sums) {
    if (sum.open_in_micros == 0 && sum.open_out_micros == 0) continue;
    out += Cat("of cycles that went on: ", FormatAmount(sum.open_in_micros, unit),
               " from the run before, ", FormatAmount(sum.open_out_micros, unit),
               " kept for the next\n");
  }
  for (const std::string& difference : result.differences) out += Cat("DIFFERS ", difference, "\n");
  ctl.Print(out);
}

int Run(const Ctl& ctl, const BillRunArguments& arguments) {
  const auto options = OptionsOf(ctl, arguments);
  if (!options.ok()) return Complain(options.status());
  auto run = cdr::BillRun::Open(arguments.folder, *options);
  if (!run.ok()) return Complain(run.status());
  const int read = ReadRecords(
      ctl, arguments.from_files, (*run)->start(),
      [&](const cdr::RecordId& id, const cdr::Record& record) { return (*run)->Add(id, record); });
  if (read != kDone) return read;
  const auto result = (*run)->Finish();
  if (!result.ok()) return Complain(result.status());
  const std::string_view verdict = !result->verified ? arguments.final ? "final" : "draft"
                                   : result->differences.empty() ? "final already, verified"
                                                                 : "final already, DIFFERS";
  if (ctl.json) {
    PrintJson(ctl, *result, verdict);
  } else {
    PrintText(ctl, *result, verdict);
  }
  return result->differences.empty() ? kDone : kRefused;
}

}  // namespace

void AddBillRunCommand(CLI::App* family, Ctl* ctl) {
  const auto arguments = std::make_shared<BillRunArguments>();
  CLI::App* run = AddCommand(
      family, "run", "Bill all accounts for a cycle: a draft, or final; a final one is verified",
      "ocsctl --zone Asia/Shanghai bill run --cycle 2026-05 --folder bills --final");
  run->add_option("--cycle", arguments->cycle,
                  "A calendar month in --zone: 2026-05; with --from and --until, any name")
      ->required();
  run->add_option("--folder", arguments->folder, "Where the cycles are; must be there")->required();
  run->add_option("--from", arguments->from, "The cycle begins at this time instead");
  run->add_option("--until", arguments->until, "and ends at that, not included");
  AddSourceOption(run, &arguments->from_files);
  run->add_flag("--by-billing-day", arguments->by_billing_day,
                "Bill the accounts whose own cycle ends in the cycle; keep the others' records");
  run->add_flag("--final", arguments->final, "Not a draft: never written again");
  run->add_option("--minimum", arguments->minimum, "Carry on what is less than this: 1.00")
      ->capture_default_str();
  run->add_option("--settle-seconds", arguments->settle_seconds,
                  "How long after its end a cycle may be final")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  run->callback([=] { ctl->chosen = [=] { return Run(*ctl, *arguments); }; });
}

}  // namespace ocs::tools
