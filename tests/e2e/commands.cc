#include "tests/e2e/commands.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "ocs/account/v1/voucher.pb.h"
#include "ocs/base/check.h"
#include "ocs/base/voucher_code.h"

namespace ocs::e2e {
namespace {

constexpr size_t kAccountsMin = 8;
constexpr size_t kAccountsMax = 40;
constexpr size_t kChargesMax = 500;
constexpr std::string_view kSwitched = "tencent-pay-per-use";  // It has a switch.
constexpr std::string_view kAccounts = "/ocs.account.v1.Accounts/";

// The ids of the entries of one list of a catalogue's text, which stands at column 0.
void AddIds(const std::string& text, const std::string& list, std::vector<std::string>* ids) {
  std::istringstream lines(text);
  std::string line;
  bool inside = false;
  while (std::getline(lines, line)) {
    if (!line.empty() && line[0] != ' ' && line[0] != '#') inside = line.rfind(list + ":", 0) == 0;
    const bool in_braces = line.rfind("  - {id: ", 0) == 0;
    if (!inside || (!in_braces && line.rfind("  - id: ", 0) != 0)) continue;
    const size_t begin = in_braces ? 9 : 8;
    ids->push_back(line.substr(begin, line.find_first_of(", }", begin) - begin));
  }
}

}  // namespace

CommandWriter::CommandWriter(uint64_t seed, const Clock& clock, std::vector<std::string> catalogues)
    : random_(seed), clock_(clock), catalogues_(std::move(catalogues)) {
  for (const std::string& text : catalogues_) {
    AddIds(text, "offers", &offers_.emplace_back());
    AddIds(text, "models", &models_.emplace_back());
    OCS_CHECK(offers_.back().size() > 5);
    OCS_CHECK(models_.back().size() > 1);
  }
}

std::shared_ptr<Command> CommandWriter::Next() {
  if (catalogues_published_ == 0) return Publish();
  if (ids_.size() < kAccountsMin) return CreateAccount();
  const int64_t dice = random_.Below(1000);
  if (IsTimeToPublish()) return Publish();
  if (dice < 20 && ids_.size() < kAccountsMax) return CreateAccount();
  if (dice < 250) {
    if (auto command = GoOn()) return command;
  }
  if (dice < 270) {
    if (auto command = RefundEvent()) return command;
  }
  Account& account = AnyAccount();
  if (dice < 310) return ChangeIdentity(account);
  if (dice < 350) return ChangeNode(account);
  if (dice < 380) return ChangeLimit(account);
  if (dice < 400) return ChangeProfile(account);
  if (dice < 415) return ChangeState(account);
  if (dice < 423) return IssueVouchers();
  if (dice < 425) return CancelVouchers();
  if (dice < 450) return RedeemVoucher(account);
  if (dice < 500) return Purchase(account);
  if (dice < 580) return TopUp(account);
  if (dice < 610) return ChangeSubscription(account);
  if (dice < 650) return Care(account);
  if (dice < 670) return RefundPart(account);
  if (dice < 730) return Transfer(account);
  if (dice < 870) return OpenSession(account);
  return Event(account);
}

std::string CommandWriter::NewKey(std::string_view what) {
  return std::string(what) + "-" + std::to_string(++keys_);
}

const std::string& CommandWriter::AnyOfferOrModel(
    const std::vector<std::vector<std::string>>& of_catalogues) {
  const size_t others = random_.OneIn(20) ? 0 : 1;
  return AnyOf(of_catalogues[(catalogues_published_ - others) % of_catalogues.size()]);
}

// Each catalogue comes early, and the last, which has a switch, stays until one has been set.
bool CommandWriter::IsTimeToPublish() {
  const bool now = random_.OneIn(700);
  if (catalogues_published_ < catalogues_.size()) return keys_ >= 300 * catalogues_published_;
  return now && is_switch_set_;
}

CommandWriter::Account& CommandWriter::AnyAccount() { return accounts_[AnyOf(ids_)]; }

std::shared_ptr<Command> CommandWriter::Change(std::string kind, std::string_view method,
                                               uint64_t account) {
  auto command = std::make_shared<Command>();
  command->method = std::string(kAccounts) + std::string(method);
  command->key = NewKey(method);
  command->kind = std::move(kind);
  command->account = account;
  return command;
}

void CommandWriter::FillChange(const Command& command, type::Change* change) const {
  change->set_idempotency_key(command.key);
  change->set_actor("test");
  change->set_reason(command.kind);
}

// `learn` takes the parsed answer. `account_id` is set by those who have one.
template <typename Response, typename Request, typename Learn>
std::shared_ptr<Command> CommandWriter::Finish(std::shared_ptr<Command> command, Request request,
                                               Learn learn) {
  FillChange(*command, request.mutable_change());
  if constexpr (requires { request.set_account_id(1); }) request.set_account_id(command->account);
  command->request = request.SerializeAsString();
  command->learn = [this, id = command->account, learn](const std::string& answer) {
    Response response;
    OCS_CHECK(response.ParseFromString(answer));
    learn(response, accounts_[id]);
  };
  return command;
}

std::shared_ptr<Command> CommandWriter::Publish() {
  auto command = Change("publish", "", 0);
  command->method = "/ocs.catalog.v1.Catalogue/PublishCatalogue";
  catalog::v1::PublishCatalogueRequest request;
  request.set_text(catalogues_[catalogues_published_++ % catalogues_.size()]);
  request.set_file_name("catalogue.yaml");
  FillChange(*command, request.mutable_change());
  command->request = request.SerializeAsString();
  return command;
}

std::shared_ptr<Command> CommandWriter::CreateAccount() {
  auto command = Change("create account", "CreateAccount", 0);
  account::CreateAccountRequest request;
  request.set_currency("CNY");
  request.set_credit_limit_micros(random_.OneIn(3) ? 20'000'000 : 0);
  if (random_.OneIn(4)) request.set_segment("student");
  if (random_.OneIn(6)) request.set_state(account::PRE_ACTIVE);
  if (random_.OneIn(3)) request.set_billing_day(static_cast<int32_t>(random_.Between(1, 31)));
  std::vector<type::SubscriptionId> callers;
  for (int i = 0; i < 3; ++i) {
    SetCustomer(command->key + "-caller-" + std::to_string(i), request.add_subscription_id());
    callers.push_back(request.subscription_id(i));
  }
  FillChange(*command, request.mutable_change());
  command->request = request.SerializeAsString();
  command->learn = [this, callers](const std::string& answer) {
    account::CreateAccountResponse response;
    OCS_CHECK(response.ParseFromString(answer));
    Account& made = accounts_[response.account_id()];
    made.id = response.account_id();
    made.callers = callers;
    ids_.push_back(made.id);
  };
  return command;
}

std::shared_ptr<Command> CommandWriter::ChangeIdentity(Account& account) {
  const uint32_t node = account.nodes.empty() ? 0 : AnyOf(account.nodes);
  if (account.removable.empty() || random_.OneIn(3)) {
    auto command = Change("add identity", "AddIdentity", account.id);
    account::AddIdentityRequest request;
    SetCustomer(command->key, request.mutable_subscription_id());
    request.set_node_id(node);
    return Finish<account::AddIdentityResponse>(
        command, request, [id = request.subscription_id()](const auto&, Account& changed) {
          changed.removable.push_back(id);
        });
  }
  if (random_.OneIn(2)) {  // Those that call move, but stay with their account.
    auto command = Change("move identity", "MoveIdentity", account.id);
    account::MoveIdentityRequest request;
    *request.mutable_subscription_id() = AnyOf(account.callers);
    request.set_node_id(node);
    return Finish<account::MoveIdentityResponse>(command, request, [](const auto&, Account&) {});
  }
  auto command = Change("remove identity", "RemoveIdentity", account.id);
  account::RemoveIdentityRequest request;
  *request.mutable_subscription_id() = account.removable.back();
  account.removable.pop_back();
  return Finish<account::RemoveIdentityResponse>(command, request, [](const auto&, Account&) {});
}

std::shared_ptr<Command> CommandWriter::ChangeNode(Account& account) {
  if (account.nodes.empty() || random_.OneIn(2)) {
    auto command = Change("add node", "AddNode", account.id);
    account::AddNodeRequest request;
    if (!account.nodes.empty() && random_.OneIn(2)) request.set_parent_id(AnyOf(account.nodes));
    request.set_kind(random_.OneIn(2) ? account::MEMBER : account::GROUP);
    request.set_name(command->key);
    return Finish<account::AddNodeResponse>(command, request,
                                            [](const auto& response, Account& changed) {
                                              changed.nodes.push_back(response.node_id());
                                            });
  }
  auto command = Change("change node", "ChangeNode", account.id);
  account::ChangeNodeRequest request;
  request.set_node_id(AnyOf(account.nodes));
  if (random_.OneIn(3)) request.set_parent_id(AnyOf(account.nodes));
  if (random_.OneIn(2)) request.set_name(command->key);
  request.set_state(random_.OneIn(6) ? account::SUSPENDED : account::ACTIVE);
  return Finish<account::ChangeNodeResponse>(command, request, [](const auto&, Account&) {});
}

std::shared_ptr<Command> CommandWriter::ChangeLimit(Account& account) {
  if (!account.limits.empty() && random_.OneIn(2)) {
    auto command = Change("drop limit", "DropLimit", account.id);
    account::DropLimitRequest request;
    request.set_limit_id(account.limits.back());
    account.limits.pop_back();
    return Finish<account::DropLimitResponse>(command, request, [](const auto&, Account&) {});
  }
  auto command = Change("set limit", "SetLimit", account.id);
  account::SetLimitRequest request;
  request.set_node_id(account.nodes.empty() ? 0 : AnyOf(account.nodes));
  request.set_name(command->key);
  const bool sliding = random_.OneIn(2);
  request.set_window(sliding ? account::SLIDING : account::DAY);
  request.set_length_ms(sliding ? 2000 : 0);
  request.set_unit(random_.OneIn(2) ? "CNY" : "token");
  request.set_amount(random_.Between(1'000'000, 30'000'000));
  request.add_alert_percent(50);
  request.set_alert_only(random_.OneIn(2));
  return Finish<account::SetLimitResponse>(command, request,
                                           [](const auto& response, Account& changed) {
                                             changed.limits.push_back(response.limit_id());
                                           });
}

std::shared_ptr<Command> CommandWriter::ChangeProfile(Account& account) {
  auto command = Change("set profile", "SetProfile", account.id);
  account::SetProfileRequest request;
  if (random_.OneIn(2)) request.set_credit_limit_micros(random_.Below(50) * 1'000'000);
  if (random_.OneIn(2)) request.set_segment(random_.OneIn(2) ? "student" : "");
  request.set_billing_day(static_cast<int32_t>(random_.Between(1, 31)));
  return Finish<account::SetProfileResponse>(command, request, [](const auto&, Account&) {});
}

std::shared_ptr<Command> CommandWriter::ChangeState(Account& account) {
  auto command = Change("set state", "SetState", account.id);
  account::SetStateRequest request;
  const bool closes = random_.OneIn(8);
  const bool forfeits = closes && random_.OneIn(3);
  if (closes) {
    command->kind = "close account";
    request.set_state(account::CLOSED);
    request.set_forfeit(forfeits);
  } else {
    request.set_state(random_.OneIn(5) ? account::SUSPENDED : account::ACTIVE);
    if (random_.OneIn(3)) request.set_at_unix_ms(clock_.Now().unix_ms + random_.Between(100, 1500));
  }
  return Finish<account::SetStateResponse>(
      command, request,
      [this, closes, forfeits, stays = random_.OneIn(4)](const auto& response, Account& changed) {
        if (closes && !stays) std::erase(ids_, changed.id);
        changed.money_micros -= response.paid_out_micros();
        changed.closed = changed.closed || closes;
        changed.forfeited = changed.forfeited || forfeits;
      });
}

std::shared_ptr<Command> CommandWriter::Purchase(Account& account) {
  auto command = Change("purchase", "PurchaseOffer", account.id);
  account::PurchaseOfferRequest request;
  const bool switched = random_.OneIn(3);  // So that some switch is set in every run.
  request.set_offer_id(switched ? std::string(kSwitched) : AnyOfferOrModel(offers_));
  if (!account.nodes.empty() && random_.OneIn(3)) request.set_node_id(AnyOf(account.nodes));
  if (random_.OneIn(5)) request.set_quantity(random_.Between(1, 3));
  return Finish<account::PurchaseOfferResponse>(
      command, request, [switched](const auto& response, Account& changed) {
        if (switched) changed.switched.push_back(response.subscription_number());
        for (const uint32_t bucket : response.bucket_id()) changed.buckets.push_back(bucket);
        if (response.subscription_number() != 0)
          changed.subscriptions.push_back(response.subscription_number());
      });
}

std::shared_ptr<Command> CommandWriter::TopUp(Account& account) {
  auto command = Change("top up", "TopUp", account.id);
  account::TopUpRequest request;
  const int64_t micros = random_.Between(1, 120'000'000);
  request.set_amount_micros(micros);
  request.set_currency("CNY");
  return Finish<account::TopUpResponse>(command, request, [micros](const auto&, Account& changed) {
    changed.money_micros += micros;
  });
}

std::shared_ptr<Command> CommandWriter::ChangeSubscription(Account& account) {
  const uint32_t number = account.subscriptions.empty() ? 1 : AnyOf(account.subscriptions);
  if (account.switched.empty() ? random_.OneIn(2) : random_.OneIn(4)) {
    auto command = Change("cancel", "CancelSubscription", account.id);
    account::CancelSubscriptionRequest request;
    request.set_subscription_number(number);
    return Finish<account::CancelSubscriptionResponse>(command, request,
                                                       [](const auto&, Account&) {});
  }
  auto command = Change("set switch", "SetSwitch", account.id);
  account::SetSwitchRequest request;
  request.set_subscription_number(account.switched.empty() ? number : AnyOf(account.switched));
  request.set_switch_id("packs_only");
  request.set_on(random_.OneIn(2));
  return Finish<account::SetSwitchResponse>(
      command, request, [this](const auto&, Account&) { is_switch_set_ = true; });
}

std::shared_ptr<Command> CommandWriter::Care(Account& account) {
  if (random_.OneIn(overshot_.empty() ? 4 : 2)) {
    auto command = Change("write off", "WriteOff", account.id);
    if (!overshot_.empty()) {
      command->account = overshot_.front();
      overshot_.pop_front();
    }
    account::WriteOffRequest request;
    if (random_.OneIn(2)) request.set_amount(1);
    return Finish<account::WriteOffResponse>(command, request,
                                             [](const auto& response, Account& changed) {
                                               changed.money_micros += response.written_off();
                                             });
  }
  auto command = Change("adjust", "Adjust", account.id);
  account::AdjustRequest request;
  const int64_t amount = random_.Between(-3'000'000, 3'000'000);
  const bool of_bucket = !account.buckets.empty() && random_.OneIn(3);
  if (of_bucket) request.set_bucket_id(AnyOf(account.buckets));
  request.set_amount(amount == 0 ? 1 : amount);
  request.set_correction(random_.OneIn(2));
  return Finish<account::AdjustResponse>(
      command, request, [of_bucket, amount = request.amount()](const auto&, Account& changed) {
        if (!of_bucket) changed.money_micros += amount;
      });
}

std::shared_ptr<Command> CommandWriter::RefundPart(Account& account) {
  auto command = Change("refund charge", "RefundCharge", account.id);
  account::RefundChargeRequest request;
  if (!charges_.empty()) {
    const auto& charge =
        charges_[static_cast<size_t>(random_.Below(static_cast<int64_t>(charges_.size())))];
    command->account = charge.account;
    request.set_record_id(charge.record);
  }
  if (random_.OneIn(2)) {
    request.set_line(0);
    request.set_amount(random_.Below(3));
  }
  return Finish<account::RefundChargeResponse>(command, request, [](const auto&, Account&) {});
}

std::shared_ptr<Command> CommandWriter::Transfer(Account& account) {
  auto command = Change("transfer", "Transfer", account.id);
  account::TransferRequest request;
  const uint64_t to = AnyOf(ids_) == account.id ? ids_.front() : AnyOf(ids_);
  const bool of_money = account.buckets.empty() || random_.OneIn(2);
  const int64_t amount = random_.Between(1, of_money ? 2'000'000 : 200'000);
  request.set_to_account_id(to == account.id ? ids_.back() : to);
  if (!of_money) request.set_bucket_id(AnyOf(account.buckets));
  request.set_amount(amount);
  return Finish<account::TransferResponse>(command, request,
                                           [this, of_money, amount, to = request.to_account_id()](
                                               const auto& response, Account& changed) {
                                             if (!of_money) return;
                                             changed.money_micros -= amount;
                                             sent_[response.transfer_id()] = {
                                                 .from = changed.id, .to = to, .micros = amount};
                                           });
}

// Five of one worth. Now and then they are what is sold, which costs less than their worth in
// money.
std::shared_ptr<Command> CommandWriter::IssueVouchers() {
  auto command = Change("issue vouchers", "", 0);
  command->method = "/ocs.account.v1.Vouchers/IssueVouchers";
  account::IssueVouchersRequest request;
  request.set_batch(NewKey("batch"));
  account::VoucherTerms* terms = request.mutable_terms();
  const bool offer = random_.OneIn(3);
  const bool bonus = !offer && random_.OneIn(3);
  terms->set_value(offer ? account::OFFER : bonus ? account::BONUS : account::MONEY);
  terms->set_sold(!bonus && random_.OneIn(2));
  if (offer) {
    terms->set_offer(AnyOfferOrModel(offers_));
  } else {
    terms->set_currency("CNY");
    terms->set_amount_micros(random_.Between(1, 9'000'000));
    if (bonus) terms->set_bonus_days(1);
  }
  std::vector<std::string> codes;
  for (int i = 0; i < 5; ++i) {
    std::array<uint8_t, 12> bytes{};
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_.Below(256));
    codes.push_back(VoucherCodeOf(bytes));
    std::string hash(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const uint8_t*>(codes.back().data()), codes.back().size(),
           reinterpret_cast<uint8_t*>(hash.data()));
    request.add_code_sha256(hash);
  }
  FillChange(*command, request.mutable_change());
  command->request = request.SerializeAsString();
  command->learn = [this, codes, batch = request.batch()](const std::string&) {
    codes_.insert(codes_.end(), codes.begin(), codes.end());
    batches_.push_back(batch);
  };
  return command;
}

std::shared_ptr<Command> CommandWriter::CancelVouchers() {
  if (batches_.empty()) return IssueVouchers();
  auto command = Change("cancel vouchers", "", 0);
  command->method = "/ocs.account.v1.Vouchers/CancelVouchers";
  account::CancelVouchersRequest request;
  request.set_batch(AnyOf(batches_));
  FillChange(*command, request.mutable_change());
  command->request = request.SerializeAsString();
  return command;
}

// Mostly a good one; some were redeemed or cancelled before, and some were never issued.
std::shared_ptr<Command> CommandWriter::RedeemVoucher(Account& account) {
  if (codes_.empty()) return IssueVouchers();
  auto command = Change("redeem voucher", "", account.id);
  command->method = "/ocs.account.v1.Vouchers/RedeemVoucher";
  account::RedeemVoucherRequest request;
  const bool stays = random_.OneIn(4);
  request.set_code(random_.OneIn(20) ? VoucherCodeOf(std::array<uint8_t, 12>{1, 2, 3})
                                     : codes_.back());
  if (!stays) codes_.pop_back();
  return Finish<account::RedeemVoucherResponse>(
      command, request, [](const auto& response, Account& changed) {
        if (response.value() != account::BONUS) changed.money_micros += response.amount_micros();
        for (const uint32_t bucket : response.bucket_id()) changed.buckets.push_back(bucket);
      });
}

void CommandWriter::AddUnits(charging::CreditControlRequest* request, const std::string& model,
                             bool used, bool requested) {
  const int services = random_.OneIn(4) ? 2 : 1;
  for (int i = 0; i < services; ++i) {
    auto* service = request->add_multiple_services_credit_control();
    service->set_rating_group(static_cast<uint32_t>(i + 1));
    service->set_model(i == 0 ? model : AnyOfferOrModel(models_));
    if (requested) {
      auto* wanted = service->mutable_requested_service_unit()->mutable_token_quantity();
      AddTokens(type::INPUT, random_.Below(50'000), wanted);
      AddTokens(type::OUTPUT, random_.Below(50'000), wanted);
    }
    if (used) {
      auto* units = service->add_used_service_unit()->mutable_token_quantity();
      AddTokens(type::INPUT, random_.Below(random_.OneIn(10) ? 4'000'000 : 40'000), units);
      AddTokens(type::OUTPUT, random_.Below(60'000), units);
      if (random_.OneIn(4)) AddTokens(type::CACHE_READ, random_.Below(60'000), units);
    }
  }
}

std::shared_ptr<Command> CommandWriter::Charging(std::string kind, uint64_t account,
                                                 charging::CreditControlRequest request) {
  auto command = std::make_shared<Command>();
  command->kind = std::move(kind);
  command->method = "/ocs.charging.v1.Charging/CreditControl";
  command->key = request.session_id();
  command->account = account;
  command->number = request.cc_request_number();
  command->request = request.SerializeAsString();
  return command;
}

std::shared_ptr<Command> CommandWriter::OpenSession(Account& account) {
  Session session{.id = NewKey("session"),
                  .account = account.id,
                  .caller = AnyOf(account.callers),
                  .model = AnyOfferOrModel(models_),
                  .number = 0,
                  .updates_left = random_.Below(4)};
  auto request =
      MakeRequest(session.id, charging::INITIAL_REQUEST, 0, session.caller.subscription_id_data());
  AddUnits(&request, session.model, /*used=*/false, /*requested=*/true);
  auto command = Charging("initial", account.id, request);
  command->learn = [this, session](const std::string& bytes) {
    charging::CreditControlAnswer answer;
    OCS_CHECK(answer.ParseFromString(bytes));
    if (answer.result_code() == charging::DIAMETER_SUCCESS) idle_.push_back(session);
  };
  return command;
}

std::shared_ptr<Command> CommandWriter::GoOn() {
  if (idle_.empty()) return nullptr;
  Session session = std::move(idle_.front());
  idle_.pop_front();
  const bool ends = session.updates_left-- == 0;
  ++session.number;
  auto request =
      MakeRequest(session.id, ends ? charging::TERMINATION_REQUEST : charging::UPDATE_REQUEST,
                  session.number, session.caller.subscription_id_data());
  AddUnits(&request, session.model, /*used=*/true, !ends);
  auto command = Charging(ends ? "termination" : "update", session.account, request);
  command->learn = [this, session, ends](const std::string& bytes) {
    charging::CreditControlAnswer answer;
    OCS_CHECK(answer.ParseFromString(bytes));
    if (!answer.refund_information().empty())
      charges_.push_back({session.account, answer.refund_information()});
    for (const auto& service : answer.multiple_services_credit_control()) {
      if (service.overshoot()) overshot_.push_front(session.account);
    }
    if (overshot_.size() > kChargesMax) overshot_.pop_back();
    if (charges_.size() > kChargesMax) charges_.pop_front();
    if (!ends && answer.result_code() == charging::DIAMETER_SUCCESS) idle_.push_back(session);
  };
  return command;
}

std::shared_ptr<Command> CommandWriter::Event(Account& account) {
  auto request = MakeRequest(NewKey("event"), charging::EVENT_REQUEST, 0,
                             AnyOf(account.callers).subscription_id_data());
  const int64_t dice = random_.Below(10);
  const bool debits = dice < 8;
  request.set_requested_action(debits      ? charging::DIRECT_DEBITING
                               : dice == 8 ? charging::CHECK_BALANCE
                                           : charging::PRICE_ENQUIRY);
  AddUnits(&request, AnyOfferOrModel(models_), debits, !debits);
  auto command = Charging(debits      ? "direct debit"
                          : dice == 8 ? "check balance"
                                      : "price enquiry",
                          account.id, request);
  command->recorded = debits;
  command->learn = [this, id = account.id](const std::string& bytes) {
    charging::CreditControlAnswer answer;
    OCS_CHECK(answer.ParseFromString(bytes));
    if (!answer.refund_information().empty()) charges_.push_back({id, answer.refund_information()});
  };
  return command;
}

std::shared_ptr<Command> CommandWriter::RefundEvent() {
  if (charges_.empty()) return nullptr;
  const Charge charge =
      charges_[static_cast<size_t>(random_.Below(static_cast<int64_t>(charges_.size())))];
  auto request = MakeRequest(NewKey("refund"), charging::EVENT_REQUEST, 0,
                             AnyOf(accounts_[charge.account].callers).subscription_id_data());
  request.set_requested_action(charging::REFUND_ACCOUNT);
  request.set_refund_information(charge.record);
  return Charging("refund account", charge.account, request);
}

}  // namespace ocs::e2e
