// ocsctl account: who pays, by which names, with what.

#include <string>
#include <utility>
#include <vector>

#include "ocs/account/v1/account.grpc.pb.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using account::v1::Accounts;
using Stub = Accounts::Stub;

struct AccountArguments {
  ChangeOptions change;
  std::string account;
  std::string currency;
  std::string credit_limit = "0";
  std::vector<std::string> identities;
  std::string identity;
  std::string amount;
  std::string offer;
  std::string at;
  std::string segment;
  std::string tenant;
  uint32_t node = 0;
  int64_t quantity = 1;
  int billing_day = 1;
  bool pre_active = false;
  std::string before;
  int items_max = 20;
  bool show_identities = false;
};
using SharedAccountArguments = std::shared_ptr<AccountArguments>;

int Create(const Ctl& ctl, AccountArguments& arguments) {
  account::v1::CreateAccountRequest request;
  const auto limit = ParseMicros(arguments.credit_limit);
  if (!limit.ok()) {
    return Complain(
        absl::InvalidArgumentError(Cat("--credit-limit: ", FromAbsl(limit.status().message()))));
  }
  for (const std::string& text : arguments.identities) {
    const auto identity = ParseIdentity(text);
    if (!identity.ok()) return Complain(identity.status());
    *request.add_subscription_id() = *identity;
  }
  request.set_currency(arguments.currency);
  request.set_credit_limit_micros(*limit);
  request.set_state(arguments.pre_active ? account::v1::PRE_ACTIVE : account::v1::ACTIVE);
  request.set_segment(arguments.segment);
  request.set_tenant(arguments.tenant);
  request.set_billing_day(arguments.billing_day);
  arguments.change.Fill(request.mutable_change());
  account::v1::CreateAccountResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Accounts>(), &Stub::CreateAccount, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
  } else {
    ctl.Print(Cat("account ", response.account_id(), " created\n"));
  }
  return kDone;
}

void PrintBuckets(const Ctl& ctl, const account::v1::Account& account) {
  Table table({{"bucket", Align::kRight},
               {"name"},
               {"available", Align::kRight},
               {"held", Align::kRight},
               {"spent", Align::kRight},
               {"expired", Align::kRight},
               {"granted", Align::kRight},
               {"valid until"}});
  for (const auto& bucket : account.bucket()) {
    const auto amount = [&](int64_t value) { return AmountText(value, bucket.unit()); };
    table.AddRow({Cat(bucket.bucket_id()), bucket.name(), amount(bucket.available()),
                  amount(bucket.held()), amount(bucket.spent()), amount(bucket.expired()),
                  amount(bucket.granted()), TimeText(bucket.valid_until_unix_ms(), ctl.zone())});
  }
  ctl.Print(Cat("\nbuckets, in the order in which they are drawn\n", table.Format()));
}

void PrintSubscriptions(const Ctl& ctl, const account::v1::Account& account) {
  Table offers({{"subscription", Align::kRight},
                {"offer"},
                {"name"},
                {"revision", Align::kRight},
                {"seats", Align::kRight},
                {"cycle", Align::kRight},
                {"renews at"},
                {"valid until"},
                {"switches"}});
  for (const auto& offer : account.subscription()) {
    std::string switches;
    for (const auto& item : offer.switch_())
      switches += Cat(switches.empty() ? "" : ", ", item.switch_id(), item.on() ? " on" : " off");
    offers.AddRow(
        {Cat(offer.subscription_number()), offer.offer_id(), offer.name(),
         Cat(offer.tariff_revision()), Cat(offer.quantity()), Cat(offer.cycle_count()),
         offer.cancelled() ? "cancelled" : TimeText(offer.renews_at_unix_ms(), ctl.zone()),
         TimeText(offer.valid_until_unix_ms(), ctl.zone()), switches});
  }
  if (!offers.empty()) ctl.Print(Cat("\nsubscriptions\n", offers.Format()));
}

std::string StateText(account::v1::State state) {
  constexpr std::string_view kNames[] = {"?",     "pre-active", "active",
                                         "grace", "suspended",  "closed"};
  const auto index = static_cast<size_t>(state);
  return std::string(index < std::size(kNames) ? kNames[index] : "?");
}

