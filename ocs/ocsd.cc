// ocsd, the online charging server: reads its configuration, wires the rooms, runs until it is told
// to stop or a write fails. The only file that knows everybody.
//
// Exit codes: 0 stopped in order; 1 could not start; 2 bad configuration, nothing was touched;
// 3 stopped after a failed write; 4 could not finish in time; 128 + n a second signal n.

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "balance/rocks_store.h"
#include "balance/shard_map.h"
#include "ocs/base/check.h"
#include "ocs/base/status.h"
#include "ocs/engine/engine.h"
#include "ocs/ocsd_backup.h"
#include "ocs/ocsd_config.h"
#include "ocs/ocsd_log.h"
#include "ocs/ocsd_metrics.h"
#include "ocs/ocsd_security.h"
#include "ocs/ocsd_settlement.h"
#include "ocs/rpc/services.h"
#include "ocs/runtime/event_loop.h"
#include "ocs/runtime/log.h"
#include "ocs/runtime/metrics_endpoint.h"
#include "ocs/runtime/system_clock.h"
#include "ocs/runtime/task_thread.h"
#include "ocs/simulation/simulations.h"
#include "ocs/simulator/simulator.h"

namespace ocs::ocsd {
namespace {

using runtime::Log;
using runtime::LogComponent;
using runtime::LogLevel;

constexpr int kExitStart = 1;
constexpr int kExitConfig = 2;
constexpr int kExitWriteFailed = 3;
constexpr int kExitLate = 4;

// While few calls wait, a group is written and answered where it was decided. Larger groups take
// longer to answer than the hand-over to the writer costs.
constexpr int kWrittenHereEntriesMax = 256;

// Where the configuration comes from, to read it again.
struct ConfigSources {
  std::string file;
  std::map<std::string, std::string> flags;  // By key: they win over the file.
};

struct CommandLine {
  Config config;
  ConfigSources sources;
  std::string ready_file;
  bool check_only = false;
};

// What one shard works with. Declared in the order in which it must be made; destroyed in the
// other.
struct ShardRoom {
  std::unique_ptr<balance::Store> store;
  std::unique_ptr<runtime::TaskThread> worker;
  std::unique_ptr<runtime::TaskThread> writer;
};

// The first reason to stop. Thread-safe.
class StopReason {
 public:
  void Stop(int exit_code) {
    int expected = -1;
    if (exit_code_.compare_exchange_strong(expected, exit_code)) stopped_.Notify();
  }
  int Wait() {
    stopped_.WaitForNotification();
    return exit_code_.load();
  }

 private:
  std::atomic<int> exit_code_{-1};
  absl::Notification stopped_;
};

std::string FlagOf(std::string_view key) {
  std::string flag = absl::StrCat("--", std::string(key));
  for (char& c : flag) {
    if (c == '_') c = '-';
  }
  return flag;
}

// Refuses what no flag took.
absl::Status CheckExtras(const std::vector<std::string>& extras) {
  if (extras.empty()) return absl::OkStatus();
  std::string key = extras[0].substr(0, extras[0].find('='));
  if (key.rfind("--", 0) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("command line: ", key, ": not a flag"));
  }
  key.erase(0, 2);
  for (char& c : key) {
    if (c == '-') c = '_';
  }
  Config unused;
  return SetKey("command line", key, "", &unused);
}

// Errors: InvalidArgument, with the place.
absl::StatusOr<Config> MakeConfig(const ConfigSources& sources) {
  Config config;
  if (!sources.file.empty()) OCS_RETURN_IF_ERROR(ReadConfigFile(sources.file, &config));
  for (const auto& [key, text] : sources.flags)
    OCS_RETURN_IF_ERROR(SetKey("command line", key, text, &config));
  OCS_RETURN_IF_ERROR(CheckConfig(config));
  OCS_RETURN_IF_ERROR(CheckSettlement(config));
  return config;
}

// Fills the command line, or gives the exit code when there is nothing to run.
std::optional<int> ReadCommandLine(int argc, char** argv, CommandLine* line) {
  CLI::App app("Online charging server. Keys of the configuration file are also flags.", "ocsd");
  std::map<std::string, std::string>& given = line->sources.flags;
  app.add_option("--config", line->sources.file, "YAML file of keys; flags win over it");
  app.add_option("--ready-file", line->ready_file,
                 "there while it serves: the addresses that were taken, one 'key: value' a line");
  app.add_flag("--check-config", line->check_only, "check the configuration, print it and exit");
  const std::vector<KeyInfo> keys = ConfigKeys();
  for (const KeyInfo& key : keys) {
    const std::string name(key.name);
    app.add_option_function<std::string>(
        FlagOf(name), [&given, name](const std::string& text) { given[name] = text; },
        absl::StrCat(std::string(key.help), " [", key.default_text, "]"));
  }
  app.allow_extras();  // So that a misspelt flag is answered with the nearest key, as in the file.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitConfig;
  }
  absl::Status status = CheckExtras(app.remaining());
  if (status.ok()) {
    auto config = MakeConfig(line->sources);
    status = config.status();
    if (config.ok()) line->config = *std::move(config);
  }
  if (status.ok()) return std::nullopt;
  std::cerr << "ocsd: " << std::string(status.message()) << "\n";
  return kExitConfig;
}

