// ocsctl care: what customer care gives, takes, gives up, gives back and passes on.

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "ocs/account/v1/account.grpc.pb.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/values.h"

namespace ocs::tools {
namespace {

using account::v1::Accounts;
using Stub = Accounts::Stub;

struct CareArguments {
  ChangeOptions change;
  std::string account;
  std::string to;
  std::string amount;
  std::string record;
  uint32_t bucket = 0;
  int line = -1;
  bool correction = false;
};
using SharedCareArguments = std::shared_ptr<CareArguments>;

// Of the account's own money a decimal number, of any other bucket pieces (of money: micros).
absl::StatusOr<int64_t> ReadAmount(const CareArguments& arguments) {
  if (arguments.bucket <= 1) return ParseMicros(arguments.amount);
  int64_t pieces = 0;
  if (absl::SimpleAtoi(arguments.amount, &pieces)) return pieces;
  return absl::InvalidArgumentError(Cat("'", arguments.amount, "' is no number of pieces"));
}

template <typename Request, typename Response, typename Words>
int Run(const Ctl& ctl, CareArguments& arguments, Request request,
        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
        Words words) {
  uint64_t id = 0;
  grpc::Status status = ctl.FindAccount(arguments.account, &id);
  if (!status.ok()) return ctl.Complain(status);
  request.set_account_id(id);
  arguments.change.Fill(request.mutable_change());
  Response response;
  status = ctl.Call(*ctl.Stub<Accounts>(), method, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
  } else {
    ctl.Print(Cat("account ", id, ": ", words(response), "\n"));
  }
  return kDone;
}

std::string Shown(int64_t amount, const CareArguments& arguments) {
  return arguments.bucket <= 1 ? FormatMicros(amount) : FormatGrouped(amount);
}

int Adjust(const Ctl& ctl, CareArguments& arguments) {
  const auto amount = ReadAmount(arguments);
  if (!amount.ok()) return Complain(amount.status());
  account::v1::AdjustRequest request;
  request.set_bucket_id(arguments.bucket);
  request.set_amount(*amount);
  request.set_correction(arguments.correction);
  return Run(ctl, arguments, request, &Stub::Adjust, [&](const auto& response) {
    return Cat(Shown(response.available(), arguments), " available");
  });
}

int WriteOff(const Ctl& ctl, CareArguments& arguments) {
  account::v1::WriteOffRequest request;
  request.set_bucket_id(arguments.bucket);
  if (!arguments.amount.empty()) {
    const auto amount = ReadAmount(arguments);
    if (!amount.ok()) return Complain(amount.status());
    request.set_amount(*amount);
  }
  return Run(ctl, arguments, request, &Stub::WriteOff, [&](const auto& response) {
    return Cat(Shown(response.written_off(), arguments), " written off");
  });
}

int Refund(const Ctl& ctl, CareArguments& arguments) {
  account::v1::RefundChargeRequest request;
  request.set_record_id(arguments.record);
  if (arguments.line >= 0) request.set_line(static_cast<uint32_t>(arguments.line));
  if (!arguments.amount.empty()) {
    int64_t amount = 0;
    if (!absl::SimpleAtoi(arguments.amount, &amount)) {
      return Complain(absl::InvalidArgumentError("--amount: expected micros or pieces"));
    }
    request.set_amount(amount);
  }
  return Run(ctl, arguments, request, &Stub::RefundCharge, [](const auto& response) {
    return Cat(FormatMicros(response.refunded_micros()), " of money and ",
               FormatGrouped(response.refunded_pieces()), " pieces given back, record ",
               response.record_id());
  });
}

int Transfer(const Ctl& ctl, CareArguments& arguments) {
  const auto amount = ReadAmount(arguments);
  if (!amount.ok()) return Complain(amount.status());
  uint64_t to = 0;
  const grpc::Status found = ctl.FindAccount(arguments.to, &to);
  if (!found.ok()) return ctl.Complain(found);
  account::v1::TransferRequest request;
  request.set_to_account_id(to);
  request.set_bucket_id(arguments.bucket);
  request.set_amount(*amount);
  return Run(ctl, arguments, request, &Stub::Transfer, [&](const auto& response) {
    return Cat("sent to account ", to, ", transfer ", response.transfer_id());
  });
}

CLI::App* AddCareCommand(CLI::App* family, const SharedCareArguments& arguments,
                         const std::string& name, const std::string& help,
                         const std::string& example) {
  CLI::App* command = AddCommand(family, name, help, example);
  AddAccountOption(command, &arguments->account);
  arguments->change.AddTo(command);
  return command;
}

void AddBucketOption(CLI::App* command, const SharedCareArguments& arguments) {
  command->add_option("--bucket", arguments->bucket, "Its number (default: the account's money)");
}

}  // namespace

void AddCareCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "care", "Credits, corrections, debts, refunds, gifts");
  const auto arguments = std::make_shared<CareArguments>();
  CLI::App* adjust = AddCareCommand(family, arguments, "adjust", "Add to a bucket or take from it",
                                    "ocsctl care adjust 4294967297 5.00 --reason 'bad line'");
  adjust->add_option("AMOUNT", arguments->amount, "5.00, or pieces; -5.00 takes away")->required();
  AddBucketOption(adjust, arguments);
  adjust->add_flag("--correction", arguments->correction, "Puts right what was wrong");
  adjust->callback([=] { ctl->chosen = [=] { return Adjust(*ctl, *arguments); }; });

  CLI::App* write_off = AddCareCommand(family, arguments, "write-off", "Give up what is owed",
                                       "ocsctl care write-off 4294967297 --reason 'insolvent'");
  write_off->add_option("--amount", arguments->amount, "Default: all that is owed");
  AddBucketOption(write_off, arguments);
  write_off->callback([=] { ctl->chosen = [=] { return WriteOff(*ctl, *arguments); }; });

  CLI::App* refund =
      AddCareCommand(family, arguments, "refund", "Give a charge back, whole or in part",
                     "ocsctl care refund 4294967297 0.12.64 --reason 'failed call'");
  refund->add_option("RECORD", arguments->record, "Id of the charge's record")->required();
  refund->add_option("--line", arguments->line, "Only that line, counted from 0");
  refund->add_option("--amount", arguments->amount, "Only so much of it: micros or pieces");
  refund->callback([=] { ctl->chosen = [=] { return Refund(*ctl, *arguments); }; });

  CLI::App* transfer =
      AddCareCommand(family, arguments, "transfer", "Give money or a package to another account",
                     "ocsctl care transfer msisdn:8613800138000 msisdn:8613900139000 10.00");
  transfer->add_option("TO", arguments->to, "The other account")->required();
  transfer->add_option("AMOUNT", arguments->amount, "10.00, or pieces")->required();
  AddBucketOption(transfer, arguments);
  transfer->callback([=] { ctl->chosen = [=] { return Transfer(*ctl, *arguments); }; });
}

}  // namespace ocs::tools
