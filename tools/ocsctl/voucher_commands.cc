// ocsctl voucher: codes are made here and written to a file; the server gets their hashes.

#include <fcntl.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "ocs/account/v1/voucher.grpc.pb.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "ocs/base/voucher_code.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using account::v1::Vouchers;

// As voucher.proto says.
constexpr size_t kCodesPerCall = 1'000;
constexpr int64_t kCodesMax = 10'000'000;

struct VoucherOptions {
  ChangeOptions change;
  std::string file;
  int64_t count = 0;
  std::string batch;
  std::string money;
  std::string bonus;
  std::string offer;
  std::string currency = "CNY";
  int days = 0;
  std::string expires;
  bool given = false;
  std::string account;
};
using Options = std::shared_ptr<VoucherOptions>;

absl::Status WriteAll(int file, const std::string& text, const std::string& path) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t written = ::write(file, text.data() + at, text.size() - at);
    if (written <= 0) return absl::UnavailableError(Cat(path, ": cannot be written"));
    at += static_cast<size_t>(written);
  }
  if (::fsync(file) != 0) return absl::UnavailableError(Cat(path, ": cannot be made durable"));
  return absl::OkStatus();
}

// Readable by its owner only: who has a code has the money.
int Make(const Ctl& ctl, const VoucherOptions& options) {
  std::string text;
  for (int64_t i = 0; i < options.count; ++i) {
    std::array<uint8_t, 12> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
      return Complain(absl::UnavailableError("the system gives no random bytes"));
    text += Cat(FormatVoucherCode(VoucherCodeOf(random)), "\n");
  }
  const int file =
      ::open(options.file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) {
    return Complain(absl::FailedPreconditionError(
        Cat(options.file, ": cannot be made; name a file that is not there yet")));
  }
  const absl::Status written = WriteAll(file, text, options.file);
  ::close(file);
  if (!written.ok()) return Complain(written);
  ctl.Print(Cat(FormatGrouped(options.count), " codes in ", options.file,
                "; keep it as money, and issue them: ocsctl voucher issue ", options.file, "\n"));
  return kDone;
}

absl::StatusOr<std::vector<std::string>> ReadCodes(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(Cat(path, ": cannot be read"));
  std::vector<std::string> codes;
  std::string line;
  for (int64_t number = 1; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    const auto code = NormalVoucherCode(line);
    // The line is not shown: it may be a code but for one letter.
    if (!code) return absl::InvalidArgumentError(Cat(path, ":", number, ": is no voucher's code"));
    codes.push_back(*code);
  }
  if (codes.empty()) return absl::InvalidArgumentError(Cat(path, ": holds no codes"));
  return codes;
}

std::string Sha256Of(const std::string& text) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
         reinterpret_cast<uint8_t*>(hash.data()));
  return hash;
}

absl::Status FillTerms(const Ctl& ctl, const VoucherOptions& options,
                       account::v1::VoucherTerms* terms) {
  const int values = (options.money.empty() ? 0 : 1) + (options.bonus.empty() ? 0 : 1) +
                     (options.offer.empty() ? 0 : 1);
  if (values != 1) return absl::InvalidArgumentError("give one of --money, --bonus and --offer");
  terms->set_sold(!options.given && options.bonus.empty());
  if (!options.offer.empty()) {
    terms->set_value(account::v1::OFFER);
    terms->set_offer(options.offer);
  } else {
    const bool money = !options.money.empty();
    terms->set_value(money ? account::v1::MONEY : account::v1::BONUS);
    const auto micros = ParseMicros(money ? options.money : options.bonus);
    if (!micros.ok()) return micros.status();
    terms->set_amount_micros(*micros);
    terms->set_currency(options.currency);
    if (!money) terms->set_bonus_days(options.days);
  }
  if (options.expires.empty()) return absl::OkStatus();
  const auto at = ParseTime(options.expires, ctl.zone());
  if (!at.ok()) return at.status();
  terms->set_expires_at_unix_ms(at->unix_ms);
  return absl::OkStatus();
}