std::string ShardFolder(const Config& config, int64_t shard) {
  return absl::StrFormat("%s/shard-%03d", config.data_folder, shard);
}

// The folders of more shards would be left out in silence.
absl::Status CheckNoMoreShards(const Config& config) {
  for (int64_t i = config.shard_count; i < balance::kShardsMax; ++i) {
    std::error_code error;
    if (!std::filesystem::exists(ShardFolder(config, i), error)) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "shard_count: is ", config.shard_count, ", but there is ", ShardFolder(config, i),
        ": start with as many shards as the data folder was made with"));
  }
  return absl::OkStatus();
}

absl::Status OpenShards(const Config& config, std::vector<ShardRoom>* rooms) {
  std::error_code error;
  std::filesystem::create_directories(config.data_folder, error);
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot make the folder ", config.data_folder, ": ", error.message()));
  }
  OCS_RETURN_IF_ERROR(CheckNoMoreShards(config));
  const auto memory = config.shard_count == 1 ? nullptr
                                              : balance::MakeRocksMemory(config.block_cache_bytes,
                                                                         config.write_buffer_bytes);
  for (int64_t i = 0; i < config.shard_count; ++i) {
    balance::RocksOptions options;
    options.folder = ShardFolder(config, i);
    options.mode = balance::OpenMode::kCreateIfMissing;
    options.block_cache_bytes = config.block_cache_bytes;
    options.write_buffer_bytes = config.write_buffer_bytes;
    options.memory = memory;
    ShardRoom room;
    OCS_ASSIGN_OR_RETURN(room.store, balance::OpenRocksStore(options));
    // Before a folder is made for another shard than there are.
    const ShardId shard{static_cast<uint16_t>(i)};
    const auto map =
        balance::ReadShardMap(*room.store, shard, static_cast<int>(config.shard_count));
    if (!map.ok()) return Annotate(map.status(), absl::StrCat("shard_count: ", options.folder));
    room.worker = std::make_unique<runtime::TaskThread>(absl::StrCat("worker-", i));
    room.writer = std::make_unique<runtime::TaskThread>(absl::StrCat("writer-", i));
    rooms->push_back(std::move(room));
  }
  return absl::OkStatus();
}

std::vector<engine::ShardResources> ResourcesOf(const std::vector<ShardRoom>& rooms) {
  std::vector<engine::ShardResources> resources;
  for (const ShardRoom& room : rooms) {
    resources.push_back({room.store.get(), room.worker.get(), room.writer.get()});
  }
  return resources;
}

std::vector<const balance::Store*> StoresOf(const std::vector<ShardRoom>& rooms) {
  std::vector<const balance::Store*> stores;
  for (const ShardRoom& room : rooms) stores.push_back(room.store.get());
  return stores;
}

rpc::ServicesOptions ServicesOptionsOf(const Config& config, const Clock* clock) {
  rpc::ServicesOptions options;
  options.zone = config.zone;
  options.clock = clock;
  options.operator_tenant = config.operator_tenant;
  options.rate_per_second = config.rate_per_second;
  options.burst = config.rate_burst;
  options.on_refused = LogRefusal;
  options.tells_answers = [] {
    return runtime::IsLogged(LogComponent::kCharging, LogLevel::kDebug);
  };
  options.on_answered = LogAnswer;
  return options;
}

struct RunningServer {
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

absl::StatusOr<RunningServer> StartServer(const Config& config, rpc::Services* services) {
  OCS_ASSIGN_OR_RETURN(const auto credentials, MakeServerCredentials(config));
  RunningServer running;
  grpc::ServerBuilder builder;
  // Two servers on one address would each get half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE,
                             static_cast<int>(config.metadata_bytes_max));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(config.calls_per_connection_max));
  builder.AddListeningPort(config.listen_address, credentials, &running.port);
  services->RegisterWith(&builder);
  running.server = builder.BuildAndStart();
  if (running.server == nullptr || running.port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", config.listen_address, ": is the address in use?"));
  }
  return running;
}

std::string WithPort(const std::string& address, int port) {
  return absl::StrCat(address.substr(0, address.rfind(':')), ":", port);
}

