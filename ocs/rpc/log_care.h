// The levels of the log, as the rpc layer asks for them. Who has the log implements it
// (ocs/ocsd_log.h); nothing is decided here.
// Tested in: tests/rpc/operations_service_test.cc

#ifndef OCS_RPC_LOG_CARE_H_
#define OCS_RPC_LOG_CARE_H_

#include <cstdint>
#include <string_view>
#include <vector>

namespace ocs::rpc {

/// The numbers of ocs.operations.v1.LogLevel.
enum class LoggedFrom : uint8_t { kDebug = 1, kInfo = 2, kWarning = 3, kError = 4 };

/// Thread-safe.
class LogCare {
 public:
  struct Component {
    std::string_view name;  ///< Static.
    LoggedFrom level = LoggedFrom::kInfo;
  };

  virtual ~LogCare() = default;
  /// Every component, always in the same order.
  virtual std::vector<Component> Levels() const = 0;
  /// `component` is a name of Levels(), or empty for all.
  virtual void Set(std::string_view component, LoggedFrom level) = 0;
};

}  // namespace ocs::rpc

#endif  // OCS_RPC_LOG_CARE_H_
