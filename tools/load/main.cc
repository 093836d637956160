// ocs-load: offers a server more than it can take, and shows what becomes of it.
//
// Exit codes: 0 done; 2 bad arguments or files; 3 the server could not be set up, or was gone.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "tools/client/connection.h"
#include "tools/load/chart.h"
#include "tools/load/offer.h"
#include "tools/load/setup.h"

namespace ocs::load {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitServer = 3;
constexpr int kChannelsPerTenant = 2;

struct Arguments {
  client::Connection connection;
  std::string catalogue;
  std::string csv;
  std::string chart;
  std::vector<std::string> tenants;
  std::vector<int64_t> phases = {50, 100, 200, 500, 50};
  int64_t seconds = 10;
  int64_t capacity = 0;
  int64_t capacity_in_flight = 256;
  int64_t account_count = 1'000;
  Workload workload;
};

// "NAME:SHARE" or "NAME:SHARE:TOKEN-FILE".
absl::Status AddTenant(const std::string& text, const Arguments& arguments, Workload* workload) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 2));
  Tenant tenant;
  if (parts.size() < 2 || parts[0].empty() || !absl::SimpleAtoi(parts[1], &tenant.share) ||
      tenant.share < 1 || tenant.share > 1'000'000) {
    return absl::InvalidArgumentError(
        Cat("--tenant: found '", text, "', expected NAME:SHARE or NAME:SHARE:TOKEN-FILE"));
  }
  tenant.name = parts[0];
  client::Connection connection = arguments.connection;
  if (parts.size() > 2) connection.token_file = parts[2];
  OCS_RETURN_IF_ERROR(client::ReadToken(&connection));
  tenant.token = connection.token;
  for (int i = 0; i < kChannelsPerTenant; ++i) {
    OCS_ASSIGN_OR_RETURN(auto channel, client::MakeChannel(connection, client::Sharing::kOwn));
    tenant.channels.push_back(std::move(channel));
  }
  workload->tenants.push_back(std::move(tenant));
  return absl::OkStatus();
}

void AddOptions(CLI::App* app, Arguments* arguments) {
  Workload& workload = arguments->workload;
  app->add_option("--server", arguments->connection.server, "Address of ocsd")
      ->capture_default_str();
  app->add_option("--ca", arguments->connection.ca_file, "PEM file of who signed the server: TLS");
  app->add_option("--cert", arguments->connection.cert_file,
                  "PEM file of this client's certificate");
  app->add_option("--cert-key", arguments->connection.cert_key_file, "PEM file of its private key");
  app->add_option("--token-file", arguments->connection.token_file,
                  "Bearer token for the accounts, and of tenants without one");
  app->add_option("--catalogue", arguments->catalogue, "Catalogue to publish first");
  app->add_option("--tenant", arguments->tenants,
                  "NAME:SHARE[:TOKEN-FILE], again for each caller; shares are of the whole load");
  app->add_option("--phase", arguments->phases,
                  "Load in percent of the capacity, one after another")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app->add_option("--seconds", arguments->seconds, "Of each phase")
      ->check(CLI::Range(2, 86'400))
      ->capture_default_str();
  app->add_option("--capacity", arguments->capacity,
                  "Requests a second; 0 measures it first, with a closed loop");
  app->add_option("--capacity-in-flight", arguments->capacity_in_flight, "Of the closed loop")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app->add_option("--accounts", arguments->account_count, "Accounts that are charged")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app->add_option("--seed", workload.seed, "Of accounts and quantities")->capture_default_str();
  app->add_option("--model", workload.model, "Model that is used")->capture_default_str();
  app->add_option("--deadline-ms", workload.deadline_ms, "Of each request")
      ->check(CLI::Range(1, 3'600'000))
      ->capture_default_str();
  app->add_option("--in-flight-max", workload.in_flight_max, "Beyond it requests are not sent")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app->add_option("--csv", arguments->csv, "File for a row per second and tenant");
  app->add_option("--chart", arguments->chart, "SVG file for goodput and latency over time");
}

absl::Status SetUp(Arguments* arguments) {
  if (arguments->tenants.empty()) arguments->tenants = {"all:1"};
  for (const std::string& text : arguments->tenants) {
    OCS_RETURN_IF_ERROR(AddTenant(text, *arguments, &arguments->workload));
  }
  OCS_RETURN_IF_ERROR(client::ReadToken(&arguments->connection));
  OCS_ASSIGN_OR_RETURN(const auto channel, client::MakeChannel(arguments->connection));
  OCS_ASSIGN_OR_RETURN(arguments->workload.accounts,
                       MakeAccounts(channel, arguments->connection.token, arguments->catalogue,
                                    arguments->workload.seed, arguments->account_count));
  return absl::OkStatus();
}

// No path: nothing is wanted. False when it cannot be written; the reason is printed.
bool WriteFile(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (file) return true;
  std::fprintf(stderr, "ocs-load: %s: cannot be written\n", path.c_str());
  return false;
}

int RunPhases(const Arguments& arguments) {
  std::vector<std::string> tenants;
  for (const Tenant& tenant : arguments.workload.tenants) tenants.push_back(tenant.name);
  Measure measure(tenants);
  Offerer offerer(arguments.workload);
  int64_t capacity = arguments.capacity;
  if (capacity == 0) {
    capacity = offerer.MeasureCapacity(arguments.seconds, arguments.capacity_in_flight);
  }
  if (capacity == 0) {
    std::fputs("ocs-load: no request was done: is the server gone?\n", stderr);
    return kExitServer;
  }
  std::printf("capacity %s requests/s%s\n", Cat(capacity).c_str(),
              arguments.capacity == 0 ? ", measured" : "");
  std::vector<std::string> phases;
  for (const int64_t percent : arguments.phases) {
    std::fflush(stdout);
    phases.push_back(Cat(percent, "%"));
    offerer.Offer(static_cast<int>(phases.size()) - 1, capacity * percent / 100, arguments.seconds,
                  &measure);
  }
  std::fputs(measure.FormatTable(phases).c_str(), stdout);
  if (!WriteFile(arguments.csv, measure.FormatCsv(phases))) return kExitUsage;
  if (!WriteFile(arguments.chart, FormatChart(measure, phases))) return kExitUsage;
  return 0;
}

int Run(int argc, char** argv) {
  CLI::App app("Offers the online charging server more than it can take.", "ocs-load");
  app.footer(
      "Example:\n  ocs-load --catalogue rating/catalogues/operators.yaml --phase 50 --phase 500 "
      "--phase 50 --csv load.csv\nNever against a server whose accounts are real.");
  Arguments arguments;
  AddOptions(&app, &arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  const absl::Status status = SetUp(&arguments);
  if (status.ok()) return RunPhases(arguments);
  std::fprintf(stderr, "ocs-load: %s\n", std::string(status.message()).c_str());
  const bool usage = absl::IsInvalidArgument(status) || absl::IsNotFound(status);
  return usage ? kExitUsage : kExitServer;
}

}  // namespace
}  // namespace ocs::load

int main(int argc, char** argv) { return ocs::load::Run(argc, argv); }
