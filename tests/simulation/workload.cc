#include "tests/simulation/workload.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "ocs/base/bytes.h"
#include "ocs/base/text.h"
#include "ocs/base/voucher_code.h"
#include "ocs/engine/account_operation.h"
#include "ocs/engine/care_operation.h"
#include "ocs/engine/messages.h"
#include "ocs/engine/voucher_operation.h"

namespace ocs::simulation {
namespace {

using engine::ChangeIdentityCall;
using engine::CreateAccountCall;
using engine::CreditControlCall;
using engine::PublishCatalogueCall;
using engine::PurchaseCall;
using engine::RequestType;
using engine::TopUpCall;

// Prices change from tariff to tariff, so that a session that forgot its own would show.
std::string TariffText(int64_t number) {
  return Cat(R"(
catalogue: simulated
currency: CNY
time_zone: Asia/Shanghai
models:
  - {id: plain, provider: acme, class: cheap}
  - {id: odd, provider: acme, class: cheap}
units:
  - unit: request
price_books:
  - id: book
    rules:
      - {model: plain, per: 1M tokens, input: )",
             number + 2, R"(, cache_read: 0.3, output: )", number + 3, R"(}
      - {model: odd, per: 7M tokens, tokens: )",
             number + 1, R"(}
  - id: steps
    rules:
      - any: true
        per: 1M tokens
        tiers:
          form: graduated
          per: day
          steps:
            - {up_to: 700, tokens: 3, flat: 0.0001}
            - {tokens: 1.1}
  - id: volume
    rules:
      - any: true
        per: 1M tokens
        tiers:
          form: volume
          per: day
          steps:
            - {up_to: 300, tokens: 4}
            - {up_to: 900, tokens: 3}
            - {tokens: 1.7}
offers:
  - {id: pay, name: Pay per use, charge_code: PAY, fee: 0, prices: book}
  - {id: steps, name: Steps, charge_code: STEPS, fee: 0, prices: steps}
  - {id: volume, name: Volume, charge_code: VOLUME, fee: 0, prices: volume}
  - id: monthly
    name: Monthly with carry-over
    charge_code: MONTHLY
    fee: 1
    renews: cycle
    prices: book
    grants:
      - name: tokens
        unit: token
        amount: 2_000
        validity: cycle
        carry_over: {cycles: 1, at_most: 500, drawn: first}
        covers: {class: cheap}
        when_used_up: bill_on
  - id: daily
    name: Refilled every day
    charge_code: DAILY
    fee: 0.5
    grants:
      - {name: tokens, unit: token, amount: 300, validity: 10 days, refill: day, covers: {class: cheap}, when_used_up: stop}
  - id: windowed
    name: Requests in a window
    charge_code: WINDOWED
    fee: 0.5
    renews: month
    first_cycle: pro_rata
    grants:
      - name: requests
        unit: request
        amount: 60
        validity: cycle
        covers: {class: cheap}
        weights: [{any: true, request: 1, tokens: 0}]
        when_used_up: wait
        limits: [{name: in 5 hours, amount: 7, per: sliding 5 hours}]
  - id: again
    name: Buys itself again
    charge_code: AGAIN
    fee: 0.01
    grants:
      - name: tokens
        unit: token
        amount: 100
        validity: 1 month
        starts: first_use
        covers: {class: cheap}
        when_used_up: {then: buy, at_most: 5 per month}
  - id: pack
    name: Pack
    charge_code: PACK
    fee: 10
    grants:
      - {name: tokens, unit: token, amount: 1_000, validity: 30 days, covers: {class: cheap}, when_used_up: stop}
  - id: pack-on
    name: Pack and more
    charge_code: PACK-ON
    fee: 10
    prices: book
    grants:
      - {name: tokens, unit: token, amount: 1_000, validity: 2 days, covers: {class: cheap}, when_used_up: bill_on}
  - id: bonus
    name: Ten for five
    charge_code: BONUS
    fee: 5
    prices: book
    grants:
      - {name: ten, unit: CNY, amount: 10, validity: 30 days, covers: {class: cheap}, when_used_up: stop}
)");
}

std::string StatusText(const engine::Operation& call) {
  return call.status.ok() ? "ok" : absl::StatusCodeToString(call.status.code());
}

std::string AnswerBytes(const CreditControlCall& call) {
  if (!call.status.ok()) return StatusText(call);
  std::string bytes;
  EncodeAnswer(call.answer, &bytes);
  return bytes;
}

// A request as plain values: the call's texts point into it.
struct Asked {
  std::string session;
  RequestType type = RequestType::kInitial;
  uint32_t number = 0;
  AccountId account;
  std::optional<engine::RequestedAction> action;
  std::string refund;
  struct Service {
    uint32_t rating_group = 0;
    std::string model;
    bool requests_quota = false;
    bool has_used = false;
    Quantities requested;
    Quantities used;
  };
  std::vector<Service> services;
};

std::unique_ptr<Attempt> BeginRequest(const std::shared_ptr<Asked>& asked) {
  return std::make_unique<AttemptOf<CreditControlCall>>(
      [asked](CreditControlCall& call) {
        call.request.session_id = asked->session;
        call.request.type = asked->type;
        call.request.number = asked->number;
        call.request.account = asked->account;
        call.request.service_context_id = "ai-tokens.v1@simulation";
        call.request.action = asked->action;
        call.request.refund_information = asked->refund;
        for (const Asked::Service& service : asked->services) {
          engine::ServiceRequest& request = call.request.services.emplace_back();
          request.rating_group = service.rating_group;
          request.model = service.model;
          request.requests_quota = service.requests_quota;
          request.requested = service.requested;
          request.used = service.used;
          request.has_used = service.has_used;
        }
      },
      AnswerBytes);
}

Quantities AnyQuantities(Random& random, int64_t output_max) {
  Quantities quantities;
  if (random.OneIn(2)) quantities.push_back({TokenKind::kInput, random.Below(300)});
  if (random.OneIn(5)) quantities.push_back({TokenKind::kCacheRead, random.Below(300)});
  quantities.push_back({TokenKind::kOutput, random.Below(output_max)});
  return quantities;
}

template <typename Call>
std::shared_ptr<Intent> Administrative(
    std::string name, std::function<void(Call&)> fill, std::function<std::string(const Call&)> read,
    std::function<void(const Call&)> learn = [](const Call&) {}) {
  auto intent = std::make_shared<Intent>();
  intent->name = std::move(name);
  intent->begin = [fill = std::move(fill), read = std::move(read)] {
    return std::make_unique<AttemptOf<Call>>(fill, read);
  };
  // A refused change is not recorded: it may be allowed later.
  intent->recorded = [](const std::string& outcome) { return outcome.rfind("ok", 0) == 0; };
  intent->learn = [learn = std::move(learn)](Attempt& attempt) {
    learn(*dynamic_cast<Call*>(attempt.operation()));
  };
  return intent;
}

std::shared_ptr<Intent> Charging(std::string name, std::shared_ptr<Asked> asked) {
  auto intent = std::make_shared<Intent>();
  intent->name = std::move(name);
  intent->begin = [asked] { return BeginRequest(asked); };
  return intent;
}

}  // namespace

std::string Workload::Key(std::string_view what) { return Cat(what, "-", ++made_); }

std::vector<std::shared_ptr<Intent>> Workload::Beginning() {
  std::vector<std::shared_ptr<Intent>> intents = {Publish()};
  for (int64_t i = 0; i < kAccounts; ++i) intents.push_back(Create());
  return intents;
}

std::shared_ptr<Intent> Workload::Next() {
  if (crosses_ && random_.OneIn(4)) return Cross(AnyAccount());
  switch (random_.Below(21)) {
    case 20:
      return Manage(AnyAccount());
    case 0:
      return TopUp(AnyAccount(), random_.Between(1, 3'000'000));
    case 1:
      return random_.OneIn(6) ? Publish() : Buy(AnyAccount());
    case 2:
    case 3:
      return Buy(AnyAccount());
    case 4:
    case 5:
      return Debit();
    case 6:
      return Refund();
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
      return Open();
    case 12:
    case 13:
    case 14:
      return Report(/*last=*/true);
    default:
      return Report(/*last=*/false);
  }
}

std::shared_ptr<Intent> Workload::Publish() {
  const int64_t number = tariffs_++;
  return Administrative<PublishCatalogueCall>(
      Cat("publish ", number),
      [number](PublishCatalogueCall& call) {
        call.change.key = Cat("tariff-", number);
        call.text = TariffText(number);
        if (number == 0) call.effective_from = Instant{0};
      },
      [](const PublishCatalogueCall& call) { return Cat(StatusText(call), call.revision); });
}

std::shared_ptr<Intent> Workload::Create() {
  const size_t index = created_++;
  const int64_t limit = random_.OneIn(3) ? random_.Between(1, 2'000) : 0;
  return Administrative<CreateAccountCall>(
      Cat("create ", index),
      [index, limit](CreateAccountCall& call) {
        call.change.key = Cat("account-", index);
        call.currency = Unit::Of("CNY");
        call.credit_limit_micros = limit;
        call.identities = {{engine::IdentityType::kPrivate, Cat("customer-", index)}};
      },
      [](const CreateAccountCall& call) { return Cat(StatusText(call), call.account.value); },
      [this, index](const CreateAccountCall& call) { accounts_[index] = call.account; });
}

std::shared_ptr<Intent> Workload::TopUp(size_t account, int64_t micros) {
  return Administrative<TopUpCall>(
      Cat("top up ", account, " ", micros),
      [id = accounts_[account], micros, key = Key("top-up")](TopUpCall& call) {
        call.change.key = key;
        call.account = id;
        call.amount_micros = micros;
        call.currency = Unit::Of("CNY");
      },
      [](const TopUpCall& call) { return Cat(StatusText(call), call.available_micros); });
}

std::shared_ptr<Intent> Workload::Buy(size_t account) {
  static constexpr const char* kOffers[] = {"pay",   "pay",     "pack",  "pack-on",
                                            "bonus", "monthly", "daily", "windowed",
                                            "again", "steps",   "volume"};
  const std::string offer = kOffers[random_.Below(11)];
  return Administrative<PurchaseCall>(
      Cat("buy ", account, " ", offer),
      [id = accounts_[account], offer, key = Key("buy")](PurchaseCall& call) {
        call.change.key = key;
        call.account = id;
        call.offer = offer;
      },
      [](const PurchaseCall& call) {
        std::string text = Cat(StatusText(call), call.tariff_revision, " ", call.fee_micros, " ",
                               call.record_id, " ", call.valid_until.unix_ms);
        for (const BucketId bucket : call.buckets) text += Cat(" ", bucket.value);
        return text;
      });
}

std::shared_ptr<Intent> Workload::Cross(size_t account) {
  switch (random_.Below(8)) {
    case 0:
      return IssueVouchers();
    case 1:
    case 2:
      return Redeem(account);
    case 3:
    case 4:
      return ChangeIdentity(account);
    default:
      return Give(account);
  }
}

std::shared_ptr<Intent> Workload::Manage(size_t account) {
  const AccountId id = accounts_[account];
  switch (random_.Below(11)) {
    case 7:
    case 8:
      return Give(account);
    case 9:
    case 10:
      return ChangeIdentity(account);
    case 4:
      return IssueVouchers();
    case 5:
    case 6:
      return Redeem(account);
    case 0:
      return Administrative<engine::AddNodeCall>(
          Cat("add node ", account),
          [id, key = Key("node")](engine::AddNodeCall& call) {
            call.change.key = key;
            call.account = id;
            call.name = key;
          },
          [](const engine::AddNodeCall& call) { return Cat(StatusText(call), call.node.value); });
    case 1:
      return Administrative<engine::SetProfileCall>(
          Cat("profile ", account),
          [id, key = Key("profile"), limit = random_.Below(5'000)](engine::SetProfileCall& call) {
            call.change.key = key;
            call.account = id;
            call.credit_limit_micros = limit;
          },
          [](const engine::SetProfileCall& call) { return StatusText(call); });
    case 2:
      return Administrative<engine::CancelSubscriptionCall>(
          Cat("cancel ", account),
          [id, key = Key("cancel"),
           number = random_.Between(1, 8)](engine::CancelSubscriptionCall& call) {
            call.change.key = key;
            call.account = id;
            call.subscription = static_cast<uint32_t>(number);
          },
          [](const engine::CancelSubscriptionCall& call) {
            return Cat(StatusText(call), call.ends_at.unix_ms);
          });
    default:
      return Limit(account);
  }
}

std::shared_ptr<Intent> Workload::Limit(size_t account) {
  const bool sliding = random_.OneIn(2);
  const Window window{.kind = sliding ? WindowKind::kSliding : WindowKind::kDay,
                      .length_ms = sliding ? random_.Between(1, 5) * 3'600'000 : 0};
  const bool money = random_.OneIn(2);
  return Administrative<engine::SetLimitCall>(
      Cat("limit ", account),
      [id = accounts_[account], key = Key("limit"), window, money,
       number = random_.OneIn(2) ? random_.Between(1, 3) : 0,
       amount = random_.Between(1, 20'000)](engine::SetLimitCall& call) {
        call.change.key = key;
        call.account = id;
        call.limit = static_cast<uint32_t>(number);
        call.name = key;
        call.window = window;
        call.unit = Unit::Of(money ? "CNY" : "token");
        call.amount = amount;
        call.alerts = {50, 80, 100};
      },
      [](const engine::SetLimitCall& call) { return Cat(StatusText(call), call.limit_set); });
}

std::shared_ptr<Intent> Workload::IssueVouchers() {
  const std::string batch = Key("batch");
  balance::VoucherTerms terms;
  terms.sold = random_.OneIn(2);
  switch (random_.Below(3)) {
    case 0:
      terms.value = balance::VoucherValue::kOffer;
      terms.offer = random_.OneIn(2) ? "pack" : "monthly";
      break;
    case 1:
      terms.value = balance::VoucherValue::kBonus;
      terms.sold = false;
      terms.lasts_days = 2;
      [[fallthrough]];
    default:
      terms.currency = Unit::Of("CNY");
      terms.amount_micros = random_.Between(1, 2'000'000);
  }
  std::vector<balance::VoucherHash> vouchers;
  for (int i = 0; i < 3; ++i) {
    std::array<uint8_t, 12> bytes{};
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_.Below(256));
    codes_.push_back(VoucherCodeOf(bytes));
    vouchers.push_back(balance::HashOfVoucher(codes_.back()));
  }
  return Administrative<engine::IssueVouchersCall>(
      Cat("issue ", batch),
      [batch, terms, vouchers](engine::IssueVouchersCall& call) {
        call.change.key = batch;
        call.batch = batch;
        call.terms = terms;
        call.vouchers = vouchers;
      },
      [](const engine::IssueVouchersCall& call) { return Cat(StatusText(call), call.issued); });
}

// Some are redeemed by two, some twice, some before they are issued.
std::shared_ptr<Intent> Workload::Redeem(size_t account) {
  if (codes_.empty()) return IssueVouchers();
  const std::string code =
      codes_[static_cast<size_t>(random_.Below(static_cast<int64_t>(codes_.size())))];
  return Administrative<engine::RedeemVoucherCall>(
      Cat("redeem ", account),
      [id = accounts_[account], code, key = Key("redeem")](engine::RedeemVoucherCall& call) {
        call.change.key = key;
        call.account = id;
        call.code = code;
      },
      [](const engine::RedeemVoucherCall& call) {
        return Cat(StatusText(call), call.batch, " ", call.amount_micros, " ",
                   call.available_micros, " ", call.valid_until.unix_ms);
      });
}

// Money or a part of a package; sometimes to nobody.
std::shared_ptr<Intent> Workload::Give(size_t account) {
  const size_t to = AnyAccount();
  const AccountId nobody = AccountId::Of(accounts_[to].partition(), 1'000'000);
  return Administrative<engine::TransferCall>(
      Cat("give ", account, " to ", to),
      [id = accounts_[account], receiver = random_.OneIn(8) ? nobody : accounts_[to],
       bucket = random_.OneIn(2) ? 1 : random_.Between(1, 6), amount = random_.Between(1, 900),
       key = Key("give")](engine::TransferCall& call) {
        call.change.key = key;
        call.account = id;
        call.to = receiver;
        call.bucket = {static_cast<uint32_t>(bucket)};
        call.amount = amount;
      },
      [](const engine::TransferCall& call) { return Cat(StatusText(call), call.transfer_id); });
}

// A few identities that all accounts want.
std::shared_ptr<Intent> Workload::ChangeIdentity(size_t account) {
  return Administrative<ChangeIdentityCall>(
      Cat("identity of ", account),
      [id = accounts_[account], add = !random_.OneIn(3), number = random_.Below(4),
       key = Key("identity")](ChangeIdentityCall& call) {
        call.change.key = key;
        call.account = id;
        call.action = add ? ChangeIdentityCall::Action::kAdd : ChangeIdentityCall::Action::kRemove;
        call.type = engine::IdentityType::kPrivate;
        call.data = Cat("shared-", number);
      },
      [](const ChangeIdentityCall& call) { return StatusText(call); });
}

std::shared_ptr<Intent> Workload::Open() {
  auto asked = std::make_shared<Asked>();
  Session& session = sessions_.emplace_back(Session{Cat("s", ++made_), AnyAccount()});
  asked->session = session.id;
  asked->account = accounts_[session.account];
  const int64_t services = random_.Between(1, 2);
  for (int64_t i = 1; i <= services; ++i) {
    Asked::Service& service = asked->services.emplace_back();
    service.rating_group = static_cast<uint32_t>(i);
    service.model = random_.OneIn(2) ? "plain" : "odd";
    service.requests_quota = true;
    if (!random_.OneIn(4)) service.requested = AnyQuantities(random_, 900);
  }
  return Charging(Cat("initial ", asked->session), asked);
}

std::shared_ptr<Intent> Workload::Report(bool last) {
  if (sessions_.empty()) return Open();
  // The latest are likelier to be open; an old one may have been closed long ago.
  const auto count = static_cast<int64_t>(sessions_.size());
  const int64_t back = random_.Below(std::min<int64_t>(count, random_.OneIn(10) ? count : 6));
  Session& session = sessions_[static_cast<size_t>(count - 1 - back)];
  auto asked = std::make_shared<Asked>();
  asked->session = session.id;
  asked->account = accounts_[session.account];
  asked->type = last ? RequestType::kTermination : RequestType::kUpdate;
  asked->number = ++session.number;
  const int64_t services = random_.Between(last ? 0 : 1, 2);
  for (int64_t i = 1; i <= services; ++i) {
    Asked::Service& service = asked->services.emplace_back();
    service.rating_group = static_cast<uint32_t>(i);
    service.requests_quota = !last && random_.OneIn(2);
    service.has_used = !random_.OneIn(5);
    if (service.has_used) service.used = AnyQuantities(random_, random_.OneIn(20) ? 5'000 : 500);
  }
  return Charging(Cat(last ? "terminate " : "update ", asked->session, " ", asked->number), asked);
}

std::shared_ptr<Intent> Workload::Debit() {
  auto asked = std::make_shared<Asked>();
  const size_t account = AnyAccount();
  asked->session = Cat("e", ++made_);
  asked->type = RequestType::kEvent;
  asked->action = engine::RequestedAction::kDirectDebiting;
  asked->account = accounts_[account];
  Asked::Service& service = asked->services.emplace_back();
  service.rating_group = 1;
  service.model = random_.OneIn(2) ? "plain" : "odd";
  service.has_used = true;
  service.used = AnyQuantities(random_, 400);
  auto intent = Charging(Cat("debit ", asked->session), asked);
  intent->learn = [charges = charges_, account](Attempt& attempt) {
    const auto& call = *dynamic_cast<CreditControlCall*>(attempt.operation());
    if (call.status.ok() && !call.answer.refund_information.empty())
      charges->emplace_back(account, call.answer.refund_information);
  };
  return intent;
}

std::shared_ptr<Intent> Workload::Refund() {
  if (charges_->empty()) return Debit();
  const auto& [account, charge] =
      (*charges_)[static_cast<size_t>(random_.Below(static_cast<int64_t>(charges_->size())))];
  auto asked = std::make_shared<Asked>();
  asked->session = Cat("r", ++made_);
  asked->type = RequestType::kEvent;
  asked->action = engine::RequestedAction::kRefundAccount;
  asked->account = accounts_[account];
  asked->refund = charge;
  return Charging(Cat("refund ", asked->session, " of ", charge), asked);
}

}  // namespace ocs::simulation
