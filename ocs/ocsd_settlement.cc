#include "ocs/ocsd_settlement.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ocs/base/status.h"
#include "ocs/ocsd_security.h"
#include "ocs/runtime/log.h"

namespace ocs::ocsd {
namespace {

using runtime::Log;
using runtime::LogComponent;
using runtime::LogLevel;

void LogEvent(const rpc::PushEvent& event) {
  const std::string shard = absl::StrCat(event.shard.value);
  if (event.kind == rpc::PushEvent::Kind::kDelivering) {
    Log(LogComponent::kSettlement, LogLevel::kInfo, "settlement receiver answers",
        {{"shard", shard}});
  } else {
    Log(LogComponent::kSettlement, LogLevel::kWarning,
        "settlement receiver fails, it is tried again", {{"shard", shard}, {"error", event.error}});
  }
}

}  // namespace

absl::Status CheckSettlement(const Config& config) {
  if (config.settlement_address.empty()) return absl::OkStatus();
  if (config.settlement_sender.empty() || config.settlement_sender.size() > 64) {
    return absl::InvalidArgumentError(
        "configuration: settlement_sender: expected 1 to 64 characters that name this "
        "installation to the receiver");
  }
  if (config.settlement_ca_file.empty() && !IsLoopback(config.settlement_address) &&
      config.allow_plain_text == Permission::kNo) {
    return absl::InvalidArgumentError(absl::StrCat(
        "configuration: settlement_ca_file: is missing and '", config.settlement_address,
        "' is another machine; name the file of its authority's certificate, or set "
        "allow_plain_text: yes"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<rpc::SettlementPush>> StartSettlementPush(const Config& config,
                                                                         engine::Engine* engine) {
  if (config.settlement_address.empty()) return nullptr;
  rpc::PushOptions options;
  options.sender = config.settlement_sender;
  options.consumer = config.settlement_consumer;
  options.tenant = config.settlement_tenant;
  options.operator_tenant = config.operator_tenant;
  options.on_event = LogEvent;
  if (!config.settlement_token_file.empty()) {
    OCS_ASSIGN_OR_RETURN(options.bearer_token, ReadFile(config.settlement_token_file));
    absl::StripAsciiWhitespace(&options.bearer_token);
  }
  auto credentials = grpc::InsecureChannelCredentials();
  if (!config.settlement_ca_file.empty()) {
    grpc::SslCredentialsOptions tls;
    OCS_ASSIGN_OR_RETURN(tls.pem_root_certs, ReadFile(config.settlement_ca_file));
    credentials = grpc::SslCredentials(tls);
  }
  return std::make_unique<rpc::SettlementPush>(
      engine, grpc::CreateChannel(config.settlement_address, credentials), options);
}

}  // namespace ocs::ocsd
