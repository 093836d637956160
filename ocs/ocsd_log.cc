#include "ocs/ocsd_log.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ocs/runtime/log.h"

namespace ocs::ocsd {
namespace {

using runtime::Log;
using runtime::LogComponent;
using runtime::LogLevel;

rpc::LoggedFrom ToLoggedFrom(LogLevel level) {
  return static_cast<rpc::LoggedFrom>(static_cast<int>(level) + 1);
}

LogLevel FromLoggedFrom(rpc::LoggedFrom level) {
  return static_cast<LogLevel>(static_cast<int>(level) - 1);
}

static_assert(static_cast<int>(rpc::LoggedFrom::kDebug) == static_cast<int>(LogLevel::kDebug) + 1);
static_assert(static_cast<int>(rpc::LoggedFrom::kError) == static_cast<int>(LogLevel::kError) + 1);

// Said at the level that hides the least: who silences the log is in it.
void SetOne(LogComponent component, LogLevel level) {
  const LogLevel before = runtime::LogLevelOf(component);
  if (before == level) return;
  const std::string_view name = runtime::LogComponentName(component);
  if (before > level) runtime::SetLogLevel(component, level);
  Log(LogLevel::kWarning, "log level set",
      {{"of", std::string(name)},
       {"from", std::string(runtime::LogLevelName(before))},
       {"to", std::string(runtime::LogLevelName(level))}});
  runtime::SetLogLevel(component, level);
}

template <typename Visit>
void ForEachComponent(Visit visit) {
  for (int i = 0; i < runtime::kLogComponentCount; ++i) visit(static_cast<LogComponent>(i));
}

}  // namespace

std::vector<rpc::LogCare::Component> LogLevels::Levels() const {
  std::vector<Component> all;
  ForEachComponent([&all](LogComponent component) {
    all.push_back(
        {runtime::LogComponentName(component), ToLoggedFrom(runtime::LogLevelOf(component))});
  });
  return all;
}

void LogLevels::Set(std::string_view component, rpc::LoggedFrom level) {
  ForEachComponent([&](LogComponent each) {
    if (component.empty() || component == runtime::LogComponentName(each))
      SetOne(each, FromLoggedFrom(level));
  });
}

void LogAnswer(const rpc::AnsweredCharge& answered) {
  Log(LogComponent::kCharging, LogLevel::kDebug, "answered",
      {{"session_id", std::string(answered.session_id)},
       {"number", absl::StrCat(answered.number)},
       {"type", absl::StrCat(answered.type)},
       {"result_code", absl::StrCat(answered.result_code)},
       {"error", std::string(answered.error)},
       {"caller", std::string(answered.caller)},
       {"trace_id", std::string(answered.trace_id)}});
}

void LogRefusal(const rpc::RefusedCall& call) {
  Log(LogComponent::kAccess, LogLevel::kWarning, "call refused",
      {{"reason", std::string(rpc::AccessRefusalName(call.why))},
       {"method", std::string(call.method)},
       {"caller", std::string(call.caller)},
       {"peer", call.peer},
       {"trace_id", std::string(call.trace_id)}});
}

void TakeChangedConfig(const Config& running, const Config& fresh) {
  ForEachComponent([&fresh](LogComponent component) { SetOne(component, fresh.log_level); });
  const std::string before_text = FormatConfig(running);
  const std::string after_text = FormatConfig(fresh);
  const std::vector<std::string> before = absl::StrSplit(before_text, '\n');
  const std::vector<std::string> after = absl::StrSplit(after_text, '\n');
  std::string restart;
  for (size_t i = 0; i < before.size() && i < after.size(); ++i) {
    const std::string key = after[i].substr(0, after[i].find(':'));
    if (before[i] == after[i] || key == "log_level") continue;
    absl::StrAppend(&restart, restart.empty() ? "" : ",", key);
  }
  if (restart.empty()) return;
  Log(LogLevel::kWarning, "configuration read again: what changed needs a restart",
      {{"keys", restart}});
}

}  // namespace ocs::ocsd
