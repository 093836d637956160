// ocs-inspect: proves a store's laws offline, and shows what is in it. Reads only.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "tools/inspect/history.h"
#include "tools/inspect/prove.h"
#include "tools/inspect/restore.h"
#include "tools/inspect/store_files.h"
#include "tools/inspect/transfer_check.h"
#include "tools/inspect/trial_text.h"
#include "tools/text/progress.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

// Documented in docs/INSPECTOR.md.
enum ExitCode : int { kProved = 0, kFailed = 1, kUsage = 2, kCouldNot = 3 };

struct Arguments {
  std::string folder;
  std::optional<uint16_t> shard;
  bool json = false;
  int64_t memory_mib = 4096;
  int64_t answer_retention_seconds = KeyRetention{}.answer_seconds;
  int64_t event_retention_seconds = KeyRetention{}.event_seconds;
  std::string zone = "UTC";
  uint64_t account = 0;
  int entries_max = 100;
  uint64_t group = 0;
  std::string after;  ///< Positions, as text.
  std::string through;
  std::string target;
};

int Complain(const absl::Status& status) {
  std::fprintf(stderr, "ocs-inspect: %s\n", Printable(FromAbsl(status.message())).c_str());
  if (absl::IsDataLoss(status)) {
    std::fputs(
        "the store is damaged: do not start a server on it; restore it from a backup:\n"
        "ocs-inspect BACKUP restore NEW_FOLDER\n",
        stderr);
  }
  return absl::IsNotFound(status) ? kUsage : kCouldNot;
}

void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void WarnIfUsed(const OpenedStore& opened) {
  if (opened.used_by_process == 0) return;
  std::fprintf(stderr,
               "note: process %d has %s open: the figures are of the moment when it was opened "
               "here, and files may vanish meanwhile; stop the server for a proof\n",
               opened.used_by_process, Printable(opened.folder).c_str());
}

// Tells why transfers cannot be judged, where not all that there is can be seen.
void TellWhatIsMissing(const std::vector<OpenedStore>& stores, TransferCheck* transfers) {
  if (stores.size() < stores.front().format.shard_count)
    transfers->Incomplete("they may be with accounts of shards that were not given");
  for (const OpenedStore& opened : stores) {
    if (opened.used_by_process != 0)
      transfers->Incomplete("the stores are in use, and were opened one after the other");
  }
}

int ProveAll(const Arguments& arguments, const std::vector<OpenedStore>& stores) {
  std::vector<Report> reports;
  TransferCheck check;
  TellWhatIsMissing(stores, &check);
  std::vector<const balance::Store*> shards;
  for (const OpenedStore& opened : stores) {
    shards.resize(std::max<size_t>(shards.size(), opened.format.shard.value + size_t{1}));
    shards[opened.format.shard.value] = opened.store.get();
  }
  bool ok = true;
  for (const OpenedStore& opened : stores) {
    WarnIfUsed(opened);
    absl::StatusOr<Report> report = [&] {
      Progress progress(Cat("groups of shard ", opened.format.shard.value), 0);
      return Prove(*opened.store,
                   {.retention = {.answer_seconds = arguments.answer_retention_seconds,
                                  .event_seconds = arguments.event_retention_seconds},
                    .memory_bytes_max = arguments.memory_mib << 20,
                    .shards = shards,
                    .transfers = &check,
                    .progress = [&](uint64_t group, uint64_t) { progress.Update(group); }});
    }();
    if (!report.ok()) return Complain(Annotate(report.status(), Cat("store ", opened.folder)));
    report->folder = opened.folder;
    if (opened.used_by_process != 0)
      report->notes.push_back("the store was in use: figures may be stale");
    ok = ok && report->ok();
    if (!arguments.json) Print(FormatReport(*report));
    reports.push_back(*std::move(report));
  }
  const TransferReport transfers = check.Finish();
  ok = ok && transfers.ok();
  if (arguments.json) {
    Print(FormatReportsJson(reports, transfers));
  } else if (const std::string text = FormatTransfers(transfers); !text.empty()) {
    Print(Cat("\n", text));
  }
  return ok ? kProved : kFailed;
}

int ShowAccount(const Arguments& arguments, const std::vector<OpenedStore>& stores,
                absl::TimeZone zone) {
  const AccountId id{arguments.account};
  for (const OpenedStore& opened : stores) {
    WarnIfUsed(opened);
    const auto text =
        AccountInWords(*opened.store, opened.format.shard, id, arguments.entries_max, zone);
    if (absl::IsNotFound(text.status())) continue;
    if (!text.ok()) return Complain(text.status());
    Print(*text);
    return kProved;
  }
  return Complain(absl::NotFoundError(Cat("there is no account ", id.value,
                                          "; a number is meant, as ocsctl account create prints "
                                          "it")));
}