// Written aside and then renamed: whoever sees the file sees all of it.
absl::Status WriteReadyFile(const std::string& path, const std::string& text) {
  const std::string aside = path + ".part";
  std::ofstream file(aside, std::ios::trunc);
  file << text;
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(aside, path, error);
  if (file && !error) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("cannot write the ready file ", path));
}

// Whoever waits for the file must not take one from before for it.
void RemoveReadyFile(const std::string& path) {
  std::error_code ignored;  // Where it cannot be removed it cannot be written either.
  if (!path.empty()) std::filesystem::remove(path, ignored);
}

// Everything that runs, in the order in which it is made. The destructor ends what is left.
class Process {
 public:
  explicit Process(const CommandLine& line)
      : config_(line.config),
        sources_(line.sources),
        ready_file_(line.ready_file),
        loop_("main-loop") {}

  absl::Status Start();

  // Ends in order what a failed Start has begun.
  void GiveUp() {
    if (settlement_ != nullptr) settlement_->Stop();
    if (simulator_ != nullptr) simulator_->Stop();
    if (engine_ != nullptr) DrainEngine();
  }

  // Runs until there is a reason to stop; returns the exit code.
  int RunToEnd();

 private:
  void HandleSignals();
  absl::Status OpenEngine();
  absl::Status StartMetrics();
  void ReloadConfig();
  bool DrainEngine();

  const Config config_;
  const ConfigSources sources_;
  const std::string ready_file_;  // "": none is wanted.
  StopReason stop_;
  std::atomic<bool> reload_{false};
  std::atomic<runtime::Phase> phase_{runtime::Phase::kStarting};
  runtime::SystemClock clock_;
  LogLevels log_levels_;
  std::vector<ShardRoom> rooms_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<Backups> backups_;
  std::unique_ptr<simulator::Simulator> simulator_;
  std::unique_ptr<rpc::Services> services_;
  std::unique_ptr<CredentialsFile> credentials_;
  RunningServer running_;
  std::unique_ptr<rpc::SettlementPush> settlement_;
  std::unique_ptr<runtime::MetricsEndpoint> metrics_;
  runtime::EventLoop loop_;  // Last: its timer uses the engine, so it must end first.
};

void Process::HandleSignals() {
  loop_.OnSignals({SIGTERM, SIGINT, SIGHUP}, [this, count = 0](int signal) mutable {
    if (signal == SIGHUP) {
      reload_ = true;  // By the timer: while the server starts there is nothing to reload.
      return;
    }
    if (++count > 1) std::_Exit(128 + signal);
    Log(LogLevel::kInfo, "stopping", {{"signal", absl::StrCat(signal)}});
    stop_.Stop(0);
  });
}

absl::Status Process::OpenEngine() {
  OCS_RETURN_IF_ERROR(OpenShards(config_, &rooms_));
  RemoveReadyFile(ready_file_);  // The data folder is ours: what is there is of a killed server.
  phase_.store(runtime::Phase::kReplaying, std::memory_order_release);
  engine::EngineOptions options = config_.engine;
  options.written_here_entries_max = kWrittenHereEntriesMax;
  OCS_ASSIGN_OR_RETURN(engine_, engine::Engine::Open(options, ResourcesOf(rooms_), &clock_));
  engine_->OnStopped([this](const absl::Status& status) {
    Log(LogLevel::kError, "write failed, stopping", {{"error", std::string(status.message())}});
    stop_.Stop(kExitWriteFailed);
  });
  return absl::OkStatus();
}

absl::Status Process::StartMetrics() {
  if (config_.metrics_address.empty()) return absl::OkStatus();
  runtime::MetricsEndpoint::Source source;
  source.phase = [this] { return phase_.load(std::memory_order_acquire); };
  source.collect = [this] {
    const runtime::Phase phase = phase_.load(std::memory_order_acquire);
    if (phase < runtime::Phase::kServing) return std::vector<runtime::MetricFamily>();
    return CollectMetrics({.engine = engine_.get(),
                           .services = services_.get(),
                           .credentials = credentials_.get(),
                           .settlement = settlement_.get(),
                           .now = clock_.Now()});
  };
  OCS_ASSIGN_OR_RETURN(metrics_,
                       runtime::MetricsEndpoint::Start(config_.metrics_address, std::move(source)));
  return absl::OkStatus();
}

