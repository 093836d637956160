#include "tools/inspect/trial_text.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "balance/account.h"
#include "balance/entry.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "tools/inspect/history.h"
#include "tools/inspect/report.h"
#include "tools/inspect/wide.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

std::string Amount(absl::int128 amount, const Unit& unit) {
  return unit.empty() ? WideText(amount) : WideAmount(amount, unit);
}

std::string TrialTable(const balance::TrialBalance& trial) {
  Table table({{"unit"},
               {"ledger account"},
               {"debit", Align::kRight},
               {"credit", Align::kRight},
               {"net", Align::kRight}});
  for (const balance::TrialLine& line : trial.lines) {
    table.AddRow({line.unit.empty() ? "?" : std::string(line.unit.code()),
                  std::string(balance::LedgerAccountName(line.account)),
                  Amount(line.debit, line.unit), Amount(line.credit, line.unit),
                  Amount(line.net(), line.unit)});
  }
  return table.Format();
}

}  // namespace

absl::StatusOr<Position> ParseEntryPosition(std::string_view text) {
  const size_t dot = text.find('.');
  Position position;
  if (dot == std::string_view::npos ||
      !absl::SimpleAtoi(ToAbsl(text.substr(0, dot)), &position.group) ||
      !absl::SimpleAtoi(ToAbsl(text.substr(dot + 1)), &position.index) || !position.valid()) {
    return absl::InvalidArgumentError(
        Cat("'", Printable(text), "' is no position: expected GROUP.ENTRY, such as 12.3"));
  }
  return position;
}

std::string TrialInWords(const balance::TrialBalance& trial, bool* balanced) {
  std::string out =
      Cat(FormatGrouped(trial.entry_count), " entries with ", FormatGrouped(trial.posting_count),
          " postings", trial.last.valid() ? Cat(", the last is ", PlaceOf(trial.last)) : "", "\n\n",
          TrialTable(trial), "\n");
  const std::vector<balance::Imbalance> imbalances = balance::ImbalancesOf(trial);
  *balanced = imbalances.empty();
  for (const balance::Imbalance& imbalance : imbalances) {
    out += Cat("the postings in ", imbalance.unit.empty() ? "?" : imbalance.unit.code(), " sum to ",
               Amount(imbalance.sum, imbalance.unit), ", not to 0\n");
  }
  if (*balanced) out += "the postings of each unit sum to 0\n";
  return out;
}

absl::StatusOr<std::string> TrialInWords(const balance::Store& store,
                                         const balance::TrialOptions& options, bool* balanced) {
  OCS_ASSIGN_OR_RETURN(const balance::TrialBalance trial,
                       balance::ReadTrialBalance(store, options));
  return TrialInWords(trial, balanced);
}

std::string AllShardsInWords(const balance::TrialBalance& sum, const TransferReport& transfers,
                             bool* holds) {
  std::string out = TrialInWords(sum, holds);
  UnitSums wrong = transfers.Missing();
  for (auto& [unit, missing] : wrong) missing = -missing;
  for (const balance::TrialLine& line : sum.lines)
    if (line.account == balance::LedgerAccount::kTransferred) wrong[line.unit] += line.net();
  for (const auto& [unit, difference] : wrong) {
    if (difference == 0) continue;
    *holds = false;
    out += Cat("what left accounts and reached no other is ", Amount(difference, unit),
               " more than what is on its way\n");
  }
  return out;
}

absl::StatusOr<std::string> StatementInWords(const balance::Store& store, AccountId id, Position at,
                                             absl::TimeZone zone) {
  OCS_ASSIGN_OR_RETURN(const balance::Account newest, LoadAccount(store, id));
  OCS_ASSIGN_OR_RETURN(const balance::Account account,
                       balance::ReadAccountAt(store, newest.last, at));
  std::string out =
      Cat("account ", id.value, " as of ", PlaceOf(account.last), ", ",
          balance::AccountStateName(account.state), ", credit limit ",
          FormatAmount(account.credit_limit_micros, account.currency), ", ",
          account.sessions.size(), " open sessions\n\n", BucketsTable(account, zone), "\n");
  bool balanced = false;
  OCS_ASSIGN_OR_RETURN(
      const std::string trial,
      TrialInWords(store, {.range = {.after = {}, .through = at}, .account = id}, &balanced));
  return out + trial;
}

}  // namespace ocs::tools
