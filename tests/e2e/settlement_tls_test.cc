// The push of records to a settlement system over TLS: to the right one, with the token, and to
// nobody else.

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <poll.h>
#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ocs/settlement/v1/phone_bill.grpc.pb.h"
#include "tests/e2e/certificates.h"
#include "tests/e2e/client.h"
#include "tests/e2e/server_process.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocs::e2e {
namespace {

using testing::TempDir;
namespace wire = settlement::v1;

// Takes what it is sent, and remembers with which token.
class Receiver final : public wire::PhoneBillSettlement::Service {
 public:
  explicit Receiver(const Certificate& mine) {
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({mine.key, mine.certificate});
    grpc::ServerBuilder builder;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(options), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    REQUIRE(server_ != nullptr);
  }
  ~Receiver() override { server_->Shutdown(); }

  grpc::Status DeliverRecords(grpc::ServerContext* context,
                              const wire::DeliverRecordsRequest* request,
                              wire::DeliverRecordsResponse* response) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto token = context->client_metadata().find("authorization");
    token_ = token == context->client_metadata().end()
                 ? ""
                 : std::string(token->second.data(), token->second.size());
    for (const auto& record : request->record()) {
      if (record.local_record_sequence_number() == last_ + 1) {
        last_ = record.local_record_sequence_number();
        position_ = record.position();
      }
    }
    response->set_local_record_sequence_number(last_);
    *response->mutable_position() = position_;
    arrived_.notify_all();
    return grpc::Status::OK;
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Waits until it has as many records; gives the token that they came with.
  std::string AwaitRecords(uint64_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    const bool there =
        arrived_.wait_for(lock, std::chrono::seconds(60),  // tidy-allow clock: a bound
                          [&] { return last_ >= count; });
    REQUIRE(there);
    return token_;
  }
  uint64_t last() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return last_;
  }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  uint64_t last_ = 0;
  type::JournalPosition position_;
  std::string token_;
};

void Write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

bool AwaitMetric(const ServerProcess& server, const std::string& line) {
  for (int i = 0; i < 600; ++i) {
    if (HttpGet(server.metrics_address(), "/metrics").find(line) != std::string::npos) return true;
    ::poll(nullptr, 0, 100);
  }
  return false;
}

TEST_CASE("records go to the settlement system over TLS, with the token", "[ocsd][e2e]") {
  const TempDir folder;
  const Authority authority("authority");
  Receiver receiver(authority.Sign("settlement"));
  Write(folder.Path("ca.pem"), authority.certificate());
  Write(folder.Path("token"), "a-token\n");
  const ServerProcess server(
      folder.Path("data"),
      {"--settlement-address", receiver.address(), "--settlement-ca-file", folder.Path("ca.pem"),
       "--settlement-token-file", folder.Path("token")});
  Client client(server.channel());
  Publish(client);
  MakeCustomer(client, "anna", 50'000'000);  // With the record of a fee.
  CHECK(receiver.AwaitRecords(1) == "Bearer a-token");
  CHECK(AwaitMetric(server, R"(ocs_settlement_failing{shard="0"} 0)"));
}

TEST_CASE(
    "a settlement system that another authority vouches for gets no record, until it is "
    "mended",
    "[ocsd][e2e]") {
  const TempDir folder;
  const Authority authority("authority");
  const Authority stranger("stranger");
  Receiver receiver(stranger.Sign("settlement"));
  Write(folder.Path("ca.pem"), authority.certificate());
  const std::vector<std::string> arguments = {"--settlement-address", receiver.address(),
                                              "--settlement-ca-file", folder.Path("ca.pem")};
  {
    ServerProcess server(folder.Path("data"), arguments);
    Client client(server.channel());
    Publish(client);
    MakeCustomer(client, "anna", 50'000'000);
    CHECK(AwaitMetric(server, R"(ocs_settlement_failing{shard="0"} 1)"));
    CHECK(receiver.last() == 0);
    const Ended ended = server.Stop(SIGTERM);
    CHECK(ended.exit_code == 0);
    CHECK(ended.output.find("settlement receiver fails") != std::string::npos);
  }
  Write(folder.Path("ca.pem"), stranger.certificate());
  const ServerProcess server(folder.Path("data"), arguments);
  CHECK(receiver.AwaitRecords(1).empty());  // No token was configured.
}

TEST_CASE("no record leaves for another machine in plain text unless that is said", "[ocsd][e2e]") {
  const TempDir folder;
  const std::vector<std::string> arguments = {"--data-folder", folder.Path("data"),
                                              "--settlement-address", "192.0.2.1:7090",
                                              "--check-config"};
  const Ended refused = RunToEnd(arguments);
  CHECK(refused.exit_code == 2);
  CHECK(refused.output.find("settlement_ca_file") != std::string::npos);
  const Ended missing =
      RunToEnd({"--data-folder", folder.Path("data"), "--listen-address", "127.0.0.1:0",
                "--metrics-address", "127.0.0.1:0", "--settlement-address", "127.0.0.1:1",
                "--settlement-ca-file", folder.Path("no.pem")});
  CHECK(missing.exit_code == 1);
  CHECK(missing.output.find("no.pem") != std::string::npos);
}

}  // namespace
}  // namespace ocs::e2e
