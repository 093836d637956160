// The server's configuration: defaults, then a YAML file, then flags. Read and checked as a whole
// before anything is touched. docs/OPERATING.md lists the keys; docs/examples/ocsd.yaml shows them.
// Tested in: tests/e2e/configuration_test.cc

#ifndef OCS_OCSD_CONFIG_H_
#define OCS_OCSD_CONFIG_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ocs/engine/engine.h"
#include "ocs/runtime/log.h"

namespace ocs::ocsd {

enum class Permission : uint8_t { kNo = 0, kYes = 1 };

struct Config {
  std::string listen_address = "127.0.0.1:7070";
  std::string tls_certificate_file;  ///< PEM. With the key: TLS.
  std::string tls_key_file;          ///< PEM.
  std::string tls_client_ca_file;    ///< PEM. Then clients must show a certificate that it signed.
  int64_t tls_refresh_seconds = 10;  ///< How often the three files are looked at.
  std::string credentials_file;      ///< Given: every call needs a credential of it.
  std::string operator_tenant = "operator";       ///< Whose callers reach every tenant's accounts.
  Permission allow_plain_text = Permission::kNo;  ///< On an address that others can reach.
  Permission allow_anonymous = Permission::kNo;   ///< The same.
  int64_t rate_per_second = 0;                    ///< Of a credential that names none; 0: no limit.
  int64_t rate_burst = 0;                    ///< Of a credential that names none; 0: a tenth of it.
  int64_t metadata_bytes_max = 8'192;        ///< Of one call.
  int64_t calls_per_connection_max = 1'024;  ///< At once.
  std::string metrics_address = "127.0.0.1:7071";  ///< Empty: none.
  std::string data_folder = "ocs-data";
  std::string backup_folder;      ///< Where backups are made; empty: none are.
  std::string simulation_folder;  ///< Of files that may be simulated; empty: none may.
  int64_t simulation_accounts_max = 2'000'000;  ///< Of a population, times catalogues.
  int64_t shard_count = 1;                      ///< Fixed when the folder is made.
  int64_t block_cache_bytes = 64 * 1024 * 1024;
  int64_t write_buffer_bytes = 256 * 1024 * 1024;
  std::string zone_name = "UTC";  ///< Of the times in sentences.
  absl::TimeZone zone = absl::UTCTimeZone();
  runtime::LogLevel log_level = runtime::LogLevel::kInfo;
  runtime::LogFormat log_format = runtime::LogFormat::kText;
  int64_t drain_seconds_max = 60;    ///< For writing back states at the end.
  int64_t shutdown_seconds_max = 5;  ///< For open streams to end.
  std::string settlement_address;    ///< Of the phone-bill settlement system; empty: none.
  std::string settlement_sender = "ocs";
  std::string settlement_consumer = "settlement";
  std::string settlement_tenant;      ///< Only of its customers; empty: of all.
  std::string settlement_ca_file;     ///< PEM. With it: TLS.
  std::string settlement_token_file;  ///< Of a bearer token.
  engine::EngineOptions engine;
};

/// One key of the configuration, for flags and documents.
struct KeyInfo {
  std::string_view name;  ///< "listen_address"; the flag is --listen-address.
  std::string_view help;
  std::string default_text;
};

/// Every key, in the order of the documents.
std::vector<KeyInfo> ConfigKeys();

/// Sets a key from its text. `place` begins the error ("ocsd.yaml:12"). Errors: InvalidArgument
/// that names the place, the key and, for an unknown one, the nearest that is known.
absl::Status SetKey(std::string_view place, std::string_view key, const std::string& text,
                    Config* config);

/// Sets every key of a YAML file. Errors: InvalidArgument as SetKey, or when the file cannot be
/// read or is no mapping of keys to values.
absl::Status ReadConfigFile(const std::string& path, Config* config);

/// What the keys must keep together: TLS and credentials for an address that others can reach,
/// both or none of certificate and key. Errors: InvalidArgument.
absl::Status CheckConfig(const Config& config);

/// True for "127.0.0.1:7070", "[::1]:7070", "localhost:7070".
bool IsLoopback(std::string_view address);

/// The effective configuration, one "key: value" a line, in the file's form.
std::string FormatConfig(const Config& config);

}  // namespace ocs::ocsd

#endif  // OCS_OCSD_CONFIG_H_
