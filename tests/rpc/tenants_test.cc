// Every method with callers of the account's own tenant, of another one and of the operator: what
// is another tenant's is answered as if it were not there.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <array>
#include <fstream>
#include <future>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "balance/mem_store.h"
#include "ocs/account/v1/account.grpc.pb.h"
#include "ocs/base/voucher_code.h"
#include "ocs/catalog/v1/catalog.grpc.pb.h"
#include "ocs/cdr/v1/cdr.grpc.pb.h"
#include "ocs/charging/v1/charging.grpc.pb.h"
#include "ocs/rpc/access.h"
#include "ocs/rpc/services.h"
#include "ocs/runtime/event_loop.h"
#include "tests/rpc/still_clock.h"
#include "tests/support/catch.h"

namespace ocs::rpc {
namespace {

constexpr Instant kNow{1'779'000'000'000};
constexpr auto kDenied = grpc::StatusCode::PERMISSION_DENIED;

// A request for each method that gets as far as looking for the account. CHANGE has a new key each
// time. A new rpc without a line here fails.
const std::map<std::string, std::string, std::less<>>& Requests() {
  static const auto* const requests = new std::map<std::string, std::string, std::less<>>{
      {"CreditControl",
       "session_id: 'KEY' cc_request_type: INITIAL_REQUEST account_id: ACCOUNT "
       "service_context_id: 'ai-tokens.v1@a' multiple_services_credit_control { rating_group: 1 "
       "model: 'deepseek-v3.2' requested_service_unit {} }"},
      {"CreditControlStream",
       "request { session_id: 'KEY' cc_request_type: INITIAL_REQUEST account_id: ACCOUNT "
       "service_context_id: 'ai-tokens.v1@a' multiple_services_credit_control { rating_group: 1 "
       "model: 'deepseek-v3.2' requested_service_unit {} } }"},
      {"CreateAccount", "CHANGE currency: 'CNY'"},
      {"AddIdentity",
       "CHANGE account_id: ACCOUNT subscription_id { subscription_id_type: END_USER_PRIVATE "
       "subscription_id_data: 'KEY' }"},
      {"RemoveIdentity",
       "CHANGE account_id: ACCOUNT subscription_id { subscription_id_type: END_USER_PRIVATE "
       "subscription_id_data: 'KEY' }"},
      {"MoveIdentity",
       "CHANGE account_id: ACCOUNT subscription_id { subscription_id_type: END_USER_PRIVATE "
       "subscription_id_data: 'KEY' }"},
      {"PurchaseOffer", "CHANGE account_id: ACCOUNT offer_id: 'ct-personal-standard'"},
      {"TopUp", "CHANGE account_id: ACCOUNT amount_micros: 90000000 currency: 'CNY'"},
      {"AddNode", "CHANGE account_id: ACCOUNT kind: MEMBER name: 'anna'"},
      {"ChangeNode", "CHANGE account_id: ACCOUNT node_id: 77 name: 'berta'"},
      {"SetLimit",
       "CHANGE account_id: ACCOUNT name: 'day' window: DAY unit: 'CNY' amount: 5000000"},
      {"DropLimit", "CHANGE account_id: ACCOUNT limit_id: 77"},
      {"SetProfile", "CHANGE account_id: ACCOUNT segment: 'student'"},
      {"SetState", "CHANGE account_id: ACCOUNT state: ACTIVE"},
      {"CancelSubscription", "CHANGE account_id: ACCOUNT subscription_number: 77"},
      {"SetSwitch", "CHANGE account_id: ACCOUNT subscription_number: 77 switch_id: 's'"},
      {"Adjust", "CHANGE account_id: ACCOUNT bucket_id: 1 amount: 5"},
      {"WriteOff", "CHANGE account_id: ACCOUNT bucket_id: 77"},
      {"RefundCharge", "CHANGE account_id: ACCOUNT record_id: '0.1.0'"},
      {"Transfer", "CHANGE account_id: ACCOUNT to_account_id: 1 bucket_id: 1 amount: 5"},
      {"ListNotices", ""},
      {"GetAccount", "account_id: ACCOUNT"},
      {"GetCoverage", "account_id: ACCOUNT"},
      {"GetHistory", "account_id: ACCOUNT"},
      {"CheckCatalogue", ""},
      {"PublishCatalogue", "CHANGE text: 'x'"},
      {"RollBackCatalogue", "CHANGE"},
      {"DecideRevision", "CHANGE"},
      {"ListRevisions", ""},
      {"GetRevision", "revision: 1"},
      {"StreamRecords", ""},
      {"Acknowledge", "consumer: 'c'"},
      {"ListConsumers", ""},
      {"GetBill", "account_id: ACCOUNT from_unix_ms: 0 until_unix_ms: 1"},
      {"BackUp", ""},
      {"GetStoreUsage", ""},
      {"SetLogLevel", "CHANGE level: LEVEL_DEBUG"},
      {"GetLogLevels", ""},
      {"IssueVouchers", "CHANGE"},
      {"CancelVouchers", "CHANGE"},
      {"RedeemVoucher", "CHANGE account_id: ACCOUNT code: 'VOUCHER'"},
      {"ListVoucherBatches", ""},
      {"ReadLedger", ""},
      {"StreamPushes", "origin_host: 'g'"},
      {"AnswerPush", "demand_id: 'ACCOUNT-1-0' session_id: 'KEY' result_code: 2001"},
      {"ReauthoriseSessions", "CHANGE account_id: ACCOUNT"},
      {"AbortSessions", "CHANGE account_id: ACCOUNT session_id: 'KEY'"},
      {"StreamNotices", ""},
      {"AcknowledgeNotices", "consumer: 'c'"},
      {"Subscribe",
       "CHANGE account_id: ACCOUNT spending_subscription_id: 'w' expires_at_unix_ms: "
       "9000000000000"},
      {"Unsubscribe", "CHANGE account_id: ACCOUNT spending_subscription_id: 'w'"},
      {"RunSimulation", ""},
      {"StreamProgress", "name: 's'"},
      {"CancelSimulation", "name: 's'"},
      {"GetSimulation", "name: 's'"},
      {"ListSimulations", ""},
      {"StartShadow", ""},
      {"StopShadow", ""},
      {"GetShadow", ""},
      {"ReRate", "CHANGE account_id: ACCOUNT record_id: '0.1.0' tariff_revision: 1"},
  };
  return *requests;
}

struct Outcome {
  grpc::Status status;
  std::string response;
  friend bool operator==(const Outcome& a, const Outcome& b) {
    return a.status.error_code() == b.status.error_code() &&
           a.status.error_message() == b.status.error_message() &&
           a.status.error_details() == b.status.error_details() && a.response == b.response;
  }
};

struct TenantsWorld {
  TenantsWorld() {
    auto opened = engine::Engine::Open({}, {{store.get(), &worker, &writer}}, &clock);
    REQUIRE(opened.ok());
    engine = *std::move(opened);
    ServicesOptions options{absl::UTCTimeZone()};
    options.clock = &clock;
    options.on_refused = [this](const RefusedCall& call) {
      const absl::MutexLock lock(&mutex);
      absl::StrAppend(&reports, std::string(AccessRefusalName(call.why)), " ",
                      std::string(call.method), " ", std::string(call.caller), "\n");
    };
    services = std::make_unique<Services>(engine.get(), options);
    std::vector<CredentialLine> lines;
    for (const char* tenant : {"operator", "acme", "beta"}) {
      CredentialLine& line = lines.emplace_back();
      line.key = TokenKey(tenant);
      for (int i = 0; i < kRoleCount; ++i) line.roles.Add(static_cast<Role>(i));
      line.tenant = tenant;
      line.name = "all";
    }
    REQUIRE(services->SetCredentials(lines).ok());
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    services->RegisterWith(&builder);
    server = builder.BuildAndStart();
    channel =
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
  }
  ~TenantsWorld() {
    std::promise<void> drained;
    engine->Drain([&drained] { drained.set_value(); });
    drained.get_future().wait();
    server->Shutdown();
  }

