// What every command of ocsctl works with. A command family registers its subcommands with
// Add...Commands; a subcommand's callback says what to run; main() runs it once all is parsed.

#ifndef TOOLS_OCSCTL_CTL_H_
#define TOOLS_OCSCTL_CTL_H_

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ocs/type/v1/type.pb.h"
#include "tools/ocsctl/client.h"
#include "tools/ocsctl/errors.h"

namespace ocs::tools {

/// Thread-compatible.
class Ctl final {
 public:
  Connection connection;
  bool json = false;
  std::string zone_name = "UTC";
  std::function<int()> chosen;  ///< The command to run; set while parsing.

  /// Reads the zone and makes the channel; before anything is run. Errors: InvalidArgument,
  /// NotFound.
  absl::Status Prepare();
  absl::TimeZone zone() const { return zone_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  /// A stub of `Service`.
  template <typename Service>
  std::unique_ptr<typename Service::Stub> Stub() const {
    return Service::NewStub(channel_);
  }

  /// One blocking call with the deadline.
  template <typename StubType, typename Request, typename Response>
  grpc::Status Call(StubType& stub,
                    grpc::Status (StubType::*method)(grpc::ClientContext*, const Request&,
                                                     Response*),
                    const Request& request, Response* response) const {
    grpc::ClientContext context;
    SetUpCall(connection, &context);
    return (stub.*method)(&context, request, response);
  }

  ExitCode Complain(const grpc::Status& status) const {
    return tools::Complain(status, connection.server);
  }

  /// The message as one line of JSON, with the names of the schemas.
  void PrintJson(const google::protobuf::Message& message) const;
  /// To standard output.
  void Print(std::string_view text) const;

  /// The account of "1099511627776" or of an identity, which the server is asked for. Errors:
  /// the server's, or INVALID_ARGUMENT.
  grpc::Status FindAccount(const std::string& text, uint64_t* account_id) const;

 private:
  absl::TimeZone zone_;
  std::shared_ptr<grpc::Channel> channel_;
};

/// Who makes a change, why, and under which key: options of every command that changes something.
struct ChangeOptions {
  std::string key;
  std::string actor;
  std::string reason;

  void AddTo(CLI::App* command);
  /// Fills the message; a key that was not given is made and told on standard error, so that the
  /// change can be repeated.
  void Fill(type::v1::Change* change);
};

/// A group of commands such as "account"; one of them must be given.
CLI::App* AddFamily(CLI::App* app, const std::string& name, const std::string& help);
/// A command with an example in its help.
CLI::App* AddCommand(CLI::App* family, const std::string& name, const std::string& help,
                     const std::string& example);

/// The argument that names an account.
void AddAccountOption(CLI::App* command, std::string* account);

void AddAccountCommands(CLI::App* app, Ctl* ctl);
/// Adds to the family of account commands.
void AddAccountLifeCommands(CLI::App* family, Ctl* ctl);
void AddCoverageCommand(CLI::App* family, Ctl* ctl);
void AddNodeCommands(CLI::App* app, Ctl* ctl);
void AddLimitCommands(CLI::App* app, Ctl* ctl);
void AddCareCommands(CLI::App* app, Ctl* ctl);
void AddNoticesCommand(CLI::App* app, Ctl* ctl);
void AddCatalogueCommands(CLI::App* app, Ctl* ctl);
void AddImportCommand(CLI::App* family, Ctl* ctl);
void AddChargeCommands(CLI::App* app, Ctl* ctl);
void AddCdrCommands(CLI::App* app, Ctl* ctl);
void AddBillCommands(CLI::App* app, Ctl* ctl);
/// Adds to the family of bill commands.
void AddBillRunCommand(CLI::App* family, Ctl* ctl);
void AddBillPageCommand(CLI::App* family, Ctl* ctl);
void AddLogCommands(CLI::App* app, Ctl* ctl);
void AddSessionCommands(CLI::App* app, Ctl* ctl);
void AddSettlementCommands(CLI::App* app, Ctl* ctl);
/// Adds to the family of settlement commands.
void AddSettlementCheck(CLI::App* family, Ctl* ctl);
void AddSettlementSend(CLI::App* family, Ctl* ctl);
void AddReRateCommand(CLI::App* family, Ctl* ctl);
void AddSimulationCommands(CLI::App* app, Ctl* ctl);
void AddStatusCommand(CLI::App* app, Ctl* ctl);
void AddStoreCommands(CLI::App* app, Ctl* ctl);
void AddTokenCommands(CLI::App* app, Ctl* ctl);
void AddVoucherCommands(CLI::App* app, Ctl* ctl);

}  // namespace ocs::tools

#endif  // TOOLS_OCSCTL_CTL_H_
