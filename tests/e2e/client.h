// A client of every service, with the few requests that the tests make again and again.

#ifndef TESTS_E2E_CLIENT_H_
#define TESTS_E2E_CLIENT_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "ocs/account/v1/account.grpc.pb.h"
#include "ocs/catalog/v1/catalog.grpc.pb.h"
#include "ocs/cdr/v1/cdr.grpc.pb.h"
#include "ocs/charging/v1/charging.grpc.pb.h"
#include "ocs/settlement/v1/settlement.grpc.pb.h"
#include "tests/support/catch.h"

namespace ocs::e2e {

namespace charging = ::ocs::charging::v1;
namespace account = ::ocs::account::v1;
namespace type = ::ocs::type::v1;
namespace records = ::ocs::cdr::v1;

struct Client {
  explicit Client(const std::shared_ptr<grpc::Channel>& channel)
      : charging(charging::Charging::NewStub(channel)),
        accounts(account::Accounts::NewStub(channel)),
        catalogue(catalog::v1::Catalogue::NewStub(channel)),
        cdrs(records::Records::NewStub(channel)),
        settlement(settlement::v1::Settlement::NewStub(channel)) {}

  std::unique_ptr<charging::Charging::Stub> charging;
  std::unique_ptr<account::Accounts::Stub> accounts;
  std::unique_ptr<catalog::v1::Catalogue::Stub> catalogue;
  std::unique_ptr<records::Records::Stub> cdrs;
  std::unique_ptr<settlement::v1::Settlement::Stub> settlement;
};

/// Makes a unary call and requires that gRPC's status is OK.
template <typename Stub, typename Request, typename Response>
Response Call(Stub& stub,
              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request) {
  grpc::ClientContext context;
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  INFO(status.error_code() << " " << status.error_message());
  REQUIRE(status.ok());
  return response;
}

/// Makes a unary call and gives its status.
template <typename Stub, typename Request, typename Response>
grpc::Status StatusOf(Stub& stub,
                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request) {
  grpc::ClientContext context;
  Response response;
  return (stub.*method)(&context, request, &response);
}

inline std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void SetChange(const std::string& key, type::Change* change) {
  change->set_idempotency_key(key);
  change->set_actor("test");
  change->set_reason("end to end");
}

inline void SetCustomer(const std::string& name, type::SubscriptionId* id) {
  id->set_subscription_id_type(type::END_USER_PRIVATE);
  id->set_subscription_id_data(name);
}

inline void AddTokens(type::TokenKind kind, int64_t quantity,
                      google::protobuf::RepeatedPtrField<type::TokenQuantity>* list) {
  auto* added = list->Add();
  added->set_token_kind(kind);
  added->set_quantity(quantity);
}

/// A request of a session of customer `customer`.
inline charging::CreditControlRequest MakeRequest(const std::string& session,
                                                  charging::CcRequestType request_type,
                                                  uint32_t number, const std::string& customer) {
  charging::CreditControlRequest request;
  request.set_session_id(session);
  request.set_cc_request_type(request_type);
  request.set_cc_request_number(number);
  SetCustomer(customer, request.mutable_subscription_id());
  request.set_service_context_id("ai-tokens.v1@test.example");
  return request;
}

/// Adds the one service that the tests use: rating group 1, Xingchen.
inline charging::MultipleServicesCreditControl* AddService(
    charging::CreditControlRequest* request) {
  auto* service = request->add_multiple_services_credit_control();
  service->set_rating_group(1);
  service->set_model("xingchen");
  return service;
}

inline charging::CreditControlRequest Initial(const std::string& session,
                                              const std::string& customer, int64_t input,
                                              int64_t output) {
  auto request = MakeRequest(session, charging::INITIAL_REQUEST, 0, customer);
  auto* wanted = AddService(&request)->mutable_requested_service_unit()->mutable_token_quantity();
  AddTokens(type::INPUT, input, wanted);
  AddTokens(type::OUTPUT, output, wanted);
  return request;
}

inline charging::CreditControlRequest Termination(const std::string& session, uint32_t number,
                                                  const std::string& customer, int64_t input,
                                                  int64_t output) {
  auto request = MakeRequest(session, charging::TERMINATION_REQUEST, number, customer);
  auto* used = AddService(&request)->add_used_service_unit()->mutable_token_quantity();
  AddTokens(type::INPUT, input, used);
  AddTokens(type::OUTPUT, output, used);
  return request;
}

/// Publishes the operators' catalogue.
inline void Publish(Client& client) {
  catalog::v1::PublishCatalogueRequest request;
  SetChange("publish", request.mutable_change());
  request.set_text(ReadText(OCS_CATALOGUE));
  request.set_file_name("operators.yaml");
  const auto response =
      Call(*client.catalogue, &catalog::v1::Catalogue::Stub::PublishCatalogue, request);
  REQUIRE(response.revision() == 1);
}

/// Makes a customer with money and the light package of 10 M tokens for 9.90 CNY.
inline uint64_t MakeCustomer(Client& client, const std::string& name, int64_t money_micros) {
  account::CreateAccountRequest create;
  SetChange("create-" + name, create.mutable_change());
  create.set_currency("CNY");
  SetCustomer(name, create.add_subscription_id());
  const uint64_t id =
      Call(*client.accounts, &account::Accounts::Stub::CreateAccount, create).account_id();
  account::TopUpRequest top_up;
  SetChange("top-up-" + name, top_up.mutable_change());
  top_up.set_account_id(id);
  top_up.set_amount_micros(money_micros);
  top_up.set_currency("CNY");
  const auto topped = Call(*client.accounts, &account::Accounts::Stub::TopUp, top_up);
  REQUIRE(topped.available_micros() == money_micros);
  account::PurchaseOfferRequest purchase;
  SetChange("purchase-" + name, purchase.mutable_change());
  purchase.set_account_id(id);
  purchase.set_offer_id("ct-personal-light");
  const auto bought = Call(*client.accounts, &account::Accounts::Stub::PurchaseOffer, purchase);
  REQUIRE(bought.fee_micros() == 9'900'000);
  return id;
}

inline account::Account GetAccount(Client& client, uint64_t id) {
  account::GetAccountRequest request;
  request.set_account_id(id);
  return Call(*client.accounts, &account::Accounts::Stub::GetAccount, request).account();
}

/// Sends a credit-control request; gRPC's status must be OK.
inline charging::CreditControlAnswer Charge(Client& client,
                                            const charging::CreditControlRequest& request) {
  return Call(*client.charging, &charging::Charging::Stub::CreditControl, request);
}

}  // namespace ocs::e2e

#endif  // TESTS_E2E_CLIENT_H_
