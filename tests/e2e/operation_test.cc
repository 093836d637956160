// The server as operations see it: restarts, signals, metrics, health, the stream of records.

#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/generic/generic_stub.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "tests/e2e/client.h"
#include "tests/e2e/server_process.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocs::e2e {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::TempDir;

// Opens `count` sessions and closes every second one.
void Work(Client& client, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string session = "s-" + std::to_string(i);
    const auto opened = Charge(client, Initial(session, "alice", 100, 50));
    REQUIRE(opened.result_code() == charging::DIAMETER_SUCCESS);
    if (i % 2 == 0) Charge(client, Termination(session, 1, "alice", 100, 10));
  }
}

TEST_CASE("what was answered survives kill -9 and SIGTERM", "[ocsd][e2e]") {
  const int signal = GENERATE(SIGKILL, SIGTERM);
  const TempDir folder;
  account::Account before;
  charging::CreditControlAnswer answer;
  uint64_t id = 0;
  {
    ServerProcess server(folder.Path("data"));
    Client client(server.channel());
    Publish(client);
    id = MakeCustomer(client, "alice", 20'000'000);
    Work(client, 40);
    answer = Charge(client, Termination("s-1", 1, "alice", 100, 20));
    before = GetAccount(client, id);
    const Ended ended = server.Stop(signal);
    INFO(ended.output);
    CHECK(ended.exit_code == (signal == SIGTERM ? 0 : 128 + SIGKILL));
  }
  ServerProcess server(folder.Path("data"));
  Client client(server.channel());
  CHECK(MessageDifferencer::Equals(before, GetAccount(client, id)));
  const auto again = Charge(client, Termination("s-1", 1, "alice", 100, 20));
  CHECK(MessageDifferencer::Equals(answer, again));
  CHECK(MessageDifferencer::Equals(before, GetAccount(client, id)));
  const auto closed = Charge(client, Termination("s-3", 1, "alice", 100, 20));
  CHECK(closed.result_code() == charging::DIAMETER_SUCCESS);
}

TEST_CASE("the ready file is there only while the server serves", "[ocsd][e2e]") {
  const TempDir folder;
  const std::string data = folder.Path("data");
  const std::string ready = data + ".ready";  // As ServerProcess calls it.
  {
    ServerProcess server(data);
    CHECK(std::filesystem::exists(ready));
    server.Stop(SIGKILL);
    CHECK(std::filesystem::exists(ready));
  }
  // A start that comes to nothing must not look like a server that serves.
  const ServerProcess other(folder.Path("other"));
  const Ended refused = RunToEnd({"--listen-address", other.address(), "--metrics-address", "",
                                  "--data-folder", data, "--ready-file", ready});
  INFO(refused.output);
  CHECK(refused.exit_code == 1);
  CHECK_FALSE(std::filesystem::exists(ready));
  ServerProcess server(data);
  CHECK(std::filesystem::exists(ready));
  CHECK(server.Stop(SIGTERM).exit_code == 0);
  CHECK_FALSE(std::filesystem::exists(ready));
}

// No file of the process may grow beyond what the largest has now and a little more.
void ForbidGrowth(const ServerProcess& server, const std::string& folder) {
  uintmax_t largest = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) largest = std::max(largest, entry.file_size());
  }
  const rlimit limit = {largest + 4'096, RLIM_INFINITY};
  REQUIRE(::prlimit(server.pid(), RLIMIT_FSIZE, &limit, nullptr) == 0);
}

