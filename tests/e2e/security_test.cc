// The server as strangers see it: TLS with right and wrong certificates, tokens, files that change.

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <poll.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "tests/e2e/certificates.h"
#include "tests/e2e/client.h"
#include "tests/e2e/server_process.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocs::e2e {
namespace {

using testing::TempDir;

// SHA-256 of "abc" and of "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq" (FIPS 180-4).
constexpr char kToken[] = "abc";
constexpr char kTokenKey[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kOther[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
constexpr char kOtherKey[] = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";

// Whoever reads the file sees all of it.
void WriteWhole(const std::string& path, const std::string& text) {
  std::ofstream(path + ".part") << text;
  std::filesystem::rename(path + ".part", path);
}

struct Tls {
  std::string roots;
  Certificate mine = {};
};

std::shared_ptr<grpc::Channel> Connect(const std::string& address, const Tls& tls) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = tls.roots;
  options.pem_cert_chain = tls.mine.certificate;
  options.pem_private_key = tls.mine.key;
  grpc::ChannelArguments arguments;  // No connection is shared with another test.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::SslCredentials(options), arguments);
}

// Asks for the revisions: what every role but charging may.
grpc::Status Ask(const std::shared_ptr<grpc::Channel>& channel, const std::string& token = "") {
  const auto stub = catalog::v1::Catalogue::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +  // tidy-allow clock: gRPC's deadline
                       std::chrono::seconds(20));
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  catalog::v1::ListRevisionsResponse response;
  return stub->ListRevisions(&context, {}, &response);
}

constexpr auto kUnavailable = grpc::StatusCode::UNAVAILABLE;
constexpr auto kUnauthenticated = grpc::StatusCode::UNAUTHENTICATED;

struct Files {
  explicit Files(const TempDir& folder)
      : certificate(folder.Path("server.pem")),
        key(folder.Path("server.key")),
        clients(folder.Path("clients.pem")),
        credentials(folder.Path("credentials")),
        data(folder.Path("data")) {}

  void WriteServer(const Certificate& made) const {
    WriteWhole(key, made.key);
    WriteWhole(certificate, made.certificate);
  }
  std::vector<std::string> TlsArguments() const {
    return {"--tls-certificate-file", certificate, "--tls-key-file", key,
            "--tls-refresh-seconds",  "1"};
  }
  std::vector<std::string> MutualArguments() const {
    std::vector<std::string> all = TlsArguments();
    all.insert(all.end(), {"--tls-client-ca-file", clients, "--credentials-file", credentials});
    return all;
  }

