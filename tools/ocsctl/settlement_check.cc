// ocsctl settlement check: what the ledger earned, the server's records, the files and the bills of
// a cycle are the same.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/numeric/int128.h"
#include "cdr/bill_run.h"
#include "cdr/record_sums.h"
#include "ocs/base/exact.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "ocs/settlement/v1/settlement.grpc.pb.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/ledger_join.h"
#include "tools/ocsctl/record_source.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

constexpr size_t kDifferencesShown = 100;

struct CheckArguments {
  std::string cycle;
  std::string from;
  std::string until;
  std::string files;
  std::string bills;
};

struct Times {
  Instant from;
  Instant until;
};

absl::StatusOr<Times> TimesOf(const Ctl& ctl, const CheckArguments& arguments) {
  if (arguments.from.empty() != arguments.until.empty())
    return absl::InvalidArgumentError("--from and --until go together");
  if (arguments.from.empty()) {
    OCS_ASSIGN_OR_RETURN(const auto month, ParseMonth(arguments.cycle, ctl.zone()));
    return Times{month.first, month.second};
  }
  Times times;
  OCS_ASSIGN_OR_RETURN(times.from, ParseTime(arguments.from, ctl.zone()));
  OCS_ASSIGN_OR_RETURN(times.until, ParseTime(arguments.until, ctl.zone()));
  return times;
}

bool IsIn(const Times& times, const cdr::Record& record) {
  return record.recorded_at >= times.from && record.recorded_at < times.until;
}

// What one reading of the server's records gives.
struct ServerSide {
  explicit ServerSide(const Times& times) : records(times.from) {}
  cdr::RecordSums records;
  std::map<uint16_t, LedgerJoin> ledgers;  // By shard.
};

// The entries of a shard that earned something, read a page at a time.
LedgerJoin::NextEntry LedgerSource(const Ctl& ctl, ShardId shard, Position after) {
  struct State {
    settlement::v1::ReadLedgerResponse page;
    int next = 0;
    bool begun = false;
  };
  const auto state = std::make_shared<State>();
  return [&ctl, shard, after, state]() -> absl::StatusOr<std::optional<LedgerEntry>> {
    while (state->next == state->page.entry_size()) {
      if (state->begun && state->page.at_end()) return std::nullopt;
      settlement::v1::ReadLedgerRequest request;
      request.set_shard(shard.value);
      if (state->begun) {
        *request.mutable_after() = state->page.last();
      } else if (after.valid()) {
        request.mutable_after()->set_group(after.group);
        request.mutable_after()->set_index(after.index);
      }
      const grpc::Status status =
          ctl.Call(*ctl.Stub<settlement::v1::Settlement>(),
                   &settlement::v1::Settlement::Stub::ReadLedger, request, &state->page);
      if (!status.ok())
        return absl::UnavailableError(Cat("the ledger cannot be read: ", status.error_message()));
      state->begun = true;
      state->next = 0;
    }
    const auto& wire = state->page.entry(state->next++);
    LedgerEntry entry{.position = {wire.position().group(), wire.position().index()},
                      .account = {wire.account_id()},
                      .recorded_at = {wire.recorded_at_unix_ms()}};
    for (const auto& earning : wire.earning())
      entry.earned[BucketId{earning.bucket_id()}] = earning.amount();
    return entry;
  };
}

int64_t AmountOf(const cdr::RecordSums::Sums& sums, const cdr::RecordSums::Key& key) {
  const auto at = sums.find(key);
  return at == sums.end() ? int64_t{0} : at->second;
}

std::string DifferenceText(int64_t left, int64_t right, std::string_view unit) {
  const auto difference = SubtractExact(right, left);
  if (difference == 0) return "";
  return difference ? AmountText(*difference, unit) : std::string("too large");
}

