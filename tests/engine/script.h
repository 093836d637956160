// Scripts of what gateways and operators do, with the outcome of each row: tables for people.
//
//   account A money=5000                                # micros; limit= gives a credit limit
//   buy A pay                                           -> ok
//   initial s 0 A 1/plain/input:100,output:50/_         -> 2001 | 1 2001
//   granted=input:100,output:50 update s 1 A 1/plain/any/input:100,output:20        -> ... bucket A
//   1                                          -> granted=5000 available=...
//
// A service is rating group/model/requested/used; `_` is absent, `any` is a quota left to the
// server. Used units of a side of a tariff change are marked: `input:5,before:output:100`. Behind
// a fourth `/`: options with commas, `pool:1`, `failed`, `cancelled`, `moderated`, `reason:4`,
// `estimated`.

#ifndef TESTS_ENGINE_SCRIPT_H_
#define TESTS_ENGINE_SCRIPT_H_

#include <algorithm>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "ocs/base/check.h"
#include "ocs/base/text.h"
#include "ocs/engine/account_operation.h"
#include "tests/engine/harness.h"
#include "tests/support/table.h"

namespace ocs::engine::tests {

inline std::vector<std::string> Split(std::string_view text, char by) {
  return absl::StrSplit(ToAbsl(text), by);
}

/// "input:100,output:50". REQUIRES: it reads so.
inline Quantities ParseQuantities(std::string_view text) {
  Quantities quantities;
  for (const std::string& item : Split(text, ',')) {
    const std::vector<std::string> parts = Split(item, ':');
    OCS_CHECK(parts.size() == 2);
    const auto kind = ParseTokenKind(parts[0]);
    OCS_CHECK(kind.has_value());
    quantities.push_back({.kind = *kind, .quantity = std::stoll(parts[1])});
  }
  return quantities;
}

inline std::string ToText(const Quantities& quantities) {
  std::string text;
  for (const KindQuantity& q : quantities)
    text += Cat(text.empty() ? "" : ",", TokenKindName(q.kind), ":", q.quantity);
  return text.empty() ? "none" : text;
}

inline std::string ToText(const ServiceAnswer& service) {
  std::string text = Cat("| ", service.rating_group, " ", static_cast<int>(service.code));
  if (service.has_grant) text += Cat(" granted=", ToText(service.granted));
  if (service.final_unit) text += " final";
  if (!service.redirect_to.empty()) text += Cat("=", service.redirect_to);
  for (const std::string& filter : service.filters) text += Cat("=", filter);
  if (!service.has_grant && service.validity_seconds != 0)
    text += Cat(" for=", service.validity_seconds);
  for (const PoolReference& reference : service.pool) {
    text += Cat(" pool=", reference.pool, ":", TokenKindName(reference.kind), "*",
                reference.value_digits, "e", reference.exponent);
  }
  if (service.threshold_tokens != 0) text += Cat(" threshold=", service.threshold_tokens);
  if (service.charged_micros != 0) text += Cat(" charged=", service.charged_micros);
  if (service.drawn != 0) text += Cat(" drawn=", service.drawn);
  if (service.overshoot) text += " overshoot";
  if (!service.failed_field.empty()) text += Cat(" field=", service.failed_field);
  return text;
}

inline std::string ToText(const CreditControlAnswer& answer) {
  std::string text = Cat(static_cast<int>(answer.code));
  if (answer.has_cost) text += Cat(" cost=", answer.cost_micros);
  if (answer.calls_affordable != 0) text += Cat(" calls=", answer.calls_affordable);
  if (answer.check_balance) {
    text += *answer.check_balance == CheckBalanceResult::kEnoughCredit ? " enough" : " no_credit";
  }
  if (!answer.failed_field.empty()) text += Cat(" field=", answer.failed_field);
  for (const ServiceAnswer& service : answer.services) text += Cat(" ", ToText(service));
  return text;
}

/// Runs scripts on an engine. Names of accounts and the refund information of each answer are kept
/// from script to script. Thread-compatible.
class Script final {
 public:
  explicit Script(Harness& harness) : h_(harness) {}

