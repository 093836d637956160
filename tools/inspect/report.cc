#include "tools/inspect/report.h"

#include <algorithm>
#include <utility>

#include "ocs/base/json.h"
#include "ocs/base/text.h"
#include "tools/inspect/transfer_check.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

constexpr std::string_view kLookAtEntry = "see the entry: ocs-inspect DIR group GROUP";
constexpr std::string_view kRestore =
    "do not start a server on it; restore the shard from a copy that passes";

constexpr std::array<CheckInfo, kCheckCount> kChecks = {{
    {"chain", "1", "each group follows from the one before it", kRestore},
    {"history", "1", "each entry follows its account's last", kLookAtEntry},
    {"requests", "2", "no request was answered twice",
     "compare the two entries; give back the second charge (ocsctl charge refund)"},
    {"changes", "2", "no administrative change was made twice",
     "compare the two entries; undo the second one with a change of its own"},
    {"refunds", "2", "no charge was given back twice",
     "compare the two entries; charge the amount of the second once more"},
    {"vouchers", "2", "each voucher is redeemed once", kLookAtEntry},
    {"identities", "2", "each identity leads to its one account", kRestore},
    {"answers", "2", "what is known of requests is there", kRestore},
    {"postings", "3", "postings sum to zero in each unit", kRestore},
    {"buckets", "3", "what was granted is all accounted for", kRestore},
    {"states", "3", "stored states are what the journal says", kRestore},
    {"due", "3", "what falls due is known, and nothing else", kRestore},
    {"record_amounts", "3", "records charge what the ledger earns", kLookAtEntry},
    {"revenue", "3", "records say what packages earn", kLookAtEntry},
    {"record_sequence", "3", "no record is missing or doubled", kLookAtEntry},
    {"record_lines", "5", "quantity x price = amount, exactly", kLookAtEntry},
    {"carries", "5", "remainders go from charge to charge", kLookAtEntry},
}};

std::string Grouped(uint64_t number) { return FormatGrouped(static_cast<int64_t>(number)); }

std::string Totals(const Report& report) {
  Table table({{"unit"}, {"records", Align::kRight}, {"ledger", Align::kRight}});
  for (const UnitTotal& total : report.totals)
    table.AddRow({std::string(total.unit.code()), total.records, total.ledger});
  return table.empty() ? "" : Cat("\n", table.Format());
}

std::string Failures(const Report& report) {
  std::string out;
  for (size_t i = 0; i < report.checks.size(); ++i) {
    const CheckResult& result = report.checks[i];
    if (result.failed == 0) continue;
    out += Cat("\n", kChecks[i].claim, ": ", Grouped(result.failed), " failed\n");
    for (const Failure& failure : result.first)
      out += Cat("  ", Printable(failure.place), ": ", Printable(failure.what), "\n");
    if (result.failed > result.first.size())
      out += Cat("  and ", Grouped(result.failed - result.first.size()), " more\n");
    out += Cat("  how to go on: ", kChecks[i].hint, "\n");
  }
  return out;
}

void WriteResult(const CheckResult& result, JsonWriter& json) {
  json.Field("checked", static_cast<int64_t>(result.checked));
  json.Field("failed", static_cast<int64_t>(result.failed));
  json.Key("failures");
  json.BeginArray();
  for (const Failure& failure : result.first) {
    json.BeginObject();
    json.Field("place", failure.place);
    json.Field("what", failure.what);
    json.EndObject();
  }
  json.EndArray();
}

void WriteCheck(const CheckInfo& info, const CheckResult& result, JsonWriter& json) {
  json.BeginObject();
  json.Field("name", info.name);
  json.Field("law", info.law);
  json.Field("claim", info.claim);
  WriteResult(result, json);
  json.EndObject();
}

