// The process's log: one line an event on standard error, as key=value or as JSON.
//
// What must never be in it: subscriber identities, API keys, secrets, request contents. Ids of
// accounts and sessions' shards are enough to find the rest in the journal.

#ifndef OCS_RUNTIME_LOG_H_
#define OCS_RUNTIME_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ocs::runtime {

enum class LogLevel : uint8_t { kDebug = 0, kInfo = 1, kWarning = 2, kError = 3 };
enum class LogFormat : uint8_t { kText = 0, kJson = 1 };

/// What a line is about: each has a level of its own.
enum class LogComponent : uint8_t {
  kServer = 0,      ///< Start, end, configuration, files, writes.
  kAccess = 1,      ///< Calls that were not let in.
  kCharging = 2,    ///< Answers of credit control.
  kSettlement = 3,  ///< The push to a settlement system.
};
inline constexpr int kLogComponentCount = 4;
/// "server", "access", "charging", "settlement".
std::string_view LogComponentName(LogComponent component);
/// "debug", "info", "warning", "error".
std::string_view LogLevelName(LogLevel level);

struct LogField {
  std::string_view key;  ///< lower_snake, the unit last.
  std::string value;
};

/// Lines a second, all levels together. More are counted, and the count is logged when there is
/// room again: a fault that repeats must not fill the disk.
inline constexpr int kLogLinesPerSecondMax = 200;

/// Sets what is logged, of all components, and how. Before it, information and above is logged as
/// text. Thread-safe.
void SetUpLog(LogLevel level, LogFormat format);

/// From which level on a component's lines are written; at any time. Thread-safe.
void SetLogLevel(LogComponent component, LogLevel level);
LogLevel LogLevelOf(LogComponent component);

/// True when such a line would be written, but for the bound per second: ask before a line is made
/// that costs something. Thread-safe, and cheap.
bool IsLogged(LogComponent component, LogLevel level);

/// Logs an event in a few words, "serving", with its fields. Thread-safe.
void Log(LogComponent component, LogLevel level, std::string_view event,
         std::initializer_list<LogField> fields = {});
/// The same of the server itself.
void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

/// The fields as they stand in a line: `key=value key="two words"`, or `"key":"value"`. Control
/// characters, quotes and backslashes are escaped.
std::string FormatFields(LogFormat format, std::initializer_list<LogField> fields);

}  // namespace ocs::runtime

#endif  // OCS_RUNTIME_LOG_H_