// A thousand at a time, under keys that come from the first: to be repeated as a whole.
int Issue(const Ctl& ctl, VoucherOptions& options) {
  const auto codes = ReadCodes(options.file);
  if (!codes.ok()) return Complain(codes.status());
  account::v1::IssueVouchersRequest request;
  if (const auto terms = FillTerms(ctl, options, request.mutable_terms()); !terms.ok())
    return Complain(terms);
  options.change.Fill(request.mutable_change());
  request.set_batch(options.batch);
  const std::string key = request.change().idempotency_key();
  const auto stub = ctl.Stub<Vouchers>();
  account::v1::IssueVouchersResponse response;
  for (size_t at = 0; at < codes->size(); at += kCodesPerCall) {
    request.clear_code_sha256();
    const size_t end = std::min(codes->size(), at + kCodesPerCall);
    for (size_t i = at; i < end; ++i) request.add_code_sha256(Sha256Of((*codes)[i]));
    request.mutable_change()->set_idempotency_key(Cat(key, "-", at / kCodesPerCall));
    const grpc::Status status = ctl.Call(*stub, &Vouchers::Stub::IssueVouchers, request, &response);
    if (status.ok()) continue;
    std::cerr << FormatGrouped(static_cast<int64_t>(at)) << " of "
              << FormatGrouped(static_cast<int64_t>(codes->size()))
              << " are issued; go on by the same command with --key " << key << "\n";
    return ctl.Complain(status);
  }
  if (ctl.json) {
    ctl.PrintJson(response);
  } else {
    ctl.Print(Cat("batch ", options.batch, ": ", FormatGrouped(response.issued()), " issued\n"));
  }
  return kDone;
}

std::string WhatCame(const account::v1::RedeemVoucherResponse& response) {
  const std::string amount = Cat(FormatMicros(response.amount_micros()), " ", response.currency());
  switch (response.value()) {
    case account::v1::BONUS:
      return Cat("a bonus of ", amount, " in bucket ", response.bucket_id(0));
    case account::v1::OFFER:
      return Cat("offer ", response.offer(), ", its fee of ", amount, " paid");
    default:
      return amount;
  }
}

// The code is read from a file or standard input: arguments are seen by everybody on the machine.
int Redeem(const Ctl& ctl, VoucherOptions& options) {
  std::string code;
  if (options.file.empty() || options.file == "-") {
    std::getline(std::cin, code);
  } else {
    std::ifstream file(options.file);
    if (!file) return Complain(absl::NotFoundError(Cat(options.file, ": cannot be read")));
    std::getline(file, code);
  }
  uint64_t id = 0;
  grpc::Status status = ctl.FindAccount(options.account, &id);
  if (!status.ok()) return ctl.Complain(status);
  account::v1::RedeemVoucherRequest request;
  options.change.Fill(request.mutable_change());
  request.set_account_id(id);
  request.set_code(code);
  account::v1::RedeemVoucherResponse response;
  status = ctl.Call(*ctl.Stub<Vouchers>(), &Vouchers::Stub::RedeemVoucher, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
  } else {
    ctl.Print(Cat("account ", id, ": ", WhatCame(response), "; ",
                  FormatMicros(response.available_micros()), " available\n"));
  }
  return kDone;
}

int Cancel(const Ctl& ctl, VoucherOptions& options) {
  account::v1::CancelVouchersRequest request;
  options.change.Fill(request.mutable_change());
  request.set_batch(options.batch);
  account::v1::CancelVouchersResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Vouchers>(), &Vouchers::Stub::CancelVouchers, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
  } else {
    ctl.Print(Cat("batch ", options.batch, " is cancelled: ", FormatGrouped(response.cancelled()),
                  " had not been redeemed\n"));
  }
  return kDone;
}

std::string TermsText(const account::v1::VoucherTerms& terms) {
  if (terms.value() == account::v1::OFFER) return Cat("offer ", terms.offer());
  const std::string amount = Cat(FormatMicros(terms.amount_micros()), " ", terms.currency());
  return terms.value() == account::v1::MONEY
             ? amount
             : Cat("bonus of ", amount, " for ", terms.bonus_days(), " days");
}

