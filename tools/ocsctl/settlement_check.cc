// ocsctl settlement check: the server's records, the files and the bills of a cycle are the same.

#include <algorithm>
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
#include "tools/ocsctl/ctl.h"
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

// One row a day and unit: the server's sum, the files', and how they differ.
Table TableOf(const Ctl& ctl, const Times& times, const cdr::RecordSums& server,
              const cdr::RecordSums& files) {
  Table table({{"day"},
               {"unit"},
               {"records of the server", Align::kRight},
               {"files", Align::kRight},
               {"difference", Align::kRight}});
  cdr::RecordSums::Sums all = server.sums();
  for (const auto& [key, amount] : files.sums()) all.try_emplace(key, 0);
  const auto of = [](const cdr::RecordSums& sums, const cdr::RecordSums::Key& key) {
    const auto at = sums.sums().find(key);
    return at == sums.sums().end() ? int64_t{0} : at->second;
  };
  for (const auto& [key, amount] : all) {
    const int64_t left = of(server, key);
    const int64_t right = of(files, key);
    const auto difference = SubtractExact(right, left);
    table.AddRow(
        {FormatInstant(times.from.PlusSeconds(key.day * 86'400), ctl.zone()).substr(0, 10),
         Cat(key.unit.code(), key.kind == cdr::NodeAmountKind::kPayable ? "" : " (covered)"),
         AmountText(left, key.unit.code()), AmountText(right, key.unit.code()),
         difference == 0 ? "" : AmountText(difference.value_or(0), key.unit.code())});
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

int CheckFiles(const Ctl& ctl, const CheckArguments& arguments, const Times& times, size_t* found) {
  cdr::RecordSums server(times.from);
  cdr::RecordSums files(times.from);
  const auto into = [&times](cdr::RecordSums* sums) {
    return [&times, sums](const cdr::RecordId& id, const cdr::Record& record) {
      return IsIn(times, record) ? sums->Add(id, record) : absl::OkStatus();
    };
  };
  int code = StreamFromServer(ctl, {}, into(&server));
  if (code == kDone) code = ReadRecords(ctl, arguments.files, {}, into(&files));
  if (code != kDone) return code;
  ctl.Print(Cat(TableOf(ctl, times, server, files).Format(), "records of the server ",
                server.record_count(), ", in files ", files.record_count(), "\n"));
  const auto chunks = cdr::RecordSums::Differing(server, files);
  return chunks.empty() ? kDone : NameRecords(ctl, arguments, times, chunks, found);
}

// Makes the bills of a final cycle anew from the server's records and compares.
int CheckBills(const Ctl& ctl, const CheckArguments& arguments, const Times& times, size_t* found) {
  cdr::BillRunOptions options{.cycle = arguments.cycle, .from = times.from, .until = times.until};
  options.zone = ctl.zone();
  auto run = cdr::BillRun::Open(arguments.bills, options);
  if (!run.ok()) return Complain(run.status());
  if (!(*run)->is_final_already()) {
    return Complain(absl::InvalidArgumentError(
        Cat(arguments.bills, ": cycle ", arguments.cycle, " is not final; see ocsctl bill run")));
  }
  cdr::RecordSums server(times.from);
  const int code =
      StreamFromServer(ctl, (*run)->start(),
                       [&](const cdr::RecordId& id, const cdr::Record& record) -> absl::Status {
                         if (IsIn(times, record)) OCS_RETURN_IF_ERROR(server.Add(id, record));
                         return (*run)->Add(id, record);
                       });
  if (code != kDone) return code;
  const auto result = (*run)->Finish();
  if (!result.ok()) return Complain(result.status());
  for (const auto& [currency, sum] : result->sums) {
    absl::int128 charged = 0;
    for (const auto& [key, amount] : server.sums()) {
      if (key.unit == currency && key.kind == cdr::NodeAmountKind::kPayable) charged += amount;
    }
    const absl::int128 billed = absl::int128(sum.payable_fen) * kMicrosPerFen +
                                sum.carried_out_micros - sum.carried_in_micros;
    const bool same = charged == billed && charged == sum.total_micros;
    if (!same) ++*found;
    ctl.Print(Cat(same ? "" : "DIFFERS ", currency.code(), ": records ",
                  AmountText(static_cast<int64_t>(charged), currency.code()), " = bill items ",
                  AmountText(sum.total_micros, currency.code()), " = payable ",
                  AmountText(sum.payable_fen * kMicrosPerFen, currency.code()), " + carried out ",
                  AmountText(sum.carried_out_micros, currency.code()), " - carried in ",
                  AmountText(sum.carried_in_micros, currency.code()), "\n"));
  }
  for (const std::string& difference : result->differences)
    ctl.Print(Cat("DIFFERS ", difference, "\n"));
  *found += result->differences.size();
  return kDone;
}

int Check(const Ctl& ctl, const CheckArguments& arguments) {
  const auto times = TimesOf(ctl, arguments);
  if (!times.ok()) return Complain(times.status());
  if (arguments.files.empty() && arguments.bills.empty())
    return Complain(absl::InvalidArgumentError("say --files, --bills or both"));
  size_t found = 0;
  int code = kDone;
  if (!arguments.files.empty()) code = CheckFiles(ctl, arguments, *times, &found);
  if (code == kDone && !arguments.bills.empty()) {
    size_t in_bills = 0;
    code = CheckBills(ctl, arguments, *times, &in_bills);
    found += in_bills;
  }
  if (code != kDone) return code;
  ctl.Print(found == 0 ? "verdict: OK\n" : Cat("verdict: FAILED, ", found, " differences\n"));
  return found == 0 ? kDone : kRefused;
}

}  // namespace

void AddSettlementCheck(CLI::App* family, Ctl* ctl) {
  const auto arguments = std::make_shared<CheckArguments>();
  CLI::App* check = AddCommand(
      family, "check", "Prove that the server's records, files and bills of a cycle are the same",
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
