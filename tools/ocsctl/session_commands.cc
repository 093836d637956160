// ocsctl session: what gateways are asked to do with open sessions, and what is known of one.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ocs/account/v1/account.grpc.pb.h"
#include "ocs/base/text.h"
#include "ocs/base/time.h"
#include "ocs/push/v1/push.grpc.pb.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using account::v1::Accounts;
using push::v1::Pushes;

constexpr int kHistoryPageItems = 1'000;
constexpr int kHistoryPagesMax = 100;

struct SessionArguments {
  ChangeOptions change;
  std::string account;
  std::string session;
  uint32_t rating_group = 0;
};

// Fills what the two demands have in common.
template <typename Request>
grpc::Status FillDemand(const Ctl& ctl, SessionArguments& arguments, Request* request) {
  uint64_t account = 0;
  grpc::Status status = ctl.FindAccount(arguments.account, &account);
  if (!status.ok()) return status;
  arguments.change.Fill(request->mutable_change());
  request->set_account_id(account);
  request->set_session_id(arguments.session);
  return status;
}

template <typename Response>
int Finish(const Ctl& ctl, const grpc::Status& status, const Response& response,
           std::string_view what) {
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
  } else {
    ctl.Print(Cat(what, " demanded of ", response.asked(), " sessions\n"));
  }
  return kDone;
}

int Reauthorise(const Ctl& ctl, SessionArguments& arguments, bool of_group) {
  push::v1::ReauthoriseSessionsRequest request;
  push::v1::ReauthoriseSessionsResponse response;
  grpc::Status status = FillDemand(ctl, arguments, &request);
  if (of_group) request.set_rating_group(arguments.rating_group);
  const auto stub = ctl.Stub<Pushes>();
  if (status.ok()) status = ctl.Call(*stub, &Pushes::Stub::ReauthoriseSessions, request, &response);
  return Finish(ctl, status, response, "re-authorisation");
}

int Abort(const Ctl& ctl, SessionArguments& arguments) {
  push::v1::AbortSessionsRequest request;
  push::v1::AbortSessionsResponse response;
  grpc::Status status = FillDemand(ctl, arguments, &request);
  const auto stub = ctl.Stub<Pushes>();
  if (status.ok()) status = ctl.Call(*stub, &Pushes::Stub::AbortSessions, request, &response);
  return Finish(ctl, status, response, "abort");
}

// Whether the sentence of an entry is about the session: "..., session ID request 3".
bool IsAbout(const std::string& text, const std::string& session) {
  const std::string mark = Cat("session ", session);
  const size_t at = text.find(mark);
  if (at == std::string::npos) return false;
  const char after = at + mark.size() < text.size() ? text[at + mark.size()] : ' ';
  return after == ' ' || after == ',' || after == ';';
}

int Find(const Ctl& ctl, const SessionArguments& arguments) {
  account::v1::GetHistoryRequest request;
  request.set_items_max(kHistoryPageItems);
  uint64_t account = 0;
  grpc::Status status = ctl.FindAccount(arguments.account, &account);
  request.set_account_id(account);
  const auto stub = ctl.Stub<Accounts>();
  Table table({{.name = "entry"}, {.name = "time"}, {.name = "kind"}, {.name = "text"}});
  account::v1::GetHistoryResponse found;
  for (int page = 0; status.ok() && page < kHistoryPagesMax; ++page) {
    account::v1::GetHistoryResponse response;
    status = ctl.Call(*stub, &Accounts::Stub::GetHistory, request, &response);
    for (const auto& item : response.item()) {
      if (!IsAbout(item.text(), arguments.session)) continue;
      *found.add_item() = item;
      std::string text = item.text();
      for (const std::string& charge : item.charge()) text += Cat("\n", charge);
      table.AddRow({Cat(item.shard(), ".", item.position().group(), ".", item.position().index()),
                    FormatInstant({item.logged_at_unix_ms()}, ctl.zone()), item.kind(), text});
    }
    if (!response.has_next_before()) break;
    *request.mutable_before() = response.next_before();
  }
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(found);
  } else {
    ctl.Print(found.item_size() == 0 ? "nothing is known of this session in this account\n"
                                     : table.Format());
  }
  return kDone;
}

}  // namespace

void AddSessionCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "session", "What gateways are asked to do with open sessions.");
  const auto arguments = std::make_shared<SessionArguments>();
  const auto add_account = [&](CLI::App* command) {
    command->add_option("account", arguments->account, "Number or identity")->required();
  };
  CLI::App* reauthorise =
      AddCommand(family, "reauthorise", "Demand that sessions report what was used and ask anew",
                 "ocsctl session reauthorise msisdn:8613800138000 --reason 'new price'");
  add_account(reauthorise);
  reauthorise->add_option("--session", arguments->session, "Only this one; else all that are open");
  CLI::Option* group = reauthorise->add_option("--rating-group", arguments->rating_group,
                                               "Only sessions that have it, about it alone");
  arguments->change.AddTo(reauthorise);
  reauthorise->callback([ctl, arguments, group] {
    const bool of_group = group->count() > 0;
    ctl->chosen = [ctl, arguments, of_group] { return Reauthorise(*ctl, *arguments, of_group); };
  });

  CLI::App* abort_command = AddCommand(family, "abort", "Demand that sessions end",
                                       "ocsctl session abort msisdn:8613800138000 --reason fraud");
  add_account(abort_command);
  abort_command->add_option("--session", arguments->session,
                            "Only this one; else all that are open");
  arguments->change.AddTo(abort_command);
  abort_command->callback(
      [ctl, arguments] { ctl->chosen = [ctl, arguments] { return Abort(*ctl, *arguments); }; });

  CLI::App* find =
      AddCommand(family, "find", "All entries of a session, with its charges, newest first",
                 "ocsctl session find msisdn:8613800138000 gw-1;1779000000;7");
  add_account(find);
  find->add_option("session", arguments->session, "Its session id")->required();
  find->callback(
      [ctl, arguments] { ctl->chosen = [ctl, arguments] { return Find(*ctl, *arguments); }; });
}

}  // namespace ocs::tools
