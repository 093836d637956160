// ocsctl account, node, limit: what changes an account over its life.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "ocs/account/v1/account.grpc.pb.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/values.h"

namespace ocs::tools {
namespace {

using account::v1::Accounts;
using Stub = Accounts::Stub;

struct LifeArguments {
  ChangeOptions change;
  std::string account;
  std::string name;
  std::string kind = "member";
  std::string state;
  std::string identity;
  std::string window;
  std::string unit;
  std::string amount;
  std::string at;
  std::string segment;
  std::string tenant;
  std::string credit_limit;
  std::string switch_id;
  std::string turn;
  std::vector<int> alerts;
  uint32_t node = 0;
  uint32_t parent = 0;
  uint32_t limit = 0;
  uint32_t subscription = 0;
  std::optional<uint32_t> shard;
  int billing_day = 0;
  int items_max = 1'000'000;
  bool alert_only = false;
  bool forfeit = false;
  bool withdraw = false;
};
using SharedLifeArguments = std::shared_ptr<LifeArguments>;

/// Finds the account, fills who and why, calls, and shows what `words` says of the response.
template <typename Request, typename Response, typename Words>
int Change(const Ctl& ctl, LifeArguments& arguments, Request request,
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

// A word among those of a list whose numbers count from 1; 0 when it is none of them.
int NumberOf(std::string_view word, const std::vector<std::string_view>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == word) return static_cast<int>(i) + 1;
  }
  return 0;
}

account::v1::State StateOf(const std::string& word) {
  return static_cast<account::v1::State>(
      NumberOf(word, {"pre-active", "active", "grace", "suspended", "closed"}));
}

// "day", "month", ..., or "sliding 5h".
absl::Status ReadWindow(const std::string& text, account::v1::SetLimitRequest* request) {
  const std::vector<std::string> words = absl::StrSplit(text, ' ', absl::SkipEmpty());
  const std::string_view first = words.empty() ? std::string_view() : std::string_view(words[0]);
  const int number =
      NumberOf(first, {"call", "hour", "day", "week", "month", "cycle", "sliding", "lifetime"});
  absl::Duration length;
  const bool sliding = number == account::v1::SLIDING;
  const bool known = number != 0 && words.size() == (sliding ? 2U : 1U);
  if (!known || (sliding && !absl::ParseDuration(words[1], &length))) {
    return absl::InvalidArgumentError(Cat(
        "window '", text, "': expected hour, day, week, month, cycle, lifetime or 'sliding 5h'"));
  }
  request->set_window(static_cast<account::v1::WindowKind>(number));
  request->set_length_ms(absl::ToInt64Milliseconds(length));
  return absl::OkStatus();
}

// Money as a decimal number, everything else in pieces.
absl::StatusOr<int64_t> ReadAmount(const std::string& amount, const std::string& unit_code) {
  const auto unit = Unit::Parse(unit_code);
  if (!unit.ok()) return absl::InvalidArgumentError(Cat("'", unit_code, "' is no unit"));
  if (unit->is_money()) return ParseMicros(amount);
  int64_t pieces = 0;
  if (!absl::SimpleAtoi(amount, &pieces)) {
    return absl::InvalidArgumentError(Cat("'", amount, "' is no number of pieces"));
  }
  return pieces;
}

int AddNode(const Ctl& ctl, LifeArguments& arguments) {
  account::v1::AddNodeRequest request;
  request.set_parent_id(arguments.parent);
  request.set_kind(
      static_cast<account::v1::NodeKind>(NumberOf(arguments.kind, {"group", "member", "key"})));
  request.set_name(arguments.name);
  return Change(ctl, arguments, request, &Stub::AddNode,
                [](const auto& response) { return Cat("node ", response.node_id(), " added"); });
}

int ChangeNode(const Ctl& ctl, LifeArguments& arguments, bool moves) {
  account::v1::ChangeNodeRequest request;
  request.set_node_id(arguments.node);
  if (moves) request.set_parent_id(arguments.parent);
  if (!arguments.name.empty()) request.set_name(arguments.name);
  if (!arguments.state.empty()) request.set_state(StateOf(arguments.state));
  return Change(ctl, arguments, request, &Stub::ChangeNode,
                [&](const auto&) { return Cat("node ", arguments.node, " changed"); });
}

int MoveIdentity(const Ctl& ctl, LifeArguments& arguments) {
  const auto identity = ParseIdentity(arguments.identity);
  if (!identity.ok()) return Complain(identity.status());
  account::v1::MoveIdentityRequest request;
  *request.mutable_subscription_id() = *identity;
  request.set_node_id(arguments.node);
  return Change(ctl, arguments, request, &Stub::MoveIdentity,
                [&](const auto&) { return Cat("the identity is of node ", arguments.node); });
}

int SetLimit(const Ctl& ctl, LifeArguments& arguments) {
  account::v1::SetLimitRequest request;
  if (const absl::Status window = ReadWindow(arguments.window, &request); !window.ok())
    return Complain(window);
  const auto amount = ReadAmount(arguments.amount, arguments.unit);
  if (!amount.ok()) return Complain(amount.status());
  request.set_limit_id(arguments.limit);
  request.set_node_id(arguments.node);
  request.set_name(arguments.name);
  request.set_unit(arguments.unit);
  request.set_amount(*amount);
  request.set_alert_only(arguments.alert_only);
  for (const int percent : arguments.alerts) request.add_alert_percent(percent);
  return Change(ctl, arguments, request, &Stub::SetLimit,
                [](const auto& response) { return Cat("limit ", response.limit_id(), " set"); });
}

int DropLimit(const Ctl& ctl, LifeArguments& arguments) {
  account::v1::DropLimitRequest request;
  request.set_limit_id(arguments.limit);
  return Change(ctl, arguments, request, &Stub::DropLimit,
                [&](const auto&) { return Cat("limit ", arguments.limit, " dropped"); });
}

int SetProfile(const Ctl& ctl, LifeArguments& arguments, const CLI::App& given) {
  account::v1::SetProfileRequest request;
  if (given.count("--credit-limit") > 0) {
    const auto micros = ParseMicros(arguments.credit_limit);
    if (!micros.ok()) return Complain(micros.status());
    request.set_credit_limit_micros(*micros);
  }
  if (given.count("--segment") > 0) request.set_segment(arguments.segment);
  if (given.count("--tenant") > 0) request.set_tenant(arguments.tenant);
  if (given.count("--billing-day") > 0) request.set_billing_day(arguments.billing_day);
  return Change(ctl, arguments, request, &Stub::SetProfile,
                [](const auto&) { return std::string("profile changed"); });
}

int SetState(const Ctl& ctl, LifeArguments& arguments) {
  account::v1::SetStateRequest request;
  request.set_state(StateOf(arguments.state));
  if (!arguments.at.empty()) {
    const auto at = ParseTime(arguments.at, ctl.zone());
    if (!at.ok()) return Complain(at.status());
    request.set_at_unix_ms(at->unix_ms);
  }
  request.set_forfeit(arguments.forfeit);
  request.set_withdraw(arguments.withdraw);
  return Change(ctl, arguments, request, &Stub::SetState, [&](const auto& response) {
    std::string text = Cat(arguments.withdraw ? "not " : "", arguments.state);
    if (!arguments.at.empty()) text += Cat(" from ", arguments.at, " on");
    if (response.paid_out_micros() != 0)
      text += Cat("; pay back ", FormatMicros(response.paid_out_micros()));
    return text;
  });
}

int Cancel(const Ctl& ctl, LifeArguments& arguments) {
  account::v1::CancelSubscriptionRequest request;
  request.set_subscription_number(arguments.subscription);
  return Change(ctl, arguments, request, &Stub::CancelSubscription, [&](const auto& response) {
    return Cat("subscription ", arguments.subscription, " ends at ",
               TimeText(response.ends_at_unix_ms(), ctl.zone()));
  });
}

int SetSwitch(const Ctl& ctl, LifeArguments& arguments) {
  account::v1::SetSwitchRequest request;
  request.set_subscription_number(arguments.subscription);
  request.set_switch_id(arguments.switch_id);
  request.set_on(arguments.turn == "on");
  return Change(ctl, arguments, request, &Stub::SetSwitch, [&](const auto&) {
    return Cat("switch ", arguments.switch_id, " is ", arguments.turn);
  });
}

// Of one shard, at most `*left`; those are counted off. Into *shards how many there are.
int NoticesOf(const Ctl& ctl, account::v1::ListNoticesRequest request, int* left,
              uint32_t* shards) {
  while (*left > 0) {
    request.set_notices_max(std::min(*left, 1'000));
    account::v1::ListNoticesResponse response;
    const grpc::Status status =
        ctl.Call(*ctl.Stub<Accounts>(), &Stub::ListNotices, request, &response);
    if (!status.ok()) return ctl.Complain(status);
    *shards = response.shard_count();
    for (const auto& notice : response.notice()) {
      if (ctl.json) {
        ctl.PrintJson(notice);
        continue;
      }
      const std::string shard = *shards > 1 ? Cat(request.shard(), ".") : std::string();
      ctl.Print(Cat(shard, notice.position().group(), ".", notice.position().index(), "  ",
                    TimeText(notice.at_unix_ms(), ctl.zone()), "  account ", notice.account_id(),
                    ": ", notice.text(), "\n"));
    }
    *left -= response.notice_size();
    const bool end = response.next_after().group() == request.after().group() &&
                     response.next_after().index() == request.after().index();
    if (end) break;
    *request.mutable_after() = response.next_after();
  }
  return kDone;
}

// From a position to the end; or the oldest that are kept. A position is one of a shard.
int Notices(const Ctl& ctl, const LifeArguments& arguments) {
  account::v1::ListNoticesRequest request;
  if (!arguments.at.empty()) {
    const auto after = ParsePosition(arguments.at);
    if (!after.ok()) return Complain(after.status());
    request.mutable_after()->set_group(after->group);
    request.mutable_after()->set_index(after->index);
  }
  int left = arguments.items_max;
  uint32_t shards = 1;
  const bool one = arguments.shard.has_value() || !arguments.at.empty();
  request.set_shard(arguments.shard.value_or(0));
  do {
    const int done = NoticesOf(ctl, request, &left, &shards);
    if (done != kDone) return done;
    request.set_shard(request.shard() + 1);
  } while (!one && request.shard() < shards && left > 0);
  return kDone;
}

void AddNodeOption(CLI::App* command, const SharedLifeArguments& arguments) {
  command->add_option("NODE", arguments->node, "Its number; 0 is the account itself")->required();
}

}  // namespace

void AddAccountLifeCommands(CLI::App* family, Ctl* ctl) {
  const auto arguments = std::make_shared<LifeArguments>();
  CLI::App* profile = AddCommand(family, "profile", "Change credit limit, segment, billing day",
                                 "ocsctl account profile 4294967297 --billing-day 15");
  AddAccountOption(profile, &arguments->account);
  profile->add_option("--credit-limit", arguments->credit_limit, "In the account's currency");
  profile->add_option("--segment", arguments->segment, "For prices and offers");
  profile->add_option("--tenant", arguments->tenant, "Whose customer this is");
  profile->add_option("--billing-day", arguments->billing_day, "1 to 31");
  arguments->change.AddTo(profile);
  profile->callback([=] { ctl->chosen = [=] { return SetProfile(*ctl, *arguments, *profile); }; });

  CLI::App* state = AddCommand(family, "state", "Change what the account may do",
                               "ocsctl account state 4294967297 suspended --reason 'lost phone'");
  AddAccountOption(state, &arguments->account);
  state->add_option("STATE", arguments->state, "active, grace, suspended or closed")
      ->required()
      ->check(CLI::IsMember({"active", "grace", "suspended", "closed"}));
  state->add_option("--at", arguments->at, "At a time to come (default: now)");
  state->add_flag("--withdraw", arguments->withdraw, "Take the change dated --at back");
  state->add_flag("--forfeit", arguments->forfeit, "Of closing: money that is left is lost");
  arguments->change.AddTo(state);
  state->callback([=] { ctl->chosen = [=] { return SetState(*ctl, *arguments); }; });

  CLI::App* cancel = AddCommand(family, "cancel", "End a subscription with its present cycle",
                                "ocsctl account cancel msisdn:8613800138000 1");
  AddAccountOption(cancel, &arguments->account);
  cancel->add_option("SUBSCRIPTION", arguments->subscription, "Its number")->required();
  arguments->change.AddTo(cancel);
  cancel->callback([=] { ctl->chosen = [=] { return Cancel(*ctl, *arguments); }; });

  CLI::App* turn = AddCommand(family, "switch", "Turn a switch of a subscription",
                              "ocsctl account switch 4294967297 1 free_quota_only on");
  AddAccountOption(turn, &arguments->account);
  turn->add_option("SUBSCRIPTION", arguments->subscription, "Its number")->required();
  turn->add_option("SWITCH", arguments->switch_id, "Its id in the catalogue")->required();
  turn->add_option("ON", arguments->turn, "on or off")
      ->required()
      ->check(CLI::IsMember({"on", "off"}));
  arguments->change.AddTo(turn);
  turn->callback([=] { ctl->chosen = [=] { return SetSwitch(*ctl, *arguments); }; });
}

void AddNodeCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "node", "Groups, members and keys of an account");
  const auto arguments = std::make_shared<LifeArguments>();
  CLI::App* add = AddCommand(family, "add", "Add a group, a member or a key",
                             "ocsctl node add 4294967297 Anna --under 1");
  AddAccountOption(add, &arguments->account);
  add->add_option("NAME", arguments->name, "1 to 128 characters")->required();
  add->add_option("--kind", arguments->kind, "group, member or key")
      ->check(CLI::IsMember({"group", "member", "key"}))
      ->capture_default_str();
  add->add_option("--under", arguments->parent, "The node above (default: the account)");
  arguments->change.AddTo(add);
  add->callback([=] { ctl->chosen = [=] { return AddNode(*ctl, *arguments); }; });

