#include "tools/replay/setup.h"

#include <memory>

#include "ocs/account/v1/account.grpc.pb.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/catalog/v1/catalog.grpc.pb.h"
#include "ocs/charging/v1/charging.grpc.pb.h"
#include "tools/replay/call.h"
#include "tools/replay/trace.h"

namespace ocs::replay {
namespace {

constexpr char kActor[] = "ocs-replay";

void SetChange(std::string_view key, std::string_view reason, type::v1::Change* change) {
  change->set_idempotency_key(std::string(key));
  change->set_actor(kActor);
  change->set_reason(std::string(reason));
}

// Opens one account after the other over one connection.
class Opener final {
 public:
  Opener(const Endpoint& endpoint, int64_t base_unix_ms)
      : endpoint_(endpoint),
        base_unix_ms_(base_unix_ms),
        accounts_(account::v1::Accounts::NewStub(Connect(endpoint))),
        charging_(charging::v1::Charging::NewStub(Connect(endpoint))) {}

  absl::StatusOr<AccountSummary> Open(const PlannedAccount& planned) {
    AccountSummary account;
    account.planned = &planned;
    OCS_RETURN_IF_ERROR(Create(&account));
    OCS_RETURN_IF_ERROR(
        TopUp(account, planned.product->fee_micros + planned.product->money_micros));
    for (const std::string_view offer : planned.product->offers) {
      OCS_RETURN_IF_ERROR(Buy(offer, &account));
    }
    OCS_RETURN_IF_ERROR(UseEarlier(account));
    return account;
  }

 private:
  static std::string KeyOf(const AccountSummary& account, std::string_view what) {
    return Cat("demo/", CustomerNumber(account.planned->rank), "/", what);
  }

  absl::Status Create(AccountSummary* account) {
    account::v1::CreateAccountRequest request;
    SetChange(KeyOf(*account, "create"), "demonstration", request.mutable_change());
    request.set_currency(std::string(kCurrency));
    request.set_credit_limit_micros(account->planned->product->credit_limit_micros);
    type::v1::SubscriptionId* identity = request.add_subscription_id();
    identity->set_subscription_id_type(type::v1::END_USER_PRIVATE);
    identity->set_subscription_id_data(CustomerNumber(account->planned->rank));
    account::v1::CreateAccountResponse response;
    OCS_RETURN_IF_ERROR(Ask(endpoint_, "create account", [&](grpc::ClientContext* context) {
      return accounts_->CreateAccount(context, request, &response);
    }));
    account->account_id = response.account_id();
    return absl::OkStatus();
  }

  absl::Status TopUp(const AccountSummary& account, int64_t amount_micros) {
    if (amount_micros == 0) return absl::OkStatus();
    account::v1::TopUpRequest request;
    SetChange(KeyOf(account, "top-up"), "paid in", request.mutable_change());
    request.set_account_id(account.account_id);
    request.set_amount_micros(amount_micros);
    request.set_currency(std::string(kCurrency));
    account::v1::TopUpResponse response;
    return Ask(endpoint_, "top up", [&](grpc::ClientContext* context) {
      return accounts_->TopUp(context, request, &response);
    });
  }

  absl::Status Buy(std::string_view offer, AccountSummary* account) {
    account::v1::PurchaseOfferRequest request;
    SetChange(KeyOf(*account, Cat("buy/", offer)), "bought", request.mutable_change());
    request.set_account_id(account->account_id);
    request.set_offer_id(std::string(offer));
    account::v1::PurchaseOfferResponse response;
    OCS_RETURN_IF_ERROR(Ask(endpoint_, Cat("buy ", offer), [&](grpc::ClientContext* context) {
      return accounts_->PurchaseOffer(context, request, &response);
    }));
    account->fee_micros += response.fee_micros();
    return absl::OkStatus();
  }

  // The trace lasts 45 minutes, a package a month: what came before is one event.
  absl::Status UseEarlier(const AccountSummary& account) {
    if (account.planned->earlier_tokens == 0) return absl::OkStatus();
    charging::v1::CreditControlRequest request;
    SetCustomer(account.planned->rank, &request);
    request.set_session_id(Cat("earlier/", CustomerNumber(account.planned->rank)));
    request.set_cc_request_type(charging::v1::EVENT_REQUEST);
    request.set_requested_action(charging::v1::DIRECT_DEBITING);
    request.set_event_timestamp_unix_ms(base_unix_ms_);
    charging::v1::MultipleServicesCreditControl* service =
        request.add_multiple_services_credit_control();
    service->set_rating_group(1);
    service->set_model(std::string(account.planned->product->models.front().model));
    type::v1::TokenQuantity* used = service->add_used_service_unit()->add_token_quantity();
    used->set_token_kind(type::v1::INPUT);
    used->set_quantity(account.planned->earlier_tokens);
    charging::v1::CreditControlAnswer answer;
    OCS_RETURN_IF_ERROR(Ask(endpoint_, "earlier use", [&](grpc::ClientContext* context) {
      return charging_->CreditControl(context, request, &answer);
    }));
    if (answer.result_code() != charging::v1::DIAMETER_SUCCESS) {
      return absl::InternalError(Cat("earlier use of ", CustomerNumber(account.planned->rank), ": ",
                                     charging::v1::ResultCode_Name(answer.result_code()), ": ",
                                     answer.error_message()));
    }
    return absl::OkStatus();
  }

  const Endpoint& endpoint_;
  const int64_t base_unix_ms_;
  std::unique_ptr<account::v1::Accounts::Stub> accounts_;
  std::unique_ptr<charging::v1::Charging::Stub> charging_;
};

}  // namespace

absl::Status PublishCatalogue(const Endpoint& endpoint, const std::string& path) {
  catalog::v1::PublishCatalogueRequest request;
  SetChange("demo/catalogue", "demonstration", request.mutable_change());
  OCS_ASSIGN_OR_RETURN(*request.mutable_text(), ReadFile(path));
  request.set_file_name(path);
  const auto stub = catalog::v1::Catalogue::NewStub(Connect(endpoint));
  catalog::v1::PublishCatalogueResponse response;
  return Ask(endpoint, Cat("publish ", path), [&](grpc::ClientContext* context) {
    return stub->PublishCatalogue(context, request, &response);
  });
}

absl::StatusOr<Summary> OpenAccounts(const Endpoint& endpoint, const Plan& plan,
                                     int64_t base_unix_ms) {
  Summary summary;
  summary.seed = plan.seed;
  Opener opener(endpoint, base_unix_ms);
  for (const PlannedAccount& planned : plan.accounts) {
    OCS_ASSIGN_OR_RETURN(const AccountSummary account, opener.Open(planned));
    summary.accounts.push_back(account);
  }
  return summary;
}

}  // namespace ocs::replay
