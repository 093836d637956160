// Accounts with money that the load is charged to.
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

/// Makes accounts `load-SEED-0` and up, each with a package and money. A second run with the same
/// seed finds them as they are. Publishes the catalogue first, when one is given. Errors: the
/// server's.
absl::StatusOr<std::vector<uint64_t>> MakeAccounts(const std::shared_ptr<grpc::Channel>& channel,
                                                   const std::string& token,
                                                   const std::string& catalogue_file, uint64_t seed,
                                                   int64_t count);

}  // namespace ocs::load

#endif  // TOOLS_LOAD_SETUP_H_