absl::Status Process::Start() {
  HandleSignals();
  OCS_RETURN_IF_ERROR(StartMetrics());
  OCS_RETURN_IF_ERROR(OpenEngine());
  backups_ = std::make_unique<Backups>(config_.backup_folder, StoresOf(rooms_), engine_.get());
  simulator_ = std::make_unique<simulator::Simulator>(
      simulator::SimulationsOptions{.input_folder = config_.simulation_folder,
                                    .accounts_max = config_.simulation_accounts_max},
      engine_.get(), &clock_);
  rpc::ServicesOptions options = ServicesOptionsOf(config_, &clock_);
  options.store_care = backups_.get();
  options.log_care = &log_levels_;
  options.simulations = simulator_.get();
  services_ = std::make_unique<rpc::Services>(engine_.get(), options);
  if (!config_.credentials_file.empty()) {
    OCS_ASSIGN_OR_RETURN(credentials_,
                         CredentialsFile::Load(config_.credentials_file, services_.get()));
  }
  OCS_ASSIGN_OR_RETURN(running_, StartServer(config_, services_.get()));
  OCS_ASSIGN_OR_RETURN(settlement_, StartSettlementPush(config_, engine_.get()));
  // Only now is everything there that the metrics look at.
  phase_.store(runtime::Phase::kServing, std::memory_order_release);
  loop_.Every(1000, [this] {
    engine_->Tick();
    const bool reload = reload_.exchange(false);
    if (reload) ReloadConfig();
    if (credentials_ == nullptr) return;
    if (reload) {
      credentials_->Reload();
    } else {
      credentials_->ReloadIfChanged();
    }
  });
  const std::string listen = WithPort(config_.listen_address, running_.port);
  std::string ready = absl::StrCat("listen_address: ", listen, "\n");
  if (metrics_ != nullptr) {
    absl::StrAppend(&ready,
                    "metrics_address: ", WithPort(config_.metrics_address, metrics_->port()), "\n");
  }
  if (!ready_file_.empty()) OCS_RETURN_IF_ERROR(WriteReadyFile(ready_file_, ready));
  Log(LogLevel::kInfo, absl::StrCat("serving on ", listen),
      {{"data_folder", config_.data_folder}, {"shards", absl::StrCat(config_.shard_count)}});
  return absl::OkStatus();
}

// What has a fault changes nothing.
void Process::ReloadConfig() {
  const auto fresh = MakeConfig(sources_);
  if (fresh.ok()) return TakeChangedConfig(config_, *fresh);
  Log(LogLevel::kError, "configuration not read, the last good one stays",
      {{"error", std::string(fresh.status().message())}});
}

bool Process::DrainEngine() {
  auto drained = std::make_shared<absl::Notification>();
  engine_->Drain([drained] { drained->Notify(); });
  return drained->WaitForNotificationWithTimeout(absl::Seconds(config_.drain_seconds_max));
}

int Process::RunToEnd() {
  const int exit_code = stop_.Wait();
  RemoveReadyFile(ready_file_);
  phase_.store(runtime::Phase::kDraining, std::memory_order_release);
  running_.server->GetHealthCheckService()->SetServingStatus(false);
  services_->Stop();
  const bool copying = backups_->Stop();
  if (settlement_ != nullptr) settlement_->Stop();
  simulator_->Stop();
  const bool drained = DrainEngine();
  const auto deadline = absl::Now() + absl::Seconds(config_.shutdown_seconds_max);
  running_.server->Shutdown(absl::ToChronoTime(deadline));
  if (!drained) {
    Log(LogLevel::kError, "the engine did not finish in time; the next start replays the journal");
    std::_Exit(exit_code == 0 ? kExitLate : exit_code);
  }
  Log(LogLevel::kInfo, "stopped", {{"exit_code", absl::StrCat(exit_code)}});
  if (copying) {
    Log(LogLevel::kWarning, "a backup was cut off: its folder ends with .part",
        {{"backup_folder", config_.backup_folder}});
    std::_Exit(exit_code);  // All that was answered is durable; waiting for it could take long.
  }
  return exit_code;
}

int Main(int argc, char** argv) {
  CommandLine line;
  if (const auto exit_code = ReadCommandLine(argc, argv, &line)) return *exit_code;
  std::cerr << "# effective configuration\n" << FormatConfig(line.config) << std::flush;
  if (line.check_only) return 0;
  // Debian's Abseil looks for deadlocks at each lock of gRPC's, unless it is told not to.
  if constexpr (!kVerify) absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // A file that may not grow is a failed write, with an end in order, and no reason to die here.
  std::signal(SIGXFSZ, SIG_IGN);
  runtime::SetUpLog(line.config.log_level, line.config.log_format);
  grpc::EnableDefaultHealthCheckService(true);
  // Where callers must say who they are, nobody reads the schemas without it.
  if (line.config.credentials_file.empty()) {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  }
  Process process(line);
  const absl::Status started = process.Start();
  if (!started.ok()) {
    Log(LogLevel::kError, "cannot start", {{"error", std::string(started.message())}});
    process.GiveUp();
    return kExitStart;
  }
  return process.RunToEnd();
}

}  // namespace
}  // namespace ocs::ocsd

int main(int argc, char** argv) { return ocs::ocsd::Main(argc, argv); }