  /// Runs each row and checks its outcome where the row has one.
  void Run(std::string_view text) {
    for (const ocs::testing::Row& row : ocs::testing::ParseTable(text)) {
      INFO(row.Describe());
      const std::string outcome = RunRow(row);
      if (!row.expected().empty()) CHECK(outcome == row.expected());
    }
  }

  AccountId account(const std::string& name) const {
    const auto found = accounts_.find(name);
    OCS_CHECK(found != accounts_.end());
    return found->second;
  }
  bool Knows(const std::string& name) const { return accounts_.count(name) != 0; }
  void Name(const std::string& name, AccountId id) { accounts_[name] = id; }

  std::string RunRow(const ocs::testing::Row& row) {
    const std::string& verb = row.verb();
    if (verb == "account") return NewAccount(row);
    if (verb == "buy") return Buy(row);
    if (verb == "top_up") return TopUp(row);
    if (verb == "bucket") return Bucket(row);
    if (verb == "sessions") return Sessions(row);
    if (verb == "records") return std::to_string(Records().size());
    if (verb == "restart") return h_.Open(), "";
    if (verb == "wait") return h_.clock.AdvanceSeconds(row.Number(0)), "";
    if (verb == "tick") return Tick(row);
    if (verb == "state") return SetState(row);
    return Charge(row);
  }

  /// The answer in words, or why there is none.
  std::string Charge(const ocs::testing::Row& row) {
    Kept<CreditControlCall> call;
    std::list<std::string> texts;
    CreditControlRequest& request = call.request;
    request.type = TypeOf(row.verb());
    if (request.type == RequestType::kEvent) request.action = ActionOf(row.verb());
    request.session_id = Keep(texts, row.Word(0));
    request.number = static_cast<uint32_t>(row.Number(1));
    request.account = row.Word(2) == "_" ? AccountId{} : AccountOf(row.Word(2));
    request.service_context_id = Keep(texts, row.Option("context", "ai-tokens.v1@test"));
    if (row.Has("subscriber")) {
      request.subscriber = {IdentityType::kPrivate, Keep(texts, row.Option("subscriber", ""))};
    }
    if (row.Has("at")) request.event_time = h_.clock.Now().PlusSeconds(row.NumberOption("at", 0));
    if (row.Has("of")) {
      request.refund_information = Keep(texts, RefundOf(row.Option("of", "")));
    }
    if (row.Has("action")) request.action = ActionOf(row.Option("action", ""));
    if (row.Option("no", "") == "action") request.action.reset();
    for (size_t i = 3; i < row.size(); ++i) AddService(row.Word(i), texts, request);
    h_.Run(&call);
    REQUIRE(call.done);
    if (!call.status.ok()) return StatusWord(call);
    last_bytes_.clear();
    EncodeAnswer(call.answer, &last_bytes_);
    if (!call.answer.refund_information.empty()) {
      refunds_[Cat(row.Word(0), ".", row.Number(1))] = call.answer.refund_information;
    }
    return ToText(call.answer);
  }

  /// The byte form of the last answer to a credit-control request.
  const std::string& last_bytes() const { return last_bytes_; }

  std::vector<ReadRecord> Records() const {
    auto records = h_.engine->ReadRecords(ShardId{0}, Position{}, 1'000'000, INT64_MAX);
    REQUIRE(records.ok());
    return *std::move(records);
  }