// One row a day and unit: what the ledger earned, the server's records, and the files, each with
// what it has more or less than the one before it.
Table TableOf(const Ctl& ctl, const Times& times, const ServerSide& server,
              const cdr::RecordSums* files) {
  std::vector<Table::Column> columns = {{"day"},
                                        {"unit"},
                                        {"ledger", Align::kRight},
                                        {"records", Align::kRight},
                                        {"difference", Align::kRight}};
  if (files != nullptr) {
    columns.push_back({"files", Align::kRight});
    columns.push_back({"difference", Align::kRight});
  }
  Table table(columns);
  cdr::RecordSums::Sums ledger;
  for (const auto& [shard, join] : server.ledgers) {
    for (const auto& [key, amount] : join.sums()) ledger[key] += amount;
  }
  cdr::RecordSums::Sums all = server.records.sums();
  all.insert(ledger.begin(), ledger.end());
  if (files != nullptr) all.insert(files->sums().begin(), files->sums().end());
  for (const auto& [key, unused] : all) {
    if (key.unit.empty()) continue;  // Nothing priced it.
    const std::string_view unit = key.unit.code();
    const int64_t earned = AmountOf(ledger, key);
    const int64_t charged = AmountOf(server.records.sums(), key);
    std::vector<std::string> row = {
        FormatInstant(times.from.PlusSeconds(key.day * 86'400), ctl.zone()).substr(0, 10),
        Cat(unit, key.kind == cdr::NodeAmountKind::kPayable ? "" : " (covered)"),
        AmountText(earned, unit), AmountText(charged, unit), DifferenceText(earned, charged, unit)};
    if (files != nullptr) {
      const int64_t filed = AmountOf(files->sums(), key);
      row.push_back(AmountText(filed, unit));
      row.push_back(DifferenceText(charged, filed, unit));
    }
    table.AddRow(row);
  }
  return table;
}

// Names each record that is not the same here and there. Returns how the command ends.
int NameRecords(const Ctl& ctl, const CheckArguments& arguments, const Times& times,
                const absl::btree_set<cdr::RecordChunk>& chunks, size_t* found) {
  cdr::RecordIndex server(chunks);
  cdr::RecordIndex files(chunks);
  const auto into = [&times](cdr::RecordIndex* index) {
    return [&times, index](const cdr::RecordId& id, const cdr::Record& record) {
      if (IsIn(times, record)) index->Add(id, record);
      return absl::OkStatus();
    };
  };
  int code = StreamFromServer(ctl, {}, into(&server));
  if (code == kDone) code = ReadRecords(ctl, arguments.files, {}, into(&files));
  if (code != kDone) return code;
  const auto differences = cdr::RecordIndex::Compare(server, files);
  *found = differences.size();
  using Kind = cdr::RecordIndex::Difference::Kind;
  for (size_t i = 0; i < std::min(differences.size(), kDifferencesShown); ++i) {
    const auto& d = differences[i];
    ctl.Print(Cat("DIFFERS record ", cdr::FormatRecordId(d.id),
                  d.kind == Kind::kOnlyFirst    ? " is not in the files\n"
                  : d.kind == Kind::kOnlySecond ? " is in the files only\n"
                                                : " is another in the files\n"));
  }
  if (differences.size() > kDifferencesShown)
    ctl.Print(Cat("... and ", differences.size() - kDifferencesShown, " more\n"));
  return kDone;
}

// Reads the server's records once: into sums, beside the ledger, and into the bills when a run is
// given. Returns how the command ends.
int ReadServer(const Ctl& ctl, const Times& times, cdr::BillRun* run, ServerSide* server) {
  const RecordCursors start = run == nullptr ? RecordCursors() : run->start();
  const auto ledger_of = [&](ShardId shard) -> LedgerJoin& {
    const auto at = server->ledgers.find(shard.value);
    if (at != server->ledgers.end()) return at->second;
    const auto cursor = start.find(shard);
    // A cycle ends behind a whole group: all of a group is of one time.
    Position after;
    if (cursor != start.end()) after = EntryOf(cursor->second.position);
    return server->ledgers
        .emplace(shard.value,
                 LedgerJoin(shard, {times.from, times.until}, LedgerSource(ctl, shard, after)))
        .first->second;
  };
  ledger_of(ShardId{0});  // Also where there is no record at all.
  int code = StreamFromServer(
      ctl, start, [&](const cdr::RecordId& id, const cdr::Record& record) -> absl::Status {
        OCS_RETURN_IF_ERROR(ledger_of(id.shard).Add(id, record));
        if (IsIn(times, record)) OCS_RETURN_IF_ERROR(server->records.Add(id, record));
        return run == nullptr ? absl::OkStatus() : run->Add(id, record);
      });
  for (auto& [shard, join] : server->ledgers) {
    if (code != kDone) return code;
    const absl::Status finished = join.Finish();
    if (!finished.ok()) code = Complain(finished);
  }
  return code;
}

// Each entry that is not the same in the ledger and in its records.
void NameEntries(const Ctl& ctl, const ServerSide& server, size_t* found) {
  for (const auto& [shard, join] : server.ledgers) {
    for (const std::string& difference : join.differences())
      ctl.Print(Cat("DIFFERS ", difference, "\n"));
    if (join.difference_count() > join.differences().size()) {
      ctl.Print(Cat("... and ", join.difference_count() - join.differences().size(), " more\n"));
    }
    *found += join.difference_count();
  }
}

// Compares what the bills of the cycle came to, made anew, with the server's records.
int CheckBills(const Ctl& ctl, const ServerSide& server, cdr::BillRun* run, size_t* found) {
  const auto result = run->Finish();
  if (!result.ok()) return Complain(result.status());
  for (const auto& [currency, sum] : result->sums) {
    absl::int128 charged = 0;
    for (const auto& [key, amount] : server.records.sums()) {
      if (key.unit == currency && key.kind == cdr::NodeAmountKind::kPayable) charged += amount;
    }
    const absl::int128 billed = absl::int128(sum.payable_fen) * kMicrosPerFen +
                                sum.carried_out_micros - sum.carried_in_micros;
    const absl::int128 kept = absl::int128(sum.open_out_micros) - sum.open_in_micros;
    const bool same = charged == billed + kept && charged == sum.total_micros + kept;
    if (!same) ++*found;
    ctl.Print(Cat(
        same ? "" : "DIFFERS ", currency.code(), ": records ",
        AmountText(static_cast<int64_t>(charged), currency.code()),
        kept == 0
            ? ""
            : Cat(" - kept for the next run ", AmountText(sum.open_out_micros, currency.code()),
                  " + kept by the one before ", AmountText(sum.open_in_micros, currency.code())),
        " = bill items ", AmountText(sum.total_micros, currency.code()), " = payable ",
        AmountText(sum.payable_fen * kMicrosPerFen, currency.code()), " + carried out ",
        AmountText(sum.carried_out_micros, currency.code()), " - carried in ",
        AmountText(sum.carried_in_micros, currency.code()), "\n"));
  }
  for (const std::string& difference : result->differences)
    ctl.Print(Cat("DIFFERS ", difference, "\n"));
  *found += result->differences.size();
  return kDone;
}

absl::StatusOr<std::unique_ptr<cdr::BillRun>> OpenFinal(const Ctl& ctl,
                                                        const CheckArguments& arguments,
                                                        const Times& times) {
  cdr::BillRunOptions options{.cycle = arguments.cycle, .from = times.from, .until = times.until};
  options.zone = ctl.zone();
  OCS_ASSIGN_OR_RETURN(auto run, cdr::BillRun::Open(arguments.bills, options));
  if (run->is_final_already()) return run;
  return absl::InvalidArgumentError(
      Cat(arguments.bills, ": cycle ", arguments.cycle, " is not final; see ocsctl bill run"));
}

// Adds up the folder's records of the time. Returns how the command ends.
int ReadFiles(const Ctl& ctl, const CheckArguments& arguments, const Times& times,
              cdr::RecordSums* files) {
  return ReadRecords(ctl, arguments.files, {},
                     [&](const cdr::RecordId& id, const cdr::Record& record) {
                       return IsIn(times, record) ? files->Add(id, record) : absl::OkStatus();
                     });
}

int Check(const Ctl& ctl, const CheckArguments& arguments) {
  const auto times = TimesOf(ctl, arguments);
  if (!times.ok()) return Complain(times.status());
  std::unique_ptr<cdr::BillRun> run;
  if (!arguments.bills.empty()) {
    auto opened = OpenFinal(ctl, arguments, *times);
    if (!opened.ok()) return Complain(opened.status());
    run = *std::move(opened);
  }
  ServerSide server(*times);
  int code = ReadServer(ctl, *times, run.get(), &server);
  const bool with_files = !arguments.files.empty();
  cdr::RecordSums files(times->from);
  if (code == kDone && with_files) code = ReadFiles(ctl, arguments, *times, &files);
  if (code != kDone) return code;
  int64_t entries = 0;
  for (const auto& [shard, join] : server.ledgers) entries += join.entry_count();
  ctl.Print(Cat(TableOf(ctl, *times, server, with_files ? &files : nullptr).Format(),
                "entries of the ledger ", entries, ", records of the server ",
                server.records.record_count(),
                with_files ? Cat(", in files ", files.record_count()) : "", "\n"));
  size_t found = 0;
  NameEntries(ctl, server, &found);
  if (with_files) {
    const auto chunks = cdr::RecordSums::Differing(server.records, files);
    size_t in_files = 0;
    if (!chunks.empty()) code = NameRecords(ctl, arguments, *times, chunks, &in_files);
    found += in_files;
  }
  if (code == kDone && run != nullptr) code = CheckBills(ctl, server, run.get(), &found);
  if (code != kDone) return code;
  ctl.Print(found == 0 ? "verdict: OK\n" : Cat("verdict: FAILED, ", found, " differences\n"));
  return found == 0 ? kDone : kRefused;
}

}  // namespace

void AddSettlementCheck(CLI::App* family, Ctl* ctl) {
  const auto arguments = std::make_shared<CheckArguments>();
  CLI::App* check = AddCommand(
      family, "check",
      "Prove that the ledger, the server's records, files and bills of a cycle are the same",
      "ocsctl --zone Asia/Shanghai settlement check --cycle 2026-05 --files cdr-files --bills "
      "bills");
  check->add_option("--cycle", arguments->cycle, "As of bill run")->required();
  check->add_option("--from", arguments->from, "The cycle begins at this time instead");
  check->add_option("--until", arguments->until, "and ends at that, not included");
  check->add_option("--files", arguments->files, "A folder that cdr export --format ber wrote");
  check->add_option("--bills", arguments->bills, "A folder in which the cycle is final");
  check->callback([=] { ctl->chosen = [=] { return Check(*ctl, *arguments); }; });
}

}  // namespace ocs::tools