int ListBatches(const Ctl& ctl) {
  account::v1::ListVoucherBatchesResponse response;
  const grpc::Status status = ctl.Call(*ctl.Stub<Vouchers>(), &Vouchers::Stub::ListVoucherBatches,
                                       account::v1::ListVoucherBatchesRequest(), &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
    return kDone;
  }
  Table table({{"batch"},
               {"worth"},
               {"sold"},
               {"expires"},
               {"issued", Align::kRight},
               {"redeemed", Align::kRight},
               {"state"}});
  for (const auto& batch : response.batch()) {
    const auto& terms = batch.terms();
    table.AddRow({batch.name(), TermsText(terms), terms.sold() ? "yes" : "no",
                  terms.has_expires_at_unix_ms() ? TimeText(terms.expires_at_unix_ms(), ctl.zone())
                                                 : "never",
                  FormatGrouped(batch.issued()), FormatGrouped(batch.redeemed()),
                  batch.cancelled() ? "cancelled" : "good"});
  }
  ctl.Print(table.Format());
  return kDone;
}

void AddIssueCommand(CLI::App* family, Ctl* ctl, const Options& options) {
  CLI::App* issue = AddCommand(
      family, "issue", "Issue a file's codes: the server gets their hashes only",
      "ocsctl voucher issue codes.txt --batch may-10 --money 10.00 --expires 2027-06-01");
  issue->add_option("FILE", options->file, "Of ocsctl voucher make")->required();
  issue->add_option("--batch", options->batch, "Its name")->required();
  issue->add_option("--money", options->money, "Worth so much of the account's own money");
  issue->add_option("--bonus", options->bonus, "Worth a bucket of so much money, with --days");
  issue->add_option("--days", options->days, "How long a bonus lasts");
  issue->add_option("--offer", options->offer, "Worth this offer, its fee included");
  issue->add_option("--currency", options->currency, "Of --money and --bonus")
      ->capture_default_str();
  issue->add_option("--expires", options->expires, "Not redeemed from then on (default: never)");
  issue->add_flag("--given", options->given, "Given away, not sold: booked as goodwill");
  options->change.AddTo(issue);
  issue->callback([=] { ctl->chosen = [=] { return Issue(*ctl, *options); }; });
}

}  // namespace

void AddVoucherCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "voucher", "Codes that are worth money or an offer, once");
  const auto options = std::make_shared<VoucherOptions>();
  CLI::App* make = AddCommand(family, "make", "Make codes, into a new file; talks to nobody",
                              "ocsctl voucher make --count 1000 codes.txt");
  make->add_option("--count", options->count, "How many")
      ->required()
      ->check(CLI::Range(int64_t{1}, kCodesMax));
  make->add_option("FILE", options->file, "A new file; only you may read it")->required();
  make->callback([=] { ctl->chosen = [=] { return Make(*ctl, *options); }; });

  AddIssueCommand(family, ctl, options);

  CLI::App* redeem =
      AddCommand(family, "redeem", "Turn a voucher into what it is worth; reads the code",
                 "ocsctl voucher redeem msisdn:8613800138000 < code.txt");
  redeem->add_option("ACCOUNT", options->account, "Its number, or an identity")->required();
  redeem->add_option("--code-file", options->file,
                     "Its first line is the code (default: standard "
                     "input)");
  options->change.AddTo(redeem);
  redeem->callback([=] { ctl->chosen = [=] { return Redeem(*ctl, *options); }; });

  CLI::App* cancel = AddCommand(family, "cancel", "Cancel what is left of a batch",
                                "ocsctl voucher cancel may-10 --reason 'lost in the post'");
  cancel->add_option("BATCH", options->batch, "Its name")->required();
  options->change.AddTo(cancel);
  cancel->callback([=] { ctl->chosen = [=] { return Cancel(*ctl, *options); }; });

  CLI::App* list = AddCommand(family, "list", "All batches", "ocsctl voucher list");
  list->callback([=] { ctl->chosen = [=] { return ListBatches(*ctl); }; });
}

}  // namespace ocs::tools