  CLI::App* change = AddCommand(family, "change", "Move it, rename it, change its state",
                                "ocsctl node change 4294967297 2 --state suspended");
  AddAccountOption(change, &arguments->account);
  AddNodeOption(change, arguments);
  change->add_option("--under", arguments->parent, "Move it there; 0 is the account itself");
  change->add_option("--name", arguments->name, "Its new name");
  change->add_option("--state", arguments->state, "active, suspended or closed")
      ->check(CLI::IsMember({"active", "suspended", "closed"}));
  arguments->change.AddTo(change);
  change->callback([=] {
    ctl->chosen = [=] { return ChangeNode(*ctl, *arguments, change->count("--under") > 0); };
  });

  CLI::App* identity = AddCommand(family, "identity", "Give an identity of the account to a node",
                                  "ocsctl node identity 4294967297 2 customer:C-1001");
  AddAccountOption(identity, &arguments->account);
  AddNodeOption(identity, arguments);
  identity->add_option("IDENTITY", arguments->identity, "TYPE:DATA")->required();
  arguments->change.AddTo(identity);
  identity->callback([=] { ctl->chosen = [=] { return MoveIdentity(*ctl, *arguments); }; });
}

void AddLimitCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "limit", "Limits on what nodes of an account may use");
  const auto arguments = std::make_shared<LifeArguments>();
  CLI::App* set = AddCommand(family, "set", "Set or change a limit",
                             "ocsctl limit set 4294967297 50 CNY month --name 'monthly cap' "
                             "--alert 50 --alert 80 --alert 100");
  AddAccountOption(set, &arguments->account);
  set->add_option("AMOUNT", arguments->amount, "In the unit")->required();
  set->add_option("UNIT", arguments->unit, "A currency, token, request or a unit of packages")
      ->required();
  set->add_option("WINDOW", arguments->window,
                  "hour, day, week, month, cycle, lifetime or 'sliding 5h'")
      ->required();
  set->add_option("--name", arguments->name, "1 to 128 characters")->required();
  set->add_option("--node", arguments->node, "On that node (default: the account)");
  set->add_option("--limit", arguments->limit, "Change this one (default: a new one)");
  set->add_option("--alert", arguments->alerts, "Per cent at which to tell; may be repeated")
      ->take_all();
  set->add_flag("--alert-only", arguments->alert_only, "Tell, and stop nothing");
  arguments->change.AddTo(set);
  set->callback([=] { ctl->chosen = [=] { return SetLimit(*ctl, *arguments); }; });

  CLI::App* drop =
      AddCommand(family, "drop", "Take a limit away", "ocsctl limit drop 4294967297 1");
  AddAccountOption(drop, &arguments->account);
  drop->add_option("LIMIT", arguments->limit, "Its number")->required();
  arguments->change.AddTo(drop);
  drop->callback([=] { ctl->chosen = [=] { return DropLimit(*ctl, *arguments); }; });
}

void AddNoticesCommand(CLI::App* app, Ctl* ctl) {
  const auto arguments = std::make_shared<LifeArguments>();
  CLI::App* notices = AddCommand(app, "notices", "What customers and operators are to be told",
                                 "ocsctl notices --after 120.4");
  notices->add_option("--after", arguments->at, "Only what came after GROUP.INDEX");
  notices->add_option("--shard", arguments->shard,
                      "Of this shard; else of all, or with --after of shard 0");
  notices->add_option("--items-max", arguments->items_max, "At most so many, about")
      ->check(CLI::Range(1, 1'000'000));
  notices->callback([=] { ctl->chosen = [=] { return Notices(*ctl, *arguments); }; });
}

}  // namespace ocs::tools
