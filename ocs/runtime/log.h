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

struct LogField {
  std::string_view key;  ///< lower_snake, the unit last.
  std::string value;
};

/// Lines a second, all levels together. More are counted, and the count is logged when there is
/// room again: a fault that repeats must not fill the disk.
inline constexpr int kLogLinesPerSecondMax = 200;

/// Sets what is logged and how. Before it, information and above is logged as text. Thread-safe.
void SetUpLog(LogLevel level, LogFormat format);

/// Logs an event in a few words, "serving", with its fields. Thread-safe.
void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

/// The fields as they stand in a line: `key=value key="two words"`, or `"key":"value"`. Control
/// characters, quotes and backslashes are escaped.
std::string FormatFields(LogFormat format, std::initializer_list<LogField> fields);

}  // namespace ocs::runtime

#endif  // OCS_RUNTIME_LOG_H_
