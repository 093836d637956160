// Connections, and accounts with money that the load is charged to.
// Tested in: tests/tools/load_e2e.py

#ifndef TOOLS_LOAD_SETUP_H_
#define TOOLS_LOAD_SETUP_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ocs::load {

struct Target {
  std::string server = "127.0.0.1:7070";
  std::string ca_file;  ///< PEM. Given: TLS.
};

/// A connection of its own. Errors: NotFound when the file cannot be read.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const Target& target);

/// The bearer token in a file; "" for no file. Errors: NotFound.
absl::StatusOr<std::string> ReadToken(const std::string& path);

/// Makes accounts `load-SEED-0` and up, each with a package and money. A second run with the same
/// seed finds them as they are. Publishes the catalogue first, when one is given. Errors: the
/// server's.
absl::StatusOr<std::vector<uint64_t>> MakeAccounts(const std::shared_ptr<grpc::Channel>& channel,
                                                   const std::string& token,
                                                   const std::string& catalogue_file, uint64_t seed,
                                                   int64_t count);

}  // namespace ocs::load

#endif  // TOOLS_LOAD_SETUP_H_
