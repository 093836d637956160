// ocsctl settlement rerate: charges of a time worked out once more by a corrected revision; looked
// at, or put right.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "cdr/record.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"
#include "ocs/settlement/v1/rerating.grpc.pb.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/record_source.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using settlement::v1::ReRating;

struct ReRateArguments {
  ChangeOptions change;
  std::string account;
  std::string from;
  std::string until;
  uint32_t revision = 0;
  uint32_t of_revision = 0;
  bool apply = false;
  bool all = false;
};

// The records that a run is about.
struct Range {
  Instant from;
  Instant until;
  uint64_t account = 0;  // 0: all.
};

bool IsIn(const ReRateArguments& arguments, const Range& range, const cdr::Record& record) {
  if (record.type != cdr::RecordType::kUsage && record.type != cdr::RecordType::kCorrection)
    return false;
  // What the run itself has written is by the corrected revision.
  if (record.type == cdr::RecordType::kCorrection && record.tariff_revision == arguments.revision)
    return false;
  if (record.lines.empty()) return false;
  if (arguments.of_revision != 0 && record.tariff_revision != arguments.of_revision) return false;
  if (range.account != 0 && record.account.value != range.account) return false;
  return record.closed_at >= range.from && record.closed_at < range.until;
}

std::string OutcomeText(settlement::v1::ReRateOutcome outcome, bool applied) {
  if (outcome == settlement::v1::CORRECTED && !applied) return "differs";
  std::string text = settlement::v1::ReRateOutcome_Name(outcome);
  for (char& c : text) c = c == '_' ? ' ' : static_cast<char>(c | 0x20);
  return text;
}

// What a run comes to. Its rows are bounded by what is shown: only what differs, or is in the way.
class Result final {
 public:
  Result(bool applied, bool all) : applied_(applied), all_(all) {}

  // False when a sum does not fit.
  bool Add(const cdr::RecordId& id, const cdr::Record& record,
           const settlement::v1::ReRateResponse& response) {
    ++counts_[OutcomeText(response.outcome(), applied_)];
    const bool differs = response.outcome() == settlement::v1::CORRECTED ||
                         response.outcome() == settlement::v1::CORRECTED_BEFORE;
    if (response.outcome() == settlement::v1::UNCHANGED && !all_) return true;
    if (response.amount().empty()) AddRow(id, record, response, {});
    for (const auto& amount : response.amount()) {
      AddRow(id, record, response, amount);
      if (!differs) continue;
      Sum& sum = sums_[{!amount.own_money(), amount.unit()}];
      const auto before = AddExact(sum.before, amount.before());
      const auto after = AddExact(sum.after, amount.after());
      if (!before || !after) return false;
      sum = {.before = *before, .after = *after};
    }
    return true;
  }

  std::string Text() const {
    std::string text = table_.empty() ? "" : table_.Format();
    for (const auto& [outcome, count] : counts_)
      text += Cat(outcome, ": ", FormatGrouped(count), count == 1 ? " record\n" : " records\n");
    for (const auto& [key, sum] : sums_) {
      text += Cat("total", key.first ? " (covered)" : "", ": before ",
                  AmountText(sum.before, key.second), ", after ", AmountText(sum.after, key.second),
                  ", difference ", AmountText(sum.after - sum.before, key.second), "\n");
    }
    if (counts_.empty()) text += "no records of use in this time\n";
    if (!applied_ && !sums_.empty())
      text += "nothing was changed: the same with --apply puts it right\n";
    return text;
  }

 private:
  struct Sum {
    int64_t before = 0;
    int64_t after = 0;
  };

  void AddRow(const cdr::RecordId& id, const cdr::Record& record,
              const settlement::v1::ReRateResponse& response,
              const settlement::v1::ReRatedAmount& amount) {
    const bool none = amount.unit().empty();
    table_.AddRow({Cat(record.account.value), cdr::FormatRecordId(id), std::string(record.model),
                   OutcomeText(response.outcome(), applied_),
                   none ? "" : AmountText(amount.before(), amount.unit()),
                   none ? "" : AmountText(amount.after(), amount.unit()),
                   none ? "" : AmountText(amount.after() - amount.before(), amount.unit()),
                   response.correction_record_id()});
  }