 private:
  static std::string_view Keep(std::list<std::string>& texts, std::string text) {
    return texts.emplace_back(std::move(text));
  }
  static RequestType TypeOf(const std::string& verb) {
    if (verb == "initial") return RequestType::kInitial;
    if (verb == "update") return RequestType::kUpdate;
    if (verb == "terminate") return RequestType::kTermination;
    return RequestType::kEvent;
  }
  static RequestedAction ActionOf(const std::string& verb) {
    if (verb == "debit") return RequestedAction::kDirectDebiting;
    if (verb == "refund") return RequestedAction::kRefundAccount;
    if (verb == "check") return RequestedAction::kCheckBalance;
    OCS_CHECK(verb == "price");
    return RequestedAction::kPriceEnquiry;
  }
  AccountId AccountOf(const std::string& name) const {
    return name == "nobody" ? AccountId::Of({1}, 99) : account(name);
  }
  std::string RefundOf(const std::string& name) const {
    const auto found = refunds_.find(name);
    return found == refunds_.end() ? name : found->second;
  }
  static void ParseUsed(const std::string& text, ServiceRequest* service) {
    const bool plain =
        std::count(text.begin(), text.end(), ':') == std::count(text.begin(), text.end(), ',') + 1;
    if (plain) {  // In the order in which they are written.
      service->used = ParseQuantities(text);
      return;
    }
    for (const std::string& item : Split(text, ',')) {
      const std::vector<std::string> parts = Split(item, ':');
      const bool sided = parts.size() == 3;
      const Quantities one = ParseQuantities(sided ? Cat(parts[1], ":", parts[2]) : item);
      OCS_CHECK(AddQuantity(service->used, one[0].kind, one[0].quantity));
      if (!sided) continue;
      const auto side = parts[0] == "before"  ? TariffChangeUsage::kBefore
                        : parts[0] == "after" ? TariffChangeUsage::kAfter
                                              : TariffChangeUsage::kIndeterminate;
      auto known = std::find_if(service->by_tariff.begin(), service->by_tariff.end(),
                                [&](const TariffUsage& usage) { return usage.side == side; });
      if (known == service->by_tariff.end()) {
        known = service->by_tariff.emplace(known);
        known->side = side;
      }
      OCS_CHECK(AddQuantity(known->used, one[0].kind, one[0].quantity));
    }
  }
  static void SetOption(const std::string& option, ServiceRequest* service) {
    const std::vector<std::string> parts = Split(option, ':');
    if (parts[0] == "pool") service->pool = static_cast<uint32_t>(std::stoul(parts[1]));
    if (parts[0] == "reason") service->reason = static_cast<ReportingReason>(std::stoi(parts[1]));
    if (parts[0] == "failed") service->outcome = CallOutcome::kFailed;
    if (parts[0] == "cancelled") service->outcome = CallOutcome::kCancelled;
    if (parts[0] == "moderated") service->outcome = CallOutcome::kModerated;
    if (parts[0] == "estimated") service->estimated = true;
  }
  static void AddService(const std::string& word, std::list<std::string>& texts,
                         CreditControlRequest& request) {
    const std::vector<std::string> parts = Split(word, '/');
    OCS_CHECK(parts.size() == 4 || parts.size() == 5);
    ServiceRequest service;
    service.rating_group = static_cast<uint32_t>(std::stoul(parts[0]));
    if (parts[1] != "_") service.model = Keep(texts, parts[1]);
    service.requests_quota = parts[2] != "_";
    if (parts[2] != "_" && parts[2] != "any") service.requested = ParseQuantities(parts[2]);
    service.has_used = parts[3] != "_";
    if (service.has_used) ParseUsed(parts[3], &service);
    if (parts.size() == 5) {
      for (const std::string& option : Split(parts[4], ',')) SetOption(option, &service);
    }
    request.services.push_back(service);
  }