  Outcome Send(std::string_view path, const std::string& tenant, const std::string& bytes) {
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    context.AddMetadata("authorization", absl::StrCat("Bearer ", tenant));
    // Who listens for demands is sent nothing and not ended.
    if (path == AccessOf(Method::kStreamPushes).path)
      context.set_deadline(std::chrono::system_clock::now() +  // tidy-allow clock: gRPC's deadline
                           std::chrono::seconds(1));
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, std::string(path), {}, &request, &response,
                   [&done](grpc::Status status) { done.set_value(std::move(status)); });
    Outcome outcome{done.get_future().get(), ""};
    grpc::Slice answered;
    if (response.Valid() && response.DumpToSingleSlice(&answered).ok())
      outcome.response.assign(reinterpret_cast<const char*>(answered.begin()), answered.size());
    return outcome;
  }

  // The request of the table, as that tenant's caller, about that account.
  Outcome Ask(std::string_view path, const std::string& tenant, uint64_t account) {
    const std::string name(path.substr(path.rfind('/') + 1));
    const auto found = Requests().find(name);
    INFO("a new rpc needs its request in Requests(): " << path);
    REQUIRE(found != Requests().end());
    std::string service(path.substr(1, path.rfind('/') - 1));
    const auto* method = google::protobuf::DescriptorPool::generated_pool()
                             ->FindServiceByName(service)
                             ->FindMethodByName(name);
    google::protobuf::DynamicMessageFactory factory;
    const std::unique_ptr<google::protobuf::Message> request(
        factory.GetPrototype(method->input_type())->New());
    const std::string key = absl::StrCat("key-", ++keys);
    const std::string text = absl::StrReplaceAll(
        found->second, {{"CHANGE", "change { idempotency_key: 'KEY' actor: 'a' reason: 'r' }"},
                        {"ACCOUNT", absl::StrCat(account)},
                        {"VOUCHER", FormatVoucherCode(VoucherCodeOf(std::array<uint8_t, 12>{}))}});
    REQUIRE(google::protobuf::TextFormat::ParseFromString(absl::StrReplaceAll(text, {{"KEY", key}}),
                                                          request.get()));
    return Send(path, tenant, request->SerializeAsString());
  }

