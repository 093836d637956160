// ocsctl log: from which level on the server's log has lines, while it runs.

#include <memory>
#include <string>
#include <string_view>

#include "ocs/operations/v1/operations.grpc.pb.h"
#include "tools/ocsctl/ctl.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using operations::v1::Operations;

constexpr std::string_view kLogLevels[] = {"debug", "info", "warning", "error"};  // By number - 1.

struct LogArguments {
  ChangeOptions change;
  std::string level;
  std::string component;
};

template <typename Response>
int ShowLogLevels(const Ctl& ctl, const Response& response) {
  if (ctl.json) {
    ctl.PrintJson(response);
    return kDone;
  }
  Table table({{.name = "component"}, {.name = "level"}});
  for (const auto& one : response.component()) {
    const bool known = one.level() >= 1 && one.level() <= 4;
    table.AddRow({one.name(), std::string(known ? kLogLevels[one.level() - 1] : "unknown")});
  }
  ctl.Print(table.Format());
  return kDone;
}

int SetLevel(const Ctl& ctl, LogArguments& arguments) {
  operations::v1::SetLogLevelRequest request;
  arguments.change.Fill(request.mutable_change());
  request.set_component(arguments.component);
  for (int i = 0; i < 4; ++i) {
    if (kLogLevels[i] == arguments.level)
      request.set_level(static_cast<operations::v1::LogLevel>(i + 1));
  }
  operations::v1::SetLogLevelResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Operations>(), &Operations::Stub::SetLogLevel, request, &response);
  return status.ok() ? ShowLogLevels(ctl, response) : ctl.Complain(status);
}

int ShowLevels(const Ctl& ctl) {
  operations::v1::GetLogLevelsResponse response;
  const grpc::Status status = ctl.Call(*ctl.Stub<Operations>(), &Operations::Stub::GetLogLevels,
                                       operations::v1::GetLogLevelsRequest(), &response);
  return status.ok() ? ShowLogLevels(ctl, response) : ctl.Complain(status);
}

}  // namespace

void AddLogCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "log", "What the server writes into its log, while it runs");
  CLI::App* level = AddCommand(
      family, "level", "Set from which level on lines are written; recorded with who and why",
      "ocsctl log level debug charging --reason 'customer 7 says she was charged twice'");
  const auto arguments = std::make_shared<LogArguments>();
  level->add_option("LEVEL", arguments->level, "debug, info, warning or error")
      ->required()
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  level->add_option("COMPONENT", arguments->component,
                    "server, access, charging or settlement; without it all");
  arguments->change.AddTo(level);
  level->callback(
      [ctl, arguments] { ctl->chosen = [ctl, arguments] { return SetLevel(*ctl, *arguments); }; });

  CLI::App* show = AddCommand(family, "show", "The levels that are in force", "ocsctl log show");
  show->callback([ctl] { ctl->chosen = [ctl] { return ShowLevels(*ctl); }; });
}

}  // namespace ocs::tools