  std::string certificate, key, clients, credentials, data;
};

TEST_CASE("TLS: the client trusts the right authority only", "[ocsd][e2e]") {
  const TempDir folder;
  const Files files(folder);
  const Authority authority("authority");
  const Authority stranger("stranger");
  files.WriteServer(authority.Sign("server"));
  const ServerProcess server(files.data, files.TlsArguments());
  CHECK(Ask(Connect(server.address(), {authority.certificate()})).ok());
  CHECK(Ask(Connect(server.address(), {stranger.certificate()})).error_code() == kUnavailable);
  CHECK(Ask(server.channel()).error_code() == kUnavailable);  // Plain text.
}

TEST_CASE("mutual TLS: strangers, the expired and the nameless stay outside", "[ocsd][e2e]") {
  const TempDir folder;
  const Files files(folder);
  const Authority authority("authority");
  const Authority stranger("stranger");
  files.WriteServer(authority.Sign("server"));
  WriteWhole(files.clients, authority.certificate());
  WriteWhole(files.credentials,
             "subject=\"CN=finance-1,O=Some Telecom\" finance operator finance-1\n"
             "subject=\"CN=gateway-1,O=Some Telecom\" charging operator gateway-1\n");
  const ServerProcess server(files.data, files.MutualArguments());
  const std::string roots = authority.certificate();
  const auto ask = [&](const Certificate& mine) {
    return Ask(Connect(server.address(), {roots, mine}));
  };
  const grpc::Status known = ask(authority.Sign("finance-1"));
  INFO(known.error_message());
  CHECK(known.ok());
  CHECK(ask(authority.Sign("gateway-1")).error_code() == grpc::StatusCode::PERMISSION_DENIED);
  CHECK(ask(authority.Sign("somebody")).error_code() == kUnauthenticated);
  CHECK(ask(stranger.Sign("finance-1")).error_code() == kUnavailable);
  CHECK(ask(authority.Sign("finance-1", Validity::kExpired)).error_code() == kUnavailable);
  CHECK(ask({}).error_code() == kUnavailable);
  const std::string page = HttpGet(server.metrics_address(), "/metrics");
  CHECK(page.find("ocs_calls_refused_total{reason=\"role\"} 1\n") != std::string::npos);
  CHECK(page.find("ocs_calls_refused_total{reason=\"unknown\"} 1\n") != std::string::npos);
  CHECK(page.find("ocs_caller_requests_total{tenant=\"operator\",caller=\"finance-1\"} 1\n") !=
        std::string::npos);
}

// Asks anew until the answer is that, or a minute is over.
template <typename AskOnce>
bool Eventually(grpc::StatusCode wanted, AskOnce ask) {
  for (int i = 0; i < 600; ++i) {
    if (ask().error_code() == wanted) return true;
    ::poll(nullptr, 0, 100);
  }
  return false;
}

TEST_CASE("new certificates and a new authority are taken without a restart", "[ocsd][e2e]") {
  const TempDir folder;
  const Files files(folder);
  const Authority before("before");
  const Authority after("after");
  files.WriteServer(before.Sign("server"));
  WriteWhole(files.clients, before.certificate());
  WriteWhole(files.credentials,
             "subject=\"CN=finance-1,O=Some Telecom\" finance operator finance-1\n");
  ServerProcess server(files.data, files.MutualArguments());
  const Certificate mine = before.Sign("finance-1");
  REQUIRE(Ask(Connect(server.address(), {before.certificate(), mine})).ok());
  files.WriteServer(after.Sign("server"));
  WriteWhole(files.clients, after.certificate());
  const Certificate renewed = after.Sign("finance-1");
  CHECK(Eventually(grpc::StatusCode::OK, [&] {
    return Ask(Connect(server.address(), {after.certificate(), renewed}));
  }));
  CHECK(Eventually(kUnavailable, [&] {
    return Ask(Connect(server.address(), {after.certificate(), mine}));
  }));
  CHECK(server.Stop(SIGTERM).exit_code == 0);
}

TEST_CASE("tokens are taken from the file, and from the file after it", "[ocsd][e2e]") {
  const TempDir folder;
  const Files files(folder);
  WriteWhole(files.credentials, std::string(kTokenKey) + " finance operator finance-1\n");
  ServerProcess server(files.data, {"--credentials-file", files.credentials});
  CHECK(Ask(server.channel(), kToken).ok());
  CHECK(Ask(server.channel(), kOther).error_code() == kUnauthenticated);
  CHECK(Ask(server.channel()).error_code() == kUnauthenticated);
  // Found by the timer.
  WriteWhole(files.credentials, std::string(kOtherKey) + " finance operator finance-1\n");
  CHECK(Eventually(grpc::StatusCode::OK, [&] { return Ask(server.channel(), kOther); }));
  CHECK(Ask(server.channel(), kToken).error_code() == kUnauthenticated);
  // A file with a fault changes nothing.
  WriteWhole(files.credentials, std::string(kTokenKey) + " king operator finance-1\n");
  server.Signal(SIGHUP);
  CHECK(Eventually(grpc::StatusCode::OK, [&] {
    const std::string page = HttpGet(server.metrics_address(), "/metrics");
    const bool found = page.find("ocs_credentials_faulty 1\n") != std::string::npos;
    return found ? grpc::Status::OK : grpc::Status::CANCELLED;
  }));
  CHECK(Ask(server.channel(), kOther).ok());
  const Ended ended = server.Stop(SIGTERM);
  INFO(ended.output);
  CHECK(ended.exit_code == 0);
  CHECK(ended.output.find("credentials:1: 'king' is no role") != std::string::npos);
  CHECK(ended.output.find("event=\"call refused\" reason=unknown") != std::string::npos);
  CHECK(ended.output.find(kOther) == std::string::npos);
  CHECK(ended.output.find(kOtherKey) == std::string::npos);
}

TEST_CASE("a stream ends when its credential is gone", "[ocsd][e2e]") {
  const TempDir folder;
  const Files files(folder);
  WriteWhole(files.credentials, std::string(kTokenKey) + " finance,charging operator finance-1\n");
  const ServerProcess server(files.data, {"--credentials-file", files.credentials});
  Client client(server.channel());
  grpc::ClientContext reading;
  reading.AddMetadata("authorization", std::string("Bearer ") + kToken);
  records::StreamRecordsRequest request;
  request.set_follow(true);
  auto stream = client.cdrs->StreamRecords(&reading, request);
  grpc::ClientContext charging_context;
  charging_context.AddMetadata("authorization", std::string("Bearer ") + kToken);
  auto batches = client.charging->CreditControlStream(&charging_context);
  charging::CreditControlBatch batch;
  *batch.add_request() = Initial("s-1", "nobody", 1, 1);
  charging::CreditControlAnswerBatch answers;
  REQUIRE(batches->Write(batch));
  REQUIRE(batches->Read(&answers));
  WriteWhole(files.credentials, std::string(kOtherKey) + " finance operator finance-1\n");
  records::RecordBatch records;
  CHECK_FALSE(stream->Read(&records));
  CHECK(stream->Finish().error_code() == kUnauthenticated);
  batches->Write(batch);
  CHECK_FALSE(batches->Read(&answers));
  CHECK(batches->Finish().error_code() == kUnauthenticated);
}

TEST_CASE("the actor of a change is who was authenticated", "[ocsd][e2e]") {
  const TempDir folder;
  const Files files(folder);
  WriteWhole(files.credentials, std::string(kTokenKey) + " catalogue operator prices-1\n");
  const ServerProcess server(files.data, {"--credentials-file", files.credentials});
  const auto stub = catalog::v1::Catalogue::NewStub(server.channel());
  catalog::v1::PublishCatalogueRequest publish;
  SetChange("publish", publish.mutable_change());
  publish.set_text(ReadText(OCS_CATALOGUE));
  catalog::v1::PublishCatalogueResponse published;
  grpc::ClientContext publishing;
  publishing.AddMetadata("authorization", std::string("Bearer ") + kToken);
  REQUIRE(stub->PublishCatalogue(&publishing, publish, &published).ok());
  catalog::v1::ListRevisionsResponse revisions;
  grpc::ClientContext listing;
  listing.AddMetadata("authorization", std::string("Bearer ") + kToken);
  REQUIRE(stub->ListRevisions(&listing, {}, &revisions).ok());
  REQUIRE(revisions.revision_size() == 1);
  CHECK(revisions.revision(0).published_by() == "operator/prices-1");
}

TEST_CASE("metadata and messages beyond their bounds are refused, and the server goes on",
          "[ocsd][e2e]") {
  const TempDir folder;
  const ServerProcess server(folder.Path("data"), {"--metadata-bytes-max", "2048"});
  CHECK(Ask(server.channel(), std::string(1'000, 'x')).ok());
  CHECK(Ask(server.channel(), std::string(20'000, 'x')).error_code() ==
        grpc::StatusCode::RESOURCE_EXHAUSTED);
  // gRPC may close a connection after such metadata: the next call has one of its own.
  grpc::ChannelArguments own;
  own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto stub = catalog::v1::Catalogue::NewStub(
      grpc::CreateCustomChannel(server.address(), grpc::InsecureChannelCredentials(), own));
  catalog::v1::CheckCatalogueRequest check;
  check.set_text(std::string(5 * 1024 * 1024, '#'));
  catalog::v1::CheckCatalogueResponse checked;
  grpc::ClientContext context;
  const grpc::Status refused = stub->CheckCatalogue(&context, check, &checked);
  INFO(refused.error_message());
  CHECK(refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(Ask(server.channel()).ok());
}

TEST_CASE("a server without its files does not start", "[ocsd][e2e]") {
  const TempDir folder;
  const Files files(folder);
  const Authority authority("authority");
  files.WriteServer(authority.Sign("server"));
  WriteWhole(files.credentials, "nonsense\n");
  const std::vector<std::string> common = {
      "--listen-address", "127.0.0.1:0", "--metrics-address", "", "--data-folder", files.data};
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = common;
    all.insert(all.end(), more.begin(), more.end());
    return RunToEnd(all);
  };
  const Ended faulty = run({"--credentials-file", files.credentials});
  CHECK(faulty.exit_code == 1);
  CHECK(faulty.output.find("credentials:1: the key is neither") != std::string::npos);
  const Ended missing = run({"--credentials-file", folder.Path("none")});
  CHECK(missing.exit_code == 1);
  CHECK(missing.output.find("none: cannot be read") != std::string::npos);
  WriteWhole(files.key, "not a key\n");
  const Ended no_key = run(files.TlsArguments());
  CHECK(no_key.exit_code == 1);
  CHECK(no_key.output.find("server.key: is no PEM file of a PRIVATE KEY") != std::string::npos);
}

}  // namespace
}  // namespace ocs::e2e
