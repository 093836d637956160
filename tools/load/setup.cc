#include "tools/load/setup.h"

#include <chrono>
#include <fstream>
#include <iterator>

#include "ocs/account/v1/account.grpc.pb.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/catalog/v1/catalog.grpc.pb.h"
#include "tools/client/connection.h"

namespace ocs::load {
namespace {

constexpr int kSetupSeconds = 60;
// A billion micros a thousand times over: no run spends it.
constexpr int64_t kMoneyMicros = 1'000'000'000'000;
constexpr char kOffer[] = "ct-personal-light";

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in.good()) return absl::NotFoundError(Cat(path, ": cannot be read"));
  return std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

template <typename Stub, typename Request, typename Response>
absl::Status Ask(Stub& stub,
                 grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                 const std::string& token, const Request& request, Response* response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(kSetupSeconds));
  client::SetToken(token, &context);
  const grpc::Status status = (stub.*method)(&context, request, response);
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

void SetChange(const std::string& key, type::v1::Change* change) {
  change->set_idempotency_key(key);
  change->set_actor("ocs-load");
  change->set_reason("load test");
}

absl::Status PublishCatalogue(const std::shared_ptr<grpc::Channel>& channel,
                              const std::string& token, const std::string& path) {
  OCS_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  catalog::v1::PublishCatalogueRequest request;
  SetChange("ocs-load-catalogue", request.mutable_change());
  request.set_text(text);
  request.set_file_name(path);
  catalog::v1::PublishCatalogueResponse response;
  const auto stub = catalog::v1::Catalogue::NewStub(channel);
  return Ask(*stub, &catalog::v1::Catalogue::Stub::PublishCatalogue, token, request, &response);
}

absl::StatusOr<uint64_t> MakeAccount(account::v1::Accounts::Stub& stub, const std::string& token,
                                     const std::string& name) {
  using Stub = account::v1::Accounts::Stub;
  account::v1::CreateAccountRequest create;
  SetChange(name + "-create", create.mutable_change());
  create.set_currency("CNY");
  auto* identity = create.add_subscription_id();
  identity->set_subscription_id_type(type::v1::END_USER_PRIVATE);
  identity->set_subscription_id_data(name);
  account::v1::CreateAccountResponse created;
  OCS_RETURN_IF_ERROR(Ask(stub, &Stub::CreateAccount, token, create, &created));
  account::v1::TopUpRequest top_up;
  SetChange(name + "-money", top_up.mutable_change());
  top_up.set_account_id(created.account_id());
  top_up.set_amount_micros(kMoneyMicros);
  top_up.set_currency("CNY");
  account::v1::TopUpResponse topped;
  OCS_RETURN_IF_ERROR(Ask(stub, &Stub::TopUp, token, top_up, &topped));
  account::v1::PurchaseOfferRequest purchase;
  SetChange(name + "-offer", purchase.mutable_change());
  purchase.set_account_id(created.account_id());
  purchase.set_offer_id(kOffer);
  account::v1::PurchaseOfferResponse bought;
  OCS_RETURN_IF_ERROR(Ask(stub, &Stub::PurchaseOffer, token, purchase, &bought));
  return created.account_id();
}

}  // namespace

absl::StatusOr<std::vector<uint64_t>> MakeAccounts(const std::shared_ptr<grpc::Channel>& channel,
                                                   const std::string& token,
                                                   const std::string& catalogue_file, uint64_t seed,
                                                   int64_t count) {
  if (!catalogue_file.empty()) {
    OCS_RETURN_IF_ERROR(PublishCatalogue(channel, token, catalogue_file));
  }
  const auto stub = account::v1::Accounts::NewStub(channel);
  std::vector<uint64_t> accounts;
  for (int64_t i = 0; i < count; ++i) {
    OCS_ASSIGN_OR_RETURN(const uint64_t account,
                         MakeAccount(*stub, token, Cat("load-", seed, "-", i)));
    accounts.push_back(account);
  }
  return accounts;
}

}  // namespace ocs::load
