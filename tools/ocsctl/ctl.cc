#include "tools/ocsctl/ctl.h"

#include <google/protobuf/util/json_util.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "absl/strings/numbers.h"
#include "ocs/account/v1/account.grpc.pb.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "tools/ocsctl/values.h"

namespace ocs::tools {

absl::Status Ctl::Prepare() {
  if (!absl::LoadTimeZone(zone_name, &zone_)) {
    return absl::InvalidArgumentError(
        Cat("--zone: there is no time zone '", zone_name, "'; expected one like Asia/Shanghai"));
  }
  OCS_RETURN_IF_ERROR(ReadToken(&connection));
  OCS_ASSIGN_OR_RETURN(channel_, MakeChannel(connection));
  return absl::OkStatus();
}

void Ctl::PrintJson(const google::protobuf::Message& message) const {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = false;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok()) text = "{}";  // Only messages with unknown Any types, which we do not print.
  Print(Cat(text, "\n"));
}

void Ctl::Print(std::string_view text) const { std::fwrite(text.data(), 1, text.size(), stdout); }

grpc::Status Ctl::FindAccount(const std::string& text, uint64_t* account_id) const {
  if (absl::SimpleAtoi(text, account_id)) return grpc::Status::OK;
  const auto identity = ParseIdentity(text);
  if (!identity.ok()) {
    return {grpc::StatusCode::INVALID_ARGUMENT,
            Cat("'", text, "' is no account: expected its number, or ",
                FromAbsl(identity.status().message()))};
  }
  account::v1::GetAccountRequest request;
  *request.mutable_subscription_id() = *identity;
  account::v1::GetAccountResponse response;
  const auto stub = Stub<account::v1::Accounts>();
  grpc::Status status = Call(*stub, &account::v1::Accounts::Stub::GetAccount, request, &response);
  if (status.ok()) *account_id = response.account().account_id();
  return status;
}

void ChangeOptions::AddTo(CLI::App* command) {
  command->add_option("--key", key, "Idempotency key; repeat a change with the same one");
  command->add_option("--actor", actor, "Who does it; recorded (default: the login name)");
  command->add_option("--reason", reason, "Why; recorded");
}

void ChangeOptions::Fill(type::v1::Change* change) {
  if (key.empty()) {
    key = NewKey();
    std::fprintf(stderr, "key %s (repeat the change with --key)\n", key.c_str());
  }
  if (actor.empty()) {
    if (const passwd* user = ::getpwuid(::geteuid())) actor = user->pw_name;
  }
  change->set_idempotency_key(key);
  change->set_actor(actor);
  change->set_reason(reason);
}

CLI::App* AddFamily(CLI::App* app, const std::string& name, const std::string& help) {
  CLI::App* family = app->add_subcommand(name, help);
  family->require_subcommand(1);
  return family;
}

CLI::App* AddCommand(CLI::App* family, const std::string& name, const std::string& help,
                     const std::string& example) {
  CLI::App* command = family->add_subcommand(name, help);
  command->footer("Example:\n  " + example);
  return command;
}

void AddAccountOption(CLI::App* command, std::string* account) {
  command
      ->add_option("ACCOUNT", *account, "Its number, or an identity such as msisdn:8613800138000")
      ->required();
}

}  // namespace ocs::tools
