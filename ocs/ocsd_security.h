// The files that protect the server: certificates and credentials, read at the start and again
// when they change. docs/OPERATING.md tells how to replace them.
// Tested in: tests/e2e/security_test.cc

#ifndef OCS_OCSD_SECURITY_H_
#define OCS_OCSD_SECURITY_H_

#include <grpcpp/security/server_credentials.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ocs/ocsd_config.h"
#include "ocs/rpc/services.h"

namespace ocs::ocsd {

/// Plain text, TLS or mutual TLS, as the configuration says; new certificates are taken for new
/// connections within `tls_refresh_seconds`. Errors: FailedPrecondition when a file cannot be read
/// or is no PEM.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const Config& config);

/// The bytes of a file. Errors: FailedPrecondition when it cannot be read or is empty.
absl::StatusOr<std::string> ReadFile(const std::string& path);

/// The credentials file. Confined to one thread at a time, but for faulty().
class CredentialsFile final {
 public:
  /// Reads the file into the services, which must outlive this. Errors: FailedPrecondition when it
  /// cannot be read, InvalidArgument with the line.
  static absl::StatusOr<std::unique_ptr<CredentialsFile>> Load(const std::string& path,
                                                               rpc::Services* services);

  /// Reads it again. A file with a fault changes nothing, and the log says where it is.
  void Reload();
  /// The same, when its text is another than it was.
  void ReloadIfChanged();
  /// True while the file has a fault or cannot be read. Thread-safe.
  bool faulty() const { return faulty_.load(std::memory_order_relaxed); }

 private:
  CredentialsFile(std::string path, rpc::Services* services)
      : path_(std::move(path)), services_(services) {}
  absl::Status Apply(const std::string& text);

  const std::string path_;
  rpc::Services* const services_;
  std::string tried_;  // The last text that was read, good or bad: each is told of once.
  bool readable_ = true;
  std::atomic<bool> faulty_{false};
};

}  // namespace ocs::ocsd

#endif  // OCS_OCSD_SECURITY_H_