  const bool applied_;
  const bool all_;
  Table table_{{{"account"},
                {"record"},
                {"model"},
                {"what"},
                {"before", Align::kRight},
                {"after", Align::kRight},
                {"difference", Align::kRight},
                {"corrected by"}}};
  absl::btree_map<std::string, int64_t> counts_;
  absl::btree_map<std::pair<bool, std::string>, Sum> sums_;
};

absl::Status AskFor(const Ctl& ctl, settlement::v1::ReRateRequest* request, const cdr::RecordId& id,
                    const cdr::Record& record, ReRating::Stub* stub, Result* result) {
  request->set_account_id(record.account.value);
  request->set_record_id(cdr::FormatRecordId(id));
  settlement::v1::ReRateResponse response;
  const grpc::Status status = ctl.Call(*stub, &ReRating::Stub::ReRate, *request, &response);
  if (!status.ok()) {
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                        Cat("record ", request->record_id(), ": ", status.error_message(),
                            ": what was corrected before stays; run the same again"));
  }
  if (ctl.json) {
    ctl.PrintJson(response);
    return absl::OkStatus();
  }
  return result->Add(id, record, response) ? absl::OkStatus()
                                           : absl::OutOfRangeError("a sum does not fit");
}

int ReRate(const Ctl& ctl, ReRateArguments& arguments) {
  const auto from = ParseTime(arguments.from, ctl.zone());
  if (!from.ok()) return Complain(from.status());
  const auto until = ParseTime(arguments.until, ctl.zone());
  if (!until.ok()) return Complain(until.status());
  Range range{.from = *from, .until = *until};
  if (!arguments.account.empty()) {
    const grpc::Status found = ctl.FindAccount(arguments.account, &range.account);
    if (!found.ok()) return ctl.Complain(found);
  }
  settlement::v1::ReRateRequest request;
  arguments.change.Fill(request.mutable_change());
  request.set_tariff_revision(arguments.revision);
  request.set_apply(arguments.apply);
  const auto stub = ctl.Stub<ReRating>();
  Result result(arguments.apply, arguments.all);
  const int code =
      StreamFromServer(ctl, {}, [&](const cdr::RecordId& id, const cdr::Record& record) {
        return IsIn(arguments, range, record)
                   ? AskFor(ctl, &request, id, record, stub.get(), &result)
                   : absl::OkStatus();
      });
  if (!ctl.json) ctl.Print(result.Text());
  return code;
}

}  // namespace

void AddReRateCommand(CLI::App* family, Ctl* ctl) {
  const auto arguments = std::make_shared<ReRateArguments>();
  CLI::App* rerate = AddCommand(
      family, "rerate", "Charge the use of a time once more by a corrected revision",
      "ocsctl --zone Asia/Shanghai settlement rerate --revision 3 --from 2026-05-01 --until "
      "2026-05-08 --key may-price --reason 'deepseek was ten times too dear'");
  rerate->add_option("--revision", arguments->revision, "The corrected one; it must be published")
      ->required();
  rerate->add_option("--from", arguments->from, "Use from then on")->required();
  rerate->add_option("--until", arguments->until, "and before then")->required();
  rerate->add_option("--account", arguments->account, "Of one account only");
  rerate->add_option("--of-revision", arguments->of_revision, "Only what that revision priced");
  rerate->add_flag("--apply", arguments->apply, "Puts it right; without, it is a preview");
  rerate->add_flag("--all", arguments->all, "Shows what is unchanged, too");
  arguments->change.AddTo(rerate);
  rerate->callback([=] { ctl->chosen = [=] { return ReRate(*ctl, *arguments); }; });
}

}  // namespace ocs::tools
