#include "tests/client/scripted_server.h"

#include <utility>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "ocs/base/check.h"
#include "ocs/base/text.h"

namespace ocs::client {

ScriptedServer::ScriptedServer() {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  OCS_CHECK(server_ != nullptr);
  channel_ = grpc::CreateChannel(Cat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
}

ScriptedServer::~ScriptedServer() { server_->Shutdown(); }

void ScriptedServer::Then(Scripted scripted) {
  const std::lock_guard lock(mutex_);
  script_.push_back(std::move(scripted));
}

std::vector<std::string> ScriptedServer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

std::vector<std::string> ScriptedServer::tokens() const {
  const std::lock_guard lock(mutex_);
  return tokens_;
}

grpc::Status ScriptedServer::CreditControl(grpc::ServerContext* context,
                                           const charging::v1::CreditControlRequest* request,
                                           charging::v1::CreditControlAnswer* answer) {
  const std::lock_guard lock(mutex_);
  seen_.push_back(request->SerializeAsString());
  const auto token = context->client_metadata().find("authorization");
  tokens_.push_back(token == context->client_metadata().end()
                        ? ""
                        : std::string(token->second.data(), token->second.size()));
  if (script_.empty()) return {grpc::StatusCode::INTERNAL, "nothing is scripted"};
  const Scripted scripted = std::move(script_.front());
  script_.pop_front();
  *answer = scripted.answer;
  return scripted.status;
}

grpc::Status Busy(int64_t milliseconds) {
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(milliseconds / 1'000);
  info.mutable_retry_delay()->set_nanos(static_cast<int32_t>(milliseconds % 1'000 * 1'000'000));
  google::rpc::Status details;
  details.set_code(grpc::StatusCode::RESOURCE_EXHAUSTED);
  details.add_details()->PackFrom(info);
  return {grpc::StatusCode::RESOURCE_EXHAUSTED, "busy", details.SerializeAsString()};
}

}  // namespace ocs::client
