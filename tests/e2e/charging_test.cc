// The main job through the real server: sell, reserve, report, commit, refuse, explain, bill.

#include <google/protobuf/util/message_differencer.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/e2e/client.h"
#include "tests/e2e/server_process.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocs::e2e {
namespace {

using charging::CreditControlAnswer;
using google::protobuf::util::MessageDifferencer;
using testing::TempDir;

struct World {
  World() : server(folder.Path("data")), client(server.channel()) { Publish(client); }
  TempDir folder;
  ServerProcess server;
  Client client;
};

// The first field that the status's details name.
std::string FieldOf(const grpc::Status& status) {
  google::rpc::Status full;
  google::rpc::BadRequest details;
  if (!full.ParseFromString(status.error_details()) || full.details().empty()) return "";
  if (!full.details(0).UnpackTo(&details) || details.field_violations().empty()) return "";
  return details.field_violations(0).field();
}

int64_t SpentTokens(const account::Account& view) {
  for (const auto& bucket : view.bucket()) {
    if (bucket.unit() == "token") return bucket.spent();
  }
  return -1;
}

TEST_CASE("a session is reserved, reported and committed", "[ocsd][e2e]") {
  World world;
  const uint64_t id = MakeCustomer(world.client, "alice", 20'000'000);
  const auto opened = Charge(world.client, Initial("s-1", "alice", 1'000, 500));
  REQUIRE(opened.result_code() == charging::DIAMETER_SUCCESS);
  REQUIRE(opened.cc_request_type() == charging::INITIAL_REQUEST);
  REQUIRE(opened.multiple_services_credit_control_size() == 1);
  const auto& granted = opened.multiple_services_credit_control(0);
  CHECK(granted.result_code() == charging::DIAMETER_SUCCESS);
  CHECK(granted.validity_time_seconds() == 600);
  REQUIRE(granted.granted_service_unit().token_quantity_size() == 2);
  CHECK(granted.granted_service_unit().token_quantity(0).token_kind() == type::INPUT);
  CHECK(granted.granted_service_unit().token_quantity(0).quantity() == 1'000);
  CHECK(GetAccount(world.client, id).session_size() == 1);

  auto update = MakeRequest("s-1", charging::UPDATE_REQUEST, 1, "alice");
  auto* service = AddService(&update);
  AddTokens(type::INPUT, 1'000, service->add_used_service_unit()->mutable_token_quantity());
  AddTokens(type::OUTPUT, 200, service->add_used_service_unit()->mutable_token_quantity());
  AddTokens(type::OUTPUT, 400, service->mutable_requested_service_unit()->mutable_token_quantity());
  const auto updated = Charge(world.client, update);
  REQUIRE(updated.result_code() == charging::DIAMETER_SUCCESS);
  CHECK(SpentTokens(GetAccount(world.client, id)) == 1'200);

  const auto closed = Charge(world.client, Termination("s-1", 2, "alice", 0, 300));
  REQUIRE(closed.result_code() == charging::DIAMETER_SUCCESS);
  CHECK_FALSE(closed.multiple_services_credit_control(0).has_granted_service_unit());
  const auto view = GetAccount(world.client, id);
  CHECK(view.session_size() == 0);
  CHECK(SpentTokens(view) == 1'500);
}

TEST_CASE("a repeat gets the same answer, other content is refused by field", "[ocsd][e2e]") {
  World world;
  const uint64_t id = MakeCustomer(world.client, "alice", 20'000'000);
  const auto request = Initial("s-1", "alice", 1'000, 500);
  const auto first = Charge(world.client, request);
  const auto before = GetAccount(world.client, id);
  const auto again = Charge(world.client, request);
  CHECK(MessageDifferencer::Equals(first, again));
  CHECK(MessageDifferencer::Equals(before, GetAccount(world.client, id)));
  const auto conflict = Charge(world.client, Initial("s-1", "alice", 1'000, 501));
  CHECK(conflict.result_code() == charging::DIAMETER_INVALID_AVP_VALUE);
  CHECK_FALSE(conflict.failed_avp().field().empty());
  CHECK(MessageDifferencer::Equals(before, GetAccount(world.client, id)));
}

TEST_CASE("what is not known is answered with its code", "[ocsd][e2e][CC-48]") {
  World world;
  MakeCustomer(world.client, "alice", 20'000'000);
  SECTION("session") {
    const auto answer = Charge(world.client, Termination("none", 1, "alice", 1, 1));
    CHECK(answer.result_code() == charging::DIAMETER_UNKNOWN_SESSION_ID);
  }
  SECTION("user") {
    const auto answer = Charge(world.client, Initial("s-1", "nobody", 1, 1));
    CHECK(answer.result_code() == charging::DIAMETER_USER_UNKNOWN);
  }
  SECTION("model") {
    auto request = Initial("s-1", "alice", 1, 1);
    request.mutable_multiple_services_credit_control(0)->set_model("no-such-model");
    const auto answer = Charge(world.client, request);
    const bool at_service = answer.multiple_services_credit_control_size() == 1 &&
                            answer.multiple_services_credit_control(0).result_code() ==
                                charging::DIAMETER_RATING_FAILED;
    CHECK((at_service || answer.result_code() == charging::DIAMETER_RATING_FAILED));
  }
  SECTION("service context") {
    auto request = Initial("s-1", "alice", 1, 1);
    request.set_service_context_id("other@test.example");
    const auto answer = Charge(world.client, request);
    CHECK(answer.result_code() == charging::DIAMETER_RATING_FAILED);
    CHECK(answer.failed_avp().field() == "service_context_id");
  }
  SECTION("request type") {
    auto request = Initial("s-1", "alice", 1, 1);
    request.clear_cc_request_type();
    const auto answer = Charge(world.client, request);
    CHECK(answer.result_code() == charging::DIAMETER_MISSING_AVP);
    CHECK(answer.failed_avp().field() == "cc_request_type");
  }
  SECTION("offer") {
    account::PurchaseOfferRequest purchase;
    SetChange("p-2", purchase.mutable_change());
    purchase.set_account_id(GetAccount(world.client,
                                       [&] {
                                         account::GetAccountRequest request;
                                         SetCustomer("alice", request.mutable_subscription_id());
                                         return Call(*world.client.accounts,
                                                     &account::Accounts::Stub::GetAccount, request)
                                             .account()
                                             .account_id();
                                       }())
                                .account_id());
    purchase.set_offer_id("no-such-offer");
    const auto status =
        StatusOf(*world.client.accounts, &account::Accounts::Stub::PurchaseOffer, purchase);
    CHECK(status.error_code() == grpc::StatusCode::NOT_FOUND);
  }
}

TEST_CASE("malformed and oversized messages are refused and name the field", "[ocsd][e2e]") {
  World world;
  auto request = Initial(std::string(129, 's'), "alice", 1, 1);
  auto status = StatusOf(*world.client.charging, &charging::Charging::Stub::CreditControl, request);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(FieldOf(status) == "session_id");

  request = Initial("s-1", "alice", 1, 1);
  for (int i = 0; i < 16; ++i) AddService(&request);
  status = StatusOf(*world.client.charging, &charging::Charging::Stub::CreditControl, request);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(FieldOf(status) == "multiple_services_credit_control");

  request = Initial(std::string(5 * 1024 * 1024, 's'), "alice", 1, 1);
  status = StatusOf(*world.client.charging, &charging::Charging::Stub::CreditControl, request);
  CHECK(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);

  account::TopUpRequest top_up;
  status = StatusOf(*world.client.accounts, &account::Accounts::Stub::TopUp, top_up);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(FieldOf(status) == "change.idempotency_key");
}

TEST_CASE("a catalogue with faults is refused with each of them", "[ocsd][e2e]") {
  World world;
  catalog::v1::CheckCatalogueRequest check;
  check.set_text("catalogue: x\ncurrency: CNY\nnonsense: 1\n");
  check.set_file_name("x.yaml");
  const auto checked =
      Call(*world.client.catalogue, &catalog::v1::Catalogue::Stub::CheckCatalogue, check);
  REQUIRE(checked.diagnostic_size() > 0);
  CHECK(checked.diagnostic(0).rfind("x.yaml:", 0) == 0);
  catalog::v1::PublishCatalogueRequest publish;
  SetChange("publish-2", publish.mutable_change());
  publish.set_text(check.text());
  publish.set_file_name("x.yaml");
  const auto status =
      StatusOf(*world.client.catalogue, &catalog::v1::Catalogue::Stub::PublishCatalogue, publish);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(FieldOf(status) == "text");
  const auto revisions =
      Call(*world.client.catalogue, &catalog::v1::Catalogue::Stub::ListRevisions, {});
  REQUIRE(revisions.revision_size() == 1);
  CHECK(revisions.revision(0).name() == "operators");
  catalog::v1::GetRevisionRequest get;
  get.set_revision(1);
  const auto text = Call(*world.client.catalogue, &catalog::v1::Catalogue::Stub::GetRevision, get);
  CHECK(text.text() == ReadText(OCS_CATALOGUE));
}

TEST_CASE("batches of a stream are answered in order, item by item", "[ocsd][e2e]") {
  World world;
  MakeCustomer(world.client, "alice", 20'000'000);
  constexpr int kBatches = 12;
  constexpr int kItems = 50;
  grpc::ClientContext context;
  auto stream = world.client.charging->CreditControlStream(&context);
  for (int b = 0; b < kBatches; ++b) {
    charging::CreditControlBatch batch;
    batch.set_batch_id(static_cast<uint64_t>(1'000 + b));
    for (int i = 0; i < kItems; ++i) {
      const std::string session = "s-" + std::to_string(b * kItems + i);
      *batch.add_request() = Initial(session, "alice", 10, 10);
      *batch.add_request() = Termination(session, 1, "alice", 10, 5);
    }
    batch.mutable_request(0)->set_session_id(std::string(200, 'x'));
    REQUIRE(stream->Write(batch));
  }
  stream->WritesDone();
  charging::CreditControlAnswerBatch answers;
  for (int b = 0; b < kBatches; ++b) {
    REQUIRE(stream->Read(&answers));
    CHECK(answers.batch_id() == static_cast<uint64_t>(1'000 + b));
    REQUIRE(answers.item_size() == 2 * kItems);
    CHECK(answers.item(0).error().code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(answers.item(1).answer().result_code() == charging::DIAMETER_UNKNOWN_SESSION_ID);
    for (int i = 2; i < answers.item_size(); ++i) {
      REQUIRE(answers.item(i).answer().result_code() == charging::DIAMETER_SUCCESS);
    }
  }
  CHECK_FALSE(stream->Read(&answers));
  CHECK(stream->Finish().ok());
}

TEST_CASE("a batch of too many items ends the stream", "[ocsd][e2e]") {
  World world;
  grpc::ClientContext context;
  auto stream = world.client.charging->CreditControlStream(&context);
  charging::CreditControlBatch small;
  small.set_batch_id(1);
  REQUIRE(stream->Write(small));
  charging::CreditControlBatch large;
  for (int i = 0; i < 1'001; ++i) large.add_request();
  REQUIRE(stream->Write(large));
  charging::CreditControlAnswerBatch answers;
  REQUIRE(stream->Read(&answers));
  CHECK(answers.batch_id() == 1);
  CHECK_FALSE(stream->Read(&answers));
  const grpc::Status status = stream->Finish();
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(FieldOf(status) == "request");
}

TEST_CASE("history explains and the bill adds up", "[ocsd][e2e]") {
  World world;
  const uint64_t id = MakeCustomer(world.client, "alice", 20'000'000);
  Charge(world.client, Initial("s-1", "alice", 1'000, 500));
  Charge(world.client, Termination("s-1", 1, "alice", 1'000, 200));
  account::GetHistoryRequest history;
  history.set_account_id(id);
  const auto items =
      Call(*world.client.accounts, &account::Accounts::Stub::GetHistory, history).item();
  REQUIRE(items.size() == 5);
  CHECK(items[0].charge_size() > 0);
  history.set_items_max(2);
  const auto page = Call(*world.client.accounts, &account::Accounts::Stub::GetHistory, history);
  REQUIRE(page.item_size() == 2);
  REQUIRE(page.has_next_before());
  *history.mutable_before() = page.next_before();
  const auto next = Call(*world.client.accounts, &account::Accounts::Stub::GetHistory, history);
  REQUIRE(next.item_size() == 2);
  CHECK(MessageDifferencer::Equals(next.item(0), items[2]));

  settlement::v1::GetBillRequest request;
  request.set_account_id(id);
  request.set_until_unix_ms(4'102'444'800'000);  // 2100: all that was ever charged.
  const auto bill =
      Call(*world.client.settlement, &settlement::v1::Settlement::Stub::GetBill, request).bill();
  REQUIRE(bill.currency_bill_size() == 1);
  CHECK(bill.currency_bill(0).currency() == "CNY");
  CHECK(bill.currency_bill(0).total_micros() == 9'900'000);
  CHECK(bill.currency_bill(0).payable_fen() == 990);
  REQUIRE(bill.covered_size() == 1);
  CHECK(bill.covered(0).covered_amount() == 1'200);
  CHECK(bill.text().find("9.90 CNY") != std::string::npos);
}

}  // namespace
}  // namespace ocs::e2e