int ShowGroup(const Arguments& arguments, const std::vector<OpenedStore>& stores,
              absl::TimeZone zone) {
  if (stores.size() > 1) {
    return Complain(absl::NotFoundError("groups are counted in each shard: say --shard N"));
  }
  WarnIfUsed(stores[0]);
  const auto text = GroupInWords(*stores[0].store, arguments.group, zone);
  if (!text.ok()) return Complain(text.status());
  Print(*text);
  return kProved;
}

absl::StatusOr<balance::JournalRange> RangeOf(const Arguments& arguments) {
  balance::JournalRange range;
  if (!arguments.after.empty()) {
    OCS_ASSIGN_OR_RETURN(range.after, ParseEntryPosition(arguments.after));
  }
  if (!arguments.through.empty()) {
    OCS_ASSIGN_OR_RETURN(range.through, ParseEntryPosition(arguments.through));
  }
  return range;
}

int ShowTrial(const Arguments& arguments, const std::vector<OpenedStore>& stores) {
  if (stores.size() > 1 && !(arguments.after.empty() && arguments.through.empty())) {
    return Complain(absl::NotFoundError("positions are counted in each shard: say --shard N"));
  }
  const auto range = RangeOf(arguments);
  if (!range.ok()) return Complain(absl::NotFoundError(range.status().message()));
  balance::TrialOptions options{.range = *range};
  if (arguments.account != 0) options.account = AccountId{arguments.account};
  // Of the whole store, what left one account must be somewhere.
  const bool whole = !options.account && arguments.after.empty() && arguments.through.empty();
  TransferCheck check;
  if (whole) {
    TellWhatIsMissing(stores, &check);
    options.visit = [&check](const balance::EntryView& entry) { check.Add(entry); };
  }
  bool all_balanced = true;
  std::vector<balance::TrialBalance> trials;
  for (const OpenedStore& opened : stores) {
    WarnIfUsed(opened);
    const auto trimmed = ReadTrimmed(*opened.store);
    if (!trimmed.ok()) return Complain(trimmed.status());
    if (trimmed->group > 0) check.Incomplete("the beginning of a journal has been trimmed away");
    auto trial = balance::ReadTrialBalance(*opened.store, options);
    if (!trial.ok()) return Complain(trial.status());
    bool balanced = false;
    Print(Cat("shard ", opened.format.shard.value, ": ", TrialInWords(*trial, &balanced)));
    all_balanced = all_balanced && balanced;
    trials.push_back(*std::move(trial));
  }
  if (!whole) return all_balanced ? kProved : kFailed;
  const TransferReport transfers = check.Finish();
  bool holds = true;
  if (transfers.note.empty()) {
    const std::string all = AllShardsInWords(balance::SumOf(trials), transfers, &holds);
    if (stores.size() > 1 || !holds) Print(Cat("\nall shards: ", all));
  }
  if (const std::string text = FormatTransfers(transfers); !text.empty()) Print(Cat("\n", text));
  return all_balanced && holds && transfers.ok() ? kProved : kFailed;
}

int ShowStatement(const Arguments& arguments, const std::vector<OpenedStore>& stores,
                  absl::TimeZone zone) {
  const auto range = RangeOf(arguments);
  if (!range.ok()) return Complain(absl::NotFoundError(range.status().message()));
  absl::Status why = absl::NotFoundError(Cat("there is no account ", arguments.account));
  for (const OpenedStore& opened : stores) {
    WarnIfUsed(opened);
    const auto text =
        StatementInWords(*opened.store, AccountId{arguments.account}, range->through, zone);
    if (text.ok()) {
      Print(*text);
      return kProved;
    }
    why = text.status();
    if (!absl::IsNotFound(why)) break;
  }
  return Complain(why);
}

// Proves the backup, copies it, proves the copy.
int Restore(const Arguments& arguments, const std::vector<OpenedStore>& stores) {
  for (const OpenedStore& opened : stores) {
    if (opened.used_by_process == 0) continue;
    return Complain(absl::FailedPreconditionError(
        Cat("process ", opened.used_by_process, " has ", opened.folder,
            " open: it is no backup; stop the server and copy the folder")));
  }
  if (ProveAll(arguments, stores) != kProved) return kFailed;
  const absl::Status copied = CopyFolder(arguments.folder, arguments.target);
  if (!copied.ok()) return Complain(copied);
  const auto restored = OpenStores(arguments.target, std::nullopt);
  if (!restored.ok()) return Complain(restored.status());
  const int proved = ProveAll(arguments, *restored);
  if (proved != kProved) return proved;
  Print(Cat("restored to ", arguments.target, "\n"));
  return kProved;
}