  std::string NewAccount(const ocs::testing::Row& row) {
    Kept<CreateAccountCall> call;
    call.change.key = Cat("account-", row.Word(0));
    call.currency = Unit::Of(row.Option("currency", "CNY"));
    call.credit_limit_micros = row.NumberOption("limit", 0);
    call.identities = {{IdentityType::kPrivate, Cat("customer-", row.Word(0))}};
    h_.Run(&call);
    REQUIRE(call.done);
    if (!call.status.ok()) return StatusWord(call);
    accounts_[row.Word(0)] = call.account;
    if (!row.Has("money")) return "ok";
    Kept<TopUpCall> top_up;
    top_up.change.key = Cat("money-", row.Word(0));
    top_up.account = call.account;
    top_up.amount_micros = row.NumberOption("money", 0);
    top_up.currency = call.currency;
    h_.Run(&top_up);
    REQUIRE(top_up.done);
    return StatusWord(top_up);
  }
  static std::string StatusWord(const Operation& call) {
    if (call.status.ok()) return "ok";
    const std::string name = absl::StatusCodeToString(call.status.code());
    return call.failed_field.empty() ? name : Cat(name, " field=", call.failed_field);
  }
  std::string Buy(const ocs::testing::Row& row) {
    Kept<PurchaseCall> call;
    call.change.key = row.Option("key", Cat("buy-", ++keys_));
    call.account = AccountOf(row.Word(0));
    call.offer = row.Word(1);
    if (row.Has("at")) call.event_time = h_.clock.Now().PlusSeconds(row.NumberOption("at", 0));
    h_.Run(&call);
    REQUIRE(call.done);
    if (!call.status.ok()) return StatusWord(call);
    std::string text = Cat("ok fee=", call.fee_micros);
    for (const BucketId bucket : call.buckets) text += Cat(" bucket=", bucket.value);
    return text;
  }
  std::string TopUp(const ocs::testing::Row& row) {
    Kept<TopUpCall> call;
    call.change.key = row.Option("key", Cat("top-", ++keys_));
    call.account = AccountOf(row.Word(0));
    call.amount_micros = row.Number(1);
    call.currency = Unit::Of(row.Option("currency", "CNY"));
    h_.Run(&call);
    REQUIRE(call.done);
    return call.status.ok() ? Cat("ok available=", call.available_micros) : StatusWord(call);
  }
  std::string Bucket(const ocs::testing::Row& row) {
    Kept<GetAccountCall> call;
    call.account = account(row.Word(0));
    h_.Run(&call);
    REQUIRE(call.done);
    if (!call.status.ok()) return StatusWord(call);
    for (const BucketView& bucket : call.view.buckets) {
      if (bucket.id.value != row.Number(1)) continue;
      return Cat("granted=", bucket.granted, " available=", bucket.available, " held=", bucket.held,
                 " spent=", bucket.spent, " expired=", bucket.expired);
    }
    return "none";
  }
  std::string Sessions(const ocs::testing::Row& row) {
    std::string text;
    for (const SessionView& session : h_.View(account(row.Word(0))).sessions)
      text += Cat(text.empty() ? "" : " ", session.session_id);
    return text.empty() ? "none" : text;
  }
  std::string SetState(const ocs::testing::Row& row) {
    Kept<SetStateCall> call;
    call.change = {.key = Cat("state-", ++keys_), .actor = "test", .reason = "test"};
    call.account = AccountOf(row.Word(0));
    const std::string& word = row.Word(1);
    call.state = word == "suspended" ? balance::AccountState::kSuspended
                 : word == "closed"  ? balance::AccountState::kClosed
                                     : balance::AccountState::kActive;
    h_.Run(&call);
    REQUIRE(call.done);
    return StatusWord(call);
  }
  std::string Tick(const ocs::testing::Row& row) {
    h_.clock.AdvanceSeconds(row.Number(0));
    h_.engine->Tick();
    h_.executor.RunAll();
    return "";
  }

  Harness& h_;
  std::map<std::string, AccountId> accounts_;
  std::map<std::string, std::string> refunds_;
  std::string last_bytes_;
  int keys_ = 0;
};

}  // namespace ocs::engine::tests

#endif  // TESTS_ENGINE_SCRIPT_H_