void WriteTransfers(const TransferReport& transfers, JsonWriter& json) {
  json.BeginObject();
  json.Field("verdict", transfers.ok() ? "OK" : "FAILED");
  json.Field("note", transfers.note);
  json.Field("sent", static_cast<int64_t>(transfers.sent));
  json.Field("arrived", static_cast<int64_t>(transfers.arrived));
  json.Field("came_back", static_cast<int64_t>(transfers.came_back));
  json.Key("on_their_way");
  json.BeginArray();
  for (const TransferOnItsWay& transfer : transfers.on_their_way) {
    json.BeginObject();
    json.Field("id", transfer.id);
    json.Field("from", static_cast<int64_t>(transfer.from.value));
    json.Field("to", static_cast<int64_t>(transfer.to.value));
    json.Field("unit", transfer.unit.code());
    json.Field("amount", transfer.amount);
    json.Field("where", WhereText(transfer.where));
    json.EndObject();
  }
  json.EndArray();
  WriteResult(transfers.check, json);
  json.EndObject();
}

void WriteReport(const Report& report, JsonWriter& json) {
  json.BeginObject();
  json.Key("shard");
  json.Count(report.shard.value);
  json.Field("verdict", report.ok() ? "OK" : "FAILED");
  json.Field("first_group", static_cast<int64_t>(report.first_group));
  json.Field("head_group", static_cast<int64_t>(report.head_group));
  json.Field("head_hash", report.head_hash);
  json.Field("entries", static_cast<int64_t>(report.entries));
  json.Field("accounts", static_cast<int64_t>(report.accounts));
  json.Field("records", static_cast<int64_t>(report.records));
  json.Field("journal_bytes", report.journal_bytes);
  json.Key("totals");
  json.BeginArray();
  for (const UnitTotal& total : report.totals) {
    json.BeginObject();
    json.Field("unit", total.unit.code());
    json.Field("records", total.records);
    json.Field("ledger", total.ledger);
    json.EndObject();
  }
  json.EndArray();
  json.Key("notes");
  json.BeginArray();
  for (const std::string& note : report.notes) json.Text(note);
  json.EndArray();
  json.Key("checks");
  json.BeginArray();
  for (size_t i = 0; i < kChecks.size(); ++i) WriteCheck(kChecks[i], report.checks[i], json);
  json.EndArray();
  json.EndObject();
}

}  // namespace

const CheckInfo& InfoOf(Check check) { return kChecks[static_cast<size_t>(check)]; }

void Report::Fail(Check check, std::string place, std::string what) {
  CheckResult& result = of(check);
  ++result.failed;
  if (result.first.size() < kFailuresKept)
    result.first.push_back({std::move(place), std::move(what)});
}

bool Report::ok() const {
  return std::all_of(checks.begin(), checks.end(),
                     [](const CheckResult& result) { return result.failed == 0; });
}

std::string PlaceOf(Position position) {
  return Cat("entry ", position.group, ".", position.index);
}

std::string FormatReport(const Report& report) {
  std::string out =
      Cat("shard ", report.shard.value, " of ", report.shard_count, ": groups ",
          Grouped(report.first_group), " to ", Grouped(report.head_group), ", ",
          Grouped(report.entries), " entries, ", Grouped(report.accounts), " accounts, ",
          Grouped(report.records), " records\nhead hash ", report.head_hash, "\n");
  for (const std::string& note : report.notes) out += Cat("note: ", Printable(note), "\n");
  Table table({{"law", Align::kRight}, {"claim"}, {"checked", Align::kRight}, {"verdict"}});
  for (size_t i = 0; i < kChecks.size(); ++i) {
    const CheckResult& result = report.checks[i];
    table.AddRow({std::string(kChecks[i].law), std::string(kChecks[i].claim),
                  Grouped(result.checked),
                  result.failed == 0 ? "OK" : Cat("FAILED (", Grouped(result.failed), ")")});
  }
  out += Cat("\n", table.Format(), Totals(report), Failures(report));
  out += report.ok() ? "\nverdict: OK\n" : "\nverdict: FAILED\n";
  return out;
}

std::string FormatReportsJson(const std::vector<Report>& reports, const TransferReport& transfers) {
  JsonWriter json;
  json.BeginObject();
  const bool ok = transfers.ok() && std::all_of(reports.begin(), reports.end(),
                                                [](const Report& r) { return r.ok(); });
  json.Field("verdict", ok ? "OK" : "FAILED");
  json.Key("shards");
  json.BeginArray();
  for (const Report& report : reports) WriteReport(report, json);
  json.EndArray();
  json.Key("transfers");
  WriteTransfers(transfers, json);
  json.EndObject();
  return Cat(json.text(), "\n");
}

}  // namespace ocs::tools