TEST_CASE("after a failed write the server ends with 3, and nothing acknowledged is lost",
          "[ocsd][e2e]") {
  const TempDir folder;
  account::TopUpRequest top_up;
  top_up.set_amount_micros(1);
  top_up.set_currency("CNY");
  int64_t acknowledged = 20'000'000;
  {
    ServerProcess server(folder.Path("data"));
    Client client(server.channel());
    Publish(client);
    top_up.set_account_id(MakeCustomer(client, "alice", acknowledged));
    ForbidGrowth(server, folder.Path("data"));
    grpc::Status status;
    for (int i = 0; i < 10'000 && status.ok(); ++i) {
      SetChange("top-up-" + std::to_string(i), top_up.mutable_change());
      top_up.mutable_change()->set_reason(std::string(1'000, 'x'));
      status = StatusOf(*client.accounts, &account::Accounts::Stub::TopUp, top_up);
      if (status.ok()) ++acknowledged;
    }
    CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
    const Ended ended = server.AwaitEnd();
    INFO(ended.output);
    CHECK(ended.exit_code == 3);
    CHECK(ended.output.find("write failed, stopping") != std::string::npos);
  }
  ServerProcess server(folder.Path("data"));
  Client client(server.channel());
  // The one that was in doubt is repeated: once, whether it was written or not.
  CHECK(StatusOf(*client.accounts, &account::Accounts::Stub::TopUp, top_up).ok());
  const account::Account account = GetAccount(client, top_up.account_id());
  int64_t money = 0;
  for (const auto& bucket : account.bucket()) {
    if (bucket.unit() == "CNY") money += bucket.granted();
  }
  CHECK(money == acknowledged + 1);
}

TEST_CASE("another number of shards is refused", "[ocsd][e2e]") {
  const TempDir folder;
  const auto start = [&](const std::string& data, const std::string& shards) {
    return RunToEnd({"--listen-address", "127.0.0.1:0", "--metrics-address", "", "--data-folder",
                     folder.Path(data), "--shard-count", shards});
  };
  for (const std::string made : {"1", "3"}) {
    {
      ServerProcess server(folder.Path(made), {"--shard-count", made});
      Client client(server.channel());
      Publish(client);
      CHECK(server.Stop(SIGTERM).exit_code == 0);
    }
    for (const std::string other : {"1", "2", "3", "4"}) {
      if (other == made) continue;
      const Ended ended = start(made, other);
      INFO(made << " shards, started with " << other << ": " << ended.output);
      CHECK(ended.exit_code == 1);
      CHECK(ended.output.find("shard_count: ") != std::string::npos);
    }
    // Nothing was made or changed by that.
    ServerProcess server(folder.Path(made), {"--shard-count", made});
    CHECK(server.Stop(SIGTERM).exit_code == 0);
  }
}

TEST_CASE("a server whose shard was lost does not start", "[ocsd][e2e]") {
  const TempDir folder;
  {
    ServerProcess server(folder.Path("data"), {"--shard-count", "2"});
    Client client(server.channel());
    Publish(client);
    CHECK(server.Stop(SIGTERM).exit_code == 0);
  }
  std::filesystem::remove_all(folder.Path("data") + "/shard-001");
  const Ended ended = RunToEnd({"--listen-address", "127.0.0.1:0", "--metrics-address", "",
                                "--data-folder", folder.Path("data"), "--shard-count", "2"});
  INFO(ended.output);
  CHECK(ended.exit_code == 1);
  CHECK(ended.output.find("restore all shards from a backup") != std::string::npos);
}

TEST_CASE("metrics count what was done", "[ocsd][e2e]") {
  const TempDir folder;
  ServerProcess server(folder.Path("data"));
  Client client(server.channel());
  Publish(client);
  MakeCustomer(client, "alice", 20'000'000);
  Work(client, 4);
  // The page is refreshed once a second.
  const std::string answers =
      "ocs_credit_control_answers_total{shard=\"0\",result_code=\"2001\","
      "name=\"DIAMETER_SUCCESS\"} 6\n";
  std::string page;
  for (int i = 0; i < 200 && page.find(answers) == std::string::npos; ++i) {
    ::poll(nullptr, 0, 50);
    page = HttpGet(server.metrics_address(), "/metrics");
  }
  INFO(page);
  CHECK(page.find(answers) != std::string::npos);
  CHECK(page.find("ocs_records_total{shard=\"0\"} 3\n") != std::string::npos);
  CHECK(page.find("ocs_charge_seconds_count 6\n") != std::string::npos);
  CHECK(page.find("ocs_charge_seconds_bucket{le=\"+Inf\"} 6\n") != std::string::npos);
  CHECK(page.find("# TYPE ocs_write_seconds histogram\n") != std::string::npos);
  CHECK(page.find("ocs_group_entries_bucket{shard=\"0\",le=\"10\"}") != std::string::npos);
  CHECK(page.find("ocs_stopped{shard=\"0\"} 0\n") != std::string::npos);
}

// grpc.health.v1.Health/Check of the whole server: the number of the status, 1 is SERVING.
int HealthOf(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const grpc::Slice nothing;  // An empty HealthCheckRequest asks for the whole server.
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
  call->StartCall();
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  if (!queue.Next(&tag, &ok) || !status.ok()) return -1;
  grpc::Slice bytes;
  if (!response.DumpToSingleSlice(&bytes).ok() || bytes.size() != 2) return -1;
  return bytes.begin()[1];  // Field 1, a varint: 0x08, then the number.
}

// The names of metrics in a text: each "ocs_" and what follows of a name.
std::set<std::string> MetricsIn(const std::string& text) {
  std::set<std::string> names;
  constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz_";
  for (size_t at = text.find("ocs_"); at != std::string::npos; at = text.find("ocs_", at + 1)) {
    std::string name = text.substr(at, text.find_first_not_of(kLetters, at) - at);
    for (const std::string part : {"_bucket", "_sum", "_count"}) {  // Of a histogram.
      if (name.size() > part.size() && name.ends_with(part)) name.resize(name.size() - part.size());
    }
    names.insert(name);
  }
  return names;
}

TEST_CASE("the dashboard, the alerts and the page of metrics name what the server has",
          "[ocsd][e2e]") {
  const TempDir folder;
  const ServerProcess server(folder.Path("data"));
  std::set<std::string> served;
  std::istringstream page(HttpGet(server.metrics_address(), "/metrics"));
  std::string line;
  while (std::getline(page, line)) {
    constexpr std::string_view kType = "# TYPE ";
    if (line.rfind(kType, 0) == 0) {
      served.insert(line.substr(kType.size(), line.rfind(' ') - kType.size()));
    }
  }
  REQUIRE(served.size() > 15);
  const auto alerts = MetricsIn(ReadText(OCS_MONITORING "/alerts.yaml"));
  const auto dashboard = MetricsIn(ReadText(OCS_MONITORING "/dashboard.json"));
  CHECK(alerts.size() >= 10);
  CHECK(dashboard.size() >= 15);
  for (const auto& named : {alerts, dashboard}) {
    for (const std::string& name : named) {
      CAPTURE(name);
      CHECK(served.count(name) == 1);
    }
  }
  const std::string operating = ReadText(OCS_OPERATING_PAGE);
  for (const std::string& name : served) {
    CAPTURE(name);
    CHECK(operating.find("`" + name + "`") != std::string::npos);
  }
}

TEST_CASE("what to do for each alert stands in the operating page", "[ocsd][e2e]") {
  const std::string operating = ReadText(OCS_OPERATING_PAGE);
  std::istringstream rules(ReadText(OCS_MONITORING "/alerts.yaml"));
  std::string line;
  std::set<std::string> names;
  constexpr std::string_view kAlert = "      - alert: ";
  while (std::getline(rules, line)) {
    if (line.rfind(kAlert, 0) != 0) continue;
    const std::string name = line.substr(kAlert.size());
    names.insert(name);
    CAPTURE(name);
    CHECK(operating.find("\n### " + name + "\n") != std::string::npos);
  }
  CHECK(names.size() >= 12);
  // And no section of an alert that is gone.
  for (size_t at = operating.find("\n### Ocs"); at != std::string::npos;
       at = operating.find("\n### Ocs", at + 1)) {
    const std::string name = operating.substr(at + 5, operating.find('\n', at + 5) - at - 5);
    CAPTURE(name);
    CHECK(names.contains(name));
  }
}

TEST_CASE("health is served", "[ocsd][e2e]") {
  const TempDir folder;
  const ServerProcess server(folder.Path("data"));
  CHECK(HttpGet(server.metrics_address(), "/readyz") == "serving\n");
  CHECK(HealthOf(server.channel()) == 1);
}

TEST_CASE("records are streamed once, from where the consumer acknowledged", "[ocsd][e2e]") {
  const TempDir folder;
  ServerProcess server(folder.Path("data"));
  Client client(server.channel());
  Publish(client);
  MakeCustomer(client, "alice", 20'000'000);
  Work(client, 20);  // Ten records of use, and one of the fee.

  const auto read = [&client](int records_max) {
    records::StreamRecordsRequest request;
    request.set_consumer("mediation");
    request.set_records_max(records_max);
    request.set_with_explanation(true);
    grpc::ClientContext context;
    auto stream = client.cdrs->StreamRecords(&context, request);
    std::vector<records::Record> all;
    records::RecordBatch batch;
    while (stream->Read(&batch)) {
      REQUIRE(batch.record_size() <= records_max);
      all.insert(all.end(), batch.record().begin(), batch.record().end());
    }
    REQUIRE(stream->Finish().ok());
    return all;
  };
  const auto all = read(4);
  REQUIRE(all.size() == 11);
  std::set<std::string> ids;
  for (size_t i = 0; i < all.size(); ++i) {
    ids.insert(all[i].record_id());
    CHECK(all[i].local_record_sequence_number() == i + 1);
    CHECK(all[i].explanation_size() > 0);
  }
  CHECK(ids.size() == all.size());
  CHECK(all[0].record_type() == records::FEE);
  CHECK(all[1].record_type() == records::USAGE);
  CHECK(all[1].model() == "xingchen");

  records::AcknowledgeRequest acknowledge;
  acknowledge.set_consumer("mediation");
  *acknowledge.mutable_position() = all[6].position();
  Call(*client.cdrs, &records::Records::Stub::Acknowledge, acknowledge);
  const auto rest = read(100);
  REQUIRE(rest.size() == 4);
  CHECK(rest[0].record_id() == all[7].record_id());
  const auto consumers = Call(*client.cdrs, &records::Records::Stub::ListConsumers, {});
  REQUIRE(consumers.consumer_size() == 1);
  CHECK(consumers.consumer(0).name() == "mediation");

  acknowledge.set_shard(7);
  const auto status = StatusOf(*client.cdrs, &records::Records::Stub::Acknowledge, acknowledge);
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("a reader that follows gets new records, and ends when the server stops", "[ocsd][e2e]") {
  const TempDir folder;
  ServerProcess server(folder.Path("data"));
  Client client(server.channel());
  Publish(client);
  records::StreamRecordsRequest request;
  request.set_follow(true);
  grpc::ClientContext context;
  auto stream = client.cdrs->StreamRecords(&context, request);
  MakeCustomer(client, "alice", 20'000'000);
  records::RecordBatch batch;
  REQUIRE(stream->Read(&batch));
  REQUIRE(batch.record_size() == 1);
  CHECK(batch.record(0).record_type() == records::FEE);
  CHECK(server.Stop(SIGTERM).exit_code == 0);
  CHECK_FALSE(stream->Read(&batch));
  CHECK(stream->Finish().error_code() == grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace ocs::e2e
