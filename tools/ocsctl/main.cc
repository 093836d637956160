// ocsctl: everything that an operator does by hand.

#include <cstdio>
#include <string>

#include "tools/ocsctl/ctl.h"

namespace ocs::tools {
namespace {

void AddGlobalOptions(CLI::App* app, Ctl* ctl) {
  app->add_option("--server", ctl->connection.server, "Address of ocsd")->capture_default_str();
  app->add_flag("--json", ctl->json, "Print messages as JSON, one a line, for machines");
  app->add_option("--timeout-seconds", ctl->connection.timeout_seconds, "Give up after that")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  app->add_option("--zone", ctl->zone_name, "Time zone of what is shown and given")
      ->capture_default_str();
  app->add_option("--ca", ctl->connection.ca_file, "PEM file of who signed the server: use TLS");
  app->add_option("--cert", ctl->connection.cert_file, "PEM file: my certificate, for mutual TLS");
  app->add_option("--token-file", ctl->connection.token_file,
                  "File that holds a bearer token: who I am");
  app->add_option("--cert-key", ctl->connection.cert_key_file, "PEM file: its private key");
}

int Run(int argc, char** argv) {
  CLI::App app("Operates the online charging server by hand.", "ocsctl");
  app.footer(
      "Begin with:\n"
      "  ocsctl status\n"
      "  ocsctl catalogue publish operators.yaml\n"
      "  ocsctl account create --currency CNY --identity msisdn:8613800138000\n"
      "  ocsctl charge price msisdn:8613800138000 --model deepseek-v3.2 --input 1000 --output 500\n"
      "Every command shows an example with --help.\n\n"
      "Exit codes: 0 done, 1 refused, 2 usage, 3 could not reach the server or finish.");
  app.require_subcommand(1);
  app.fallthrough();
  Ctl ctl;
  AddGlobalOptions(&app, &ctl);
  AddAccountCommands(&app, &ctl);
  AddNodeCommands(&app, &ctl);
  AddLimitCommands(&app, &ctl);
  AddCareCommands(&app, &ctl);
  AddNoticesCommand(&app, &ctl);
  AddCatalogueCommands(&app, &ctl);
  AddChargeCommands(&app, &ctl);
  AddCdrCommands(&app, &ctl);
  AddBillCommands(&app, &ctl);
  AddLogCommands(&app, &ctl);
  AddSessionCommands(&app, &ctl);
  AddSettlementCommands(&app, &ctl);
  AddSimulationCommands(&app, &ctl);
  AddStatusCommand(&app, &ctl);
  AddStoreCommands(&app, &ctl);
  AddTokenCommands(&app, &ctl);
  AddVoucherCommands(&app, &ctl);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  const absl::Status prepared = ctl.Prepare();
  if (!prepared.ok()) return Complain(prepared);
  const int code = ctl.chosen();
  // A full disk or a closed pipe behind standard output must not look like success.
  if (std::fflush(stdout) != 0 && code == kDone) return kCouldNot;
  return code;
}

}  // namespace
}  // namespace ocs::tools

int main(int argc, char** argv) { return ocs::tools::Run(argc, argv); }
