#include "ocs/runtime/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>

namespace ocs::runtime {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

constexpr char kTextPattern[] = "%Y-%m-%dT%H:%M:%S.%eZ level=%l %v";
constexpr char kJsonPattern[] = "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}";

// Escapes what would end a quoted text or a line.
std::string Escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char buffer[8];
      std::snprintf(buffer, sizeof(buffer), "\\u%04x", static_cast<unsigned>(c));
      out += buffer;
    } else {
      out.push_back(c);
    }
  }
  return out;
}

bool NeedsQuotes(std::string_view value) {
  if (value.empty()) return true;
  for (const char c : value) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '=' || c == '\\') return true;
  }
  return false;
}

void AppendField(LogFormat format, std::string_view key, std::string_view value, std::string* out) {
  if (format == LogFormat::kJson) {
    if (!out->empty()) out->push_back(',');
    *out += '"' + Escape(key) + "\":\"" + Escape(value) + '"';
    return;
  }
  if (!out->empty()) out->push_back(' ');
  *out += std::string(key) + '=';
  *out += NeedsQuotes(value) ? '"' + Escape(value) + '"' : std::string(value);
}

class Logger {
 public:
  Logger() : logger_("ocs", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.flush_on(spdlog::level::debug);
    logger_.set_level(spdlog::level::debug);  // Levels are the components'.
    SetUp(LogLevel::kInfo, LogFormat::kText);
  }

  void SetUp(LogLevel level, LogFormat format) {
    const std::lock_guard<std::mutex> lock(mutex_);
    format_.store(format);
    for (auto& of_component : levels_) of_component.store(level, std::memory_order_relaxed);
    logger_.set_pattern(format == LogFormat::kJson ? kJsonPattern : kTextPattern,
                        spdlog::pattern_time_type::utc);
  }

  std::atomic<LogLevel>& LevelOf(LogComponent component) {
    return levels_[static_cast<size_t>(component)];
  }

  void Write(LogComponent component, LogLevel level, std::string_view event,
             std::initializer_list<LogField> fields) {
    if (level < LevelOf(component).load(std::memory_order_relaxed)) return;
    int64_t dropped = 0;
    if (!Admit(&dropped)) return;
    const LogFormat format = format_.load();
    if (dropped > 0) {
      std::string line;
      AppendField(format, "component", LogComponentName(LogComponent::kServer), &line);
      AppendField(format, "event", "log lines dropped", &line);
      AppendField(format, "lines", std::to_string(dropped), &line);
      logger_.log(spdlog::level::warn, spdlog::string_view_t(line));
    }
    std::string line;
    AppendField(format, "component", LogComponentName(component), &line);
    AppendField(format, "event", event, &line);
    for (const LogField& field : fields) AppendField(format, field.key, field.value, &line);
    logger_.log(ToSpdlog(level), spdlog::string_view_t(line));
  }

 private:
  // True when this second has room; then how many lines were dropped before.
  bool Admit(int64_t* dropped) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - second_start_ >= std::chrono::seconds(1)) {
      second_start_ = now;
      lines_ = 0;
    }
    if (lines_ >= kLogLinesPerSecondMax) {
      ++dropped_;
      return false;
    }
    ++lines_;
    *dropped = dropped_;
    dropped_ = 0;
    return true;
  }

  spdlog::logger logger_;
  std::array<std::atomic<LogLevel>, kLogComponentCount> levels_{};
  std::atomic<LogFormat> format_{LogFormat::kText};
  std::mutex mutex_;  // Guards what is below.
  std::chrono::steady_clock::time_point second_start_;
  int lines_ = 0;
  int64_t dropped_ = 0;
};

// Never destroyed: threads may log until the very end.
Logger& TheLogger() {
  static Logger* const logger = new Logger();
  return *logger;
}

}  // namespace

std::string_view LogComponentName(LogComponent component) {
  constexpr std::string_view kNames[kLogComponentCount] = {"server", "access", "charging",
                                                           "settlement"};
  return kNames[static_cast<size_t>(component)];
}

std::string_view LogLevelName(LogLevel level) {
  constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  return kNames[static_cast<size_t>(level)];
}

void SetLogLevel(LogComponent component, LogLevel level) {
  TheLogger().LevelOf(component).store(level, std::memory_order_relaxed);
}

LogLevel LogLevelOf(LogComponent component) {
  return TheLogger().LevelOf(component).load(std::memory_order_relaxed);
}

bool IsLogged(LogComponent component, LogLevel level) { return level >= LogLevelOf(component); }

void SetUpLog(LogLevel level, LogFormat format) { TheLogger().SetUp(level, format); }

void Log(LogComponent component, LogLevel level, std::string_view event,
         std::initializer_list<LogField> fields) {
  TheLogger().Write(component, level, event, fields);
}

void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  TheLogger().Write(LogComponent::kServer, level, event, fields);
}

std::string FormatFields(LogFormat format, std::initializer_list<LogField> fields) {
  std::string line;
  for (const LogField& field : fields) AppendField(format, field.key, field.value, &line);
  return line;
}

}  // namespace ocs::runtime