  template <typename Response>
  Response Must(Method method, const std::string& tenant, uint64_t account = 0) {
    const Outcome outcome = Ask(AccessOf(method).path, tenant, account);
    INFO(outcome.status.error_message());
    REQUIRE(outcome.status.ok());
    Response response;
    REQUIRE(response.ParseFromString(outcome.response));
    return response;
  }
  uint64_t Create(const std::string& tenant) {
    return Must<account::v1::CreateAccountResponse>(Method::kCreateAccount, tenant).account_id();
  }
  std::string TenantOf(uint64_t account) {
    return Must<account::v1::GetAccountResponse>(Method::kGetAccount, "operator", account)
        .account()
        .tenant();
  }
  void Publish() {
    std::ifstream file(OCS_OPERATORS_CATALOGUE);
    std::stringstream text;
    text << file.rdbuf();
    catalog::v1::PublishCatalogueRequest request;
    request.mutable_change()->set_idempotency_key("publish");
    request.set_text(text.str());
    request.set_effective_from_unix_ms(0);
    REQUIRE(Send(AccessOf(Method::kPublishCatalogue).path, "operator", request.SerializeAsString())
                .status.ok());
  }
  int64_t ForeignCount() { return services->access_statistics().refused[5]; }

  // What a tenant reads of the records, as their accounts.
  std::vector<uint64_t> RecordsOf(const std::string& tenant, const std::string& consumer = "") {
    const auto stub = cdr::v1::Records::NewStub(channel);
    grpc::ClientContext context;
    context.AddMetadata("authorization", absl::StrCat("Bearer ", tenant));
    cdr::v1::StreamRecordsRequest request;
    request.set_consumer(consumer);
    const auto stream = stub->StreamRecords(&context, request);
    cdr::v1::RecordBatch batch;
    std::vector<uint64_t> accounts;
    while (stream->Read(&batch)) {
      last_position = batch.position();
      for (const auto& record : batch.record()) accounts.push_back(record.account_id());
    }
    CHECK(stream->Finish().ok());
    return accounts;
  }