void PrintHierarchy(const Ctl& ctl, const account::v1::Account& account) {
  Table nodes({{"node", Align::kRight}, {"under", Align::kRight}, {"kind"}, {"name"}, {"state"}});
  constexpr std::string_view kKinds[] = {"?", "group", "member", "key"};
  for (const auto& node : account.node()) {
    const auto kind = static_cast<size_t>(node.kind());
    nodes.AddRow({Cat(node.node_id()), Cat(node.parent_id()),
                  std::string(kind < std::size(kKinds) ? kKinds[kind] : "?"), node.name(),
                  StateText(node.state())});
  }
  if (!nodes.empty()) ctl.Print(Cat("\nnodes\n", nodes.Format()));
  Table limits({{"limit", Align::kRight},
                {"node", Align::kRight},
                {"name"},
                {"per"},
                {"amount", Align::kRight},
                {"used", Align::kRight},
                {"held", Align::kRight},
                {"left", Align::kRight},
                {"frees at"}});
  for (const auto& limit : account.limit()) {
    const auto amount = [&](int64_t value) { return AmountText(value, limit.unit()); };
    limits.AddRow({Cat(limit.limit_id()), Cat(limit.node_id()), limit.name(), limit.window(),
                   amount(limit.amount()), amount(limit.used()), amount(limit.held()),
                   limit.alert_only() ? "tells only" : amount(limit.left()),
                   TimeText(limit.frees_at_unix_ms(), ctl.zone())});
  }
  if (!limits.empty()) ctl.Print(Cat("\nlimits\n", limits.Format()));
  for (const auto& change : account.dated_change()) {
    ctl.Print(Cat("\n", StateText(change.state()), " from ",
                  TimeText(change.at_unix_ms(), ctl.zone()), " on: ", change.reason(), "\n"));
  }
}

void PrintAccount(const Ctl& ctl, const account::v1::Account& account, bool show_identities) {
  std::string identities;
  for (const auto& identity : account.subscription_id()) {
    if (!identities.empty()) identities += ", ";
    identities += show_identities ? IdentityText(identity) : HiddenIdentityText(identity);
  }
  ctl.Print(
      FormatFields({{"account", Cat(account.account_id())},
                    {"state", account.state()},
                    {"currency", account.currency()},
                    {"credit limit", AmountText(account.credit_limit_micros(), account.currency())},
                    {"created at", TimeText(account.created_at_unix_ms(), ctl.zone())},
                    {"segment", account.segment()},
                    {"tenant", account.tenant()},
                    {"billing day", Cat(account.billing_day())},
                    {"identities", identities}}));
  PrintBuckets(ctl, account);
  PrintSubscriptions(ctl, account);
  PrintHierarchy(ctl, account);
  Table sessions({{"open session"}, {"revision", Align::kRight}, {"opened at"}, {"ends at"}});
  for (const auto& session : account.session()) {
    sessions.AddRow({session.session_id(), Cat(session.tariff_revision()),
                     TimeText(session.opened_at_unix_ms(), ctl.zone()),
                     TimeText(session.ends_at_unix_ms(), ctl.zone())});
  }
  if (!sessions.empty()) ctl.Print(Cat("\n", sessions.Format()));
}

int Show(const Ctl& ctl, const AccountArguments& arguments) {
  account::v1::GetAccountRequest request;
  uint64_t id = 0;
  const grpc::Status found = ctl.FindAccount(arguments.account, &id);
  if (!found.ok()) return ctl.Complain(found);
  request.set_account_id(id);
  account::v1::GetAccountResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Accounts>(), &Stub::GetAccount, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    if (!arguments.show_identities) response.mutable_account()->clear_subscription_id();
    ctl.PrintJson(response);
  } else {
    PrintAccount(ctl, response.account(), arguments.show_identities);
  }
  return kDone;
}

// Both kinds of change have the same fields.
template <typename Request, typename Response>
int ChangeIdentity(const Ctl& ctl, AccountArguments& arguments,
                   grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   std::string_view done) {
  const auto identity = ParseIdentity(arguments.identity);
  if (!identity.ok()) return Complain(identity.status());
  Request request;
  *request.mutable_subscription_id() = *identity;
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
    ctl.Print(Cat("account ", id, ": identity ", done, "\n"));
  }
  return kDone;
}

