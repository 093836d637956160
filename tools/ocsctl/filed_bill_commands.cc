// What is done with the bills of a final cycle, from their folder: a customer's page (bill page),
// and handing them over to a settlement system (settlement send).

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cdr/bill_run.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/settlement/v1/phone_bill.grpc.pb.h"
#include "tools/ocsctl/bill_json.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/page_output.h"
#include "tools/ocsctl/wire_bill.h"
#include "tools/text/progress.h"

namespace ocs::tools {
namespace {

namespace wire = settlement::v1;

// Of one call; a bill has some KB, and the receiver takes 4 MiB.
constexpr size_t kBatchBytesMax = 2 * 1024 * 1024;
constexpr int kBatchBillsMax = 1'000;

struct FiledArguments {
  std::string folder;
  std::string cycle;
  std::string document;
  PageArguments page;
  std::string sender = "ocs";
};

absl::StatusOr<std::string> FinalFolder(const FiledArguments& arguments) {
  const std::string folder = Cat(arguments.folder, "/", arguments.cycle);
  if (std::filesystem::exists(Cat(folder, "/", cdr::kBillManifestName))) return folder;
  return absl::NotFoundError(
      Cat(folder, ": is no final cycle; make one with ocsctl bill run --final"));
}

int ShowPage(const Ctl& ctl, const FiledArguments& arguments) {
  if (!arguments.page.wanted())
    return Complain(absl::InvalidArgumentError("say --html, --pdf or both"));
  const auto folder = FinalFolder(arguments);
  if (!folder.ok()) return Complain(folder.status());
  wire::BillDocument found;
  const absl::Status read =
      ForEachBillIn(*folder, [&](const wire::BillDocument& bill) -> absl::Status {
        if (bill.document() != arguments.document) return absl::OkStatus();
        found = bill;
        return absl::CancelledError("found");
      });
  if (!read.ok() && !absl::IsCancelled(read)) return Complain(read);
  if (found.document().empty()) {
    return Complain(absl::NotFoundError(
        Cat(*folder, ": has no document ", arguments.document, "; see its bills.csv")));
  }
  const auto bill = FromWire(found.bill());
  if (!bill.ok()) return Complain(bill.status());
  return WritePage(ctl, arguments.page, found.document(), *bill);
}

// Hands bills over, a batch a call; each goes on behind what the receiver says to have.
class Sender final {
 public:
  Sender(const Ctl& ctl, const FiledArguments& arguments)
      : ctl_(ctl), stub_(ctl.Stub<wire::PhoneBillSettlement>()) {
    request_.set_sender(arguments.sender);
    request_.set_cycle(arguments.cycle);
  }

  absl::Status Add(const wire::BillDocument& bill) {
    if (!asked_) {
      request_.set_first_number(bill.number());
      OCS_RETURN_IF_ERROR(Call());
      asked_ = true;
      if (has_any_ && last_ + 1 < bill.number()) {
        return absl::FailedPreconditionError(Cat("the receiver has bills up to number ", last_,
                                                 ", this cycle begins with ", bill.number(),
                                                 ": send the cycles before it first"));
      }
    }
    if (has_any_ && bill.number() <= last_) {
      ++there_already;
      return absl::OkStatus();
    }
    bytes_ += bill.ByteSizeLong();
    *request_.add_bill() = bill;
    return bytes_ < kBatchBytesMax && request_.bill_size() < kBatchBillsMax ? absl::OkStatus()
                                                                            : Flush();
  }

  absl::Status Flush() {
    if (request_.bill_size() == 0) return absl::OkStatus();
    const uint64_t wanted = request_.bill(request_.bill_size() - 1).number();
    const int count = request_.bill_size();
    OCS_RETURN_IF_ERROR(Call());
    request_.clear_bill();
    bytes_ = 0;
    if (!has_any_ || last_ < wanted) {
      return absl::UnavailableError(
          Cat("the receiver did not take number ", wanted, "; run the same command again"));
    }
    sent += count;
    return absl::OkStatus();
  }

  int64_t sent = 0;
  int64_t there_already = 0;

 private:
  absl::Status Call() {
    wire::DeliverBillsResponse response;
    const grpc::Status status =
        ctl_.Call(*stub_, &wire::PhoneBillSettlement::Stub::DeliverBills, request_, &response);
    if (!status.ok()) {
      return absl::UnavailableError(
          Cat("the receiver answers: ", status.error_message(), "; run the same command again"));
    }
    has_any_ = response.has_any();
    last_ = response.last_number();
    return absl::OkStatus();
  }

  const Ctl& ctl_;
  const std::unique_ptr<wire::PhoneBillSettlement::Stub> stub_;
  wire::DeliverBillsRequest request_;
  size_t bytes_ = 0;
  bool asked_ = false;
  bool has_any_ = false;
  uint64_t last_ = 0;
};

int Send(const Ctl& ctl, const FiledArguments& arguments) {
  const auto folder = FinalFolder(arguments);
  if (!folder.ok()) return Complain(folder.status());
  Sender sender(ctl, arguments);
  absl::Status sent;
  {
    Progress progress("bills", 0);
    uint64_t read = 0;
    sent = ForEachBillIn(*folder, [&](const wire::BillDocument& bill) {
      progress.Update(++read);
      return sender.Add(bill);
    });
  }
  if (sent.ok()) sent = sender.Flush();
  if (!sent.ok()) return Complain(sent);
  ctl.Print(ctl.json
                ? Cat("{\"sent\":", sender.sent, ",\"there_already\":", sender.there_already, "}\n")
                : Cat(sender.sent, " bills sent, ", sender.there_already, " were there already\n"));
  return kDone;
}

void AddFolderOptions(CLI::App* command, FiledArguments* arguments) {
  command->add_option("--folder", arguments->folder, "In which bill run made the cycle final")
      ->required();
  command->add_option("--cycle", arguments->cycle, "Its name, as of bill run")->required();
}

}  // namespace

void AddBillPageCommand(CLI::App* family, Ctl* ctl) {
  const auto arguments = std::make_shared<FiledArguments>();
  CLI::App* page =
      AddCommand(family, "page", "A final bill as a page, from its folder; no server",
                 "ocsctl --zone Asia/Shanghai bill page --folder bills --cycle 2026-05 "
                 "--document 2026-05-00000017 --language zh --pdf bill.pdf");
  AddFolderOptions(page, arguments.get());
  page->add_option("--document", arguments->document, "Its number, as in bills.csv")->required();
  AddPageOptions(page, &arguments->page);
  page->callback([=] { ctl->chosen = [=] { return ShowPage(*ctl, *arguments); }; });
}

void AddSettlementSend(CLI::App* family, Ctl* ctl) {
  const auto arguments = std::make_shared<FiledArguments>();
  CLI::App* send = AddCommand(
      family, "send", "Hand a final cycle's bills over to the settlement system at --server",
      "ocsctl --server 127.0.0.1:7090 settlement send --folder bills --cycle 2026-05 --sender "
      "ocs01");
  AddFolderOptions(send, arguments.get());
  send->add_option("--sender", arguments->sender, "Names this installation to the receiver")
      ->capture_default_str();
  send->callback([=] { ctl->chosen = [=] { return Send(*ctl, *arguments); }; });
}

}  // namespace ocs::tools
