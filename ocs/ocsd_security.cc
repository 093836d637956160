#include "ocs/ocsd_security.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ocs/base/status.h"
#include "ocs/runtime/log.h"

namespace ocs::ocsd {
namespace {

using runtime::Log;
using runtime::LogLevel;

// gRPC says nothing of a file that is no PEM until the first connection fails.
absl::Status CheckPem(const std::string& path, const std::string& what) {
  OCS_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const size_t begin = text.find("-----BEGIN ");
  const size_t kind = begin == std::string::npos ? begin : text.find(what, begin);
  if (kind != std::string::npos && kind < text.find('\n', begin)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(path, ": is no PEM file of a ", what));
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  if (!file || bytes.str().empty()) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": cannot be read or is empty"));
  }
  return bytes.str();
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const Config& config) {
  if (config.tls_certificate_file.empty()) return grpc::InsecureServerCredentials();
  OCS_RETURN_IF_ERROR(CheckPem(config.tls_key_file, "PRIVATE KEY"));
  OCS_RETURN_IF_ERROR(CheckPem(config.tls_certificate_file, "CERTIFICATE"));
  const bool mutual = !config.tls_client_ca_file.empty();
  if (mutual) OCS_RETURN_IF_ERROR(CheckPem(config.tls_client_ca_file, "CERTIFICATE"));
  const auto refresh_seconds = static_cast<unsigned int>(config.tls_refresh_seconds);
  const auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      config.tls_key_file, config.tls_certificate_file, config.tls_client_ca_file, refresh_seconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_identity_key_cert_pairs();
  if (mutual) options.watch_root_certs();
  options.set_cert_request_type(mutual ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                       : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  return grpc::experimental::TlsServerCredentials(options);
}

absl::StatusOr<std::unique_ptr<CredentialsFile>> CredentialsFile::Load(const std::string& path,
                                                                       rpc::Services* services) {
  std::unique_ptr<CredentialsFile> file(new CredentialsFile(path, services));
  OCS_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  OCS_RETURN_IF_ERROR(file->Apply(text));
  return file;
}

absl::Status CredentialsFile::Apply(const std::string& text) {
  tried_ = text;
  OCS_ASSIGN_OR_RETURN(const auto lines, rpc::ParseCredentials(path_, text));
  OCS_RETURN_IF_ERROR(services_->SetCredentials(lines));
  Log(LogLevel::kInfo, "credentials read", {{"count", absl::StrCat(lines.size())}});
  return absl::OkStatus();
}

void CredentialsFile::Reload() {
  tried_.clear();
  readable_ = true;
  ReloadIfChanged();
}

void CredentialsFile::ReloadIfChanged() {
  const auto text = ReadFile(path_);
  if (text.ok() && *text == tried_) return;
  if (!text.ok() && !readable_) return;
  readable_ = text.ok();
  // While it cannot be read nothing is known of it; what was known goes on.
  const absl::Status status = text.ok() ? Apply(*text) : text.status();
  faulty_.store(!status.ok(), std::memory_order_relaxed);
  if (status.ok()) return;
  Log(LogLevel::kError, "credentials not read, the last good ones stay",
      {{"error", std::string(status.message())}});
}

}  // namespace ocs::ocsd
