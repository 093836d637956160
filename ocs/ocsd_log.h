// The levels of the log while the server runs: set over gRPC, and back to what the configuration
// says when it is read again.
// Tested in: tests/e2e/log_level_test.cc

#ifndef OCS_OCSD_LOG_H_
#define OCS_OCSD_LOG_H_

#include <string_view>
#include <vector>

#include "ocs/ocsd_config.h"
#include "ocs/rpc/log_care.h"
#include "ocs/rpc/services.h"

namespace ocs::ocsd {

/// The process's log. Thread-safe.
class LogLevels final : public rpc::LogCare {
 public:
  std::vector<Component> Levels() const override;
  void Set(std::string_view component, rpc::LoggedFrom level) override;
};

/// Logs an answer of credit control, at debug.
void LogAnswer(const rpc::AnsweredCharge& answered);
/// Logs a call that was not let in.
void LogRefusal(const rpc::RefusedCall& call);

/// Takes of a configuration that was read again what may change at run time, its log_level, for all
/// components; names in the log what else is another than in `running` and needs a restart.
void TakeChangedConfig(const Config& running, const Config& fresh);

}  // namespace ocs::ocsd

#endif  // OCS_OCSD_LOG_H_