  tests::StillClock clock;
  std::unique_ptr<balance::Store> store = balance::MakeMemStore();
  runtime::EventLoop worker{"worker"};
  runtime::EventLoop writer{"writer"};
  std::unique_ptr<engine::Engine> engine;
  absl::Mutex mutex;
  std::string reports;
  std::unique_ptr<Services> services;
  std::unique_ptr<grpc::Server> server;
  std::shared_ptr<grpc::Channel> channel;
  type::v1::JournalPosition last_position;
  int keys = 0;
};

TEST_CASE("every method answers for another tenant's account as for one that is not there",
          "[rpc][unit]") {
  TenantsWorld world;
  world.Publish();
  const uint64_t account = world.Create("acme");
  constexpr uint64_t kNobodys = 999'999;
  for (const MethodAccess& row : MethodTable()) {
    CAPTURE(row.path);
    const bool names_account =
        Requests().at(std::string(row.path.substr(row.path.rfind('/') + 1))).find("ACCOUNT") !=
        std::string::npos;
    const auto code = [&](const char* tenant) {
      return world.Ask(row.path, tenant, account).status.error_code();
    };
    if (row.reach == Reach::kOperatorOnly) {
      CHECK(code("acme") == kDenied);
      CHECK(code("beta") == kDenied);
      CHECK(code("operator") != kDenied);
      continue;
    }
    CHECK(names_account ==
          (row.reach == Reach::kOwnAccounts && row.method != Method::kCreateAccount));
    if (!names_account) {
      CHECK(code("acme") != kDenied);
      continue;
    }
    const int64_t before = world.ForeignCount();
    const Outcome missing = world.Ask(row.path, "beta", kNobodys);
    CHECK(world.ForeignCount() == before);
    const Outcome foreign = world.Ask(row.path, "beta", account);
    CHECK(world.ForeignCount() == before + 1);
    CHECK(foreign == missing);
    const bool charging =
        row.method == Method::kCreditControl || row.method == Method::kCreditControlStream;
    CHECK(foreign.status.error_code() ==
          (charging ? grpc::StatusCode::OK : grpc::StatusCode::NOT_FOUND));
    CHECK_FALSE(world.Ask(row.path, "acme", account) == missing);
    CHECK_FALSE(world.Ask(row.path, "operator", account) == missing);
    CHECK(world.ForeignCount() == before + 1);
  }
  const absl::MutexLock lock(&world.mutex);
  CHECK(world.reports.find("tenant /ocs.charging.v1.Charging/CreditControl beta/all\n") !=
        std::string::npos);
}

TEST_CASE("what a tenant creates is the tenant's, and only the operator moves it", "[rpc][unit]") {
  TenantsWorld world;
  const uint64_t own = world.Create("acme");
  CHECK(world.TenantOf(own) == "acme");
  CHECK(world.TenantOf(world.Create("operator")).empty());

  account::v1::CreateAccountRequest request;
  request.mutable_change()->set_idempotency_key("the same key");
  request.set_currency("CNY");
  const std::string_view create = AccessOf(Method::kCreateAccount).path;
  CHECK(world.Send(create, "acme", request.SerializeAsString()).status.ok());
  request.set_currency("USD");  // With a key of its own this would be another content.
  CHECK(world.Send(create, "beta", request.SerializeAsString()).status.ok());
  CHECK(world.Send(create, "beta", request.SerializeAsString()).status.ok());
  request.mutable_change()->set_idempotency_key("another key");
  request.set_tenant("acme");
  CHECK(world.Send(create, "beta", request.SerializeAsString()).status.error_code() ==
        grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(world.Send(create, "operator", request.SerializeAsString()).status.ok());

  account::v1::SetProfileRequest give;
  give.mutable_change()->set_idempotency_key("give");
  give.set_account_id(own);
  give.set_tenant("beta");
  const std::string_view set = AccessOf(Method::kSetProfile).path;
  CHECK(world.Send(set, "acme", give.SerializeAsString()).status.error_code() == kDenied);
  CHECK(world.TenantOf(own) == "acme");
  CHECK(world.Send(set, "operator", give.SerializeAsString()).status.ok());
  CHECK(world.TenantOf(own) == "beta");
  CHECK_FALSE(world.Ask(AccessOf(Method::kGetAccount).path, "acme", own).status.ok());
  CHECK(world.Ask(AccessOf(Method::kGetAccount).path, "beta", own).status.ok());
}

TEST_CASE("a gift does not reach another tenant's account", "[rpc][unit]") {
  TenantsWorld world;
  const uint64_t from = world.Create("acme");
  const uint64_t other = world.Create("beta");
  world.Must<account::v1::TopUpResponse>(Method::kTopUp, "acme", from);
  account::v1::TransferRequest request;
  request.mutable_change()->set_idempotency_key("gift");
  request.set_account_id(from);
  request.set_bucket_id(1);
  request.set_amount(5);
  request.set_to_account_id(999'999);
  const std::string_view path = AccessOf(Method::kTransfer).path;
  const Outcome missing = world.Send(path, "acme", request.SerializeAsString());
  request.mutable_change()->set_idempotency_key("gift 2");
  request.set_to_account_id(other);
  CHECK(world.Send(path, "acme", request.SerializeAsString()) == missing);
  CHECK(world.ForeignCount() == 1);
}

TEST_CASE("a tenant reads its own records and notices, by consumers of its own", "[rpc][unit]") {
  TenantsWorld world;
  world.Publish();
  std::map<std::string, uint64_t> accounts;
  for (const char* tenant : {"operator", "acme", "beta"}) {
    const uint64_t account = world.Create(tenant);
    accounts[tenant] = account;
    world.Must<account::v1::TopUpResponse>(Method::kTopUp, tenant, account);
    world.Must<account::v1::PurchaseOfferResponse>(Method::kPurchaseOffer, tenant, account);
  }
  using Ids = std::vector<uint64_t>;
  CHECK(world.RecordsOf("operator") ==
        Ids{accounts["operator"], accounts["acme"], accounts["beta"]});
  CHECK(world.RecordsOf("beta") == Ids{accounts["beta"]});
  CHECK(world.RecordsOf("acme", "billing") == Ids{accounts["acme"]});

  cdr::v1::AcknowledgeRequest acknowledge;
  acknowledge.set_consumer("billing");
  *acknowledge.mutable_position() = world.last_position;
  const std::string_view path = AccessOf(Method::kAcknowledge).path;
  REQUIRE(world.Send(path, "acme", acknowledge.SerializeAsString()).status.ok());
  CHECK(world.RecordsOf("acme", "billing").empty());
  CHECK(world.RecordsOf("beta", "billing") == Ids{accounts["beta"]});
  const auto consumers = [&](const char* tenant) {
    const auto all = world.Must<cdr::v1::ListConsumersResponse>(Method::kListConsumers, tenant);
    std::string names;
    for (const auto& consumer : all.consumer()) absl::StrAppend(&names, consumer.name(), " ");
    return names;
  };
  CHECK(consumers("acme") == "billing ");
  CHECK(consumers("beta").empty());
  CHECK(consumers("operator") == "acme/billing ");

  // Each gives something to a new account of its own: two notices.
  for (const char* tenant : {"operator", "acme"}) {
    account::v1::TransferRequest gift;
    gift.mutable_change()->set_idempotency_key("gift");
    gift.set_account_id(accounts[tenant]);
    gift.set_to_account_id(world.Create(tenant));
    gift.set_bucket_id(1);
    gift.set_amount(5);
    REQUIRE(
        world.Send(AccessOf(Method::kTransfer).path, tenant, gift.SerializeAsString()).status.ok());
  }
  const auto notices = [&](const char* tenant) {
    return world.Must<account::v1::ListNoticesResponse>(Method::kListNotices, tenant).notice_size();
  };
  CHECK(notices("operator") == 4);
  CHECK(notices("acme") == 2);
  CHECK(notices("beta") == 0);
}

}  // namespace
}  // namespace ocs::rpc