int ShowRevisions(const std::vector<OpenedStore>& stores, absl::TimeZone zone) {
  // All revisions are in one shard's journal, whichever has the first partition.
  for (const OpenedStore& opened : stores) {
    const auto text = RevisionsInWords(*opened.store, zone);
    if (!text.ok()) return Complain(text.status());
    if (text->empty()) continue;
    Print(*text);
    return kProved;
  }
  Print("no catalogue has been published\n");
  return kProved;
}

int Run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Proves offline that a store keeps its laws, and shows what is in it. Reads only.\n"
      "Stop the server first, or give it a copy of its folder.\n\n"
      "  ocs-inspect data                      proves everything\n"
      "  ocs-inspect data account 4294967297   an account's history in words\n"
      "  ocs-inspect --shard 0 data group 12   one group of the journal\n"
      "  ocs-inspect data revisions            the catalogue's revisions\n"
      "  ocs-inspect data trial                what all postings add up to\n"
      "  ocs-inspect data statement 4294967297 --at 12.3\n"
      "                                        an account as it was after entry 12.3\n"
      "  ocs-inspect backup restore new-data   proves a backup and copies it\n\n"
      "Exit codes: 0 proved, 1 a law is broken, 2 usage, 3 could not read.",
      "ocs-inspect");
  app.add_option("DIR", arguments.folder, "The server's data folder, or one shard's")->required();
  app.add_option("--shard", arguments.shard, "Only this shard");
  app.add_flag("--json", arguments.json, "The verdict for machines");
  app.add_option("--memory-mib", arguments.memory_mib, "Stop when more memory is needed")
      ->check(CLI::Range(int64_t{16}, int64_t{1} << 30))
      ->capture_default_str();
  app.add_option("--answer-retention-seconds", arguments.answer_retention_seconds,
                 "The server's, when it was changed")
      ->capture_default_str();
  app.add_option("--event-retention-seconds", arguments.event_retention_seconds,
                 "The server's, when it was changed")
      ->capture_default_str();
  app.add_option("--zone", arguments.zone, "Time zone of what is shown")->capture_default_str();
  CLI::App* account = app.add_subcommand("account", "An account's buckets and history in words");
  account->add_option("ID", arguments.account, "The account's number")->required();
  account->add_option("--entries-max", arguments.entries_max, "Newest entries to show")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  CLI::App* group = app.add_subcommand("group", "One group of the journal in words");
  group->add_option("N", arguments.group, "The group's number")->required();
  CLI::App* revisions = app.add_subcommand("revisions", "The catalogue's revisions");
  CLI::App* trial = app.add_subcommand("trial", "What the postings add up to; they must be 0");
  trial->add_option("--account", arguments.account, "Only this account's");
  trial->add_option("--after", arguments.after, "Only those behind this entry: GROUP.ENTRY");
  trial->add_option("--through", arguments.through, "Only those up to and with this entry");
  CLI::App* statement = app.add_subcommand("statement", "An account as it was at a past moment");
  statement->add_option("ID", arguments.account, "The account's number")->required();
  statement->add_option("--at", arguments.through, "After this entry: GROUP.ENTRY; else as it is");
  CLI::App* restore = app.add_subcommand("restore", "Proves DIR, a backup, and copies it");
  restore->add_option("NEW", arguments.target, "The folder to make")->required();
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kProved : kUsage;
  }
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(arguments.zone, &zone)) {
    std::fprintf(stderr, "ocs-inspect: --zone: there is no time zone '%s'\n",
                 Printable(arguments.zone).c_str());
    return kUsage;
  }
  const auto stores = OpenStores(arguments.folder, arguments.shard);
  if (!stores.ok()) return Complain(stores.status());
  if (account->parsed()) return ShowAccount(arguments, *stores, zone);
  if (group->parsed()) return ShowGroup(arguments, *stores, zone);
  if (revisions->parsed()) return ShowRevisions(*stores, zone);
  if (trial->parsed()) return ShowTrial(arguments, *stores);
  if (statement->parsed()) return ShowStatement(arguments, *stores, zone);
  if (restore->parsed()) return Restore(arguments, *stores);
  return ProveAll(arguments, *stores);
}

}  // namespace
}  // namespace ocs::tools

int main(int argc, char** argv) { return ocs::tools::Run(argc, argv); }
