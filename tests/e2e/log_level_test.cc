// The log's levels while the server runs: set over gRPC, and by the configuration read again.

#include <poll.h>
#include <signal.h>

#include <fstream>

#include "ocs/operations/v1/operations.grpc.pb.h"
#include "tests/e2e/client.h"
#include "tests/e2e/server_process.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocs::e2e {
namespace {

namespace operations_pb = ::ocs::operations::v1;
using testing::TempDir;

operations_pb::SetLogLevelRequest LogLevelRequest(const std::string& key,
                                                  const std::string& component,
                                                  operations_pb::LogLevel level) {
  operations_pb::SetLogLevelRequest request;
  SetChange(key, request.mutable_change());
  request.set_component(component);
  request.set_level(level);
  return request;
}

operations_pb::LogLevel LogLevelNow(operations_pb::Operations::Stub& stub,
                                    const std::string& component) {
  const auto now = Call(stub, &operations_pb::Operations::Stub::GetLogLevels,
                        operations_pb::GetLogLevelsRequest());
  for (const auto& one : now.component()) {
    if (one.name() == component) return one.level();
  }
  return operations_pb::LOG_LEVEL_UNSPECIFIED;
}

size_t TimesIn(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_CASE("at debug each answer of credit control has a line, found by its session and its trace",
          "[ocsd][e2e]") {
  const TempDir folder;
  ServerProcess server(folder.Path("data"));
  Client client(server.channel());
  Publish(client);
  MakeCustomer(client, "c-1", 20'000'000);
  const auto operate = operations_pb::Operations::NewStub(server.channel());
  const auto set = [&](const std::string& key, const std::string& component,
                       operations_pb::LogLevel level) {
    Call(*operate, &operations_pb::Operations::Stub::SetLogLevel,
         LogLevelRequest(key, component, level));
  };
  Charge(client, Initial("silent-1", "c-1", 100, 100));
  set("k-1", "charging", operations_pb::LEVEL_DEBUG);
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  auto traced = Initial("traced-1", "c-1", 100, 100);
  traced.set_traceparent("00-" + trace + "-00f067aa0ba902b7-01");
  REQUIRE(Charge(client, traced).result_code() == 2001);
  grpc::ClientContext context;
  auto stream = client.charging->CreditControlStream(&context);
  charging::CreditControlBatch batch;
  *batch.add_request() = Termination("traced-1", 1, "c-1", 100, 10);
  charging::CreditControlAnswerBatch answers;
  REQUIRE(stream->Write(batch));
  REQUIRE(stream->Read(&answers));
  stream->WritesDone();
  REQUIRE(stream->Finish().ok());
  set("k-2", "", operations_pb::LEVEL_ERROR);
  Charge(client, Termination("silent-1", 1, "c-1", 100, 10));
  const Ended ended = server.Stop(SIGTERM);
  INFO(ended.output);
  CHECK(ended.exit_code == 0);
  CHECK(ended.output.find("level=debug component=charging event=answered session_id=traced-1 "
                          "number=0 type=1 result_code=2001 error=\"\" caller=\"\" trace_id=" +
                          trace + "\n") != std::string::npos);
  CHECK(ended.output.find("session_id=traced-1 number=1 type=3 result_code=2001") !=
        std::string::npos);
  CHECK(TimesIn(ended.output, "silent-1") == 0);
  CHECK(TimesIn(ended.output, "c-1") == 0);  // Who it is is nobody's to read.
  // Who turned the log off is in it.
  CHECK(ended.output.find("event=\"log level set\" of=server from=info to=error") !=
        std::string::npos);
  CHECK(ended.output.find("event=stopping") == std::string::npos);
}

TEST_CASE("a configuration that is read again sets the levels; one with a fault changes nothing",
          "[ocsd][e2e]") {
  const TempDir folder;
  const std::string path = folder.Path("ocsd.yaml");
  const auto write = [&path](const std::string& text) { std::ofstream(path) << text; };
  write("log_level: info\nvalidity_seconds: 600\n");
  ServerProcess server(folder.Path("data"), {"--config", path});
  const auto operate = operations_pb::Operations::NewStub(server.channel());
  const auto becomes = [&](const std::string& component, operations_pb::LogLevel level) {
    for (int i = 0; i < 600 && LogLevelNow(*operate, component) != level; ++i)
      ::poll(nullptr, 0, 100);
    return LogLevelNow(*operate, component) == level;
  };
  Call(*operate, &operations_pb::Operations::Stub::SetLogLevel,
       LogLevelRequest("k-1", "access", operations_pb::LEVEL_DEBUG));
  CHECK(LogLevelNow(*operate, "charging") == operations_pb::LEVEL_INFO);
  write("log_level: warning\nvalidity_seconds: 300\n");
  server.Signal(SIGHUP);
  CHECK(becomes("charging", operations_pb::LEVEL_WARNING));
  CHECK(becomes("access", operations_pb::LEVEL_WARNING));
  write("log_level: loud\n");
  const std::string faulty = path + ":1: log_level: found 'loud'";
  server.Signal(SIGHUP);
  ::poll(nullptr, 0, 2'500);  // The timer looks once a second.
  CHECK(LogLevelNow(*operate, "charging") == operations_pb::LEVEL_WARNING);
  const Ended ended = server.Stop(SIGTERM);
  INFO(ended.output);
  CHECK(ended.exit_code == 0);
  CHECK(ended.output.find("what changed needs a restart\" keys=validity_seconds\n") !=
        std::string::npos);
  CHECK(ended.output.find("configuration not read, the last good one stays") != std::string::npos);
  CHECK(ended.output.find(faulty) != std::string::npos);
}

}  // namespace
}  // namespace ocs::e2e