int TopUp(const Ctl& ctl, AccountArguments& arguments) {
  const auto amount = ParseMicros(arguments.amount);
  if (!amount.ok()) {
    return Complain(
        absl::InvalidArgumentError(Cat("AMOUNT: ", FromAbsl(amount.status().message()))));
  }
  account::v1::TopUpRequest request;
  uint64_t id = 0;
  grpc::Status status = ctl.FindAccount(arguments.account, &id);
  if (!status.ok()) return ctl.Complain(status);
  request.set_account_id(id);
  request.set_amount_micros(*amount);
  request.set_currency(arguments.currency);
  arguments.change.Fill(request.mutable_change());
  account::v1::TopUpResponse response;
  status = ctl.Call(*ctl.Stub<Accounts>(), &Stub::TopUp, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
  } else {
    ctl.Print(Cat("account ", id, " now has ",
                  AmountText(response.available_micros(), arguments.currency), " available\n"));
  }
  return kDone;
}

int Buy(const Ctl& ctl, AccountArguments& arguments) {
  account::v1::PurchaseOfferRequest request;
  if (!arguments.at.empty()) {
    const auto at = ParseTime(arguments.at, ctl.zone());
    if (!at.ok()) return Complain(at.status());
    request.set_event_timestamp_unix_ms(at->unix_ms);
  }
  uint64_t id = 0;
  grpc::Status status = ctl.FindAccount(arguments.account, &id);
  if (!status.ok()) return ctl.Complain(status);
  request.set_account_id(id);
  request.set_offer_id(arguments.offer);
  request.set_node_id(arguments.node);
  request.set_quantity(arguments.quantity);
  arguments.change.Fill(request.mutable_change());
  account::v1::PurchaseOfferResponse response;
  status = ctl.Call(*ctl.Stub<Accounts>(), &Stub::PurchaseOffer, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
    return kDone;
  }
  std::string buckets;
  for (const uint32_t bucket : response.bucket_id())
    buckets += Cat(buckets.empty() ? "" : ", ", bucket);
  ctl.Print(FormatFields(
      {{"account", Cat(id)},
       {"offer", arguments.offer},
       {"fee", response.fee_points() != 0 ? AmountText(response.fee_points(), response.fee_unit())
                                          : AmountText(response.fee_micros(), response.currency())},
       {"tariff revision", Cat(response.tariff_revision())},
       {"buckets", buckets},
       {"valid until", TimeText(response.valid_until_unix_ms(), ctl.zone())},
       {"subscription",
        response.subscription_number() == 0 ? "" : Cat(response.subscription_number())},
       {"renews at", TimeText(response.renews_at_unix_ms(), ctl.zone())},
       {"record", response.record_id()}}));
  return kDone;
}

void PrintItem(const Ctl& ctl, const account::v1::HistoryItem& item) {
  std::string out =
      Cat(item.shard(), ".", item.position().group(), ".", item.position().index(), "  ",
          TimeText(item.logged_at_unix_ms(), ctl.zone()), "  ", Printable(item.text()), "\n");
  for (const std::string& posting : item.posting()) out += Cat("    ", Printable(posting), "\n");
  for (const std::string& charge : item.charge()) out += Cat("    = ", Printable(charge), "\n");
  ctl.Print(out);
}

int History(const Ctl& ctl, const AccountArguments& arguments) {
  account::v1::GetHistoryRequest request;
  uint64_t id = 0;
  grpc::Status status = ctl.FindAccount(arguments.account, &id);
  if (!status.ok()) return ctl.Complain(status);
  request.set_account_id(id);
  request.set_items_max(arguments.items_max);
  if (!arguments.before.empty()) {
    const auto before = ParsePosition(arguments.before);
    if (!before.ok()) return Complain(before.status());
    request.mutable_before()->set_group(before->group);
    request.mutable_before()->set_index(before->index);
  }
  account::v1::GetHistoryResponse response;
  status = ctl.Call(*ctl.Stub<Accounts>(), &Stub::GetHistory, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
    return kDone;
  }
  for (const auto& item : response.item()) PrintItem(ctl, item);
  if (response.has_next_before()) {
    ctl.Print(Cat("older entries follow: --before ", response.next_before().group(), ".",
                  response.next_before().index(), "\n"));
  }
  return kDone;
}

}  // namespace

void AddAccountCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "account", "Accounts: who pays, by which names, with what");
  const auto arguments = std::make_shared<AccountArguments>();

  CLI::App* create = AddCommand(family, "create", "Make an account",
                                "ocsctl account create --currency CNY --identity "
                                "msisdn:8613800138000 --reason 'new customer'");
  create->add_option("--currency", arguments->currency, "ISO 4217; cannot be changed")->required();
  create->add_option("--credit-limit", arguments->credit_limit, "In the currency; 0 is prepaid")
      ->capture_default_str();
  create->add_flag("--pre-active", arguments->pre_active, "No use before it is set active");
  create->add_option("--segment", arguments->segment, "For prices and offers");
  create->add_option("--tenant", arguments->tenant, "Whose customer this is");
  create->add_option("--billing-day", arguments->billing_day, "1 to 31")->capture_default_str();
  create->add_option("--identity", arguments->identities, "TYPE:DATA; may be repeated")->take_all();
  arguments->change.AddTo(create);
  create->callback([=] { ctl->chosen = [=] { return Create(*ctl, *arguments); }; });

  CLI::App* show = AddCommand(family, "show", "What an account has now",
                              "ocsctl account show msisdn:8613800138000");
  AddAccountOption(show, &arguments->account);
  show->add_flag("--identities", arguments->show_identities, "Show its identities in full");
  show->callback([=] { ctl->chosen = [=] { return Show(*ctl, *arguments); }; });

  CLI::App* add = AddCommand(family, "add-identity", "Give an account one more name",
                             "ocsctl account add-identity 4294967297 customer:C-1001");
  AddAccountOption(add, &arguments->account);
  add->add_option("IDENTITY", arguments->identity, "TYPE:DATA")->required();
  arguments->change.AddTo(add);
  add->callback([=] {
    ctl->chosen = [=] { return ChangeIdentity(*ctl, *arguments, &Stub::AddIdentity, "added"); };
  });

  CLI::App* remove = AddCommand(family, "remove-identity", "Take a name away",
                                "ocsctl account remove-identity 4294967297 customer:C-1001");
  AddAccountOption(remove, &arguments->account);
  remove->add_option("IDENTITY", arguments->identity, "TYPE:DATA")->required();
  arguments->change.AddTo(remove);
  remove->callback([=] {
    ctl->chosen = [=] {
      return ChangeIdentity(*ctl, *arguments, &Stub::RemoveIdentity, "removed");
    };
  });

  CLI::App* topup = AddCommand(family, "topup", "Pay money in",
                               "ocsctl account topup msisdn:8613800138000 20.00 --currency CNY");
  AddAccountOption(topup, &arguments->account);
  topup->add_option("AMOUNT", arguments->amount, "In the currency: 20 or 9.90")->required();
  topup->add_option("--currency", arguments->currency, "Must be the account's")->default_str("CNY");
  arguments->change.AddTo(topup);
  topup->callback([=] {
    if (arguments->currency.empty()) arguments->currency = "CNY";
    ctl->chosen = [=] { return TopUp(*ctl, *arguments); };
  });

  CLI::App* buy = AddCommand(family, "buy", "Buy an offer of the catalogue in force",
                             "ocsctl account buy msisdn:8613800138000 ct-personal-light");
  AddAccountOption(buy, &arguments->account);
  buy->add_option("OFFER", arguments->offer, "Id of the offer")->required();
  buy->add_option("--node", arguments->node, "Whose pool it becomes (default: the account's)");
  buy->add_option("--quantity", arguments->quantity, "Seats: so many at once")
      ->capture_default_str();
  buy->add_option("--at", arguments->at, "When it was bought (default: now)");
  arguments->change.AddTo(buy);
  buy->callback([=] { ctl->chosen = [=] { return Buy(*ctl, *arguments); }; });

  CLI::App* history =
      AddCommand(family, "history", "What happened, newest first, with the reason of each charge",
                 "ocsctl account history msisdn:8613800138000 --items-max 5");
  history->alias("explain");
  AddAccountOption(history, &arguments->account);
  history->add_option("--items-max", arguments->items_max, "At most so many")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  history->add_option("--before", arguments->before, "Only what is older than GROUP.INDEX");
  history->callback([=] { ctl->chosen = [=] { return History(*ctl, *arguments); }; });

  AddCoverageCommand(family, ctl);
  AddAccountLifeCommands(family, ctl);
}

}  // namespace ocs::tools
